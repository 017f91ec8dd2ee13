//! `beleg scan`: one command on a bare folder, file, image or SBOM.

use crate::command::{Beleg, Output};
use crate::company::Company;
use serde_json::Value;
use std::fs;

/// Two records about the demonstration's packages, which these versions have and the next mend.
const AFFECTED: &str = "demo-web==3.2.0\n";
const MENDED: &str = "demo-web==3.2.1\n";
const RECORD: &str = "DEMO-2026-0002";

fn scanned(company: &Company, words: &str, code: i32) -> Value {
    let output = company.beleg(&format!("scan --format json {words}")).run();
    assert_eq!(output.status.code(), Some(code), "{}{}", output.stdout, output.stderr);
    output.json()
}

fn refused(company: &Company, words: &str) -> Output {
    let output = company.beleg(&format!("scan {words}")).run();
    assert_eq!(output.status.code(), Some(2), "{}{}", output.stdout, output.stderr);
    assert_eq!(output.stdout, "");
    output
}

fn affected(scan: &Value) -> Vec<(&str, &str)> {
    let all = scan["affected"].as_array().unwrap().iter();
    all.map(|it| (it["name"].as_str().unwrap(), it["upgrade"]["version"].as_str().unwrap_or("")))
        .collect()
}

#[test]
fn a_bare_folder_a_lockfile_an_image_and_an_sbom_are_told_apart_by_looking() {
    let company = Company::faulty();
    let (parser, web, tls) = ("demo-parser", "demo-web", "demo-tls");
    for (target, kind, names) in [
        (".", "folder", vec![(parser, "1.0.1"), (web, "3.2.1")]),
        ("sbom", "folder", vec![(parser, "1.0.1")]),
        ("service/Cargo.lock", "file", vec![(parser, "1.0.1")]),
        ("file:service/Cargo.lock", "file", vec![(parser, "1.0.1")]),
        ("image", "image", vec![(tls, "3.0.2-1+deb13u1"), (web, "3.2.1")]),
        ("oci:image", "image", vec![(tls, "3.0.2-1+deb13u1"), (web, "3.2.1")]),
        ("sbom/service.cdx.json", "SBOM", vec![(parser, "1.0.1")]),
    ] {
        let scan = scanned(&company, target, 1);
        assert_eq!(scan["target"]["kind"], kind, "{target}");
        assert_eq!(affected(&scan), names, "{target}");
        assert_eq!(scan["verdict"], "fail", "{target}");
    }
}

#[test]
fn what_job_and_scan_say_is_the_same() {
    let company = Company::faulty();
    company.write("jobs/scan.toml", "kind = \"advisory-scan\"\nsubjects = [\"service\"]\n");
    let job = company.run("scan", 1).0["checks"][0].clone();
    let scan = scanned(&company, "service", 1);
    let rules = |findings: &Value| {
        let findings = findings.as_array().unwrap().iter();
        findings.map(|it| (it["rule"].clone(), it["verdict"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(rules(&scan["findings"]), rules(&job["findings"]));
    assert_eq!(scan["population"]["examined"], job["population"]["examined"]);
}

#[test]
fn nothing_at_hand_to_judge_by_is_unknown_and_says_what_to_do() {
    let company = Company::healthy();
    company.write("elsewhere/requirements.txt", AFFECTED);
    let folder = company.path("elsewhere");
    let output = Beleg::anywhere().args("scan").current_dir(&folder).run();
    assert_eq!(output.status.code(), Some(3), "{}", output.stdout);
    assert!(output.stdout.starts_with("UNKNOWN"), "{}", output.stdout);
    assert!(output.stderr.contains("--advisories FOLDER"), "{}", output.stderr);
    let mirror = company.path("advisories");
    let with = Beleg::anywhere().args("scan --advisories").arg(&mirror).current_dir(&folder).run();
    assert_eq!(with.status.code(), Some(1), "{}", with.stdout);
    assert!(with.stdout.contains("upgrade demo-web (PyPI) from 3.2.0 to 3.2.1"), "{}", with.stdout);
}

#[test]
fn what_holds_no_list_is_no_pass() {
    let company = Company::healthy();
    company.write("old.tar", "no image").write("program", "\u{7f}ELF");
    for (file, remedy) in
        [("old.tar", "skopeo copy docker-archive:"), ("program", "docs/formats.md")]
    {
        let output = company.beleg(&format!("scan {file}")).run();
        assert_eq!(output.status.code(), Some(3), "{}", output.stdout);
        let said = format!("UNKNOWN  {file} (file): nothing was judged\n");
        assert!(output.stdout.starts_with(&said), "{}", output.stdout);
        assert!(output.stdout.contains(remedy), "{}", output.stdout);
    }
    fs::create_dir(company.path("nothing")).unwrap();
    assert_eq!(scanned(&company, "nothing", 3)["reason"], "no-packages-found");
}

#[test]
fn against_a_baseline_only_what_is_new_counts() {
    let company = Company::healthy();
    company.write("app/requirements.txt", AFFECTED);
    let before = company.beleg("scan app --format json -o before.json").run();
    assert_eq!(before.status.code(), Some(1), "{}", before.stderr);
    let scan = scanned(&company, "app --baseline before.json", 0);
    assert_eq!(scan["affected"][0]["advisories"][0]["in_baseline"], true);
    let told = scan["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "in-baseline");
    assert_eq!(told.unwrap()["location"]["path"], "before.json");
    let text = company.beleg("scan app --baseline before.json").run().stdout;
    assert!(text.contains("demo-web (PyPI) 3.2.0, in the baseline: "), "{text}");
    // A clean baseline knows nothing, so what is found is new.
    company.write("app/requirements.txt", MENDED);
    let clean = company.beleg("scan app --format json -o clean.json").run();
    assert_eq!(clean.status.code(), Some(0), "{}", clean.stdout);
    company.write("app/requirements.txt", AFFECTED);
    scanned(&company, "app --baseline clean.json", 1);
    // A doubt of then does not silence what is certain now.
    let doubtful = format!("--index-url https://pypi.shop.example/simple\n{AFFECTED}");
    company.write("app/requirements.txt", doubtful);
    let doubt = company.beleg("scan app --format json -o doubt.json").run();
    assert_eq!(doubt.status.code(), Some(3), "{}", doubt.stderr);
    let same = scanned(&company, "app --baseline doubt.json", 3);
    assert_eq!(same["affected"][0]["advisories"][0]["in_baseline"], true);
    company.write("app/requirements.txt", AFFECTED);
    scanned(&company, "app --baseline doubt.json", 1);
    // What nobody could judge before is not judged by that.
    company
        .write("app/more.txt", "-r missing.txt\n")
        .write("app/requirements.txt", "-r more.txt\n");
    scanned(&company, "app --baseline before.json", 3);
}

#[test]
fn what_is_no_baseline_is_refused_before_anything_is_said() {
    let company = Company::healthy();
    for text in ["", "{}", "[]", "{\"schema\": 2, \"affected\": []}", "{\"schema\": 1}"] {
        company.write("base.json", text);
        let output = refused(&company, "--baseline base.json");
        assert!(output.stderr.contains("`base.json` cannot be used"), "{}", output.stderr);
    }
    refused(&company, "--baseline missing.json");
}

#[test]
fn a_gate_leaves_what_is_less_as_remarks_that_are_shown() {
    let company = Company::healthy();
    company.write("app/requirements.txt", AFFECTED);
    let scan = scanned(&company, "app --fail-from critical", 0);
    assert_eq!(scan["affected"][0]["advisories"][0]["id"], RECORD);
    let text = company.beleg("scan app --fail-on critical").run().stdout;
    assert!(text.contains("nothing counts, 1 advisory without effect"), "{text}");
    // It has a fix, so it counts.
    scanned(&company, "app --only-fixable", 1);
}

#[test]
fn decisions_are_read_from_a_file_that_is_named_and_from_no_other() {
    let company = Company::healthy();
    let decision = format!(
        "[[ignore]]\nadvisory = \"{RECORD}\"\nuntil = \"2099-01-01\"\nreason = \"the parser is not reachable\"\nby = \"security@shop.example\"\n"
    );
    company.write("app/requirements.txt", AFFECTED).write("app/ignores.toml", &decision);
    scanned(&company, "app", 1);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let holds = today.saturating_add(jiff::Span::new().days(90)).to_string();
    company.write("app/ignores.toml", decision.replace("2099-01-01", &holds));
    let scan = scanned(&company, "app --ignores app/ignores.toml", 0);
    assert_eq!(scan["affected"][0]["advisories"][0]["finding"]["waived"]["until"], holds);
    // Another target may need it.
    company.write("other/requirements.txt", MENDED);
    let scan = scanned(&company, "other --ignores app/ignores.toml", 0);
    assert_eq!(scan["findings"][0]["rule"], "ignore-unused");
    company.write("app/ignores.toml", &decision);
    // One that runs too long does not hold.
    let scan = scanned(&company, "app --ignores app/ignores.toml", 1);
    assert_eq!(scan["reason"], RECORD);
    company.write("app/ignores.toml", decision.replace("advisory", "advisry"));
    let output = refused(&company, "app --ignores app/ignores.toml");
    assert!(output.stderr.contains("app/ignores.toml:2"), "{}", output.stderr);
}

#[test]
fn what_cannot_be_scanned_is_refused_with_what_to_do() {
    let company = Company::healthy();
    for (target, said) in [
        ("missing", "`missing` is not there"),
        ("dir:missing", "`missing` is not there"),
        ("docker:alpine", "skopeo copy"),
        ("docker://alpine:3", "skopeo copy"),
        ("registry:shop.example/app", "skopeo copy"),
        ("service --platform linux/arm64", "is no image"),
        ("image --digest nonsense", "digest"),
    ] {
        let output = refused(&company, target);
        assert!(output.stderr.contains(said), "{target}: {}", output.stderr);
    }
}

#[test]
fn a_damaged_image_is_no_folder_without_packages() {
    let company = Company::healthy();
    company.write("image/index.json", "{");
    let scan = scanned(&company, "image", 3);
    assert_eq!(
        (&scan["target"]["kind"], &scan["reason"]),
        (&"image".into(), &"image-unreadable".into())
    );
}

#[test]
fn an_sbom_is_a_subject_of_jobs_too() {
    let company = Company::faulty();
    let job = "kind = \"advisory-scan\"\nsubjects = [\"sbom/service.cdx.json\"]\n";
    company.write("jobs/scan.toml", job);
    let report = company.run("scan", 1);
    assert_eq!(report.finding("DEMO-2026-0001")["location"], "sbom/service.cdx.json");
    company
        .write("sbom/service.cdx.json", "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"9\"}");
    assert_eq!(company.run("scan", 1).finding("sbom-malformed")["verdict"], "fail");
    let empty = "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\"}";
    company.write("sbom/service.cdx.json", empty);
    assert_eq!(company.run("scan", 3).finding("no-packages-found")["verdict"], "unknown");
}

#[test]
fn a_hostile_name_steers_no_terminal() {
    let company = Company::healthy();
    let lock = "{\"lockfileVersion\":3,\"packages\":{\"node_modules/a\\u001b[2J\\u202e\":{\"version\":\"1.0.0\",\"resolved\":\"https://elsewhere.example/a.tgz\"}}}";
    company.write("app/package-lock.json", lock);
    for format in ["text", "markdown", "json", "sarif", "cyclonedx", "gitlab"] {
        let output = company.beleg(&format!("scan app --details --format {format}")).run();
        let hidden = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!output.stdout.contains(hidden), "{format}: {:?}", output.stdout);
    }
}

/// No version is needed to know that nothing is known of a package in any.
#[test]
fn a_name_without_a_version_is_judged_where_no_record_speaks_of_it() {
    let company = Company::healthy();
    let judged = |text: &str, code: i32| {
        company.write("app/requirements.txt", text);
        let scan = scanned(&company, "app", code);
        let findings = scan["findings"].as_array().unwrap().iter();
        let rules: Vec<String> =
            findings.map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
        (rules, scan["population"]["examined"].as_u64().unwrap())
    };
    let passed = (vec!["no-record-of-name".to_owned()], 2);
    assert_eq!(judged("nobody-knows>=1\nNobody.Knows.Either\n", 0), passed);
    // The spelling does not matter; one record is enough.
    for name in ["demo-web", "Demo_Web", "demo.web[all]"] {
        let unread = (vec!["entry-not-read".to_owned()], 0);
        assert_eq!(judged(&format!("{name}>=3\n"), 3), unread, "{name}");
    }
    // It may be another package of that name.
    for line in [
        "--index-url https://pypi.shop.example/simple\nnobody-knows>=1\n",
        "nobody-knows @ https://shop.example/a.tar.gz\n",
        "git+https://shop.example/nobody-knows.git\n",
        "nobody-knows>=1\n-c missing.txt\n",
    ] {
        assert!(judged(line, 3).0.contains(&"entry-not-read".to_owned()), "{line}");
    }
    // Nobody could have known.
    company.remove("advisories/osv/PyPI");
    assert!(judged("nobody-knows>=1\n", 3).0.contains(&"entry-not-read".to_owned()));
}

/// `v4` moves, and a commit says nothing of its version.
#[test]
fn an_action_of_a_workflow_is_judged_by_its_name_where_no_record_speaks_of_it() {
    let company = Company::healthy();
    let record = r#"{"id":"DEMO-2026-9","modified":"2099-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"GitHub Actions","name":"shop/leaky"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.0.0"}]}]}]}"#;
    company.write("advisories/osv/GitHub Actions/DEMO-2026-9.json", record.replace("2099", "2026"));
    let packed = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-c", "all.zip", "DEMO-2026-9.json"])
        .current_dir(company.path("advisories/osv/GitHub Actions"))
        .status();
    assert!(packed.unwrap().success());
    company.replace("beleg.toml", "max-age = \"7d\"", "max-age = \"36500d\"");
    let commit = "11bd71901bbe5b1630ceea73d27597364c9af683";
    for (uses, code, rule) in [
        ("actions/checkout@v4", 0, "no-record-of-name"),
        ("github/codeql-action/init@v3", 0, "no-record-of-name"),
        (&format!("actions/checkout@{commit}"), 0, "no-record-of-name"),
        ("Shop/Leaky@v1", 3, "entry-not-read"),
        ("shop/leaky/part@v1", 3, "entry-not-read"),
        (&format!("shop/leaky@{commit}"), 3, "entry-not-read"),
        (&format!("shop/leaky@{commit} # v1.2.3"), 1, "DEMO-2026-9"),
        ("shop/leaky@v1.2.3", 1, "DEMO-2026-9"),
        ("shop/leaky@v2.0.0", 0, ""),
    ] {
        let text = format!("jobs:\n  a:\n    steps:\n      - uses: {uses}\n");
        company.write("app/.github/workflows/ci.yml", text);
        let scan = scanned(&company, "app", code);
        let mut rules = scan["findings"].as_array().unwrap().iter().map(|it| &it["rule"]);
        assert!(rule.is_empty() || rules.any(|it| it == rule), "{uses}: {scan}");
    }
}
