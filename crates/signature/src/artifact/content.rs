use beleg_model::{ByteCount, Digest};
use beleg_trust::{Judgement, MissingEvidence, Reason};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::fmt;
use std::io::{self, Read};
use std::sync::OnceLock;

/// The most content that is held in memory, unless the caller sets another limit: 256 MiB. Only
/// formats that sign the content itself (signify, pure Ed25519, legacy minisign, CMS) need it.
pub const MAX_CONTENT_IN_MEMORY: ByteCount = ByteCount(256 << 20);
const BLOCK: usize = 64 << 10;

/// Something that can be read again from its beginning.
pub trait Content: Send + Sync {
    /// Opens the content at its first byte.
    ///
    /// # Errors
    /// When it cannot be opened.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;
}

impl Content for Vec<u8> {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.as_slice()))
    }
}

/// What a signature is to be about: a name and a content, or a name and a digest alone.
pub struct Artifact {
    name: String,
    content: Option<Box<dyn Content>>,
    sha256: Option<[u8; 32]>,
    wide: OnceLock<Wide>,
    memory_limit: u64,
}

/// Says why something is no artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The content cannot be read.
    #[error("`{name}` cannot be read")]
    Unreadable {
        /// The artifact's name.
        name: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The digest is not one of content.
    #[error("`{0}` is no SHA-256 or SHA-512 of a content")]
    Digest(Digest),
}

/// Says why a signature cannot be compared with the content.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("only the digest is known")]
    Absent,
    #[error("the content is larger than the {0} that may be held in memory")]
    TooLarge(ByteCount),
    #[error("the content changed while it was examined")]
    Changed,
    #[error("the content cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// A hash of the SHA-2 family (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The digests that only some formats ask for, made in one pass.
struct Wide {
    sha384: Option<[u8; 48]>,
    sha512: [u8; 64],
}

impl Artifact {
    /// Reads the content once, for its SHA-256. `name` is as a list of digests, a statement or a
    /// report names it.
    ///
    /// # Errors
    /// [`ArtifactError::Unreadable`] when reading fails.
    pub fn read(name: &str, content: Box<dyn Content>) -> Result<Self, ArtifactError> {
        let mut hasher = Sha256::new();
        blocks(content.as_ref(), &mut |block| hasher.update(block))
            .map_err(|source| ArtifactError::Unreadable { name: name.to_owned(), source })?;
        let sha256 = Some(hasher.finalize().into());
        Ok(Self::of(name, Some(content), sha256, OnceLock::new()))
    }

    /// Names an artifact by its SHA-256 or SHA-512 alone. Formats that sign the content answer
    /// `content-needed`.
    ///
    /// # Errors
    /// [`ArtifactError::Digest`] when it is the digest of something else, such as a git commit.
    pub fn of_digest(name: &str, digest: &Digest) -> Result<Self, ArtifactError> {
        let refuse = || ArtifactError::Digest(digest.clone());
        let bytes = hex::decode(digest.hex()).map_err(|_| refuse())?;
        match digest.algorithm() {
            "sha256" => {
                let sha256 = bytes.try_into().map_err(|_| refuse())?;
                Ok(Self::of(name, None, Some(sha256), OnceLock::new()))
            }
            "sha512" => {
                let sha512 = bytes.try_into().map_err(|_| refuse())?;
                Ok(Self::of(name, None, None, OnceLock::from(Wide { sha384: None, sha512 })))
            }
            _ => Err(refuse()),
        }
    }

    /// Sets how much content may be held in memory; see [`MAX_CONTENT_IN_MEMORY`].
    #[must_use]
    pub fn with_memory_limit(mut self, limit: ByteCount) -> Self {
        self.memory_limit = limit.0;
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the SHA-256, if it is known.
    #[must_use]
    pub fn sha256(&self) -> Option<Digest> {
        self.sha256.map(Digest::sha256)
    }

    /// Returns a digest. SHA-384 and SHA-512 take one more pass over the content, once.
    pub(super) fn digest(&self, hash: Hash) -> Result<Vec<u8>, ContentError> {
        match hash {
            Hash::Sha256 => self.sha256.map(Vec::from).ok_or(ContentError::Absent),
            Hash::Sha384 => self.wide()?.sha384.map(Vec::from).ok_or(ContentError::Absent),
            Hash::Sha512 => self.wide().map(|wide| wide.sha512.to_vec()),
        }
    }

    /// Hands the content over block by block. Afterwards it is known to be the content whose
    /// digest was taken first: otherwise one pass could see another content than the next.
    pub(super) fn stream(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), ContentError> {
        let content = self.content.as_deref().ok_or(ContentError::Absent)?;
        let mut hasher = Sha256::new();
        blocks(content, &mut |block| {
            hasher.update(block);
            each(block);
        })?;
        let sha256: [u8; 32] = hasher.finalize().into();
        if self.sha256 == Some(sha256) { Ok(()) } else { Err(ContentError::Changed) }
    }

    /// Returns the whole content, for a format that needs more of it than its digests.
    ///
    /// # Errors
    /// A judgement that says why it is not to be had.
    pub fn content(&self) -> Result<Vec<u8>, Box<Judgement>> {
        self.in_memory().map_err(|error| Box::new(error.judge()))
    }

    /// Returns the whole content, if it is within the limit.
    pub(super) fn in_memory(&self) -> Result<Vec<u8>, ContentError> {
        let content = self.content.as_deref().ok_or(ContentError::Absent)?;
        let mut bytes = Vec::new();
        let most = self.memory_limit.saturating_add(1);
        content.open()?.take(most).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > self.memory_limit {
            return Err(ContentError::TooLarge(ByteCount(self.memory_limit)));
        }
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        if self.sha256 == Some(sha256) { Ok(bytes) } else { Err(ContentError::Changed) }
    }

    fn of(
        name: &str,
        content: Option<Box<dyn Content>>,
        sha256: Option<[u8; 32]>,
        wide: OnceLock<Wide>,
    ) -> Self {
        let memory_limit = MAX_CONTENT_IN_MEMORY.0;
        Self { name: name.to_owned(), content, sha256, wide, memory_limit }
    }

    fn wide(&self) -> Result<&Wide, ContentError> {
        if let Some(wide) = self.wide.get() {
            return Ok(wide);
        }
        let (mut sha384, mut sha512) = (Sha384::new(), Sha512::new());
        self.stream(&mut |block| {
            sha384.update(block);
            sha512.update(block);
        })?;
        let wide =
            Wide { sha384: Some(sha384.finalize().into()), sha512: sha512.finalize().into() };
        Ok(self.wide.get_or_init(|| wide))
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact")
            .field("name", &self.name)
            .field("sha256", &self.sha256())
            .field("has_content", &self.content.is_some())
            .finish_non_exhaustive()
    }
}

impl ContentError {
    /// Judges a signature that could not be compared with the content.
    pub(crate) fn judge(&self) -> Judgement {
        let (reason, missing) = match self {
            Self::Absent => (Reason::ContentNeeded, Some(MissingEvidence::Content)),
            Self::TooLarge(_) => (Reason::UnsupportedSignature, None),
            Self::Changed | Self::Unreadable(_) => (Reason::ContentUnreadable, None),
        };
        let judgement = Judgement::unknown(reason).noting(self.to_string());
        missing.into_iter().fold(judgement, Judgement::missing)
    }
}

fn blocks(content: &dyn Content, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut reader = content.open()?;
    let mut buffer = vec![0u8; BLOCK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => each(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    /// A content that is another one each time it is opened.
    struct Shifting(AtomicU8);

    impl Content for Shifting {
        fn open(&self) -> io::Result<Box<dyn Read + '_>> {
            let byte = self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(io::repeat(byte).take(10)))
        }
    }

    #[test]
    fn a_content_that_changes_between_two_passes_is_unknown() {
        let artifact = Artifact::read("a", Box::new(Shifting(AtomicU8::new(0)))).unwrap();
        for error in [
            artifact.stream(&mut |_| {}).unwrap_err(),
            artifact.in_memory().unwrap_err(),
            artifact.digest(Hash::Sha512).unwrap_err(),
        ] {
            assert!(matches!(error, ContentError::Changed));
            assert_eq!(error.judge().reason, Reason::ContentUnreadable);
        }
    }

    #[test]
    fn a_content_over_the_limit_is_not_held_in_memory() {
        let artifact = Artifact::read("a", Box::new(vec![7; 11])).unwrap();
        let artifact = artifact.with_memory_limit(ByteCount(10));
        let error = artifact.in_memory().unwrap_err();
        assert_eq!(error.judge().reason, Reason::UnsupportedSignature);
        artifact.stream(&mut |_| {}).unwrap();
        let artifact = artifact.with_memory_limit(ByteCount(11));
        assert_eq!(artifact.in_memory().unwrap(), [7; 11]);
    }

    #[test]
    fn a_digest_alone_has_no_content_and_no_other_digest() {
        let digest = Digest::sha256([1; 32]);
        let artifact = Artifact::of_digest("a", &digest).unwrap();
        assert_eq!(artifact.sha256(), Some(digest));
        let error = artifact.digest(Hash::Sha512).unwrap_err();
        assert_eq!(error.judge().reason, Reason::ContentNeeded);
        assert_eq!(error.judge().missing, [MissingEvidence::Content]);
        let commit = Digest::git_commit(&"a".repeat(40)).unwrap();
        assert!(matches!(Artifact::of_digest("a", &commit), Err(ArtifactError::Digest(_))));
    }
}
