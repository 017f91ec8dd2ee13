//! Attributes of a signer (RFC 5652, section 5.3 and section 11).

use super::tlv::{self, DerError, Element, Reader};
use der::Decode as _;
use der::asn1::{GeneralizedTime, ObjectIdentifier, UtcTime};
use jiff::Timestamp;

pub(super) const CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(super) const MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(super) const SIGNING_TIME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
/// RFC 3161, appendix A.
pub(super) const TIMESTAMP_TOKEN: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
/// RFC 2634, section 5.4: the certificate by its SHA-1.
pub(super) const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// RFC 5035, section 3: the certificate by a better hash.
pub(super) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// gitsign: a Rekor `TransparencyLogEntry` in protobuf.
pub(super) const REKOR_ENTRY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.3.1");

const MAX_ATTRIBUTES: usize = 32;

/// Says why attributes cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AttributeError {
    #[error("the attributes cannot be read: {0}")]
    Encoding(#[from] DerError),
    #[error("there are more than {MAX_ATTRIBUTES} attributes")]
    Count,
    #[error("the attribute {0} is there twice")]
    Duplicate(ObjectIdentifier),
    #[error("the attribute {0} does not hold exactly one value that can be read")]
    Value(ObjectIdentifier),
}

/// A set of attributes, each of which is there once.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a> {
    attributes: Vec<(ObjectIdentifier, &'a [u8])>,
}

impl<'a> Attributes<'a> {
    /// Reads the content of a set of attributes. A second attribute of the same type is refused:
    /// two readers might each believe another one.
    pub(super) fn parse(set: &'a [u8]) -> Result<Self, AttributeError> {
        let mut reader = Reader::new(set);
        let mut attributes: Vec<(ObjectIdentifier, &[u8])> = Vec::new();
        while !reader.is_empty() {
            if attributes.len() >= MAX_ATTRIBUTES {
                return Err(AttributeError::Count);
            }
            let mut attribute = reader.enter(tlv::SEQUENCE)?;
            let kind = attribute.oid()?;
            let values = attribute.expect(tlv::SET)?.value;
            attribute.finish()?;
            if attributes.iter().any(|(other, _)| *other == kind) {
                return Err(AttributeError::Duplicate(kind));
            }
            attributes.push((kind, values));
        }
        Ok(Self { attributes })
    }

    /// Returns the only value of an attribute, or nothing when the attribute is absent.
    pub(super) fn value(
        &self,
        kind: ObjectIdentifier,
    ) -> Result<Option<Element<'a>>, AttributeError> {
        let Some((_, values)) = self.attributes.iter().find(|(other, _)| *other == kind) else {
            return Ok(None);
        };
        let mut values = Reader::new(values);
        let value = values.next().map_err(|_| AttributeError::Value(kind))?;
        values.finish().map_err(|_| AttributeError::Value(kind))?;
        Ok(Some(value))
    }

    /// Returns the content of the only value of an attribute, which must have this tag.
    pub(super) fn content(
        &self,
        kind: ObjectIdentifier,
        tag: u8,
    ) -> Result<Option<&'a [u8]>, AttributeError> {
        match self.value(kind)? {
            Some(value) if value.tag == tag => Ok(Some(value.value)),
            Some(_) => Err(AttributeError::Value(kind)),
            None => Ok(None),
        }
    }

    /// Returns the signing time (RFC 5652, section 11.3), which is the signer's claim.
    pub(super) fn signing_time(&self) -> Result<Option<Timestamp>, AttributeError> {
        self.value(SIGNING_TIME)?
            .map(|value| time(&value).ok_or(AttributeError::Value(SIGNING_TIME)))
            .transpose()
    }
}

/// Reads a time of either kind (RFC 5280, section 4.1.2.5).
pub(super) fn time(element: &Element<'_>) -> Option<Timestamp> {
    let since_epoch = match element.tag {
        tlv::UTC_TIME => UtcTime::from_der(element.whole).ok()?.to_unix_duration(),
        tlv::GENERALIZED_TIME => GeneralizedTime::from_der(element.whole).ok()?.to_unix_duration(),
        _ => return None,
    };
    // 99991231235959Z stands for "no end" (RFC 5280, section 4.1.2.5) and lies after the last
    // instant that can be told here.
    let seconds = i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX);
    Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}
