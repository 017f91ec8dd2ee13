//! The record of the libraries that we rely on, `docs/dependencies.md`, is that of the workspace.

use crate::arrows::repository;
use cargo_metadata::{MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// A row of the table.
struct Record {
    looked_at: String,
    licence: String,
}

/// Returns the rows by the library's name.
fn records() -> BTreeMap<String, Record> {
    let page = std::fs::read_to_string(repository().join("docs/dependencies.md")).unwrap();
    let (_, table) = page.split_once("|---|---|---|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [name, looked_at, kept_by, licence, trusted_with, _] = cells[..] else {
            panic!("a row has six cells: {row}")
        };
        assert!(!kept_by.is_empty() && !trusted_with.is_empty(), "{row}");
        let record = Record { looked_at: looked_at.to_owned(), licence: licence.to_owned() };
        (name.trim_matches('`').to_owned(), record)
    })
    .collect()
}

/// Returns what the workspace's crates name directly, as the lockfile has it.
fn direct() -> BTreeMap<String, Package> {
    let manifest = repository().join("Cargo.toml");
    let mut command = MetadataCommand::new();
    let metadata = command.manifest_path(manifest).other_options(["--offline".to_owned()]);
    let metadata = metadata.exec().unwrap();
    let ours: BTreeSet<_> = metadata.workspace_members.iter().collect();
    let nodes = metadata.resolve.as_ref().unwrap().nodes.iter();
    let named = nodes.filter(|node| ours.contains(&node.id)).flat_map(|node| &node.dependencies);
    let foreign: BTreeSet<_> = named.filter(|id| !ours.contains(id)).collect();
    foreign.into_iter().map(|id| (metadata[id].name.to_string(), metadata[id].clone())).collect()
}

#[test]
fn every_library_has_a_record_and_every_record_a_library() {
    let names = |names: Vec<&String>| names.into_iter().cloned().collect::<BTreeSet<_>>();
    let (direct, records) = (direct(), records());
    assert_eq!(names(direct.keys().collect()), names(records.keys().collect()));
    for (name, record) in records {
        let package = &direct[&name];
        let looked_at =
            format!("^{}", record.looked_at).parse::<cargo_metadata::semver::VersionReq>();
        assert!(
            looked_at.unwrap().matches(&package.version),
            "{name} is {} now: look at it, and write that version",
            package.version
        );
        assert_eq!(package.license.as_deref(), Some(&*record.licence), "{name}");
    }
}
