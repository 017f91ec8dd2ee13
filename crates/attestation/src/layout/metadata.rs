use super::canonical::canonical;
use super::document::LayoutError;
use super::key::LayoutKey;
use crate::provenance::{Object, read_json};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::Value;

/// The most signatures on one layout or link.
const MAX_SIGNATURES: usize = 64;
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A layout or a link with its signatures, none of which is verified yet.
pub(super) struct Metadata {
    /// What was signed, as JSON.
    pub(super) payload: Value,
    /// The bytes that the signatures are over.
    signed: Vec<u8>,
    signatures: Vec<Signature>,
}

struct Signature {
    /// A hint which key made it; it is not signed.
    key_id: String,
    /// Absent for an OpenPGP signature, which is a packet over something else.
    bytes: Option<Vec<u8>>,
}

impl Metadata {
    /// Reads a metablock (in-toto specification v1.0, section 4.1) or a DSSE envelope.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, LayoutError> {
        let value = read_json(bytes)?;
        let outer = Object::of(&value, "metadata")?;
        let list = outer.list("signatures")?;
        if list.len() > MAX_SIGNATURES {
            return Err(LayoutError::TooMany("signatures"));
        }
        match (outer.get("signed"), outer.text("payload")?) {
            (Some(signed), None) => {
                let decode = |text: &str| hex::decode(text).ok();
                Ok(Self {
                    signed: canonical(signed).map_err(|_| LayoutError::NotCanonical)?,
                    signatures: read_signatures(list, decode)?,
                    payload: signed.clone(),
                })
            }
            (None, Some(payload)) => {
                if outer.required_text("payloadType")? != PAYLOAD_TYPE {
                    return Err(LayoutError::UnknownType);
                }
                let decode = |text: &str| {
                    BASE64_STANDARD.decode(text).or_else(|_| BASE64_URL_SAFE.decode(text)).ok()
                };
                let payload = decode(payload)
                    .ok_or_else(|| outer.wrong("payload", "a text in standard base64"))?;
                Ok(Self {
                    signed: pre_authentication_encoding(&payload),
                    signatures: read_signatures(list, decode)?,
                    payload: read_json(&payload)?,
                })
            }
            _ => Err(LayoutError::UnknownType),
        }
    }

    /// Returns how many signatures there are.
    pub(super) fn signatures(&self) -> usize {
        self.signatures.len()
    }

    /// Says whether `key` made one of the signatures, whatever key they say made them.
    pub(super) fn is_signed_by(&self, key: &LayoutKey) -> bool {
        self.signatures
            .iter()
            .filter_map(|signature| signature.bytes.as_ref())
            .any(|bytes| key.verifies(&self.signed, bytes))
    }

    /// Says whether one of the signatures says that the key called `key_id` made it, or does not
    /// say which key did.
    pub(super) fn names(&self, key_id: &str) -> bool {
        let names =
            |signature: &Signature| signature.key_id == key_id || signature.key_id.is_empty();
        self.signatures.iter().any(names)
    }
}

fn read_signatures(
    list: &[Value],
    decode: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<Signature>, LayoutError> {
    let read = |value| {
        let signature = Object::of(value, "signature")?;
        let key_id = signature.text("keyid")?.unwrap_or_default().to_owned();
        if signature.get("other_headers").is_some() {
            return Ok(Signature { key_id, bytes: None });
        }
        let bytes = decode(signature.required_text("sig")?);
        let bytes = bytes.ok_or_else(|| signature.wrong("sig", "an encoded signature"))?;
        Ok(Signature { key_id, bytes: Some(bytes) })
    };
    list.iter().map(read).collect()
}

/// The bytes that a DSSE signature is over (DSSE protocol, section "Signature Definition").
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
