//! Protobuf's JSON has two spellings of every member, and a reader takes either (protobuf,
//! "ProtoJSON Format"). A member that is read under one of them alone hides the other from its
//! reader and from nobody else.

use super::format::malformed;
use super::refusal::Refusal;
use serde_json::Value;

/// Members of a bundle whose other spelling differs (Sigstore's protobuf-specs, `sigstore_bundle`,
/// `sigstore_common` and `sigstore_rekor.proto`; DSSE's `envelope.proto`).
const MEMBERS: [&str; 25] = [
    "canonicalizedBody",
    "dsseEnvelope",
    "inclusionPromise",
    "inclusionProof",
    "integratedTime",
    "keyId",
    "kindVersion",
    "logId",
    "logIndex",
    "mediaType",
    "messageDigest",
    "messageSignature",
    "payloadType",
    "publicKey",
    "rawBytes",
    "rfc3161Timestamps",
    "rootHash",
    "signedEntryTimestamp",
    "signedTimestamp",
    "timestampVerificationData",
    "tlogEntries",
    "treeSize",
    "verificationMaterial",
    "x509CertificateChain",
    "x509Certificate",
];

/// A member of envelopes, whose name differs from a log's in case.
const OF_ENVELOPES: &str = "keyid";

/// Refuses members in the spelling that is not read here.
pub(super) fn check(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            match MEMBERS
                .iter()
                .find(|member| *member != name && are_one(member, name) && name != OF_ENVELOPES)
            {
                Some(member) => Err(malformed(format!(
                    "its member `{name}` is `{member}` to other readers, and is not read here"
                ))),
                None => check(value),
            }
        }),
        _ => Ok(()),
    }
}

/// Says whether two names differ in case and underscores alone: Go's own reader, which some tools
/// use, does not tell cases apart either.
fn are_one(member: &str, name: &str) -> bool {
    let folded = |name: &str| -> String {
        name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
    };
    name.len() <= member.len().saturating_mul(2) && folded(member) == folded(name)
}
