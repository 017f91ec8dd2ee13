use crate::attached::is_attachment;
use crate::blob::{Files, blob_name};
use crate::image::Image;
use crate::manifest::{
    Descriptor, IMAGE_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, Index, Manifest, Platform, parse,
};
use crate::{ImageError, Limits};
use beleg_model::Digest;
use serde::Deserialize;
use std::path::Path;

/// An OCI image layout (OCI image specification, "Image Layout"): a folder, or a tar archive of
/// one that is not compressed.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) folder: Files,
    limits: Limits,
    images: Vec<ImageRef>,
    others: Vec<OtherManifest>,
    /// Every manifest and index of `index.json` and of the indexes below it.
    pub(crate) listed: Vec<Listed>,
}

/// A line of an index.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) descriptor: Descriptor,
    /// It stands in `index.json` itself.
    pub(crate) at_top: bool,
}

/// An image that a layout lists. Its blobs need not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef {
    /// The name in the annotation `org.opencontainers.image.ref.name`, of the manifest or else
    /// of the index it stands in.
    pub reference: Option<String>,
    /// The manifest's digest.
    pub digest: Digest,
    /// The machine it is for, where the index says so.
    pub platform: Option<Platform>,
    pub(crate) media_type: String,
    pub(crate) size: u64,
}

/// A manifest that a layout lists and that is not offered as an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherManifest {
    /// The manifest's digest.
    pub digest: Digest,
    /// What it is instead, without a full stop.
    pub why: String,
}

/// The annotation that names a manifest in a layout (OCI image specification, "Annotations").
pub(crate) const REFERENCE_NAME: &str = "org.opencontainers.image.ref.name";

/// The media type of an in-toto statement that is stored as a layer.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// Says which image of a layout is meant: the one that fits everything given. Nothing given means
/// the only one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The reference name.
    pub reference: Option<String>,
    /// The manifest's digest.
    pub digest: Option<Digest>,
    /// The platform, such as `linux/arm64`, which is `linux/arm64/v8`: the usual variant need not be
    /// named.
    pub platform: Option<String>,
}

impl Layout {
    /// Opens a layout with the usual [`Limits`].
    ///
    /// # Errors
    /// [`ImageError::NotALayout`] when `oci-layout` or `index.json` is missing or of another
    /// version; other errors for an index that cannot be read.
    pub fn open(path: &Path) -> Result<Self, ImageError> {
        Self::open_within(path, Limits::default())
    }

    /// Opens a layout with limits of the caller's.
    ///
    /// # Errors
    /// As for [`Layout::open`].
    pub fn open_within(path: &Path, limits: Limits) -> Result<Self, ImageError> {
        let refuse =
            |why: String| ImageError::NotALayout { folder: path.display().to_string(), why };
        let folder =
            Files::open(path).map_err(|error| refuse(format!("no folder or archive: {error}")))?;
        let marker = folder
            .document("oci-layout", limits.document)?
            .ok_or_else(|| refuse("the file `oci-layout` is missing".to_owned()))?;
        let marker: Marker = parse("oci-layout", &marker)?;
        if marker.version != "1.0.0" {
            return Err(refuse(format!("its layout version is `{}`, not `1.0.0`", marker.version)));
        }
        let index = folder
            .document("index.json", limits.document)?
            .ok_or_else(|| refuse("the file `index.json` is missing".to_owned()))?;
        let index = Index::read("index.json", &index, None)?;
        let (images, others, listed) = (Vec::new(), Vec::new(), Vec::new());
        let mut layout = Self { folder, limits, images, others, listed };
        layout.list(index)?;
        Ok(layout)
    }

    /// Returns every image the layout lists, in its order.
    #[must_use]
    pub fn images(&self) -> &[ImageRef] {
        &self.images
    }

    /// Returns the manifests that are listed and are no images, such as build attestations.
    #[must_use]
    pub fn others(&self) -> &[OtherManifest] {
        &self.others
    }

    /// Opens the one image that fits the selection.
    ///
    /// # Errors
    /// [`ImageError::NotFound`] and [`ImageError::Several`] name the choices; others say why the
    /// manifest or the config cannot be read.
    pub fn image(&self, selection: &Selection) -> Result<Image, ImageError> {
        if self.images.is_empty() {
            return Err(ImageError::NoImage { others: self.others.len() });
        }
        let mut fitting: Vec<&ImageRef> =
            self.images.iter().filter(|image| self.fits(selection, image)).collect();
        // One manifest may be listed under several names.
        let mut seen: Vec<&Digest> = Vec::new();
        fitting.retain(|image| {
            let new = !seen.contains(&&image.digest);
            seen.push(&image.digest);
            new
        });
        match fitting.as_slice() {
            [image] => Image::open(self.folder.clone(), self.limits.clone(), image),
            [] => Err(ImageError::NotFound {
                wanted: selection.shown(),
                choices: shown(self.images.iter()),
            }),
            several => Err(ImageError::Several { choices: shown(several.iter().copied()) }),
        }
    }

    fn fits(&self, selection: &Selection, image: &ImageRef) -> bool {
        selection.fits_name(image)
            && selection.platform.as_ref().is_none_or(|wanted| {
                let wanted = Platform::read(wanted).map(|platform| platform.normalised());
                wanted.is_some() && wanted == self.platform(image).map(|it| it.normalised())
            })
    }

    /// Returns the machine an image is for: as the index says or, where it does not, as the
    /// image's own config does.
    fn platform(&self, image: &ImageRef) -> Option<Platform> {
        let own = || {
            let image = Image::open(self.folder.clone(), self.limits.clone(), image).ok()?;
            Some(image.config().platform.clone())
        };
        image.platform.clone().or_else(own)
    }

    /// Lists the images of `index.json` and of every index below it.
    fn list(&mut self, index: Index) -> Result<(), ImageError> {
        let mut listed: usize = 0;
        let mut pending = vec![(index, None::<String>, 1_usize)];
        while let Some((index, inherited, depth)) = pending.pop() {
            listed = listed.saturating_add(index.manifests.len());
            if listed > self.limits.manifests {
                let limit = self.limits.manifests;
                return Err(ImageError::IndexTooLarge { what: "manifests", limit });
            }
            for descriptor in index.manifests {
                let at_top = depth == 1;
                self.listed.push(Listed { descriptor: descriptor.clone(), at_top });
                let reference = descriptor
                    .annotation(REFERENCE_NAME)
                    .map(str::to_owned)
                    .or_else(|| inherited.clone());
                if !IMAGE_INDEX.contains(&descriptor.media_type.as_str()) {
                    self.add(descriptor, reference);
                } else if depth >= self.limits.index_depth {
                    let limit = self.limits.index_depth;
                    return Err(ImageError::IndexTooLarge {
                        what: "indexes in one another",
                        limit,
                    });
                } else {
                    let nested = self.nested(&descriptor)?;
                    pending.push((nested, reference, depth.saturating_add(1)));
                }
            }
        }
        Ok(())
    }

    fn nested(&self, descriptor: &Descriptor) -> Result<Index, ImageError> {
        let bytes =
            self.folder.json_blob(&descriptor.digest, descriptor.size, self.limits.document)?;
        Index::read(&blob_name(&descriptor.digest), &bytes, Some(&descriptor.media_type))
    }

    fn add(&mut self, descriptor: Descriptor, reference: Option<String>) {
        let why = other_than_image(&descriptor, reference.as_deref()).or_else(|| {
            let runs_nowhere = descriptor.platform.as_ref().is_some_and(Platform::is_unknown);
            let states = runs_nowhere && self.holds_statements(&descriptor);
            states.then(|| "it holds statements about an image".to_owned())
        });
        match why {
            Some(why) => self.others.push(OtherManifest { digest: descriptor.digest, why }),
            None => self.images.push(ImageRef {
                reference,
                digest: descriptor.digest,
                platform: descriptor.platform,
                media_type: descriptor.media_type,
                size: descriptor.size,
            }),
        }
    }
}

impl Layout {
    /// Says whether all layers of a manifest are in-toto statements. An index that went through
    /// other tools has lost the annotation by which BuildKit tells them from images.
    fn holds_statements(&self, descriptor: &Descriptor) -> bool {
        let (name, media_type) = (blob_name(&descriptor.digest), &descriptor.media_type);
        let bytes =
            self.folder.json_blob(&descriptor.digest, descriptor.size, self.limits.document);
        let manifest = bytes.and_then(|bytes| Manifest::read(&name, &bytes, media_type));
        manifest.is_ok_and(|manifest| {
            !manifest.layers.is_empty()
                && manifest.layers.iter().all(|layer| layer.media_type == IN_TOTO)
        })
    }
}

impl Selection {
    /// Means the only image of a layout.
    #[must_use]
    pub fn only() -> Self {
        Self::default()
    }

    /// Means the image of that reference name.
    pub fn reference(name: impl Into<String>) -> Self {
        Self { reference: Some(name.into()), ..Self::default() }
    }

    /// Means the image of that manifest.
    #[must_use]
    pub fn digest(digest: Digest) -> Self {
        Self { digest: Some(digest), ..Self::default() }
    }

    fn fits_name(&self, image: &ImageRef) -> bool {
        self.reference.as_ref().is_none_or(|name| image.reference.as_ref() == Some(name))
            && self.digest.as_ref().is_none_or(|digest| image.digest == *digest)
    }

    fn shown(&self) -> String {
        let digest = self.digest.as_ref().map(Digest::to_string);
        let parts = [self.reference.clone(), digest, self.platform.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[derive(Deserialize)]
struct Marker {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

/// Says what a manifest is when it is no image.
fn other_than_image(descriptor: &Descriptor, reference: Option<&str>) -> Option<String> {
    if !IMAGE_MANIFEST.contains(&descriptor.media_type.as_str()) {
        return Some(format!("its media type is `{}`", descriptor.media_type));
    }
    // BuildKit stores provenance and SBOMs as manifests beside the images.
    if let Some(kind) = descriptor.annotation("vnd.docker.reference.type") {
        return Some(format!("it is a `{kind}` of an image"));
    }
    if is_attachment(descriptor, reference) {
        return Some("it hangs on an image".to_owned());
    }
    match descriptor.artifact_type.as_deref() {
        Some(kind) if !IMAGE_CONFIG.contains(&kind) => Some(format!("it is a `{kind}`")),
        _ => None,
    }
}

/// Shows images for a message, the first twenty of them.
fn shown<'a>(images: impl Iterator<Item = &'a ImageRef>) -> Vec<String> {
    images
        .take(20)
        .map(|image| {
            let name = image.reference.as_deref().unwrap_or("(no name)");
            match &image.platform {
                Some(platform) => format!("`{name}` {platform} {}", image.digest),
                None => format!("`{name}` {}", image.digest),
            }
        })
        .collect()
}
