#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod policy;
mod slsa;
mod statement;
mod summary;
mod vsa;

use super::Statement;
use beleg_model::Digest;
use serde_json::{Value, json};

const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const COMMIT: &str = "f0b49a04e5a62250e0f60fb128004a73110fe311";
const NOW: &str = "2026-06-01T00:00:00Z";

fn artifact() -> Vec<Digest> {
    vec![format!("sha256:{SHA256}").parse().unwrap()]
}

/// A statement about the artifact.
fn statement(predicate_type: &str, predicate: &Value) -> Statement {
    let json = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app.tar.gz", "digest": {"sha256": SHA256}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    Statement::parse(json.to_string().as_bytes()).unwrap()
}
