//! Extended headers (POSIX.1-2017, pax, section "pax Extended Header").

/// What the records of one extended header say about the next entry, as far as beleg cares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extended {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    /// One of GNU tar's sparse formats is used; the entry's bytes are not the file's.
    pub(crate) sparse: bool,
}

impl Extended {
    /// Reads records of the form `<length> <key>=<value>\n`; `None` when one is malformed.
    ///
    /// Records are told apart by their lengths and never by line ends: the value of an extended
    /// attribute may hold anything, even a text that looks like a `path` record.
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut extended = Self::default();
        let mut sparse_name = None;
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes)?;
            bytes = rest;
            match key {
                // As in Go's reader, the last record of a key counts and an empty one leaves the
                // header's own value.
                b"path" => extended.path = non_empty(value),
                b"linkpath" => extended.link = non_empty(value),
                b"size" if value.is_empty() => extended.size = None,
                b"size" => extended.size = Some(decimal(value)?),
                b"GNU.sparse.name" => {
                    extended.sparse = true;
                    sparse_name = non_empty(value);
                }
                key if key.starts_with(b"GNU.sparse.") => extended.sparse = true,
                _ => {}
            }
        }
        extended.path = sparse_name.or(extended.path);
        Some(extended)
    }

    /// Says whether the records would change what and where an entry is.
    pub(crate) fn changes_entries(&self) -> bool {
        *self != Self::default()
    }
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(bytes.get(..space)?)?).ok()?;
    let rest = bytes.get(length..)?;
    let body = bytes.get(space.checked_add(1)?..length.checked_sub(1)?)?;
    if bytes.get(length.checked_sub(1)?) != Some(&b'\n') {
        return None;
    }
    let equals = body.iter().position(|byte| *byte == b'=')?;
    let key = body.get(..equals)?;
    let value = body.get(equals.checked_add(1)?..)?;
    if key.is_empty() || key.contains(&0) {
        return None;
    }
    Some((key, value, rest))
}

fn decimal(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

fn non_empty(value: &[u8]) -> Option<Vec<u8>> {
    (!value.is_empty()).then(|| value.to_vec())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_inside_an_attribute_is_not_a_record() {
        let mut bytes = b"17 path=etc/real\n".to_vec();
        bytes.extend(b"43 SCHILY.xattr.user.a=\n18 path=etc/other\n\n");
        assert_eq!(Extended::read(&bytes).unwrap().path.unwrap(), b"etc/real");
    }

    #[test]
    fn malformed_records_are_refused() {
        for bytes in [
            &b"path=x\n"[..],
            b"9 path=x\n\n",
            b"8 path=x\n",
            b"99 path=x\n",
            b"0 path=x\n",
            b"99999999999999999999 path=x\n",
            b"+10 path=x\n",
            b"7 path\n",
            b"11 size=-1\n",
            b"10 path=xx",
        ] {
            assert_eq!(Extended::read(bytes), None, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn the_last_record_of_a_key_counts() {
        let extended = Extended::read(b"10 path=a\n10 path=b\n").unwrap();
        assert_eq!(extended.path.as_deref(), Some(&b"b"[..]));
    }

    #[test]
    fn sparse_names_replace_the_made_up_path() {
        let extended =
            Extended::read(b"28 path=GNUSparseFile.0/etc\n23 GNU.sparse.name=etc\n").unwrap();
        assert_eq!((extended.path.as_deref(), extended.sparse), (Some(&b"etc"[..]), true));
    }

    proptest! {
        #[test]
        fn arbitrary_records_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Extended::read(&bytes);
        }
    }
}
