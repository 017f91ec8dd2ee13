//! Reading DER (X.690, section 10) without losing the bytes: what is signed is the encoding.

use der::asn1::ObjectIdentifier;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, primitive.
pub(super) const CONTEXT_0_PRIMITIVE: u8 = 0x80;
/// `[0]`, constructed; `[1]` and so on follow.
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_1: u8 = 0xa1;
pub(super) const CONTEXT_2: u8 = 0xa2;
pub(super) const CONTEXT_3: u8 = 0xa3;

/// Says why bytes are not the DER that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DerError {
    #[error("it ends in the middle of an element")]
    Truncated,
    #[error("it has a length in a form that DER forbids")]
    Length,
    #[error("it has a tag of a form that is not used here")]
    Tag,
    #[error("it has tag {found:#04x} where {expected:#04x} belongs")]
    Unexpected { expected: u8, found: u8 },
    #[error("it has bytes after its end")]
    Trailing,
    #[error("it holds a value that cannot be read")]
    Value,
}

/// One element: its tag, its content, and all its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) value: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Reads elements one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns a reader of the one element of `tag` that `bytes` is.
    pub(super) fn inside(bytes: &'a [u8], tag: u8) -> Result<Self, DerError> {
        let mut outer = Self::new(bytes);
        let inner = outer.enter(tag)?;
        outer.finish()?;
        Ok(inner)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn next(&mut self) -> Result<Element<'a>, DerError> {
        let header = header(self.rest)?;
        let length = header.length.ok_or(DerError::Length)?;
        if header.size != header_size(length) {
            return Err(DerError::Length);
        }
        let size = header.size.checked_add(length).ok_or(DerError::Truncated)?;
        let (whole, rest) = self.rest.split_at_checked(size).ok_or(DerError::Truncated)?;
        let value = whole.get(header.size..).ok_or(DerError::Truncated)?;
        self.rest = rest;
        Ok(Element { tag: header.tag, value, whole })
    }

    pub(super) fn expect(&mut self, tag: u8) -> Result<Element<'a>, DerError> {
        let element = self.next()?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(DerError::Unexpected { expected: tag, found: element.tag })
        }
    }

    pub(super) fn enter(&mut self, tag: u8) -> Result<Reader<'a>, DerError> {
        Ok(Reader::new(self.expect(tag)?.value))
    }

    /// Reads the next element if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, DerError> {
        ObjectIdentifier::from_bytes(self.expect(OID)?.value).map_err(|_| DerError::Value)
    }

    /// Reads a small integer that is not negative.
    pub(super) fn small(&mut self) -> Result<u32, DerError> {
        let value = self.expect(INTEGER)?.value;
        match value {
            [first, ..] if *first < 0x80 && value.len() <= 4 => {
                Ok(value.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
            }
            _ => Err(DerError::Value),
        }
    }

    pub(super) fn finish(&self) -> Result<(), DerError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}

/// What stands before an element's content.
pub(super) struct Header {
    pub(super) tag: u8,
    /// Bytes of tag and length.
    pub(super) size: usize,
    /// Bytes of content; `None` for BER's indefinite form.
    pub(super) length: Option<usize>,
}

/// Reads tag and length as BER allows them (X.690, 8.1.2 and 8.1.3).
pub(super) fn header(bytes: &[u8]) -> Result<Header, DerError> {
    let [tag, first, rest @ ..] = bytes else { return Err(DerError::Truncated) };
    let tag = *tag;
    // Tags above 30 occur nowhere in CMS or certificates.
    if tag & 0x1f == 0x1f {
        return Err(DerError::Tag);
    }
    match *first {
        0x80 => Ok(Header { tag, size: 2, length: None }),
        0..0x80 => Ok(Header { tag, size: 2, length: Some(usize::from(*first)) }),
        _ => {
            let count = usize::from(first & 0x7f);
            if count > 4 {
                return Err(DerError::Length);
            }
            let digits = rest.get(..count).ok_or(DerError::Truncated)?;
            let length = digits.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
            let length = usize::try_from(length).map_err(|_| DerError::Length)?;
            Ok(Header { tag, size: count.saturating_add(2), length: Some(length) })
        }
    }
}

/// Writes an element in DER.
pub(super) fn encode(tag: u8, value: &[u8]) -> Vec<u8> {
    let digits = value.len().to_be_bytes();
    let significant = digits.iter().position(|byte| *byte != 0).unwrap_or(digits.len());
    let digits = digits.get(significant..).unwrap_or_default();
    let mut whole = Vec::with_capacity(value.len().saturating_add(10));
    whole.push(tag);
    match digits {
        [] => whole.push(0),
        [one] if *one < 0x80 => whole.push(*one),
        _ => {
            whole.push(0x80 | u8::try_from(digits.len()).unwrap_or(u8::MAX));
            whole.extend_from_slice(digits);
        }
    }
    whole.extend_from_slice(value);
    whole
}

/// The bytes of tag and length that DER prescribes for this length.
fn header_size(length: usize) -> usize {
    match length {
        0..0x80 => 2,
        0x80..0x100 => 3,
        0x100..0x1_0000 => 4,
        0x1_0000..0x100_0000 => 5,
        _ => 6,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let value = vec![7; length];
            let whole = encode(OCTET_STRING, &value);
            let element = Reader::new(&whole).next().unwrap();
            assert_eq!((element.tag, element.value), (OCTET_STRING, &value[..]));
        }
    }

    #[test]
    fn lengths_that_der_forbids_are_refused() {
        for bytes in [&[4, 0x81, 1, 0][..], &[4, 0x82, 0, 1, 0], &[0x30, 0x80, 0, 0]] {
            assert_eq!(Reader::new(bytes).next().unwrap_err(), DerError::Length);
        }
        assert_eq!(Reader::new(&[4, 2, 0]).next().unwrap_err(), DerError::Truncated);
        assert_eq!(Reader::new(&[0x1f, 2, 0]).next().unwrap_err(), DerError::Tag);
    }
}
