use serde::Serialize;

/// Says that a value has no canonical JSON form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("the value has no canonical JSON form")]
pub struct CanonicalError(#[source] serde_json::Error);

/// Writes `value` as canonical JSON (RFC 8785): one byte form for one value.
///
/// # Errors
/// When the value has a map with keys that are no strings, or a number that JSON cannot hold.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(value).map_err(CanonicalError)
}
