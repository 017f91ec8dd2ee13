mod render;
mod shown;

use crate::arguments::{Global, Pack as Command, PackVerify};
use crate::commands::run::tool;
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::project::OpenProject;
use crate::rules::rule;
use crate::{ledgers, output};
use anyhow::Context as _;
use beleg_ledger::pack::{
    self, Expectation, PackReport, PackRequest, Render, RenderFault, Reports,
};
use beleg_model::{RunRecord, Verdict};
use beleg_report::Options;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use shown::Shown;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The formats of the reports in a pack.
const FORMATS: [&str; 2] = ["html", "json"];

/// Makes or verifies a pack.
pub(crate) fn pack(global: &Global, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Create { from, to, since, output } => create(global, &from, &to, &since, &output),
        Command::Verify(arguments) => verify(global, &arguments),
    }
}

fn create(
    global: &Global,
    from: &str,
    to: &str,
    since: &[PathBuf],
    file: &Path,
) -> anyhow::Result<Exit> {
    let (from, to) = (instant(from, Edge::First)?, instant(to, Edge::Last)?);
    if from >= to {
        return Err(UsageError(format!("`--from` {from} does not lie before `--to` {to}")).into());
    }
    // Made sure of before the work begins.
    require_absent(file)?;
    let mut written = beside(file)?;
    let project = OpenProject::open_to_read(global)?;
    let settings = &project.configuration.project;
    let log = ledgers::open(settings, &project.stores)?.0;
    let signer = ledgers::signer(settings, false)?;
    let since = since.iter().map(|file| ledgers::note(file)).collect::<Result<_, _>>()?;
    let request = PackRequest { from, to, tool: tool(), since, render: &RunReports };
    pack::create(&log, &signer, &request, written.as_file_mut())?;
    // What is handed to an auditor is checked as the auditor will check it.
    let expected =
        Expectation { key: Some(signer.verifier()), since: Vec::new(), render: Some(&RunReports) };
    let report = pack::verify(written.as_file_mut(), &expected)?;
    keep(written, file)?;
    output::result(render::text(&report, &Shown::of(&report), file).as_bytes(), None)?;
    output::hint(
        global,
        &format!("Give the auditor this key on another way:\n{}", signer.verifier()),
    );
    Ok(match (report.is_sound(), report.entries) {
        (false, _) => Exit::Fail,
        (true, 0) => Exit::Nothing,
        (true, _) => Exit::Pass,
    })
}

/// Makes a file beside `file`, so that a pack that could not be made whole leaves none.
fn beside(file: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(|error| {
        UsageError(format!("`{}` cannot be written: {error}", file.display())).into()
    })
}

fn keep(written: NamedTempFile, file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let failed = || format!("`{}` cannot be written", file.display());
    // A temporary file is its owner's alone; a pack is there to be handed out.
    let readable = std::fs::Permissions::from_mode(0o644);
    written.as_file().set_permissions(readable).with_context(failed)?;
    written.as_file().sync_all().with_context(failed)?;
    match written.persist_noclobber(file) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => require_absent(file),
        kept => kept.map(|_| ()).with_context(failed),
    }
}

/// Refuses to replace what is there: an earlier pack shows later what the ledger was.
fn require_absent(file: &Path) -> anyhow::Result<()> {
    if file.symlink_metadata().is_err() {
        return Ok(());
    }
    let what = format!("`{}` is there already and is not replaced", file.display());
    Err(UsageError(format!("{what}; name another file with `--output`, or move it away")).into())
}

fn verify(global: &Global, arguments: &PackVerify) -> anyhow::Result<Exit> {
    let file = &arguments.file;
    let mut destination = Destination::open(arguments.output.as_deref())?;
    let key = arguments.key.as_deref().map(ledgers::verifier).transpose()?;
    let mut opened = open(file)?;
    let since = since(&arguments.since, key.as_ref(), &mut opened)?;
    let expected = Expectation { key: key.as_ref(), since, render: Some(&RunReports) };
    let report = pack::verify(&mut opened, &expected)?;
    let shown = Shown::of(&report);
    let exit = ending(&report, &shown, arguments.packed_key_suffices_unsafe);
    let bytes = match arguments.format {
        crate::arguments::Format::Text => render::text(&report, &shown, file).into_bytes(),
        crate::arguments::Format::Json => render::json(&report, &shown)?,
    };
    destination.write(&bytes)?;
    if report.is_sound() && !report.key_compared {
        output::hint(
            global,
            "The key came from the pack itself, so anybody could have made this pack.\nCompare it with the key you got elsewhere: `beleg pack verify FILE --key KEY`.",
        );
    }
    Ok(exit)
}

fn open(file: &Path) -> anyhow::Result<File> {
    let unreadable = |error: std::io::Error| {
        UsageError(format!("the pack `{}` cannot be read: {error}", file.display()))
    };
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        // A pipe would never end, and nothing but a whole file can be checked.
        return Err(UsageError(format!("the pack `{}` is no file", file.display())).into());
    }
    Ok(File::open(file).map_err(unreadable)?)
}

/// Reads the earlier checkpoints, which must be of the same key as the pack.
fn since(
    files: &[PathBuf],
    key: Option<&beleg_dsse::Verifier>,
    opened: &mut File,
) -> anyhow::Result<Vec<(String, beleg_ledger::Checkpoint)>> {
    let key = match key {
        Some(key) => Some(key.clone()),
        None if files.is_empty() => None,
        None => pack::verify(opened, &Expectation::default())?.key,
    };
    let Some(key) = key else { return Ok(Vec::new()) };
    files.iter().map(|file| ledgers::earlier(file, &key)).collect()
}

/// Returns how a pack's check ends: what is wrong with the pack or failed in it first, then
/// whatever keeps it from proving that all was well.
fn ending(report: &PackReport, shown: &Shown, packed_key_suffices: bool) -> Exit {
    let is_doubtful = !(report.key_compared || packed_key_suffices)
        || report.reports == Reports::OtherVersion
        || !report.not_compared.is_empty()
        || !report.anomalies.is_empty()
        || !report.other_times.is_empty();
    match (report.is_sound(), shown.verdict(report)) {
        (false, _) | (_, Verdict::Fail) => Exit::Fail,
        _ if report.entries == 0 => Exit::Nothing,
        (_, Verdict::Unknown) => Exit::Unknown,
        _ if is_doubtful => Exit::Unknown,
        _ => Exit::Pass,
    }
}

/// The reports in a pack, so that it reads without beleg.
struct RunReports;

impl Render for RunReports {
    fn names(&self, entry: u64) -> Vec<String> {
        formats().map(|format| format!("run-{entry:06}-{}", format.file_name())).collect()
    }

    fn write(&self, name: &str, run: &RunRecord, out: &mut dyn Write) -> Result<(), RenderFault> {
        let format = formats().find(|format| name.ends_with(format.file_name()));
        let format = format.ok_or_else(|| format!("no report is called `{name}`"))?;
        Ok(format.write(run, &Options { explains: rule, ..Options::default() }, out)?)
    }
}

fn formats() -> impl Iterator<Item = &'static dyn beleg_report::Format> {
    FORMATS.iter().filter_map(|id| beleg_report::format(id))
}

#[derive(Clone, Copy)]
enum Edge {
    First,
    Last,
}

/// Reads a day or an instant. Days are UTC; the last day belongs to the window.
fn instant(text: &str, edge: Edge) -> anyhow::Result<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let wrong = || {
        UsageError(format!(
            "`{text}` is no day such as 2026-11-01 and no instant such as 2026-11-01T02:00:00Z"
        ))
    };
    let day: Date = text.parse().map_err(|_| wrong())?;
    let day = match edge {
        Edge::First => day,
        Edge::Last => day.checked_add(1.day()).map_err(|_| wrong())?,
    };
    Ok(day.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp())
}
