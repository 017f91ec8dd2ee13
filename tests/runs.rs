//! Runs: every exit code from a real situation, and what reports say.

use crate::command::Beleg;
use crate::company::{Company, Report, leftovers, text};
use serde_json::Value;
use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;

#[test]
fn a_healthy_run_ends_with_0_and_a_faulty_one_with_1() {
    Company::healthy().run("nightly", 0);
    Company::faulty().run("nightly", 1);
}

#[test]
fn a_project_without_subjects_ends_with_4_and_records_nothing() {
    let company = Company::healthy();
    company.remove("jobs").remove("schedules");
    let output = company.beleg("run").run().expect(4);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("There is nothing to check"), "{}", output.stderr);
    assert!(!company.path(".beleg/ledger").exists());
    company.beleg("plan").run().expect(4);
}

#[test]
fn a_job_or_schedule_that_names_nothing_is_a_mistake_and_not_a_pass() {
    let company = Company::healthy();
    company
        .write("jobs/dependencies.toml", "kind = \"advisory-scan\"\nsubjects = []\n")
        .write("schedules/nightly.toml", "cron = \"0 2 * * *\"\njobs = []\n");
    let output = company.beleg("run nightly").run().expect(2);
    assert!(output.stderr.contains("jobs/dependencies.toml:2: `subjects` names nothing"));
    assert!(output.stderr.contains("schedules/nightly.toml:2: `jobs` names nothing"));
}

#[test]
fn a_second_run_ends_with_5_while_the_first_holds_the_lock() {
    let company = Company::healthy();
    std::fs::create_dir(company.path(".beleg")).unwrap();
    let lock = File::create(company.path(".beleg/run.lock")).unwrap();
    lock.lock().unwrap();
    let output = company.beleg("run nightly").run().expect(5);
    assert!(output.stderr.contains("another run of this project is under way"));
    assert!(!company.path(".beleg/ledger").exists());
    // Who only reads does not wait.
    company.beleg("plan").run().expect(0);
    drop(lock);
    company.run("nightly", 0);
}

#[test]
fn evidence_that_cannot_be_recorded_ends_with_70() {
    let company = Company::healthy();
    company.write(".beleg/ledger", "a file where the ledger's folder should be");
    let output = company.beleg("run nightly").run().expect(70);
    assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    assert_eq!(output.stdout, "", "what is not recorded is not reported");
}

#[test]
fn a_ledger_key_that_is_gone_or_none_is_said_and_nothing_is_recorded() {
    let company = Company::healthy();
    company.run("nightly", 0);
    company.write(".beleg/keys/ledger.key", "no key");
    let output = company.beleg("run nightly").run();
    assert!([2, 70].contains(&output.status.code().unwrap()), "{output:?}");
    company.remove(".beleg/keys/ledger.key");
    let output = company.beleg("run nightly").run();
    assert!([2, 70].contains(&output.status.code().unwrap()), "{output:?}");
    assert!(!company.path(".beleg/keys/ledger.key").exists(), "a new key cannot continue the old");
}

#[test]
fn stale_advisories_are_unknown_not_pass() {
    let company = Company::healthy_days_ago(8);
    let report = company.run("dependencies", 3);
    assert_eq!(report.0["verdict"], "unknown");
    assert!(report.finding("advisory-data-stale")["verdict"] == "unknown");
    company.replace("beleg.toml", "max-age = \"7d\"", "max-age = \"9d\"");
    company.run("dependencies", 0);
}

#[test]
fn absent_advisories_are_unknown_and_the_remedy_names_the_variable() {
    let company = Company::healthy();
    company.write("beleg.toml", "");
    let report = company.run("dependencies", 3);
    let remedy = text(&report.finding("advisory-source-missing")["remedy"]);
    assert!(remedy.contains("BELEG_ADVISORIES"), "{remedy}");
    for check in report.0["checks"].as_array().unwrap() {
        assert_eq!(check["population"]["examined"], 0);
    }
}

#[test]
fn the_variable_provides_advisories_and_a_wrong_one_is_unknown() {
    let company = Company::healthy();
    company.write("beleg.toml", "");
    let led_by = |mirror: PathBuf| {
        company.beleg("run dependencies --format json").env("BELEG_ADVISORIES", mirror).run()
    };
    led_by(company.path("advisories")).expect(0);
    let report = Report::of(&led_by(company.path("nowhere")).expect(3));
    assert!(!report.found().is_empty());
    // A mirror without one of the sources covers only the other's packages.
    let half = company.path("half");
    std::fs::create_dir_all(half.join("rustsec-advisory-db")).unwrap();
    led_by(half).expect(3);
}

#[test]
fn the_json_report_has_the_promised_shape() {
    let report = Company::faulty().run("nightly", 1).0;
    assert_eq!(report["schema"], 1);
    assert_eq!(report["verdict"], "fail");
    for check in report["checks"].as_array().unwrap() {
        for key in ["job", "kind", "subject", "verdict", "reason"] {
            assert!(check[key].is_string(), "{key}");
        }
        for key in ["unit", "expected", "examined", "left_out"] {
            assert!(!check["population"][key].is_null(), "{key}");
        }
        for finding in check["findings"].as_array().unwrap() {
            for key in ["rule", "severity", "message", "remedy"] {
                assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
            }
            // It is empty where the subject as a whole is meant.
            assert!(finding["location"].is_string());
        }
    }
}

#[test]
fn the_json_report_has_sorted_keys_and_instants_in_utc() {
    let output = Company::faulty().beleg("run nightly --format json").run().expect(1);
    // The parser keeps objects sorted, so that what it writes shows whether they were.
    let sorted: Value = serde_json::from_str(&output.stdout).unwrap();
    let again: Value = serde_json::from_str(&format!("{sorted:#}")).unwrap();
    assert_eq!(sorted, again);
    let keys = |text: &str| -> Vec<String> {
        let key = |line: &str| line.trim().split_once("\":").map(|(key, _)| key.to_owned());
        text.lines().filter_map(key).collect()
    };
    assert_eq!(keys(&output.stdout), keys(&format!("{sorted:#}")));
    let run = &output.json()["run"];
    assert!(text(&run["planned"]).ends_with('Z'));
}

#[test]
fn a_report_is_the_same_bytes_every_time() {
    let company = Company::faulty();
    company.run("nightly", 1);
    for format in ["text", "json", "sarif", "html"] {
        let render = || company.beleg("report nightly --format").arg(format).run().expect(1).stdout;
        let first = render();
        assert_eq!(first, render(), "{format}");
        let kept = format!(".beleg/reports/nightly/report.{}", format.replace("text", "txt"));
        assert_eq!(first.into_bytes(), company.read(&kept), "{format}");
    }
}

#[test]
fn an_earlier_run_is_shown_by_its_identifier() {
    let company = Company::healthy();
    let first = company.run("nightly", 0).0;
    let second = company.run("sbom", 0).0;
    let shown = |words: &str| company.beleg(words).arg("--format=json").run().expect(0).json();
    let id = text(&first["run"]["id"]);
    assert_eq!(shown(&format!("report {id}"))["run"]["id"], first["run"]["id"]);
    assert_eq!(shown("report nightly")["run"]["id"], first["run"]["id"]);
    assert_eq!(shown("report")["run"]["id"], second["run"]["id"]);
    company.beleg("report weekly").run().expect(2);
}

#[test]
fn a_report_without_a_ledger_is_nothing_and_makes_none() {
    let company = Company::healthy();
    let output = company.beleg("report").run();
    assert_ne!(output.status.code(), Some(0));
    assert!(output.stderr.starts_with("error: "));
    assert!(!company.path(".beleg").exists());
}

#[test]
fn a_report_goes_to_the_file_that_is_named() {
    let company = Company::faulty();
    let output = company.beleg("run nightly --format html --output r.html").run().expect(1);
    assert_eq!(output.stdout, "");
    let page = std::fs::read_to_string(company.path("r.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));
    for outside in ["<script", "src=\"http", "href=\"http://", "@import", "url("] {
        assert!(!page.contains(outside), "the page is self-contained: {outside}");
    }
}

#[test]
fn sarif_names_every_fault_with_rule_and_place() {
    let company = Company::faulty();
    let output = company.beleg("run nightly --format sarif").run().expect(1).json();
    assert_eq!(output["version"], "2.1.0");
    assert!(text(&output["$schema"]).contains("sarif"));
    let run = &output["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string());
    }
    let faults = results.iter().filter(|result| result["properties"]["verdict"] == "fail").count();
    assert_eq!(faults, 11, "{results:#?}");
}

#[test]
fn standard_output_is_the_result_and_standard_error_the_rest() {
    let company = Company::healthy();
    let loud = company.beleg("run nightly").run().expect(0);
    assert!(loud.stderr.contains("restore: customers"), "{}", loud.stderr);
    let quiet = company.beleg("run nightly --quiet").run().expect(0);
    assert_eq!(quiet.stderr, "");
    assert!(quiet.stdout.starts_with("PASS  nightly: all 6 checks passed"));
}

#[test]
fn colour_is_off_without_a_terminal_and_where_it_is_not_wanted() {
    let company = Company::faulty();
    let coloured = |beleg: Beleg| beleg.run().expect(1).stdout.contains('\u{1b}');
    assert!(!coloured(company.beleg("run nightly")));
    assert!(!coloured(company.beleg("report --color never")));
    assert!(!coloured(company.beleg("report").env("NO_COLOR", "1")));
    assert!(coloured(company.beleg("report --color always")));
    let plain = company.beleg("report").run().expect(1).stdout;
    let painted = company.beleg("report --color always").run().expect(1).stdout;
    let mut unpainted = String::new();
    let mut in_escape = false;
    for c in painted.chars() {
        match c {
            '\u{1b}' => in_escape = true,
            'm' if in_escape => in_escape = false,
            c if !in_escape => unpainted.push(c),
            _ => {}
        }
    }
    assert_eq!(plain, unpainted, "it reads the same without colour");
}

#[test]
fn a_check_that_takes_too_long_is_unknown_and_the_others_are_not_touched() {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let company = Company::healthy();
    let url = format!("url = \"http://{}/backups\"", silent.local_addr().unwrap());
    company.replace("jobs/restore.toml", "url = \"backups/eu-west\"", &url).replace(
        "jobs/restore.toml",
        "timeout = \"1h\"",
        "timeout = \"1s\"",
    );
    let report = company.run("nightly", 3);
    assert_eq!(report.found(), [("restore".to_owned(), "timed-out".to_owned())]);
}

#[test]
fn a_run_leaves_its_scratch_folder_empty() {
    for company in [Company::healthy(), Company::faulty()] {
        let before = company.surroundings();
        company.beleg("run nightly").run();
        assert_eq!(leftovers(&company.path(".beleg/scratch")), Vec::<PathBuf>::new());
        assert!(before == company.surroundings());
    }
}

#[test]
fn the_private_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let company = Company::healthy();
    company.run("sbom", 0);
    let mode = std::fs::metadata(company.path(".beleg/keys/ledger.key")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}
