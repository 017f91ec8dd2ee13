use crate::aliases::Aliases;
use crate::blob::{Files, blob_name};
use crate::compression::Compression;
use crate::config::ImageConfig;
use crate::contents::Contents;
use crate::gather::{gather, missed};
use crate::journal::{Journal, Records};
use crate::layer::{Layer, LayerRead};
use crate::layout::ImageRef;
use crate::manifest::{IMAGE_CONFIG, Manifest};
use crate::oddity::What;
use crate::walk::Walk;
use crate::watch::Watch;
use crate::within::{NOTHING, Within};
use crate::{ImageError, Limits};
use beleg_model::{ByteCount, Digest};

/// One image of a layout. Its manifest and config are read and verified, its layers are not yet.
#[derive(Clone, Debug)]
pub struct Image {
    folder: Files,
    limits: Limits,
    reference: Option<String>,
    digest: Digest,
    config: ImageConfig,
    config_digest: Digest,
    layers: Vec<Layer>,
}

impl Image {
    pub(crate) fn open(
        folder: Files,
        limits: Limits,
        image: &ImageRef,
    ) -> Result<Self, ImageError> {
        let bytes = folder.json_blob(&image.digest, image.size, limits.document)?;
        let manifest = Manifest::read(&blob_name(&image.digest), &bytes, &image.media_type)?;
        if !IMAGE_CONFIG.contains(&manifest.config.media_type.as_str()) {
            return Err(ImageError::NotAnImage {
                digest: image.digest.clone(),
                media_type: manifest.config.media_type,
            });
        }
        if manifest.layers.len() > limits.layers {
            let (found, limit) = (manifest.layers.len(), limits.layers);
            return Err(ImageError::TooManyLayers { found, limit });
        }
        let config_digest = manifest.config.digest;
        let bytes = folder.json_blob(&config_digest, manifest.config.size, limits.document)?;
        let config = ImageConfig::read(&blob_name(&config_digest), &bytes)?;
        if manifest.layers.len() != config.diff_ids.len() {
            let (layers, diff_ids) = (manifest.layers.len(), config.diff_ids.len());
            return Err(ImageError::LayersDiffer { layers, diff_ids });
        }
        let layers = manifest
            .layers
            .iter()
            .zip(&config.diff_ids)
            .map(|(descriptor, diff_id)| {
                Ok(Layer {
                    digest: descriptor.digest.clone(),
                    diff_id: diff_id.clone(),
                    size: ByteCount(descriptor.size),
                    compression: Compression::stated(descriptor)?,
                })
            })
            .collect::<Result<_, ImageError>>()?;
        let (reference, digest) = (image.reference.clone(), image.digest.clone());
        Ok(Self { folder, limits, reference, digest, config, config_digest, layers })
    }

    /// Returns the reference name under which the layout lists it.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// Returns the digest of its manifest, by which the world knows it.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Returns what it says about itself.
    #[must_use]
    pub fn config(&self) -> &ImageConfig {
        &self.config
    }

    /// Returns the digest of its config, which Docker calls the image id.
    #[must_use]
    pub fn config_digest(&self) -> &Digest {
        &self.config_digest
    }

    /// Returns its layers, oldest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the size of its layers together, as they are stored.
    #[must_use]
    pub fn size(&self) -> ByteCount {
        ByteCount(self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size.0)))
    }

    /// Reads every layer and returns the wanted files that are visible in the final image.
    ///
    /// `want` is asked with a path relative to the root, without a leading slash, and says how
    /// many bytes to read at most; it must give the same answer each time. A path is wanted by
    /// its real name and by any name that symbolic links of the image give it. The layers are
    /// read a second time where a link makes a file wanted that was not by its real name.
    ///
    /// # Errors
    /// When any layer cannot be read whole and verified: then nothing of the image counts as
    /// examined. Single files that cannot be read are no error but [`crate::Unread`].
    pub fn files(
        &self,
        want: &dyn Fn(&str) -> Option<u64>,
        watch: &Watch<'_>,
    ) -> Result<Contents, ImageError> {
        self.files_and_within(want, NOTHING, watch)
    }

    /// Reads like [`Self::files`], and looks into the files that are not wanted by their names.
    ///
    /// # Errors
    /// As for [`Self::files`].
    pub fn files_and_within(
        &self,
        want: &dyn Fn(&str) -> Option<u64>,
        within: Within<'_>,
        watch: &Watch<'_>,
    ) -> Result<Contents, ImageError> {
        let want = |path: &[u8]| want(&String::from_utf8_lossy(path));
        let journal = Journal::new(&self.limits)?;
        let mut walk = Walk::new(&want, within, &self.limits, Some(journal));
        let mut layers = self.walk(&mut walk, watch)?;
        let records = match walk.journal.take() {
            Some(journal) => journal.finish()?,
            None => Records::default(),
        };
        let mut aliases = Aliases::of(&walk.tree, &self.limits, watch)?;
        let also = missed(&records, &walk.tree, &aliases, &want, &self.limits, watch)?;
        drop(records);
        if also.is_empty() {
            return gather(walk, &self.layers, layers, &aliases, &want, watch);
        }
        drop(walk);
        let want_more = |path: &[u8]| want(path).max(also.get(path).copied());
        let mut walk = Walk::new(&want_more, within, &self.limits, None);
        layers = self.walk(&mut walk, watch)?;
        aliases = Aliases::of(&walk.tree, &self.limits, watch)?;
        gather(walk, &self.layers, layers, &aliases, &want, watch)
    }

    fn walk(&self, walk: &mut Walk<'_>, watch: &Watch<'_>) -> Result<Vec<LayerRead>, ImageError> {
        let mut read = Vec::new();
        for (index, layer) in self.layers.iter().enumerate() {
            let (layer_read, remarks) =
                layer.read(&self.folder, &self.limits, watch, &mut |archive| {
                    walk.layer(index, layer, archive)
                })?;
            read.push(layer_read);
            if let Some(found) = remarks.compressed_otherwise {
                let what = What::CompressedOtherwise { stated: layer.compression, found };
                walk.odd(index, layer, b"", what, false);
            }
            if remarks.trailing_content {
                walk.odd(index, layer, b"", What::TrailingContent, true);
            }
            if remarks.global_override {
                walk.odd(index, layer, b"", What::GlobalOverride, true);
            }
        }
        Ok(read)
    }
}
