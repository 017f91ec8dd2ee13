use crate::{ImageError, Limits};
use std::io::{BufRead, BufReader, Write};
use zstd::stream::{read::Decoder, write::Encoder};

/// The paths of all files that were not wanted where they are, in case a link turns out to make
/// one of them wanted under another name.
///
/// They are kept compressed, at some six bytes each: a map of them would take gigabytes for the
/// largest images.
pub(crate) struct Journal {
    encoder: Encoder<'static, Vec<u8>>,
    limit: u64,
}

/// A file that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its real path when it was met.
    pub(crate) path: Vec<u8>,
    /// For a hard link, the real path of the file it is the same as.
    pub(crate) source: Option<Vec<u8>>,
}

/// Paths hold no NUL byte, so that it can end them.
const END: u8 = 0;

impl Journal {
    pub(crate) fn new(limits: &Limits) -> Result<Self, ImageError> {
        let encoder = Encoder::new(Vec::new(), 1).map_err(ImageError::Internal)?;
        Ok(Self { encoder, limit: limits.journal.0 })
    }

    pub(crate) fn push(&mut self, path: &[u8], source: Option<&[u8]>) -> Result<(), ImageError> {
        for part in [path, b"\0", source.unwrap_or_default(), b"\0"] {
            self.encoder.write_all(part).map_err(ImageError::Internal)?;
        }
        let length = u64::try_from(self.encoder.get_ref().len()).unwrap_or(u64::MAX);
        if length > self.limit {
            return Err(ImageError::TooManyLinks {
                what: "the paths they could lead to",
                limit: self.limit,
            });
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Records, ImageError> {
        Ok(Records { bytes: self.encoder.finish().map_err(ImageError::Internal)? })
    }
}

/// A journal that is complete.
#[derive(Default)]
pub(crate) struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// Calls `visit` with every record, in the order they were made.
    pub(crate) fn each(
        &self,
        visit: &mut dyn FnMut(Record) -> Result<(), ImageError>,
    ) -> Result<(), ImageError> {
        let decoder = Decoder::with_buffer(self.bytes.as_slice()).map_err(ImageError::Internal)?;
        let mut reader = BufReader::new(decoder);
        let mut part = || -> Result<Option<Vec<u8>>, ImageError> {
            let mut bytes = Vec::new();
            reader.read_until(END, &mut bytes).map_err(ImageError::Internal)?;
            Ok((bytes.pop() == Some(END)).then_some(bytes))
        };
        while let (Some(path), Some(source)) = (part()?, part()?) {
            visit(Record { path, source: (!source.is_empty()).then_some(source) })?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use beleg_model::ByteCount;

    #[test]
    fn records_read_back_as_written() {
        let mut journal = Journal::new(&Limits::default()).unwrap();
        journal.push(b"etc/\xff", None).unwrap();
        journal.push(b"etc/b", Some(b"etc/a")).unwrap();
        let mut found = Vec::new();
        let records = journal.finish().unwrap();
        records
            .each(&mut |record| {
                found.push(record);
                Ok(())
            })
            .unwrap();
        let written = [
            Record { path: b"etc/\xff".to_vec(), source: None },
            Record { path: b"etc/b".to_vec(), source: Some(b"etc/a".to_vec()) },
        ];
        assert_eq!(found, written);
    }

    #[test]
    fn a_journal_that_grows_too_large_is_an_error() {
        let limits = Limits { journal: ByteCount(1), ..Limits::default() };
        let mut journal = Journal::new(&limits).unwrap();
        let refused = (0..1_000_000_u32)
            .any(|n| journal.push(&n.to_be_bytes().map(|b| b | 1), None).is_err());
        assert!(refused);
    }
}
