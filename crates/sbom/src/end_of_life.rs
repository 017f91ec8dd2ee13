use crate::OsRelease;
use jiff::civil::{Date, date};
use std::fmt;

/// Says whether a release of a distribution still gets security fixes. All dates are the last
/// day of a phase, and are counted as within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The distribution's own security team mends it.
    Supported {
        /// The last day of regular security support.
        until: Date,
    },
    /// Regular support has ended; what is left is Debian LTS (free, fewer packages and
    /// architectures) or Ubuntu ESM (only with a subscription).
    LongTermOnly {
        /// The last day of regular security support.
        regular_ended: Date,
        /// The last day of long-term support.
        until: Date,
    },
    /// Nobody mends it any more, unless an extended contract (ELTS, Ubuntu Legacy) says otherwise.
    Ended {
        /// The last day of the last phase of support.
        since: Date,
    },
    /// The table does not know this release: it may be newer than this program, or ancient.
    NotKnown,
}

struct Release {
    id: &'static str,
    version: &'static str,
    regular: Date,
    long_term: Option<Date>,
}

const fn release(
    id: &'static str,
    version: &'static str,
    regular: Date,
    long_term: Option<Date>,
) -> Release {
    Release { id, version, regular, long_term }
}

/// Every release whose dates are known for certain.
const RELEASES: &[Release] = &[
    // Debian wiki, pages "DebianReleases" and "LTS". For Debian 12 the wiki gives 2026-06-10 and
    // the package distro-info-data 0.68 gives 2026-07-11, the day of the last point release; where
    // sources differ the earlier day stands here, because calling a release supported when it is
    // not is the worse mistake.
    release("debian", "8", date(2018, 6, 17), Some(date(2020, 6, 30))),
    release("debian", "9", date(2020, 7, 18), Some(date(2022, 6, 30))),
    release("debian", "10", date(2022, 9, 10), Some(date(2024, 6, 30))),
    release("debian", "11", date(2024, 8, 14), Some(date(2026, 8, 31))),
    release("debian", "12", date(2026, 6, 10), Some(date(2028, 6, 30))),
    release("debian", "13", date(2028, 8, 9), Some(date(2030, 6, 30))),
    // distro-info-data 0.68, file ubuntu.csv, columns "eol" and "eol-esm".
    release("ubuntu", "14.04", date(2019, 4, 25), Some(date(2024, 4, 25))),
    release("ubuntu", "16.04", date(2021, 4, 30), Some(date(2026, 4, 23))),
    release("ubuntu", "18.04", date(2023, 5, 31), Some(date(2028, 4, 26))),
    release("ubuntu", "20.04", date(2025, 5, 29), Some(date(2030, 4, 23))),
    release("ubuntu", "22.04", date(2027, 6, 1), Some(date(2032, 4, 21))),
    release("ubuntu", "22.10", date(2023, 7, 20), None),
    release("ubuntu", "23.04", date(2024, 1, 25), None),
    release("ubuntu", "23.10", date(2024, 7, 11), None),
    release("ubuntu", "24.04", date(2029, 5, 31), Some(date(2034, 4, 25))),
    release("ubuntu", "24.10", date(2025, 7, 10), None),
    release("ubuntu", "25.04", date(2026, 1, 15), None),
    release("ubuntu", "25.10", date(2026, 7, 9), None),
    release("ubuntu", "26.04", date(2031, 5, 29), Some(date(2036, 4, 23))),
    // https://alpinelinux.org/releases/, column "End of support".
    release("alpine", "3.15", date(2023, 11, 1), None),
    release("alpine", "3.16", date(2024, 5, 23), None),
    release("alpine", "3.17", date(2024, 11, 22), None),
    release("alpine", "3.18", date(2025, 5, 9), None),
    release("alpine", "3.19", date(2025, 11, 1), None),
    release("alpine", "3.20", date(2026, 4, 1), None),
    release("alpine", "3.21", date(2026, 11, 1), None),
    release("alpine", "3.22", date(2027, 5, 1), None),
    release("alpine", "3.23", date(2027, 11, 1), None),
];

/// Looks up whether `os` is still supported on the day `today`. Derived distributions are
/// [`Support::NotKnown`]: their dates are their own.
#[must_use]
pub fn support(os: &OsRelease, today: Date) -> Support {
    let Some(version) = os.version_id.as_deref().and_then(|version| branch(&os.id, version)) else {
        return Support::NotKnown;
    };
    let Some(release) = RELEASES.iter().find(|r| r.id == os.id && r.version == version) else {
        return Support::NotKnown;
    };
    match (release.regular, release.long_term) {
        (regular, _) if today <= regular => Support::Supported { until: regular },
        (regular, Some(until)) if today <= until => {
            Support::LongTermOnly { regular_ended: regular, until }
        }
        (regular, long_term) => Support::Ended { since: long_term.unwrap_or(regular) },
    }
}

/// Cuts a version down to the branch that has dates: `12.5` is Debian `12`, `3.20.3` is Alpine
/// `3.20`.
fn branch<'a>(id: &str, version: &'a str) -> Option<&'a str> {
    let dots = if id == "debian" { 0 } else { 1 };
    match version.match_indices('.').nth(dots) {
        Some((at, _)) => version.get(..at),
        None => Some(version),
    }
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supported { until } => write!(f, "supported until {until}"),
            Self::LongTermOnly { regular_ended, until } => write!(
                f,
                "in long-term support only: regular support ended on {regular_ended}, \
                 long-term support ends on {until}"
            ),
            Self::Ended { since } => write!(f, "without support since {since}"),
            Self::NotKnown => f.write_str("of unknown support status"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(id: &str, version: Option<&str>) -> OsRelease {
        OsRelease {
            id: id.to_owned(),
            version_id: version.map(str::to_owned),
            ..OsRelease::default()
        }
    }

    #[test]
    fn each_phase_of_debian_12_is_told_apart() {
        let regular = date(2026, 6, 10);
        let long_term = date(2028, 6, 30);
        for (today, expected) in [
            (date(2025, 1, 1), Support::Supported { until: regular }),
            (regular, Support::Supported { until: regular }),
            (date(2026, 6, 11), Support::LongTermOnly { regular_ended: regular, until: long_term }),
            (long_term, Support::LongTermOnly { regular_ended: regular, until: long_term }),
            (date(2028, 7, 1), Support::Ended { since: long_term }),
        ] {
            assert_eq!(support(&os("debian", Some("12")), today), expected, "{today}");
        }
    }

    #[test]
    fn point_releases_belong_to_their_branch() {
        let today = date(2025, 1, 1);
        assert!(matches!(support(&os("alpine", Some("3.20.3")), today), Support::Supported { .. }));
        assert!(matches!(support(&os("debian", Some("12.9")), today), Support::Supported { .. }));
        assert!(matches!(support(&os("ubuntu", Some("20.04")), today), Support::Supported { .. }));
    }

    #[test]
    fn an_unknown_release_is_not_known_rather_than_supported() {
        let today = date(2025, 1, 1);
        for release in [
            os("debian", None),
            os("debian", Some("99")),
            os("debian", Some("")),
            os("linuxmint", Some("22")),
            os("alpine", Some("3")),
        ] {
            assert_eq!(support(&release, today), Support::NotKnown, "{release:?}");
        }
    }

    #[test]
    fn no_release_is_listed_twice_and_phases_follow_each_other() {
        for (at, release) in RELEASES.iter().enumerate() {
            assert!(release.long_term.is_none_or(|end| end > release.regular));
            let again = RELEASES.iter().skip(at + 1);
            assert!(!again.into_iter().any(|r| (r.id, r.version) == (release.id, release.version)));
        }
    }
}
