use crate::archive::{Archive, ArchiveError};
use crate::blob::{Files, sha256_only};
use crate::compression::Compression;
use crate::watch::Watch;
use crate::{ImageError, Limits};
use beleg_model::{ByteCount, Digest};
use sha2::{Digest as _, Sha256};
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

/// A layer as manifest and config state it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The digest of the blob, compressed as it is stored.
    pub digest: Digest,
    /// The digest of the uncompressed tar, as the config states it.
    pub diff_id: Digest,
    /// The size of the blob.
    pub size: ByteCount,
    /// The compression that the media type states.
    pub compression: Compression,
}

/// A layer that was read to its end, the digest of its blob verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRead {
    /// The digest of the blob.
    pub digest: Digest,
    /// The digest of the uncompressed tar, as the config states it.
    pub diff_id: Digest,
    /// The digest of the uncompressed tar that was read. Where it is another than
    /// [`Self::diff_id`], the image runs files that its config does not promise: a repacker such
    /// as `skopeo` with `zstd:chunked` may have left the config as it was, or somebody put another
    /// layer in its place.
    pub unpacked: Digest,
    /// Bytes of the blob.
    pub compressed: ByteCount,
    /// Bytes of the tar.
    pub uncompressed: ByteCount,
    /// Entries of the tar, extended headers not counted.
    pub entries: u64,
}

/// What is remarkable about a layer as a whole.
#[derive(Default)]
pub(crate) struct Remarks {
    /// The compression its first bytes show, where it is not the stated one.
    pub(crate) compressed_otherwise: Option<Compression>,
    /// Something stands behind the end of its tar archive.
    pub(crate) trailing_content: bool,
    /// It has a global extended header that tells other readers of other entries.
    pub(crate) global_override: bool,
}

/// Walks over the entries of a layer's archive and returns how many there were.
pub(crate) type Walker<'w> = dyn FnMut(&mut Archive<&mut dyn Read>) -> Result<u64, WalkError> + 'w;

/// What can end a walk early.
pub(crate) enum WalkError {
    Archive(ArchiveError),
    Image(ImageError),
}

impl From<ArchiveError> for WalkError {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

impl From<ImageError> for WalkError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl LayerRead {
    /// Returns whether it unpacked to what the config states.
    #[must_use]
    pub fn is_as_stated(&self) -> bool {
        self.unpacked == self.diff_id
    }
}

impl Layer {
    /// Streams the layer through `walker` and verifies it.
    pub(crate) fn read(
        &self,
        folder: &Files,
        limits: &Limits,
        watch: &Watch<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<(LayerRead, Remarks), ImageError> {
        let mut blob = folder.blob(&self.digest, self.size.0, watch)?;
        match self.read_blob(&mut blob, limits, watch, walker) {
            // A truncated or damaged blob breaks the decoder first; that it is not the blob the
            // manifest names is the better explanation, and wins.
            Err(error) if error.is_about_content() => blob.finish().and(Err(error)),
            Err(error) => Err(error),
            Ok(read) => blob.finish().map(|()| read),
        }
    }

    fn read_blob(
        &self,
        blob: &mut dyn Read,
        limits: &Limits,
        watch: &Watch<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<(LayerRead, Remarks), ImageError> {
        sha256_only(&self.diff_id)?;
        let compressed = Cell::new(0);
        let counted = Counted { inner: blob, count: &compressed };
        let mut buffered = BufReader::with_capacity(128 << 10, counted);
        let start = buffered.fill_buf().map_err(|error| self.broken(Compression::None, error))?;
        let compression = Compression::sniffed(start);
        let broken = |error| self.broken(compression, error);
        let mut unpacked = Unpacked {
            inner: compression.decoder(buffered, limits.zstd_window_log).map_err(broken)?,
            layer: self,
            limits,
            watch,
            compressed: &compressed,
            count: 0,
            hasher: Sha256::new(),
        };
        let mut remarks = Remarks {
            compressed_otherwise: (compression != self.compression).then_some(compression),
            ..Remarks::default()
        };
        let walked = {
            let mut archive = Archive::new(&mut unpacked as &mut dyn Read);
            walker(&mut archive).and_then(|entries| {
                remarks.trailing_content = archive.trailing_content()?;
                remarks.global_override = archive.global_override;
                Ok(entries)
            })
        };
        let entries = walked.map_err(|error| match error {
            WalkError::Image(error) => error,
            WalkError::Archive(ArchiveError::Io(error)) => broken(error),
            WalkError::Archive(source) => {
                ImageError::Archive { layer: self.digest.clone(), source }
            }
        })?;
        let uncompressed = ByteCount(unpacked.count);
        let read = LayerRead {
            digest: self.digest.clone(),
            diff_id: self.diff_id.clone(),
            unpacked: Digest::sha256(unpacked.hasher.finalize().into()),
            compressed: self.size,
            uncompressed,
            entries,
        };
        Ok((read, remarks))
    }

    /// Tells the decoder's own errors from those that travelled through it.
    fn broken(&self, compression: Compression, error: io::Error) -> ImageError {
        ImageError::carried(error).unwrap_or_else(|source| ImageError::Decompress {
            layer: self.digest.clone(),
            compression,
            source,
        })
    }
}

/// Counts what the decoder takes.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    count: &'a Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.count.set(self.count.get().saturating_add(u64::try_from(count).unwrap_or(u64::MAX)));
        Ok(count)
    }
}

/// The uncompressed stream: hashed, and stopped where it passes a limit.
struct Unpacked<'a> {
    inner: Box<dyn Read + 'a>,
    layer: &'a Layer,
    limits: &'a Limits,
    watch: &'a Watch<'a>,
    compressed: &'a Cell<u64>,
    count: u64,
    hasher: Sha256,
}

impl Unpacked<'_> {
    fn check(&self) -> Result<(), ImageError> {
        // Small input can be much output; the compressed side alone would not notice in time.
        if self.watch.is_cancelled() {
            return Err(ImageError::Cancelled);
        }
        let layer = || self.layer.digest.clone();
        let (limits, compressed) = (self.limits, self.compressed.get());
        if self.count > limits.layer.0 {
            return Err(ImageError::LayerTooLarge { layer: layer(), limit: limits.layer });
        }
        if self.count > limits.ratio_from.0 && self.count > compressed.saturating_mul(limits.ratio)
        {
            return Err(ImageError::Bomb {
                layer: layer(),
                compressed: ByteCount(compressed),
                uncompressed: ByteCount(self.count),
            });
        }
        Ok(())
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.hasher.update(into.get(..count).unwrap_or_default());
        self.count = self.count.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        self.check().map_err(ImageError::carry)?;
        Ok(count)
    }
}
