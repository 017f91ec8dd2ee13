mod regions;

use crate::arguments::{Backup as Command, BackupCreate, Global};
use crate::exit::{Exit, NothingThere, UsageError};
use crate::project::OpenProject;
use crate::system::{self, StoreRuntime};
use crate::{ledgers, output, progress};
use anyhow::Context as _;
use beleg_backup::formats::Compression;
use beleg_backup::keys::{self, Recipient};
use beleg_backup::{
    BackupName, CreateError, Exclusion, Source, Summary, Watch, backup as make, shown,
};
use beleg_store::{Store, Stores};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

/// How often a second is looked for of which there is no backup yet.
const TRIES: usize = 40;

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
    let exclude = exclusions(&arguments.exclude)?;
    // What is wrong with a region shows before anything is read.
    let regions = regions::open(arguments, &stores)?;
    let source = Source {
        folder: &arguments.source,
        name: &arguments.name,
        now: free_instant(arguments, &regions)?,
        recipients: &recipients,
        compression: (arguments.level > 0).then_some(arguments.level),
        exclude: &exclude,
        one_file_system: arguments.one_file_system,
        allow_empty: arguments.allow_empty,
        account_name: &system::account_name,
    };
    // Encrypted once and then copied, so that every region holds the same bytes.
    let mut file = tempfile::tempfile().context("there is no room for the encrypted backup")?;
    let mut entries = tempfile::tempfile().context("there is no room for the manifest")?;
    let bar = progress::bar(global.quiet, format!("backing up {}", arguments.source.display()));
    let clock = system::monotonic();
    let made = {
        let report = |done, total| bar.at(done, total);
        let watch = Watch { cancelled: &|| false, progress: &report, clock: &*clock };
        let out = BufWriter::with_capacity(1 << 20, &mut file);
        make(&source, &signer, out, BufWriter::new(&mut entries), &watch)
    };
    let made = made.map_err(refused)?;
    drop(bar);
    let mut text = String::new();
    let is_everywhere = regions::store(&regions, &made, &mut file, &mut entries, &mut text)?;
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
    tell(&made.summary, &mut text);
    output::result(text.as_bytes(), None)?;
    Ok(match () {
        () if !is_everywhere => Exit::Fail,
        () if made.summary.omissions.is_loss() => Exit::Unknown,
        () => Exit::Pass,
    })
}

/// Returns the present instant, as soon as no backup of its second and name is in any region: names
/// have whole seconds, and nothing that is stored is replaced.
fn free_instant(arguments: &BackupCreate, regions: &[Store]) -> anyhow::Result<Timestamp> {
    let packed = if arguments.level > 0 { Compression::Zstd } else { Compression::None };
    for _ in 0..TRIES {
        let now = system::now();
        let name = BackupName::new(&arguments.name, now, packed);
        let name = name.map_err(|error| UsageError(error.to_string()))?;
        // A region that cannot be asked is told of when the backup is stored.
        if !regions::hold(regions, &name).unwrap_or(false) {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    Err(UsageError(format!(
        "there are backups `{}` of every second since this began; is another one being made all the time?",
        arguments.name
    ))
    .into())
}

fn refused(error: CreateError) -> anyhow::Error {
    match error {
        CreateError::Empty { .. } => NothingThere(
            "there is no file in the source folder: is it mounted? `--allow-empty` says that this \
             is meant",
        )
        .into(),
        CreateError::Folder { .. } | CreateError::Name(_) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            UsageError(format!("{error}: {}", cause.unwrap_or_default())).into()
        }
        error => anyhow::Error::from(error),
    }
}

fn exclusions(patterns: &[String]) -> anyhow::Result<Vec<Exclusion>> {
    let read = |pattern: &String| Exclusion::new(pattern);
    Ok(patterns
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|e| UsageError(e.to_string()))?)
}

/// Tells what the backup does not hold, and what may be unlike its original.
fn tell(summary: &Summary, text: &mut String) {
    let omissions = &summary.omissions;
    for left_out in &omissions.left_out {
        let how = if left_out.why.is_loss() { "missing" } else { "left out" };
        let _ = writeln!(text, "{how}: {}: {}", shown(&left_out.path), left_out.why.words());
    }
    if omissions.more_left_out > 0 {
        let _ = writeln!(text, "missing or left out: {} more", omissions.more_left_out);
    }
    for changed in &omissions.changed {
        let _ = writeln!(text, "changed while it was read: {}", shown(changed));
    }
    if omissions.more_changed > 0 {
        let _ = writeln!(text, "changed while it was read: {} more", omissions.more_changed);
    }
    if omissions.attributes > 0 {
        let _ = writeln!(
            text,
            "not kept: extended attributes, access control lists or capabilities of {} entries",
            omissions.attributes
        );
    }
    for pattern in &summary.unused_exclusions {
        let _ = writeln!(text, "nothing to exclude: `{pattern}` matched no path");
    }
}

/// Reads recipients given as text or as files of them.
fn recipients(given: &[String]) -> anyhow::Result<Vec<Recipient>> {
    let mut recipients = Vec::new();
    for text_or_file in given {
        let text = if text_or_file.starts_with("age1") {
            text_or_file.clone()
        } else {
            std::fs::read_to_string(text_or_file).map_err(|_| {
                UsageError(format!(
                    "`{}` is neither a recipient nor a file",
                    keys::shortened(text_or_file)
                ))
            })?
        };
        let read = keys::recipients(&text)
            .map_err(|error| UsageError(format!("`{}`: {error}", keys::shortened(text_or_file))))?;
        recipients.extend(read);
    }
    Ok(recipients)
}

fn keygen(global: &Global, file: &Path) -> anyhow::Result<Exit> {
    let (identity, recipient) = keys::generate();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = opened.map_err(|error| not_made(file, &error))?;
    writeln!(opened, "# recipient: {recipient}\n{identity}")
        .with_context(|| format!("`{}` cannot be written", file.display()))?;
    crate::private::warn_if_exposed(file);
    output::result(format!("{recipient}\n").as_bytes(), None)?;
    output::hint(global, "Keep the identity apart from the machine that makes backups.");
    Ok(Exit::Pass)
}

fn not_made(file: &Path, error: &std::io::Error) -> UsageError {
    let remedy = match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            "what is there may open backups, so it is left as it is: name another file"
        }
        _ => "name a file in a folder that is there and that this user may write",
    };
    UsageError(format!("`{}` cannot be made: {error}; {remedy}", file.display()))
}
