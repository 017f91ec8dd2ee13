//! The project's ledger and its key.

use crate::exit::{LedgerGone, NothingThere, UsageError};
use crate::heads::{self, Head};
use crate::output;
use anyhow::Context as _;
use beleg_dsse::{Signer, Verifier};
use beleg_engine::Project;
use beleg_ledger::{
    Checkpoint, Created, Found, Ledger, LedgerError, Log, MAX_CHECKPOINT, SKEW, Storage,
    StorageError,
};
use beleg_store::{Options, Store, StoreError, Stores};
use jiff::Timestamp;
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use tempfile::NamedTempFile;

/// The most bytes one of the ledger's objects may have: a payload with room to spare.
const MAX_OBJECT: u64 = 128 << 20;

/// What is said where a ledger is wanted and there is none: that nobody has begun one, or, where the
/// project remembers one, that it is gone.
pub(crate) fn absent(project: &Project) -> anyhow::Error {
    match heads::kept(project) {
        Err(error) => error,
        Ok(heads) if heads.is_empty() => {
            NothingThere("there is no ledger yet; `beleg run` makes one").into()
        }
        Ok(heads) => LedgerGone(gone(project, &heads)).into(),
    }
}

fn gone(project: &Project, heads: &[Head]) -> String {
    let what = format!("there is no ledger at `{}`, where this project had one", project.ledger);
    format!("{what}; mount it or put it back. {}", heads::remedy(heads))
}

/// A store as the ledger sees it.
struct LedgerStore(Store);

impl Storage for LedgerStore {
    fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StorageError> {
        found(path, self.0.get(path, MAX_OBJECT))
    }

    fn get_each(&self, paths: &[String], take: &mut dyn FnMut(Found)) {
        let mut names = paths.iter();
        self.0.get_each(paths, MAX_OBJECT, &mut |read| {
            take(found(names.next().map_or("", String::as_str), read));
        });
    }

    fn put(&self, path: &str, bytes: &[u8]) -> Result<(), StorageError> {
        self.0.put(path, bytes).map_err(|error| StorageError::new(path, error))
    }

    fn put_all(&self, objects: &[(String, Vec<u8>)]) -> Result<(), StorageError> {
        let first = objects.first().map_or("", |(path, _)| path);
        self.0.put_all(objects).map_err(|error| StorageError::new(first, error))
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

fn found(path: &str, read: Result<Vec<u8>, StoreError>) -> Found {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(StorageError::new(path, error)),
    }
}

/// Opens the project's ledger for appending, making it and its key where there never was one.
pub(crate) fn open_or_create(project: &Project, stores: &Stores) -> anyhow::Result<Ledger> {
    let heads = heads::kept(project)?;
    require_not_gone(project, stores, &heads)?;
    let store = stores.open_or_create(&project.ledger, &Options::new())?;
    let is_new = store.list("append")?.is_empty();
    if is_new && !store.is_local() {
        // Several first runs may try the same bucket at once, each with a canary of its own.
        store.require_conditional_create(&format!("canary-{}", crate::system::nonce()))?;
    }
    let signer = signer(project, is_new)?;
    let storage = Arc::new(LedgerStore(store.clone()));
    let public = signer.verifier().clone();
    let ledger = Ledger::open_or_create(storage, signer, crate::system::randomness());
    let ledger = ledger.map_err(|error| opened_not(error, &public))?;
    heads::require_all(&heads, ledger.log())?;
    if heads.is_empty() && ledger.log().size() > 0 {
        output::warning(&format!(
            "this project has kept no earlier state of the ledger `{}`, so that nothing here shows whether it was put back; compare it with a pack or a checkpoint kept elsewhere: `beleg ledger verify --since FILE`",
            project.ledger
        ));
    }
    warn_of_origin(project, &ledger.log().checkpoint().origin);
    require_right_clock(&store, ledger.signer().verifier())?;
    warn_of_times(ledger.log());
    if ledger.log().size() == 0 {
        output::warning(&format!(
            "the ledger `{}` is new: nothing was recorded in it before this run",
            project.ledger
        ));
    }
    heads::keep(project, ledger.log())?;
    Ok(ledger)
}

/// Says what to do about a ledger whose public key is gone, besides what is wrong.
fn opened_not(error: LedgerError, public: &Verifier) -> anyhow::Error {
    let is_key = matches!(&error, LedgerError::Corrupt { path, .. } if path == "key.pub");
    let error = anyhow::Error::from(error);
    if is_key {
        error.context(format!(
            "the ledger's `key.pub` does not hold its public key; find out who changed it, and put it back: the line `{public}`"
        ))
    } else {
        error
    }
}

/// Opens the project's ledger for reading, with the key that is at hand; says where that is from.
pub(crate) fn open(project: &Project, stores: &Stores) -> anyhow::Result<(Log, KeySource)> {
    let storage = storage(project, stores)?;
    let (verifier, source) = reading_key(project, storage.as_ref())?;
    match Log::open(storage, &verifier) {
        Err(LedgerError::NotFound) => Err(absent(project)),
        log => {
            let log = log?;
            warn_of_origin(project, &log.checkpoint().origin);
            Ok((log, source))
        }
    }
}

/// Where the key came from that a ledger is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The project: its key file, or a state of the ledger that it has seen.
    Project,
    /// The ledger itself, so that nothing shows whose it is.
    Ledger,
}

/// Returns the key to read the ledger with. The private one is not needed for that, and where it may
/// not be read, what there is besides serves.
pub(crate) fn reading_key(
    project: &Project,
    storage: &dyn Storage,
) -> anyhow::Result<(Verifier, KeySource)> {
    if std::fs::read(&project.key_file).is_ok() {
        return Ok((read_signer(&project.key_file)?.verifier().clone(), KeySource::Project));
    }
    let public = project.key_file.with_extension("pub");
    if public.exists() {
        return Ok((verifier(&public.display().to_string())?, KeySource::Project));
    }
    let text = storage.get("key.pub")?.ok_or_else(|| absent(project))?;
    let key = Verifier::parse(&String::from_utf8_lossy(&text))
        .context("the ledger's own key `key.pub` is none")?;
    let is_known = heads::kept(project)?.iter().any(|head| head.checkpoint(&key).is_ok());
    Ok((key, if is_known { KeySource::Project } else { KeySource::Ledger }))
}

/// Refuses to begin a ledger anew where the project has had one: its folder may not be mounted.
fn require_not_gone(project: &Project, stores: &Stores, heads: &[Head]) -> anyhow::Result<()> {
    if heads.is_empty() {
        return Ok(());
    }
    let found = match stores.open(&project.ledger, &Options::new()) {
        Ok(store) => store.get("checkpoint", MAX_OBJECT).map(|_| ()),
        Err(error) => Err(error),
    };
    match found {
        Err(error) if error.is_not_found() => {
            anyhow::bail!(gone(project, heads))
        }
        // Whatever else is wrong is said by whoever opens it.
        _ => Ok(()),
    }
}

/// Compares the clock with that of the place where the ledger is, by rewriting what never changes.
fn require_right_clock(store: &Store, key: &Verifier) -> anyhow::Result<()> {
    let text = format!("{key}\n");
    let written = store.put("key.pub", text.as_bytes()).and_then(|()| store.modified("key.pub"));
    // A place that does not let anything be written again has no say.
    let Ok(theirs) = written else { return Ok(()) };
    let theirs = Timestamp::try_from(theirs).context("the ledger's place has no clock")?;
    let ours = crate::system::now();
    let apart = ours.duration_since(theirs).abs();
    if apart > SKEW {
        anyhow::bail!(
            "this machine's clock says {ours}, and where the ledger is it is {theirs}; set the clock right, for nothing that is recorded under a wrong one can be believed"
        );
    }
    Ok(())
}

/// Warns when the ledger bears another name than the project says: it cannot get another one.
pub(crate) fn warn_of_origin(project: &Project, theirs: &str) {
    let ours = &project.origin;
    if theirs != ours {
        output::warning(&format!(
            "the ledger is called `{theirs}`, and stays so; `beleg.toml` calls it `{ours}`: write `origin = \"{theirs}\"` below `[ledger]`, or begin another ledger with another key"
        ));
    }
}

/// Warns when the ledger's last entry is later than now.
fn warn_of_times(log: &Log) {
    let now = crate::system::now();
    if let Some(tail) = log.tail()
        && tail.time.duration_since(now) > SKEW
    {
        output::warning(&format!(
            "the ledger's last entry is of {}, and it is {now}: this clock or that of an earlier run was wrong; the ledger names the place",
            tail.time
        ));
    }
}

/// Reads a signed checkpoint from a file: from the note itself, or from a pack.
pub(crate) fn note(file: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable =
        |error: std::io::Error| UsageError(format!("`{}` cannot be read: {error}", file.display()));
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(UsageError(format!("`{}` is no file", file.display())).into());
    }
    let mut opened = std::fs::File::open(file).map_err(unreadable)?;
    if let Some(note) = beleg_ledger::pack::checkpoint(&mut opened).map_err(unreadable)? {
        return Ok(note);
    }
    let mut note = Vec::new();
    opened.rewind().map_err(unreadable)?;
    let limit = u64::try_from(MAX_CHECKPOINT).unwrap_or(u64::MAX).saturating_add(1);
    opened.take(limit).read_to_end(&mut note).map_err(unreadable)?;
    Ok(note)
}

/// Reads an earlier checkpoint of the ledger of `key`, and what it is called.
pub(crate) fn earlier(file: &Path, key: &Verifier) -> anyhow::Result<(String, Checkpoint)> {
    let shown = file.display().to_string();
    let checkpoint = Checkpoint::verify(&note(file)?, key).map_err(|error| {
        UsageError(format!("`{shown}` holds no checkpoint of this ledger: {error}"))
    })?;
    Ok((shown, checkpoint))
}

/// Opens the place where the project's ledger is. A place where nobody has begun one, or where the
/// first run was killed before it did, holds nothing to verify.
pub(crate) fn storage(project: &Project, stores: &Stores) -> anyhow::Result<Arc<dyn Storage>> {
    let store = match stores.open(&project.ledger, &Options::new()) {
        Err(error) if error.is_not_found() => return Err(absent(project)),
        store => store?,
    };
    if store.list("")?.is_empty() {
        return Err(absent(project));
    }
    Ok(Arc::new(LedgerStore(store)))
}

/// Reads the project's signing key; makes it if `make` says so and there is none.
pub(crate) fn signer(project: &Project, make: bool) -> anyhow::Result<Signer> {
    let path = &project.key_file;
    if make && !path.exists() {
        let heads = heads::kept(project)?;
        if !heads.is_empty() {
            let what = format!("the signing key `{}` is gone", path.display());
            anyhow::bail!(
                "{what}; put it back from where you keep its copy. {}",
                heads::remedy(&heads)
            );
        }
        crate::private::protect(project);
        return make_key(path, &project.origin);
    }
    read_signer(path)
}

/// Reads a signing key from a file.
pub(crate) fn read_signer(path: &Path) -> anyhow::Result<Signer> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError(format!(
            "the signing key `{shown}` cannot be read: {error}; let this user read it, or put it back from where you keep its copy"
        ))
    })?;
    crate::private::warn_if_open(path);
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

/// Names the signing key of a project that has had a ledger, where it is gone: no run can go on.
pub(crate) fn lost_key(project: &Project) -> Option<String> {
    let heads = heads::kept(project).ok()?;
    let is_lost = !heads.is_empty() && !project.key_file.exists();
    is_lost.then(|| {
        format!("{} (put it back from where you keep its copy)", project.key_file.display())
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
        Ok(_) => {
            ignore_in_git(path);
            Ok(signer)
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => read_signer(path),
        Err(error) => Err(error.error).with_context(failed),
    }
}

/// Keeps the private key out of a repository that the project lies in. A file that is there already
/// is its owner's affair, and a folder that cannot be written has been of no use to the key either.
fn ignore_in_git(key: &Path) {
    let (Some(folder), Some(name)) = (key.parent(), key.file_name()) else { return };
    let text = format!("# The private key must not be published.\n/{}\n", name.to_string_lossy());
    if let Ok(mut file) = std::fs::File::create_new(folder.join(".gitignore")) {
        let _ = file.write_all(text.as_bytes());
    }
}
