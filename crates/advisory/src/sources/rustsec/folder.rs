use super::place::Collection;
use super::{SCOPE, record};
use crate::sources::intake::Intake;
use crate::sources::{Limits, Source, SourceError};
use beleg_model::Digest;
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads a checked-out or unpacked repository. Symbolic links below `folder` are not followed:
/// they are in [`Source::left_out`].
///
/// The digest is the SHA-256 of one line for each record, sorted by path: the SHA-256 of its
/// bytes as lower-case hex, two spaces, the path relative to `folder`, a line feed; as
/// `sha256sum crates/*/* rust/*/* | sha256sum` prints it.
///
/// # Errors
/// When the folder cannot be read or is beyond `limits`, or holds no readable record about a
/// crate.
pub fn read_folder(name: &str, folder: &Path, limits: &Limits) -> Result<Source, SourceError> {
    let mut reading = Reading {
        root: folder,
        limits,
        intake: Intake::new(SCOPE, *limits),
        hash: Sha256::new(),
        left: limits.total.0,
    };
    // Missing is not the same as unreadable: without this, a wrong path would be an empty source.
    list(folder)?;
    for (folder, collection) in [("crates", Collection::Crates), ("rust", Collection::Rust)] {
        reading.read_collection(folder, collection)?;
    }
    reading.intake.finish(name, Digest::sha256(reading.hash.finalize().into()))
}

struct Reading<'a> {
    root: &'a Path,
    limits: &'a Limits,
    intake: Intake,
    hash: Sha256,
    /// How many bytes may still be read.
    left: u64,
}

impl Reading<'_> {
    fn read_collection(&mut self, folder: &str, kind: Collection) -> Result<(), SourceError> {
        let path = self.root.join(folder);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return self.intake.take(folder, Err("it is not a folder".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(SourceError::Unreadable { path, source }),
        }
        for package in list(&path)? {
            let shown = format!("{folder}/{}", package.name);
            if package.kind == Entry::Folder {
                self.read_package(&package, kind, &shown)?;
            } else {
                self.intake.take(&shown, Err("it is not where a record belongs".to_owned()))?;
            }
        }
        Ok(())
    }

    fn read_package(
        &mut self,
        package: &Listed,
        collection: Collection,
        shown: &str,
    ) -> Result<(), SourceError> {
        for file in list(&package.path)? {
            let shown = format!("{shown}/{}", file.name);
            let record = match (file.kind, file.name.strip_suffix(".md")) {
                (Entry::File, Some(id)) => self
                    .read_file(&file.path, &shown)?
                    .and_then(|bytes| record::parse(collection, &package.name, id, &bytes)),
                (Entry::File, None) => Err("it is not a Markdown file".to_owned()),
                (Entry::Folder, _) => Err("it is not where a record belongs".to_owned()),
                (Entry::Other, _) => Err("it is a link or a special file".to_owned()),
            };
            self.intake.take(&shown, record)?;
        }
        Ok(())
    }

    fn read_file(
        &mut self,
        path: &Path,
        shown: &str,
    ) -> Result<Result<Vec<u8>, String>, SourceError> {
        let unreadable = |source| SourceError::Unreadable { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(self.limits.record.0.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(size)
            .ok_or(SourceError::TooLarge { what: "folder", limit: self.limits.total })?;
        if size > self.limits.record.0 {
            return Ok(Err(format!("it has more than the allowed {}", self.limits.record)));
        }
        let digest = Digest::sha256(Sha256::digest(&bytes).into());
        self.hash.update(format!("{}  {shown}\n", digest.hex()));
        Ok(Ok(bytes))
    }
}

/// What a folder holds under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Folder,
    File,
    Other,
}

struct Listed {
    name: String,
    path: PathBuf,
    kind: Entry,
}

/// Lists a folder, sorted by name.
fn list(folder: &Path) -> Result<Vec<Listed>, SourceError> {
    let unreadable = |source| SourceError::Unreadable { path: folder.to_owned(), source };
    let mut listed = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let kind = match kind {
            kind if kind.is_dir() => Entry::Folder,
            kind if kind.is_file() => Entry::File,
            _ => Entry::Other,
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        listed.push(Listed { name, path: entry.path(), kind });
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}
