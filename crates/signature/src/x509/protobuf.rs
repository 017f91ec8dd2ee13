//! The little of protobuf's wire format that a Rekor entry needs.

/// Says why bytes are no protobuf message of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProtobufError {
    #[error("it ends in the middle of a field")]
    Truncated,
    #[error("it has a number that is too large")]
    Number,
    #[error("it has a field of a kind that is not used here")]
    Kind,
    #[error("it has too many fields")]
    Count,
}

/// Most fields of one message; a proof in a log of 2^64 entries has 64 hashes.
const MAX_FIELDS: usize = 128;

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Reads all fields of a message: number and value, in order.
pub(super) fn fields(mut bytes: &[u8]) -> Result<Vec<(u64, Value<'_>)>, ProtobufError> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        if fields.len() >= MAX_FIELDS {
            return Err(ProtobufError::Count);
        }
        let (key, rest) = number(bytes)?;
        let (first, rest) = match key & 7 {
            0 | 2 => number(rest)?,
            _ => return Err(ProtobufError::Kind),
        };
        if key & 7 == 0 {
            fields.push((key >> 3, Value::Number(first)));
            bytes = rest;
        } else {
            let length = usize::try_from(first).map_err(|_| ProtobufError::Number)?;
            let (value, rest) = rest.split_at_checked(length).ok_or(ProtobufError::Truncated)?;
            fields.push((key >> 3, Value::Bytes(value)));
            bytes = rest;
        }
    }
    Ok(fields)
}

/// Reads a number of up to ten bytes, seven bits in each.
fn number(bytes: &[u8]) -> Result<(u64, &[u8]), ProtobufError> {
    let mut value = 0u64;
    let mut rest = bytes;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(ProtobufError::Truncated)?;
        rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(ProtobufError::Number);
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok((value, rest));
        }
    }
    Err(ProtobufError::Number)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_and_bytes_are_read() {
        let message = [0x08, 0xac, 0x02, 0x12, 2, b'h', b'i'];
        assert_eq!(fields(&message).unwrap(), [(1, Value::Number(300)), (2, Value::Bytes(b"hi"))]);
    }

    #[test]
    fn cut_and_oversized_fields_are_refused() {
        assert_eq!(fields(&[0x12, 5, 1]).unwrap_err(), ProtobufError::Truncated);
        assert_eq!(fields(&[0x08, 0x80]).unwrap_err(), ProtobufError::Truncated);
        assert_eq!(fields(&[0x08]).unwrap_err(), ProtobufError::Truncated);
        assert_eq!(fields(&[0xff; 11]).unwrap_err(), ProtobufError::Number);
        assert_eq!(fields(&[0x0b, 1]).unwrap_err(), ProtobufError::Kind);
        assert_eq!(fields(&[0x08, 0].repeat(129)).unwrap_err(), ProtobufError::Count);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = fields(&bytes);
        }
    }
}
