use super::semver::Version;
use super::{VersionOrder, compare_parsed};
use std::cmp::Ordering;

/// Elixir's versions: semantic ones with all three numbers and no letter before them
/// (documentation of Elixir's `Version`).
#[derive(Debug)]
pub struct Hex;

impl VersionOrder for Hex {
    fn id(&self) -> &'static str {
        "hex"
    }

    fn specification(&self) -> &'static str {
        "Elixir's Version"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| {
            Version::parse_plain(text).filter(|version| version.written == 3)
        })
    }

    fn equal_is_same(&self) -> bool {
        false
    }
}
