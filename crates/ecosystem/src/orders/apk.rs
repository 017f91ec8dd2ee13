use super::words::{compare_numbers, split_run};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Alpine's versions: `1.2.3b_rc4_p5~abcdef-r6` (apk-package(5), "Package version").
#[derive(Debug)]
pub struct Apk;

impl VersionOrder for Apk {
    fn id(&self) -> &'static str {
        "apk"
    }

    fn specification(&self) -> &'static str {
        "apk-package(5)"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Version::parse(text.trim()))
    }
}

/// A version whose parts are known to be in order.
struct Version<'a>(&'a str);

/// A part of a version. Where two versions go on differently, the later kind is the older version,
/// but for suffixes that come before a release.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    First,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Commit,
    Revision,
    End,
}

/// The suffixes in their order; the first four come before the release.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const BEFORE_RELEASE: usize = 4;

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = Parts { rest: text, last: None };
        loop {
            if parts.next()?.0 == Kind::End {
                return Some(Self(text));
            }
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let mut left = Parts { rest: self.0, last: None };
        let mut right = Parts { rest: other.0, last: None };
        loop {
            // Both were read to their ends once.
            let (Some(left), Some(right)) = (left.next(), right.next()) else {
                return Ordering::Equal;
            };
            let order = compare_parts(left, right);
            if order.is_ne() || left.0 == Kind::End {
                return order;
            }
        }
    }
}

ordered_by!(Version, Version::compare);

fn compare_parts((kind, left): (Kind, &str), (other, right): (Kind, &str)) -> Ordering {
    if kind != other {
        let before = |kind, suffix| kind == Kind::Suffix && rank(suffix) < BEFORE_RELEASE;
        return match (before(kind, left), before(other, right)) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Greater,
            _ => other.cmp(&kind),
        };
    }
    match kind {
        // What begins with a zero is read as a fraction.
        Kind::Number if left.starts_with('0') || right.starts_with('0') => left.cmp(right),
        Kind::First | Kind::Number | Kind::SuffixNumber | Kind::Revision => {
            compare_numbers(left, right)
        }
        Kind::Suffix => rank(left).cmp(&rank(right)),
        Kind::Letter | Kind::Commit | Kind::End => left.cmp(right),
    }
}

fn rank(suffix: &str) -> usize {
    SUFFIXES.iter().position(|it| *it == suffix).unwrap_or(SUFFIXES.len())
}

/// Reads part by part.
struct Parts<'a> {
    rest: &'a str,
    last: Option<Kind>,
}

impl<'a> Parts<'a> {
    /// Returns the next part, or nothing where the text is no version.
    fn next(&mut self) -> Option<(Kind, &'a str)> {
        let Some(last) = self.last else { return self.number(self.rest, Kind::First) };
        if self.rest.is_empty() {
            return Some((Kind::End, ""));
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            return if last <= Kind::Number { self.number(rest, Kind::Number) } else { None };
        }
        if let Some(rest) = self.rest.strip_prefix('_') {
            return if last <= Kind::SuffixNumber { self.suffix(rest) } else { None };
        }
        if let Some(rest) = self.rest.strip_prefix('~') {
            return if last < Kind::Commit { self.commit(rest) } else { None };
        }
        if let Some(rest) = self.rest.strip_prefix("-r") {
            return if last < Kind::Revision { self.number(rest, Kind::Revision) } else { None };
        }
        match (last, self.rest.chars().next()?) {
            (Kind::First | Kind::Number, 'a'..='z') => self.take(self.rest, 1, Kind::Letter),
            (Kind::Suffix, '0'..='9') => self.number(self.rest, Kind::SuffixNumber),
            _ => None,
        }
    }

    fn number(&mut self, rest: &'a str, kind: Kind) -> Option<(Kind, &'a str)> {
        let (number, _) = split_run(rest, |c| c.is_ascii_digit());
        self.take(rest, number.len(), kind)
    }

    fn suffix(&mut self, rest: &'a str) -> Option<(Kind, &'a str)> {
        let (suffix, _) = split_run(rest, |c| c.is_ascii_lowercase());
        SUFFIXES.contains(&suffix).then_some(())?;
        self.take(rest, suffix.len(), Kind::Suffix)
    }

    fn commit(&mut self, rest: &'a str) -> Option<(Kind, &'a str)> {
        let (hash, _) = split_run(rest, |c| matches!(c, '0'..='9' | 'a'..='f'));
        self.take(rest, hash.len(), Kind::Commit)
    }

    fn take(&mut self, rest: &'a str, length: usize, kind: Kind) -> Option<(Kind, &'a str)> {
        let (part, rest) = rest.split_at_checked(length)?;
        (self.rest, self.last) = (rest, Some(kind));
        (!part.is_empty()).then_some((kind, part))
    }
}
