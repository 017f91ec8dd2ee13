use super::format::malformed;
use super::refusal::Refusal;
use beleg_dsse::json;
use beleg_trust::Reason;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sigstore_verify::types::{
    CanonicalizedBody, InclusionPromise, KindVersion, LogId, LogIndex, LogKeyId, SignedTimestamp,
    TransparencyLogEntry,
};

/// A log entry as cosign kept it before there were bundles: the entry, and the log's signature
/// over it (SET), without a proof of inclusion.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RekorBundle {
    signed_entry_timestamp: SignedTimestamp,
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    body: CanonicalizedBody,
    integrated_time: i64,
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

impl RekorBundle {
    /// Turns it into an entry of a bundle.
    pub(super) fn into_entry(self) -> Result<TransparencyLogEntry, Refusal> {
        let Payload { body, integrated_time, log_index, log_id } = self.payload;
        let kind_version = kind_version(body.as_bytes())?;
        let log_id = hex::decode(log_id).map_err(|_| malformed("the log's id is not hex"))?;
        let log_index = LogIndex::new(log_index).map_err(|error| malformed(error.to_string()))?;
        // Zero is how an absent time is written (proto3), and nothing was logged in 1970.
        let time = Timestamp::from_second(integrated_time)
            .ok()
            .filter(|time| *time > Timestamp::UNIX_EPOCH)
            .ok_or_else(|| malformed("the log's time is no time"))?;
        let id = LogId::new(LogKeyId::new(log_id));
        Ok(TransparencyLogEntry::new(log_index, id, kind_version, body)
            .with_integrated_time(time)
            .with_inclusion_promise(InclusionPromise::new(self.signed_entry_timestamp)))
    }
}

/// Reads the entry's kind from its body, as there is no other statement of it.
fn kind_version(body: &[u8]) -> Result<KindVersion, Refusal> {
    let body =
        json::parse(body, &json::Limits::DOCUMENT).map_err(|error| malformed(error.to_string()))?;
    let member = |name| body.get(name).cloned().unwrap_or(Value::Null);
    let kind = serde_json::json!({ "kind": member("kind"), "version": member("apiVersion") });
    serde_json::from_value(kind.clone()).map_err(|_| {
        Refusal::new(Reason::UnsupportedFormat, format!("the log entry is of the kind {kind}"))
    })
}
