//! Whether a CMS signature fits its content and a certificate's key (RFC 5652, section 5.4 to
//! 5.6).

use super::algorithm::{Fit, Hash};
use super::attributes::{AttributeError, Attributes, CONTENT_TYPE, MESSAGE_DIGEST};
use super::certificate::{Certificate, CertificateError};
use super::signed_data::{SignedAttributes, SignedData};
use super::tlv::{self, Reader};
use beleg_trust::{Check, Judgement, Reason};
use der::asn1::ObjectIdentifier;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// Says why a signature does not fit, or why that cannot be said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("the signed content type is missing or another than the content's")]
    ContentType,
    #[error("the signed digest is missing")]
    NoDigest,
    #[error("the content is of type {0} instead of plain data")]
    Kind(ObjectIdentifier),
    #[error("the signature was made over signed attributes, which are presented as the content")]
    Attributes,
    #[error("the signature does not fit the certificate's key")]
    Signature,
    #[error("the signature is for another content than this")]
    Digest,
    #[error("the signature carries another content than what it stands beside")]
    Attached,
    #[error("it is signed with {0}")]
    Weak(&'static str),
    #[error("it is signed in a way that is not checked here: {0}")]
    Unsupported(String),
}

impl MessageError {
    /// Judges by this error, which is about the signature itself.
    pub(super) fn judgement(&self) -> Judgement {
        let judgement = match self {
            Self::Attribute(_) | Self::Certificate(_) | Self::ContentType | Self::NoDigest => {
                Judgement::bad(Reason::MalformedSignature)
            }
            Self::Kind(_) | Self::Unsupported(_) => {
                Judgement::unknown(Reason::UnsupportedSignature)
            }
            Self::Attributes | Self::Signature => Judgement::bad(Reason::BadSignature),
            Self::Digest | Self::Attached => Judgement::bad(Reason::DigestMismatch),
            Self::Weak(_) => Judgement::of(Reason::WeakAlgorithm, Check::Unknown, Check::Bad),
        };
        judgement.noting(self.to_string())
    }
}

/// Returns the bytes that are signed: the signed attributes, or else the content itself.
pub(super) fn signed_bytes<'a>(data: &'a SignedData<'_>, payload: &'a [u8]) -> &'a [u8] {
    data.signer.signed.as_ref().map_or(payload, |signed| &signed.message)
}

/// Checks the signature over `payload` with the key of `certificate`.
pub(super) fn check(
    data: &SignedData<'_>,
    certificate: &Certificate,
    payload: &[u8],
) -> Result<(), MessageError> {
    let signer = &data.signer;
    if data.content_type != DATA {
        return Err(MessageError::Kind(data.content_type));
    }
    if data.content.is_some_and(|content| content != payload) {
        return Err(MessageError::Attached);
    }
    let Some(hash) = Hash::of(signer.digest.oid) else {
        return Err(MessageError::Unsupported(format!("the digest is {}", signer.digest.oid)));
    };
    let message = signed_bytes(data, payload);
    match certificate.key()?.fit(&signer.algorithm, Some(hash), message, signer.signature) {
        Fit::Good => {}
        Fit::Bad => return Err(MessageError::Signature),
        Fit::Weak(what) => return Err(MessageError::Weak(what)),
        Fit::Unsupported(what) => return Err(MessageError::Unsupported(what)),
    }
    match &signer.signed {
        Some(signed) => check_attributes(signed, hash, payload),
        None if is_attributes(payload) => Err(MessageError::Attributes),
        None => Ok(()),
    }
}

fn check_attributes(
    signed: &SignedAttributes<'_>,
    hash: Hash,
    payload: &[u8],
) -> Result<(), MessageError> {
    let attributes = &signed.attributes;
    if attributes.content(CONTENT_TYPE, tlv::OID)? != Some(DATA.as_bytes()) {
        return Err(MessageError::ContentType);
    }
    let claimed =
        attributes.content(MESSAGE_DIGEST, tlv::OCTET_STRING)?.ok_or(MessageError::NoDigest)?;
    let weak = MessageError::Weak("MD5, SHA-1 or SHA-224 over the content");
    if hash.digest(payload).ok_or(weak)? == claimed { Ok(()) } else { Err(MessageError::Digest) }
}

/// Says whether the content is itself a set of signed attributes. A signature over attributes
/// could else be taken for one over them as content (RFC 5652, section 5.4 keeps the two apart
/// by nothing but where they stand).
fn is_attributes(payload: &[u8]) -> bool {
    Reader::new(payload)
        .expect(tlv::SET)
        .ok()
        .and_then(|set| Attributes::parse(set.value).ok())
        .is_some_and(|attributes| !matches!(attributes.value(MESSAGE_DIGEST), Ok(None)))
}
