use super::rpm::Version;
use super::words::{compare_numbers, split_run};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Versions of Arch Linux: `[epoch:]version[-release]`, in which the release counts only where
/// both have one (vercmp(8)).
#[derive(Debug)]
pub struct Pacman;

impl VersionOrder for Pacman {
    fn id(&self) -> &'static str {
        "pacman"
    }

    fn specification(&self) -> &'static str {
        "vercmp(8)"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Version::parse(text).map(Arch))
    }
}

struct Arch<'a>(Version<'a>);

fn compare(left: &Arch<'_>, right: &Arch<'_>) -> Ordering {
    let (left, right) = (&left.0, &right.0);
    compare_numbers(left.epoch, right.epoch)
        .then_with(|| compare_parts(left.version, right.version))
        .then_with(|| match (left.release, right.release) {
            ("", _) | (_, "") => Ordering::Equal,
            (left, right) => compare_parts(left, right),
        })
}

ordered_by!(Arch, compare);

/// Compares run by run as rpm did before `~` and `^`; more separators are newer, and letters that
/// remain are older than nothing.
fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() && !right.is_empty() {
        let (left_separators, right_separators);
        (left_separators, left) = split_run(left, |c| !c.is_ascii_alphanumeric());
        (right_separators, right) = split_run(right, |c| !c.is_ascii_alphanumeric());
        if left.is_empty() || right.is_empty() {
            break;
        }
        let separators = left_separators.len().cmp(&right_separators.len());
        let digits = left.starts_with(|c: char| c.is_ascii_digit());
        let belongs = |c: char| if digits { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
        let (left_run, right_run);
        (left_run, left) = split_run(left, belongs);
        (right_run, right) = split_run(right, belongs);
        let order = separators.then_with(|| match (right_run, digits) {
            ("", true) => Ordering::Greater,
            ("", false) => Ordering::Less,
            (_, true) => compare_numbers(left_run, right_run),
            (_, false) => left_run.cmp(right_run),
        });
        if order.is_ne() {
            return order;
        }
    }
    let begins_with_letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
    match (left, right) {
        ("", "") => Ordering::Equal,
        ("", right) if !begins_with_letter(right) => Ordering::Less,
        (left, _) if begins_with_letter(left) => Ordering::Less,
        _ => Ordering::Greater,
    }
}
