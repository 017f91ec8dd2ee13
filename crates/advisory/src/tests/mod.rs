#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod findings;
mod fresh;
mod matching;
mod real_data;
mod upgrades;
pub(crate) use real_data::versions_near;

use crate::Source;
use crate::sources::{Limits, osv, rustsec};
use beleg_ecosystem::Registry;
use beleg_model::{Ecosystem, Location, Origin, Package};
use serde_json::{Value, json};
use std::io::{Cursor, Write};

pub(crate) fn pypi() -> Ecosystem {
    Ecosystem::named("PyPI")
}

pub(crate) fn crates_io() -> Ecosystem {
    Ecosystem::named("crates.io")
}

pub(crate) fn package(ecosystem: Ecosystem, name: &str, version: &str) -> Package {
    Package {
        ecosystem,
        name: name.to_owned(),
        version: version.to_owned(),
        source_name: None,
        source_version: None,
        architecture: None,
        origin: Origin::Registry,
        location: Location::line("lockfile", 7),
    }
}

/// Makes a zip archive of entries by name.
pub(crate) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Makes a tar archive of regular files by name, under the names exactly as given.
pub(crate) fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(u64::try_from(bytes.len()).unwrap());
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// Reads invented OSV records as a source for `ecosystem`.
pub(crate) fn osv_source(name: &str, ecosystem: &str, records: &[Value]) -> Source {
    let texts: Vec<(String, String)> = records
        .iter()
        .map(|record| (format!("{}.json", record["id"].as_str().unwrap()), record.to_string()))
        .collect();
    let entries: Vec<(&str, &[u8])> =
        texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    osv::read_zip(name, ecosystem, &zip_of(&entries), &Limits::default(), Registry::built_in())
        .unwrap()
}

/// Reads invented RustSec records, given as crate, identifier and text.
pub(crate) fn rustsec_source(records: &[(&str, &str, &str)]) -> Source {
    let paths: Vec<(String, &str)> = records
        .iter()
        .map(|(package, id, text)| (format!("crates/{package}/{id}.md"), *text))
        .collect();
    let entries: Vec<(&str, &[u8])> =
        paths.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    rustsec::read_archive("rustsec", tar_of(&entries).as_slice(), &Limits::default()).unwrap()
}

/// Writes an invented RustSec record; `more` goes into its first table.
pub(crate) fn rustsec_record(package: &str, id: &str, more: &str, versions: &str) -> String {
    format!(
        "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2026-01-02\"\n\
         {more}\n[versions]\n{versions}\n```\n\n# Invented fault of {package}\n\nMore text.\n"
    )
}

/// Writes an invented OSV record about one package with one range.
pub(crate) fn osv_record(id: &str, ecosystem: &str, name: &str, events: &[(&str, &str)]) -> Value {
    let events: Vec<Value> = events.iter().map(|(key, at)| json!({*key: *at})).collect();
    json!({
        "schema_version": "1.6.0",
        "id": id,
        "modified": "2026-01-02T03:04:05Z",
        "summary": format!("Invented fault of {name}"),
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }],
    })
}
