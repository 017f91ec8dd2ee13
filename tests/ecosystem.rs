//! An ecosystem is one value: a made-up one, with names, package URLs and an order of its own, goes
//! from lockfile to report without a line of any other crate.

use beleg_advisory::sources::osv;
use beleg_advisory::{Coverage, Index, Limits, Policy};
use beleg_ecosystem::{Ecosystem, Namespace, Purl, Registry, Supplier, Syft, VersionOrder};
use beleg_model::{
    CheckRecord, Evidence, Location, Origin, Outcome, Package, Population, RunRecord, Subject,
    Timing, Tool, Verdict,
};
use beleg_sbom::cyclonedx::{NewBom, Party, SubjectKind, write};
use beleg_sbom::{
    About, FileName, Format, FormatError, FormatKind, Parsed, compare, package_of, purl_of,
};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::Path;
use std::process::Command;

const QUARRY: Ecosystem = Ecosystem {
    name: "Quarry",
    purl: Some(Purl { kind: "quarry", namespace: Namespace::Before('|') }),
    order: &Layers,
    fold_name: upper_case,
    canonical_name: upper_case,
    releases: None,
    advises_sources: false,
    os_ids: &[],
    supplier: Supplier { name: "The Quarry", url: "https://quarry.example" },
    syft: Syft { package_type: Some("stone"), language: None },
};
const KNOWN: Registry = Registry::new(&[&QUARRY]);

fn upper_case(name: &str) -> Cow<'_, str> {
    Cow::Owned(name.to_ascii_uppercase())
}

/// Versions are strokes: the fewer, the later, unlike any order there is.
struct Layers;

impl VersionOrder for Layers {
    fn id(&self) -> &'static str {
        "layers"
    }

    fn specification(&self) -> &'static str {
        "the geologist"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let depth = |text: &str| {
            let is_layer = !text.is_empty() && text.bytes().all(|byte| byte == b'I');
            is_layer.then_some(text.len())
        };
        Some(depth(right)?.cmp(&depth(left)?))
    }
}

/// A lockfile of lines `name version`.
struct QuarryLock;

impl Format for QuarryLock {
    fn about(&self) -> &'static About {
        &About {
            id: "quarry-lock",
            describes: "Stones",
            kind: FormatKind::Lockfile,
            ecosystems: &["Quarry"],
            syft_metadata_type: "stone-entry",
            files: &[FileName::Named("quarry.lock")],
            most_bytes: 1 << 20,
        }
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = std::str::from_utf8(bytes).unwrap();
        let package = |(line, (name, version)): (u32, (&str, &str))| Package {
            ecosystem: beleg_model::Ecosystem::named(QUARRY.name),
            name: upper_case(name).into_owned(),
            version: version.to_owned(),
            source_name: None,
            source_version: None,
            architecture: None,
            origin: Origin::Registry,
            location: Location::line(path, line),
        };
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        Ok(Parsed { packages: (1..).zip(lines).map(package).collect(), ..Parsed::default() })
    }
}

fn lockfile() -> Parsed {
    QuarryLock.parse("quarry.lock", b"upper|marble II\nslate IIII\nchalk soft\n").unwrap()
}

/// Records about names in another case: what is older than `III` is affected.
fn records() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Upper|Marble", "Slate", "Chalk"] {
        let id = format!("QUARRY-{}", &name[..1]);
        let record = json!({
            "id": id,
            "modified": "2026-01-02T03:04:05Z",
            "summary": "It crumbles",
            "affected": [{
                "package": {"ecosystem": "Quarry", "name": name},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "III"}]}],
            }],
        });
        std::fs::write(folder.path().join(format!("{id}.json")), record.to_string()).unwrap();
    }
    zipped(folder.path())
}

fn zipped(folder: &Path) -> Vec<u8> {
    let script = "python3 -m zipfile -c all.zip *.json";
    let status = Command::new("sh").args(["-c", script]).current_dir(folder).status();
    assert!(status.unwrap().success());
    std::fs::read(folder.join("all.zip")).unwrap()
}

#[test]
fn a_made_up_ecosystem_goes_from_lockfile_to_report() {
    let packages = lockfile().packages;
    let limits = Limits::default();
    let source = osv::read_zip("osv", QUARRY.name, &records(), &limits, KNOWN).unwrap();
    let index = Index::build([source]);
    let findings: Vec<_> = packages
        .iter()
        .flat_map(|package| {
            assert_ne!(index.covers(&package.ecosystem), Coverage::None);
            let found = index.matches(package).into_iter();
            found.map(|it| it.to_finding(package, &Policy::default())).collect::<Vec<_>>()
        })
        .collect();
    let verdicts: Vec<_> = findings.iter().map(|it| (it.rule.as_str(), it.verdict)).collect();
    assert_eq!(verdicts, [("QUARRY-S", Verdict::Fail), ("QUARRY-C", Verdict::Unknown)]);
    let report = report(Outcome::judge(Population::whole("packages", 3), findings));
    for text in ["QUARRY-S", "Upgrade `SLATE` to III or later.", "the geologist can order"] {
        assert!(report.contains(text), "{text}: {report}");
    }
}

fn report(outcome: Outcome) -> String {
    let evidence = Evidence {
        run_id: "1".to_owned(),
        run_key: "1".to_owned(),
        job: "stones".to_owned(),
        kind: "advisory-scan".to_owned(),
        subject: Subject::at("quarry.lock"),
        controls: Vec::new(),
        settings: Default::default(),
        timing: Timing { started: instant(), ended: instant(), milliseconds: 1 },
        tool: Tool { name: "beleg".to_owned(), version: "0".to_owned() },
        outcome,
    };
    let run = RunRecord {
        run: "stones".to_owned(),
        run_id: "1".to_owned(),
        planned: instant(),
        planned_checks: 1,
        checks: vec![CheckRecord { evidence, entry: 0 }],
        origin: "quarry.example".to_owned(),
        tree_size: 1,
        root_hash: String::new(),
    };
    let format = beleg_report::format("json").unwrap();
    String::from_utf8(format.render(&run, &beleg_report::Options::default()).unwrap()).unwrap()
}

fn instant() -> jiff::Timestamp {
    "2026-01-03T00:00:00Z".parse().unwrap()
}

#[test]
fn a_made_up_ecosystem_goes_into_an_sbom_and_back() {
    let lockfile = lockfile();
    let party = Party { name: "Mason", email: None };
    let bom = write(&NewBom {
        name: "wall",
        version: Some("1"),
        kind: SubjectKind::Application,
        artifact: None,
        author: party,
        supplier: party,
        tool_version: "0",
        timestamp: instant(),
        distribution: None,
        packages: &lockfile.packages,
        edges: None,
        ecosystems: KNOWN,
        complete: true,
    });
    let bom: Value = serde_json::from_slice(&bom.unwrap()).unwrap();
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len(), 3);
    let read = components.iter().map(|component| {
        assert_eq!(component["supplier"]["name"], "The Quarry");
        package_of(component["purl"].as_str().unwrap(), Location::default(), KNOWN).unwrap()
    });
    let claimed = Parsed { packages: read.collect(), ..Parsed::default() };
    assert!(compare(&claimed, &lockfile, KNOWN).is_empty());
    assert_eq!(purl_of(&lockfile.packages[0], KNOWN).unwrap(), "pkg:quarry/UPPER/MARBLE@II");
}

#[test]
fn an_ecosystem_that_is_not_in_the_registry_is_refused_everywhere() {
    let built_in = Registry::built_in();
    let package = &lockfile().packages[0];
    assert!(osv::read_zip("osv", QUARRY.name, &records(), &Limits::default(), built_in).is_err());
    assert!(purl_of(package, built_in).is_err());
    assert!(package_of("pkg:quarry/a@II", Location::default(), built_in).is_err());
    assert_eq!(Index::build([]).covers(&package.ecosystem), Coverage::None);
}
