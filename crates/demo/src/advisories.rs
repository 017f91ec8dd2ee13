//! A small advisory source of invented records, in the layouts of the real ones.

use crate::{DemoError, files};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The crate that RustSec's records name, and its first patched version.
pub(crate) const CRATE: (&str, &str) = ("demo-parser", "1.0.1");
/// The Python package that OSV's records name, and its first patched version.
pub(crate) const PYTHON: (&str, &str) = ("demo-web", "3.2.1");
/// The Debian source package that OSV's records name, and its first patched version.
pub(crate) const DEBIAN: (&str, &str) = ("demo-tls", "3.0.2-1+deb13u1");

/// The records, in the order crate, Python, Debian.
pub(crate) const RECORDS: [&str; 3] = ["DEMO-2026-0001", "DEMO-2026-0002", "DEMO-2026-0003"];

/// Writes `rustsec/` and `osv/` below `folder`, as fresh as `now`.
pub(crate) fn write(folder: &Path, now: Timestamp) -> Result<(), DemoError> {
    let [crate_record, python_record, debian_record] = RECORDS;
    let (name, patched) = CRATE;
    let record = format!("rustsec/crates/{name}/{crate_record}.md");
    files::write(&folder.join(record), rustsec(crate_record, name, patched, now).as_bytes())?;

    let python = osv(
        python_record,
        "PyPI",
        PYTHON,
        "Requests could be smuggled past the demo web server",
        now,
    );
    write_zip(&folder.join("osv/PyPI/all.zip"), python_record, &python)?;
    let debian = osv(
        debian_record,
        "Debian:13",
        DEBIAN,
        "The demo TLS library accepted expired certificates",
        now,
    );
    write_zip(&folder.join("osv/Debian/all.zip"), debian_record, &debian)
}

fn rustsec(id: &str, name: &str, patched: &str, now: Timestamp) -> String {
    let date = now.strftime("%Y-%m-%d");
    format!(
        r#"```toml
[advisory]
id = "{id}"
package = "{name}"
date = "{date}"
url = "https://demo.invalid/{id}"
cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

[versions]
patched = [">= {patched}"]
```

# The demo parser reads past the end of its input

An invented record for the demonstration: it describes no real crate.
"#
    )
}

fn osv(id: &str, ecosystem: &str, package: (&str, &str), summary: &str, now: Timestamp) -> Value {
    let (name, fixed) = package;
    json!({
        "schema_version": "1.6.0",
        "id": id,
        "modified": now,
        "published": now,
        "summary": summary,
        "details": "An invented record for the demonstration: it describes no real package.",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{
                "type": "ECOSYSTEM",
                "events": [{"introduced": "0"}, {"fixed": fixed}],
            }],
        }],
        "references": [{"type": "ADVISORY", "url": format!("https://demo.invalid/{id}")}],
    })
}

fn write_zip(path: &Path, id: &str, record: &Value) -> Result<(), DemoError> {
    let broken = |error: zip::result::ZipError| DemoError::made("an advisory archive", error);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file(format!("{id}.json"), options).map_err(broken)?;
    writer
        .write_all(record.to_string().as_bytes())
        .map_err(|error| DemoError::made("an advisory archive", error))?;
    files::write(path, &writer.finish().map_err(broken)?.into_inner())
}
