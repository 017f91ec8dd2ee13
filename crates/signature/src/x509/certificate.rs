//! X.509 certificates (RFC 5280, section 4), as far as signatures depend on them.

use super::algorithm::{Fit, PublicKey, bit_string};
use super::attributes::time;
use super::signed_data::Algorithm;
use super::tlv::{self, DerError, Element, Reader};
use crate::key_material;
use beleg_model::text::shown;
use der::Decode as _;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use x509_cert::name::Name;

/// Largest certificate, in bytes.
const MAX_BYTES: usize = 64 << 10;
const MAX_EXTENSIONS: usize = 64;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = oid("2.5.29.15");
const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier = oid("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.19");
const NAME_CONSTRAINTS: ObjectIdentifier = oid("2.5.29.30");
const CERTIFICATE_POLICIES: ObjectIdentifier = oid("2.5.29.32");
const EXTENDED_KEY_USAGE: ObjectIdentifier = oid("2.5.29.37");
/// Fulcio's OIDC issuer: the bare text, and its successor as a DER string.
const FULCIO_ISSUER: ObjectIdentifier = oid("1.3.6.1.4.1.57264.1.1");
const FULCIO_ISSUER_V2: ObjectIdentifier = oid("1.3.6.1.4.1.57264.1.8");
/// PKCS #9 (RFC 2985, section 5.2.1).
const EMAIL_ADDRESS: ObjectIdentifier = oid("1.2.840.113549.1.9.1");
/// `[1]` and `[6]` of GeneralName (RFC 5280, section 4.2.1.6).
const RFC822_NAME: u8 = 0x81;
const URI_NAME: u8 = 0x86;

pub(super) const ANY_PURPOSE: ObjectIdentifier = oid("2.5.29.37.0");
pub(super) const CODE_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.3");
pub(super) const EMAIL_PROTECTION: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.4");
pub(super) const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");

/// Says why a certificate cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("a certificate cannot be read: {0}")]
    Encoding(#[from] DerError),
    #[error("a certificate is larger than any real one")]
    Size,
    #[error("a certificate has the extension {0} twice")]
    Duplicate(ObjectIdentifier),
    #[error("a certificate has more than {MAX_EXTENSIONS} extensions")]
    Extensions,
    #[error("a certificate has a validity that cannot be read")]
    Validity,
    #[error("a certificate names two signature algorithms")]
    Algorithm,
    #[error("a certificate holds a name with characters that no address has")]
    Name,
}

/// One certificate, read but not judged.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    pub(super) der: Vec<u8>,
    tbs: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    /// The content of the serial number.
    pub(super) serial: Vec<u8>,
    /// Names as DER; they are compared byte by byte.
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    key: Vec<u8>,
    pub(super) extensions: Extensions,
    /// E-mail addresses within the subject's name.
    pub(super) subject_emails: Vec<String>,
}

/// What the extensions say.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    /// There are extensions: it is of version 3.
    pub(super) present: bool,
    /// `cA`, and how many authorities may follow below it.
    pub(super) authority: bool,
    pub(super) path_length: Option<u32>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) purposes: Option<Vec<ObjectIdentifier>>,
    pub(super) key_identifier: Option<Vec<u8>>,
    pub(super) emails: Vec<String>,
    pub(super) uris: Vec<String>,
    /// The OIDC issuer that Fulcio wrote.
    pub(super) fulcio_issuer: Option<String>,
    /// An extension that restricts, and that is not evaluated here.
    pub(super) unsupported: Option<ObjectIdentifier>,
}

/// The usages that matter here (RFC 5280, section 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyUsage {
    /// `digitalSignature` or `nonRepudiation`.
    pub(super) signs: bool,
    pub(super) signs_certificates: bool,
    pub(super) signs_revocation_lists: bool,
}

impl Certificate {
    /// Reads a certificate from DER.
    pub(super) fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_BYTES {
            return Err(CertificateError::Size);
        }
        let mut outer = Reader::inside(der, tlv::SEQUENCE)?;
        let signed = outer.expect(tlv::SEQUENCE)?;
        let algorithm = outer.expect(tlv::SEQUENCE)?.whole;
        let signature = bit_string(outer.expect(tlv::BIT_STRING)?.value)?;
        outer.finish()?;
        let mut tbs = Reader::new(signed.value);
        tbs.optional(tlv::CONTEXT_0)?; // The version follows from whether there are extensions.
        let serial = tbs.expect(tlv::INTEGER)?.value;
        if tbs.expect(tlv::SEQUENCE)?.whole != algorithm {
            return Err(CertificateError::Algorithm);
        }
        let issuer = tbs.expect(tlv::SEQUENCE)?.whole;
        let mut validity = tbs.enter(tlv::SEQUENCE)?;
        let not_before = time(&validity.next()?).ok_or(CertificateError::Validity)?;
        let not_after = time(&validity.next()?).ok_or(CertificateError::Validity)?;
        validity.finish()?;
        let subject = tbs.expect(tlv::SEQUENCE)?;
        let key = tbs.expect(tlv::SEQUENCE)?.whole;
        tbs.optional(tlv::CONTEXT_0_PRIMITIVE | 1)?;
        tbs.optional(tlv::CONTEXT_0_PRIMITIVE | 2)?;
        let extensions = match tbs.optional(tlv::CONTEXT_3)? {
            Some(explicit) => Extensions::parse(explicit.value)?,
            None => Extensions::default(),
        };
        tbs.finish()?;
        Ok(Self {
            der: der.to_vec(),
            tbs: signed.whole.to_vec(),
            algorithm: algorithm.to_vec(),
            signature: signature.to_vec(),
            serial: serial.to_vec(),
            issuer: issuer.to_vec(),
            subject: subject.whole.to_vec(),
            not_before,
            not_after,
            key: key.to_vec(),
            extensions,
            subject_emails: subject_emails(subject.value)?,
        })
    }

    pub(super) fn key(&self) -> Result<PublicKey<'_>, CertificateError> {
        Ok(PublicKey::parse(&self.key)?)
    }

    /// Says whether `issuer`'s key made this certificate's signature.
    pub(super) fn signed_by(&self, issuer: &Certificate) -> Fit {
        signed_by(issuer, &self.algorithm, &self.tbs, &self.signature)
    }

    /// Says whether the certificate may belong to one that issues itself.
    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Returns `sha256:` and the digest of the whole certificate.
    pub(super) fn fingerprint(&self) -> String {
        format!("sha256:{}", hex::encode(Sha256::digest(&self.der)))
    }

    /// Returns the name that the key has in every format.
    pub(super) fn public_key(&self) -> String {
        key_material::of_spki(&self.key)
    }

    pub(super) fn subject_name(&self) -> String {
        name(&self.subject)
    }

    pub(super) fn issuer_name(&self) -> String {
        name(&self.issuer)
    }
}

/// Says whether the key of `issuer` signed `message`; for certificates and revocation lists.
pub(super) fn signed_by(
    issuer: &Certificate,
    algorithm: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Fit {
    let Ok(key) = issuer.key() else { return Fit::Unsupported("the key cannot be read".into()) };
    match Algorithm::parse(&mut Reader::new(algorithm)) {
        Ok(algorithm) => key.fit(&algorithm, None, message, signature),
        Err(_) => Fit::Bad,
    }
}

/// Writes a distinguished name for people (RFC 4514).
fn name(der: &[u8]) -> String {
    match Name::from_der(der) {
        Ok(name) => shown(name.to_string().as_bytes()),
        Err(_) => "a name that cannot be read".to_owned(),
    }
}

/// Returns the e-mail addresses within a subject's name; what is none, old authorities have there
/// as well.
fn subject_emails(name: &[u8]) -> Result<Vec<String>, CertificateError> {
    let mut emails = Vec::new();
    let mut sequence = Reader::new(name);
    while !sequence.is_empty() {
        let mut set = sequence.enter(tlv::SET)?;
        while !set.is_empty() {
            let mut pair = set.enter(tlv::SEQUENCE)?;
            let kind = pair.oid()?;
            let value = pair.next()?;
            if kind == EMAIL_ADDRESS {
                emails.extend(address(&value));
            }
        }
    }
    Ok(emails)
}

/// Reads an address or URI; control characters and spaces would make it look like another one.
fn address(value: &Element<'_>) -> Result<String, CertificateError> {
    let text = std::str::from_utf8(value.value).map_err(|_| CertificateError::Name)?;
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_graphic()) {
        return Err(CertificateError::Name);
    }
    Ok(text.to_owned())
}

impl Extensions {
    fn parse(explicit: &[u8]) -> Result<Self, CertificateError> {
        let mut list = Reader::inside(explicit, tlv::SEQUENCE)?;
        let mut extensions = Self { present: true, ..Self::default() };
        let mut seen = Vec::new();
        while !list.is_empty() {
            let mut extension = list.enter(tlv::SEQUENCE)?;
            let kind = extension.oid()?;
            let critical = match extension.optional(tlv::BOOLEAN)? {
                Some(flag) => boolean(flag.value)?,
                None => false,
            };
            let value = extension.expect(tlv::OCTET_STRING)?.value;
            extension.finish()?;
            if seen.contains(&kind) {
                return Err(CertificateError::Duplicate(kind));
            }
            seen.push(kind);
            if seen.len() > MAX_EXTENSIONS {
                return Err(CertificateError::Extensions);
            }
            extensions.remember(kind, critical, value)?;
        }
        Ok(extensions)
    }

    fn remember(
        &mut self,
        kind: ObjectIdentifier,
        critical: bool,
        value: &[u8],
    ) -> Result<(), CertificateError> {
        match kind {
            SUBJECT_KEY_IDENTIFIER => {
                let mut reader = Reader::new(value);
                self.key_identifier = Some(reader.expect(tlv::OCTET_STRING)?.value.to_vec());
            }
            KEY_USAGE => self.key_usage = Some(KeyUsage::parse(value)?),
            SUBJECT_ALTERNATIVE_NAME => {
                let mut names = Reader::inside(value, tlv::SEQUENCE)?;
                while !names.is_empty() {
                    let name = names.next()?;
                    match name.tag {
                        RFC822_NAME => self.emails.push(address(&name)?),
                        URI_NAME => self.uris.push(address(&name)?),
                        _ => {}
                    }
                }
            }
            BASIC_CONSTRAINTS => {
                let mut constraints = Reader::inside(value, tlv::SEQUENCE)?;
                if let Some(flag) = constraints.optional(tlv::BOOLEAN)? {
                    self.authority = boolean(flag.value)?;
                }
                if !constraints.is_empty() {
                    self.path_length = Some(constraints.small()?);
                }
                constraints.finish()?;
            }
            EXTENDED_KEY_USAGE => {
                let mut purposes = Reader::inside(value, tlv::SEQUENCE)?;
                let mut found = Vec::new();
                while !purposes.is_empty() {
                    found.push(purposes.oid()?);
                }
                self.purposes = Some(found);
            }
            FULCIO_ISSUER if self.fulcio_issuer.is_none() => {
                self.fulcio_issuer = Some(shown(value));
            }
            FULCIO_ISSUER_V2 => {
                self.fulcio_issuer = Some(shown(Reader::new(value).next()?.value));
            }
            // Policies restrict only whoever asks for some.
            CERTIFICATE_POLICIES => {}
            // Name constraints are not evaluated, critical or not.
            NAME_CONSTRAINTS => self.unsupported = Some(kind),
            _ if critical => self.unsupported = Some(kind),
            _ => {}
        }
        Ok(())
    }
}

impl KeyUsage {
    fn parse(value: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(value);
        let bits = reader.expect(tlv::BIT_STRING)?.value;
        reader.finish()?;
        let [_, flags @ ..] = bits else { return Err(DerError::Value) };
        let first = flags.first().copied().unwrap_or_default();
        Ok(Self {
            signs: first & 0b1100_0000 != 0,
            signs_certificates: first & 0b0000_0100 != 0,
            signs_revocation_lists: first & 0b0000_0010 != 0,
        })
    }
}

/// Reads a boolean; DER knows only one value for true.
fn boolean(value: &[u8]) -> Result<bool, DerError> {
    match value {
        [0] => Ok(false),
        [0xff] => Ok(true),
        _ => Err(DerError::Value),
    }
}
