#![expect(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use super::*;
use crate::Measure;
use crate::formats::Compression;
use beleg_model::{Outcome, Tool, Verdict};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

fn policy() -> Policy {
    Policy {
        name: "orders".to_owned(),
        rpo: DAY + 2 * HOUR,
        max_age: None,
        min_coverage: None,
        copies_for: None,
    }
}

/// What a manifest says about the backup made `hours` ago, with this content.
fn facts(hours: u32, content: &str) -> Facts {
    let created = now() - HOUR * hours;
    Facts {
        name: BackupName::new("orders", created, Compression::Zstd).unwrap(),
        recipients: Vec::new(),
        ciphertext: Measure {
            size: ByteCount(1000),
            digest: Measure::of(content.as_bytes()).digest,
        },
        archive: Measure::of(content.as_bytes()),
        entries: 1,
        content: ByteCount(1),
        root: Measure::of(content.as_bytes()).digest,
        tool: Tool { name: "beleg".to_owned(), version: "0".to_owned() },
        signer: "s".to_owned(),
    }
}

/// A region with a sound copy of each.
fn region(name: &str, backups: &[Facts]) -> Region {
    let mut region = Region {
        name: name.to_owned(),
        listing: Ok(Vec::new()),
        versions: Ok(Vec::new()),
        manifests: BTreeMap::new(),
    };
    for facts in backups {
        list(&mut region, &facts.name.object(), 1000);
        list(&mut region, &facts.name.manifest_object(), 500);
        let state = ManifestState::Opened(Box::new(facts.clone()));
        region.manifests.insert(facts.name.object(), state);
    }
    region
}

fn list(region: &mut Region, name: &str, size: u64) {
    let object = ListedObject { name: name.to_owned(), size: ByteCount(size) };
    region.listing.as_mut().unwrap().push(object);
}

/// The rules found, with the verdict of the whole.
fn rules(regions: &[Region], policy: &Policy) -> (Verdict, Vec<String>) {
    let survey = survey(regions, policy, now());
    let outcome = Outcome::judge(survey.population, survey.findings);
    (outcome.verdict, outcome.findings.into_iter().map(|finding| finding.rule).collect())
}

fn three_days() -> Vec<Facts> {
    [1, 25, 49].map(|hours| facts(hours, &hours.to_string())).to_vec()
}

#[test]
fn equal_regions_with_a_young_backup_pass() {
    let regions = [region("one", &three_days()), region("two", &three_days())];
    let survey = survey(&regions, &policy(), now());
    assert_eq!(survey.findings, []);
    assert_eq!((survey.population.expected, survey.population.examined), (6, 6));
    for facts in &survey.regions {
        assert_eq!((facts.backups, facts.sound), (3, 3));
        assert_eq!(facts.newest_age, Some(HOUR));
        assert_eq!(facts.oldest, Some(now() - HOUR * 49));
    }
}

#[test]
fn no_region_and_no_backup_never_pass() {
    assert_eq!(rules(&[], &policy()).0, Verdict::Unknown);
    let (verdict, found) = rules(&[region("one", &[])], &policy());
    assert_eq!((verdict, found), (Verdict::Fail, vec!["region-missing-backup".to_owned()]));
}

#[test]
fn a_region_that_cannot_be_listed_is_unknown_not_pass() {
    let mut silent = region("two", &[]);
    silent.listing = Err(Unlisted::Unreadable("no credentials".to_owned()));
    let (verdict, found) = rules(&[region("one", &three_days()), silent], &policy());
    assert_eq!((verdict, found), (Verdict::Unknown, vec!["region-unreadable".to_owned()]));
}

#[test]
fn a_region_with_nothing_is_told_of_once() {
    let (verdict, found) = rules(&[region("one", &three_days()), region("two", &[])], &policy());
    assert_eq!((verdict, found), (Verdict::Fail, vec!["region-missing-backup".to_owned()]));
}

#[test]
fn a_copy_that_lags_is_a_remark_inside_the_rpo_and_a_fault_outside() {
    let backups = three_days();
    let lagging = region("two", backups.get(1..).unwrap());
    let (verdict, found) = rules(&[region("one", &backups), lagging], &policy());
    assert_eq!((verdict, found), (Verdict::Unknown, vec!["region-copy-pending".to_owned()]));
    let hole = region("two", &[backups.first().unwrap().clone(), backups.get(1).unwrap().clone()]);
    let (verdict, found) = rules(&[region("one", &backups), hole], &policy());
    assert_eq!((verdict, found), (Verdict::Fail, vec!["region-missing-backup".to_owned()]));
}

#[test]
fn old_copies_may_be_fewer_where_the_policy_says_so() {
    let backups = three_days();
    let young = region("two", backups.get(..2).unwrap());
    let policy = Policy { copies_for: Some(2 * DAY), ..policy() };
    assert_eq!(rules(&[region("one", &backups), young], &policy).0, Verdict::Pass);
}

#[test]
fn an_old_newest_backup_exceeds_the_rpo_in_its_region() {
    let backups = three_days();
    let stale = region("two", backups.get(2..).unwrap());
    let (verdict, found) = rules(&[region("one", &backups), stale], &policy());
    assert_eq!(verdict, Verdict::Fail);
    assert!(found.contains(&"rpo-exceeded".to_owned()), "{found:?}");
}

/// A copy gets a new time of modification, so listings say nothing about age; and a name can be
/// given to anything.
#[test]
fn an_old_backup_under_a_young_name_is_not_young() {
    let old = facts(500, "old");
    let name = facts(1, "").name;
    let mut posing = region("one", &[]);
    list(&mut posing, &name.object(), 1000);
    list(&mut posing, &name.manifest_object(), 500);
    posing.manifests.insert(name.object(), ManifestState::Opened(Box::new(old)));
    let (verdict, found) = rules(&[posing], &policy());
    assert_eq!(verdict, Verdict::Fail);
    assert!(found.contains(&"manifest-mismatch".to_owned()), "{found:?}");
    assert!(found.contains(&"region-missing-backup".to_owned()), "{found:?}");
}

#[test]
fn a_backup_from_the_future_is_not_young() {
    let mut ahead = facts(1, "x");
    ahead.name = BackupName::new("orders", now() + HOUR, Compression::Zstd).unwrap();
    let (verdict, found) = rules(&[region("one", &[ahead])], &policy());
    assert_eq!(verdict, Verdict::Fail);
    assert!(found.contains(&"backup-from-future".to_owned()), "{found:?}");
}

#[test]
fn manifests_that_are_missing_unread_or_refused_are_told() {
    let backups = three_days();
    let object = backups.first().unwrap().name.object();
    for (state, rule) in [
        (ManifestState::Unread("timeout".to_owned()), "manifest-unreadable"),
        (ManifestState::Refused(ManifestError::NotTrusted), "manifest-signature-invalid"),
        (ManifestState::Refused(ManifestError::WrongSubject), "manifest-refused"),
        (ManifestState::Refused(ManifestError::NoTrustedKey), "manifest-not-checked"),
    ] {
        let mut one = region("one", &backups);
        one.manifests.insert(object.clone(), state);
        let (verdict, found) = rules(&[one], &policy());
        assert_ne!(verdict, Verdict::Pass, "{rule}");
        assert!(found.contains(&rule.to_owned()), "{rule}: {found:?}");
    }
    let mut one = region("one", &backups);
    one.manifests.remove(&object);
    assert!(rules(&[one], &policy()).1.contains(&"manifest-unreadable".to_owned()));
    let mut one = region("one", &backups);
    let manifest = backups.first().unwrap().name.manifest_object();
    one.listing.as_mut().unwrap().retain(|listed| listed.name != manifest);
    assert!(rules(&[one], &policy()).1.contains(&"manifest-missing".to_owned()));
}

#[test]
fn a_manifest_without_its_backup_is_told() {
    let backups = three_days();
    let mut one = region("one", &backups);
    let object = backups.first().unwrap().name.object();
    one.listing.as_mut().unwrap().retain(|listed| listed.name != object);
    assert!(rules(&[one], &policy()).1.contains(&"backup-object-missing".to_owned()));
}

#[test]
fn a_listed_size_that_does_not_fit_is_told_and_the_backup_does_not_count() {
    for (size, rule) in [(999, "backup-truncated"), (1001, "backup-trailing-bytes")] {
        let mut one = region("one", &[facts(1, "x")]);
        one.listing.as_mut().unwrap().first_mut().unwrap().size = ByteCount(size);
        let survey = survey(&[one], &policy(), now());
        let found: Vec<&str> = survey.findings.iter().map(|f| f.rule.as_str()).collect();
        assert_eq!(found, [rule, "region-missing-backup"]);
        assert_eq!(survey.regions.first().unwrap().sound, 0);
    }
}

#[test]
fn copies_are_compared_by_ciphertext_or_else_by_content() {
    let one = facts(1, "content");
    let mut encrypted_apart = one.clone();
    encrypted_apart.ciphertext.digest = Measure::of(b"other ciphertext").digest;
    let both = [region("one", std::slice::from_ref(&one)), region("two", &[encrypted_apart])];
    assert_eq!(rules(&both, &policy()).0, Verdict::Pass);
    let both = [region("one", &[one]), region("two", &[facts(1, "other content")])];
    let (verdict, found) = rules(&both, &policy());
    assert_eq!((verdict, found), (Verdict::Fail, vec!["region-copies-differ".to_owned()]));
}

#[test]
fn a_backup_above_the_greatest_age_exceeds_its_retention() {
    let policy = Policy { max_age: Some(2 * DAY), ..policy() };
    let (verdict, found) = rules(&[region("one", &three_days())], &policy);
    assert_eq!((verdict, found), (Verdict::Fail, vec!["retention-exceeded".to_owned()]));
    assert_eq!(rules(&[region("one", &[facts(47, "x"), facts(1, "y")])], &policy).0, Verdict::Pass);
}

#[test]
fn what_has_no_proved_age_keeps_retention_unproved() {
    let policy = Policy { max_age: Some(30 * DAY), ..policy() };
    let mut one = region("one", &three_days());
    list(&mut one, "dump.sql", 5);
    let (verdict, found) = rules(&[one], &policy);
    assert_eq!((verdict, found), (Verdict::Unknown, vec!["retention-unproved".to_owned()]));
    let mut one = region("one", &three_days());
    list(&mut one, "dump.sql", 5);
    let without = Policy { max_age: None, ..policy };
    assert_eq!(rules(&[one], &without), (Verdict::Pass, vec!["unrecognised-objects".to_owned()]));
}

#[test]
fn backups_that_reach_back_too_little_are_told() {
    let policy = Policy { min_coverage: Some(7 * DAY), ..policy() };
    let (verdict, found) = rules(&[region("one", &three_days())], &policy);
    assert_eq!((verdict, found), (Verdict::Fail, vec!["coverage-too-short".to_owned()]));
}

#[test]
fn backups_of_another_name_are_not_ours() {
    let mut one = region("one", &three_days());
    list(&mut one, "invoices-20200101T000000Z.tar.age", 5);
    assert_eq!(rules(&[one], &policy()), (Verdict::Pass, Vec::new()));
}

#[test]
fn a_region_that_does_not_exist_is_a_fault() {
    let mut absent = region("two", &[]);
    absent.listing = Err(Unlisted::Absent("`s3://two` does not exist".to_owned()));
    let (verdict, found) = rules(&[region("one", &three_days()), absent], &policy());
    assert_eq!((verdict, found), (Verdict::Fail, vec!["region-absent".to_owned()]));
}

#[test]
fn the_mark_of_a_folder_is_no_object_that_stands_in_the_way_of_proof() {
    let policy = Policy { max_age: Some(30 * DAY), ..policy() };
    let mut marked = region("one", &three_days());
    list(&mut marked, "", 0);
    list(&mut marked, "sub/", 0);
    assert_eq!(rules(&[marked], &policy).0, Verdict::Pass);
    let mut held = region("one", &three_days());
    list(&mut held, "sub/", 1);
    assert_eq!(rules(&[held], &policy).0, Verdict::Unknown);
}

/// Judges a region that keeps this version of what was deleted.
fn with_version(name: &str, created: Option<Timestamp>) -> (Verdict, Vec<String>) {
    let policy = Policy { max_age: Some(30 * DAY), ..policy() };
    let mut region = region("one", &three_days());
    let (name, id) = (name.to_owned(), "v1".to_owned());
    region.versions = Ok(vec![OldVersion { name, id, created }]);
    rules(&[region], &policy)
}

#[test]
fn a_deleted_backup_that_remains_as_a_version_counts_for_retention() {
    let exceeded = (Verdict::Fail, vec!["retention-exceeded".to_owned()]);
    let unproved = (Verdict::Unknown, vec!["retention-unproved".to_owned()]);
    let (young, old) = (now() - HOUR * 48, now() - HOUR * 24 * 300);
    let named = |created| BackupName::new("orders", created, Compression::Zstd).unwrap();
    assert_eq!(with_version(&named(young).object(), Some(young)).0, Verdict::Pass);
    assert_eq!(with_version(&named(old).object(), Some(old)), exceeded);
    assert_eq!(with_version(&named(old).manifest_object(), Some(old)), exceeded);
    // A name that makes itself too old is believed, one that makes itself young is not.
    assert_eq!(with_version(&named(old).object(), None), exceeded);
    assert_eq!(with_version(&named(young).object(), Some(old)), exceeded);
    assert_eq!(with_version(&named(young).object(), None), unproved);
    assert_eq!(with_version("notes.txt", None), unproved);
    let other = BackupName::new("customers", old, Compression::Zstd).unwrap();
    assert_eq!(with_version(&other.object(), None).0, Verdict::Pass);
}

#[test]
fn versions_that_cannot_be_listed_leave_retention_unproved_where_it_is_wanted() {
    let mut region = region("one", &three_days());
    region.versions = Err("access denied".to_owned());
    assert_eq!(rules(std::slice::from_ref(&region), &policy()).0, Verdict::Pass);
    let policy = Policy { max_age: Some(30 * DAY), ..policy() };
    let (verdict, found) = rules(&[region], &policy);
    assert_eq!((verdict, found), (Verdict::Unknown, vec!["retention-unproved".to_owned()]));
}

#[test]
fn a_sample_of_older_backups_never_holds_the_newest_and_meets_all_in_time() {
    let regions = survey(&[region("one", &three_days())], &policy(), now()).regions;
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let sample = sampled(&regions, 1, &seed);
        let [one] = sample.as_slice() else { panic!("one of two is chosen") };
        assert_ne!(Some(one.facts), regions.first().unwrap().newest.as_ref());
        met.insert(one.facts.name.clone());
        assert_eq!(sampled(&regions, 1, &seed), sample, "it can be chosen again");
    }
    assert_eq!(met.len(), 2);
    assert_eq!(sampled(&regions, 9, &0).len(), 2);
    assert_eq!(sampled(&regions, 0, &0).len(), 0);
}
