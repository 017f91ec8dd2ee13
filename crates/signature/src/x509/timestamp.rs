//! RFC 3161 timestamps on a signature: an unsigned attribute (appendix A) that proves when the
//! signature existed at the latest.

use super::algorithm::{Fit, Hash};
use super::attributes::{
    CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, time,
};
use super::ber;
use super::certificate::{Certificate, CertificateError, TIME_STAMPING};
use super::path::{self, Candidates, PathError};
use super::revocation::{RevocationLists, Status};
use super::signed_data::{Algorithm, SignedData, SignedDataError, SignerId};
use super::tlv::{self, DerError, Reader};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Says why a timestamp proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimestampError {
    #[error("the timestamp cannot be read: {0}")]
    Cms(#[from] SignedDataError),
    #[error("the timestamp cannot be read: {0}")]
    Encoding(#[from] DerError),
    #[error("the timestamp's certificates cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    #[error("the timestamp holds no time that can be read")]
    Content,
    #[error("the timestamp was made over something else")]
    Imprint,
    #[error("the timestamp's own signature does not fit")]
    Signature,
    #[error("the timestamp is signed in a way that proves nothing here")]
    Algorithm,
    #[error("the timestamp's certificate is not at hand, or is not the one that it names")]
    NoCertificate,
    #[error("the timestamp's certificate is not for timestamps")]
    Purpose,
    #[error("the timestamp's certificate: {0}")]
    Path(#[from] PathError),
    #[error("the timestamp's certificate, or one above it, was revoked")]
    Revoked,
    #[error("the timestamp lies after the instant of the check")]
    Future,
}

/// Verifies `token` (a ContentInfo) over `signature` and returns the time that a trusted
/// authority signed. `candidates` are the trusted authorities; certificates in the token help to
/// reach them.
pub(super) fn verify(
    token: &[u8],
    signature: &[u8],
    candidates: &Candidates<'_>,
    lists: &RevocationLists,
    now: Timestamp,
) -> Result<Timestamp, TimestampError> {
    let der = ber::to_der(token).map_err(SignedDataError::from)?;
    let data = SignedData::parse(&der)?;
    let content = data.content.filter(|_| data.content_type == TST_INFO);
    let content = content.ok_or(TimestampError::Content)?;
    let info = Info::parse(content)?;
    let hashed = info.hash.digest(signature).ok_or(TimestampError::Algorithm)?;
    if hashed != info.imprint {
        return Err(TimestampError::Imprint);
    }
    let carried: Vec<Certificate> = data
        .certificates
        .iter()
        .map(|certificate| Certificate::parse(certificate))
        .collect::<Result<_, _>>()?;
    let mut intermediates: Vec<&Certificate> = carried.iter().collect();
    intermediates.extend(candidates.intermediates);
    let known = intermediates.iter().chain(candidates.anchors).copied();
    let signer = find(&data.signer.id, known).ok_or(TimestampError::NoCertificate)?;
    check_signature(&data, content, signer)?;
    // RFC 3161, section 2.3: only for timestamps, and it must say so.
    if signer.extensions.purposes.as_deref() != Some(&[TIME_STAMPING])
        || signer.extensions.key_usage.is_some_and(|usage| !usage.signs)
    {
        return Err(TimestampError::Purpose);
    }
    let candidates = Candidates { intermediates: &intermediates, ..*candidates };
    let path = path::build(signer, &candidates, &[TIME_STAMPING], info.time)?;
    let revoked =
        path.issued().any(|(certificate, issuer)| match lists.status(certificate, issuer, now) {
            Status::Revoked(revocation) => !revocation.soft || revocation.at <= info.time,
            Status::Listed | Status::Unknown => false,
        });
    if revoked {
        return Err(TimestampError::Revoked);
    }
    if info.time > now {
        return Err(TimestampError::Future);
    }
    Ok(info.time)
}

/// Finds the certificate that a signer names.
pub(super) fn find<'a>(
    id: &SignerId<'_>,
    mut certificates: impl Iterator<Item = &'a Certificate>,
) -> Option<&'a Certificate> {
    certificates.find(|certificate| match id {
        SignerId::IssuerAndSerial(issuer, serial) => {
            certificate.issuer == *issuer && certificate.serial == *serial
        }
        SignerId::SubjectKeyIdentifier(identifier) => {
            certificate.extensions.key_identifier.as_deref() == Some(identifier)
        }
    })
}

fn check_signature(
    data: &SignedData<'_>,
    content: &[u8],
    signer: &Certificate,
) -> Result<(), TimestampError> {
    let info = &data.signer;
    // Signed attributes are obligatory for any content but plain data (RFC 5652, section 5.3).
    let signed = info.signed.as_ref().ok_or(TimestampError::Signature)?;
    let hash = Hash::of(info.digest.oid).ok_or(TimestampError::Algorithm)?;
    let digest = hash.digest(content).ok_or(TimestampError::Algorithm)?;
    let attributes = &signed.attributes;
    let claimed =
        attributes.content(MESSAGE_DIGEST, tlv::OCTET_STRING).map_err(SignedDataError::from)?;
    let kind = attributes.content(CONTENT_TYPE, tlv::OID).map_err(SignedDataError::from)?;
    if claimed != Some(&digest[..]) || kind != Some(TST_INFO.as_bytes()) {
        return Err(TimestampError::Signature);
    }
    let key = signer.key()?;
    match key.fit(&info.algorithm, Some(hash), &signed.message, info.signature) {
        Fit::Good => {}
        Fit::Bad => return Err(TimestampError::Signature),
        Fit::Weak(_) | Fit::Unsupported(_) => return Err(TimestampError::Algorithm),
    }
    // RFC 3161, section 2.4.1: the certificate is named under the signature, so that no other
    // one for the same key can be put in its place.
    let named = match attributes.value(SIGNING_CERTIFICATE_V2).map_err(SignedDataError::from)? {
        Some(value) => names_v2(value.whole, signer)?,
        None => match attributes.value(SIGNING_CERTIFICATE).map_err(SignedDataError::from)? {
            Some(value) => names_v1(value.whole, signer)?,
            None => false,
        },
    };
    if named { Ok(()) } else { Err(TimestampError::NoCertificate) }
}

/// Reads SigningCertificateV2 (RFC 5035, section 3): the first certificate is the signer's.
fn names_v2(attribute: &[u8], signer: &Certificate) -> Result<bool, TimestampError> {
    let mut identifier = first_certificate(attribute)?;
    let hash = match identifier.optional(tlv::SEQUENCE)? {
        Some(explicit) => {
            Hash::of(Reader::new(explicit.value).oid()?).ok_or(TimestampError::Algorithm)?
        }
        None => Hash::Sha256,
    };
    let named = identifier.expect(tlv::OCTET_STRING)?.value;
    Ok(hash.digest(&signer.der).is_some_and(|digest| digest == named))
}

/// Reads SigningCertificate (RFC 2634, section 5.4). Its SHA-1 only tells certificates of one
/// key apart, which is no place for a collision.
fn names_v1(attribute: &[u8], signer: &Certificate) -> Result<bool, TimestampError> {
    let named = first_certificate(attribute)?.expect(tlv::OCTET_STRING)?.value;
    let algorithm = &aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
    Ok(aws_lc_rs::digest::digest(algorithm, &signer.der).as_ref() == named)
}

fn first_certificate(attribute: &[u8]) -> Result<Reader<'_>, DerError> {
    Reader::inside(attribute, tlv::SEQUENCE)?.enter(tlv::SEQUENCE)?.enter(tlv::SEQUENCE)
}

/// What an authority signs (RFC 3161, section 2.4.2).
struct Info<'a> {
    hash: Hash,
    imprint: &'a [u8],
    time: Timestamp,
}

impl<'a> Info<'a> {
    fn parse(content: &'a [u8]) -> Result<Self, TimestampError> {
        let mut info = Reader::inside(content, tlv::SEQUENCE)?;
        if info.small()? != 1 {
            return Err(TimestampError::Content);
        }
        info.oid()?; // The authority's policy.
        let mut imprint = info.enter(tlv::SEQUENCE)?;
        let algorithm = Algorithm::parse(&mut imprint)?;
        let hash = Hash::of(algorithm.oid).ok_or(TimestampError::Algorithm)?;
        let imprint = imprint.expect(tlv::OCTET_STRING)?.value;
        info.expect(tlv::INTEGER)?; // The serial number.
        let generated = info.expect(tlv::GENERALIZED_TIME)?;
        let time = time(&generated).or_else(|| fractional(generated.value));
        Ok(Self { hash, imprint, time: time.ok_or(TimestampError::Content)? })
    }
}

/// Reads a GeneralizedTime with fractions of a second, which timestamps may have.
fn fractional(value: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let (seconds, fraction) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.len() != 14 || fraction.len() > 9 || !digits(seconds) || !digits(fraction) {
        return None;
    }
    jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", seconds)
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}
