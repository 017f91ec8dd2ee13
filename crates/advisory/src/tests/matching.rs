use super::{
    crates_io, osv_record, osv_source, package, pypi, rustsec_record, rustsec_source, zip_of,
};
use crate::sources::{Limits, osv};
use crate::{Certainty, Coverage, Index, Informational, Kind, Match};
use beleg_ecosystem::Registry;
use beleg_model::Ecosystem;
use beleg_model::{Origin, Package, Severity};
use serde_json::{Value, json};

const CVSS_HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
const CVSS_CRITICAL: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

fn index_of(ecosystem: &str, records: &[Value]) -> Index {
    Index::build([osv_source("osv", ecosystem, records)])
}

fn ids(matches: &[Match]) -> Vec<&str> {
    matches.iter().map(|found| found.advisory.as_str()).collect()
}

fn debian(release: Option<&str>, name: &str, version: &str) -> Package {
    package(Ecosystem::named("Debian").in_release(release), name, version)
}

fn is_undecided(found: &Match) -> bool {
    matches!(found.certainty, Certainty::Undecided { .. })
}

#[test]
fn a_version_is_affected_if_it_is_listed_or_in_a_range() {
    let mut record = osv_record(
        "DEMO-2026-0001",
        "PyPI",
        "Some.Package",
        &[("introduced", "2.0"), ("fixed", "2.5")],
    );
    record["affected"][0]["versions"] = json!(["1.0", "2.0"]);
    let index = index_of("PyPI", &[record]);
    for (version, affected) in [
        ("1.0", true),
        ("1.0.0", true),
        ("1.0+local", true),
        ("1.1", false),
        ("2.4", true),
        ("2.5", false),
    ] {
        let found = index.matches(&package(pypi(), "some_package", version));
        assert_eq!(!found.is_empty(), affected, "{version}");
    }
    assert!(index.matches(&package(pypi(), "some-package-2", "1.0")).is_empty());
    assert!(index.matches(&package(crates_io(), "some-package", "1.0.0")).is_empty());
}

#[test]
fn semver_ranges_keep_their_own_order_in_every_ecosystem() {
    let mut record = osv_record(
        "DEMO-2026-0001",
        "crates.io",
        "demo",
        &[("introduced", "0.0.0-0"), ("fixed", "1.0.0-rc.2")],
    );
    record["affected"][0]["ranges"][0]["type"] = json!("SEMVER");
    let index = index_of("crates.io", &[record]);
    assert_eq!(index.matches(&package(crates_io(), "demo", "1.0.0-rc.1")).len(), 1);
    assert_eq!(index.matches(&package(crates_io(), "demo", "1.0.0-rc.2")).len(), 0);
}

#[test]
fn a_legacy_version_is_undecided_unless_it_is_listed() {
    let mut record =
        osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0"), ("fixed", "2.0")]);
    record["affected"][0]["versions"] = json!(["0.1-alpha-0.3.2"]);
    let index = index_of("PyPI", &[record]);
    let listed = index.matches(&package(pypi(), "demo", "0.1-alpha-0.3.2"));
    assert_eq!(listed[0].certainty, Certainty::Affected);
    let other = index.matches(&package(pypi(), "demo", "0.1-alpha-0.3.3"));
    let Certainty::Undecided { why } = &other[0].certainty else { panic!("{other:?}") };
    assert!(why.contains("`0.1-alpha-0.3.3`") && why.contains("PEP 440"), "{why}");
}

#[test]
fn a_record_that_cannot_be_decided_is_undecided_not_clear() {
    let base = || osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    let with = |ranges: Value| {
        let mut record = base();
        record["affected"][0]["ranges"] = ranges;
        record
    };
    for record in [
        with(json!([])),
        with(json!([{"type": "GIT", "events": [{"introduced": "0"}]}])),
        with(json!([{"type": "FUTURE", "events": [{"introduced": "0"}]}])),
        with(json!([{"type": "ECOSYSTEM", "events": [{"fixed": "1.0"}]}])),
        with(json!([{"type": "ECOSYSTEM", "events": []}])),
        with(json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"abandoned": "1"}]}])),
        with(json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "r12!"}]}])),
        with(json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"limit": "r12!"}]}])),
    ] {
        let found = index_of("PyPI", std::slice::from_ref(&record)).matches(&package(
            pypi(),
            "demo",
            "5.0",
        ));
        assert_eq!(found.len(), 1, "{record}");
        assert!(is_undecided(&found[0]), "{record}");
    }
}

#[test]
fn commits_do_not_hide_what_listed_versions_say() {
    let mut record = osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    record["affected"][0]["ranges"][0]["type"] = json!("GIT");
    record["affected"][0]["versions"] = json!(["1.0"]);
    let index = index_of("PyPI", &[record]);
    assert_eq!(index.matches(&package(pypi(), "demo", "1.0"))[0].certainty, Certainty::Affected);
    assert!(index.matches(&package(pypi(), "demo", "1.1")).is_empty());
}

#[test]
fn withdrawn_records_are_read_and_never_match() {
    let mut record = osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    record["withdrawn"] = json!("2026-02-01T00:00:00Z");
    let source = osv_source("osv", "PyPI", &[record]);
    assert_eq!((source.records, source.unaddressed, source.left_out.len()), (1, 1, 0));
    assert!(Index::build([source]).matches(&package(pypi(), "demo", "1.0")).is_empty());

    let more = "withdrawn = \"2026-02-01\"";
    let text = rustsec_record("demo", "DEMO-2026-0002", more, "patched = []");
    let source = rustsec_source(&[("demo", "DEMO-2026-0002", &text)]);
    assert_eq!((source.records, source.unaddressed), (1, 1));
    assert!(Index::build([source]).matches(&package(crates_io(), "demo", "1.0.0")).is_empty());
}

#[test]
fn rustsec_records_affect_what_is_neither_patched_nor_unaffected() {
    let versions = "patched = [\">= 1.4.2\", \"^1.2.7\"]\nunaffected = [\"< 1.1\"]";
    let text = rustsec_record("demo-crate", "DEMO-2026-0001", "", versions);
    let index = Index::build([rustsec_source(&[("demo-crate", "DEMO-2026-0001", &text)])]);
    // `^1.2.7` alone would clear 1.4.0; that is what the record says.
    for (version, fixed) in
        [("1.1.0", Some("1.2.7")), ("1.0.9", None), ("1.2.7", None), ("1.4.2", None)]
    {
        let found = index.matches(&package(crates_io(), "demo_crate", version));
        let first = found.first().and_then(|found| found.fixed.first()).map(String::as_str);
        assert_eq!(first, fixed, "{version}");
    }
    assert!(is_undecided(&index.matches(&package(crates_io(), "demo-crate", "latest"))[0]));
}

#[test]
fn what_a_record_is_about_is_told_apart() {
    let unsound =
        rustsec_record("a", "DEMO-2026-0001", "informational = \"unsound\"", "patched = []");
    let fault = rustsec_record("b", "DEMO-2026-0002", "", "patched = []");
    let windows = fault.replace("[versions]", "[affected]\nos = [\"windows\"]\n[versions]");
    let index = Index::build([rustsec_source(&[
        ("a", "DEMO-2026-0001", &unsound),
        ("b", "DEMO-2026-0002", &windows),
    ])]);
    let a = index.matches(&package(crates_io(), "a", "1.0.0"));
    assert_eq!(a[0].kind, Kind::Informational(Informational::Unsound));
    assert_eq!((a[0].severity, a[0].unscored), (Severity::Info, false));
    let b = index.matches(&package(crates_io(), "b", "1.0.0"));
    assert_eq!(b[0].kind, Kind::Vulnerability);
    assert_eq!((b[0].severity, b[0].unscored), (Severity::Medium, true));
    assert_eq!(b[0].only_on, ["windows"]);
    let malware = osv_record("MAL-2026-1", "PyPI", "demo", &[("introduced", "0")]);
    let found = index_of("PyPI", &[malware]).matches(&package(pypi(), "demo", "1.0"));
    assert_eq!((&found[0].kind, found[0].severity), (&Kind::Malicious, Severity::Critical));
}

#[test]
fn records_of_one_vulnerability_are_one_match() {
    let mut ghsa =
        osv_record("GHSA-aaaa-bbbb-cccc", "PyPI", "demo", &[("introduced", "0"), ("fixed", "1.5")]);
    ghsa["aliases"] = json!(["CVE-2026-1"]);
    ghsa["severity"] = json!([{"type": "CVSS_V3", "score": CVSS_CRITICAL}]);
    let mut pysec = osv_record(
        "PYSEC-2026-9",
        "PyPI",
        "demo",
        &[("introduced", "0"), ("fixed", "1.4"), ("introduced", "1.6"), ("fixed", "1.7")],
    );
    pysec["aliases"] = json!(["CVE-2026-1", "DEMO-X"]);
    pysec["severity"] = json!([{"type": "CVSS_V3", "score": CVSS_HIGH}]);
    let mut cve = osv_record("CVE-2026-1", "PyPI", "demo", &[("introduced", "1.2")]);
    cve["affected"][0]["ranges"][0]["events"] =
        json!([{"introduced": "1.2"}, {"last_affected": "1.3"}]);
    let other = osv_record("PYSEC-2026-10", "PyPI", "demo", &[("introduced", "0")]);
    let first = osv_source("first", "PyPI", &[ghsa, cve, other.clone()]);
    let second = osv_source("second", "PyPI", &[pysec, other]);
    let expected =
        Index::build([first.clone(), second.clone()]).matches(&package(pypi(), "demo", "1.3"));
    assert_eq!(ids(&expected), ["PYSEC-2026-9", "PYSEC-2026-10"]);
    let found = &expected[0];
    assert_eq!(found.aliases, ["CVE-2026-1", "DEMO-X", "GHSA-aaaa-bbbb-cccc"]);
    assert_eq!(found.sources, ["first", "second"]);
    assert_eq!((found.severity, found.score), (Severity::Critical, Some(9.8)));
    assert_eq!(found.fixed, ["1.5", "1.7"], "1.4 is affected according to one record");
    let turned = Index::build([second, first]).matches(&package(pypi(), "demo", "1.3"));
    assert_eq!(turned, expected, "the order of sources does not matter");
}

#[test]
fn the_worse_of_two_records_of_one_vulnerability_counts() {
    let note = rustsec_record(
        "demo",
        "DEMO-2026-0001",
        "informational = \"unsound\"\naliases = [\"CVE-2026-1\"]",
        "patched = []",
    );
    let mut fault =
        osv_record("CVE-2026-1", "crates.io", "demo", &[("introduced", "0"), ("fixed", "odd")]);
    fault["affected"][0]["database_specific"] = json!({"severity": "HIGH"});
    let index = Index::build([
        rustsec_source(&[("demo", "DEMO-2026-0001", &note)]),
        osv_source("osv", "crates.io", &[fault]),
    ]);
    let found = index.matches(&package(crates_io(), "demo", "1.0.0"));
    assert_eq!(ids(&found), ["DEMO-2026-0001"]);
    assert_eq!((&found[0].kind, found[0].severity), (&Kind::Vulnerability, Severity::High));
    assert_eq!(found[0].certainty, Certainty::Affected);
}

#[test]
fn debian_packages_are_matched_by_source_package_and_release() {
    let mut record = osv_record(
        "DEBIAN-CVE-2026-1",
        "Debian:12",
        "openssl",
        &[("introduced", "0"), ("fixed", "3.0.13-1~deb12u1")],
    );
    record["upstream"] = json!(["CVE-2026-1", "CVE-2026-2"]);
    let mut newer = record["affected"][0].clone();
    newer["package"]["ecosystem"] = json!("Debian:13");
    newer["ranges"][0]["events"] = json!([{"introduced": "0"}, {"fixed": "3.2.0-1"}]);
    record["affected"].as_array_mut().unwrap().push(newer);
    let index = index_of("Debian", &[record]);

    let mut library = debian(Some("12"), "libssl3", "3.0.11-1~deb12u2");
    assert!(index.matches(&library).is_empty(), "the binary package's name is not the source's");
    library.source_name = Some("openssl".to_owned());
    let found = index.matches(&library);
    assert_eq!(found[0].fixed, ["3.0.13-1~deb12u1"]);
    assert_eq!(found[0].aliases, ["CVE-2026-1"], "only the upstream name that it prefixes");
    library.source_version = Some("3.0.13-1~deb12u1".to_owned());
    assert!(index.matches(&library).is_empty());
    assert!(index.matches(&debian(Some("12"), "openssl", "3.1-1")).is_empty());
    assert_eq!(index.matches(&debian(Some("13"), "openssl", "3.1-1")).len(), 1);
    assert!(index.matches(&debian(Some("11"), "openssl", "1.0-1")).is_empty());

    let unknown = debian(None, "openssl", "3.1-1");
    assert!(is_undecided(&index.matches(&unknown)[0]));
    assert_eq!(index.covers(&unknown.ecosystem), Coverage::None);
}

#[test]
fn a_record_about_no_release_in_particular_can_not_condemn() {
    let record =
        osv_record("DSA-1-1", "Debian", "openssl", &[("introduced", "0"), ("fixed", "3.2")]);
    let about_12 = osv_record("DSA-2-1", "Debian:12", "zlib", &[("introduced", "0")]);
    let index = index_of("Debian", &[record, about_12]);
    assert!(is_undecided(&index.matches(&debian(Some("12"), "openssl", "3.1-1"))[0]));
    assert!(index.matches(&debian(Some("12"), "openssl", "3.2-1")).is_empty());
    assert_eq!(
        index.covers(&debian(Some("12"), "x", "1").ecosystem),
        Coverage::By(vec!["osv".to_owned()])
    );
    assert_eq!(index.covers(&debian(Some("11"), "x", "1").ecosystem), Coverage::None);
}

#[test]
fn records_of_every_known_ecosystem_are_read_with_its_own_order() {
    for (ecosystem, name, fixed, affected, clear) in [
        ("npm", "@demo/a", "1.10.0", "1.9.0", "1.10.0"),
        ("Go", "example.org/a", "1.10.0", "v1.9.0", "v1.10.0+incompatible"),
        ("Maven", "org.example:a", "2.0", "2.0-rc1", "2.0.0"),
        ("RubyGems", "demo", "1.10", "1.10.rc1", "1.10.0"),
        ("NuGet", "Demo", "1.0.0.2", "1.0.0.1", "1.0.0.2"),
        ("Packagist", "demo/a", "2.0.0", "2.0.0-beta3", "v2.0"),
        ("Alpine:v3.20", "demo", "1.2-r10", "1.2-r9", "1.2-r10"),
        ("Wolfi", "demo", "1.2-r10", "1.2_rc1-r11", "1.2-r11"),
        ("AlmaLinux:9", "demo", "0:1.2-10.el9", "1.2-9.el9", "1.2-10.el9"),
        ("openSUSE:Leap 15.6", "demo", "1.2-10.1", "1.2-9.2", "1.2-10.1"),
    ] {
        let record =
            osv_record("DEMO-2026-0001", ecosystem, name, &[("introduced", "0"), ("fixed", fixed)]);
        let (bare, release) =
            ecosystem.split_once(':').map_or((ecosystem, None), |(a, b)| (a, Some(b)));
        let index = index_of(bare, &[record]);
        let of =
            |version| package(Ecosystem::named(bare.to_owned()).in_release(release), name, version);
        let [found] = index.matches(&of(affected)).try_into().unwrap();
        assert_eq!(found.certainty, Certainty::Affected, "{ecosystem}");
        assert!(index.matches(&of(clear)).is_empty(), "{ecosystem}");
        assert_ne!(index.covers(&of(clear).ecosystem), Coverage::None, "{ecosystem}");
    }
}

#[test]
fn semver_ranges_know_the_versions_that_extend_semver() {
    let mut record =
        osv_record("GO-2026-1", "Go", "stdlib", &[("introduced", "1.21.0-0"), ("fixed", "1.21.4")]);
    record["affected"][0]["ranges"][0]["type"] = json!("SEMVER");
    let index = index_of("Go", &[record]);
    let of = |version| package(Ecosystem::named("Go"), "stdlib", version);
    for version in ["go1.21rc2", "go1.21.3", "1.21.3"] {
        let [found] = index.matches(&of(version)).try_into().unwrap();
        assert_eq!(found.certainty, Certainty::Affected, "{version}");
    }
    for version in ["go1.20.9", "go1.21.4", "v1.22.0"] {
        assert!(index.matches(&of(version)).is_empty(), "{version}");
    }
}

#[test]
fn a_source_for_what_is_no_ecosystem_is_refused() {
    let record = osv_record("DEMO-2026-0001", "npm", "a", &[("introduced", "0")]).to_string();
    let bytes = zip_of(&[("DEMO-2026-0001.json", record.as_bytes())]);
    for name in ["NPM", "Demo", "npm:beta", "Ubuntu:Pro:24.04:LTS"] {
        let limits = Limits::default();
        let error = osv::read_zip("osv", name, &bytes, &limits, Registry::built_in()).unwrap_err();
        assert_eq!(error.code(), "empty-source", "{name}");
    }
}

#[test]
fn ubuntu_pro_is_another_archive() {
    let plain = osv_record("UBUNTU-CVE-2026-1", "Ubuntu:24.04:LTS", "zlib", &[("introduced", "0")]);
    let pro = osv_record("USN-1-1", "Ubuntu:Pro:24.04:LTS", "zlib", &[("introduced", "0")]);
    let index = index_of("Ubuntu", &[plain, pro]);
    let ecosystem = Ecosystem::named("Ubuntu").in_release(Some("24.04"));
    assert_eq!(
        ids(&index.matches(&package(ecosystem.clone(), "zlib", "1.0-1"))),
        ["UBUNTU-CVE-2026-1"]
    );
    assert_ne!(index.covers(&ecosystem), Coverage::None);
    assert_eq!(index.sources()[0].unaddressed, 1);
}

#[test]
fn an_ecosystem_named_in_passing_is_left_to_its_own_source() {
    let mut record = osv_record("GHSA-aaaa-bbbb-cccc", "PyPI", "demo", &[("introduced", "0")]);
    let mut crate_too = record["affected"][0].clone();
    crate_too["package"]["ecosystem"] = json!("crates.io");
    record["affected"].as_array_mut().unwrap().push(crate_too);
    let index = index_of("PyPI", &[record]);
    assert_eq!(index.covers(&pypi()), Coverage::By(vec!["osv".to_owned()]));
    assert_eq!(index.covers(&crates_io()), Coverage::None);
    assert!(index.matches(&package(crates_io(), "demo", "1.0.0")).is_empty());
    assert_eq!(index.matches(&package(pypi(), "demo", "1.0.0")).len(), 1);
    assert_eq!(Index::build([]).covers(&pypi()), Coverage::None);
}

#[test]
fn a_package_from_elsewhere_or_of_the_project_itself_is_undecided() {
    let record = osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    let index = index_of("PyPI", &[record]);
    let mut package = package(pypi(), "demo", "1.0");
    package.origin = Origin::Elsewhere("https://pypi.example".to_owned());
    assert!(is_undecided(&index.matches(&package)[0]));
    package.origin = Origin::Local;
    assert!(is_undecided(&index.matches(&package)[0]));
    package.name = "other".to_owned();
    assert!(index.matches(&package).is_empty());
}

/// The middle record joins the others, but who lives with one of its names does not live with what
/// only shares another of them.
#[test]
fn records_that_are_named_are_kept_apart_from_what_they_only_join() {
    let record = |id: &str, aliases: &[&str]| {
        let mut record = osv_record(id, "PyPI", "demo", &[("introduced", "0")]);
        record["aliases"] = json!(aliases);
        record
    };
    let index = index_of(
        "PyPI",
        &[
            record("DEMO-A", &["CVE-1"]),
            record("DEMO-B", &["CVE-1", "CVE-2"]),
            record("DEMO-C", &["CVE-2"]),
        ],
    );
    let package = package(pypi(), "demo", "1.0");
    let apart = |name: &str| index.matches_apart(&package, &[name].into());
    assert_eq!(ids(&index.matches(&package)), ["DEMO-A"]);
    assert_eq!(ids(&apart("CVE-1")), ["DEMO-A", "DEMO-C"]);
    assert_eq!(apart("CVE-1")[1].aliases, ["CVE-2"]);
    // A record's own identifier means what it says of itself.
    assert_eq!(ids(&apart("DEMO-A")), ["DEMO-A", "DEMO-C"]);
    assert_eq!(ids(&apart("DEMO-B")), ["DEMO-A"]);
    assert_eq!(ids(&apart("CVE-9")), ["DEMO-A"]);
}

#[test]
fn severity_of_the_entry_wins_over_that_of_the_record() {
    let mut record = osv_record("DEMO-2026-0001", "PyPI", "demo", &[("introduced", "0")]);
    record["severity"] = json!([{"type": "CVSS_V3", "score": CVSS_CRITICAL}]);
    record["affected"][0]["severity"] = json!([{"type": "CVSS_V3", "score": CVSS_HIGH}]);
    let found = index_of("PyPI", &[record]).matches(&package(pypi(), "demo", "1.0"));
    assert_eq!((found[0].severity, found[0].score), (Severity::High, Some(7.5)));
}
