use super::semver::Version;
use super::words::{is_number, split_run};
use super::{MAX_VERSION, VersionOrder, ordered_by};
use std::cmp::Ordering;

/// Go's versions: semantic ones with a `v` or without; pseudo-versions are pre-releases and
/// `+incompatible` is build metadata (Go Modules Reference, "Versions"). The toolchain and the
/// standard library are versions too: `go1.21rc2`, `1.20.3`.
#[derive(Debug)]
pub struct Golang;

impl VersionOrder for Golang {
    fn id(&self) -> &'static str {
        "go"
    }

    fn specification(&self) -> &'static str {
        "Go modules"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        if left.len() > MAX_VERSION || right.len() > MAX_VERSION {
            return None;
        }
        match (toolchain(left), toolchain(right)) {
            (None, None) => Some(Version::parse(left)?.cmp(&Version::parse(right)?)),
            (Some(left), None) => Some(left.cmp(&Toolchain::module(right)?)),
            (None, Some(right)) => Some(Toolchain::module(left)?.cmp(&right)),
            (Some(left), Some(right)) => Some(left.cmp(&right)),
        }
    }

    fn equal_is_same(&self) -> bool {
        false
    }

    fn extends_semver(&self) -> bool {
        true
    }
}

/// A version whose pre-release is a word and a number, `rc` and `2`, or one of a module.
#[derive(Clone, Copy, Debug)]
struct Toolchain<'a> {
    core: Version<'a>,
    prerelease: Option<(&'a str, &'a str)>,
}

impl<'a> Toolchain<'a> {
    /// Reads a module's version. Its pre-release `rc.2` or `rc2` is the toolchain's `rc2`; `0`, with
    /// which Go's vulnerability database means what comes before all others, has no word.
    fn module(text: &'a str) -> Option<Self> {
        let version = Version::parse(text)?;
        let prerelease = version.prerelease.map(|text| {
            let (word, number) = split_run(text, |c| c.is_ascii_alphabetic());
            (word, number.strip_prefix('.').unwrap_or(number))
        });
        Some(Self { core: Version { prerelease: None, ..version }, prerelease })
    }
}

fn compare(left: &Toolchain<'_>, right: &Toolchain<'_>) -> Ordering {
    left.core.precedence(&right.core).then_with(|| match (left.prerelease, right.prerelease) {
        (Some((left, left_number)), Some((right, right_number))) => left
            .cmp(right)
            .then_with(|| super::semver::compare_identifiers(left_number, right_number)),
        (left, right) => left.is_none().cmp(&right.is_none()),
    })
}

ordered_by!(Toolchain, compare);

/// Reads a version of the toolchain; what a distributor adds after a space does not count.
fn toolchain(text: &str) -> Option<Toolchain<'_>> {
    let text = text.split(' ').next()?;
    let (text, named) = match text.strip_prefix("go") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (core, rest) = split_run(text, |c| c.is_ascii_digit() || c == '.');
    let (word, number) = split_run(rest, |c| c.is_ascii_lowercase());
    let before_release = matches!(word, "rc" | "beta") && is_number(number);
    match (named || before_release, rest) {
        (true, "") => Some(Toolchain { core: Version::parse_plain(core)?, prerelease: None }),
        (true, _) if before_release => {
            Some(Toolchain { core: Version::parse_plain(core)?, prerelease: Some((word, number)) })
        }
        (true, _) => Toolchain::module(text),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchains_pre_releases_come_before_its_release() {
        let ordered = [
            "1.21.0-0",
            "go1.21beta1",
            "go1.21rc2",
            "1.21.0-rc.3",
            "go1.21rc10",
            "go1.21.0",
            "go1.21.1",
        ];
        for (low, high) in ordered.iter().zip(ordered.iter().skip(1)) {
            assert_eq!(Golang.compare(low, high), Some(Ordering::Less), "{low} {high}");
        }
        assert_eq!(Golang.compare("go1.20 X:boringcrypto", "1.20.0"), Some(Ordering::Equal));
    }

    #[test]
    fn incompatible_is_no_part_of_the_order() {
        assert_eq!(Golang.compare("v2.0.0+incompatible", "2.0.0"), Some(Ordering::Equal));
    }
}
