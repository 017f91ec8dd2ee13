//! A machine that does not give what a run needs.

use super::refused;
use crate::company::{Company, leftovers};
use std::path::PathBuf;

#[test]
fn a_scratch_folder_that_cannot_be_made_is_said() {
    let company = Company::healthy();
    company.write(".beleg/scratch", "a file where the folder should be");
    let output = company.beleg("run nightly").run();
    assert!([3, 70].contains(&output.status.code().unwrap()), "{output:?}");
    assert!(output.stderr.contains("scratch") || output.stdout.contains("scratch"), "{output:?}");
}

#[test]
fn reports_that_cannot_be_written_are_said_and_the_ledger_has_the_evidence() {
    let company = Company::healthy();
    company.write(".beleg/reports", "a file where the folder should be");
    let output = company.beleg("run nightly").run().expect(70);
    assert!(output.stderr.contains("report"), "{output:?}");
    company.beleg("ledger verify").run().expect(0);
    company.beleg("report nightly").run().expect(0);
}

#[test]
fn an_output_file_that_cannot_be_written_is_said() {
    let company = Company::healthy();
    let output = company.beleg("run sbom --output /nowhere/report.txt").run().expect(2);
    assert!(output.stderr.contains("/nowhere/report.txt"), "{output:?}");
    // It is said before anything runs, so that there is no verdict to lose.
    company.beleg("ledger verify").run().expect(4);
}

#[test]
fn foreign_folders_in_scratch_are_left_alone() {
    let company = Company::healthy();
    company.write(".beleg/scratch/photographs/holiday.jpg", "dear to somebody");
    company.beleg("run nightly").run().expect(0);
    assert_eq!(company.read(".beleg/scratch/photographs/holiday.jpg"), b"dear to somebody");
    assert_eq!(leftovers(&company.path(".beleg/scratch")).len(), 1);
}

#[test]
fn scratch_that_leads_elsewhere_is_not_wiped_there() {
    let company = Company::healthy();
    let elsewhere: PathBuf = company.folder().parent().unwrap().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("beleg-scratch-precious"), "dear to somebody").unwrap();
    company.replace("beleg.toml", "[ledger]", "[limits]\nscratch = \"../elsewhere\"\n\n[ledger]");
    company.beleg("run nightly").run();
    assert_eq!(
        std::fs::read(elsewhere.join("beleg-scratch-precious")).unwrap(),
        b"dear to somebody"
    );
    assert_eq!(leftovers(&elsewhere).len(), 1);
}

#[test]
fn a_kind_that_reads_files_never_leaves_the_machine_for_them() {
    let company = Company::healthy();
    company.replace("jobs/image.toml", "layout = \"image\"", "layout = \"https://demo.invalid/i\"");
    refused(&company, "image", 3, "image-unreadable");
    company.replace("jobs/commits.toml", "path = \"service\"", "path = \"ssh://demo.invalid/r\"");
    refused(&company, "commits", 3, "repository-unreadable");
}
