use super::super::*;
use crate::formats::{Edge, Parsed, format_by_id};
use crate::{OsRelease, compare, ntia, with_distribution};
use beleg_ecosystem::Registry;
use beleg_model::{Ecosystem, Origin, Package};
use jiff::Timestamp;
use serde_json::Value;

const PARTY: Party<'static> = Party { name: "Example GmbH", email: Some("sbom@example.org") };

fn new_bom<'a>(packages: &'a [Package], edges: Option<&'a [Edge]>) -> NewBom<'a> {
    NewBom {
        ecosystems: Registry::built_in(),
        name: "app",
        version: Some("0.1.0"),
        kind: SubjectKind::Application,
        artifact: None,
        author: PARTY,
        supplier: PARTY,
        tool_version: "0.1.0",
        timestamp: Timestamp::from_second(1_767_323_045).unwrap(),
        distribution: None,
        packages,
        edges,
        complete: true,
    }
}

fn lockfile() -> Parsed {
    let text = r#"version = 4
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["forked", "serde"]

[[package]]
name = "forked"
version = "2.0.0"
source = "git+https://example.org/forked.git?rev=abc#abcdef"
dependencies = ["serde"]

[[package]]
name = "helper"
version = "0.1.0"
dependencies = ["app"]

[[package]]
name = "serde"
version = "1.0.200"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;
    format_by_id("cargo-lock").unwrap().parse("Cargo.lock", text.as_bytes()).unwrap()
}

fn own_lockfile() -> Parsed {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let bytes = std::fs::read(path).unwrap();
    format_by_id("cargo-lock").unwrap().parse("Cargo.lock", &bytes).unwrap()
}

fn image() -> (Vec<Package>, OsRelease) {
    let status = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
        Source: glibc\nVersion: 2.36-9+deb12u8\n";
    let dpkg = format_by_id("dpkg-status").unwrap();
    let python = format_by_id("python-dist-info").unwrap();
    let mut packages = dpkg.parse("var/lib/dpkg/status", status.as_bytes()).unwrap().packages;
    for package in &mut packages {
        package.location.within = Some("sha256:00".to_owned());
    }
    let metadata = b"Name: Django\nVersion: 3.2.0\n";
    let path = "usr/local/lib/python3.11/site-packages/Django-3.2.0.dist-info/METADATA";
    packages.extend(python.parse(path, metadata).unwrap().packages);
    let os = OsRelease::parse(
        b"ID=debian\nVERSION_ID=12\nPRETTY_NAME=\"Debian 12\"\nVERSION_CODENAME=bookworm\n",
    )
    .unwrap();
    (with_distribution(packages, &os, Registry::built_in()), os)
}

fn read_back(bytes: &[u8]) -> Bom {
    read(bytes, &Limits::default()).unwrap()
}

#[test]
fn a_written_sbom_has_all_ntia_elements() {
    let (packages, os) = image();
    let lockfile = lockfile();
    let image = NewBom { distribution: Some(&os), ..new_bom(&packages, None) };
    let crates = new_bom(&lockfile.packages, lockfile.edges.as_deref());
    for new in [image, crates] {
        let bom = read_back(&write(&new).unwrap());
        assert_eq!(ntia::check(&bom, "sbom.json"), []);
        assert_eq!(bom.findings("sbom.json"), []);
    }
}

#[test]
fn packages_read_back_as_they_were_written() {
    let (packages, os) = image();
    let new = NewBom { distribution: Some(&os), ..new_bom(&packages, None) };
    let parsed = read_back(&write(&new).unwrap()).packages("sbom.json", Registry::built_in());
    assert_eq!(parsed.unread, []);
    let essence = |packages: &[Package]| {
        let mut all: Vec<_> = packages
            .iter()
            .map(|p| Package { location: Default::default(), ..p.clone() })
            .map(|p| format!("{p:?}"))
            .collect();
        all.sort();
        all
    };
    assert_eq!(essence(&parsed.packages), essence(&packages));
    let lockfile = lockfile();
    let bytes = write(&new_bom(&lockfile.packages, lockfile.edges.as_deref())).unwrap();
    let parsed = read_back(&bytes).packages("sbom.json", Registry::built_in());
    assert_eq!(essence(&parsed.packages), essence(&lockfile.packages));
}

#[test]
fn this_workspaces_own_sbom_agrees_with_its_lockfile() {
    let lockfile = own_lockfile();
    let new = NewBom { name: "beleg", ..new_bom(&lockfile.packages, lockfile.edges.as_deref()) };
    let bom = read_back(&write(&new).unwrap());
    assert_eq!(ntia::check(&bom, "sbom.json"), []);
    let claimed = bom.packages("sbom.json", Registry::built_in());
    assert_eq!(claimed.unread, []);
    assert!(compare(&claimed, &lockfile, Registry::built_in()).is_empty());
    // An SBOM made by the same code with one package fewer must not agree.
    let fewer: Vec<Package> =
        lockfile.packages.iter().filter(|p| p.name != "serde").cloned().collect();
    let bom = read_back(&write(&NewBom { edges: None, ..new_bom(&fewer, None) }).unwrap());
    let differences =
        compare(&bom.packages("sbom.json", Registry::built_in()), &lockfile, Registry::built_in());
    assert!(differences.missing.iter().all(|package| package.name == "serde"));
    assert_eq!(differences.missing.len(), 1);
}

#[test]
fn the_same_input_in_another_order_makes_the_same_components() {
    let lockfile = lockfile();
    let mut reversed = lockfile.packages.clone();
    reversed.reverse();
    let bytes = write(&new_bom(&lockfile.packages, None)).unwrap();
    assert_eq!(bytes, write(&new_bom(&lockfile.packages, None)).unwrap());
    assert_eq!(bytes, write(&new_bom(&reversed, None)).unwrap());
}

#[test]
fn the_serial_number_is_a_uuid_of_the_content() {
    let lockfile = lockfile();
    let serial = |new: &NewBom<'_>| read_back(&write(new).unwrap()).serial_number.unwrap();
    let one = serial(&new_bom(&lockfile.packages, None));
    let other = serial(&NewBom { complete: false, ..new_bom(&lockfile.packages, None) });
    assert_ne!(one, other);
    let uuid = one.strip_prefix("urn:uuid:").unwrap();
    let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    assert_eq!(uuid.chars().nth(14), Some('8'));
    assert!(matches!(uuid.chars().nth(19), Some('8' | '9' | 'a' | 'b')));
}

#[test]
fn dependencies_lead_from_the_root_to_every_component() {
    let lockfile = lockfile();
    let bytes = write(&new_bom(&lockfile.packages, lockfile.edges.as_deref())).unwrap();
    let bom = read_back(&bytes);
    let short = |reference: &str| {
        let name = reference.split(['@', '?']).next().unwrap_or_default();
        name.trim_start_matches("pkg:cargo/").to_owned()
    };
    let edges: Vec<_> = bom
        .dependencies
        .iter()
        .map(|d| (short(&d.reference), d.depends_on.iter().map(|to| short(to)).collect::<Vec<_>>()))
        .collect();
    let expected = [
        ("forked", vec!["serde"]),
        ("helper", vec![]),
        ("serde", vec![]),
        ("root", vec!["forked", "helper", "serde"]),
    ]
    .map(|(from, to)| (from.to_owned(), to.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    assert_eq!(edges, expected);
}

#[test]
fn an_edge_that_leads_nowhere_is_refused() {
    let lockfile = lockfile();
    let edges = [Edge { from: 0, to: 99 }];
    assert!(matches!(
        write(&new_bom(&lockfile.packages, Some(&edges))),
        Err(WriteError::Edge { from: 0, to: 99 })
    ));
    let nameless = Package { name: String::new(), ..lockfile.packages.first().unwrap().clone() };
    assert!(matches!(write(&new_bom(&[nameless], None)), Err(WriteError::Package(_))));
}

#[test]
fn what_is_not_known_is_not_called_complete() {
    let lockfile = lockfile();
    let aggregates = |new: &NewBom<'_>| -> Vec<String> {
        let document: Value = serde_json::from_slice(&write(new).unwrap()).unwrap();
        let compositions = document.pointer("/compositions").unwrap().as_array().unwrap().clone();
        compositions.iter().map(|c| c.pointer("/aggregate").unwrap().to_string()).collect()
    };
    let edges = lockfile.edges.as_deref();
    assert_eq!(aggregates(&new_bom(&lockfile.packages, edges)), ["\"complete\"", "\"complete\""]);
    assert_eq!(aggregates(&new_bom(&lockfile.packages, None)), ["\"complete\"", "\"unknown\""]);
    let unread = NewBom { complete: false, ..new_bom(&lockfile.packages, edges) };
    assert_eq!(aggregates(&unread), ["\"incomplete\"", "\"incomplete\""]);
}

#[test]
fn components_carry_the_properties_that_readers_of_syft_know() {
    let (packages, os) = image();
    let new = NewBom { distribution: Some(&os), ..new_bom(&packages, None) };
    let bom = read_back(&write(&new).unwrap());
    let properties = |name: &str| -> Vec<String> {
        let component = bom.components.iter().find(|c| c.name.as_deref() == Some(name)).unwrap();
        component.properties.iter().map(|(name, value)| format!("{name}={value}")).collect()
    };
    assert_eq!(
        properties("libc6"),
        [
            "syft:package:foundBy=beleg-dpkg-status",
            "syft:package:type=deb",
            "syft:package:metadataType=dpkg-db-entry",
            "syft:location:0:layerID=sha256:00",
            "syft:location:0:path=var/lib/dpkg/status",
        ]
    );
    assert_eq!(
        properties("debian"),
        [
            "syft:distro:id=debian",
            "syft:distro:prettyName=Debian 12",
            "syft:distro:versionCodename=bookworm",
            "syft:distro:versionID=12",
        ]
    );
}

/// Packages of every ecosystem and origin have a supplier, so that nothing we write fails our own
/// check.
#[test]
fn every_origin_has_a_supplier() {
    let template = lockfile().packages.first().unwrap().clone();
    for ecosystem in [
        Ecosystem::named("crates.io"),
        Ecosystem::named("PyPI"),
        Ecosystem::named("Debian"),
        Ecosystem::named("Ubuntu"),
    ] {
        for origin in [Origin::Registry, Origin::Local, Origin::Elsewhere("x".to_owned())] {
            let package = Package {
                name: "p".to_owned(),
                ecosystem: ecosystem.clone(),
                origin,
                ..template.clone()
            };
            let bom = read_back(&write(&new_bom(&[package], None)).unwrap());
            assert_eq!(ntia::check(&bom, "sbom.json"), []);
        }
    }
}
