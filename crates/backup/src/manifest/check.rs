//! What a signed manifest must fulfil besides its signature.

use super::{
    Entry, EntryKind, FORMAT, MAX_ENTRIES, MAX_RECIPIENTS, ManifestError, PREDICATE_TYPE, Predicate,
};
use crate::{BackupName, Refusal, paths};
use beleg_dsse::{STATEMENT_TYPE, Statement};
use beleg_model::{ByteCount, Digest};

/// The greatest integer that canonical JSON holds exactly (RFC 8785, section 3.2.2.3): 2⁵³ − 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;
const MAX_MODE: u32 = 0o7777;

pub(super) fn statement(statement: &Statement<Predicate>) -> Result<(), ManifestError> {
    for (found, expected) in
        [(&statement.statement_type, STATEMENT_TYPE), (&statement.predicate_type, PREDICATE_TYPE)]
    {
        if found != expected {
            return Err(ManifestError::WrongType(found.chars().take(100).collect()));
        }
    }
    let predicate = &statement.predicate;
    if predicate.format != FORMAT {
        return Err(ManifestError::WrongType(format!("format {}", predicate.format)));
    }
    let name = BackupName::new(&predicate.name, predicate.created, predicate.compression)?;
    let [subject] = statement.subject.as_slice() else {
        return Err(ManifestError::WrongSubject);
    };
    let ciphertext = &predicate.ciphertext.digest;
    let digests = [ciphertext, &predicate.archive.digest, &predicate.root];
    if !digests.into_iter().chain(&predicate.recipients).all(is_sha256) {
        return Err(ManifestError::NotSha256);
    }
    if subject.name != name.object()
        || name.created() != predicate.created
        || subject.digest.len() != 1
        || subject.digest.get("sha256").map(String::as_str) != Some(ciphertext.hex())
    {
        return Err(ManifestError::WrongSubject);
    }
    if predicate.recipients.len() > MAX_RECIPIENTS {
        return Err(ManifestError::TooMany("recipients", MAX_RECIPIENTS));
    }
    if [&predicate.ciphertext, &predicate.archive].iter().any(|m| m.size.0 > MAX_INTEGER) {
        return Err(ManifestError::TooLarge);
    }
    Ok(())
}

/// Checks the entries one by one and returns the sum of the files' sizes.
pub(super) fn entries(entries: &[Entry]) -> Result<ByteCount, ManifestError> {
    if entries.len() > MAX_ENTRIES {
        return Err(ManifestError::TooMany("entries", MAX_ENTRIES));
    }
    let mut content: u64 = 0;
    let mut previous: Option<&str> = None;
    for entry in entries {
        let path = entry.path.as_str();
        let refuse = |refusal| ManifestError::Unsafe { path: shown(path), refusal };
        paths::check(path).map_err(refuse)?;
        if previous.is_some_and(|previous| previous >= path) {
            return Err(ManifestError::Order(shown(path)));
        }
        previous = Some(path);
        if paths::parent(path).is_some_and(|parent| !is_folder(entries, parent)) {
            return Err(ManifestError::NoFolder(shown(path)));
        }
        if entry.mode > MAX_MODE {
            return Err(ManifestError::Mode(shown(path)));
        }
        match &entry.kind {
            EntryKind::Directory => (),
            EntryKind::Symlink { target } => check_target(target).map_err(refuse)?,
            EntryKind::File { size, digest } => {
                content = content.checked_add(size.0).ok_or(ManifestError::TooLarge)?;
                if !is_sha256(digest) {
                    return Err(ManifestError::NotSha256);
                }
            }
        }
    }
    if content > MAX_INTEGER { Err(ManifestError::TooLarge) } else { Ok(ByteCount(content)) }
}

fn check_target(target: &str) -> Result<(), Refusal> {
    match target {
        "" => Err(Refusal::NotPlain),
        target if target.contains('\0') => Err(Refusal::Nul),
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
    path.chars().take(300).collect()
}
