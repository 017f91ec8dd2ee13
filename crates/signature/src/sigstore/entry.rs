//! What a log entry says twice. A proof of inclusion repeats what the log's signed checkpoint says,
//! and the entry what its body says. Verifiers look at one of them; what the other one says would
//! reach whoever looks at that one, so both have to say the same.

use super::refusal::Refusal;
use super::root::TrustedRoot;
use beleg_dsse::json;
use beleg_trust::Reason;
use serde_json::Value;
use sigstore_verify::types::{Bundle, InclusionProof, KindVersion, TransparencyLogEntry};

/// Compares everything in a bundle's verified entries that could contradict what was verified.
pub(super) fn check_all(bundle: &Bundle, root: &TrustedRoot) -> Result<(), Refusal> {
    bundle.verification_material.tlog_entries.iter().try_for_each(|entry| {
        check_body(entry)?;
        entry.inclusion_proof.as_ref().map_or(Ok(()), |proof| check_proof(entry, proof, root))
    })
}

/// Refuses a proof of a Rekor 2 entry that states another index than the entry: there is only
/// one. Cosign 3 leaves it out, which the parsed bundle no longer tells from zero.
pub(super) fn check_index(entry: &Value) -> Result<(), Refusal> {
    let is_second = entry.pointer("/kindVersion/version").and_then(Value::as_str) == Some("0.0.2")
        && entry.pointer("/kindVersion/kind").and_then(Value::as_str) != Some("intoto");
    let Some(stated) = entry.pointer("/inclusionProof/logIndex").filter(|_| is_second) else {
        return Ok(());
    };
    if number(stated) == number(entry.get("logIndex").unwrap_or(&Value::Null)) {
        return Ok(());
    }
    Err(invalid("the proof states another index than the entry"))
}

/// Integers are written as text in protobuf's JSON, and read as numbers too; absent is zero.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Null => Some(0),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

fn check_proof(
    entry: &TransparencyLogEntry,
    proof: &InclusionProof,
    root: &TrustedRoot,
) -> Result<(), Refusal> {
    let Some(checkpoint) = proof.checkpoint.checkpoint() else { return Ok(()) };
    if proof.tree_size != checkpoint.tree_size() {
        return Err(invalid("the proof states another size of the tree than the checkpoint"));
    }
    if proof.root_hash.as_bytes() != checkpoint.root_hash().as_bytes() {
        return Err(invalid("the proof states another root of the tree than the checkpoint"));
    }
    match root.log_signed(&entry.log_id.key_id, checkpoint) {
        Some(true) => Ok(()),
        Some(false) => Err(invalid("the log that the entry names did not sign the checkpoint")),
        None => Err(Refusal::new(Reason::LogUnknown, "the log that the entry names is unknown")),
    }
}

/// Compares the stated kind with the one in the body, which the log took in.
fn check_body(entry: &TransparencyLogEntry) -> Result<(), Refusal> {
    let body = json::parse(entry.canonicalized_body.as_bytes(), &json::Limits::DOCUMENT);
    let body = body.unwrap_or_default();
    let stated = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let known: KindVersion = entry.kind_version;
    if stated("kind") == known.kind() && stated("apiVersion") == known.version() {
        return Ok(());
    }
    let note = "the entry's body is of another kind than the entry says";
    Err(Refusal::new(Reason::LogEntryMismatch, note))
}

fn invalid(note: &str) -> Refusal {
    Refusal::new(Reason::LogProofInvalid, note)
}
