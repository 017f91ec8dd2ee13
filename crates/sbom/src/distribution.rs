use crate::OsRelease;
use beleg_model::{Ecosystem, Origin, Package};

/// Tells packages of a dpkg database which distribution and release they belong to; the database
/// itself does not say. Packages of other ecosystems stay as they are.
///
/// Packages of a distribution that derives from Debian or Ubuntu become [`Origin::Elsewhere`]:
/// it rebuilds them under versions of its own, about which Debian's advisories say nothing.
#[must_use]
pub fn with_distribution(packages: Vec<Package>, os: &OsRelease) -> Vec<Package> {
    packages.into_iter().map(|package| of_distribution(package, os)).collect()
}

fn of_distribution(package: Package, os: &OsRelease) -> Package {
    if !matches!(package.ecosystem, Ecosystem::Debian { .. }) {
        return package;
    }
    match os.id.as_str() {
        "debian" => Package {
            ecosystem: Ecosystem::Debian { release: major(os.version_id.as_deref()) },
            ..package
        },
        "ubuntu" => {
            Package { ecosystem: Ecosystem::Ubuntu { release: os.version_id.clone() }, ..package }
        }
        _ => Package { origin: Origin::Elsewhere(os.name()), ..package },
    }
}

/// Returns the number before the first point, if it is one: Debian's advisories go by it.
pub(crate) fn major(version: Option<&str>) -> Option<String> {
    let major = version?.split('.').next()?;
    let is_number = !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| major.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use beleg_model::Location;

    fn after(id: &str, version: Option<&str>) -> Vec<Package> {
        let package = Package {
            ecosystem: Ecosystem::Debian { release: None },
            name: "bash".to_owned(),
            version: "5.2".to_owned(),
            source_name: None,
            source_version: None,
            architecture: None,
            origin: Origin::Registry,
            location: Location::default(),
        };
        let os = OsRelease {
            id: id.to_owned(),
            version_id: version.map(str::to_owned),
            ..OsRelease::default()
        };
        with_distribution(vec![package], &os)
    }

    #[test]
    fn packages_learn_their_release() {
        for (id, version, ecosystem) in [
            ("debian", Some("12"), Ecosystem::Debian { release: Some("12".to_owned()) }),
            ("debian", Some("12.5"), Ecosystem::Debian { release: Some("12".to_owned()) }),
            ("debian", None, Ecosystem::Debian { release: None }),
            ("debian", Some("sid"), Ecosystem::Debian { release: None }),
            ("ubuntu", Some("24.04"), Ecosystem::Ubuntu { release: Some("24.04".to_owned()) }),
        ] {
            for package in after(id, version) {
                assert_eq!(
                    (package.ecosystem, package.origin),
                    (ecosystem.clone(), Origin::Registry)
                );
            }
        }
    }

    #[test]
    fn packages_of_a_derived_distribution_are_not_taken_for_debians() {
        for package in after("kali", Some("2025.1")) {
            assert_eq!(package.origin, Origin::Elsewhere("kali 2025.1".to_owned()));
        }
    }
}
