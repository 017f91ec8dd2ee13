//! What a `pom.xml` says together with its parents (Maven, "Introduction to the POM", "Maven Model
//! Builder"): the parents that are there are merged, then properties are put in.

use super::MAX_BYTES;
use super::model::{As, Coordinates, Pom, Wanted};
use crate::formats::{MAX_WORD, Nearby, Tree};
use crate::text::shown;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// How many parents there may be above each other.
const MOST_PARENTS: usize = 16;
/// How many properties one word may be put together from.
const MOST_STEPS: usize = 64;
/// How many files of modules are read to tell a module from a package.
const MOST_MODULES_READ: usize = 64;

/// A file with its parents.
pub(super) struct Effective {
    /// The file itself, then its parents, each with its path.
    pub(super) chain: Vec<(String, Pom)>,
    /// The parent that is not there, and why.
    pub(super) missing: Option<String>,
}

/// By what Maven tells what is managed: as what, group, artifact, type and classifier.
pub(super) type Key = (As, String, String, String, String);

/// What is said of what is managed.
pub(super) struct Managed<'a> {
    by_key: HashMap<Key, Choice<'a>>,
    /// The lists of versions that are taken over from other projects.
    imports: Vec<String>,
}

/// The version and scope of what is managed.
enum Choice<'a> {
    Of(&'a Wanted),
    /// A profile says.
    OfProfile(&'a str),
}

impl Effective {
    /// Reads the parents of the file at `path` that are in the tree.
    pub(super) fn of(path: &str, pom: Pom, tree: &dyn Tree) -> Self {
        let mut chain = vec![(path.to_owned(), pom)];
        let mut missing = None;
        while let Some((path, last)) = chain.last()
            && let Some(parent) = &last.parent
        {
            let named = parent.is.shown();
            if chain.len() > MOST_PARENTS {
                missing = Some(format!("the parent `{named}` is one of too many"));
                break;
            }
            match parent_at(path, &parent.relative_path, &parent.is, tree) {
                Ok(found) => chain.push(found),
                Err(why) => {
                    missing = Some(format!("the parent `{named}` {why}"));
                    break;
                }
            }
        }
        Self { chain, missing }
    }

    /// Returns the file itself.
    pub(super) fn own(&self) -> Option<&Pom> {
        self.chain.first().map(|(_, pom)| pom)
    }

    /// Returns the group, artifact and version of the project itself, as far as they are known.
    pub(super) fn project(&self) -> [Result<String, String>; 3] {
        ["project.groupId", "project.artifactId", "project.version"]
            .map(|name| self.resolve(&format!("${{{name}}}")))
    }

    /// Puts properties into a text.
    ///
    /// # Errors
    /// When a property is not known for certain: why.
    pub(super) fn resolve(&self, text: &str) -> Result<String, String> {
        let mut whole = String::new();
        // What is left to read, the nearest last.
        let mut left = vec![text];
        let mut steps = 0_usize;
        while let Some(text) = left.pop() {
            steps = steps.saturating_add(1);
            if steps > MOST_STEPS || text.len() > MAX_WORD || whole.len() > MAX_WORD {
                return Err(format!("`{}` is put together from too much", shown(text)));
            }
            match text.split_once("${") {
                None => whole.push_str(text),
                Some((before, rest)) => {
                    let Some((name, after)) = rest.split_once('}') else {
                        return Err(format!("`{}` does not end", shown(text)));
                    };
                    whole.push_str(before);
                    left.push(after);
                    left.push(self.property(name)?);
                }
            }
        }
        Ok(whole)
    }

    fn property(&self, name: &str) -> Result<&str, String> {
        let unknown = |why: &str| {
            let missing = self.missing.as_deref().map(|it| format!(", and {it}"));
            format!("the property `{}` {why}{}", shown(name), missing.unwrap_or_default())
        };
        let of_project = |name: &str| {
            let own = self.own()?;
            let parent = own.parent.as_ref().map(|parent| &parent.is);
            let of_parent = |get: fn(&Coordinates) -> Option<&String>| parent.and_then(get);
            match name {
                "groupId" => own.own.group.as_ref().or(of_parent(|it| it.group.as_ref())),
                "artifactId" => own.own.artifact.as_ref(),
                "version" => own.own.version.as_ref().or(of_parent(|it| it.version.as_ref())),
                "parent.groupId" => of_parent(|it| it.group.as_ref()),
                "parent.artifactId" => of_parent(|it| it.artifact.as_ref()),
                "parent.version" => of_parent(|it| it.version.as_ref()),
                _ => None,
            }
        };
        if let Some(rest) = ["project.", "pom."].iter().find_map(|it| name.strip_prefix(it))
            && let Some(value) = of_project(rest)
        {
            return Ok(value);
        }
        for (_, pom) in &self.chain {
            if pom.of_profiles.contains_key(name) {
                return Err(unknown("has its value from a profile"));
            }
            if let Some(value) = pom.properties.get(name) {
                return Ok(value);
            }
        }
        of_project(name)
            .map(String::as_str)
            .ok_or_else(|| unknown("is not set in the files that are there"))
    }

    /// Returns the key of what is wanted.
    pub(super) fn key(&self, wanted: &Wanted) -> Result<Key, String> {
        let part = |text: &Option<String>, what: &str| match text {
            Some(text) => self.resolve(text),
            None => Err(format!("it has no {what}")),
        };
        Ok((
            wanted.r#as,
            part(&wanted.is.group, "group")?,
            part(&wanted.is.artifact, "artifact")?,
            self.resolve(&wanted.r#type)?,
            self.resolve(&wanted.classifier)?,
        ))
    }

    /// Collects what is managed; what is nearer to the file comes first.
    pub(super) fn managed(&self) -> Managed<'_> {
        let mut managed = Managed { by_key: HashMap::new(), imports: Vec::new() };
        for (_, pom) in &self.chain {
            let (of_profiles, others): (Vec<_>, Vec<_>) =
                pom.managed.iter().partition(|it| it.profile.is_some());
            for wanted in of_profiles.into_iter().chain(others) {
                if wanted.scope.as_deref() == Some("import") {
                    managed.imports.push(wanted.is.shown());
                    continue;
                }
                let Ok(key) = self.key(wanted) else { continue };
                if let Entry::Vacant(vacant) = managed.by_key.entry(key) {
                    vacant.insert(match &wanted.profile {
                        None => Choice::Of(wanted),
                        Some(profile) => Choice::OfProfile(profile),
                    });
                }
            }
        }
        managed
    }

    /// Returns the version of what is wanted, with properties put in.
    pub(super) fn version(
        &self,
        wanted: &Wanted,
        key: &Key,
        managed: &Managed<'_>,
    ) -> Result<String, String> {
        if let Some(version) = &wanted.is.version {
            return self.resolve(version);
        }
        match managed.by_key.get(key) {
            Some(Choice::Of(Wanted { is: Coordinates { version: Some(version), .. }, .. })) => {
                self.resolve(version)
            }
            Some(Choice::OfProfile(profile)) => {
                Err(format!("the profile `{}` says its version", shown(profile)))
            }
            _ => Err(match (&self.missing, managed.imports.first()) {
                (Some(missing), _) => format!("its version is not stated, and {missing}"),
                (None, _) if wanted.r#as == As::Plugin => {
                    "its version is not stated, so that Maven's release chooses it".to_owned()
                }
                (None, Some(import)) => {
                    format!("its version is not stated, and what `{import}` says is not there")
                }
                (None, None) => "its version is not stated".to_owned(),
            }),
        }
    }

    /// Returns the scope of what is wanted and whether it may be missing, as written.
    pub(super) fn scope<'a>(
        &self,
        wanted: &'a Wanted,
        key: &Key,
        managed: &Managed<'a>,
    ) -> (Option<&'a str>, bool) {
        let of_managed = match managed.by_key.get(key) {
            Some(Choice::Of(of)) => of.scope.as_deref(),
            _ => None,
        };
        let is_optional = wanted.optional.as_deref() == Some("true");
        (wanted.scope.as_deref().or(of_managed), is_optional)
    }

    /// Says whether a package is a module that stands in the tree with this project. One of another
    /// version is none: the one in the tree is not what a build takes then.
    pub(super) fn is_module(&self, artifact: &str, tree: &dyn Tree, left: &mut ReadsLeft) -> bool {
        let own_group = self.project()[0].clone().ok();
        let above = self.chain.first().and_then(|(path, _)| joined(path, "../pom.xml"));
        let above = above.and_then(|path| Some((path.clone(), left.pom(&path, tree)?)));
        self.chain.iter().chain(&above).any(|(path, pom)| {
            let candidates = pom.modules.iter().filter(|(_, module)| {
                let name = module.trim_end_matches('/').trim_end_matches("/pom.xml");
                let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
                artifact.ends_with(name) || name.ends_with(artifact)
            });
            candidates.filter_map(|(_, module)| module_at(path, module, tree)).any(|path| {
                left.pom(&path, tree).is_some_and(|pom| {
                    let parent = pom.parent.and_then(|it| it.is.group);
                    pom.own.artifact.as_deref() == Some(artifact)
                        && pom.own.group.or(parent) == own_group
                })
            })
        })
    }
}

/// How many files may still be read to look for modules, and those that were.
#[derive(Default)]
pub(super) struct ReadsLeft {
    read: usize,
}

impl ReadsLeft {
    fn pom(&mut self, path: &str, tree: &dyn Tree) -> Option<Pom> {
        if self.read >= MOST_MODULES_READ {
            return None;
        }
        self.read = self.read.saturating_add(1);
        match tree.read(path, MAX_BYTES) {
            Nearby::Bytes(bytes) => Pom::read(path, &bytes).ok(),
            Nearby::Absent | Nearby::Unreadable(_) => None,
        }
    }
}

/// Returns where the file of a module is, if it is there.
pub(super) fn module_at(path: &str, module: &str, tree: &dyn Tree) -> Option<String> {
    file_at(path, module, tree)
}

/// Returns the path of a file that is named itself or by its folder.
fn file_at(path: &str, relative: &str, tree: &dyn Tree) -> Option<String> {
    let named = joined(path, relative)?;
    let within = if named.is_empty() { "pom.xml".to_owned() } else { format!("{named}/pom.xml") };
    [within, named].into_iter().find(|path| tree.holds(path))
}

fn parent_at(
    path: &str,
    relative: &str,
    is: &Coordinates,
    tree: &dyn Tree,
) -> Result<(String, Pom), String> {
    if relative.is_empty() {
        return Err("is of a repository".to_owned());
    }
    let Some(at) = file_at(path, relative, tree) else {
        return Err("is not there".to_owned());
    };
    let bytes = match tree.read(&at, MAX_BYTES) {
        Nearby::Bytes(bytes) => bytes,
        Nearby::Absent => return Err("is not there".to_owned()),
        Nearby::Unreadable(why) => return Err(format!("cannot be read: {}", shown(&why))),
    };
    let pom = Pom::read(&at, &bytes).map_err(|_| "cannot be read".to_owned())?;
    let above = pom.parent.as_ref().map(|parent| &parent.is);
    let group = pom.own.group.as_ref().or(above.and_then(|it| it.group.as_ref()));
    let version = pom.own.version.as_ref().or(above.and_then(|it| it.version.as_ref()));
    let is_it = group == is.group.as_ref()
        && pom.own.artifact == is.artifact
        && version == is.version.as_ref();
    // Maven takes another one of the stated name from a repository then.
    if is_it { Ok((at, pom)) } else { Err("is another than the file at its path".to_owned()) }
}

/// Joins the folder of a file and a relative path; nothing where that leaves the tree.
fn joined(path: &str, relative: &str) -> Option<String> {
    let (folder, _) = path.rsplit_once('/').unwrap_or_default();
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if relative.starts_with('/') {
        return None;
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Coordinates {
    /// Writes what is stated, for a message.
    pub(super) fn shown(&self) -> String {
        let parts = [&self.group, &self.artifact, &self.version].into_iter().flatten();
        shown(&parts.map(String::as_str).collect::<Vec<_>>().join(":"))
    }
}
