//! What `sbom-verify` makes of SBOMs that say where their components are from.

use crate::company::{Company, Report};

const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["demo-fork", "demo-io"]

[[package]]
name = "demo-fork"
version = "1.0.0"
source = "git+https://github.com/shop/demo-fork?rev=12#1234567890123456789012345678901234567890"

[[package]]
name = "demo-io"
version = "2.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00"
"#;
const FORK: &str =
    "git+https://github.com/shop/demo-fork?rev=12#1234567890123456789012345678901234567890";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A crate as syft writes it: its source is a reference to the distribution.
fn component(name: &str, version: &str, source: &str) -> String {
    let references = match source {
        "" => String::new(),
        _ => format!(
            r#""purl": "pkg:cargo/{name}@{version}", "externalReferences": [{{"url": "{source}", "type": "distribution"}}],"#
        ),
    };
    format!(
        r#"{{"bom-ref": "{name}", "type": "library", "name": "{name}", "version": "{version}", {references}
        "cpe": "cpe:2.3:a:{name}:{name}:{version}:*:*:*:*:*:*:*",
        "supplier": {{"name": "Shop"}}, "properties": [
        {{"name": "syft:package:foundBy", "value": "rust-cargo-lock-cataloger"}},
        {{"name": "syft:package:type", "value": "rust-crate"}},
        {{"name": "syft:package:metadataType", "value": "rust-cargo-lock-entry"}},
        {{"name": "syft:location:0:path", "value": "/Cargo.lock"}}]}}"#
    )
}

/// Returns what `sbom-verify` says of an SBOM in which the fork is from `source`.
fn rules(source: &str, code: i32) -> Vec<String> {
    let components = [
        component("app", "0.1.0", ""),
        component("demo-fork", "1.0.0", source),
        component("demo-io", "2.0.0", CRATES_IO),
    ];
    let sbom = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {{
        "timestamp": "2026-01-02T03:04:05Z", "authors": [{{"name": "Shop"}}],
        "supplier": {{"name": "Shop"}}, "component": {{"bom-ref": "root", "type": "application",
        "name": "shop", "version": "1", "supplier": {{"name": "Shop"}}}}}},
        "components": [{}], "dependencies": [
        {{"ref": "root", "dependsOn": ["app"]}}, {{"ref": "demo-fork"}}, {{"ref": "demo-io"}},
        {{"ref": "app", "dependsOn": ["demo-fork", "demo-io"]}}]}}"#,
        components.join(",")
    );
    let company = Company::healthy();
    let job = "kind = \"sbom-verify\"\n[[sbom]]\nfile = \"app/sbom.json\"\nlockfiles = [\"app/Cargo.lock\"]\n";
    company.write("app/Cargo.lock", LOCK).write("app/sbom.json", sbom).write("jobs/sbom.toml", job);
    company.run("sbom", code).found().into_iter().map(|(_, rule)| rule).collect()
}

#[test]
fn an_sbom_of_syft_that_says_the_sources_agrees_with_its_lockfile() {
    assert_eq!(rules(FORK, 0), [""; 0]);
}

#[test]
fn a_fork_that_the_sbom_takes_for_the_registrys_is_not_equal() {
    assert_eq!(rules(CRATES_IO, 3), ["sbom-origin-unstated"]);
    assert_eq!(rules("git+https://github.com/other/demo-fork#12", 1), ["sbom-different-origin"]);
}

/// Verifies an SBOM of one Python component against a requirements file.
fn of_python(component: &str, extra: &str, requirements: &str, code: i32) -> Report {
    let sbom = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {{
        "timestamp": "2026-01-02T03:04:05Z", "authors": [{{"name": "Shop"}}],
        "component": {{"bom-ref": "root", "type": "application", "name": "shop", "version": "1",
        "supplier": {{"name": "Shop"}}}}}}, "components": [{{"bom-ref": "a",
        "supplier": {{"name": "P"}}, {component}}}],
        "dependencies": [{{"ref": "root", "dependsOn": ["a"]}}, {{"ref": "a"}}]{extra}}}"#
    );
    let company = Company::healthy();
    let job = "kind = \"sbom-verify\"\n[[sbom]]\nfile = \"app/sbom.json\"\nlockfiles = [\"app/requirements.txt\"]\n";
    company.write("app/requirements.txt", requirements).write("app/sbom.json", sbom);
    company.write("jobs/sbom.toml", job);
    company.run("sbom", code)
}

#[test]
fn an_sbom_that_contradicts_its_lockfile_or_itself_is_not_equal() {
    let of_python = |component: &str, extra: &str, requirements: &str, code: i32| -> Vec<String> {
        let report = of_python(component, extra, requirements, code);
        report.found().into_iter().map(|(_, rule)| rule).collect()
    };
    let idna =
        r#""type": "library", "name": "idna", "version": "3.7", "purl": "pkg:pypi/idna@3.7""#;
    let (ones, twos) = ("1".repeat(64), "2".repeat(64));
    let hashed = format!("idna==3.7 --hash=sha256:{ones}\n");
    let hash = |digits: &str| {
        format!(r#"{idna}, "hashes": [{{"alg": "SHA-256", "content": "{digits}"}}]"#)
    };
    assert_eq!(of_python(idna, "", &hashed, 0), [""; 0]);
    assert_eq!(of_python(&hash(&ones), "", &hashed, 0), [""; 0]);
    assert_eq!(of_python(&hash(&twos), "", &hashed, 1), ["sbom-different-hash"]);
    let own =
        format!(r#"{idna}, "properties": [{{"name": "beleg:package:origin", "value": "local"}}]"#);
    assert_eq!(of_python(&own, "", "idna==3.7\n", 1), ["sbom-different-origin"]);
    let other = idna.replace("\"idna\"", "\"other\"");
    assert_eq!(of_python(&other, "", "idna==3.7\n", 1), ["sbom-identity-mismatch"]);
    let folded = idna.replace("\"idna\"", "\"IDNA\"").replace("\"3.7\"", "\"3.7.0\"");
    assert_eq!(of_python(&folded, "", "idna==3.7\n", 0), [""; 0]);
    let file = r#""type": "file", "name": "y", "version": "1", "cpe": "cpe:2.3:a:y:y:1""#;
    assert_eq!(of_python(file, "", "# nothing\n", 3), ["sbom-nothing-compared"]);
}

#[test]
fn what_an_sbom_says_of_its_own_gaps_stays_in_sight() {
    let idna =
        r#""type": "library", "name": "idna", "version": "3.7", "purl": "pkg:pypi/idna@3.7""#;
    let less = r#", "compositions": [{"aggregate": "incomplete", "assemblies": ["root"]}]"#;
    of_python(idna, less, "idna==3.7\n", 0).finding("sbom-says-incomplete");
    let excluded = format!("{idna}, \"scope\": \"excluded\"");
    of_python(&excluded, "", "idna==3.7\n", 0).finding("sbom-excluded-components");
}

/// What `sbom create` makes, `sbom-verify` passes, or the maker is told what is missing.
#[test]
fn an_sbom_that_beleg_makes_passes_with_a_version_and_is_warned_of_without() {
    let company = Company::healthy();
    let job = "kind = \"sbom-verify\"\n[[sbom]]\nfile = \"made.cdx.json\"\n\
               lockfiles = [\"service/Cargo.lock\"]\n";
    company.write("jobs/made.toml", job);
    let words = "sbom create service/Cargo.lock --name service --supplier Shop -o made.cdx.json";
    let warned = company.beleg(words).run().expect(0).stderr;
    assert!(warned.contains("`--as-version`"), "{warned}");
    company.run("made", 1).finding("ntia-missing-component-version");
    let words = format!("{words} --as-version 1.0.0");
    assert!(!company.beleg(&words).run().expect(0).stderr.contains("--as-version"));
    company.run("made", 0);
}

/// A file that a requirements file includes is another lockfile of the SBOM.
#[test]
fn a_file_that_is_included_is_to_be_named_as_well() {
    let company = Company::healthy();
    company.write("requirements.txt", "demo-web==3.2.1\n-r more.txt\n");
    let words = "sbom create requirements.txt --name service --supplier Shop --as-version 1 \
                 -o made.cdx.json";
    company.beleg(words).run().expect(3);
    let job = "kind = \"sbom-verify\"\n[[sbom]]\nfile = \"made.cdx.json\"\n\
               lockfiles = [\"requirements.txt\"]\n";
    company.write("jobs/made.toml", job);
    let report = company.run("made", 3);
    let entry = report.finding("entry-not-compared");
    assert!(entry["remedy"].to_string().contains("`more.txt`"), "{entry:#}");
}
