//! Configuration: every problem at once with its line and a remedy, and what plans say.

use crate::command::{Beleg, Output};
use crate::company::{Company, empty_folder, text};
use std::process::Command;

#[test]
fn problems_of_all_files_are_reported_at_once_with_line_and_remedy() {
    let company = Company::healthy();
    company
        .write("beleg.toml", "[ledger]\nurl = 1\n\n[limits]\nparallel = 0\ncolour = \"red\"\n")
        .write("jobs/image.toml", "kind = \"image-scam\"\n")
        .write("jobs/sbom.toml", "kind = \"sbom-verify\"\n\n[[sbom]]\nfile = \"a.json\"\n")
        .write("jobs/broken.toml", "kind = \n")
        .write(
            "schedules/nightly.toml",
            "cron = \"every night\"\njobs = [\"image\", \"absent\"]\ntime-zone = \"Mars/Olympus\"\n",
        );
    let before = company.surroundings();
    let output = company.beleg("run nightly").run().expect(2);
    for place in [
        "beleg.toml:2: `ledger.url`",
        "beleg.toml:5: `limits.parallel`",
        "beleg.toml:6: `limits.colour`",
        "jobs/image.toml:1: `image-scam` is no kind of job",
        "jobs/sbom.toml:3: `sbom[0].lockfiles` is missing",
        "jobs/broken.toml:1: ",
        "schedules/nightly.toml:2: there is no job `absent`",
        "schedules/nightly.toml:3: ",
    ] {
        assert!(output.stderr.contains(place), "{place}\n{}", output.stderr);
    }
    let problems = output.stderr.lines().filter(|line| line.contains(".toml:")).count();
    let remedies = output.stderr.lines().filter(|line| line.starts_with("  remedy: ")).count();
    assert_eq!(problems, remedies, "{}", output.stderr);
    assert_eq!(output.stdout, "");
    assert!(before == company.surroundings());
    assert!(!company.path(".beleg").exists(), "nothing was run");
}

#[test]
fn a_missing_project_says_what_to_do() {
    let folder = empty_folder();
    for words in ["run", "plan", "schedule list", "report", "ledger verify"] {
        let output = Beleg::in_folder(folder.path()).args(words).run().expect(2);
        assert!(output.stderr.contains("there is no `beleg.toml` in"), "{words}");
        assert!(output.stderr.contains("remedy: "), "{words}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_name_lists_what_there_is() {
    let output = Company::healthy().beleg("run nigthly").run().expect(2);
    let known = "there are: nightly, commits, dependencies, image, restore, sbom";
    assert!(output.stderr.contains(known), "{}", output.stderr);
}

#[test]
fn a_run_can_be_of_a_schedule_a_job_a_kind_or_everything() {
    let company = Company::healthy();
    for (words, checks) in
        [("plan nightly", 6), ("plan sbom", 1), ("plan advisory-scan", 2), ("plan", 6)]
    {
        let plan = company.beleg(words).arg("--json").run().expect(0).json();
        assert_eq!(plan["plan"]["checks"].as_array().unwrap().len(), checks, "{words}");
    }
}

#[test]
fn a_subject_that_stands_twice_is_refused() {
    let company = Company::healthy();
    company.replace(
        "jobs/dependencies.toml",
        "\"service/requirements.txt\"",
        "\"service/Cargo.lock\"",
    );
    for words in ["plan", "run"] {
        let output = company.beleg(words).run().expect(2);
        let said = "names the subject `service/Cargo.lock` twice";
        assert!(output.stderr.contains(said), "{}", output.stderr);
        assert!(output.stderr.contains("jobs/dependencies.toml:"), "{}", output.stderr);
        assert!(output.stderr.contains("remedy: Name each subject once."), "{}", output.stderr);
    }
}

#[test]
fn a_schedule_and_a_job_of_one_name_are_refused() {
    let company = Company::healthy();
    company.write("schedules/sbom.toml", "cron = \"0 2 * * *\"\njobs = [\"sbom\"]\n");
    let output = company.beleg("plan").run().expect(2);
    assert!(output.stderr.contains("schedules/sbom.toml: `sbom` names a job too"));
}

#[test]
fn a_plan_names_every_check_with_its_needs_and_does_nothing() {
    let company = Company::healthy();
    let before = company.surroundings();
    let output = company.beleg("plan nightly").run().expect(0);
    for said in [
        "6 checks would run for `nightly`",
        "restore  restore-test  customers",
        "time limit 3600 s, controls BAK-1",
        "reads the secret in keys/restore.key",
        "writes below the scratch folder",
    ] {
        assert!(output.stdout.contains(said), "{said}\n{}", output.stdout);
    }
    assert!(before == company.surroundings());
    assert!(!company.path(".beleg").exists());
}

#[test]
fn a_dry_run_is_a_plan() {
    let company = Company::healthy();
    let plan = company.beleg("plan nightly").run().expect(0);
    let dry = company.beleg("run nightly --dry-run").run().expect(0);
    assert_eq!(plan.stdout, dry.stdout);
    assert!(!company.path(".beleg").exists());
}

#[test]
fn a_plan_as_json_is_hashed_and_its_checks_have_keys_of_their_own() {
    let plan = Company::healthy().beleg("plan nightly --json").run().expect(0).json();
    assert_eq!(plan["schema"], 1);
    assert_eq!(text(&plan["digest"]).len(), 64);
    let checks = plan["plan"]["checks"].as_array().unwrap();
    let mut keys: Vec<String> = checks.iter().map(|check| text(&check["run_key"])).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);
}

#[test]
fn a_plan_explains_where_a_setting_comes_from() {
    let company = Company::healthy();
    let explained = |output: Output| output.expect(0).stdout;
    let from_file = explained(company.beleg("plan --explain").run());
    assert!(from_file.contains("rustsec advisories: advisories/rustsec  (beleg.toml)"));
    assert!(from_file.contains("offline: no  (default)"));
    let mirror = company.path("advisories");
    let led =
        explained(company.beleg("plan --explain --offline").env("BELEG_ADVISORIES", mirror).run());
    assert!(led.contains("(--advisories or BELEG_ADVISORIES)"), "{led}");
    assert!(led.contains("offline: yes"), "{led}");
}

#[test]
fn schedules_are_listed_and_due() {
    let company = Company::healthy();
    company.write(
        "schedules/weekly.toml",
        "cron = \"30 4 * * 1\"\njobs = [\"restore\"]\ngrace = \"90m\"\n",
    );
    let list = company.beleg("schedule list").run().expect(0).stdout;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines,
        [
            "nightly  0 2 * * *  Europe/Berlin  grace 120 min  jobs: dependencies, image, commits, sbom, restore",
            "weekly   30 4 * * 1  UTC  grace 90 min  jobs: restore",
        ]
    );
    let next = company.beleg("schedule next").run().expect(0).stdout;
    let lines: Vec<&str> = next.lines().collect();
    assert!(lines[0].starts_with("nightly  ") && lines[0].contains(" 02:00 CE"), "{next}");
    assert!(lines[1].starts_with("weekly   ") && lines[1].contains(" 04:30 UTC"), "{next}");
}

#[test]
fn a_project_without_schedules_says_so() {
    let company = Company::healthy();
    company.remove("schedules");
    let output = company.beleg("schedule next").run().expect(4);
    assert!(output.stderr.contains("There is no schedule"));
}

/// Refuses a configuration file that is none; the words name it and say what it is.
#[track_caller]
fn refused(company: &Company, words: &[&str]) {
    for command in ["plan", "run nightly", "schedule list"] {
        let output = company.beleg(command).run().expect(2);
        for word in words {
            assert!(output.stderr.contains(word), "{word}\n{}", output.stderr);
        }
        assert!(output.stderr.contains("  remedy: "), "{}", output.stderr);
    }
}

#[test]
fn a_pipe_in_the_place_of_a_configuration_file_is_refused_without_waiting() {
    for file in ["beleg.toml", "jobs/sbom.toml", "schedules/nightly.toml"] {
        let company = Company::healthy();
        company.remove(file);
        assert!(Command::new("mkfifo").arg(company.path(file)).status().unwrap().success());
        refused(&company, &[&format!("{file}: "), "not a regular file"]);
    }
}

#[test]
fn a_gigantic_configuration_file_is_refused() {
    for file in ["beleg.toml", "jobs/sbom.toml", "schedules/nightly.toml"] {
        let company = Company::healthy();
        company.write(file, "#".repeat(2 << 20));
        refused(&company, &[&format!("{file}: the file has more than 1048576 bytes")]);
    }
}

#[test]
fn a_configuration_file_that_is_no_text_is_refused() {
    let company = Company::healthy();
    company.write("jobs/sbom.toml", b"kind = \"\xff\xfe\"\n");
    refused(&company, &["jobs/sbom.toml: the file is not UTF-8"]);
}

#[test]
fn a_folder_in_the_place_of_a_job_file_is_refused() {
    let company = Company::healthy();
    std::fs::create_dir(company.path("jobs/folder.toml")).unwrap();
    refused(&company, &["jobs/folder.toml: "]);
}

#[test]
fn a_dangling_link_in_the_place_of_a_job_file_is_refused() {
    let company = Company::healthy();
    std::os::unix::fs::symlink("/nowhere", company.path("jobs/link.toml")).unwrap();
    refused(&company, &["jobs/link.toml: the file cannot be read"]);
}

#[test]
fn a_job_file_whose_name_is_no_text_is_refused_and_not_left_out() {
    use std::os::unix::ffi::OsStrExt as _;
    let company = Company::healthy();
    let name = std::ffi::OsStr::from_bytes(b"\xff.toml");
    std::fs::write(company.path("jobs").join(name), "kind = \"sbom-verify\"\n").unwrap();
    refused(&company, &["jobs/", "not UTF-8"]);
}

#[test]
fn a_jobs_folder_that_cannot_be_read_is_refused_and_not_empty() {
    for folder in ["jobs", "schedules"] {
        let company = Company::healthy();
        company.remove(folder).write(folder, "no folder");
        refused(&company, &[&format!("{folder}: ")]);
    }
}

#[test]
fn a_secret_in_a_job_file_is_refused() {
    let company = Company::healthy();
    company.replace(
        "jobs/restore.toml",
        "url = \"backups/eu-west\"",
        "url = \"s3://bucket\"\noptions = { aws_secret_access_key = \"hunter2\" }",
    );
    let output = company.beleg("plan").run().expect(2);
    assert!(output.stderr.contains("the option `aws_secret_access_key` holds a secret"));
    assert!(!output.stderr.contains("hunter2"));
}

#[test]
fn deeply_nested_configuration_is_refused_and_does_not_overflow() {
    let company = Company::healthy();
    let deep = format!("kind = {}1{}\n", "[".repeat(200_000), "]".repeat(200_000));
    company.write("jobs/sbom.toml", deep);
    refused(&company, &["jobs/sbom.toml:1: "]);
}

#[test]
fn a_wrong_command_line_is_a_mistake_and_help_is_none() {
    Beleg::anywhere().args("run --colour").run().expect(2);
    Beleg::anywhere().args("report --format docx").run().expect(2);
    Beleg::anywhere().args("pack create").run().expect(2);
    let help = Beleg::anywhere().args("--help").run().expect(0);
    assert!(help.stdout.contains("Exit codes: 0 pass"));
    let version = Beleg::anywhere().args("--version").run().expect(0);
    assert_eq!(version.stdout.trim(), concat!("beleg ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_file_that_is_not_read_is_a_mistake_or_named() {
    let company = Company::healthy();
    for file in ["jobs/other.yml", "jobs/Other.TOML", "schedules/weekly.yaml"] {
        company.write(file, "kind = \"sbom-verify\"\n");
        let output = company.beleg("plan").run().expect(2);
        assert!(output.stderr.contains(&format!("{file}: the file is not read")), "{output:?}");
        company.remove(file);
    }
    company.write("jobs/sbom.toml.off", "").write("jobs/README.md", "").write("jobs/.swp", "");
    let output = company.beleg("plan").run().expect(0);
    assert!(output.stderr.contains("`jobs/sbom.toml.off` is not read"), "{output:?}");
    assert_eq!(output.stderr.matches("is not read").count(), 1, "{output:?}");
}

#[test]
fn a_job_or_schedule_that_bears_a_kinds_name_does_not_hide_the_others() {
    let company = Company::healthy();
    let job = company.read("jobs/restore.toml");
    // The only one of its kind may bear its name.
    company.remove("jobs/restore.toml").write("jobs/restore-test.toml", &job);
    company.replace("schedules/nightly.toml", "\"restore\"", "\"restore-test\"");
    company.beleg("plan restore-test").run().expect(0);
    company.write("jobs/z.toml", &job);
    let output = company.beleg("plan restore-test").run().expect(2);
    let said = "jobs/restore-test.toml: `restore-test` is a kind of job too, which `z` is of";
    assert!(output.stderr.contains(said), "{output:?}");
    company.remove("jobs/restore-test.toml");
    company.replace("schedules/nightly.toml", "\"restore-test\"", "\"z\"");
    company.write("schedules/restore-test.toml", "cron = \"0 2 * * *\"\njobs = [\"sbom\"]\n");
    let output = company.beleg("plan restore-test").run().expect(2);
    assert!(output.stderr.contains("schedules/restore-test.toml: "), "{output:?}");
}

#[test]
fn a_setting_that_cannot_be_kept_is_refused_and_a_typo_hides_nothing() {
    let company = Company::healthy();
    company
        .write("jobs/odd.toml", "kind = \"advisory-scan\"\ntimeout = \"0s\"\nsubjects = [\"\"]\n");
    let output = company.beleg("plan").run().expect(2);
    assert!(output.stderr.contains("`timeout` is zero"), "{output:?}");
    assert!(output.stderr.contains("`subjects` holds an empty text"), "{output:?}");
    company.write("jobs/odd.toml", "kind = \"advisory-scn\"\nsubjects = [\"service\"]\n");
    let output = company.beleg("plan").run().expect(2);
    assert_eq!(output.stderr.matches("jobs/odd.toml").count(), 1, "{output:?}");
    company.remove("jobs/odd.toml");
    company.write(
        "schedules/odd.toml",
        "cron = \"0 2 * *\"\ntime-zone = \"Europe/Bonn\"\njobs = [\"sbom\"]\n",
    );
    let output = company.beleg("plan").run().expect(2);
    assert!(output.stderr.contains("is no cron expression"), "{output:?}");
    assert!(output.stderr.contains("is no time zone"), "{output:?}");
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let company = Company::healthy();
    company.beleg("run dependencies").env("BELEG_ADVISORIES", "").run().expect(0);
    let output = company.beleg("plan --advisories /nope").run().expect(0);
    assert!(output.stderr.contains("`/nope`, which"), "{output:?}");
}
