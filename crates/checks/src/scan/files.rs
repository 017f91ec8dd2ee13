//! Files that list packages, alone or below a folder.

use super::{Held, sbom};
use crate::World;
use crate::failure::{chain, unreadable};
use crate::folder::{File, Folder, beneath};
use crate::found::Found;
use crate::rules;
use beleg_engine::Ctx;
use beleg_model::{Digest, Finding, Input, LeftOut, Location, Metric};
use beleg_sbom::formats::{
    Alone, MAX_FILE_LIST, Tree, format_by_id, format_of, tells_of_installed,
};
use beleg_sbom::{FORMATS, Format, Neighbours, OS_RELEASE_PATHS, Seen, Unread, records_in};
use beleg_store::StoreError;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The most bytes of a manifest, or of the lockfile that may speak for it: 16 MiB.
const MOST_OF_MANIFEST: u64 = 16 << 20;

/// Reads what the file or the folder at `locator` lists.
pub(crate) fn read(locator: &str, world: &World, ctx: &Ctx) -> Held {
    let is_sbom = || world.stores.local_path(locator).is_some_and(|path| sbom::begins(&path));
    if format_of(locator).is_none() && is_sbom() {
        return sbom::read(locator, world).unwrap_or_else(|finding| Held::of_finding(*finding));
    }
    let mut reading = Reading::new(world, ctx);
    match world.stores.local_path(locator).filter(|path| path.is_dir()) {
        Some(folder) => {
            reading.folder(&folder);
            reading.found.settle_system(locator, world.ecosystems);
            reading.lie_beneath(locator);
        }
        None => reading.file(locator),
    }
    let Reading { mut found, inputs, files, .. } = reading;
    found.settle(locator, world.ecosystems);
    if files == 0 && found.findings.is_empty() {
        found.findings.push(nothing_there(locator));
    }
    let metrics = vec![("files", Metric::Count(files))];
    Held { found, inputs, metrics, ..Held::default() }
}

/// What of a subject was read.
struct Reading<'a> {
    world: &'a World,
    ctx: &'a Ctx,
    files: u64,
    inputs: Vec<Input>,
    found: Found,
    /// The files that were read, as findings name them.
    read: BTreeSet<String>,
}

impl<'a> Reading<'a> {
    /// Names every file as seen from the project and not from the folder that is the subject: two
    /// folders may hold files of one name.
    fn lie_beneath(&mut self, folder: &str) {
        let Self { found, inputs, .. } = self;
        let paths = found.locations().map(|location| &mut location.path);
        for path in paths.chain(inputs.iter_mut().map(|input| &mut input.locator)) {
            *path = beneath(folder, path);
        }
    }

    fn new(world: &'a World, ctx: &'a Ctx) -> Self {
        let (found, inputs, read) = (Found::default(), Vec::new(), BTreeSet::new());
        Self { world, ctx, files: 0, inputs, found, read }
    }

    /// Takes the packages of one file, and of the files that it includes from its own folder.
    fn file(&mut self, locator: &str) {
        let Some(format) = format_of(locator) else {
            if self.program(locator) {
                return;
            }
            // What is absent is said to be absent, not to be of no known format.
            self.found.findings.push(match self.world.stores.read(locator, 0) {
                Err(error) if !matches!(error, StoreError::TooLarge { .. }) => {
                    unreadable(&rules::SUBJECT_UNREADABLE, locator, &error)
                }
                _ => not_a_format(locator),
            });
            return;
        };
        match self.world.stores.read(locator, format.about().most_bytes) {
            Err(error) => {
                self.found.findings.push(unreadable(&rules::SUBJECT_UNREADABLE, locator, &error));
            }
            Ok(bytes) => self.take(format, locator, &bytes, &Alone),
        }
        let folder = self.world.stores.local_path(locator);
        let folder = folder.as_deref().and_then(Path::parent).map(std::fs::canonicalize);
        let inner = |world: &World, shown: &str| {
            let path = std::fs::canonicalize(world.stores.local_path(shown)?).ok()?;
            let folder = folder.as_ref()?.as_ref().ok()?;
            (path.starts_with(folder) && path.is_file()).then_some(path)
        };
        self.includes(|world, shown| inner(world, shown));
    }

    /// Takes what a program or an archive says that it is built of; says whether it says anything.
    fn program(&mut self, locator: &str) -> bool {
        let path = self.world.stores.local_path(locator).filter(|path| path.is_file());
        let file = path.and_then(|path| std::fs::File::open(path).ok());
        let records = file.and_then(|mut file| records_in(locator, &mut file).ok());
        let records = records.unwrap_or_default();
        for record in &records {
            self.take(record.format, locator, &record.bytes, &Alone);
        }
        !records.is_empty()
    }

    /// Takes every file below `folder` that a format wants.
    fn folder(&mut self, folder: &Path) {
        let cancelled = || self.ctx.cancel.is_cancelled();
        let folder = match Folder::walk(folder, &cancelled) {
            Ok(folder) => folder,
            Err(error) => return self.found.findings.push(not_looked_at("", &error.to_string())),
        };
        for path in OS_RELEASE_PATHS {
            let file = folder.inner(path);
            let bytes =
                file.and_then(|file| self.world.stores.read(&lossy(&file.real), 64 << 10).ok());
            if let Some(bytes) = bytes {
                self.found.operating_system(&bytes, Location::from(path), self.ctx.now);
                break;
            }
        }
        for file in &folder.files {
            self.member(file, &folder);
        }
        for (file, records) in &folder.programs {
            for record in records {
                self.take(record.format, &file.shown, &record.bytes, &folder);
            }
        }
        self.includes(|_, shown| folder.inner(shown).map(|file| file.real));
        self.seen(&folder);
        self.tells(&folder);
        for (shown, why) in &folder.trouble {
            self.found.findings.push(not_looked_at(shown, why));
        }
        self.leave_out("parts of the folder", folder.trouble.len(), "they could not be read");
        self.leave_out("links out of the folder", folder.links_out.len(), "they are not followed");
        for (shown, target) in &folder.links_out {
            self.found.findings.push(Finding::of(
                &rules::LINK_NOT_FOLLOWED,
                shown.as_str(),
                format!(
                    "It is a link out of the folder, to `{}`, and was not followed.",
                    lossy(target)
                ),
            ));
        }
    }

    fn leave_out(&mut self, what: &str, length: usize, why: &str) {
        let count = u64::try_from(length).unwrap_or(u64::MAX);
        if count > 0 {
            let (what, why) = (what.to_owned(), why.to_owned());
            self.found.left_out.push(LeftOut { what, count, why });
        }
    }

    fn member(&mut self, file: &File, folder: &Folder<'_>) {
        let shown = file.shown.as_str();
        let Some(format) = format_of(shown) else { return };
        match self.world.stores.read(&lossy(&file.real), format.about().most_bytes) {
            Ok(bytes) => self.take(format, shown, &bytes, folder),
            Err(error) => {
                let finding = unreadable(&rules::SUBJECT_UNREADABLE, shown, &error);
                self.found.findings.push(finding);
            }
        }
    }

    fn take(&mut self, format: &dyn Format, shown: &str, bytes: &[u8], tree: &dyn Tree) {
        self.files = self.files.saturating_add(1);
        self.read.insert(shown.to_owned());
        self.inputs.push(input(format.about().id, shown, bytes));
        match format.parse_in(shown, bytes, tree) {
            Ok(parsed) => self.found.take(shown, parsed, |location| location),
            Err(error) => self.found.findings.push(Finding::of(
                &rules::LOCKFILE_UNREADABLE,
                shown,
                format!("The file is refused: {}.", chain(&error)),
            )),
        }
    }

    /// Reads the files that others include, whatever they are called, each once. `inner` says
    /// where the bytes of one are that may be read: a file may not show what is not below the
    /// subject.
    fn includes(&mut self, inner: impl Fn(&World, &str) -> Option<PathBuf>) {
        let Some(format) = format_by_id("requirements-txt") else { return };
        let read = |world: &World, shown: &str| {
            world.stores.read(&lossy(&inner(world, shown)?), format.about().most_bytes).ok()
        };
        loop {
            self.constraints(|world, shown| read(world, shown));
            let Some(shown) = self.next_include() else { break };
            match read(self.world, &shown) {
                Some(bytes) => self.take(format, &shown, &bytes, &Alone),
                // The line that includes it stays among what was not read.
                None => self.stay(&shown),
            }
        }
        let read = &self.read;
        let is_read = |entry: &Unread| {
            !entry.constrains && entry.includes.as_ref().is_some_and(|it| read.contains(it))
        };
        self.found.unread.retain(|entry| !is_read(entry));
        self.found.settle_indexes();
    }

    /// Reads the files of constraints that were named so far.
    fn constraints(&mut self, read: impl Fn(&World, &str) -> Option<Vec<u8>>) {
        let Self { world, found, inputs, .. } = self;
        found.constraints(|shown| {
            let bytes = read(world, shown)?;
            inputs.push(input("constraints", shown, &bytes));
            Some(bytes)
        });
    }

    fn next_include(&self) -> Option<String> {
        let installs = self.found.unread.iter().filter(|entry| !entry.constrains);
        let included = installs.filter_map(|entry| entry.includes.as_ref());
        included.into_iter().find(|path| !self.read.contains(*path)).cloned()
    }

    fn stay(&mut self, shown: &str) {
        for entry in self.found.unread.iter_mut().filter(|entry| !entry.constrains) {
            entry.includes = entry.includes.take().filter(|path| path != shown);
        }
    }

    /// Notes what tells of packages that must be there.
    fn tells(&mut self, folder: &Folder<'_>) {
        for File { shown, real, .. } in &folder.tells {
            let location = Location::from(shown.as_str());
            match tells_of_installed(shown) {
                Some(folder) => self.found.records.installed(folder, location),
                None => {
                    let bytes = self.world.stores.read(&lossy(real), MAX_FILE_LIST);
                    let bytes = bytes.unwrap_or_default();
                    self.found.records.file_list(shown, &bytes, location);
                }
            }
        }
    }

    /// Notes what lists packages and is not read. A manifest counts where no lockfile speaks for
    /// it.
    fn seen(&mut self, folder: &Folder<'_>) {
        let files = folder.files.iter().chain(folder.seen.iter().map(|(file, _)| file));
        let there: BTreeMap<&str, &File> = files.map(|file| (file.shown.as_str(), file)).collect();
        let bytes = |file: &File| self.world.stores.read(&lossy(&file.real), MOST_OF_MANIFEST);
        let text = |path: &str| {
            let bytes = there.get(path).and_then(|file| bytes(file).ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let is_there = |path: &str| there.contains_key(path);
        let neighbours = Neighbours { is_there: &is_there, text: &text };
        let asks = |file: &File, seen: &Seen, bytes: &[u8]| {
            seen.concerns(bytes) && !seen.is_locked(&file.shown, bytes, &neighbours)
        };
        // What cannot be read may ask for anything.
        let counts = |file: &File, seen: &Seen| {
            !seen.is_manifest() || bytes(file).map_or(true, |bytes| asks(file, seen, &bytes))
        };
        let counting = folder.seen.iter().filter(|(file, seen)| counts(file, seen));
        let counting: Vec<_> = counting.collect();
        for (file, seen) in counting {
            if !self.sbom(file) {
                self.found.not_read(seen.what, Location::from(file.shown.as_str()));
            }
        }
    }

    /// Takes what an SBOM lists; says whether the file is one that can be read.
    fn sbom(&mut self, file: &File) -> bool {
        let Some((bytes, bom)) = sbom::in_file(&file.real, self.world) else { return false };
        let shown = file.shown.as_str();
        self.files = self.files.saturating_add(1);
        self.inputs.push(input("sbom", shown, &bytes));
        self.found.findings.extend(bom.statements(shown, self.world.ecosystems));
        let parsed = bom.packages(shown, self.world.ecosystems);
        self.found.take(shown, parsed, |location| location);
        true
    }
}

fn input(name: &str, locator: &str, bytes: &[u8]) -> Input {
    Input {
        name: name.to_owned(),
        locator: locator.to_owned(),
        digest: Some(Digest::sha256(Sha256::digest(bytes).into())),
        as_of: None,
    }
}

fn lossy(path: &Path) -> Cow<'_, str> {
    path.to_string_lossy()
}

fn not_looked_at(shown: &str, why: &str) -> Finding {
    Finding::of(
        &rules::FOLDER_UNREADABLE,
        shown,
        format!("A part of the folder was not looked at: {why}."),
    )
}

fn nothing_there(locator: &str) -> Finding {
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.about().id).collect();
    Finding::of(
        &rules::NO_PACKAGES_FOUND,
        locator,
        "Nothing below this folder lists packages in a format that is read.",
    )
    .with_remedy(format!("Name a folder that holds one of: {}.", formats.join(", ")))
}

fn not_a_format(shown: &str) -> Finding {
    let message = "No format that is read goes by this file name, and nothing in it says of what it is built.";
    let is_archive = [".tar", ".tar.gz", ".tgz", ".tar.zst"].iter().any(|end| shown.ends_with(end));
    Finding::of(&rules::FORMAT_NOT_KNOWN, shown, message).with_remedy(if is_archive {
        "Copy an image to a layout first, as with `skopeo copy docker-archive:FILE oci:FOLDER`; \
         unpack another archive and name the folder."
    } else {
        "Name a list of packages by the name that its tool gives it, such as `uv.lock`; \
         `docs/formats.md` has all of them. A program says what it is built of if its compiler is \
         told to, as `cargo auditable` does."
    })
}
