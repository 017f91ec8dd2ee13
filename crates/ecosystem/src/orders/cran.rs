use super::hackage::Numbers;
use super::{VersionOrder, compare_parsed};
use std::cmp::Ordering;

/// R's versions: at least two numbers between `.` or `-`, which are alike; a shorter list comes
/// before its extensions (R's `package_version`).
#[derive(Debug)]
pub struct Cran;

impl VersionOrder for Cran {
    fn id(&self) -> &'static str {
        "cran"
    }

    fn specification(&self) -> &'static str {
        "R's package_version"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Numbers::parse(text, &['.', '-'], 2))
    }
}
