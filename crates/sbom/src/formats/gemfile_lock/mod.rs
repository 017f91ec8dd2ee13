//! Bundler's `Gemfile.lock` and `gems.locked` (Bundler, `LockfileParser`): sections of sources, each with
//! the gems that come from it. Gems of rubygems.org are `Registry`; folders are the project's own;
//! repositories and other servers are `Elsewhere`. Of a gem that is locked for several platforms one
//! is listed: it is one release.

use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, text_within,
};
use crate::text::{shown, without_credentials};
use beleg_model::{Digest, Location, Origin, Package};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 8 MiB. One of 400 gems has 30 KiB.
const MAX_BYTES: u64 = 8 << 20;
const RUBYGEMS: [&str; 2] = ["https://rubygems.org", "http://rubygems.org"];
/// A gem that is always there, and locked by a section of its own.
const BUNDLER: &str = "bundler";

/// The format itself.
pub(super) struct GemfileLock;

const ABOUT: About = About {
    id: "gemfile-lock",
    describes: "Ruby gems of a `Gemfile.lock` or `gems.locked`",
    kind: FormatKind::Lockfile,
    ecosystems: &["RubyGems"],
    syft_metadata_type: "ruby-gemfile-entry",
    files: &[FileName::Named("Gemfile.lock"), FileName::Named("gems.locked")],
    most_bytes: MAX_BYTES,
};

#[derive(Default)]
struct Lock<'a> {
    gems: Vec<Gem<'a>>,
    /// The gems that the project asks for; none where the section is missing.
    direct: Option<BTreeSet<&'a str>>,
    digests: BTreeMap<(&'a str, &'a str), Vec<Digest>>,
}

struct Gem<'a> {
    line: u32,
    name: &'a str,
    version: &'a str,
    origin: Option<Origin>,
    needs: Vec<&'a str>,
}

/// What the lines of a section say of where its gems are from.
#[derive(Default)]
struct Section<'a> {
    title: &'a str,
    remotes: Vec<&'a str>,
    revision: Option<&'a str>,
}

impl Format for GemfileLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        if text.lines().any(|line| line.starts_with("<<<<<<<")) {
            return Err(FormatError::malformed(path, "it holds both sides of a conflict"));
        }
        let lock = Lock::of(text);
        let mut parsed = Parsed::default();
        let places = lock.packages(path, &mut parsed)?;
        if lock.direct.is_none() {
            let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1);
            let why = "its end is missing: it has no section `DEPENDENCIES`".to_owned();
            parsed.leave_out(path, last, why)?;
        }
        parsed.edges = Some(lock.edges(path, &places, &mut parsed)?);
        Ok(parsed)
    }
}

impl<'a> Lock<'a> {
    fn of(text: &'a str) -> Self {
        let mut lock = Self::default();
        let mut section = Section::default();
        for (line, text) in (1..).zip(text.lines()) {
            let words = text.trim();
            match text.len().saturating_sub(text.trim_start_matches(' ').len()) {
                _ if words.is_empty() => {}
                0 => {
                    section = Section { title: words, ..Section::default() };
                    if words == "DEPENDENCIES" {
                        lock.direct = Some(BTreeSet::new());
                    }
                }
                2 => lock.setting(words, &mut section),
                4 if section.lists_gems() => lock.gems.push(gem(line, words, &section)),
                6 if section.lists_gems() => {
                    let name = words.split(' ').next().unwrap_or(words);
                    lock.gems.last_mut().into_iter().for_each(|gem| gem.needs.push(name));
                }
                _ => {}
            }
        }
        lock
    }

    fn setting(&mut self, words: &'a str, section: &mut Section<'a>) {
        match section.title {
            "DEPENDENCIES" => {
                let name = words.split([' ', '!']).next().unwrap_or(words);
                self.direct.get_or_insert_default().insert(name);
            }
            "CHECKSUMS" => {
                let Some((gem, digests)) = words.split_once(") ") else { return };
                let Some((name, version)) = gem.split_once(" (") else { return };
                let digests = digests.split(',').filter_map(|it| it.replace('=', ":").parse().ok());
                let version = version.split('-').next().unwrap_or(version);
                self.digests.entry((name, version)).or_default().extend(digests);
            }
            _ => match words.split_once(": ") {
                Some(("remote", remote)) => section.remotes.push(remote),
                Some(("revision", revision)) => section.revision = Some(revision),
                _ => {}
            },
        }
    }

    fn packages(
        &self,
        path: &str,
        parsed: &mut Parsed,
    ) -> Result<BTreeMap<&'a str, usize>, FormatError> {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for Gem { line, name, version, origin, .. } in &self.gems {
            let listed = places.get(name).and_then(|place| parsed.packages.get(*place));
            let why = match origin {
                _ if !is_word(name) => format!("`{}` cannot name a gem", shown(name)),
                _ if !is_version(version) => {
                    format!("`{}` is no exact version of `{name}`", shown(version))
                }
                None => format!("where `{name}` is from is not known"),
                Some(_) if listed.is_some_and(|it| it.version == *version) => continue,
                Some(_) if listed.is_some() => format!("`{name}` is listed in two versions"),
                Some(origin) => {
                    let direct = self.direct.as_ref().map(|direct| direct.contains(name));
                    let facts = Facts {
                        digests: self.digests.get(&(*name, *version)).cloned().unwrap_or_default(),
                        direct: direct.filter(|_| *origin != Origin::Local),
                        ..Facts::default()
                    };
                    places.insert(name, parsed.packages.len());
                    let location = Location::line(path, *line);
                    parsed.add_with(package(name, version, origin.clone(), location), facts)?;
                    continue;
                }
            };
            parsed.leave_out(path, *line, why)?;
        }
        Ok(places)
    }

    /// Resolves what gems need; one that is not listed means that the file was cut off or edited.
    fn edges(
        &self,
        path: &str,
        places: &BTreeMap<&str, usize>,
        parsed: &mut Parsed,
    ) -> Result<Vec<Edge>, FormatError> {
        let names: BTreeSet<&str> = self.gems.iter().map(|gem| gem.name).collect();
        let mut edges = BTreeSet::new();
        for gem in &self.gems {
            for need in gem.needs.iter().filter(|need| **need != BUNDLER) {
                let pair = places.get(gem.name).zip(places.get(need));
                edges.extend(pair.map(|(from, to)| Edge { from: *from, to: *to }));
                if !names.contains(need) {
                    let (need, name) = (shown(need), shown(gem.name));
                    let why = format!("the dependency `{need}` of `{name}` is not listed");
                    parsed.leave_out(path, gem.line, why)?;
                }
            }
        }
        Ok(edges.into_iter().collect())
    }
}

impl Section<'_> {
    fn lists_gems(&self) -> bool {
        matches!(self.title, "GEM" | "GIT" | "PATH" | "PLUGIN SOURCE")
    }

    fn origin(&self) -> Option<Origin> {
        let remotes = || self.remotes.iter().map(|remote| without_credentials(remote));
        match self.title {
            "PATH" => Some(Origin::Local),
            "GIT" => {
                let revision = self.revision.map(|it| format!("@{}", shown(it)));
                Some(Origin::Elsewhere(format!(
                    "git+{}{}",
                    remotes().next()?,
                    revision.unwrap_or_default()
                )))
            }
            "GEM" => {
                let is_public = |it: &&str| RUBYGEMS.contains(&it.trim_end_matches('/'));
                // Of several servers nobody knows which had a gem.
                match self.remotes.iter().all(is_public) {
                    _ if self.remotes.is_empty() => None,
                    true => Some(Origin::Registry),
                    false => Some(Origin::Elsewhere(remotes().collect::<Vec<_>>().join(" or "))),
                }
            }
            _ => None,
        }
    }
}

/// Reads `name (1.2.3)` or `name (1.2.3-platform)`; a version of a gem has no dash.
fn gem<'a>(line: u32, words: &'a str, section: &Section<'_>) -> Gem<'a> {
    let (name, version) = words.split_once(" (").unwrap_or((words, ""));
    let version = version.trim_end_matches(')');
    let version = version.split_once('-').map_or(version, |(version, _)| version);
    Gem { line, name, version, origin: section.origin(), needs: Vec::new() }
}

fn package(name: &str, version: &str, origin: Origin, location: Location) -> Package {
    Package::new("RubyGems", name, version, origin, location)
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && !text.starts_with('.')
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}

fn is_version(text: &str) -> bool {
    is_word(text) && text.starts_with(|it: char| it.is_ascii_digit())
}

#[cfg(test)]
mod tests;
