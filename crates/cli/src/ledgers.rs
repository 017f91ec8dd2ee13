//! The project's ledger and its key.

use crate::exit::{NothingThere, UsageError};
use anyhow::Context as _;
use beleg_dsse::{Signer, Verifier};
use beleg_engine::Project;
use beleg_ledger::{Created, Ledger, LedgerError, Log, Storage, StorageError};
use beleg_store::{Options, Store, Stores};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// The most bytes one of the ledger's objects may have: a payload with room to spare.
const MAX_OBJECT: u64 = 128 << 20;

/// What is said where a ledger is wanted and nobody has begun one.
pub(crate) const NO_LEDGER: NothingThere =
    NothingThere("there is no ledger yet; `beleg run` makes one");

/// A store as the ledger sees it.
struct LedgerStore(Store);

impl Storage for LedgerStore {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.0.get(path, MAX_OBJECT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(StorageError::new(path, error)),
        }
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.put(path, bytes).map_err(|error| StorageError::new(path, error))
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created, StorageError> {
        match self.0.create(path, bytes) {
            Ok(beleg_store::Created::New) => Ok(Created::New),
            Ok(beleg_store::Created::Exists) => Ok(Created::Exists),
            Err(error) => Err(StorageError::new(path, error)),
        }
    }

    fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.0.delete(path).map_err(|error| StorageError::new(path, error))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StorageError> {
        let listed = self.0.list(prefix.trim_end_matches('/'));
        let objects = listed.map_err(|error| StorageError::new(prefix, error))?;
        Ok(objects.into_iter().map(|object| object.name).collect())
    }
}

/// Opens the project's ledger for appending, making it and its key where there is none yet.
pub(crate) fn open_or_create(project: &Project, stores: &Stores) -> anyhow::Result<Ledger> {
    let store = stores.open_or_create(&project.ledger, &Options::new())?;
    let is_new = store.list("append")?.is_empty();
    if is_new && !store.is_local() {
        // Several first runs may try the same bucket at once, each with a canary of its own.
        store.require_conditional_create(&format!("canary-{}", crate::system::nonce()))?;
    }
    let signer = signer(project, is_new)?;
    let storage = Arc::new(LedgerStore(store));
    Ok(Ledger::open_or_create(storage, signer, crate::system::randomness())?)
}

/// Opens the project's ledger for reading, with its own key.
pub(crate) fn open(project: &Project, stores: &Stores) -> anyhow::Result<Log> {
    let storage = storage(project, stores)?;
    let verifier = signer(project, false)?.verifier().clone();
    match Log::open(storage, &verifier) {
        Err(LedgerError::NotFound) => Err(NO_LEDGER.into()),
        log => Ok(log?),
    }
}

/// Opens the place where the project's ledger is. A place where nobody has begun one, or where the
/// first run was killed before it did, holds nothing to verify.
pub(crate) fn storage(project: &Project, stores: &Stores) -> anyhow::Result<Arc<dyn Storage>> {
    let store = match stores.open(&project.ledger, &Options::new()) {
        Err(error) if error.is_not_found() => return Err(NO_LEDGER.into()),
        store => store?,
    };
    if store.list("")?.is_empty() {
        return Err(NO_LEDGER.into());
    }
    Ok(Arc::new(LedgerStore(store)))
}

/// Reads the project's signing key; makes it if `make` says so and there is none.
pub(crate) fn signer(project: &Project, make: bool) -> anyhow::Result<Signer> {
    let path = &project.key_file;
    if make && !path.exists() {
        return make_key(path, &project.origin);
    }
    read_signer(path)
}

/// Reads a signing key from a file.
pub(crate) fn read_signer(path: &Path) -> anyhow::Result<Signer> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError(format!("the signing key `{shown}` cannot be read: {error}"))
    })?;
    Signer::parse(&text)
        .map_err(|error| UsageError(format!("`{shown}` is no signing key: {error}")).into())
}

/// Reads a public key: as text, or from the file of that name.
pub(crate) fn verifier(text_or_file: &str) -> anyhow::Result<Verifier> {
    if let Ok(verifier) = Verifier::parse(text_or_file) {
        return Ok(verifier);
    }
    let text = std::fs::read_to_string(text_or_file).map_err(|_| {
        UsageError(format!("`{text_or_file}` is neither a public key nor a file that can be read"))
    })?;
    Verifier::parse(&text).map_err(|error| {
        UsageError(format!("`{text_or_file}` holds no public key: {error}")).into()
    })
}

fn make_key(path: &Path, name: &str) -> anyhow::Result<Signer> {
    let signer = Signer::generate(name)?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("`{}` cannot be made", folder.display()))?;
    }
    let failed = || format!("`{}` cannot be written", path.display());
    // Written whole under another name, which only its owner may read, so that a process that is
    // killed leaves no half key.
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(path)).with_context(failed)?;
    writeln!(file, "{}", signer.to_secret_text())
        .and_then(|()| file.as_file().sync_all())
        .with_context(failed)?;
    // Named only if absent: another process may have made it meanwhile, and its key then holds.
    match file.persist_noclobber(path) {
        Ok(_) => Ok(signer),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => read_signer(path),
        Err(error) => Err(error.error).with_context(failed),
    }
}
