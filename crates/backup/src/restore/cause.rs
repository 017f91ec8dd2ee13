use crate::formats::FormatError;
use age::DecryptError;
use std::io;

/// Says that a restore did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("the restore stopped after {examined} entries")]
pub struct RestoreError {
    /// Why it stopped.
    #[source]
    pub cause: Cause,
    /// How many of the manifest's entries had been compared until then.
    pub examined: u64,
}

/// Why a restore stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The encrypted object could not be read: nothing is known about the backup.
    #[error("the encrypted object could not be read")]
    Source(#[source] io::Error),
    /// The scratch folder failed: nothing is known about the backup.
    #[error("the scratch folder could not be written")]
    Scratch(#[source] io::Error),
    /// What the manifest promises is more than the caller allows to be written.
    #[error("the backup's files have {promised} bytes, above the limit of {limit} bytes")]
    TooMuch {
        /// Bytes of files that the manifest promises.
        promised: u64,
        /// Bytes that may be written.
        limit: u64,
    },
    /// The caller wished to stop.
    #[error("the restore was cancelled")]
    Cancelled,
    /// No format is known for the manifest's compression.
    #[error("the backup's format is unknown")]
    UnknownFormat,
    /// The layers came to an end before the encrypted object did. This is a bug.
    #[error("the encrypted object was not read to its end")]
    NotReadToTheEnd,
    /// The object is not encrypted with age, or its header is damaged.
    #[error("the object is not an age file, or its header is damaged")]
    NotAge,
    /// The age header is longer than [`super::MAX_AGE_HEADER`].
    #[error("the age header is longer than the limit of {} bytes", super::MAX_AGE_HEADER)]
    HeaderTooLong,
    /// None of the identities can open it.
    #[error("none of the identities can decrypt the backup")]
    NoMatchingIdentity,
    /// A chunk or the header was changed after it was encrypted.
    #[error("a part of the object is not authentic: it was changed after it was encrypted")]
    NotAuthentic,
    /// The object ends too early.
    #[error("the object has {found} bytes and should have {promised}")]
    Truncated {
        /// Bytes in the manifest.
        promised: u64,
        /// Bytes that came.
        found: u64,
    },
    /// The object goes on where it should end.
    #[error("the object goes on after the {promised} bytes that it should have")]
    TrailingBytes {
        /// Bytes in the manifest.
        promised: u64,
    },
    /// What was decrypted cannot be decompressed.
    #[error("the decrypted bytes cannot be decompressed")]
    Decompress(#[source] io::Error),
    /// The compressor asks for more memory than the caller allows: nothing is known about the
    /// backup.
    #[error("the archive asks for a window of more than 2^{limit} bytes to be decompressed")]
    WindowTooLarge {
        /// The greatest window that is allowed, as a power of two.
        limit: u32,
    },
    /// The archive goes on where it should end.
    #[error("the archive goes on after the {promised} bytes that it should have")]
    ArchiveTooLong {
        /// Bytes in the manifest.
        promised: u64,
    },
    /// The archive is damaged.
    #[error("the archive inside the backup is damaged")]
    Archive(#[from] FormatError),
    /// The backup has more of something than the caller allows.
    #[error("the backup has more than {limit} {what}")]
    OverLimit {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: u64,
    },
}

const WINDOW_TOO_LARGE: &str = "Frame requires too much memory for decoding";

impl Cause {
    /// Finds the cause inside an error that has come up through the layers.
    pub(super) fn of(error: io::Error) -> Self {
        // The layers below the archive type all of their errors, so what is left is the archive's.
        Self::recover(error, |error| match error.downcast::<FormatError>() {
            Ok(format) => Self::Archive(format),
            Err(other) => Self::Source(other),
        })
    }

    /// Takes the cause out of an error, or makes one of it.
    pub(super) fn recover(error: io::Error, otherwise: impl FnOnce(io::Error) -> Self) -> Self {
        error.downcast::<Self>().unwrap_or_else(otherwise)
    }

    /// Tells a compressor that wants too much from damage. The word is zstd's own for its error
    /// `frameParameter_windowTooLarge`.
    pub(super) fn of_zstd(error: io::Error, limit: u32) -> Self {
        if error.to_string() == WINDOW_TOO_LARGE {
            Self::WindowTooLarge { limit }
        } else {
            Self::Decompress(error)
        }
    }

    pub(super) fn of_age(error: DecryptError) -> Self {
        match error {
            DecryptError::Io(error) => Self::recover(error, |error| match error.kind() {
                io::ErrorKind::UnexpectedEof => Self::NotAge,
                _ => Self::Source(error),
            }),
            DecryptError::NoMatchingKeys => Self::NoMatchingIdentity,
            DecryptError::InvalidMac
            | DecryptError::DecryptionFailed
            | DecryptError::KeyDecryptionFailed => Self::NotAuthentic,
            _ => Self::NotAge,
        }
    }
}

impl From<Cause> for io::Error {
    fn from(cause: Cause) -> Self {
        Self::other(cause)
    }
}
