use bytes::{Buf as _, Bytes};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use std::io::{self, Read};
use std::time::Duration;
use tokio::runtime::Handle;

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
