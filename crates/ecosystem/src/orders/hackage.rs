use super::words::{compare_number_lists, is_number};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Haskell's versions: numbers between dots, of which a shorter list comes before its extensions,
/// so that `1.0` and `1.0.0` are two versions (Haskell Package Versioning Policy).
#[derive(Debug)]
pub struct Hackage;

impl VersionOrder for Hackage {
    fn id(&self) -> &'static str {
        "hackage"
    }

    fn specification(&self) -> &'static str {
        "Haskell PVP"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Numbers::parse(text, &['.'], 1))
    }
}

/// Numbers between separators that are all alike to the order.
pub(super) struct Numbers<'a> {
    text: &'a str,
    separators: &'static [char],
}

impl<'a> Numbers<'a> {
    /// Reads at least so many numbers.
    pub(super) fn parse(
        text: &'a str,
        separators: &'static [char],
        at_least: usize,
    ) -> Option<Self> {
        let text = text.trim();
        let fits =
            text.split(separators).all(is_number) && text.split(separators).count() >= at_least;
        fits.then_some(Self { text, separators })
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_number_lists(self.text.split(self.separators), other.text.split(other.separators))
    }
}

ordered_by!(Numbers, Numbers::compare);
