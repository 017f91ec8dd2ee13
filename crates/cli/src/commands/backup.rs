use crate::arguments::{Backup as Command, BackupCreate, Global};
use crate::exit::{Exit, UsageError};
use crate::project::OpenProject;
use crate::system::{self, StoreRuntime};
use crate::{ledgers, output, progress};
use anyhow::Context as _;
use beleg_backup::keys::{self, Recipient};
use beleg_backup::{CreateError, Source, Watch, backup as make};
use beleg_store::{Options, Stores};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Makes a backup, or a key pair.
pub(crate) fn backup(global: &Global, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Create(arguments) => create(global, &arguments),
        Command::Keygen { output } => keygen(global, &output),
    }
}

fn create(global: &Global, arguments: &BackupCreate) -> anyhow::Result<Exit> {
    let runtime = StoreRuntime::start()?;
    let root = std::path::absolute(&global.directory)?;
    let stores = Stores::new(runtime.handle(), &root, system::environment(), global.offline);
    let signer = match &arguments.sign_key {
        Some(file) => ledgers::read_signer(file)?,
        None => {
            let project = OpenProject::open(global)
                .context("no project's key signs the manifest; name one with `--sign-key`")?;
            ledgers::signer(&project.configuration.project, true)?
        }
    };
    let recipients = recipients(&arguments.recipients)?;
    let source = Source {
        folder: &arguments.source,
        name: &arguments.name,
        now: system::now(),
        recipients: &recipients,
        compression: (arguments.level > 0).then_some(arguments.level),
    };
    // Encrypted once and then copied, so that every region holds the same bytes.
    let mut file = tempfile::tempfile().context("there is no room for the encrypted backup")?;
    let bar = progress::bar(global.quiet, format!("backing up {}", arguments.source.display()));
    let clock = system::monotonic();
    let made = {
        let report = |done, total| bar.at(done, total);
        let watch = Watch { cancelled: &|| false, progress: &report, clock: &*clock };
        make(&source, &signer, &mut file, &watch)
    };
    let made = made.map_err(|error| match error {
        CreateError::Folder { .. } | CreateError::Name(_) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            UsageError(format!("{error}: {}", cause.unwrap_or_default())).into()
        }
        error => anyhow::Error::from(error),
    })?;
    drop(bar);
    let object = made.name.object();
    let mut text = String::new();
    for region in &arguments.regions {
        let store = stores.open_or_create(region, &Options::new())?;
        file.rewind()?;
        let stored = || format!("the backup could not be stored in `{}`", store.locator());
        store.upload(&object, &mut file).with_context(stored)?;
        // The manifest comes last: a backup without one was not finished.
        store.put(&format!("{object}.manifest.json"), &made.manifest).with_context(stored)?;
        let _ = writeln!(text, "stored {object} in {}", store.locator());
    }
    let facts = &made.summary.facts;
    let _ = writeln!(
        text,
        "{} {}, {} of files, {} encrypted, signed by {}",
        facts.entries,
        if facts.entries == 1 { "entry" } else { "entries" },
        facts.content,
        facts.ciphertext.size,
        signer.verifier()
    );
    for left_out in &made.summary.left_out {
        let _ = writeln!(text, "left out: {}: {}", left_out.path, left_out.why.words());
    }
    for changed in &made.summary.changed {
        let _ = writeln!(text, "changed while it was read: {changed}");
    }
    output::result(text.as_bytes(), None)?;
    let whole = made.summary.left_out.is_empty() && made.summary.changed.is_empty();
    Ok(if whole { Exit::Pass } else { Exit::Unknown })
}

/// Reads recipients given as text or as files of them.
fn recipients(given: &[String]) -> anyhow::Result<Vec<Recipient>> {
    let mut recipients = Vec::new();
    for text_or_file in given {
        let text = if text_or_file.starts_with("age1") {
            text_or_file.clone()
        } else {
            std::fs::read_to_string(text_or_file).map_err(|_| {
                UsageError(format!("`{text_or_file}` is neither a recipient nor a file"))
            })?
        };
        let read = keys::recipients(&text)
            .map_err(|error| UsageError(format!("`{text_or_file}`: {error}")))?;
        recipients.extend(read);
    }
    Ok(recipients)
}

fn keygen(global: &Global, file: &Path) -> anyhow::Result<Exit> {
    let (identity, recipient) = keys::generate();
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    written
        .and_then(|mut file| writeln!(file, "# recipient: {recipient}\n{identity}"))
        .with_context(|| format!("`{}` cannot be made", file.display()))?;
    output::result(format!("{recipient}\n").as_bytes(), None)?;
    output::hint(global, "Keep the identity apart from the machine that makes backups.");
    Ok(Exit::Pass)
}
