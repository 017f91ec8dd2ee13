#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use beleg_ecosystem::Registry;
use beleg_model::Ecosystem;
use beleg_model::{Location, Verdict};

/// Compares sides on which every package is whole.
fn compare(claimed: &[Package], actual: &[Package]) -> Differences {
    let whole = |packages: &[Package]| Parsed { packages: packages.to_vec(), ..Parsed::default() };
    super::compare(&whole(claimed), &whole(actual), Registry::built_in())
}

fn python(text: &str) -> Package {
    Package { ecosystem: Ecosystem::named("PyPI"), ..package(text) }
}

fn named(ecosystem: Option<Ecosystem>, text: &str) -> NamedOnly {
    let (name, version) = text.split_once(' ').map_or((text, None), |(n, v)| (n, Some(v)));
    NamedOnly { ecosystem, name: name.to_owned(), version: version.map(str::to_owned) }
}

fn package(text: &str) -> Package {
    let (name, version) = text.split_once(' ').unwrap();
    Package {
        ecosystem: Ecosystem::named("crates.io"),
        name: name.to_owned(),
        version: version.to_owned(),
        source_name: None,
        source_version: None,
        architecture: None,
        origin: Origin::Registry,
        location: Location::line("Cargo.lock", 7),
    }
}

fn packages<const N: usize>(texts: [&str; N]) -> Vec<Package> {
    texts.map(package).into()
}

fn own(text: &str) -> Package {
    Package { origin: Origin::Local, ..package(text) }
}

fn from(place: &str, text: &str) -> Package {
    Package { origin: Origin::Elsewhere(place.to_owned()), ..package(text) }
}

fn shape(differences: &Differences) -> Vec<String> {
    let text = |kind: &str, p: &Package| format!("{kind} {} {}", p.name, p.version);
    let missing = differences.missing.iter().map(|p| text("missing", p));
    let extra = differences.extra.iter().map(|p| text("extra", p));
    let different = differences
        .different_version
        .iter()
        .map(|d| format!("{}, not {}", text("different", &d.claimed), d.actual.version));
    let origins = differences.different_origin.iter().map(|d| text("origin of", &d.claimed));
    missing.chain(extra).chain(different).chain(origins).collect()
}

#[test]
fn the_same_packages_in_any_order_do_not_differ() {
    let differences = compare(&packages(["b 2", "a 1", "a 2"]), &packages(["a 2", "a 1", "b 2"]));
    assert!(differences.is_empty());
    assert!(differences.findings("sbom.json").is_empty());
}

#[test]
fn missing_extra_and_different_packages_are_told_apart() {
    let differences =
        compare(&packages(["a 1", "b 1", "extra 1"]), &packages(["a 1", "b 2", "missing 1"]));
    assert_eq!(shape(&differences), ["missing missing 1", "extra extra 1", "different b 1, not 2"]);
    let findings = differences.findings("sbom.json");
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Fail));
    assert!(findings.iter().all(|finding| finding.location.path == "sbom.json"));
    let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "`missing` 1 is in `Cargo.lock:7` but not in the SBOM.",
            "`extra` 1 is in the SBOM but not in what it describes.",
            "The SBOM lists `b` 1, but `Cargo.lock:7` has version 2.",
        ]
    );
}

#[test]
fn each_of_several_versions_of_one_name_must_be_listed() {
    assert_eq!(shape(&compare(&packages(["a 1"]), &packages(["a 1", "a 2"]))), ["missing a 2"]);
    assert_eq!(shape(&compare(&packages(["a 1", "a 2"]), &packages(["a 2"]))), ["extra a 1"]);
    assert_eq!(
        shape(&compare(&packages(["a 1", "a 3"]), &packages(["a 1", "a 2"]))),
        ["different a 3, not 2"]
    );
}

#[test]
fn one_version_from_two_places_must_be_listed_twice() {
    let forked =
        Package { origin: Origin::Elsewhere("git+https://h/a".to_owned()), ..package("a 1") };
    let actual = [package("a 1"), forked];
    assert_eq!(shape(&compare(&packages(["a 1"]), &actual)), ["missing a 1"]);
    assert!(compare(&[from("git+https://h/a", "a 1"), package("a 1")], &actual).is_empty());
    assert_eq!(shape(&compare(&packages(["a 1", "a 1"]), &actual)), ["origin of a 1"]);
}

#[test]
fn a_package_listed_once_for_each_file_is_no_difference() {
    assert!(compare(&packages(["a 1", "a 1"]), &packages(["a 1"])).is_empty());
    assert!(compare(&packages(["a 1"]), &packages(["a 1", "a 1"])).is_empty());
}

#[test]
fn the_projects_own_packages_may_be_listed_or_not() {
    let lockfile = [own("app 1"), package("a 1")];
    assert!(compare(&packages(["a 1"]), &lockfile).is_empty());
    assert!(compare(&packages(["a 1", "app 1"]), &lockfile).is_empty());
    assert!(compare(&[own("the-product 9"), package("a 1")], &lockfile).is_empty());
}

#[test]
fn an_sbom_of_another_version_of_the_project_is_noticed() {
    let lockfile = [own("app 2"), package("a 1")];
    let claimed = [own("app 1"), package("a 1")];
    assert_eq!(shape(&compare(&claimed, &lockfile)), ["different app 1, not 2"]);
}

#[test]
fn a_claim_to_be_the_projects_own_hides_no_other_version() {
    let claimed = [own("a 1"), own("a 2")];
    assert_eq!(shape(&compare(&claimed, &[own("a 1")])), ["extra a 2"]);
}

#[test]
fn the_same_name_in_another_registry_is_another_package() {
    let python = Package { ecosystem: Ecosystem::named("PyPI"), ..package("a 1") };
    assert_eq!(shape(&compare(&[python], &packages(["a 1"]))), ["missing a 1", "extra a 1"]);
}

#[test]
fn releases_of_a_distribution_are_compared_by_version_alone() {
    let debian = |release: Option<&str>| Package {
        ecosystem: Ecosystem::named("Debian").in_release(release),
        ..package("bash 5.2")
    };
    assert!(compare(&[debian(Some("12"))], &[debian(None)]).is_empty());
}

#[test]
fn nothing_claimed_means_everything_is_missing() {
    assert_eq!(shape(&compare(&[], &packages(["a 1", "b 1"]))), ["missing a 1", "missing b 1"]);
}

#[test]
fn a_hundred_thousand_packages_of_one_name_are_compared_at_once() {
    let claimed: Vec<_> = (0..100_000).map(|n| package(&format!("a {n}"))).collect();
    let actual: Vec<_> = (1..100_001).map(|n| package(&format!("a {n}"))).collect();
    assert_eq!(shape(&compare(&claimed, &actual)), ["different a 0, not 100000"]);
}

#[test]
fn spellings_of_one_python_version_are_no_difference() {
    let claimed = [python("a 23.2"), python("b 3.0"), python("c v3.7")];
    let actual = [python("a 23.2.0"), python("b 3.0.0"), python("c 3.7")];
    assert!(compare(&claimed, &actual).is_empty());
    assert_eq!(
        shape(&compare(&[python("a 23.2")], &[python("a 23.2.1")])),
        ["different a 23.2, not 23.2.1"]
    );
}

#[test]
fn what_has_a_name_alone_is_neither_missing_nor_extra() {
    let claimed = Parsed {
        packages: vec![python("a 1"), python("dynamic 3"), python("other 1")],
        named_only: vec![named(None, "Acme_Git 7.1"), named(None, "b 2")],
        ..Parsed::default()
    };
    let actual = Parsed {
        packages: vec![python("a 1"), python("acme-git 7.1.0"), python("b 3")],
        named_only: vec![named(Some(Ecosystem::named("PyPI")), "dynamic")],
        ..Parsed::default()
    };
    let differences = super::compare(&claimed, &actual, Registry::built_in());
    assert_eq!(shape(&differences), ["missing b 3", "extra other 1"]);
}

#[test]
fn a_name_answers_for_one_package_alone() {
    let claimed = Parsed { named_only: vec![named(None, "a")], ..Parsed::default() };
    let actual = Parsed { packages: vec![python("a 1"), python("a 2")], ..Parsed::default() };
    assert_eq!(shape(&super::compare(&claimed, &actual, Registry::built_in())), ["missing a 2"]);
}

#[test]
fn a_package_from_elsewhere_is_not_the_registrys_of_that_name() {
    let (registry, git) = (package("a 1"), from("git+https://h/a#12", "a 1"));
    let rules = |claimed: &[Package], actual: &[Package]| -> Vec<String> {
        let findings = compare(claimed, actual).findings("sbom.json");
        findings.iter().map(|it| format!("{} {}", it.rule, it.verdict)).collect()
    };
    let one = std::slice::from_ref;
    assert_eq!(rules(one(&git), one(&registry)), ["sbom-different-origin fail"]);
    assert_eq!(rules(one(&registry), one(&git)), ["sbom-origin-unstated unknown"]);
    let fork = from("git+https://h/fork", "a 1");
    assert_eq!(rules(one(&fork), one(&git)), ["sbom-different-origin fail"]);
    let same = from("git+https://h/a.git@12", "a 1");
    assert_eq!(rules(one(&same), one(&git)), [""; 0]);
    assert_eq!(rules(&[registry.clone(), same], &[git.clone(), registry.clone()]), [""; 0]);
    let two = [git.clone(), registry];
    assert_eq!(rules(&two, &[git, fork]), ["sbom-origin-unstated unknown"]);
}

#[test]
fn the_projects_own_may_be_listed_as_anything_and_nothing_else_as_that() {
    let (registry, git) = (package("a 1"), from("git+https://h/a#12", "a 1"));
    for other in [registry, git] {
        assert!(compare(std::slice::from_ref(&other), &[own("a 1")]).is_empty());
        assert_eq!(shape(&compare(&[own("a 1")], &[other])), ["origin of a 1"]);
    }
}

#[test]
fn a_path_crate_beside_one_of_the_registry_needs_a_listing_each() {
    let both = [own("a 1"), package("a 1")];
    for claimed in [both.to_vec(), packages(["a 1", "a 1"])] {
        assert!(compare(&claimed, &both).is_empty());
    }
    let git = [own("a 1"), from("git+https://h/a", "a 1")];
    assert_eq!(shape(&compare(&packages(["a 1", "a 1"]), &git)), ["origin of a 1"]);
}
