//! Deno's `deno.lock`, versions 4 and 5 (Deno documentation, "Lockfile"): packages of npm under
//! `name@version_peers`, those of JSR, and files from addresses. Packages of npm with an address of
//! another server are `Elsewhere`; an alias is the package that it stands for. No source of advisories
//! speaks of JSR, and files from addresses have no version: both are left out.
//!
//! Deno leaves optional packages and folders of a `package.json` out of it, so that it does not speak
//! for one.

use super::answers::{Answer, Answers};
use super::json::{JsonFile, Members, Raw};
use super::{About, Edge, Facts, FileName, Format, FormatError, FormatKind, Parsed, npm};
use crate::text::shown;
use beleg_model::Location;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 32 MiB. One of 1,000 packages has 0.3 MiB.
const MAX_BYTES: u64 = 32 << 20;

/// The format itself.
pub(super) struct DenoLock;

const ABOUT: About = About {
    id: "deno-lock",
    describes: "npm packages of a `deno.lock`, versions 4 and 5",
    kind: FormatKind::Lockfile,
    ecosystems: &["npm"],
    syft_metadata_type: "javascript-deno-lock-entry",
    files: &[FileName::Named("deno.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock<'a> {
    version: String,
    #[serde(default)]
    specifiers: BTreeMap<String, String>,
    #[serde(borrow, default)]
    jsr: Members<'a, Raw<'a>>,
    #[serde(borrow, default)]
    npm: Members<'a, Raw<'a>>,
    #[serde(borrow)]
    remote: Option<Raw<'a>>,
    #[serde(default)]
    workspace: Workspace,
}

/// What the project itself and each of its members ask for.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Workspace {
    dependencies: Vec<String>,
    package_json: Option<Box<Workspace>>,
    members: BTreeMap<String, Workspace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    integrity: Option<String>,
    tarball: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    optional_dependencies: Vec<String>,
}

/// An entry that can be read, under its key.
struct Listed {
    line: u32,
    key: String,
    entry: Entry,
    /// Its place among the packages.
    place: usize,
}

impl Format for DenoLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        if !["4", "5"].contains(&lock.version.as_str()) {
            let found = shown(&lock.version);
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut parsed = Parsed::default();
        for (key, raw) in &lock.jsr.0 {
            let why = format!("`{}` is of JSR, of which no advisories are read", shown(key));
            parsed.leave_out(path, file.line(*raw), why)?;
        }
        let remote = lock.remote.map(|raw| (raw, raw.read::<BTreeMap<String, IgnoredAny>>()));
        if let Some((raw, files)) = remote {
            let many =
                files.map_or_else(|_| "files".to_owned(), |it| format!("{} files", it.len()));
            let why = format!("{many} are from addresses, and of no package");
            parsed.leave_out(path, file.line(raw), why)?;
        }
        let direct = lock.direct();
        let mut listed = Vec::new();
        for (key, raw) in lock.npm.0 {
            let line = file.line(raw);
            match raw
                .read::<Entry>()
                .and_then(|entry| Ok((package(&key, &entry, path, line)?, entry)))
            {
                Err(why) => parsed.leave_out(path, line, why)?,
                Ok((package, entry)) => {
                    let digests = entry.integrity.as_deref().map(npm::digests);
                    let facts = Facts {
                        digests: digests.unwrap_or_default(),
                        direct: direct.get(&key).copied().unwrap_or(Some(false)),
                        ..Facts::default()
                    };
                    let place = parsed.packages.len();
                    parsed.add_with(package, facts)?;
                    listed.push(Listed { line, key, entry, place });
                }
            }
        }
        let keys: BTreeSet<&str> = listed.iter().map(|it| it.key.as_str()).collect();
        let missing = direct.keys().filter(|key| !keys.contains(key.as_str()));
        let missing: Vec<String> = missing.map(|key| shown(key)).collect();
        for key in missing {
            parsed.leave_out_at(
                Location::from(path),
                format!("`{key}` is asked for and not listed"),
            )?;
        }
        edges(path, &listed, &mut parsed)?;
        Ok(parsed)
    }
}

impl Lock<'_> {
    /// Finds the keys of what is asked for: certainly by the project itself where it says so, and else
    /// by itself or by a package of JSR.
    fn direct(&self) -> BTreeMap<String, Option<bool>> {
        let mut asked = BTreeSet::new();
        self.workspace.asked(&mut asked);
        let answers = self.specifiers.iter().filter_map(|(specifier, version)| {
            let name = specifier.strip_prefix("npm:")?;
            let name = split(name).map_or(name, |(name, _)| name);
            Some((format!("{name}@{version}"), asked.contains(specifier.as_str())))
        });
        let mut direct = BTreeMap::new();
        for (key, is_direct) in answers {
            let known = direct.entry(key).or_insert(None);
            *known = known.or(is_direct.then_some(true));
        }
        direct
    }
}

impl Workspace {
    fn asked<'a>(&'a self, all: &mut BTreeSet<&'a str>) {
        all.extend(self.dependencies.iter().map(String::as_str));
        for inner in self.members.values().chain(self.package_json.as_deref()) {
            all.extend(inner.dependencies.iter().map(String::as_str));
            let of_package = inner.package_json.iter().flat_map(|it| &it.dependencies);
            all.extend(of_package.map(String::as_str));
        }
    }
}

/// Splits `name@rest` of a name that may begin with `@`.
fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')?.checked_add(1)?;
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

fn package(
    key: &str,
    entry: &Entry,
    path: &str,
    line: u32,
) -> Result<beleg_model::Package, String> {
    let named = split(key).map(|(name, rest)| (name, rest.split('_').next().unwrap_or_default()));
    match named.filter(|(name, version)| npm::is_name(name) && npm::is_version(version)) {
        None => Err(format!("`{}` names no exact package", shown(key))),
        Some((name, version)) => {
            let origin = npm::origin(entry.tarball.as_deref());
            Ok(npm::package(name, version, origin, Location::line(path, line)))
        }
    }
}

/// Finds what each entry needs: by the name where one entry has it, else by the key; of an alias
/// behind `npm:`.
fn edges(path: &str, listed: &[Listed], parsed: &mut Parsed) -> Result<(), FormatError> {
    let whole = listed.iter().map(|it| (it.key.as_str(), it.place));
    let short = listed.iter().filter_map(|it| Some((split(&it.key)?.0, it.place)));
    let answers = Answers::of(whole, short);
    let mut edges = BTreeSet::new();
    for Listed { line, key, entry, place } in listed {
        let must = entry.dependencies.iter().map(|name| (name, true));
        let may = entry.optional_dependencies.iter().map(|name| (name, false));
        for (name, must) in must.chain(may) {
            let meant = name.split_once("@npm:").map_or(name.as_str(), |(_, meant)| meant);
            match answers.to(&meant) {
                Answer::One(to) => {
                    edges.insert(Edge { from: *place, to });
                }
                Answer::Nothing if !must => {}
                Answer::Nothing | Answer::Several => {
                    let (name, key) = (shown(name), shown(key));
                    let why = format!("which package `{name}` of `{key}` means is not clear");
                    parsed.leave_out(path, *line, why)?;
                }
            }
        }
    }
    parsed.edges = Some(edges.into_iter().collect());
    Ok(())
}

#[cfg(test)]
mod tests;
