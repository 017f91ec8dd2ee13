//! Checks against real data, where `BELEG_ADVISORIES` names a folder that holds it.

use super::{crates_io, package, pypi};
use crate::advisory::Decision;
use crate::sources::{Limits, osv, rustsec};
use crate::{Coverage, Index, Source};
use beleg_ecosystem::Registry;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BELEG_ADVISORIES").map(PathBuf::from);
    if folder.is_none() {
        let why = "BELEG_ADVISORIES is not set, so real advisories are not checked";
        writeln!(std::io::stderr(), "SKIPPED: {why}").unwrap();
    }
    folder
}

fn read_rustsec(folder: &Path) -> Source {
    let started = Instant::now();
    let archive = File::open(folder.join("rustsec-advisory-db.tar.zst")).unwrap();
    let source = rustsec::read_archive("rustsec", archive, &Limits::default()).unwrap();
    eprintln!("rustsec: {} records in {:?}", source.records, started.elapsed());
    source
}

fn read_osv(folder: &Path, ecosystem: &str) -> Source {
    let archive = fs::read(folder.join("osv").join(ecosystem).join("all.zip")).unwrap();
    let started = Instant::now();
    let source =
        osv::read_zip(ecosystem, ecosystem, &archive, &Limits::default(), Registry::built_in())
            .unwrap();
    eprintln!("{ecosystem}: {} records in {:?}", source.records, started.elapsed());
    source
}

#[test]
fn every_record_of_every_real_source_is_read() {
    let Some(folder) = folder() else { return };
    let rustsec = read_rustsec(&folder);
    assert!(rustsec.records >= 1_225 && rustsec.left_out.is_empty(), "{:?}", rustsec.left_out);
    assert!(rustsec.newest > "2026-01-01T00:00:00Z".parse().ok());
    for (ecosystem, least) in
        [("PyPI", 2_661), ("Go", 4_291), ("AlmaLinux", 5_637), ("Bitnami", 7_444)]
    {
        let source = read_osv(&folder, ecosystem);
        assert!(source.records >= least, "{ecosystem}: {}", source.records);
        assert!(source.left_out.is_empty(), "{ecosystem}: {:?}", source.left_out);
        assert!(source.newest.is_some(), "{ecosystem}");
    }
}

#[test]
fn django_3_2_0_has_the_vulnerabilities_known_of_it() {
    let Some(folder) = folder() else { return };
    let index = Index::build([read_osv(&folder, "PyPI")]);
    let found = index.matches(&package(pypi(), "Django", "3.2.0"));
    let ids: BTreeSet<&str> = found.iter().map(|found| found.advisory.as_str()).collect();
    for id in ["PYSEC-2021-109", "PYSEC-2022-190", "PYSEC-2023-61", "PYSEC-2024-47"] {
        assert!(ids.contains(id), "{id} in {ids:?}");
    }
    assert!(found.len() >= 25, "{ids:?}");
    let sql = found.iter().find(|found| found.advisory == "PYSEC-2022-190").unwrap();
    assert_eq!(sql.fixed.first().map(String::as_str), Some("3.2.13"));
    assert!(sql.aliases.contains(&"CVE-2022-28346".to_owned()), "{:?}", sql.aliases);
    let mended = index.matches(&package(pypi(), "django", "4.2.99"));
    assert!(!mended.iter().any(|found| found.advisory == "PYSEC-2022-190"));
    assert_eq!(index.covers(&crates_io()), Coverage::None);
}

#[test]
fn time_0_1_43_has_its_segfault_and_std_is_no_crate() {
    let Some(folder) = folder() else { return };
    let index = Index::build([read_rustsec(&folder)]);
    let ids = |name: &str, version: &str| -> Vec<String> {
        let found = index.matches(&package(crates_io(), name, version));
        found.into_iter().map(|found| found.advisory).collect()
    };
    assert!(ids("time", "0.1.43").contains(&"RUSTSEC-2020-0071".to_owned()));
    for clear in ["0.2.0", "0.2.6", "0.2.23", "0.3.1"] {
        assert!(!ids("time", clear).contains(&"RUSTSEC-2020-0071".to_owned()), "{clear}");
    }
    assert!(ids("time", "0.2.7").contains(&"RUSTSEC-2020-0071".to_owned()));
    // `rust/cargo` is about the program; the crate of that name is another thing.
    assert!(!ids("cargo", "0.20.0").contains(&"CVE-2019-16760".to_owned()));
}

/// For every record of RustSec and for every version near one of its bounds, the answer is that
/// of the `rustsec` crate.
#[test]
fn rustsec_records_are_decided_as_their_own_library_decides_them() {
    let Some(folder) = folder() else { return };
    let unpacked = tempfile::tempdir().unwrap();
    let archive = File::open(folder.join("rustsec-advisory-db.tar.zst")).unwrap();
    let decoder = zstd::Decoder::new(archive).unwrap();
    tar::Archive::new(decoder).unpack(unpacked.path()).unwrap();
    let started = Instant::now();
    let database = ::rustsec::Database::open(unpacked.path()).unwrap();
    eprintln!("rustsec crate: {} records in {:?}", database.iter().count(), started.elapsed());

    let ours = rustsec::read_folder("rustsec", unpacked.path(), &Limits::default()).unwrap();
    let from_archive = read_rustsec(&folder);
    assert_eq!((ours.records, ours.newest), (from_archive.records, from_archive.newest));
    let mut compared = 0_u64;
    for advisory in &ours.advisories {
        let reference = database.get(&advisory.id.parse().unwrap()).unwrap();
        for version in versions_near(reference.versions.patched(), reference.versions.unaffected())
        {
            let decision = advisory.affected[0].decide(&version.to_string());
            let expected = match reference.versions.is_vulnerable(&version) {
                true => Decision::Affected,
                false => Decision::NotAffected,
            };
            assert_eq!(decision, expected, "{} {version}", advisory.id);
            compared = compared.saturating_add(1);
        }
    }
    eprintln!("{compared} decisions compared");
    assert!(compared > 20_000);
}

/// Returns versions at, just before and just after every bound of the requirements.
pub(crate) fn versions_near(
    patched: &[semver::VersionReq],
    unaffected: &[semver::VersionReq],
) -> BTreeSet<semver::Version> {
    let mut versions = BTreeSet::new();
    for comparator in patched.iter().chain(unaffected).flat_map(|it| &it.comparators) {
        let (major, minor, patch) =
            (comparator.major, comparator.minor.unwrap_or(0), comparator.patch.unwrap_or(0));
        for (major, minor, patch) in [
            (major, minor, patch),
            (major, minor, patch.saturating_sub(1)),
            (major, minor, patch.saturating_add(1)),
            (major, minor.saturating_add(1), 0),
            (major, minor.saturating_sub(1), 99),
            (major.saturating_add(1), 0, 0),
            (major.saturating_sub(1), 99, 99),
        ] {
            let plain = semver::Version::new(major, minor, patch);
            let mut early = plain.clone();
            early.pre = semver::Prerelease::new("rc.1").unwrap();
            let mut built = plain.clone();
            built.build = semver::BuildMetadata::new("b").unwrap();
            let mut bound = plain.clone();
            bound.pre = comparator.pre.clone();
            versions.extend([plain, early, built, bound]);
        }
    }
    versions.insert(semver::Version::new(0, 0, 0));
    versions
}
