//! What operators meet: outputs that cannot be written, runs that are killed, refused or do not
//! come, keys beside a repository.

use crate::company::{Company, text};
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn an_output_that_cannot_be_written_is_said_before_anything_is_done() {
    let company = Company::faulty();
    let missing = company.path("missing/folder/x.txt");
    for words in [
        "run nightly -o",
        "report -o",
        "pack create --from 2026-01-01 --to 2026-12-31 --output",
        "sbom create service/Cargo.lock --name a --supplier b -o",
        "verify commits --repo service --allowed-signers keys/allowed_signers -o",
    ] {
        let output = company.beleg(words).arg(&missing).current_dir(&company.folder()).run();
        let output = output.expect(2);
        assert!(output.stderr.contains("missing/folder/x.txt` cannot be written"), "{output:?}");
    }
    assert!(!company.path(".beleg").exists(), "nothing was run");
}

#[test]
fn a_verdict_is_not_lost_to_a_report_that_cannot_be_written() {
    // Writing to this device fails as it does on a full disk.
    let company = Company::faulty();
    let output = company.beleg("run nightly -o /dev/full").run().expect(1);
    assert!(output.stderr.contains("the verdict is FAIL; the run is recorded"), "{output:?}");
    company.beleg("report nightly").run().expect(1);

    let company = Company::healthy();
    company.write(".beleg/reports", "a file where the folder of the reports should be");
    let output = company.beleg("run nightly").run().expect(70);
    assert!(output.stderr.contains("the verdict is PASS; the run is recorded"), "{output:?}");
    assert!(output.stdout.starts_with("PASS  nightly"), "{output:?}");
}

#[test]
fn a_run_that_is_killed_leaves_no_report_of_the_run_before() {
    let company = Company::healthy();
    let shown = company.path("shown.txt");
    company.beleg("run nightly -o").arg(&shown).run().expect(0);
    assert!(company.path(".beleg/reports/nightly/report.html").exists());
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("url = \"http://{}/backups\"", silent.local_addr().unwrap());
    company.replace("jobs/restore.toml", "url = \"backups/eu-west\"", &url);
    let run = company.beleg("run nightly -o").arg(&shown).start();
    let began = Instant::now();
    while company.path(".beleg/reports/nightly/report.html").exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "the old report is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    run.kill();
    for file in ["report.txt", "report.json", "report.sarif", "report.html"] {
        assert!(!company.path(".beleg/reports/nightly").join(file).exists(), "{file}");
    }
    assert_eq!(std::fs::read_to_string(shown).unwrap(), "");
}

#[test]
fn a_run_that_the_lock_refuses_leaves_a_trace() {
    let company = Company::healthy();
    company.run("nightly", 0);
    let lock = File::options().write(true).open(company.path(".beleg/run.lock")).unwrap();
    lock.lock().unwrap();
    company.beleg("run nightly").run().expect(5);
    drop(lock);
    let shown = company.beleg("schedule missed").run().stdout;
    let line = shown.lines().find(|line| line.starts_with("refused  ")).unwrap();
    assert!(line.ends_with("nightly: another run held the lock"), "{shown}");
}

#[test]
fn slots_without_a_run_are_missed_and_named() {
    let company = Company::healthy();
    company.write("schedules/weekly.toml", "cron = \"0 4 * * 1\"\njobs = [\"sbom\"]\n");
    let nothing = company.beleg("schedule missed").run().expect(4);
    assert!(nothing.stderr.contains("there is no ledger yet"), "{nothing:?}");
    company.run("nightly", 0);
    let days_ago = |days: i64| {
        let then = Timestamp::now() - SignedDuration::from_hours(24 * days);
        then.strftime("%Y-%m-%d").to_string()
    };
    let missed = company.beleg("schedule missed --since").arg(days_ago(3)).run().expect(3).stdout;
    let nights = missed.lines().filter(|line| line.starts_with("missed  ")).count();
    assert!(nights >= 2, "{missed}");
    assert!(missed.contains("nightly: no run within 120 min"), "{missed}");
    // One that never ran at all is not passed over.
    let missed = company.beleg("schedule missed").run().expect(3).stdout;
    assert!(missed.contains("missed  weekly: no run in the last 31 days"), "{missed}");
}

#[test]
fn nothing_was_missed_in_the_future_and_that_is_no_pass() {
    let company = Company::healthy();
    company.run("nightly", 0);
    let output = company.beleg("schedule missed --since 2999-01-01").run().expect(4);
    assert!(output.stderr.contains("lies ahead"), "{output:?}");
}

#[test]
fn a_schedule_that_never_comes_due_is_a_mistake_and_hides_no_other() {
    let company = Company::healthy();
    company.write("schedules/never.toml", "cron = \"0 0 31 2 *\"\njobs = [\"sbom\"]\n");
    for words in ["plan never", "run never", "schedule list"] {
        let output = company.beleg(words).run().expect(2);
        let said = "schedules/never.toml:1: `0 0 31 2 *` never comes due";
        assert!(output.stderr.contains(said), "{output:?}");
        assert!(output.stderr.contains("remedy: Write a day that its month has."), "{output:?}");
    }
    let next = company.beleg("schedule next").run().expect(2);
    assert!(next.stderr.contains("`0 0 31 2 *` never comes due"), "{next:?}");
    assert!(next.stdout.starts_with("nightly  2"), "{next:?}");
    assert_eq!(next.stdout.lines().count(), 1, "{next:?}");
}

#[test]
fn a_plan_names_what_is_not_there() {
    let company = Company::healthy();
    company.replace(
        "jobs/dependencies.toml",
        "\"service/requirements.txt\"",
        "\"service/absent.lock\"",
    );
    company.remove("keys/restore.key");
    let plan = company.beleg("plan nightly").run().expect(0).stdout;
    assert!(plan.contains("not there: service/absent.lock"), "{plan}");
    assert!(plan.contains("not there: keys/restore.key"), "{plan}");
    let plan = company.beleg("plan nightly --json").run().expect(0).json();
    assert_eq!(plan["missing"].as_array().unwrap().len(), 2);
}

#[test]
fn the_plan_holds_the_schedule_and_the_settings_in_force() {
    let company = Company::healthy();
    let plan = company.beleg("plan nightly --json").run().expect(0).json();
    assert_eq!(plan["plan"]["schedule"]["cron"], "0 2 * * *");
    assert_eq!(plan["plan"]["schedule"]["time_zone"], "Europe/Berlin");
    assert_eq!(plan["plan"]["jobs"]["restore"]["backup"][0]["name"], "customers");
    let report = company.run("nightly", 0);
    for check in report.0["checks"].as_array().unwrap() {
        let settings = check["settings"].as_object().unwrap();
        assert!(settings.contains_key("timeout"), "{settings:?}");
        if check["kind"] == "restore-test" {
            assert!(settings.contains_key("rpo") && settings.contains_key("rto"), "{settings:?}");
        }
        if check["kind"] == "advisory-scan" {
            assert_eq!(text(&settings["advisories-max-age"]), "7 days");
        }
    }
}

fn git(company: &Company, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    command.args(identity).arg("-C").arg(company.folder()).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn git_does_not_take_up_the_private_key_and_a_tracked_one_is_named() {
    let company = Company::healthy();
    company.remove(".gitignore").remove("service/.git");
    git(&company, &["init", "--quiet"]);
    let output = company.beleg("run sbom").run().expect(0);
    assert!(!output.stderr.contains("private key"), "{output:?}");
    git(&company, &["add", "-A"]);
    let tracked = git(&company, &["ls-files", ".beleg"]);
    assert!(tracked.contains(".beleg/ledger/checkpoint"), "the ledger may be kept: {tracked}");
    for private in ["keys/", "run.lock", "reports/", "scratch/"] {
        assert!(!tracked.contains(&format!(".beleg/{private}")), "{tracked}");
    }
    git(&company, &["add", "--force", ".beleg/keys/ledger.key"]);
    let output = company.beleg("run sbom").run().expect(0);
    assert!(output.stderr.contains("ledger.key` is tracked by git"), "{output:?}");
    let keygen = company.beleg("backup keygen -o").arg(company.path("open.key")).run().expect(0);
    assert!(keygen.stderr.contains("open.key` lies in a git repository"), "{keygen:?}");
}

#[test]
fn the_demonstration_keeps_itself_out_of_git() {
    let company = Company::healthy();
    company.run("sbom", 0);
    git(&company, &["init", "--quiet"]);
    git(&company, &["add", "-A"]);
    assert_eq!(git(&company, &["ls-files"]), "");
}

#[test]
fn files_below_a_folder_are_named_as_seen_from_the_project() {
    let company = Company::healthy();
    company
        .write("services/a/requirements.txt", "demo-web\n")
        .write("services/b/requirements.txt", "demo-web\n")
        .write(
            "jobs/folders.toml",
            "kind = \"advisory-scan\"\nsubjects = [\"services/a\", \"./services/b/\"]\n",
        );
    let sarif = company.beleg("run folders --format sarif").run().expect(3).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mut places: Vec<String> = results
        .iter()
        .filter(|result| result["ruleId"] == "entry-not-read")
        .map(|it| text(&it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]))
        .collect();
    places.sort();
    assert_eq!(places, ["services/a/requirements.txt", "services/b/requirements.txt"]);
    let shown = company.beleg("report").run().expect(3).stdout;
    assert!(shown.contains("at services/a/requirements.txt"), "{shown}");
    assert!(shown.contains("at services/b/requirements.txt"), "{shown}");
}
