use crate::OsRelease;
use beleg_ecosystem::Registry;
use beleg_model::{Ecosystem, Origin, Package};

/// Tells packages of a distribution which one and which release they belong to; the database that
/// lists them does not say. Packages of other ecosystems stay as they are.
///
/// Packages of a distribution that is not known, such as one that derives from Debian or Ubuntu,
/// become [`Origin::Elsewhere`]: it rebuilds them under versions of its own, about which Debian's
/// advisories say nothing.
#[must_use]
pub fn with_distribution(packages: Vec<Package>, os: &OsRelease, known: Registry) -> Vec<Package> {
    packages.into_iter().map(|package| of_distribution(package, os, known)).collect()
}

fn of_distribution(package: Package, os: &OsRelease, known: Registry) -> Package {
    let listed = known.find(&package.ecosystem.name).filter(|it| !it.os_ids.is_empty());
    let Some(listed) = listed else { return package };
    match known.of_os(&os.id, listed) {
        Some(found) => {
            let release = found.release_of_os(os.version_id.as_deref());
            Package { ecosystem: Ecosystem::named(found.name).in_release(release), ..package }
        }
        None => Package { origin: Origin::Elsewhere(os.name()), ..package },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use beleg_model::Location;

    fn after(id: &str, version: Option<&str>) -> Vec<Package> {
        let package = Package {
            ecosystem: Ecosystem::named("Debian"),
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
        with_distribution(vec![package], &os, Registry::built_in())
    }

    #[test]
    fn packages_learn_their_release() {
        for (id, version, ecosystem) in [
            ("debian", Some("12"), Ecosystem::named("Debian").in_release(Some("12"))),
            ("debian", Some("12.5"), Ecosystem::named("Debian").in_release(Some("12"))),
            ("debian", None, Ecosystem::named("Debian")),
            ("debian", Some("sid"), Ecosystem::named("Debian")),
            ("ubuntu", Some("24.04"), Ecosystem::named("Ubuntu").in_release(Some("24.04"))),
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
