//! CMS SignedData (RFC 5652, section 5) with exactly one signer.

use super::attributes::{AttributeError, Attributes};
use super::ber::{self, BerError};
use super::pem::{self, PemError};
use super::tlv::{self, DerError, Reader};
use der::asn1::ObjectIdentifier;

/// Largest signature, in bytes of DER or BER. Real ones have a few KiB; attached content counts.
const MAX_BYTES: usize = 4 << 20;
/// Most certificates, and most revocation lists, that a signature may carry.
const MAX_CERTIFICATES: usize = 32;
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Says why bytes are no signature in CMS with one signer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignedDataError {
    #[error("it is larger than any real signature")]
    Size,
    #[error("it is not one PEM block of CMS: {0}")]
    Pem(#[from] PemError),
    #[error("it is not one PEM block named SIGNED MESSAGE, PKCS7 or CMS")]
    Block,
    #[error("it is not ASN.1: {0}")]
    Ber(#[from] BerError),
    #[error("its structure is not that of CMS: {0}")]
    Structure(#[from] DerError),
    #[error("it is CMS of type {0}, which is no SignedData")]
    Kind(ObjectIdentifier),
    #[error("it carries more than {MAX_CERTIFICATES} certificates")]
    Certificates,
    #[error("it carries {0} signers where one is accepted")]
    Signers(usize),
    #[error(transparent)]
    Attributes(#[from] AttributeError),
}

/// A signature's structure; all bytes are as in its DER.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    pub(super) content_type: ObjectIdentifier,
    /// The content, if it is attached.
    pub(super) content: Option<&'a [u8]>,
    /// X.509 certificates, each as DER, unchecked.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) signer: SignerInfo<'a>,
}

/// Names the signer's certificate.
#[derive(Clone, Copy, Debug)]
pub(super) enum SignerId<'a> {
    /// The issuer's name as DER, and the content of the serial number.
    IssuerAndSerial(&'a [u8], &'a [u8]),
    SubjectKeyIdentifier(&'a [u8]),
}

/// An algorithm and, as DER, its parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<&'a [u8]>,
}

#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    pub(super) id: SignerId<'a>,
    pub(super) digest: Algorithm<'a>,
    pub(super) signed: Option<SignedAttributes<'a>>,
    pub(super) algorithm: Algorithm<'a>,
    pub(super) signature: &'a [u8],
    pub(super) unsigned: Attributes<'a>,
}

/// The signed attributes, and the bytes that are signed: their set, as DER (section 5.4).
#[derive(Debug)]
pub(super) struct SignedAttributes<'a> {
    pub(super) attributes: Attributes<'a>,
    pub(super) message: Vec<u8>,
}

/// Decodes a signature from PEM or from plain BER into DER.
pub(super) fn decode(signature: &[u8]) -> Result<Vec<u8>, SignedDataError> {
    if signature.len() > MAX_BYTES.saturating_mul(2) {
        return Err(SignedDataError::Size);
    }
    let binary = if signature.first() == Some(&tlv::SEQUENCE) {
        signature.to_vec()
    } else {
        let mut blocks = pem::blocks(signature)?;
        let (Some(block), true) = (blocks.pop(), blocks.is_empty()) else {
            return Err(SignedDataError::Block);
        };
        if !["SIGNED MESSAGE", "PKCS7", "CMS"].contains(&block.label) {
            return Err(SignedDataError::Block);
        }
        block.bytes?
    };
    if binary.len() > MAX_BYTES {
        return Err(SignedDataError::Size);
    }
    Ok(ber::to_der(&binary)?)
}

impl<'a> SignedData<'a> {
    /// Reads the ContentInfo that [`decode`] returned.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, SignedDataError> {
        let mut info = Reader::inside(der, tlv::SEQUENCE)?;
        let kind = info.oid()?;
        if kind != SIGNED_DATA {
            return Err(SignedDataError::Kind(kind));
        }
        let content = info.expect(tlv::CONTEXT_0)?.value;
        info.finish()?;
        let mut data = Reader::inside(content, tlv::SEQUENCE)?;
        data.small()?; // The version follows from what is in it.
        data.expect(tlv::SET)?; // The digest algorithm stands with the signer again.
        let mut encapsulated = data.enter(tlv::SEQUENCE)?;
        let content_type = encapsulated.oid()?;
        let content = match encapsulated.optional(tlv::CONTEXT_0)? {
            Some(explicit) => {
                let mut explicit = Reader::new(explicit.value);
                let content = explicit.expect(tlv::OCTET_STRING)?.value;
                explicit.finish()?;
                Some(content)
            }
            None => None,
        };
        encapsulated.finish()?;
        let certificates = match data.optional(tlv::CONTEXT_0)? {
            Some(set) => certificates(set.value)?,
            None => Vec::new(),
        };
        // Revocation lists in a signature are its maker's choice: only those at hand count.
        data.optional(tlv::CONTEXT_1)?;
        let mut signers = data.enter(tlv::SET)?;
        data.finish()?;
        let mut found = Vec::new();
        while !signers.is_empty() {
            found.push(signers.expect(tlv::SEQUENCE)?.value);
        }
        let [signer] = found.as_slice() else { return Err(SignedDataError::Signers(found.len())) };
        let signer = SignerInfo::parse(signer)?;
        Ok(Self { content_type, content, certificates, signer })
    }
}

/// Reads the X.509 certificates of a set; attribute certificates and other kinds sign nothing.
fn certificates(set: &[u8]) -> Result<Vec<&[u8]>, SignedDataError> {
    let mut reader = Reader::new(set);
    let mut found = Vec::new();
    while !reader.is_empty() {
        let certificate = reader.next()?;
        if certificate.tag == tlv::SEQUENCE {
            found.push(certificate.whole);
        }
        if found.len() > MAX_CERTIFICATES {
            return Err(SignedDataError::Certificates);
        }
    }
    Ok(found)
}

impl<'a> SignerInfo<'a> {
    fn parse(signer: &'a [u8]) -> Result<Self, SignedDataError> {
        let mut reader = Reader::new(signer);
        reader.small()?;
        let id = match reader.optional(tlv::CONTEXT_0_PRIMITIVE)? {
            Some(identifier) => SignerId::SubjectKeyIdentifier(identifier.value),
            None => {
                let mut pair = reader.enter(tlv::SEQUENCE)?;
                let issuer = pair.expect(tlv::SEQUENCE)?.whole;
                let serial = pair.expect(tlv::INTEGER)?.value;
                pair.finish()?;
                SignerId::IssuerAndSerial(issuer, serial)
            }
        };
        let digest = Algorithm::parse(&mut reader)?;
        let signed = match reader.optional(tlv::CONTEXT_0)? {
            Some(set) => Some(SignedAttributes {
                attributes: Attributes::parse(set.value)?,
                message: tlv::encode(tlv::SET, set.value),
            }),
            None => None,
        };
        let algorithm = Algorithm::parse(&mut reader)?;
        let signature = reader.expect(tlv::OCTET_STRING)?.value;
        let unsigned = match reader.optional(tlv::CONTEXT_1)? {
            Some(set) => Attributes::parse(set.value)?,
            None => Attributes::default(),
        };
        reader.finish()?;
        Ok(Self { id, digest, signed, algorithm, signature, unsigned })
    }
}

impl<'a> Algorithm<'a> {
    pub(super) fn parse(reader: &mut Reader<'a>) -> Result<Self, DerError> {
        let mut sequence = reader.enter(tlv::SEQUENCE)?;
        let oid = sequence.oid()?;
        let parameters = if sequence.is_empty() { None } else { Some(sequence.next()?.whole) };
        sequence.finish()?;
        Ok(Self { oid, parameters })
    }
}
