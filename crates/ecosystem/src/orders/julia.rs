use super::pub_semver::Built;
use super::semver::Version;
use super::{VersionOrder, compare_parsed};
use std::cmp::Ordering;

/// Julia's `VersionNumber`: a semantic version of which build metadata counts; missing numbers are
/// zero (Julia's manual, "Version Number Literals").
#[derive(Debug)]
pub struct Julia;

impl VersionOrder for Julia {
    fn id(&self) -> &'static str {
        "julia"
    }

    fn specification(&self) -> &'static str {
        "Julia's VersionNumber"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Version::parse(text).map(Built))
    }
}
