use crate::ImageError;
use crate::attached::EachPiece;
use crate::tarred::{OpenError, Part, Tarred};
use crate::watch::Watch;
use beleg_model::{ByteCount, Digest};
use rustix::fs::{Mode, OFlags, open, openat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

/// The layout's files. In a folder everything is opened by one fixed name at a time and never
/// through a symbolic link, so that a layout cannot point at other files of the host.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    Folder(Arc<OwnedFd>),
    Archive(Arc<Tarred>),
}

/// One of the layout's files, opened.
pub(crate) enum Content {
    File(File),
    Part(Part),
}

/// A blob whose size and digest are verified while it is read. The verdict comes with the last
/// byte: a reader that stops early must call [`Blob::finish`].
pub(crate) struct Blob<'a> {
    content: Content,
    digest: &'a Digest,
    size: u64,
    read: u64,
    hasher: Sha256,
    watch: &'a Watch<'a>,
}

impl Files {
    /// Opens the layout itself, a folder or a tar archive, where links are the caller's own
    /// business.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match open(path, flags, Mode::empty()) {
            Ok(folder) => Ok(Self::Folder(Arc::new(folder))),
            Err(Errno::NOTDIR) => Ok(Self::Archive(Arc::new(Tarred::open(path)?))),
            Err(other) => Err(OpenError::Io(other.into())),
        }
    }

    /// Reads a file at the top of the layout; `None` when it is not there.
    pub(crate) fn document(
        &self,
        name: &str,
        limit: ByteCount,
    ) -> Result<Option<Vec<u8>>, ImageError> {
        let Some(content) = self.top(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        content
            .take(limit.0.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| ImageError::Io { what: name.to_owned(), source })?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit.0 {
            return Err(ImageError::DocumentTooLarge { what: name.to_owned(), limit });
        }
        Ok(Some(bytes))
    }

    /// Says whether the blob is there at all, whatever it holds.
    pub(crate) fn has_blob(&self, digest: &Digest) -> Result<bool, ImageError> {
        match self.open_blob(digest) {
            Ok(_) => Ok(true),
            Err(ImageError::BlobMissing { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Opens the blob of a descriptor. The file's size is compared before a byte is read.
    pub(crate) fn blob<'a>(
        &self,
        digest: &'a Digest,
        size: u64,
        watch: &'a Watch<'a>,
    ) -> Result<Blob<'a>, ImageError> {
        sha256_only(digest)?;
        let content = self.open_blob(digest)?;
        let found = content
            .length()
            .map_err(|source| ImageError::Io { what: blob_name(digest), source })?;
        if found != size {
            return Err(ImageError::BlobSize { digest: digest.clone(), expected: size, found });
        }
        Ok(Blob { content, digest, size, read: 0, hasher: Sha256::new(), watch })
    }

    /// Hands a blob over piece by piece, as it is: neither its size nor its digest is compared.
    pub(crate) fn stream(
        &self,
        digest: &Digest,
        each: &mut EachPiece<'_>,
    ) -> Result<(), ImageError> {
        let mut content = self.open_blob(digest)?;
        let mut buffer = vec![0; 256 << 10];
        loop {
            match content.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) if each(buffer.get(..count).unwrap_or_default()).is_break() => {
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ImageError::Io { what: blob_name(digest), source }),
            }
        }
    }

    /// Reads a whole blob that is a JSON document.
    pub(crate) fn json_blob(
        &self,
        digest: &Digest,
        size: u64,
        limit: ByteCount,
    ) -> Result<Vec<u8>, ImageError> {
        let what = blob_name(digest);
        if size > limit.0 {
            return Err(ImageError::DocumentTooLarge { what, limit });
        }
        let mut bytes = Vec::new();
        self.blob(digest, size, &Watch::default())?.read_to_end(&mut bytes).map_err(|error| {
            ImageError::carried(error).unwrap_or_else(|source| ImageError::Io { what, source })
        })?;
        Ok(bytes)
    }

    fn top(&self, name: &str) -> Result<Option<Content>, ImageError> {
        match self {
            Self::Archive(archive) => Ok(archive.part(name)?.map(Content::Part)),
            Self::Folder(root) => match regular(root, name) {
                Ok(file) => Ok(Some(Content::File(file))),
                Err(ImageError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    Ok(None)
                }
                Err(other) => Err(other),
            },
        }
    }

    fn open_blob(&self, digest: &Digest) -> Result<Content, ImageError> {
        let missing = || ImageError::BlobMissing { digest: digest.clone() };
        match self {
            Self::Archive(archive) => {
                archive.part(&blob_name(digest))?.map(Content::Part).ok_or_else(missing)
            }
            Self::Folder(root) => match blob_in(root, digest) {
                Ok(file) => Ok(Content::File(file)),
                Err(ImageError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    Err(missing())
                }
                Err(other) => Err(other),
            },
        }
    }
}

impl Content {
    fn length(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Part(part) => Ok(part.length()),
        }
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Part(part) => part.read(into),
        }
    }
}

impl Blob<'_> {
    /// Reads what is left and verifies the whole.
    pub(crate) fn finish(mut self) -> Result<(), ImageError> {
        let what = blob_name(self.digest);
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => {
                    return Err(ImageError::carried(error)
                        .unwrap_or_else(|source| ImageError::Io { what, source }));
                }
            }
        }
    }

    fn verify(&self) -> Result<(), ImageError> {
        if self.read != self.size {
            return Err(ImageError::BlobSize {
                digest: self.digest.clone(),
                expected: self.size,
                found: self.read,
            });
        }
        let found = Digest::sha256(self.hasher.clone().finalize().into());
        if found == *self.digest {
            Ok(())
        } else {
            Err(ImageError::BlobDigest { digest: self.digest.clone(), found })
        }
    }
}

impl Read for Blob<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.watch.is_cancelled() {
            return Err(ImageError::Cancelled.carry());
        }
        let count = self
            .content
            .read(into)
            .map_err(|source| ImageError::Io { what: blob_name(self.digest), source }.carry())?;
        let bytes = into.get(..count).unwrap_or_default();
        self.hasher.update(bytes);
        let length = u64::try_from(count).unwrap_or(u64::MAX);
        self.read = self.read.saturating_add(length);
        self.watch.advance(length);
        // A file that grows under the reader is caught here, one that shrinks at its end.
        if count == 0 || self.read > self.size {
            self.verify().map_err(ImageError::carry)?;
        }
        Ok(count)
    }
}

/// Refuses a digest that cannot be verified: SHA-256 is what every registry and builder uses.
pub(crate) fn sha256_only(digest: &Digest) -> Result<(), ImageError> {
    if digest.algorithm() == "sha256" {
        return Ok(());
    }
    Err(ImageError::Unsupported {
        what: digest.to_string(),
        why: "only SHA-256 digests are verified".to_owned(),
    })
}

pub(crate) fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

fn blob_in(root: &OwnedFd, digest: &Digest) -> Result<File, ImageError> {
    let blobs = folder(root, "blobs")?;
    let algorithm = folder(&blobs, digest.algorithm())?;
    regular(&algorithm, digest.hex()).map_err(|error| match error {
        ImageError::NotRegular { .. } => ImageError::NotRegular { what: blob_name(digest) },
        ImageError::Io { source, .. } => ImageError::Io { what: blob_name(digest), source },
        other => other,
    })
}

fn folder(parent: &OwnedFd, name: &str) -> Result<OwnedFd, ImageError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty()).map_err(|errno| refusal(name, errno))
}

/// Opens a regular file. Without `NONBLOCK`, a FIFO in its place would block for ever.
fn regular(parent: &OwnedFd, name: &str) -> Result<File, ImageError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let descriptor =
        openat(parent, name, flags, Mode::empty()).map_err(|errno| refusal(name, errno))?;
    let file = File::from(descriptor);
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(file),
        Ok(_) => Err(ImageError::NotRegular { what: name.to_owned() }),
        Err(source) => Err(ImageError::Io { what: name.to_owned(), source }),
    }
}

fn refusal(name: &str, errno: Errno) -> ImageError {
    match errno {
        // Linux says ELOOP for a symbolic link and ENOTDIR for one in a folder's place; a socket
        // or a device without a driver is ENXIO.
        Errno::LOOP | Errno::NOTDIR | Errno::NXIO => {
            ImageError::NotRegular { what: name.to_owned() }
        }
        other => ImageError::Io { what: name.to_owned(), source: other.into() },
    }
}
