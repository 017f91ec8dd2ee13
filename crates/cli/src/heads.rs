//! What the project remembers of its ledger: the last state it has seen, signed, beside the key and
//! in `.beleg`. A ledger that is gone, was put back or begun anew does not fit it.

use crate::exit::UsageError;
use anyhow::Context as _;
use beleg_dsse::Verifier;
use beleg_engine::Project;
use beleg_ledger::{Checkpoint, CheckpointError, Log, MAX_CHECKPOINT};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A state of the ledger that was kept.
pub(crate) struct Head {
    path: PathBuf,
    note: Vec<u8>,
}

impl Head {
    /// Returns the checkpoint, if `key` has signed it.
    pub(crate) fn checkpoint(&self, key: &Verifier) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::verify(&self.note, key)
    }

    /// Returns where it is kept.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// Returns what is kept.
pub(crate) fn kept(project: &Project) -> anyhow::Result<Vec<Head>> {
    let mut heads = Vec::new();
    for path in paths(project) {
        let failed = || format!("`{}` cannot be read", path.display());
        let file = match std::fs::File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            file => file.with_context(failed)?,
        };
        let mut note = Vec::new();
        let limit = u64::try_from(MAX_CHECKPOINT).unwrap_or(u64::MAX).saturating_add(1);
        file.take(limit).read_to_end(&mut note).with_context(failed)?;
        heads.push(Head { path, note });
    }
    Ok(heads)
}

/// Requires that the ledger begins with all that was kept.
pub(crate) fn require_all(heads: &[Head], log: &Log) -> anyhow::Result<()> {
    for head in heads {
        let earlier = head.checkpoint(log.verifier()).map_err(|error| unreadable(head, &error))?;
        log.check_since(&earlier).with_context(|| {
            format!("the ledger is not the one that `{}` knows. {}", head.name(), remedy(heads))
        })?;
    }
    Ok(())
}

/// Says that what is kept is no state of this ledger.
pub(crate) fn unreadable(head: &Head, error: &CheckpointError) -> UsageError {
    UsageError(format!(
        "`{}` is no checkpoint of this ledger: {error}. {}",
        head.name(),
        remedy(std::slice::from_ref(head))
    ))
}

/// Returns the line that begins a new ledger on purpose.
pub(crate) fn remedy(heads: &[Head]) -> String {
    let paths: Vec<_> = heads.iter().map(|head| format!("'{}'", head.name())).collect();
    format!("To go on with another ledger on purpose, and only then: rm {}", paths.join(" "))
}

/// Keeps the state of `log`.
pub(crate) fn keep(project: &Project, log: &Log) -> anyhow::Result<()> {
    for path in paths(project) {
        let failed = || format!("`{}` cannot be written", path.display());
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).with_context(failed)?;
        // Written whole under another name, so that a process that is killed leaves no half of it.
        let mut file = NamedTempFile::new_in(folder).with_context(failed)?;
        file.write_all(log.signed_checkpoint()).with_context(failed)?;
        file.persist(&path).with_context(failed)?;
    }
    Ok(())
}

fn paths(project: &Project) -> BTreeSet<PathBuf> {
    [project.root.join(".beleg/ledger.head"), project.key_file.with_extension("head")].into()
}
