//! Where findings say that something is: a path that begins at the project, in every kind.

use crate::company::Company;
use crate::listing::files;
use serde_json::Value;
use std::path::PathBuf;

/// Returns the paths in a job's SARIF that name a file of the project from within some folder.
fn astray(company: &Company, job: &str) -> Vec<String> {
    let output = company.beleg(&format!("run {job} --format sarif")).run();
    let there: Vec<PathBuf> = files(&company.folder());
    let results = output.json()["runs"][0]["results"].clone();
    let results = results.as_array().unwrap_or_else(|| panic!("{job}: {output:?}")).clone();
    assert!(!results.is_empty(), "{job} finds nothing, so that this shows nothing");
    let mut astray = Vec::new();
    for result in &results {
        let location = &result["locations"][0];
        let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        let ends_with = |path: &PathBuf| path.ends_with(uri);
        if !is_inside_another(location)
            && !company.path(uri).exists()
            && there.iter().any(ends_with)
        {
            astray.push(format!("{} at {uri}", result["ruleId"]));
        }
    }
    astray
}

/// What lies in a layer or a backup has the path that it has there.
fn is_inside_another(location: &Value) -> bool {
    let name = location["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap_or_default();
    name.starts_with("layer ") || name.contains("region ")
}

#[test]
fn every_job_of_the_demonstration_names_files_from_the_project_on() {
    let company = Company::faulty();
    for entry in std::fs::read_dir(company.path("jobs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert_eq!(astray(&company, name.trim_end_matches(".toml")), [""; 0]);
    }
}

#[test]
fn every_finding_in_a_folder_names_its_file_from_the_project_on() {
    let company = Company::healthy();
    for (path, text) in [
        ("requirements.txt", "demo-web==3.2.0\ndemo-orm>=1\n-r absent.txt\n"),
        ("web/package-lock.json", "{}"),
        ("web/other/package-lock.json", "{}"),
        ("uv.lock", "not toml"),
        ("rootfs/var/lib/rpm/rpmdb.sqlite", "SQLite"),
    ] {
        company.write(&format!("app/{path}"), text);
    }
    for subject in ["app", "./app/", "./app/requirements.txt"] {
        let job = format!("kind = \"advisory-scan\"\nsubjects = [\"{subject}\"]\n");
        company.write("jobs/scan.toml", job);
        assert_eq!(astray(&company, "scan"), [""; 0], "{subject}");
    }
    company.write("jobs/scan.toml", "kind = \"advisory-scan\"\nsubjects = [\"app\"]\n");
    let sarif = company.beleg("run scan --format sarif").run().stdout;
    for path in ["app/web/other/package-lock.json", "app/requirements.txt", "app/uv.lock"] {
        assert!(
            sarif.contains(&format!("\"{path}\"")) || sarif.contains(&format!("`{path}`")),
            "{path}"
        );
    }
}

#[test]
fn a_releases_findings_name_its_files_from_the_project_on() {
    let company = Company::healthy();
    company.write("keys/signers", "a@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBCR0ZcJbfFZzrVTVSZ2oVGyfJhVc8uzGZzQCz2sLhW8\n");
    company.write("dist/app.bin", "bytes").write("dist/docs/extra.txt", "text");
    company.write(
        "release.toml",
        "name = \"app 1\"\nverifier = \"https://example.org/checks\"\nresource = \"https://example.org/app\"\n\
         [signers]\nallowed-signers = \"keys/signers\"\n\
         [[artifact]]\nname = \"programs\"\nfiles = [\"*.bin\"]\nsignatures = 1\n\
         [[artifact]]\nname = \"docs\"\nfiles = [\"*.pdf\"]\nsignatures = 1\n",
    );
    for folder in ["dist", "./dist/"] {
        let job = format!(
            "kind = \"release-verify\"\n[[release]]\nfolder = \"{folder}\"\npolicy = \"release.toml\"\n"
        );
        company.write("jobs/release.toml", job);
        assert_eq!(astray(&company, "release"), [""; 0], "{folder}");
        let sarif = company.beleg("run release --format sarif").run().stdout;
        for path in ["dist/app.bin", "dist/docs/extra.txt", "release.toml"] {
            assert!(sarif.contains(&format!("\"uri\": \"{path}\"")), "{path}: {sarif}");
        }
    }
    let job = "kind = \"signed-artifacts\"\nfiles = [\"dist/app.bin\"]\n[signers]\nallowed-signers = \"keys/signers\"\n";
    company.write("jobs/files.toml", job);
    assert_eq!(astray(&company, "files"), [""; 0]);
}
