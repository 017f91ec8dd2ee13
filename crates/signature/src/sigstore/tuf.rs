use beleg_model::text::shown;
use jiff::Timestamp;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Repository, Updater};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The largest `root.json` that a caller pins, in bytes.
const MAX_ROOT_BYTES: usize = 512_000;
/// Longest name of a file that is asked for, in bytes.
const MAX_NAME_BYTES: usize = 512;

/// A copy of a TUF repository, from which the caller reads files by name.
///
/// Names are relative, with `/` between segments: `5.root.json`, `timestamp.json`,
/// `targets/<digest>.trusted_root.json`. None has an empty segment, `.`, `..`, a backslash, a
/// colon or a control character.
pub trait TufMirror: Send + Sync {
    /// Reads one file; `None` when it does not exist.
    ///
    /// # Errors
    /// When it exists and cannot be read, or has more than `max` bytes.
    fn read(&self, name: &str, max: u64) -> io::Result<Option<Vec<u8>>>;
}

/// Says why a copy of a TUF repository gives no trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// The pinned `root.json` is larger than 512 kB or not signed by its own keys.
    #[error("the pinned TUF root cannot be used: {0}")]
    PinnedRoot(String),
    /// Some metadata had expired: an old copy, or one that someone keeps from being renewed.
    #[error("the TUF repository's {0}")]
    Expired(String),
    /// Anything else: a signature, a version, a digest, a file that is missing or unreadable.
    #[error("the TUF repository cannot be verified: {0}")]
    Unverified(String),
}

/// Verifies the repository and returns one target.
pub(super) fn fetch(
    mirror: impl TufMirror + 'static,
    pinned_root: &[u8],
    target: &str,
    now: Timestamp,
) -> Result<Vec<u8>, TufError> {
    if pinned_root.len() > MAX_ROOT_BYTES {
        return Err(TufError::PinnedRoot("it is larger than 512 kB".to_owned()));
    }
    let mut updater = Updater::new(Files(mirror), pinned_root)
        .map_err(|error| TufError::PinnedRoot(chain(&error)))?;
    let fetched = ready(async {
        updater.refresh(now).await?;
        updater.get_target(target, now).await
    });
    match fetched {
        Some(Ok(bytes)) => Ok(bytes),
        Some(Err(error @ sigstore_tuf::Error::Expired { .. })) => {
            Err(TufError::Expired(chain(&error)))
        }
        Some(Err(error)) => Err(TufError::Unverified(chain(&error))),
        None => Err(TufError::Unverified("a file was not read at once".to_owned())),
    }
}

struct Files<M>(M);

impl<M: TufMirror> Files<M> {
    fn fetch(&self, name: &str, max: u64) -> sigstore_tuf::Result<Option<Vec<u8>>> {
        if !is_harmless(name) {
            let message = format!("the file name `{}` is refused", shown(name.as_bytes()));
            return Err(sigstore_tuf::Error::transport(message));
        }
        let bytes = self
            .0
            .read(name, max)
            .map_err(|error| sigstore_tuf::Error::transport_with_source(name, error))?;
        // The caller's word alone is not enough for a limit.
        match bytes {
            Some(bytes) if u64::try_from(bytes.len()).is_ok_and(|length| length > max) => {
                Err(sigstore_tuf::Error::transport(format!("`{name}` is larger than {max} bytes")))
            }
            bytes => Ok(bytes),
        }
    }
}

impl<M: TufMirror> Repository for Files<M> {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.fetch(name, max_length)))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.fetch(&format!("targets/{path}"), max_length)))
    }
}

fn is_harmless(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
        && !name.contains(['\\', ':'])
        && !name.chars().any(char::is_control)
        && name.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
}

/// Runs a future whose every step is ready at once; `None` when one is not.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn chain(error: &sigstore_tuf::Error) -> String {
    shown(beleg_model::chain(error).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_mirror_are_refused() {
        for name in ["../root.json", "/etc/passwd", "a//b", "a/./b", "c:\\x", "a\0b", ""] {
            assert!(!is_harmless(name), "{name:?}");
        }
        assert!(is_harmless("targets/0123.trusted_root.json"));
    }

    #[test]
    fn a_future_that_is_not_ready_ends_the_wait() {
        assert_eq!(ready(std::future::ready(1)), Some(1));
        assert_eq!(ready(std::future::pending::<u8>()), None);
    }
}
