//! The packages of an image, layer by layer.

use super::Held;
use crate::World;
use crate::failure::chain;
use crate::found::Found;
use crate::rules;
use beleg_engine::Ctx;
use beleg_image::{
    Contents, Image, ImageError, ImageFile, LayerRead, Layout, Selection, Watch, What, Within,
};
use beleg_model::{ByteCount, Finding, Input, Location, Metric};
use beleg_sbom::formats::{
    FormatKind, MAX_FILE_LIST, Nearby, Tree, asked_for, file_list_of, format_of, tells_of_installed,
};
use beleg_sbom::{
    FORMATS, Format, MOST_LOOKED_INTO, OS_RELEASE_PATHS, OsRelease, Seen, may_have_records, packed,
    records_in, seen_at, unpacked,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Cursor;

/// Reads what the image that is selected of the layout at `locator` holds.
///
/// # Errors
/// The finding that says why nothing of it could be examined.
pub(crate) fn read(
    locator: &str,
    selection: &Selection,
    world: &World,
    ctx: &Ctx,
) -> Result<Held, Box<Finding>> {
    let Some(folder) = world.stores.local_path(locator) else {
        let message = "Only image layouts on this machine can be read.";
        let remedy = "Copy the image to a folder, as with `skopeo copy docker://… oci:FOLDER`.";
        let finding = Finding::of(&rules::IMAGE_UNREADABLE, locator, message);
        return Err(Box::new(finding.with_remedy(remedy)));
    };
    let image = Layout::open(&folder).and_then(|layout| layout.image(selection));
    let read = image.and_then(|image| Ok((contents(&image, ctx)?, image)));
    let (contents, image) = read.map_err(|error| Box::new(refused(locator, &error)))?;
    let mut found = ImageFound::of(&contents);
    found.operating_system(&contents, ctx);
    for file in &contents.files {
        found.file(file, &contents);
    }
    found.scope(locator);
    found.unreadable(&contents);
    found.oddities(&contents);
    found.layers(&contents);
    let mut found = found.inner;
    found.settle_system(locator, world.ecosystems);
    found.settle(locator, world.ecosystems);
    let config = image.config();
    let manifest = Input {
        name: "image manifest".to_owned(),
        locator: locator.to_owned(),
        digest: Some(image.digest().clone()),
        as_of: config.created.as_ref().and_then(|text| text.parse().ok()),
    };
    let layer = |layer: &LayerRead| json!({ "compressed": layer.compressed, "digest": layer.digest, "entries": layer.entries, "uncompressed": layer.uncompressed, "unpacked": layer.unpacked });
    let user = config.user.clone().filter(|user| !user.is_empty());
    let details = [
        ("layers", contents.layers.iter().map(layer).collect()),
        ("operating-system", json!(found.os.as_ref().map(OsRelease::name))),
        ("platform", json!(config.platform.to_string())),
        ("user", json!(user.unwrap_or_else(|| "root".to_owned()))),
    ];
    let layers = count(contents.layers.len());
    let metrics = vec![("layers", layers), ("files-read", count(contents.files.len()))];
    Ok(Held { found, inputs: vec![manifest], metrics, details: details.into() })
}

/// Reads what package databases and metadata the image holds.
fn contents(image: &Image, ctx: &Ctx) -> Result<Contents, ImageError> {
    let want = |path: &str| {
        if OS_RELEASE_PATHS.contains(&path) {
            return Some(64 << 10);
        }
        let read = format_of(path).map(|format| format.about().most_bytes);
        // Of what is not read only that it is there matters.
        let seen = || not_read(path).map(|_| 0);
        let list = || file_list_of(path).map(|_| MAX_FILE_LIST);
        let installed = || tells_of_installed(path).map(|_| 0);
        let tells = || list().or_else(installed);
        read.or_else(|| seen().max(asked_for(path)).max(tells()))
    };
    let total = image.size().0;
    let cancelled = || ctx.cancel.is_cancelled();
    let progress = |done: ByteCount| ctx.progress.at(done.0.min(total), Some(total));
    let within = Within {
        most: MOST_LOOKED_INTO,
        begins: &may_have_records,
        distil: &|path, bytes| packed(&records_in(path, &mut Cursor::new(bytes)).ok()?),
    };
    let watch = Watch::cancelled_by(&cancelled).with_progress(&progress);
    image.files_and_within(&want, within, &watch)
}

/// What an image holds, and what only an image has to say.
#[derive(Default)]
struct ImageFound<'a> {
    inner: Found,
    lockfiles: u64,
    /// The paths of all that was looked for and is there.
    there: BTreeSet<&'a str>,
}

/// What stands around a file of an image.
struct Around<'a> {
    contents: &'a Contents,
    there: &'a BTreeSet<&'a str>,
}

impl Tree for Around<'_> {
    fn real_path(&self, path: &str) -> String {
        let file = self.contents.file(path);
        file.map_or_else(|| path.to_owned(), |file| file.real_path.clone())
    }

    fn holds(&self, path: &str) -> bool {
        self.there.contains(path)
    }

    fn read(&self, path: &str, _limit: u64) -> Nearby {
        if let Some(file) = self.contents.file(path) {
            return Nearby::Bytes(file.bytes.to_vec());
        }
        match self.contents.unread.iter().find(|file| file.path == path) {
            Some(file) => Nearby::Unreadable(file.why.to_string()),
            None => Nearby::Absent,
        }
    }
}

impl<'a> ImageFound<'a> {
    fn of(contents: &'a Contents) -> Self {
        let files = contents.files.iter().flat_map(|file| file.also_at.iter().chain([&file.path]));
        let unread = contents.unread.iter().map(|file| &file.path);
        let there = files.chain(unread).map(String::as_str).collect();
        Self { there, ..Self::default() }
    }

    /// States the release and whether anybody still mends it.
    fn operating_system(&mut self, contents: &Contents, ctx: &Ctx) {
        let file = OS_RELEASE_PATHS.iter().find_map(|path| contents.file(path));
        match file {
            Some(file) => self.inner.operating_system(&file.bytes, within(file), ctx.now),
            None => self.inner.findings.push(Finding::of(&rules::OS_RELEASE_MISSING, OS_RELEASE_PATHS[0], "The image does not say which operating system it is, so nobody can say whether it is still supported.")),
        }
    }

    fn file(&mut self, file: &ImageFile, contents: &Contents) {
        if OS_RELEASE_PATHS.contains(&file.path.as_str()) {
            return;
        }
        if file.is_distilled {
            for record in unpacked(&file.bytes) {
                self.read(record.format, file, &record.bytes, contents);
            }
            return;
        }
        let Some(format) = format_of(&file.path) else {
            if self.tells(&file.path, &file.bytes, within(file)) {
                return;
            }
            if let Some(seen) = not_read(&file.path) {
                self.inner.not_read(seen.what, within(file));
            }
            return;
        };
        // A lockfile in an image says what was asked for, not what is installed.
        if format.about().kind == FormatKind::Lockfile {
            self.lockfiles = self.lockfiles.saturating_add(1);
            return;
        }
        self.read(format, file, &file.bytes, contents);
    }

    fn read(&mut self, format: &dyn Format, file: &ImageFile, bytes: &[u8], contents: &Contents) {
        let around = Around { contents, there: &self.there };
        match format.parse_in(&file.path, bytes, &around) {
            Ok(parsed) => {
                self.inner.take(&file.path, parsed, |location| located(location, file));
            }
            Err(error) => self.inner.findings.push(Finding::of(
                &rules::PACKAGE_DATABASE_UNREADABLE,
                within(file),
                format!("The packages in it are not known: {}.", chain(&error)),
            )),
        }
    }

    /// Notes a file that tells of packages that must be there.
    fn tells(&mut self, path: &str, bytes: &[u8], location: Location) -> bool {
        let records = &mut self.inner.records;
        match (file_list_of(path), tells_of_installed(path)) {
            (Some(_), _) => records.file_list(path, bytes, location),
            (None, Some(folder)) => records.installed(folder, location),
            (None, None) => return false,
        }
        true
    }

    /// States what is looked for, so that nobody takes the rest for clean.
    fn scope(&mut self, layout: &str) {
        let formats = FORMATS.iter().map(|format| format.about());
        let looked_for = formats.filter(|about| about.kind == FormatKind::Installed);
        let looked_for: Vec<&str> = looked_for.map(|about| about.id).collect();
        let message = format!(
            "Looked for was what is installed, by {}. Programs that do not say what they are built of, archives of no package manager, and packages that no file gives away, were not.",
            looked_for.join(", ")
        );
        self.inner.findings.push(Finding::of(&rules::IMAGE_SCOPE, layout, message));
        if self.lockfiles > 0 {
            let message = format!(
                "{} lockfiles say what was asked for and not what is installed, and were not judged.",
                self.lockfiles
            );
            self.inner.findings.push(Finding::of(&rules::IMAGE_LOCKFILES, layout, message));
        }
    }

    fn unreadable(&mut self, contents: &Contents) {
        for file in &contents.unread {
            let location = Location::within(&file.path, format!("layer {}", file.layer_digest));
            if format_of(&file.path).is_none() && self.tells(&file.path, b"", location.clone()) {
                continue;
            }
            // Of a neighbour only that it is there matters.
            if format_of(&file.path).is_none() && asked_for(&file.path) == Some(0) {
                continue;
            }
            match not_read(&file.path).filter(|_| format_of(&file.path).is_none()) {
                Some(seen) => self.inner.not_read(seen.what, location),
                None => self.inner.findings.push(Finding::of(
                    &rules::IMAGE_FILE_UNREAD,
                    location,
                    format!("A file that lists packages was not read: {}.", file.why),
                )),
            }
        }
    }

    /// Reports layers that are not what the config promises. What they hold was judged all the
    /// same: it is what runs.
    fn layers(&mut self, contents: &Contents) {
        for layer in contents.layers.iter().filter(|layer| !layer.is_as_stated()) {
            self.inner.findings.push(Finding::of(&rules::IMAGE_LAYER_DIFFERS, Location::from(format!("layer {}", layer.digest)), format!(
                    "The layer unpacks to {}, and the image's config promises {}. Its packages were judged as they are.",
                    layer.unpacked, layer.diff_id
                )));
        }
    }

    /// Reports entries that try to leave the image; oddities of ordinary images are summed up.
    fn oddities(&mut self, contents: &Contents) {
        let location = |oddity: &beleg_image::Oddity| {
            Location::within(&oddity.path, format!("layer {}", oddity.layer_digest))
        };
        for oddity in contents.oddities.iter().filter(|oddity| oddity.hostile) {
            self.inner.findings.push(Finding::of(
                &rules::IMAGE_HOSTILE_ENTRY,
                location(oddity),
                format!("What no honest layer has: {}. {}", oddity.what, oddity.what.treatment()),
            ));
        }
        let is_list = |path: &str| {
            format_of(path).is_some_and(|format| format.about().kind == FormatKind::Installed)
        };
        for oddity in contents.oddities.iter().filter(|it| it.what == What::LinkToNoFile) {
            if is_list(&oddity.path) {
                let message = "A file that lists packages is a link that leads nowhere.";
                let finding =
                    Finding::of(&rules::IMAGE_FILE_UNREAD, location(oddity), message.to_owned());
                self.inner.findings.push(finding);
            }
        }
        let mild = contents.oddities.iter().filter(|oddity| !oddity.hostile).count();
        if let Some(first) = contents.oddities.iter().find(|oddity| !oddity.hostile) {
            self.inner.findings.push(Finding::of(
                &rules::IMAGE_ODD_ENTRIES,
                location(first),
                format!("{mild} entries are unusual but harmless. The first: {}.", first.what),
            ));
        }
        if contents.further_oddities > 0 {
            self.inner.findings.push(Finding::of(
                &rules::IMAGE_ODD_ENTRIES_UNLISTED,
                "the layers",
                format!("{} further odd entries are not listed.", contents.further_oddities),
            ));
        }
    }
}

/// Recognises what lists installed packages and is not read. Manifests say no more than lockfiles.
fn not_read(path: &str) -> Option<&'static Seen> {
    seen_at(path).filter(|seen| !seen.is_manifest())
}

fn within(file: &ImageFile) -> Location {
    Location::within(&file.path, format!("layer {}", file.layer_digest))
}

fn located(location: Location, file: &ImageFile) -> Location {
    Location { within: Some(format!("layer {}", file.layer_digest)), ..location }
}

fn refused(location: &str, error: &ImageError) -> Finding {
    let message = format!("The image could not be examined: {}.", chain(error));
    if is_corrupt(error) {
        let remedy = "Pull or build the image anew; its blobs are not what its manifest promises.";
        Finding::of(&rules::IMAGE_CORRUPT, location, message).with_remedy(remedy)
    } else {
        Finding::of(&rules::IMAGE_UNREADABLE, location, message).with_remedy(match error {
            ImageError::Several { .. } => {
                "Set `reference`, `digest` or `platform` of the `[[image]]` to name one of them."
            }
            ImageError::NotFound { .. } => {
                "Correct `reference`, `digest` or `platform` of the `[[image]]`."
            }
            _ => "Check the layout's folder and the image's name.",
        })
    }
}

/// Says whether the image was read and is not what its manifest promises, or is an attack.
fn is_corrupt(error: &ImageError) -> bool {
    matches!(
        error,
        ImageError::BlobSize { .. }
            | ImageError::BlobDigest { .. }
            | ImageError::Decompress { .. }
            | ImageError::Archive { .. }
            | ImageError::Bomb { .. }
            | ImageError::Ambiguous { .. }
    )
}

fn count(number: usize) -> Metric {
    Metric::Count(u64::try_from(number).unwrap_or(u64::MAX))
}
