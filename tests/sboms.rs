//! What `sbom-verify` makes of SBOMs that say where their components are from.

use crate::company::Company;

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
