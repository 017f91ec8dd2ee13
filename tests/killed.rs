//! Runs that are killed or told to stop: nothing recorded is lost, and the next run completes.

use crate::command::Running;
use crate::company::{Company, Report, leftovers};
use crate::listing::files;
use rustix::process::Signal;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How many moments of a run are tried.
const MOMENTS: u32 = 12;

/// A healthy company whose runs take long enough to be killed at different points.
fn company() -> Company {
    let company = Company::healthy();
    let noise: Vec<u8> = (0..3_000_000_u32).map(|n| (n.wrapping_mul(n) >> 11) as u8).collect();
    company.write("data/large.bin", noise);
    let recipient = company.beleg("backup keygen --output").arg(company.path("keys/large.key"));
    let recipient = recipient.run().expect(0).stdout;
    let words = "backup create data --name large --to backups/eu-central --to backups/eu-west --level 0 --recipient";
    company.beleg(words).arg(recipient.trim()).run().expect(0);
    company.write(
        "jobs/large.toml",
        "kind = \"restore-test\"\n[[backup]]\nname = \"large\"\nidentity = \"keys/large.key\"\n\
         trusted-keys = [\"keys/large.pub\"]\n\
         [[backup.region]]\nname = \"one\"\nurl = \"backups/eu-central\"\n\
         [[backup.region]]\nname = \"two\"\nurl = \"backups/eu-west\"\n",
    );
    company.replace("schedules/nightly.toml", "\"restore\"", "\"restore\", \"large\"");
    // The key that signed the backup is the ledger's, of which only the run knows the public half.
    let private = String::from_utf8(company.read(".beleg/keys/ledger.key")).unwrap();
    let signer = beleg_dsse::Signer::parse(&private).unwrap();
    company.write("keys/large.pub", signer.verifier().to_string());
    company
}

/// Starts a run and waits for how long it takes.
fn duration(company: &Company) -> Duration {
    let began = Instant::now();
    company.beleg("run nightly").run().expect(0);
    began.elapsed()
}

/// Kills `run` when `after` has passed.
fn kill_after(run: Running, after: Duration) {
    std::thread::sleep(after);
    run.kill();
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_a_sound_ledger_and_the_next_one_completes() {
    let company = company();
    let takes = duration(&company);
    let mut runs = 1;
    for moment in 0..MOMENTS {
        let run = company.beleg("run nightly").start();
        kill_after(run, takes * moment / (MOMENTS - 1));
        let verified = company.beleg("ledger verify").run().expect(0);
        assert!(verified.stdout.starts_with("SOUND"), "{verified:?}");
        company.run("nightly", 0);
        let list = company.beleg("ledger list").run().expect(0).stdout;
        let listed = list.lines().count();
        assert!(listed > runs, "a completed run is lost: {list}");
        runs = listed;
        assert_eq!(files(&company.path(".beleg/scratch")), Vec::<PathBuf>::new());
    }
    company.beleg("ledger verify").run().expect(0);
}

#[test]
fn a_first_run_that_is_killed_at_any_moment_does_not_spoil_the_project() {
    let template = Company::healthy();
    let takes = duration(&template);
    for moment in 0..MOMENTS {
        template.remove(".beleg");
        let run = template.beleg("run nightly").start();
        kill_after(run, takes * moment / (MOMENTS - 1));
        let verified = template.beleg("ledger verify").run();
        // Before the first entry there is no ledger yet, and nothing that could be lost.
        let code = verified.status.code().unwrap();
        assert!(code == 0 || code == 4, "{verified:?}");
        template.run("nightly", 0);
        template.beleg("ledger verify").run().expect(0);
    }
}

/// A company with a region that takes connections and never answers.
fn with_a_silent_region() -> (Company, TcpListener) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let company = Company::healthy();
    let url = format!("url = \"http://{}/backups\"", silent.local_addr().unwrap());
    company.replace("jobs/restore.toml", "url = \"backups/eu-west\"", &url);
    (company, silent)
}

#[test]
fn a_run_that_is_killed_within_a_check_leaves_its_plan_and_what_was_recorded() {
    let (company, silent) = with_a_silent_region();
    let run = company.beleg("run nightly").start();
    let _connection = silent.accept().unwrap();
    run.kill();
    let verified = company.beleg("ledger verify").run().expect(0);
    assert!(verified.stdout.contains("unfinished: entry 0: run `nightly-"), "{verified:?}");
    let report = company.beleg("report --format json").run().expect(3).json();
    assert_ne!(report["run"]["checks_without_evidence"], 0);
    company.replace("jobs/restore.toml", "url = \"http://", "url = \"backups/eu-west\" # \"");
    company.run("nightly", 0);
    assert_eq!(leftovers(&company.path(".beleg/scratch")), Vec::<PathBuf>::new());
}

#[test]
fn a_run_that_is_told_to_stop_ends_with_130_and_says_what_it_did_not_do() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let (company, silent) = with_a_silent_region();
        let run = company.beleg("run nightly --format json").start();
        let _connection = silent.accept().unwrap();
        run.signal(signal);
        let output = run.wait().expect(130);
        let report = Report::of(&output);
        assert_eq!(report.0["verdict"], "unknown");
        assert_eq!(report.0["run"]["checks_without_evidence"], 0);
        let interrupted = ("restore".to_owned(), "interrupted".to_owned());
        assert!(report.found().contains(&interrupted), "{:?}", report.found());
        let verified = company.beleg("ledger verify").run().expect(0);
        assert!(!verified.stdout.contains("unfinished"), "{verified:?}");
    }
}

#[test]
fn a_second_signal_ends_a_run_at_once() {
    let (company, silent) = with_a_silent_region();
    let run = company.beleg("run nightly").start();
    let _connection = silent.accept().unwrap();
    run.signal(Signal::TERM);
    // The first must have been heard, or the system would take both for one.
    std::thread::sleep(Duration::from_millis(300));
    run.signal(Signal::TERM);
    let began = Instant::now();
    run.wait().expect(130);
    assert!(began.elapsed() < Duration::from_secs(4), "it waited for the check");
    company.beleg("ledger verify").run().expect(0);
}

#[test]
fn scratch_that_a_killed_run_left_is_wiped_by_the_next() {
    let company = company();
    company.run("sbom", 0);
    let scratch = company.path(".beleg/scratch");
    let restored = || {
        let below = |folder: PathBuf| leftovers(&folder.join("data"));
        leftovers(&scratch).into_iter().flat_map(below).next().is_some()
    };
    // A restore may end before it is killed.
    let left_something = || {
        let run = company.beleg("run large").start();
        let began = Instant::now();
        while !restored() && began.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        run.kill();
        restored()
    };
    assert!((0..20).any(|_| left_something()), "no run was killed while it restored");
    let report = company.run("large", 0);
    assert_eq!(report.finding("scratch-left-behind")["verdict"], "pass", "it is said");
    assert_eq!(leftovers(&scratch), Vec::<PathBuf>::new());
}

#[test]
fn an_empty_scratch_folder_that_a_killed_run_left_is_removed_by_the_next() {
    // What a run leaves that is killed before it has marked the folder as its own.
    let company = Company::healthy();
    std::fs::create_dir_all(company.path(".beleg/scratch/beleg-scratch-Unread")).unwrap();
    company.run("restore", 0);
}

#[test]
fn a_scratch_folder_that_was_being_marked_when_its_run_was_killed_is_removed_by_the_next() {
    let company = Company::healthy();
    company.write(".beleg/scratch/beleg-scratch-Unread/beleg-scratch.marker.new", "A restore");
    company.run("restore", 0);
}

#[test]
fn scratch_that_a_killed_run_left_is_wiped_by_whatever_command_comes_next() {
    let company = company();
    company.run("sbom", 0);
    let scratch = company.path(".beleg/scratch");
    let restored = || {
        let below = |folder: PathBuf| leftovers(&folder.join("data"));
        leftovers(&scratch).into_iter().flat_map(below).next().is_some()
    };
    let left_something = || {
        let run = company.beleg("run large").start();
        let began = Instant::now();
        while !restored() && began.elapsed() < Duration::from_secs(20) {
            std::thread::yield_now();
        }
        run.kill();
        restored()
    };
    for command in ["plan", "report", "ledger list"] {
        assert!((0..20).any(|_| left_something()), "no run was killed while it restored");
        let output = company.beleg(command).run();
        assert!(output.stderr.contains("They are wiped now"), "{command}: {output:?}");
        assert_eq!(leftovers(&scratch), Vec::<PathBuf>::new(), "{command}");
    }
}

#[test]
fn a_fault_in_one_region_outlives_another_that_takes_too_long() {
    let (company, _silent) = with_a_silent_region();
    let region = company.path("backups/eu-central");
    let is_backup = |path: &PathBuf| path.extension().is_some_and(|end| end == "age");
    let newest = leftovers(&region).into_iter().filter(is_backup).max().unwrap();
    let mut bytes = std::fs::read(&newest).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&newest, bytes).unwrap();
    company.replace("jobs/restore.toml", "timeout = \"1h\"", "timeout = \"3s\"");
    let report = company.run("restore", 1);
    assert_eq!(report.finding("backup-tampered")["verdict"], "fail");
    assert_eq!(report.finding("timed-out")["verdict"], "unknown");
}
