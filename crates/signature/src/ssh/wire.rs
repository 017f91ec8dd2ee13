use std::str;

/// Reads SSH's binary encoding (RFC 4251, section 5) from bytes that others wrote. Lengths are
/// only ever compared with what is there, so that a lie allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wire<'a>(&'a [u8]);

/// Says why a field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("it ends within a field")]
    Truncated,
    #[error("a text field holds a NUL")]
    Nul,
    #[error("a text field holds other bytes than UTF-8 text")]
    NotText,
    #[error("bytes follow the last field")]
    Trailing,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns what is not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn finish(&self) -> Result<(), WireError> {
        if self.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (head, rest) = self.0.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, WireError> {
        let (byte, rest) = self.0.split_first().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(*byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*head))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(u64::from_be_bytes(*head))
    }

    /// Reads a `string`: its length and its bytes.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(self.u32()?).map_err(|_| WireError::Truncated)?;
        self.take(length)
    }

    /// Reads a `string` without a NUL, which would end it early for whoever reads it in C.
    pub(crate) fn string_without_nul(&mut self) -> Result<&'a [u8], WireError> {
        let string = self.string()?;
        if string.contains(&0) { Err(WireError::Nul) } else { Ok(string) }
    }

    /// Reads a `string` that is text.
    pub(crate) fn text(&mut self) -> Result<&'a str, WireError> {
        str::from_utf8(self.string_without_nul()?).map_err(|_| WireError::NotText)
    }
}

/// Writes a `string`. What is too long for its length field was never read from a file of a
/// permitted size; such a field is written as empty.
pub(crate) fn put_string(to: &mut Vec<u8>, bytes: &[u8]) {
    let (length, bytes) = u32::try_from(bytes.len()).map_or((0, &[][..]), |length| (length, bytes));
    to.extend(length.to_be_bytes());
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_order_and_nothing_may_follow() {
        let mut wire = Wire::new(b"\x07\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\x03abc!");
        assert_eq!((wire.byte(), wire.u32(), wire.u64()), (Ok(7), Ok(1), Ok(2)));
        assert_eq!(wire.text(), Ok("abc"));
        assert_eq!(wire.finish(), Err(WireError::Trailing));
        assert_eq!(wire.take(1), Ok(&b"!"[..]));
        assert_eq!(wire.finish(), Ok(()));
    }

    #[test]
    fn a_length_that_lies_is_refused() {
        assert_eq!(Wire::new(b"\xff\xff\xff\xffabc").string(), Err(WireError::Truncated));
        assert_eq!(Wire::new(b"\0\0\0\x04abc").string(), Err(WireError::Truncated));
        assert_eq!(Wire::new(b"\0\0").u32(), Err(WireError::Truncated));
    }

    #[test]
    fn text_with_a_nul_or_other_bytes_is_refused() {
        assert_eq!(Wire::new(b"\0\0\0\x03a\0b").text(), Err(WireError::Nul));
        assert_eq!(Wire::new(b"\0\0\0\x01\xff").text(), Err(WireError::NotText));
    }
}
