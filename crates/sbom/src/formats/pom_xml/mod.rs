//! Maven's `pom.xml`, model version 4.0.0 (Maven, "POM Reference"). It names what a project itself asks
//! for and is no lockfile: the packages that those need in turn are not in it, which is said of each
//! file that asks for anything. Versions are taken from it and from the parents that are in the tree,
//! with their properties; what a parent, a list of versions or a profile says that is not there, a
//! range, and a version that changes (`SNAPSHOT`) is left out.
//!
//! Packages count as Maven Central's, whichever repositories are asked: a project does not record
//! which of them has one. Modules of the project are its own, a file of `systemPath` is `Elsewhere`.
//! Plugins, their extensions and what they are run with are for building. Of what is inherited the
//! place is the line of the parent.

mod effective;
mod model;

use super::{
    About, Alone, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, NamedOnly, Parsed,
    Scope, Tree,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin, Package};
use effective::{Effective, Key, Managed, ReadsLeft, module_at};
use model::{As, Pom, Wanted};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 2 MiB. The largest of known projects have 300 KiB.
const MAX_BYTES: u64 = 2 << 20;

/// The format itself.
pub(super) struct PomXml;

const ABOUT: About = About {
    id: "pom-xml",
    describes: "Java packages that a `pom.xml` of Maven asks for itself, with its parents in the tree",
    kind: FormatKind::Lockfile,
    ecosystems: &["Maven"],
    syft_metadata_type: "java-archive",
    files: &[FileName::Named("pom.xml")],
    most_bytes: MAX_BYTES,
};

impl Format for PomXml {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// Parents and modules may have other names.
    fn asks_for(&self, path: &str) -> Option<u64> {
        let name = super::file_name(path);
        (name.ends_with("pom.xml") || name.ends_with(".pom")).then_some(MAX_BYTES)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        self.parse_in(path, bytes, &Alone)
    }

    fn parse_in(&self, path: &str, bytes: &[u8], tree: &dyn Tree) -> Result<Parsed, FormatError> {
        let pom = Pom::read(path, bytes)?;
        let mut listing = Listing {
            path,
            effective: &Effective::of(super::relative(path), pom, tree),
            tree,
            reads: ReadsLeft::default(),
            places: BTreeMap::new(),
            parsed: Parsed::default(),
        };
        listing.project()?;
        listing.all()?;
        Ok(listing.parsed)
    }
}

struct Listing<'a> {
    path: &'a str,
    effective: &'a Effective,
    tree: &'a dyn Tree,
    reads: ReadsLeft,
    /// Where each name and version stands among the packages.
    places: BTreeMap<(String, String), usize>,
    parsed: Parsed,
}

impl Listing<'_> {
    /// Names the project itself, and what of it is not there.
    fn project(&mut self) -> Result<(), FormatError> {
        let effective = self.effective;
        let Some(own) = effective.own() else { return Ok(()) };
        match effective.project() {
            [Ok(group), Ok(artifact), version] if is_word(&group) && is_word(&artifact) => {
                let name = format!("{group}:{artifact}");
                match version {
                    Ok(version) if is_word(&version) => {
                        let location = Location::line(self.path, own.own.line);
                        self.places.insert((name.clone(), version.clone()), 0);
                        let own = Package::new("Maven", name, version, Origin::Local, location);
                        self.parsed.add(own)?;
                    }
                    _ => {
                        let own = NamedOnly::own(Ecosystem::named("Maven"), name);
                        self.parsed.named_only.push(own);
                    }
                }
            }
            _ => {
                let why = "what the project is called is not known".to_owned();
                self.parsed.leave_out(self.path, own.own.line, why)?;
            }
        }
        if let (Some(missing), Some(parent)) = (&effective.missing, &own.parent) {
            let why = format!("{missing}: what it asks for is not known");
            self.parsed.leave_out(self.path, parent.is.line, why)?;
        }
        for (line, module) in &own.modules {
            let at = module_at(super::relative(self.path), module, self.tree);
            if at.is_none() {
                let why = format!("the module `{}` is not there", shown(module));
                self.parsed.leave_out(self.path, *line, why)?;
            }
        }
        Ok(())
    }

    /// Lists what the file and its parents ask for; what is nearer comes first.
    fn all(&mut self) -> Result<(), FormatError> {
        let effective = self.effective;
        let managed = effective.managed();
        let inherited = effective.own().and_then(|own| own.parent.as_ref());
        let inherited = inherited.map_or(1, |parent| parent.is.line);
        let mut met: BTreeSet<(Option<&String>, Key)> = BTreeSet::new();
        let mut first = None;
        for (up, (_, pom)) in effective.chain.iter().enumerate() {
            let line_of = |line: u32| if up == 0 { line } else { inherited };
            let above = met.clone();
            for wanted in &pom.wanted {
                let line = line_of(wanted.is.line);
                first = first.or(Some(line));
                let key = match effective.key(wanted) {
                    Ok(key) => key,
                    Err(why) => {
                        let why = format!("`{}`: {why}", wanted.is.shown());
                        self.parsed.leave_out(self.path, line, why)?;
                        continue;
                    }
                };
                // What several plugins are run with is of each.
                let of_all = wanted.r#as == As::OfPlugin;
                let entry = (wanted.profile.as_ref(), key);
                if !of_all && above.contains(&entry) {
                    continue;
                }
                if !of_all && !met.insert(entry.clone()) {
                    let why = format!("`{}` is asked for twice", wanted.is.shown());
                    self.parsed.leave_out(self.path, line, why)?;
                    continue;
                }
                if let Err(why) = self.want(wanted, &entry.1, &managed, line)? {
                    let why = format!("`{}`: {why}", wanted.is.shown());
                    self.parsed.leave_out(self.path, line, why)?;
                }
            }
            for (line, why) in &pom.problems {
                self.parsed.leave_out(self.path, line_of(*line), why.clone())?;
            }
        }
        if let Some(line) = first {
            let why = "what the packages that it asks for need in turn is not listed in it";
            self.parsed.leave_out(self.path, line, why.to_owned())?;
        }
        Ok(())
    }

    fn want(
        &mut self,
        wanted: &Wanted,
        key: &Key,
        managed: &Managed<'_>,
        line: u32,
    ) -> Result<Result<(), String>, FormatError> {
        let version = match self.effective.version(wanted, key, managed) {
            Ok(version) => version,
            Err(why) => return Ok(Err(why)),
        };
        let version = exact(&version).to_owned();
        let (_, group, artifact, ..) = key;
        if ![group, artifact, &version].into_iter().all(|word| is_word(word)) {
            return Ok(Err(format!("`{}` is no exact version", shown(&version))));
        }
        let (scope, is_optional) = self.effective.scope(wanted, key, managed);
        let origin = self.origin(group, artifact, &version, scope);
        let is_changing =
            version.ends_with("-SNAPSHOT") || ["LATEST", "RELEASE"].contains(&&*version);
        if is_changing && origin != Origin::Local {
            return Ok(Err(format!("`{version}` is no exact version")));
        }
        let scope = match (wanted.r#as, scope.unwrap_or("compile")) {
            (As::Plugin | As::OfPlugin, _) => Scope::Build,
            (_, "test") => Scope::Development,
            (_, "provided") => Scope::Build,
            _ if is_optional || wanted.profile.is_some() => Scope::Optional,
            (_, "compile" | "runtime" | "system") => Scope::Runtime,
            (_, other) => {
                return Ok(Err(format!("the scope `{}` is not known", shown(other))));
            }
        };
        let name = format!("{group}:{artifact}");
        let next = self.parsed.packages.len();
        let place = *self.places.entry((name.clone(), version.clone())).or_insert(next);
        if place == next {
            let facts = Facts { scope: Some(scope), direct: Some(true), ..Facts::default() };
            let location = Location::line(self.path, line);
            let package = Package::new("Maven", name, version, origin, location);
            self.parsed.add_with(package, facts)?;
        } else if let Some(facts) = self.parsed.facts.get_mut(&place) {
            facts.scope = facts.scope.min(Some(scope));
        }
        Ok(Ok(()))
    }

    fn origin(
        &mut self,
        group: &str,
        artifact: &str,
        version: &str,
        scope: Option<&str>,
    ) -> Origin {
        let [own_group, _, own_version] = self.effective.project();
        let is_of_project =
            own_group.as_deref() == Ok(group) && own_version.as_deref() == Ok(version);
        if scope == Some("system") {
            Origin::Elsewhere("a file of the machine that builds".to_owned())
        } else if is_of_project && self.effective.is_module(artifact, self.tree, &mut self.reads) {
            Origin::Local
        } else {
            Origin::Registry
        }
    }
}

/// Takes the brackets off a version that is required exactly: `[1.2]` (POM Reference, "Dependency
/// Version Requirement Specification").
fn exact(version: &str) -> &str {
    let inner = version.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.filter(|inner| !inner.contains(',')).unwrap_or(version).trim()
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it))
}

#[cfg(test)]
mod tests;
