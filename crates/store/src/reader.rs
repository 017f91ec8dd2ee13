use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::time::Duration;
use tokio::runtime::Handle;

/// How much of a file is read at once: enough that asking costs nothing beside reading.
const AT_ONCE: usize = 256 << 10;

/// Reads a file of this machine that is open, on the thread that asks: to hand it to another one for
/// each piece takes longer than to read it.
pub(crate) struct OpenedReader {
    file: BufReader<File>,
    /// How many bytes it still promises.
    left: u64,
}

impl OpenedReader {
    /// Reads the first `size` bytes, which it had when it was opened.
    pub(crate) fn new(file: File, size: u64) -> Self {
        Self { file: BufReader::with_capacity(AT_ONCE, file), left: size }
    }
}

impl Read for OpenedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|it| !it.is_empty()) else { return Ok(0) };
        let count = self.file.read(buffer)?;
        // It was cut since: an end like any other would pass for the whole.
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

/// Reads an object's stream from a blocking thread, with a deadline for every chunk.
pub(crate) struct StreamReader {
    pub(crate) runtime: Handle,
    pub(crate) stream: BoxStream<'static, object_store::Result<Bytes>>,
    pub(crate) current: Bytes,
    pub(crate) deadline: Duration,
}

impl Read for StreamReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            let next = self
                .runtime
                .block_on(async { tokio::time::timeout(self.deadline, self.stream.next()).await });
            match next {
                Err(_) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(None) => return Ok(0),
                Ok(Some(Err(error))) => return Err(io::Error::other(error)),
                Ok(Some(Ok(bytes))) => self.current = bytes,
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::io::Write as _;

    fn file(size: usize) -> File {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
        file.write_all(&bytes).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        file
    }

    #[test]
    fn all_sizes_around_a_piece_are_read_whole() {
        for size in [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE] {
            let mut bytes = Vec::new();
            let promised = u64::try_from(size).unwrap();
            OpenedReader::new(file(size), promised).read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes.len(), size);
            assert!(bytes.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 251));
        }
    }

    #[test]
    fn a_file_that_shrank_is_an_error_and_no_end() {
        for left in [0, 1, AT_ONCE, AT_ONCE + 1] {
            let promised = u64::try_from(left + 1).unwrap();
            let read = OpenedReader::new(file(left), promised).read_to_end(&mut Vec::new());
            assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{left}");
        }
    }

    #[test]
    fn what_a_file_gained_since_is_no_part_of_it() {
        let mut bytes = Vec::new();
        OpenedReader::new(file(10), 7).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 7);
    }
}
