//! Names of Python's distribution files, which several texts can stand for.

use beleg_ecosystem::normalized_name;
use pep440_rs::Version;
use std::collections::BTreeSet;
use std::str::FromStr as _;

/// Says whether two names are one distribution's, as PyPI's attestations compare them (PEP 740,
/// "Attestation objects"): after parsing by PEP 427 or PEP 625, with the project's name normalised
/// by PEP 503, its version by PEP 440, and the tags as sets.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    match (Distribution::parse(left), Distribution::parse(right)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

#[derive(PartialEq, Eq)]
enum Distribution<'a> {
    Wheel { project: Project, build: Option<(u64, &'a str)>, tags: [BTreeSet<String>; 3] },
    Source { project: Project, ending: &'static str },
}

#[derive(PartialEq, Eq)]
struct Project {
    name: String,
    version: Version,
}

impl<'a> Distribution<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        if let Some(stem) = name.strip_suffix(".whl") {
            return Self::wheel(stem);
        }
        let (stem, ending) = [".tar.gz", ".zip"]
            .into_iter()
            .find_map(|ending| Some((name.strip_suffix(ending)?, ending)))?;
        let (project, version) = stem.rsplit_once('-')?;
        Some(Self::Source { project: Project::parse(project, version)?, ending })
    }

    fn wheel(stem: &'a str) -> Option<Self> {
        let parts: Vec<&str> = stem.split('-').collect();
        let (project, version, build, tags) = match parts.as_slice() {
            [project, version, python, abi, platform] => {
                (project, version, None, [*python, *abi, *platform])
            }
            [project, version, build, python, abi, platform] => {
                (project, version, Some(build_tag(build)?), [*python, *abi, *platform])
            }
            _ => return None,
        };
        let set = |tag: &str| tag.split('.').map(str::to_ascii_lowercase).collect();
        let project = Project::parse(project, version)?;
        Some(Self::Wheel { project, build, tags: tags.map(set) })
    }
}

impl Project {
    fn parse(name: &str, version: &str) -> Option<Self> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(is_word) {
            return None;
        }
        let name = normalized_name(name).into_owned();
        // A dash cannot stand in a file's version; an underscore stands for the local part's dot.
        Some(Self { name, version: Version::from_str(version).ok()? })
    }
}

/// A build tag begins with a number, by which it is told from a tag of Python's.
fn build_tag(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_pypi_does() {
        for (left, right) in [
            ("foo_bar-1.0-py2.py3-none-any.whl", "foo_bar-1.0-py3.py2-none-any.whl"),
            ("foo_bar-1.0-py3-none-any.whl", "Foo.Bar-1.0.0-py3-none-any.whl"),
            ("foo-1.0-1-py3-none-any.whl", "foo-1.0-01-py3-none-any.whl"),
            ("foo_bar-1.0.tar.gz", "Foo.Bar-1.0.tar.gz"),
            ("foo-1.0rc1.zip", "foo-1.0.RC.1.zip"),
        ] {
            assert!(is_same(left, right), "{left} {right}");
        }
        for (left, right) in [
            ("foo_bar-1.0-py3-none-any.whl", "foo_bar-2.0-py3-none-any.whl"),
            ("foo-1.0-py2.py3-none-any.whl", "foo-1.0-py3-none-any.whl"),
            ("foo-1.0-py3-none-any.whl", "foo-1.0-1-py3-none-any.whl"),
            ("foo-1.0-cp312-cp312-linux_x86_64.whl", "foo-1.0-cp312-cp312-linux_i686.whl"),
            ("foo-1.0.tar.gz", "foo-1.0.zip"),
            ("foobar-1.0.tar.gz", "foo-bar-1.0.tar.gz"),
            ("foo-1.0+a.tar.gz", "foo-1.0.tar.gz"),
            ("foo-1.0.tar.gz", "../foo-1.0.tar.gz"),
            ("foo", "Foo"),
            ("a/b-1.0.tar.gz", "a/B-1.0.tar.gz"),
        ] {
            assert!(!is_same(left, right), "{left} {right}");
        }
    }
}
