//! The rules of the workspace itself, as `cargo metadata` and the manifests show them.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Which crate may know which; there is no other arrow.
const ARROWS: [(&str, &[&str]); 19] = [
    ("model", &[]),
    ("ecosystem", &[]),
    ("dsse", &[]),
    ("settings", &[]),
    ("store", &["model"]),
    ("image", &["model"]),
    ("sbom", &["model", "ecosystem"]),
    ("advisory", &["model", "ecosystem"]),
    ("trust", &["model", "settings"]),
    ("signature", &["model", "dsse", "ecosystem", "trust"]),
    ("git", &["model", "trust", "signature"]),
    ("attestation", &["model", "dsse", "trust", "signature"]),
    ("backup", &["model", "dsse"]),
    ("ledger", &["model", "dsse"]),
    ("engine", &["model", "dsse", "settings", "ledger"]),
    ("report", &["model"]),
    ("demo", &["dsse", "ecosystem", "image", "sbom", "backup"]),
    (
        "checks",
        &[
            "model",
            "dsse",
            "settings",
            "ecosystem",
            "engine",
            "store",
            "image",
            "sbom",
            "advisory",
            "trust",
            "signature",
            "git",
            "attestation",
            "backup",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "dsse",
            "engine",
            "ledger",
            "report",
            "store",
            "checks",
            "backup",
            "sbom",
            "demo",
            "ecosystem",
        ],
    ),
];

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn packages() -> Vec<Package> {
    let manifest = repository().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap().packages
}

fn short(name: &str) -> &str {
    name.strip_prefix("beleg-").unwrap_or(name)
}

fn manifest(package: &Package) -> Table {
    std::fs::read_to_string(&package.manifest_path).unwrap().parse().unwrap()
}

/// Returns which of the workspace's packages name `dependency` directly, in any way.
fn dependents(dependency: &str) -> BTreeSet<String> {
    let names_it = |package: &&Package| package.dependencies.iter().any(|d| d.name == dependency);
    packages().iter().filter(names_it).map(|package| short(&package.name).to_owned()).collect()
}

/// Returns which of them need it for more than their own tests.
fn shipped_dependents(dependency: &str) -> BTreeSet<String> {
    let ships = |package: &&Package| {
        let is_it = |d: &&cargo_metadata::Dependency| d.name == dependency;
        let mut named = package.dependencies.iter().filter(is_it);
        named.any(|d| d.kind != DependencyKind::Development)
    };
    packages().iter().filter(ships).map(|package| short(&package.name).to_owned()).collect()
}

#[test]
fn no_crate_knows_another_that_it_must_not_know() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut forbidden = Vec::new();
    for package in packages() {
        let from = short(&package.name);
        if from == "tests" {
            continue;
        }
        let Some(allowed) = allowed.get(from) else {
            panic!("the crate `{from}` stands in no design: say which crates it may know")
        };
        for dependency in &package.dependencies {
            let is_ours = dependency.path.is_some();
            let ships = dependency.kind != DependencyKind::Development;
            if is_ours && ships && !allowed.contains(&short(&dependency.name)) {
                forbidden.push(format!("{from} -> {}", short(&dependency.name)));
            }
        }
    }
    assert_eq!(forbidden, Vec::<String>::new());
}

#[test]
fn every_crate_of_the_design_is_in_the_workspace() {
    let packages = packages();
    let there: BTreeSet<&str> = packages.iter().map(|package| short(&package.name)).collect();
    let designed = ARROWS.iter().map(|(name, _)| *name).chain(["tests"]);
    assert_eq!(there, designed.collect());
}

#[test]
fn only_the_store_has_network_code() {
    for client in ["object_store", "reqwest", "hyper", "ureq", "curl", "aws-sdk-s3"] {
        let dependents = dependents(client);
        assert!(dependents.iter().all(|name| name == "store"), "{client}: {dependents:?}");
    }
    assert!(dependents("object_store").contains("store"), "the test looks at the right thing");
}

#[test]
fn what_is_heavy_in_judging_signatures_stays_with_the_crate_that_needs_it() {
    let formats = ["sequoia-openpgp", "sigstore-verify", "sigstore-tuf", "ssh-key"];
    for (crate_name, libraries) in [("signature", &formats[..]), ("git", &["git2"])] {
        for library in libraries {
            let mut dependents = shipped_dependents(library);
            dependents.remove("demo"); // it signs, with what it makes up
            assert_eq!(dependents, [crate_name.to_owned()].into(), "{library}");
        }
    }
}

#[test]
fn only_the_command_and_these_tests_use_anyhow() {
    let allowed: BTreeSet<String> = ["cli".to_owned(), "tests".to_owned()].into();
    assert!(dependents("anyhow").is_subset(&allowed), "{:?}", dependents("anyhow"));
}

#[test]
fn every_manifest_takes_lints_licence_and_versions_from_the_workspace() {
    for package in packages() {
        let (name, manifest) = (&package.name, manifest(&package));
        let inherits = |table: &Value| table.get("workspace") == Some(&Value::Boolean(true));
        assert!(manifest.get("lints").is_some_and(inherits), "{name}: lints");
        let about = &manifest["package"];
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(about.get(key).is_some_and(inherits), "{name}: {key}");
        }
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(kind).and_then(Value::as_table);
            for (dependency, how) in dependencies.into_iter().flatten() {
                assert!(inherits(how), "{name}: {dependency} has a version of its own");
            }
        }
        assert_eq!(package.license.as_deref(), Some("Apache-2.0 OR MIT"), "{name}");
        assert_eq!(package.publish, Some(Vec::new()), "{name}: nothing is published");
    }
}

#[test]
fn a_folder_has_the_plain_word_of_its_package() {
    for package in packages() {
        let folder = package.manifest_path.parent().and_then(|path| path.file_name());
        assert_eq!(folder, Some(short(&package.name)));
    }
}

#[test]
fn both_licences_lie_in_the_repository() {
    for (file, begins) in [("LICENSE-APACHE", "Apache License"), ("LICENSE-MIT", "MIT License")] {
        let text = std::fs::read_to_string(repository().join(file)).unwrap();
        assert!(text.contains(begins), "{file}");
    }
}

/// What `eprintln!` says, the harness keeps to itself when the test passes.
#[test]
fn a_test_that_is_skipped_says_so_where_it_is_seen() {
    let unseen = concat!("eprintln!", "(\"SKIPPED");
    let sources = ["crates", "tests"].map(|folder| repository().join(folder));
    let output = std::process::Command::new("grep")
        .args(["-rlF", "--include=*.rs", unseen])
        .args(sources)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert_eq!(output.status.code(), Some(1), "grep found nothing, and had no trouble");
}
