//! The tree that a lockfile of version 1 lists (`dependencies`), as the folders that npm makes of it.

use super::Entry;
use super::folders::Folders;
use crate::formats::FormatError;
use crate::formats::json::{JsonFile, Members, Raw};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A package in the tree.
#[derive(Deserialize)]
struct Node<'a> {
    version: Option<String>,
    resolved: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    optional: bool,
    #[serde(borrow)]
    requires: Option<Raw<'a>>,
    #[serde(borrow)]
    dependencies: Option<Raw<'a>>,
}

/// How deep the tree may be.
const DEEPEST: usize = 64;

/// Reads the member `dependencies` below the folder of the project, which is `root`.
pub(super) fn read(
    path: &str,
    file: &JsonFile<'_>,
    tree: Raw<'_>,
    root: Entry,
) -> Result<Folders, FormatError> {
    let mut folders = Folders::default();
    folders.insert(String::new(), Entry { line: 1, ..root });
    let mut left = vec![(String::new(), tree, DEEPEST)];
    while let Some((folder, tree, depth)) = left.pop() {
        let malformed = |raw, why| FormatError::at_line(path, file.line(raw), why);
        let Some(depth) = depth.checked_sub(1) else {
            return Err(malformed(tree, "it is nested too deep".to_owned()));
        };
        let members: Members<'_, Raw<'_>> = tree.read().map_err(|why| malformed(tree, why))?;
        for (name, raw) in members.0 {
            let node: Node<'_> = raw.read().map_err(|why| malformed(raw, why))?;
            let at = match folder.as_str() {
                "" => format!("node_modules/{name}"),
                folder => format!("{folder}/node_modules/{name}"),
            };
            left.extend(node.dependencies.map(|tree| (at.clone(), tree, depth)));
            let entry = node.entry().map_err(|why| malformed(raw, why))?;
            // A folder of the project's own has no place of its own in the tree.
            let own = entry.version.is_none() && entry.resolved.is_none();
            let at = if own { name.clone() } else { at };
            folders.insert(
                at,
                Entry { line: file.line(raw), name: entry.name.or(own.then_some(name)), ..entry },
            );
        }
    }
    Ok(folders)
}

impl Node<'_> {
    /// Reads what stands in the place of a version: one, an alias, or where the package is from.
    fn entry(self) -> Result<Entry, String> {
        let requires = match self.requires {
            // `true` says only that it requires something.
            Some(raw) => raw.read::<BTreeMap<_, _>>().unwrap_or_default(),
            None => BTreeMap::new(),
        };
        let entry = Entry {
            resolved: self.resolved,
            integrity: self.integrity,
            dev: self.dev,
            optional: self.optional,
            // Which of them may be absent, version 1 does not say.
            peer_dependencies: requires,
            ..Entry::default()
        };
        let stated = self.version.unwrap_or_default();
        if let Some((name, version)) =
            stated.strip_prefix("npm:").and_then(|it| it.rsplit_once('@'))
        {
            let (name, version) = (Some(name.to_owned()), Some(version.to_owned()));
            return Ok(Entry { name, version, ..entry });
        }
        if stated.strip_prefix("file:").is_some_and(|place| !is_archive(place)) {
            return Ok(entry);
        }
        match stated.contains(':') {
            true => Ok(Entry { version: None, resolved: Some(stated), ..entry }),
            false => Ok(Entry { version: Some(stated), ..entry }),
        }
    }
}

fn is_archive(place: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"].iter().any(|end| place.ends_with(end))
}
