use crate::ImageError;
use crate::manifest::Descriptor;
use flate2::bufread::MultiGzDecoder;
use std::fmt;
use std::io::{self, BufRead, Read};

/// How a layer's tar archive is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Gzip (RFC 1952), any number of members.
    Gzip,
    /// Zstandard (RFC 8878), any number of frames.
    Zstd,
}

const MEDIA_TYPES: [(&str, Compression); 6] = [
    ("application/vnd.oci.image.layer.v1.tar", Compression::None),
    ("application/vnd.oci.image.layer.v1.tar+gzip", Compression::Gzip),
    ("application/vnd.oci.image.layer.v1.tar+zstd", Compression::Zstd),
    ("application/vnd.docker.image.rootfs.diff.tar", Compression::None),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", Compression::Gzip),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", Compression::Zstd),
];

impl Compression {
    /// Returns the OCI media type of a layer compressed like this.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::None => "application/vnd.oci.image.layer.v1.tar",
            Self::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }

    /// Returns the compression that a layer's descriptor states.
    pub(crate) fn stated(layer: &Descriptor) -> Result<Self, ImageError> {
        let media_type = layer.media_type.as_str();
        if let Some((_, compression)) = MEDIA_TYPES.iter().find(|(name, _)| *name == media_type) {
            return Ok(*compression);
        }
        let why = if media_type.contains("encrypted") {
            "the layer is encrypted"
        } else if media_type.contains("nondistributable") || media_type.contains("foreign") {
            "the layer is not part of the image but must be fetched elsewhere"
        } else {
            "the media type is of no layer that beleg reads"
        };
        Err(ImageError::Unsupported {
            what: layer.digest.to_string(),
            why: format!("{why} (`{media_type}`)"),
        })
    }

    /// Returns the compression that the first bytes show. Runtimes go by these and not by the
    /// media type, and so does beleg.
    pub(crate) fn sniffed(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or a skippable frame (RFC 8878, section 3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Decompresses a stream. `window_log` bounds what a zstd frame may have allocated.
    pub(crate) fn decoder<'a>(
        self,
        reader: impl BufRead + 'a,
        window_log: u32,
    ) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::None => Box::new(reader),
            Self::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(reader)?;
                decoder.window_log_max(window_log)?;
                Box::new(decoder)
            }
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "plain tar",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}
