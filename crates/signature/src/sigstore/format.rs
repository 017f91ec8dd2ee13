use super::entry;
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::spelling;
use beleg_dsse::json;
use beleg_trust::{MissingEvidence, Reason};
use serde_json::Value;
use sigstore_verify::types::{
    Bundle, KindVersion, MediaType, SignatureContent, TransparencyLogEntry,
    VerificationMaterialContent,
};

/// The largest bundle, or file with bundles, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 16 << 20;

/// Log entries in one bundle.
pub(super) const MAX_LOG_ENTRIES: usize = 32;
/// RFC 3161 timestamps in one bundle.
pub(super) const MAX_TIMESTAMPS: usize = 32;
/// Certificates in one bundle.
pub(super) const MAX_CERTIFICATES: usize = 10;
/// Hashes in a proof of inclusion: one a level of a tree with 2^63 leaves, and one.
const MAX_PROOF_HASHES: usize = 64;

/// Reads a bundle (Sigstore's protobuf-specs, `sigstore_bundle.proto`) from JSON.
pub(super) fn parse(json: &[u8]) -> Result<Bundle, Refusal> {
    from_value(value(json)?)
}

/// Reads JSON within the limit and without doubled members.
pub(super) fn value(json: &[u8]) -> Result<Value, Refusal> {
    if json.len() > MAX_BUNDLE_BYTES {
        return Err(malformed(format!("it is larger than {MAX_BUNDLE_BYTES} bytes")));
    }
    json::parse(json, &json::Limits::DOCUMENT).map_err(|error| malformed(error.to_string()))
}

/// Reads a bundle from JSON that was parsed without doubled members.
pub(super) fn from_value(value: Value) -> Result<Bundle, Refusal> {
    let Some(media_type) = value.get("mediaType").and_then(Value::as_str) else {
        return Err(malformed("it states no media type"));
    };
    if media_type.parse::<MediaType>().is_err() {
        let note = format!("`{media_type}` is not the media type of a bundle that is known here");
        return Err(Refusal::new(Reason::UnsupportedFormat, note));
    }
    one_of(&value, &["messageSignature", "dsseEnvelope"])?;
    spelling::check(&value)?;
    let material = value.get("verificationMaterial").unwrap_or(&Value::Null);
    one_of(material, &["certificate", "x509CertificateChain", "publicKey"])?;
    count(material.get("tlogEntries"), MAX_LOG_ENTRIES, "log entries")?;
    for logged in material.get("tlogEntries").and_then(Value::as_array).into_iter().flatten() {
        check_kind(logged.get("kindVersion"))?;
        entry::check_index(logged)?;
    }
    check_signatures(value.get("dsseEnvelope"))?;
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}

/// Says which kind of log entry this is, unless it is a kind that the verifier does not know.
fn check_kind(kind_version: Option<&Value>) -> Result<(), Refusal> {
    match kind_version {
        Some(value) if serde_json::from_value::<KindVersion>(value.clone()).is_err() => {
            let note = format!("a log entry is of the unknown kind {value}");
            Err(Refusal::new(Reason::UnsupportedFormat, note))
        }
        _ => Ok(()),
    }
}

/// A bundle's envelope has exactly one signature, the one that its certificate, timestamps and
/// log entries are about.
fn check_signatures(envelope: Option<&Value>) -> Result<(), Refusal> {
    let Some(signatures) = envelope.and_then(|envelope| envelope.get("signatures")) else {
        return Ok(());
    };
    match signatures.as_array().map(Vec::len) {
        Some(2..) => {
            let note = "the envelope has more than one signature";
            Err(Refusal::new(Reason::TooManySignatures, note))
        }
        _ => Ok(()),
    }
}

fn one_of(object: &Value, members: &[&str]) -> Result<(), Refusal> {
    let present =
        members.iter().filter(|member| object.get(member).is_some_and(|value| !value.is_null()));
    match present.count() {
        1 => Ok(()),
        _ => Err(malformed(format!("it does not hold exactly one of {}", members.join(", ")))),
    }
}

fn count(array: Option<&Value>, limit: usize, what: &str) -> Result<(), Refusal> {
    match array.and_then(Value::as_array) {
        Some(items) if items.len() > limit => {
            Err(malformed(format!("it has more than {limit} {what}")))
        }
        _ => Ok(()),
    }
}

/// Checks what a bundle of its kind must hold, before any signature is looked at. Later versions
/// demand more: a bundle that declares less than what it holds was tampered with.
pub(super) fn check(bundle: &Bundle, policy: &BundlePolicy) -> Result<(), Refusal> {
    check_limits(bundle)?;
    check_version(bundle)?;
    let entries = &bundle.verification_material.tlog_entries;
    if entries.is_empty() && !policy.without_transparency_log_unsafe {
        return Err(Refusal::new(Reason::ProofMissing, "the bundle holds no log entry")
            .missing(MissingEvidence::LogEntry));
    }
    for entry in entries {
        check_proof(bundle, entry, policy)?;
        check_content(bundle, entry)?;
        check_algorithms(entry)?;
    }
    Ok(())
}

fn check_limits(bundle: &Bundle) -> Result<(), Refusal> {
    let material = &bundle.verification_material;
    let certificates = match &material.content {
        VerificationMaterialContent::X509CertificateChain { certificates } => certificates.len(),
        _ => 0,
    };
    let hashes = material
        .tlog_entries
        .iter()
        .filter_map(|entry| entry.inclusion_proof.as_ref())
        .map(|proof| proof.hashes.len())
        .max();
    for (count, limit, what) in [
        (material.tlog_entries.len(), MAX_LOG_ENTRIES, "log entries"),
        (
            material.timestamp_verification_data.rfc3161_timestamps.len(),
            MAX_TIMESTAMPS,
            "timestamps",
        ),
        (certificates, MAX_CERTIFICATES, "certificates"),
        (hashes.unwrap_or(0), MAX_PROOF_HASHES, "hashes in a proof"),
    ] {
        if count > limit {
            return Err(malformed(format!("it has more than {limit} {what}")));
        }
    }
    Ok(())
}

/// A single certificate came with version 0.3, and Rekor v2 is younger than that; both demand a
/// proof of inclusion, which version 0.1 does not.
fn check_version(bundle: &Bundle) -> Result<(), Refusal> {
    let material = &bundle.verification_material;
    let single = matches!(material.content, VerificationMaterialContent::Certificate(_));
    let rekor_v2 = material
        .tlog_entries
        .iter()
        .any(|entry| entry.kind_version == KindVersion::HashedRekordV002);
    let downgraded = match bundle.media_type {
        MediaType::Bundle0_1 => single || rekor_v2,
        MediaType::Bundle0_2 => single,
        _ => false,
    };
    if downgraded {
        let note = format!("it declares `{}`, but holds what came later", bundle.media_type);
        return Err(Refusal::new(Reason::FormatDowngraded, note));
    }
    Ok(())
}

fn check_proof(
    bundle: &Bundle,
    entry: &TransparencyLogEntry,
    policy: &BundlePolicy,
) -> Result<(), Refusal> {
    let proved = entry.inclusion_proof.as_ref().is_some_and(|proof| !proof.checkpoint.is_empty());
    let promised = bundle.media_type == MediaType::Bundle0_1
        && entry.inclusion_promise.is_some()
        && entry.inclusion_proof.is_none();
    if proved || (promised && policy.inclusion_promise_suffices_unsafe) {
        return Ok(());
    }
    let note = if promised {
        "a log entry carries the log's promise of inclusion alone"
    } else {
        "a log entry lacks its proof of inclusion, or the checkpoint in it"
    };
    Err(Refusal::new(Reason::ProofMissing, note).missing(MissingEvidence::InclusionProof))
}

/// Refuses entries of a kind that cannot be about what the bundle holds: they are another
/// signature's.
fn check_content(bundle: &Bundle, entry: &TransparencyLogEntry) -> Result<(), Refusal> {
    let fits = matches!(
        (&bundle.content, entry.kind_version),
        (
            SignatureContent::MessageSignature(_),
            KindVersion::HashedRekordV001 | KindVersion::HashedRekordV002,
        ) | (
            SignatureContent::DsseEnvelope(_),
            KindVersion::HashedRekordV002 | KindVersion::DsseV001 | KindVersion::IntotoV002,
        )
    );
    if fits {
        return Ok(());
    }
    let (kind, version) = (entry.kind_version.kind(), entry.kind_version.version());
    let note = format!("a log entry of the kind `{kind}` {version} is not about such a signature");
    Err(Refusal::new(Reason::LogEntryMismatch, note))
}

/// The library compares entries over SHA-256 alone, and in Rekor 2 those of keys on P-256. It
/// calls what others sign an entry of another signature, which would be an accusation.
fn check_algorithms(entry: &TransparencyLogEntry) -> Result<(), Refusal> {
    let known = match entry.kind_version {
        KindVersion::HashedRekordV001 => [("/spec/data/hash/algorithm", "sha256")].as_slice(),
        KindVersion::HashedRekordV002 => &[
            ("/spec/hashedRekordV002/data/algorithm", "SHA2_256"),
            ("/spec/hashedRekordV002/signature/verifier/keyDetails", "PKIX_ECDSA_P256_SHA_256"),
        ],
        _ => return Ok(()),
    };
    // What cannot be read is for the library to refuse.
    let body = json::parse(entry.canonicalized_body.as_bytes(), &json::Limits::DOCUMENT);
    let body = body.unwrap_or_default();
    let mut others = known.iter().filter_map(|(place, known)| {
        let stated = body.pointer(place)?.as_str()?;
        (stated != *known).then_some(stated)
    });
    match others.next() {
        Some(stated) => {
            let note = format!("a log entry is over `{stated}`, which is not compared here");
            Err(Refusal::new(Reason::UnsupportedSignature, note))
        }
        None => Ok(()),
    }
}

pub(super) fn malformed(note: impl AsRef<str>) -> Refusal {
    Refusal::new(Reason::MalformedSignature, note)
}
