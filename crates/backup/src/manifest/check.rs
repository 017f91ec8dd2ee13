//! What a signed manifest must fulfil besides its signature.

use super::{Entry, EntryKind, MAX_ENTRIES, MAX_RECIPIENTS, ManifestError};
use crate::formats::Compression;
use crate::{BackupName, Measure, Refusal, paths};
use beleg_dsse::ResourceDescriptor;
use beleg_model::{ByteCount, Digest};
use jiff::Timestamp;

/// The greatest integer that canonical JSON holds exactly (RFC 8785, section 3.2.2.3): 2⁵³ − 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;
const MAX_MODE: u32 = 0o7777;

/// What both formats say about the backup as a whole.
pub(super) struct Claims<'p> {
    pub(super) name: &'p str,
    pub(super) created: Timestamp,
    pub(super) compression: Compression,
    pub(super) recipients: &'p [Digest],
    pub(super) measures: [&'p Measure; 2],
    pub(super) root: &'p Digest,
}

/// Checks what is said as a whole, and that it is about the one object that `subjects` names.
pub(super) fn claims(
    subjects: &[ResourceDescriptor],
    claims: &Claims<'_>,
) -> Result<BackupName, ManifestError> {
    let name = BackupName::new(claims.name, claims.created, claims.compression)?;
    let [subject] = subjects else {
        return Err(ManifestError::WrongSubject);
    };
    let [ciphertext, archive] = claims.measures;
    let digests = [&ciphertext.digest, &archive.digest, claims.root];
    if !digests.into_iter().chain(claims.recipients).all(is_sha256) {
        return Err(ManifestError::NotSha256);
    }
    if subject.name != name.object()
        || name.created() != claims.created
        || subject.digest.len() != 1
        || subject.digest.get("sha256").map(String::as_str) != Some(ciphertext.digest.hex())
    {
        return Err(ManifestError::WrongSubject);
    }
    if claims.recipients.len() > MAX_RECIPIENTS {
        return Err(ManifestError::TooMany("recipients", MAX_RECIPIENTS));
    }
    if claims.measures.iter().any(|m| m.size.0 > MAX_INTEGER) {
        return Err(ManifestError::TooLarge);
    }
    Ok(name)
}

/// Checks entries in the order of the bytes of their paths and returns the sum of the files' sizes.
pub(super) fn entries(entries: &[Entry]) -> Result<ByteCount, ManifestError> {
    if entries.len() > MAX_ENTRIES {
        return Err(ManifestError::TooMany("entries", MAX_ENTRIES));
    }
    let mut content: u64 = 0;
    let mut previous: Option<&str> = None;
    for found in entries {
        let path = found.path.as_str();
        entry(found)?;
        if previous.is_some_and(|previous| previous >= path) {
            return Err(ManifestError::Order(shown(path)));
        }
        previous = Some(path);
        if paths::parent(path).is_some_and(|parent| !is_folder(entries, parent)) {
            return Err(ManifestError::NoFolder(shown(path)));
        }
        content = content.checked_add(size(found)).ok_or(ManifestError::TooLarge)?;
    }
    if content > MAX_INTEGER { Err(ManifestError::TooLarge) } else { Ok(ByteCount(content)) }
}

/// Checks entries in the order in which a walk meets them, and holds no more of them than the
/// folders on the way to the last one.
#[derive(Default)]
pub(super) struct Sequence {
    previous: Option<String>,
    folders: Vec<String>,
    content: u64,
}

impl Sequence {
    pub(super) fn next(&mut self, found: &Entry) -> Result<(), ManifestError> {
        let path = found.path.as_str();
        entry(found)?;
        let is_behind = |previous: &str| paths::in_walk(previous, path).is_lt();
        if !self.previous.as_deref().is_none_or(is_behind) {
            return Err(ManifestError::Order(shown(path)));
        }
        let parent = paths::parent(path);
        while self.folders.last().is_some_and(|folder| Some(folder.as_str()) != parent) {
            self.folders.pop();
        }
        if parent.is_some() && self.folders.is_empty() {
            return Err(ManifestError::NoFolder(shown(path)));
        }
        if found.kind == EntryKind::Directory {
            self.folders.push(path.to_owned());
        }
        if matches!(&found.kind, EntryKind::HardLink { target } if !is_behind(target)) {
            return Err(ManifestError::Order(shown(path)));
        }
        self.previous = Some(path.to_owned());
        self.content = self.content.checked_add(size(found)).ok_or(ManifestError::TooLarge)?;
        if self.content > MAX_INTEGER { Err(ManifestError::TooLarge) } else { Ok(()) }
    }

    pub(super) fn content(&self) -> ByteCount {
        ByteCount(self.content)
    }
}

/// Returns how many bytes of content an entry has.
pub(super) fn size(entry: &Entry) -> u64 {
    match &entry.kind {
        EntryKind::File { size, .. } => size.0,
        _ => 0,
    }
}

fn entry(entry: &Entry) -> Result<(), ManifestError> {
    let path = entry.path.as_str();
    let refuse = |refusal| ManifestError::Unsafe { path: shown(path), refusal };
    paths::check(path).map_err(refuse)?;
    if entry.mode > MAX_MODE {
        return Err(ManifestError::Mode(shown(path)));
    }
    match &entry.kind {
        EntryKind::Directory => Ok(()),
        EntryKind::Symlink { target } => check_target(target).map_err(refuse),
        EntryKind::HardLink { target } => paths::check(target).map_err(refuse),
        EntryKind::File { digest, .. } if !is_sha256(digest) => Err(ManifestError::NotSha256),
        EntryKind::File { .. } => Ok(()),
    }
}

fn check_target(target: &str) -> Result<(), Refusal> {
    match paths::bytes(target).ok_or(Refusal::Nul)?.as_ref() {
        b"" => Err(Refusal::NotPlain),
        target if target.contains(&0) => Err(Refusal::Nul),
        target if target.len() > paths::MAX_PATH => Err(Refusal::TooLong),
        _ => Ok(()),
    }
}

fn is_folder(entries: &[Entry], path: &str) -> bool {
    entries
        .binary_search_by(|entry| entry.path.as_str().cmp(path))
        .ok()
        .and_then(|at| entries.get(at))
        .is_some_and(|entry| entry.kind == EntryKind::Directory)
}

fn is_sha256(digest: &Digest) -> bool {
    digest.algorithm() == "sha256"
}

fn shown(path: &str) -> String {
    paths::shown(path).chars().take(300).collect()
}
