//! gitsign: CMS with a short-lived Fulcio certificate. Whether it was valid when it signed, only
//! a transparency log tells; its entry is embedded (`rekorMode = offline`) or to be had online.
//!
//! The log's entry is about the signed attributes, not about the commit: as a Sigstore bundle,
//! their DER is the artifact.

use super::attributes::{AttributeError, REKOR_ENTRY, TIMESTAMP_TOKEN};
use super::certificate::Certificate;
use super::protobuf::{self, ProtobufError, Value};
use super::signed_data::SignerInfo;
use super::tlv;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use sigstore_verify::types::Bundle;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Says why no bundle can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BundleError {
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    #[error("the embedded log entry cannot be read: {0}")]
    Protobuf(#[from] ProtobufError),
    #[error("the embedded log entry is of the kind `{0}`, whose content is not embedded")]
    Kind(String),
    #[error("the log entry is embedded in another form, as early versions of gitsign wrote it")]
    OtherForm,
    #[error("the embedded log entry lacks a part or has a part of another form: {0}")]
    Entry(String),
}

/// Says whether Fulcio's extension is in the certificate; whether Fulcio issued it, the
/// verification of the bundle tells.
pub(super) fn is_fulcio(certificate: &Certificate) -> bool {
    certificate.extensions.fulcio_issuer.is_some()
}

/// Makes a Sigstore bundle (version 0.3) of a signature over `message` with its embedded log
/// entry; nothing when none is embedded.
pub(super) fn bundle_of(
    signer: &SignerInfo<'_>,
    certificate: &Certificate,
    message: &[u8],
) -> Result<Option<Bundle>, BundleError> {
    let entry = match signer.unsigned.value(REKOR_ENTRY)? {
        None => return Ok(None),
        // Under the same identifier stood the time of the log once, as an integer, with the other
        // parts of the entry under the next ones.
        Some(value) if value.tag != tlv::OCTET_STRING => return Err(BundleError::OtherForm),
        Some(value) => value.value,
    };
    let body = hashedrekord(signer, certificate, message);
    let mut timestamps = Vec::new();
    if let Some(token) = signer.unsigned.value(TIMESTAMP_TOKEN)? {
        timestamps.push(serde_json::json!({ "signedTimestamp": STANDARD.encode(token.whole) }));
    }
    let json = serde_json::json!({
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "certificate": { "rawBytes": STANDARD.encode(&certificate.der) },
            "tlogEntries": [Entry::parse(entry)?.json(&body)?],
            "timestampVerificationData": { "rfc3161Timestamps": timestamps },
        },
        "messageSignature": {
            "messageDigest": {
                "algorithm": "SHA2_256",
                "digest": STANDARD.encode(Sha256::digest(message)),
            },
            "signature": STANDARD.encode(signer.signature),
        },
    });
    // The bundle's own reader checks the forms of all parts, such as lengths of hashes.
    let bundle = serde_json::from_value(json);
    bundle.map(Some).map_err(|error| BundleError::Entry(error.to_string()))
}

/// Returns the entry's body, which gitsign leaves out because it follows from the signature: a
/// `hashedrekord` 0.0.1 as Rekor canonicalises it (RFC 8785).
fn hashedrekord(signer: &SignerInfo<'_>, certificate: &Certificate, message: &[u8]) -> Vec<u8> {
    let body = serde_json::json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {
                "hash": { "algorithm": "sha256", "value": hex::encode(Sha256::digest(message)) },
            },
            "signature": {
                "content": STANDARD.encode(signer.signature),
                "publicKey": { "content": STANDARD.encode(pem(&certificate.der)) },
            },
        },
    });
    serde_json_canonicalizer::to_vec(&body).unwrap_or_default()
}

/// Writes a certificate in PEM as Go does: lines of 64 characters, a newline at the end.
fn pem(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

/// A Rekor `TransparencyLogEntry` (Sigstore's protobuf-specs, `sigstore_rekor.proto`).
#[derive(Debug, Default)]
struct Entry<'a> {
    log_index: u64,
    log_id: &'a [u8],
    kind: String,
    version: String,
    integrated_time: u64,
    promise: Option<&'a [u8]>,
    proof: Option<Proof<'a>>,
    body: Option<&'a [u8]>,
}

#[derive(Debug, Default)]
struct Proof<'a> {
    log_index: u64,
    root_hash: &'a [u8],
    tree_size: u64,
    hashes: Vec<&'a [u8]>,
    checkpoint: String,
}

impl<'a> Entry<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, BundleError> {
        let mut entry = Self::default();
        for field in protobuf::fields(message)? {
            match field {
                (1, Value::Number(index)) => entry.log_index = index,
                (2, Value::Bytes(id)) => {
                    entry.log_id = bytes(id, 1)?.unwrap_or_default();
                }
                (3, Value::Bytes(kind)) => {
                    entry.kind = text(bytes(kind, 1)?)?;
                    entry.version = text(bytes(kind, 2)?)?;
                }
                (4, Value::Number(time)) => entry.integrated_time = time,
                (5, Value::Bytes(promise)) => entry.promise = bytes(promise, 1)?,
                (6, Value::Bytes(proof)) => entry.proof = Some(Proof::parse(proof)?),
                (7, Value::Bytes(body)) if !body.is_empty() => entry.body = Some(body),
                _ => {}
            }
        }
        Ok(entry)
    }

    fn json(&self, body: &[u8]) -> Result<serde_json::Value, BundleError> {
        let body = match self.body {
            Some(body) => body,
            None if (&*self.kind, &*self.version) == ("hashedrekord", "0.0.1") => body,
            None => return Err(BundleError::Kind(format!("{} {}", self.kind, self.version))),
        };
        let mut entry = serde_json::json!({
            "logIndex": self.log_index.to_string(),
            "logId": { "keyId": STANDARD.encode(self.log_id) },
            "kindVersion": { "kind": self.kind, "version": self.version },
            "integratedTime": self.integrated_time.to_string(),
            "canonicalizedBody": STANDARD.encode(body),
        });
        let Some(object) = entry.as_object_mut() else {
            return Err(BundleError::Entry("it is no object".to_owned()));
        };
        if let Some(promise) = self.promise {
            let promise = serde_json::json!({ "signedEntryTimestamp": STANDARD.encode(promise) });
            object.insert("inclusionPromise".to_owned(), promise);
        }
        if let Some(proof) = &self.proof {
            object.insert("inclusionProof".to_owned(), proof.json());
        }
        Ok(entry)
    }
}

impl<'a> Proof<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, BundleError> {
        let mut proof = Self::default();
        for field in protobuf::fields(message)? {
            match field {
                (1, Value::Number(index)) => proof.log_index = index,
                (2, Value::Bytes(hash)) => proof.root_hash = hash,
                (3, Value::Number(size)) => proof.tree_size = size,
                (4, Value::Bytes(hash)) => proof.hashes.push(hash),
                (5, Value::Bytes(checkpoint)) => proof.checkpoint = text(bytes(checkpoint, 1)?)?,
                _ => {}
            }
        }
        Ok(proof)
    }

    fn json(&self) -> serde_json::Value {
        let hashes: Vec<String> = self.hashes.iter().map(|hash| STANDARD.encode(hash)).collect();
        serde_json::json!({
            "logIndex": self.log_index.to_string(),
            "rootHash": STANDARD.encode(self.root_hash),
            "treeSize": self.tree_size.to_string(),
            "hashes": hashes,
            "checkpoint": { "envelope": self.checkpoint },
        })
    }
}

/// Returns the field `number` of a message, if it is bytes; the last one counts, as everywhere
/// in protobuf.
fn bytes(message: &[u8], number: u64) -> Result<Option<&[u8]>, BundleError> {
    let fields = protobuf::fields(message)?;
    Ok(fields.into_iter().rev().find_map(|field| match field {
        (found, Value::Bytes(bytes)) if found == number => Some(bytes),
        _ => None,
    }))
}

fn text(bytes: Option<&[u8]>) -> Result<String, BundleError> {
    let bytes = bytes.unwrap_or_default().to_vec();
    String::from_utf8(bytes).map_err(|_| BundleError::Entry("a text is not UTF-8".to_owned()))
}
