use beleg_dsse::json::{self, Limits};
use serde_json::Value;

/// The largest signed JSON document, in bytes.
pub const MAX_SIGNED_JSON_BYTES: usize = 64 << 20;
/// A signature over the canonical form covers nothing that readers read differently.
const LIMITS: Limits = Limits { depth: 128, values: 8_000_000, exact_numbers: true };

/// Says why a document leaves a doubt.
#[derive(Debug, thiserror::Error)]
pub(super) enum JsonError {
    #[error("the document is larger than {MAX_SIGNED_JSON_BYTES} bytes")]
    TooLarge,
    #[error("the JSON cannot be read without doubt: {0}")]
    Doubtful(#[from] serde_json::Error),
}

/// Reads a document whose canonical form is signed.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_SIGNED_JSON_BYTES {
        return Err(JsonError::TooLarge);
    }
    Ok(json::parse(bytes, &LIMITS)?)
}
