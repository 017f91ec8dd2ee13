//! BER made into DER, as far as CMS needs it (RFC 5652 allows BER; gpgsm and streaming openssl
//! write indefinite lengths and octet strings in parts).

use super::tlv::{self, DerError};

/// Deepest nesting; real signatures with certificates and a timestamp reach about 20.
const MAX_DEPTH: usize = 40;
const CONSTRUCTED: u8 = 0x20;
/// An octet string in parts.
const CONSTRUCTED_OCTET_STRING: u8 = tlv::OCTET_STRING | CONSTRUCTED;
const END_OF_CONTENTS: &[u8] = &[0, 0];

/// Says why bytes are not BER that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BerError {
    #[error("it is nested deeper than any real signature")]
    Depth,
    #[error(transparent)]
    Encoding(#[from] DerError),
}

/// Writes the one element that `bytes` hold in DER: with definite, shortest lengths and octet
/// strings in one part. Primitive values and the order of sets stay as they are, so that what is
/// DER already, and what was signed as such, keeps its bytes.
pub(super) fn to_der(bytes: &[u8]) -> Result<Vec<u8>, BerError> {
    let (element, rest) = convert(bytes, 0)?;
    if rest.is_empty() { Ok(element) } else { Err(DerError::Trailing.into()) }
}

/// Converts the first element and returns what follows it.
fn convert(bytes: &[u8], depth: usize) -> Result<(Vec<u8>, &[u8]), BerError> {
    if depth >= MAX_DEPTH {
        return Err(BerError::Depth);
    }
    let header = tlv::header(bytes)?;
    let after = bytes.get(header.size..).ok_or(DerError::Truncated)?;
    let constructed = header.tag & CONSTRUCTED != 0;
    let (content, rest) = match header.length {
        Some(length) => {
            let (value, rest) = after.split_at_checked(length).ok_or(DerError::Truncated)?;
            let content = if constructed { all(value, depth)? } else { vec![value.to_vec()] };
            (content, rest)
        }
        None if constructed => until_end(after, depth)?,
        None => return Err(DerError::Length.into()),
    };
    let element = if header.tag == CONSTRUCTED_OCTET_STRING {
        let mut joined = Vec::new();
        for part in &content {
            joined.extend_from_slice(tlv::Reader::new(part).expect(tlv::OCTET_STRING)?.value);
        }
        tlv::encode(tlv::OCTET_STRING, &joined)
    } else {
        tlv::encode(header.tag, &content.concat())
    };
    Ok((element, rest))
}

/// Converts all elements of a definite content.
fn all(mut bytes: &[u8], depth: usize) -> Result<Vec<Vec<u8>>, BerError> {
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = convert(bytes, depth.saturating_add(1))?;
        elements.push(element);
        bytes = rest;
    }
    Ok(elements)
}

/// Converts all elements up to the end-of-contents marker (X.690, 8.1.5).
fn until_end(mut bytes: &[u8], depth: usize) -> Result<(Vec<Vec<u8>>, &[u8]), BerError> {
    let mut elements = Vec::new();
    loop {
        if let Some(rest) = bytes.strip_prefix(END_OF_CONTENTS) {
            return Ok((elements, rest));
        }
        let (element, rest) = convert(bytes, depth.saturating_add(1))?;
        elements.push(element);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indefinite_lengths_and_parted_octet_strings_become_der() {
        let ber = [0x30, 0x80, 0x24, 0x80, 4, 1, b'a', 4, 2, b'b', b'c', 0, 0, 5, 0, 0, 0];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 7, 4, 3, b'a', b'b', b'c', 5, 0]);
        assert_eq!(to_der(&[4, 0x82, 0, 1, 9]).unwrap(), [4, 1, 9]);
    }

    #[test]
    fn der_stays_as_it_is() {
        let der = [0x30, 6, 0x31, 4, 4, 0, 4, 0];
        assert_eq!(to_der(&der).unwrap(), der);
    }

    #[test]
    fn deep_nesting_and_cut_elements_are_refused() {
        assert_eq!(to_der(&[0x30, 0x80].repeat(100_000)).unwrap_err(), BerError::Depth);
        assert_eq!(to_der(&[0x30, 0x80, 5, 0]).unwrap_err(), DerError::Truncated.into());
        assert_eq!(to_der(&[5, 0, 5, 0]).unwrap_err(), DerError::Trailing.into());
        assert_eq!(to_der(&[4, 0x80, 0, 0]).unwrap_err(), DerError::Length.into());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic_and_the_result_is_stable(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            if let Ok(der) = to_der(&bytes) {
                prop_assert_eq!(to_der(&der).unwrap(), der);
            }
        }
    }
}
