use super::words::{compare_numbers, is_number, split_run};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Versions of rpm packages: `[epoch:]version[-release]` (rpm-version(7)).
#[derive(Debug)]
pub struct Rpm;

impl VersionOrder for Rpm {
    fn id(&self) -> &'static str {
        "rpm"
    }

    fn specification(&self) -> &'static str {
        "rpm-version(7)"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, Version::parse)
    }
}

/// A version in its three parts, as rpm and pacman write it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version<'a> {
    pub(super) epoch: &'a str,
    pub(super) version: &'a str,
    pub(super) release: &'a str,
}

impl<'a> Version<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.is_empty() || is_number(epoch) => (epoch, rest),
            Some(_) => return None,
            None => ("", text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let printable = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = !version.is_empty() && printable(version) && printable(release);
        fits.then_some(Self { epoch, version, release })
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch)
            .then_with(|| compare_parts(self.version, other.version))
            .then_with(|| compare_parts(self.release, other.release))
    }
}

ordered_by!(Version, Version::compare);

/// Compares run by run of digits or letters: numbers are newer than words, `~` comes before the
/// end, and `^` after the end and before everything else.
fn compare_parts<'a>(mut left: &'a str, mut right: &'a str) -> Ordering {
    loop {
        let separates = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
        left = left.trim_start_matches(separates);
        right = right.trim_start_matches(separates);
        let signs = (left.chars().next(), right.chars().next());
        let order = match signs {
            (Some('~'), Some('~')) | (Some('^'), Some('^')) => Ordering::Equal,
            (Some('~'), _) => return Ordering::Less,
            (_, Some('~')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (Some('^'), None) | (Some(_), None) => return Ordering::Greater,
            (None, Some('^')) | (None, Some(_)) => return Ordering::Less,
            (Some('^'), _) => return Ordering::Less,
            (_, Some('^')) => return Ordering::Greater,
            (Some(first), Some(_)) => {
                let order;
                (order, left, right) = compare_runs(left, right, first.is_ascii_digit());
                if order.is_ne() {
                    return order;
                }
                continue;
            }
        };
        debug_assert!(order.is_eq());
        left = left.get(1..).unwrap_or("");
        right = right.get(1..).unwrap_or("");
    }
}

/// Compares the runs at the beginning, of digits or of letters, and returns what is left.
fn compare_runs<'a>(left: &'a str, right: &'a str, digits: bool) -> (Ordering, &'a str, &'a str) {
    let belongs = |c: char| if digits { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
    let (left_run, left) = split_run(left, belongs);
    let (right_run, right) = split_run(right, belongs);
    let order = match (right_run, digits) {
        ("", true) => Ordering::Greater,
        ("", false) => Ordering::Less,
        (_, true) => compare_numbers(left_run, right_run),
        (_, false) => left_run.cmp(right_run),
    };
    (order, left, right)
}
