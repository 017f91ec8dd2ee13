use super::artifact::Artifact;
use super::format::{self, MAX_CERTIFICATES, malformed};
use super::policy::BundlePolicy;
use super::refusal::Refusal;
use super::rekor::RekorBundle;
use super::root::TrustedRoot;
use super::statement::SubjectDemand;
use super::verify::{Verification, Verified, guarded};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::Digest;
use beleg_trust::{Check, Judgement, Reason};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use sigstore_verify::types::{
    Bundle, DerCertificate, DerPublicKey, DsseEnvelope, MediaType, MessageSignature,
    PublicKeyIdentifier, Rfc3161Timestamp, SignatureBytes, SignatureContent, TimestampToken,
    TimestampVerificationData, VerificationMaterial, VerificationMaterialContent, X509Certificate,
};
use std::collections::BTreeMap;

/// Annotations of a signature's layer (cosign, SIGNATURE_SPEC.md).
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const BUNDLE: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// The type of the payload that cosign signs.
const PAYLOAD_TYPE: &str = "cosign container image signature";
/// The largest payload, in bytes; a genuine one has some hundred.
const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// One signature over an image as cosign keeps it beside the image (tag `sha256-….sig`): a layer
/// and its annotations.
#[derive(Clone, Copy, Debug)]
pub struct CosignSignature<'a> {
    /// The layer's content: the signed "simple signing" payload.
    pub payload: &'a [u8],
    /// The layer's annotations.
    pub annotations: &'a BTreeMap<String, String>,
}

/// The signed payload (containers/image, "simple signing").
#[derive(Deserialize)]
struct SimpleSigning {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// What `cosign sign-blob --bundle` wrote before version 3.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BlobBundle {
    base64_signature: String,
    #[serde(default)]
    cert: String,
    rekor_bundle: Option<RekorBundle>,
}

/// A timestamp as cosign keeps it.
#[derive(Deserialize)]
struct RekorTimestamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    token: TimestampToken,
}

/// Verifies one of cosign's older signatures over the image whose manifest has the digest
/// `image`. Such a signature carries the log's promise of inclusion at most, never a proof: it is
/// accepted only where the policy says that
/// [a promise suffices](BundlePolicy::inclusion_promise_suffices_unsafe), or that no log entry is
/// needed.
#[must_use]
pub fn verify_cosign_image(
    signature: &CosignSignature<'_>,
    image: &Digest,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let bundle = image_bundle(signature)?;
        let artifact = Artifact::Bytes(signature.payload);
        let demand = SubjectDemand::default();
        let mut verified =
            Verification { artifact: &artifact, demand, policy, root, now }.of(&bundle)?;
        if verified.judgement.reason == Reason::Trusted {
            check_image(signature.payload, image, &mut verified.judgement);
        }
        Ok(verified)
    })
}

/// Verifies what `cosign sign-blob --bundle` wrote before there were Sigstore bundles:
/// `{"base64Signature":…,"cert":…,"rekorBundle":…}`. It carries the log's promise of inclusion,
/// never a proof; see [`verify_cosign_image`].
#[must_use]
pub fn verify_cosign_blob(
    json: &[u8],
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let blob: BlobBundle = read(format::value(json)?)?;
        let parts =
            Parts { signer: signer(&blob.cert)?, entry: blob.rekor_bundle, timestamp: None };
        let bundle = bundle(message(&blob.base64_signature)?, parts)?;
        let demand = SubjectDemand::default();
        Verification { artifact, demand, policy, root, now }.of(&bundle)
    })
}

/// Verifies one of cosign's older attestations over the image whose manifest has the digest
/// `image` (tag `sha256-….att`): the layer's content is a DSSE envelope. See
/// [`verify_cosign_image`] about its proof.
#[must_use]
pub fn verify_cosign_attestation(
    attestation: &CosignSignature<'_>,
    image: &Digest,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Verified {
    guarded(|| {
        let envelope: DsseEnvelope = read(format::value(attestation.payload)?)?;
        let parts = Parts::of(attestation)?;
        let bundle = bundle(SignatureContent::DsseEnvelope(envelope), parts)?;
        let digests = [image.clone()];
        let artifact = Artifact::Digests(&digests);
        let demand = SubjectDemand::default();
        Verification { artifact: &artifact, demand, policy, root, now }.of(&bundle)
    })
}

/// What lies beside a signature: who made it, and what proves when.
struct Parts {
    signer: VerificationMaterialContent,
    entry: Option<RekorBundle>,
    timestamp: Option<TimestampToken>,
}

fn image_bundle(signature: &CosignSignature<'_>) -> Result<Bundle, Refusal> {
    if signature.payload.len() > MAX_PAYLOAD_BYTES {
        return Err(malformed(format!("the payload is larger than {MAX_PAYLOAD_BYTES} bytes")));
    }
    let base64 =
        signature.annotation(SIGNATURE).ok_or_else(|| malformed("there is no signature"))?;
    bundle(message(base64)?, Parts::of(signature)?)
}

impl CosignSignature<'_> {
    fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

impl Parts {
    fn of(signature: &CosignSignature<'_>) -> Result<Self, Refusal> {
        let signer = match signature.annotation(CERTIFICATE) {
            Some(pem) => {
                let mut chain = certificates(pem)?;
                if chain.len() != 1 {
                    return Err(malformed("there is not exactly one signing certificate"));
                }
                let issuers = signature.annotation(CHAIN).map(certificates).transpose()?;
                chain.extend(issuers.into_iter().flatten());
                chain_of(chain)
            }
            None => key(""),
        };
        let entry = match signature.annotation(BUNDLE) {
            Some(json) => Some(read(format::value(json.as_bytes())?)?),
            None => None,
        };
        let timestamp = match signature.annotation(TIMESTAMP) {
            Some(json) => Some(read::<RekorTimestamp>(format::value(json.as_bytes())?)?.token),
            None => None,
        };
        Ok(Self { signer, entry, timestamp })
    }
}

fn message(base64: &str) -> Result<SignatureContent, Refusal> {
    let signature = SignatureBytes::from_base64(base64.trim())
        .map_err(|_| malformed("the signature is not base64"))?;
    Ok(SignatureContent::MessageSignature(MessageSignature::new(signature)))
}

/// Reads what `sign-blob` kept of the signer: a certificate, or the public key, as PEM that is
/// encoded once more, or nothing.
fn signer(text: &str) -> Result<VerificationMaterialContent, Refusal> {
    let decoded = STANDARD.decode(text.trim()).ok().and_then(|pem| String::from_utf8(pem).ok());
    let pem = decoded.unwrap_or_else(|| text.to_owned());
    if pem.trim().is_empty() {
        return Ok(key(""));
    }
    if let Ok(spki) = DerPublicKey::from_pem(&pem) {
        return Ok(key(&STANDARD.encode(Sha256::digest(spki.as_bytes()))));
    }
    match certificates(&pem)? {
        chain if chain.len() == 1 => Ok(chain_of(chain)),
        _ => Err(malformed("there is not exactly one signing certificate")),
    }
}

fn key(hint: &str) -> VerificationMaterialContent {
    VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new(hint))
}

fn chain_of(certificates: Vec<DerCertificate>) -> VerificationMaterialContent {
    let certificates = certificates.into_iter().map(X509Certificate::new).collect();
    VerificationMaterialContent::X509CertificateChain { certificates }
}

/// Puts a bundle together. Version 0.1 is the one that a promise without a proof belongs to;
/// without a log entry, version 0.2 lets the certificates of a private authority come along.
fn bundle(content: SignatureContent, parts: Parts) -> Result<Bundle, Refusal> {
    let Parts { signer, entry, timestamp } = parts;
    let media_type = if entry.is_some() { MediaType::Bundle0_1 } else { MediaType::Bundle0_2 };
    let entries = entry.map(RekorBundle::into_entry).transpose()?.into_iter().collect::<Vec<_>>();
    let timestamps = timestamp.into_iter().map(Rfc3161Timestamp::new).collect();
    let material = VerificationMaterial::new(signer)
        .with_tlog_entries(entries)
        .with_timestamp_verification_data(TimestampVerificationData::new(timestamps));
    Ok(Bundle::new(media_type, material, content))
}

/// Completes a judgement with what the payload says was signed. Its place and purpose are read
/// only now that the signature over it fits.
fn check_image(payload: &[u8], image: &Digest, judgement: &mut Judgement) {
    let simple: Result<SimpleSigning, _> = format::value(payload).and_then(read);
    let (reason, note) = match simple {
        Err(_) => (Reason::MalformedStatement, "the payload is not a simple signing one"),
        Ok(simple) if simple.critical.kind != PAYLOAD_TYPE => {
            (Reason::UnexpectedPredicate, "the payload is not a signature over an image")
        }
        Ok(simple) if simple.critical.image.digest != image.to_string() => {
            (Reason::DigestMismatch, "the payload names another image")
        }
        Ok(_) => return,
    };
    judgement.reason = reason;
    judgement.trust = Check::Bad;
    judgement.notes.push(note.to_owned());
}

/// Reads PEM blocks `CERTIFICATE` (RFC 7468, section 5), and nothing but white space between.
fn certificates(pem: &str) -> Result<Vec<DerCertificate>, Refusal> {
    const END: &str = "-----END CERTIFICATE-----";
    let mut certificates = Vec::new();
    let mut rest = pem.trim();
    while !rest.is_empty() {
        if certificates.len() >= MAX_CERTIFICATES {
            return Err(malformed(format!("it has more than {MAX_CERTIFICATES} certificates")));
        }
        let (block, behind) =
            rest.split_once(END).ok_or_else(|| malformed("a certificate is not PEM"))?;
        let certificate = DerCertificate::from_pem(&format!("{block}{END}\n"))
            .map_err(|error| malformed(error.to_string()))?;
        certificates.push(certificate);
        rest = behind.trim();
    }
    Ok(certificates)
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}
