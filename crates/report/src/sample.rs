//! Made-up runs to render, for tests and for `examples/render.rs`.

use beleg_model::{
    CheckRecord, Digest, Evidence, Finding, Input, LeftOut, Location, Metric, Outcome, Population,
    RunRecord, Severity, Subject, Timing, Tool,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// 2026-11-21 02:00:00 UTC.
const NIGHT: i64 = 1_795_226_400;

/// Returns every sample with its name.
pub(crate) fn all() -> Vec<(&'static str, RunRecord)> {
    vec![
        ("faulty", faulty()),
        ("healthy", healthy()),
        ("waived", waived()),
        ("unknown", unknown()),
        ("empty", empty()),
        ("interrupted", interrupted()),
        ("many-findings", many_findings()),
        ("hostile", hostile()),
    ]
}

/// A night with every verdict: three checks fail, one cannot look at everything, one passes, and
/// one left no evidence.
pub(crate) fn faulty() -> RunRecord {
    let mut run = run("nightly", vec![advisories(), commits(), image(), backup(), sbom()]);
    run.planned_checks = 6;
    run
}

/// A night on which everything was examined and nothing was wrong.
pub(crate) fn healthy() -> RunRecord {
    let packages = Outcome::judge(Population::whole("packages", 412), Vec::new());
    let commits = Outcome::judge(Population::whole("commits", 1_204), Vec::new());
    let image = Outcome::judge(Population::whole("packages", 188), vec![os_release()]);
    let sbom = Outcome::judge(Population::whole("components", 412), Vec::new());
    run(
        "nightly",
        vec![
            check("advisories", "advisory-scan", "Cargo.lock", packages),
            check("commits", "signed-commits", "main", commits),
            check("image", "image-scan", "web", image),
            backup(),
            check("sbom", "sbom-verify", "web.cdx.json", sbom),
        ],
    )
}

/// A night that passes because somebody has decided to live with what was found.
pub(crate) fn waived() -> RunRecord {
    let finding = Finding::fault(
        "DEMO-2026-0001",
        Severity::Critical,
        Location::line("Cargo.lock", 12),
        "`demo-parser` 1.0.2 is affected: it reads beyond its buffer",
        "Upgrade `demo-parser` to 1.0.3 or later.",
    );
    let until = jiff::civil::date(2027, 3, 31);
    let waived = finding.waived("security@shop.example", "the parser never sees input", until);
    let mut packages = Population::whole("packages", 412);
    packages.left_out = vec![LeftOut {
        what: "files of package-lock.json".to_owned(),
        count: 2,
        why: "beleg does not read this format".to_owned(),
    }];
    let outcome = Outcome::judge(packages, vec![waived]);
    run("nightly", vec![check("advisories", "advisory-scan", "Cargo.lock", outcome)])
}

/// One check that could not look at anything.
pub(crate) fn unknown() -> RunRecord {
    let finding = Finding::unknown(
        "advisory-data-stale",
        "osv/PyPI/all.zip",
        "The newest advisory of `osv` is 41 days old, and 7 are allowed.",
        "Fetch the advisory data anew, or name a source that is kept current.",
    );
    let outcome = Outcome::could_not_look(finding);
    run("nightly", vec![check("advisories", "advisory-scan", "requirements.txt", outcome)])
}

/// A run that planned nothing.
pub(crate) fn empty() -> RunRecord {
    run("nightly", Vec::new())
}

/// A run that was ended after its first check of three.
pub(crate) fn interrupted() -> RunRecord {
    let mut run = run("nightly", vec![backup()]);
    run.planned_checks = 3;
    run
}

/// One check with 400 findings.
pub(crate) fn many_findings() -> RunRecord {
    let findings = (0_u32..400).map(|number| {
        Finding::fault(
            "unsigned",
            if number % 7 == 0 { Severity::Critical } else { Severity::High },
            Location::line(format!("commit/{number:040x}"), number),
            format!("The commit `{number:012x}` carries no signature."),
            "Sign the commit again, or record why it may stay unsigned.",
        )
    });
    let outcome = Outcome::judge(Population::whole("commits", 400), findings.collect());
    run("weekly", vec![check("commits", "signed-commits", "main", outcome)])
}

/// A run in which every string tries to steer whoever shows it.
pub(crate) fn hostile() -> RunRecord {
    let evil = |what: &str| {
        format!(
            "{what}<script>alert('{what}')</script>\u{1b}[2J\u{9b}31m\u{202e}gpj.\u{2066}\r\n\"'&`{{0}}[x](https://evil.example)\u{7}"
        )
    };
    let mut finding = Finding::fault(
        evil("rule"),
        Severity::Critical,
        Location { path: evil("../../etc/"), line: Some(0), within: Some(evil("layer")) },
        evil("message"),
        evil("remedy"),
    );
    finding.references =
        vec!["javascript:alert(1)".to_owned(), evil("https://evil.example/"), evil("CVE")];
    let remark = Finding::remark("os-release", evil("remark"), evil("Debian"));
    let population = Population {
        unit: evil("unit"),
        expected: 9,
        examined: 1,
        left_out: vec![LeftOut { what: evil("what"), count: 8, why: evil("why") }],
    };
    let outcome = Outcome::judge(population, vec![finding, remark])
        .with_metric(&evil("metric"), Metric::Count(u64::MAX))
        .with_inputs([Input {
            name: evil("input"),
            locator: evil("locator"),
            digest: None,
            as_of: Some(Timestamp::MAX),
        }])
        .with_details(json!({ evil("key"): [evil("value"), {"deep": evil("deep")}] }));
    let mut record = check("job", "kind", "subject", outcome);
    record.evidence.job = evil("job");
    record.evidence.kind = evil("kind");
    record.evidence.subject.name = evil("subject");
    record.evidence.subject.locator = evil("https://user@host/");
    record.evidence.subject.labels.insert(evil("label"), evil("label value"));
    record.evidence.controls = vec![evil("control")];
    record.evidence.settings = [(evil("setting"), evil("value"))].into();
    record.evidence.tool.version = evil("version");
    let mut run = run("run", vec![record]);
    run.run = evil("run");
    run.run_id = evil("run id");
    run.origin = evil("origin");
    run.root_hash = evil("root");
    run
}

/// Any run whose strings are any characters, and whose evidence may contradict itself.
#[cfg(test)]
pub(crate) fn any_run() -> impl proptest::strategy::Strategy<Value = RunRecord> {
    use beleg_model::Verdict;
    use proptest::prelude::*;

    let verdict = prop_oneof![Just(Verdict::Pass), Just(Verdict::Unknown), Just(Verdict::Fail)];
    let severity = prop_oneof![Just(Severity::Info), Just(Severity::Low), Just(Severity::Critical)];
    let text = || {
        prop_oneof![
            any::<String>(),
            "[a-z/. ]{0,60}",
            "[\\x00-\\x20\u{202a}-\u{202e}<>\"'`{}\\[\\]()]{0,20}"
        ]
    };
    let finding = (
        (text(), verdict.clone(), severity, text()),
        (any::<Option<u32>>(), any::<Option<String>>(), text(), text()),
        proptest::collection::vec(text(), 0..3),
    )
        .prop_map(
            |((rule, verdict, severity, path), (line, within, message, remedy), references)| {
                let location = Location { path, line, within };
                let waived = (references.len() == 2).then(|| beleg_model::Waiver {
                    verdict,
                    by: rule.clone(),
                    reason: message.clone(),
                    until: jiff::civil::Date::MAX,
                });
                Finding { rule, verdict, severity, location, message, remedy, references, waived }
            },
        );
    let outcome = (
        (verdict, text(), text(), any::<u64>(), any::<u64>()),
        proptest::collection::vec((text(), any::<u64>(), text()), 0..3),
        proptest::collection::vec(finding, 0..14),
        proptest::collection::btree_map(text(), any::<u64>().prop_map(Metric::Seconds), 0..3),
    )
        .prop_map(
            |((verdict, reason, unit, expected, examined), left_out, findings, metrics)| {
                let left_out =
                    left_out.into_iter().map(|(what, count, why)| LeftOut { what, count, why });
                let left_out = left_out.collect();
                let population = Population { unit, expected, examined, left_out };
                let (inputs, details) = (Vec::new(), serde_json::Value::Null);
                Outcome { verdict, reason, population, findings, metrics, inputs, details }
            },
        );
    let one = (text(), text(), text(), outcome)
        .prop_map(|(job, kind, subject, outcome)| check(&job, &kind, &subject, outcome));
    (text(), any::<u64>(), proptest::collection::vec(one, 0..4)).prop_map(
        |(name, planned_checks, checks)| RunRecord { planned_checks, ..run(&name, checks) },
    )
}

fn advisories() -> CheckRecord {
    let affected = |id: &str, severity, package: &str, line, summary: &str, fixed: &str| {
        Finding::fault(
            id,
            severity,
            Location::line("requirements.txt", line),
            format!("{package} is affected: {summary}"),
            format!("Upgrade to {fixed} or later."),
        )
        .with_references([
            format!("https://osv.dev/vulnerability/{id}"),
            id.replace("DEMO-", "CVE-"),
        ])
    };
    let findings = vec![
        affected(
            "DEMO-2026-0001",
            Severity::Critical,
            "`django` 3.2.0",
            3,
            "SQL injection through the alias of an annotation.",
            "3.2.1",
        ),
        affected(
            "DEMO-2026-0002",
            Severity::Medium,
            "`django` 3.2.0",
            3,
            "Directory traversal with a crafted file name in an upload.",
            "3.2.1",
        ),
        affected(
            "DEMO-2026-0007",
            Severity::High,
            "`pillow` 9.0.0",
            8,
            "Reading a crafted image writes past the end of a buffer.",
            "9.0.1",
        ),
        Finding::remark(
            "DEMO-2026-0010",
            Location::line("requirements.txt", 12),
            "`six` 1.16.0 is no longer maintained.",
        ),
    ];
    let population = Population {
        left_out: vec![LeftOut {
            what: "the project's own packages".to_owned(),
            count: 2,
            why: "No source speaks of code that was never published.".to_owned(),
        }],
        ..Population::whole("packages", 57)
    };
    let inputs = [
        input("lockfile", "requirements.txt", 0x1f, None),
        input("advisory source demo", "advisories/PyPI/all.zip", 0xa7, Some(NIGHT - 93_600)),
    ];
    let outcome = Outcome::judge(population, findings).with_inputs(inputs);
    check("advisories", "advisory-scan", "requirements.txt", outcome)
}

fn commits() -> CheckRecord {
    let findings = vec![
        Finding::fault(
            "unsigned",
            Severity::High,
            "9c1d04e2b7aa",
            "The commit `9c1d04e2b7aa` \"Mend the build\" by Ada Example carries no signature.",
            "Sign the commit again, or record why it may stay unsigned.",
        ),
        Finding::fault(
            "bad-signature",
            Severity::Critical,
            "41f0e86a0c3d",
            "The signature of `41f0e86a0c3d` does not fit its content.",
            "Find out who changed the commit after it was signed; do not release from it.",
        ),
    ];
    let outcome = Outcome::judge(Population::whole("commits", 1_204), findings)
        .with_inputs([input("allowed signers", "keys/allowed_signers", 0x33, None)])
        .with_details(json!({
            "head": "41f0e86a0c3d6b1f8d2a4c5e7f901b3d5a7c9e1f",
            "by-signer": {"ada@example.org": 1_100, "grace@example.org": 102, "nobody": 2},
        }));
    check("commits", "signed-commits", "main", outcome)
}

fn image() -> CheckRecord {
    let layer = format!("layer {}", Digest::sha256([0x5b; 32]));
    let mut finding = Finding::fault(
        "DEMO-2026-0001",
        Severity::Critical,
        Location::within("usr/lib/python3/dist-packages/Django-3.2.0.dist-info/METADATA", layer),
        "`django` 3.2.0 is affected: SQL injection through the alias of an annotation.",
        "Upgrade to 3.2.1 or later.",
    );
    finding.references = vec!["https://osv.dev/vulnerability/DEMO-2026-0001".to_owned()];
    let uncovered = Finding::unknown(
        "no-source-covers",
        "var/lib/dpkg/status",
        "No advisory source covers the 187 packages of Debian 12.",
        "Add a source with Debian's advisories, such as OSV's `Debian` bucket.",
    );
    let population = Population {
        unit: "packages".to_owned(),
        expected: 188,
        examined: 1,
        left_out: vec![LeftOut {
            what: "Debian 12 packages".to_owned(),
            count: 187,
            why: "No configured source covers them.".to_owned(),
        }],
    };
    let outcome = Outcome::judge(population, vec![os_release(), finding, uncovered])
        .with_inputs([input("image manifest", "images/web", 0x77, None)]);
    check("image", "image-scan", "web", outcome)
}

fn os_release() -> Finding {
    Finding::remark(
        "os-release",
        "etc/os-release",
        "Debian GNU/Linux 12 (bookworm), supported until 2028-06-30.",
    )
}

fn backup() -> CheckRecord {
    let inputs = [
        input("backup in eu-central", "s3://backups-eu-central/shop/", 0xc4, Some(NIGHT - 11_100)),
        input("backup in eu-north", "s3://backups-eu-north/shop/", 0xc4, Some(NIGHT - 11_100)),
    ];
    let lagging = Finding::remark(
        "region-lags",
        Location::within("shop-20261120T225500Z", "region eu-north"),
        "The copy arrived 40 minutes later than in `eu-central`, which is within the RPO.",
    );
    let outcome = Outcome::judge(Population::whole("files", 18_211), vec![lagging])
        .with_metric("restore-time", Metric::Milliseconds(252_000))
        .with_metric("restore-time-target", Metric::Seconds(3_600))
        .with_metric("backup-age", Metric::Seconds(11_100))
        .with_metric("backup-age-target", Metric::Seconds(86_400))
        .with_metric("restored-size", Metric::Bytes(7_516_192_768))
        .with_metric("databases-checked", Metric::Count(3))
        .with_inputs(inputs);
    check("restore", "restore-test", "shop", outcome)
}

fn sbom() -> CheckRecord {
    let population = Population {
        unit: "components".to_owned(),
        expected: 60,
        examined: 57,
        left_out: vec![LeftOut {
            what: "components without a purl".to_owned(),
            count: 3,
            why: "Nothing says which package they are.".to_owned(),
        }],
    };
    check("sbom", "sbom-verify", "web.cdx.json", Outcome::judge(population, Vec::new()))
}

fn input(name: &str, locator: &str, byte: u8, as_of: Option<i64>) -> Input {
    Input {
        name: name.to_owned(),
        locator: locator.to_owned(),
        digest: Some(Digest::sha256([byte; 32])),
        as_of: as_of.map(instant),
    }
}

fn check(job: &str, kind: &str, subject: &str, outcome: Outcome) -> CheckRecord {
    let started = instant(NIGHT + 2);
    let evidence = Evidence {
        run_id: "20261121T020000Z-7f3a".to_owned(),
        run_key: "ab".repeat(32),
        job: job.to_owned(),
        kind: kind.to_owned(),
        subject: Subject {
            name: subject.to_owned(),
            locator: format!("./{subject}"),
            digest: None,
            labels: [("team".to_owned(), "shop".to_owned())].into(),
        },
        controls: vec!["nis2-21-2-e".to_owned(), "iso27001-8.8".to_owned()],
        settings: [("fail-from".to_owned(), "high".to_owned())].into(),
        timing: Timing { started, ended: instant(NIGHT + 6), milliseconds: 4_250 },
        tool: Tool { name: "beleg".to_owned(), version: "0.1.0".to_owned() },
        outcome,
    };
    CheckRecord { evidence, entry: 0 }
}

fn run(name: &str, mut checks: Vec<CheckRecord>) -> RunRecord {
    for (check, entry) in checks.iter_mut().zip(41..) {
        check.entry = entry;
    }
    let planned_checks = u64::try_from(checks.len()).unwrap_or(u64::MAX);
    RunRecord {
        run: name.to_owned(),
        run_id: "20261121T020000Z-7f3a".to_owned(),
        planned: instant(NIGHT),
        planned_checks,
        checks,
        origin: "beleg.example.org/shop".to_owned(),
        tree_size: 46,
        root_hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned(),
    }
}

fn instant(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH
        .saturating_add(SignedDuration::from_secs(second))
        .unwrap_or(Timestamp::MAX)
}
