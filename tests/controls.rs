//! Which controls evidence may bear: what was tested with which target, and not what a job claims.

use crate::company::{Company, Report, text};
use serde_json::{Value, json};
use std::process::Command;

/// Returns the controls that each check of a plan is to serve.
fn planned(company: &Company, job: &str) -> Vec<Value> {
    let plan = company.beleg(&format!("plan {job} --json")).run().expect(0).json();
    let checks = plan["plan"]["checks"].as_array().unwrap();
    checks.iter().map(|check| check["controls"].clone()).collect()
}

/// Returns the controls that the evidence of each check bears.
fn served(report: &Report) -> Vec<Value> {
    let checks = report.0["checks"].as_array().unwrap();
    checks.iter().map(|check| check["controls"].clone()).collect()
}

fn claim(company: &Company, job: &str, controls: &str) {
    let path = format!("jobs/{job}.toml");
    let read = String::from_utf8(company.read(&path)).unwrap();
    let unclaimed = read.lines().filter(|line| !line.starts_with("controls"));
    let lines: Vec<&str> = unclaimed.collect();
    company.write(&path, format!("controls = [{controls}]\n{}\n", lines.join("\n")));
}

#[track_caller]
fn refused(company: &Company, job: &str, why: &str) {
    let output = company.beleg(&format!("plan {job}")).run().expect(2);
    assert!(output.stderr.contains(why), "{why}: {}", output.stderr);
    assert!(output.stderr.contains("remedy: "), "{}", output.stderr);
}

#[test]
fn a_control_of_another_kind_is_refused_and_a_companys_own_is_not() {
    let company = Company::healthy();
    for (job, control, kind) in [
        ("dependencies", "SC-2", "`image-scan`"),
        ("dependencies", "BAK-1", "`restore-test`"),
        ("commits", "SC-1", "`advisory-scan`"),
        ("image", "SC-3", "`signed-commits`"),
        ("sbom", "SC-4", "`release-verify` or `signed-artifacts` or `signed-images`"),
        ("restore", "SC-5", "`release-verify` or `sbom-verify`"),
        // A case that differs makes no control of one's own.
        ("sbom", "enc-2", "`restore-test`"),
    ] {
        claim(&company, job, &format!("\"{control}\""));
        refused(&company, job, &format!("Claim it in a job of the kind {kind},"));
        claim(&company, job, "\"ACME-7\", \"CC6.1\"");
        assert!(planned(&company, job).iter().all(|it| *it == json!(["ACME-7", "CC6.1"])));
    }
    claim(&company, "sbom", "\"sc-5\"");
    refused(&company, "sbom", "the control `sc-5` is written `SC-5`");
}

#[test]
fn evidence_that_could_not_look_bears_no_control_and_the_ledger_stays_sound() {
    let company = Company::healthy();
    claim(&company, "dependencies", "\"SC-1\", \"ACME-7\"");
    assert_eq!(served(&company.run("dependencies", 0)), vec![json!(["SC-1", "ACME-7"]); 2]);
    company.replace("beleg.toml", "[advisories]", "[advisories]\n# moved away\n");
    company.remove("advisories");
    let report = company.run("dependencies", 3);
    assert_eq!(report.0["checks"][0]["population"]["examined"], 0);
    assert_eq!(served(&report), vec![json!([]); 2]);
    // What was promised stays in the plan, and the evidence is what was promised.
    assert_eq!(planned(&company, "dependencies"), vec![json!(["SC-1", "ACME-7"]); 2]);
    let shown = company.beleg("ledger verify").run().expect(0).stdout;
    assert!(shown.starts_with("SOUND"), "{shown}");
}

#[test]
fn a_scan_that_lets_most_pass_serves_no_control() {
    for (file, from, to, why) in [
        ("jobs/dependencies.toml", "kind", "fail-from = \"critical\"\nkind", "below critical"),
        ("beleg.toml", "max-age = \"7d\"", "max-age = \"400d\"", "of 400 days ago"),
        ("beleg.toml", "[advisories]", "[advisories]\nignore-max-term = \"3650d\"", "3650 days"),
    ] {
        let company = Company::healthy();
        company.replace(file, from, to);
        assert_eq!(planned(&company, "dependencies"), vec![json!([]); 2], "{why}");
        let plan = company.beleg("plan dependencies").run().expect(0).stdout;
        assert!(plan.contains("not for SC-1: ") && plan.contains(why), "{plan}");
        let report = company.run("dependencies", 0);
        let settings = &report.0["checks"][0]["settings"];
        assert!(text(&settings["weakened"]).contains(why), "{settings:#}");
        let shown = company.beleg("report").run().expect(0).stdout;
        assert!(shown.contains("Weakened by settings\n  dependencies, 2 checks: "), "{shown}");
        claim(&company, "dependencies", "\"SC-1\"");
        refused(&company, "dependencies", why);
    }
    // What somebody may want is told and no more.
    let company = Company::healthy();
    company.replace("jobs/dependencies.toml", "kind", "fail-from = \"high\"\nkind");
    claim(&company, "dependencies", "\"SC-1\"");
    let report = company.run("dependencies", 0);
    assert_eq!(served(&report), vec![json!(["SC-1"]); 2]);
    assert!(text(&report.0["checks"][0]["settings"]["weakened"]).contains("below high"));
}

#[test]
fn only_the_whole_history_of_a_branch_serves_the_control_about_it() {
    let company = Company::healthy();
    assert_eq!(served(&company.run("commits", 0)), [json!(["SC-3"])]);
    company.replace("jobs/commits.toml", "range = \"main\"", "range = \"main~1..main\"");
    assert_eq!(planned(&company, "commits"), [json!([])]);
    let report = company.run("commits", 0);
    assert!(text(&report.0["checks"][0]["settings"]["weakened"]).contains("`main~1..main`"));
    claim(&company, "commits", "\"SC-3\"");
    refused(&company, "commits", "leaves out what lies before");
    for range in ["main~1", "main^", "main@{0}"] {
        company.replace("jobs/commits.toml", "main~1..main", range);
        refused(&company, "commits", "need not end where a branch does");
        company.replace("jobs/commits.toml", range, "main~1..main");
    }
    // Only the repository says what a name stands for.
    git_output(&company, &["tag", "v1", "main"]);
    company.replace("jobs/commits.toml", "main~1..main", "v1");
    let report = company.run("commits", 0);
    assert_eq!(served(&report), [json!([])]);
    let remark = report.finding("control-not-served");
    assert_eq!((&remark["location"], &remark["verdict"]), (&json!("SC-3"), &json!("pass")));
    assert!(text(&remark["message"]).contains("`refs/tags/v1`"), "{remark:#}");
    company.beleg("ledger verify").run().expect(0);
    // A policy may let unsigned commits pass as well: those before its rule began.
    let policy = "schema = 1\ndefault = \"signed\"\n[[rule]]\nname = \"all\"\nmatch = \"none\"\nfrom = \"main\"\n";
    company.write("policy.toml", policy);
    let range = "range = \"main\"\npolicy = \"policy.toml\"";
    company.replace("jobs/commits.toml", "range = \"v1\"", range);
    let output = git_output(&company, &["rev-parse", "main"]);
    company.replace("policy.toml", "from = \"main\"", &format!("from = \"{}\"", output.trim()));
    let report = company.run("commits", 0);
    report.finding("outside-rule");
    let settings = &report.0["checks"][0]["settings"];
    let rules = text(&settings["policy-rules"]);
    assert!(
        rules.starts_with("`all`: branches all; paths all; signers all; match none"),
        "{rules}"
    );
    assert!(text(&settings["policy-digest"]).starts_with("sha256:"), "{settings:#}");
    let weakened = text(&settings["weakened"]);
    assert!(weakened.contains("`all` lets one sign what others made"), "{weakened}");
    assert_eq!(served(&report), [json!([])]);
    assert!(text(&report.finding("control-not-served")["message"]).contains("`from`"));
}

fn git_output(company: &Company, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    let output = git.arg("-C").arg(company.path("service")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_unsafe_option_costs_the_control_that_it_weakens() {
    let company = Company::healthy();
    let unsafe_option = "allow-signing-for-others-unsafe";
    company.replace("jobs/commits.toml", "range", &format!("{unsafe_option} = true\nrange"));
    claim(&company, "commits", "\"SC-3\"");
    refused(&company, "commits", unsafe_option);
    claim(&company, "commits", "");
    assert_eq!(planned(&company, "commits"), [json!([])]);
    let signers = "[signers]\nkeyring = \"keys/keyring.asc\"\n";
    for (kind, subjects, options) in [
        (
            "signed-artifacts",
            "files = [\"service/Cargo.lock\"]\n",
            &["without-transparency-log-unsafe", "inclusion-promise-suffices-unsafe"][..],
        ),
        (
            "signed-images",
            "",
            &[
                "without-transparency-log-unsafe",
                "inclusion-promise-suffices-unsafe",
                "manifest-only-unsafe",
            ][..],
        ),
    ] {
        for option in options {
            let set = format!("{option} = true\n");
            let image = format!("[[image]]\nimage = \"image\"\n{set}");
            let (top, table) = if subjects.is_empty() { ("", &*image) } else { (&*set, "") };
            let job = format!("kind = \"{kind}\"\n{subjects}{top}{signers}{table}");
            company.write("jobs/signed.toml", &job);
            assert_eq!(planned(&company, "signed"), [json!([])], "{option}");
            company.write("jobs/signed.toml", format!("controls = [\"SC-4\"]\n{job}"));
            refused(&company, "signed", &format!("`{option}` is set"));
            company.write("jobs/signed.toml", job.replace(&set, ""));
            assert_eq!(planned(&company, "signed"), [json!(["SC-4"])]);
        }
    }
}

#[test]
fn a_release_whose_files_nobody_signs_serves_neither_control() {
    let company = Company::healthy();
    let policy = |rule: &str| {
        format!(
            "name = \"shop 1\"\n[signers]\nkeyring = \"keys/keyring.asc\"\n\
             [[artifact]]\nname = \"all\"\nfiles = [\"*\"]\n{rule}"
        )
    };
    company.write("dist/shop.txt", "It is sold out.\n");
    let job = "kind = \"release-verify\"\n[[release]]\nfolder = \"dist\"\n\
               policy = \"release.toml\"\n";
    company.write("jobs/release.toml", job);
    for (rule, controls) in [
        ("", json!(["SC-4", "SC-5"])),
        ("sbom = false\n", json!(["SC-4"])),
        ("unsigned-unsafe = true\n", json!(["SC-5"])),
        ("unsigned-unsafe = true\nsbom = false\nrebuilt = true\n", json!([])),
    ] {
        let second = if rule.contains("rebuilt") { "rebuild = \"second\"\n" } else { "" };
        company.write("second/shop.txt", "It is sold out.\n");
        company.write("release.toml", format!("{second}{}", policy(rule)));
        assert_eq!(planned(&company, "release"), [controls], "{rule}");
    }
    let report = company.run("release", 0);
    assert_eq!(served(&report), [json!([])]);
    let settings = &report.0["checks"][0]["settings"];
    assert_eq!(settings["rules"], "all (*): no signature, rebuilt");
    assert!(text(&settings["policy-digest"]).starts_with("sha256:"), "{settings:#}");
    let weakened = text(&settings["weakened"]);
    assert!(weakened.contains("`all` lets unsigned files pass"), "{weakened}");
    assert!(weakened.contains("no rule demands an SBOM"), "{weakened}");
    company.write("jobs/release.toml", format!("controls = [\"SC-5\"]\n{job}"));
    refused(&company, "release", "no rule demands an SBOM");
}

#[test]
fn a_supplier_that_is_not_required_needs_a_decision_that_holds() {
    let company = Company::healthy();
    let sbom: Value = serde_json::from_slice(&company.read("sbom/service.cdx.json")).unwrap();
    let mut bare = sbom.clone();
    let component = bare["components"][0].as_object_mut().unwrap();
    for field in ["supplier", "publisher", "manufacturer", "authors", "author"] {
        component.remove(field);
    }
    company.write("sbom/service.cdx.json", serde_json::to_vec(&bare).unwrap());
    let missing = company.run("sbom", 1).finding("ntia-missing-supplier").clone();
    assert!(text(&missing["remedy"]).contains("`by`, `reason` and `until`"), "{missing:#}");
    let option = "file = \"sbom/service.cdx.json\"\nrequire-component-supplier = false\n";
    company.replace("jobs/sbom.toml", "file = \"sbom/service.cdx.json\"\n", option);
    let output = company.beleg("plan sbom").run().expect(2);
    for key in ["by", "reason", "until"] {
        assert!(output.stderr.contains(&format!("`sbom[0].{key}` is missing")), "{output:?}");
    }
    let decide = |until: &str| {
        let decided = format!(
            "{option}by = \"security@shop.example\"\nuntil = \"{until}\"\n\
             reason = \"The registry names no supplier.\"\n"
        );
        company.replace("jobs/sbom.toml", option, &decided);
        decided
    };
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let soon = today.saturating_add(jiff::Span::new().days(90)).to_string();
    let decided = decide(&soon);
    let report = company.run("sbom", 0);
    assert_eq!(report.finding("ntia-missing-supplier")["waived"]["by"], "security@shop.example");
    let setting = text(&report.0["checks"][0]["settings"]["require-component-supplier"]);
    assert!(setting.contains("The registry names no supplier."), "{setting}");
    // A decision that nothing needs is a fault, and so is one that has ended or never ends.
    company.write("sbom/service.cdx.json", serde_json::to_vec(&sbom).unwrap());
    company.run("sbom", 1).finding("exemption-unused");
    company.write("sbom/service.cdx.json", serde_json::to_vec(&bare).unwrap());
    for (until, rule) in [("2020-01-01", "exemption-expired"), ("2999-12-31", "exemption-too-long")]
    {
        company.replace("jobs/sbom.toml", &decided, option);
        let refused = decide(until);
        let report = company.run("sbom", 1);
        assert_eq!(report.finding(rule)["verdict"], "fail");
        assert_eq!(report.finding("ntia-missing-supplier")["verdict"], "fail");
        company.replace("jobs/sbom.toml", &refused, &decided);
    }
}

#[test]
fn a_decision_that_nothing_needs_is_a_fault_where_its_subject_was_seen_whole() {
    let company = Company::healthy();
    let job = String::from_utf8(company.read("jobs/dependencies.toml")).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let soon = today.saturating_add(jiff::Span::new().days(90));
    let ignore = |more: &str| {
        let decided = format!(
            "{job}\n[[ignore]]\nadvisory = \"DEMO-2000-0001\"\nuntil = \"{soon}\"\n\
             reason = \"the parser is not reachable\"\nby = \"security\"\n{more}"
        );
        company.write("jobs/dependencies.toml", decided);
    };
    // The other subject may need it.
    ignore("");
    assert_eq!(company.run("dependencies", 0).finding("ignore-unused")["verdict"], "pass");
    ignore("subject = \"service/Cargo.lock\"\n");
    let report = company.run("dependencies", 1);
    let verdicts = json!([report.0["checks"][0]["verdict"], report.0["checks"][1]["verdict"]]);
    assert_eq!(verdicts, json!(["fail", "pass"]));
    assert_eq!(report.finding("ignore-unused")["severity"], "low");
    ignore("subject = \"service/cargo.lock\"\n");
    refused(&company, "dependencies", "`service/cargo.lock`, which is no subject of the job");
    // Where nobody could look, nobody knows.
    ignore("subject = \"service/Cargo.lock\"\n");
    company.remove("advisories");
    assert_eq!(company.run("dependencies", 3).finding("ignore-unused")["verdict"], "pass");
}
