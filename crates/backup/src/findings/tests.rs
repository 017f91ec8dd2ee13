#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::probes::{Examined, Looked, ProbeResult, Probed};
use crate::rules::RULES;
use crate::{
    BackupName, Cause, Difference, LeftOut, ManifestError, Measure, Omissions, Refusal, Remark,
    RestoreError, Restored, ScratchError, Swept, Timings, WhyLeftOut,
};
use beleg_model::{Digest, Severity, Verdict};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::io;

const PLACE: Place<'static> = Place { region: "eu", object: "orders-20261121T020000Z.tar.age" };

fn digest() -> Digest {
    Measure::of(b"").digest
}

fn with(differences: Vec<Difference>, remarks: Vec<Remark>) -> Restored {
    Restored {
        entries: 1,
        equal: 1,
        written: 0,
        differences,
        remarks,
        recognised: Vec::new(),
        ciphertext: Measure::of(b""),
        archive: Measure::of(b""),
        timings: Timings::default(),
    }
}

/// One finding of each kind that can be made.
fn all() -> Vec<Finding> {
    let path = || "p".to_owned();
    let differences = vec![
        Difference::Ciphertext { promised: digest(), found: digest() },
        Difference::Archive { promised: digest(), found: digest() },
        Difference::Missing { path: path() },
        Difference::Extra { path: path() },
        Difference::Kind { path: path(), promised: "file", found: "directory" },
        Difference::Size { path: path(), promised: 1, found: 2 },
        Difference::Digest { path: path(), promised: digest(), found: digest() },
        Difference::Mode { path: path(), promised: 1, found: 2 },
        Difference::Modified { path: path(), promised: 1, found: 2 },
        Difference::Owner { path: path(), promised: path(), found: path() },
        Difference::FirstName { path: path(), promised: path(), found: path() },
        Difference::Target { path: path(), promised: path(), found: path() },
        Difference::Refused { path: path(), refusal: Refusal::Duplicate },
    ];
    let remarks = vec![
        Remark::LinkLeaves { path: path(), target: path() },
        Remark::CaseClash { path: path(), other: path() },
        Remark::OwnersNotKept,
    ];
    let mut findings = restored(PLACE, &with(differences, remarks));
    let io = || io::Error::other("broken");
    for cause in [
        Cause::Source(io()),
        Cause::Scratch(io()),
        Cause::TooMuch { promised: 2, limit: 1 },
        Cause::Cancelled,
        Cause::UnknownFormat,
        Cause::NotReadToTheEnd,
        Cause::NotAge,
        Cause::HeaderTooLong,
        Cause::NoMatchingIdentity,
        Cause::NotAuthentic,
        Cause::Truncated { promised: 2, found: 1 },
        Cause::TrailingBytes { promised: 1 },
        Cause::Decompress(io()),
        Cause::ArchiveTooLong { promised: 1 },
        Cause::Archive(crate::formats::FormatError::Truncated),
        Cause::WindowTooLarge { limit: 27 },
        Cause::OverLimit { what: "entries", limit: 1 },
    ] {
        findings.push(stopped(PLACE, &RestoreError { cause, examined: 3 }));
    }
    let probe = |examined| ProbeResult { path: path(), probe: "sqlite", examined };
    let dump = |examined| ProbeResult { path: path(), probe: "dump", examined };
    let seen = Examined { looked: Looked::Nowhere, ..Examined::pass("seen", ().into()) };
    let results = vec![
        probe(Examined::fail("bad")),
        probe(Examined::unknown("who knows")),
        dump(Examined::fail("bad")),
        dump(Examined::unknown("who knows")),
        dump(seen),
    ];
    findings.extend(probed(PLACE, &Probed { results, took: Duration::ZERO }));
    for error in [
        ManifestError::NoTrustedKey,
        ManifestError::NotTrusted,
        ManifestError::WrongRoot,
        ManifestError::WrongSubject,
    ] {
        findings.push(manifest_refused(PLACE, &error));
    }
    let wipe = || ScratchError::Wipe { path: "/s".into(), source: io() };
    let swept_folders =
        Swept { unmarked: vec!["/u".into()], failed: vec![wipe()], ..Swept::default() };
    findings.extend(swept(&swept_folders));
    let left_out = [WhyLeftOut::Socket, WhyLeftOut::Unreadable];
    findings.extend(created(
        PLACE,
        &Omissions {
            left_out: left_out.map(|why| LeftOut { path: path(), why }).to_vec(),
            more_left_out: 1,
            changed: vec![path()],
            more_changed: 0,
            attributes: 2,
        },
    ));
    let name = BackupName::parse(PLACE.object).unwrap();
    let day = Duration::from_secs(86_400);
    findings.extend([
        not_wiped(&wipe()),
        rto_exceeded(PLACE, day, day),
        region_unreadable("eu", "why"),
        region_empty("eu", "orders", 0, 0),
        region_empty("eu", "orders", 2, 0),
        region_empty("eu", "orders", 2, 1),
        copy_missing(PLACE, &["us"], day),
        copy_on_its_way(PLACE, &["us"], day),
        copies_differ("o", "eu", &["us"]),
        rpo_exceeded(PLACE, day, day),
        manifest_missing(PLACE),
        manifest_unread(PLACE, "why"),
        manifest_of_another(PLACE, &name),
        backup_object_missing(PLACE),
        from_the_future(PLACE, Timestamp::UNIX_EPOCH),
        listed_size(PLACE, 2, 1),
        retention_exceeded(PLACE, day, day),
        retention_unproved("eu", 2),
        coverage_short("eu", day, day),
        unrecognised("eu", &["x"], false),
        region_absent("eu", "why"),
        regions_are_one("eu", "us", "they are one folder"),
        regions_untold("eu", "us", "why"),
        regions_share_bucket("eu", "us"),
        versions_unlisted("eu", "why"),
        old_version_exceeds(PLACE, "v1", day, day),
        old_versions_undated("eu", 2),
        old_versions_unrecognised("eu", &["x"]),
        empty(PLACE),
        other_bytes(PLACE, &Measure::of(b"a"), &Measure::of(b"b")),
        unread(PLACE, "why"),
    ]);
    findings
}

#[test]
fn every_finding_has_a_rule_of_the_list_and_reads_as_sentences() {
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.code).collect();
    let mut used = BTreeSet::new();
    for finding in all() {
        used.insert(finding.rule.clone());
        assert!(rules.contains(finding.rule.as_str()), "{}", finding.rule);
        for text in [&finding.message, &finding.remedy] {
            assert!(text.ends_with('.') && !text.ends_with(".."), "{text}");
            let first = text.chars().next().unwrap();
            assert!(first.is_uppercase() || first == '`', "{text}");
        }
        let is_remark = finding.severity == Severity::Info;
        assert_eq!(is_remark, finding.verdict == Verdict::Pass, "{}", finding.rule);
    }
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    assert_eq!(used, rules);
}

#[test]
fn what_broke_on_our_side_is_unknown_and_what_is_wrong_with_a_backup_fails() {
    let verdict = |cause| stopped(PLACE, &RestoreError { cause, examined: 0 }).verdict;
    assert_eq!(verdict(Cause::Source(io::Error::other("x"))), Verdict::Unknown);
    assert_eq!(verdict(Cause::Scratch(io::Error::other("x"))), Verdict::Unknown);
    assert_eq!(verdict(Cause::Cancelled), Verdict::Unknown);
    assert_eq!(verdict(Cause::NoMatchingIdentity), Verdict::Fail);
    assert_eq!(verdict(Cause::Truncated { promised: 2, found: 1 }), Verdict::Fail);
    assert_eq!(verdict(Cause::NotAuthentic), Verdict::Fail);
}

#[test]
fn a_hostile_backup_cannot_fill_a_report() {
    let extra = |n: u32| Difference::Extra { path: n.to_string() };
    let findings = restored(PLACE, &with((0..1000).map(extra).collect(), Vec::new()));
    assert_eq!(findings.len(), MAX_FINDINGS + 1);
    let last = findings.last().unwrap();
    assert_eq!(last.message, "There are 900 more findings of this rule.");
    assert_eq!(last.verdict, Verdict::Fail);
}

#[test]
fn durations_are_shown_in_their_two_largest_units() {
    for (seconds, text) in [
        (0, "0 ms"),
        (1, "1 second"),
        (61, "1 minute 1 second"),
        (7200, "2 hours"),
        (93_600, "1 day 2 hours"),
        (86_400 + 59, "1 day"),
    ] {
        assert_eq!(shown(Duration::from_secs(seconds)), text);
    }
}

#[test]
fn dumps_that_nothing_loaded_are_counted_and_named() {
    let one = |path: &str, looked| ProbeResult {
        path: path.to_owned(),
        probe: "dump",
        examined: Examined { looked, ..Examined::pass("fine", ().into()) },
    };
    let ended = (0..12).map(|at| one(&format!("{at:02}.sql"), Looked::AtItsEnd));
    let results = ended.chain([one("b.dump", Looked::Nowhere)]).collect();
    let findings = probed(PLACE, &Probed { results, took: Duration::ZERO });
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.rule.as_str(), finding.verdict), ("dump-not-probed", Verdict::Pass));
    let message = &finding.message;
    assert!(message.contains("the end is there of 12 (`00.sql`"), "{message}");
    assert!(message.ends_with("and 2 more); nothing was looked at of 1 (`b.dump`)."), "{message}");
}
