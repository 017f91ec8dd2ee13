//! `--offline`, and runs on a machine without a network.

use crate::command::{Beleg, may_run};
use crate::company::{Company, empty_folder, text};

const REMOTE: [(&str, &str); 4] = [
    ("s3://bucket/backups", "s3"),
    ("gs://bucket/backups", "gs"),
    ("az://container/backups", "az"),
    ("https://backups.invalid/", "https"),
];

#[test]
fn an_offline_run_does_not_look_at_remote_regions_and_says_so() {
    for (url, scheme) in REMOTE {
        let company = Company::healthy();
        company.replace("jobs/restore.toml", "backups/eu-west", url);
        let output = company.beleg("--offline run nightly --format json").run().expect(3);
        let report = crate::company::Report::of(&output);
        let finding = report.finding("region-unreadable");
        let message = text(&finding["message"]);
        assert!(message.contains("offline"), "{scheme}: {message}");
        assert!(text(&finding["remedy"]).len() > 5, "{finding:#}");
        assert_eq!(report.0["run"]["counts"]["pass"], 5, "the other checks go on");
    }
}

#[test]
fn an_offline_run_does_not_fetch_advisories_and_says_so() {
    let company = Company::healthy();
    company.replace("beleg.toml", "advisories/osv", "https://osv.invalid/osv").replace(
        "beleg.toml",
        "advisories/rustsec",
        "https://rustsec.invalid/db.tar.gz",
    );
    let output = company.beleg("--offline run dependencies --format json").run().expect(3);
    let report = crate::company::Report::of(&output);
    let finding = report.finding("advisory-source-unreadable");
    assert!(text(&finding["remedy"]).contains("--offline"), "{finding:#}");
}

#[test]
fn an_offline_run_does_not_use_a_remote_ledger() {
    let company = Company::healthy();
    company.replace("beleg.toml", ".beleg/ledger", "s3://bucket/ledger");
    let output = company.beleg("--offline run nightly").run();
    assert_ne!(output.status.code(), Some(0));
    assert!(output.stderr.contains("offline"), "{output:?}");
}

#[test]
fn a_plan_names_what_a_run_would_reach() {
    let company = Company::healthy();
    company.replace("jobs/restore.toml", "backups/eu-west", "s3://bucket/backups").replace(
        "beleg.toml",
        "advisories/osv",
        "https://osv.invalid/osv",
    );
    let plan = company.beleg("plan").run().expect(0).stdout;
    assert!(plan.contains("reaches s3://bucket/backups"), "{plan}");
    assert!(plan.contains("reaches https://osv.invalid/osv"), "{plan}");
}

#[test]
fn everything_local_works_without_a_network() {
    if !may_run("unshare", &["-rn"]) {
        return;
    }
    let alone = |words: &str| Beleg::under("unshare", &["-rn"]).args(words);
    let outside = empty_folder();
    let in_it = |words: &str| alone(words).current_dir(outside.path());
    in_it("demo faulty").run().expect(1);
    in_it("demo healthy --healthy").run().expect(0);
    in_it("-C healthy run nightly").run().expect(0);
    in_it("-C healthy ledger verify").run().expect(0);
    in_it("-C healthy pack create --from 2001-01-01 --to 2999-01-01").run().expect(0);
    in_it("-C healthy pack verify beleg-pack.zip --key .beleg/ledger/key.pub").run().expect(0);
}

#[test]
fn an_offline_run_opens_no_socket() {
    if !may_run("strace", &["-f", "-o", "/dev/null"]) {
        return;
    }
    let sockets = |offline: bool| {
        let company = Company::healthy();
        company.replace("jobs/restore.toml", "backups/eu-west", "http://127.0.0.1:9/backups");
        let trace = company.path("trace");
        let options = ["-f", "-qq", "-e", "trace=socket,connect", "-o", trace.to_str().unwrap()];
        let run = Beleg::under("strace", &options).arg("-C").arg(company.folder());
        let run = if offline { run.arg("--offline") } else { run };
        run.args("run nightly").run().expect(3);
        let trace = std::fs::read_to_string(trace).unwrap();
        trace.lines().filter(|line| line.contains("AF_INET")).count()
    };
    assert_eq!(sockets(true), 0);
    assert_ne!(sockets(false), 0, "the trace sees sockets");
}
