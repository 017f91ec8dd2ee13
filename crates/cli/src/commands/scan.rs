//! `beleg scan`: what is known about the packages of one thing, now; records nothing.

use crate::arguments::{Global, Level, Scan};
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::system::{self, StoreRuntime};
use crate::{output, progress, project};
use anyhow::Context as _;
use beleg_checks::scan::{Baseline, ScanSettings, Selection, Target, scan as scan_target};
use beleg_checks::{Policy, World};
use beleg_engine::{Cancel, Ctx, SoFar};
use beleg_model::{Severity, chain};
use beleg_report::{ScanOptions, ScanRecord, scan_format};
use beleg_store::Stores;
use std::io::{self, IsTerminal as _};
use std::path::Path;

/// The most bytes of a baseline, and of a file of decisions.
const MOST_OF_BASELINE: u64 = 256 << 20;
const MOST_OF_IGNORES: u64 = 8 << 20;
/// How many lines of a screen are not rows of the table.
const AROUND_TABLE: usize = 12;

const GET_ADVISORIES: &str = "no advisories are at hand: name a mirror with `--advisories FOLDER` \
    or BELEG_ADVISORIES, a folder that holds OSV's `<ecosystem>/all.zip` files below `osv/`";

/// Scans one target.
pub(crate) fn scan(global: &Global, arguments: Scan) -> anyhow::Result<Exit> {
    let mut destination = Destination::open(arguments.output.as_deref())?;
    let runtime = StoreRuntime::start()?;
    let root = std::path::absolute(&global.directory)
        .with_context(|| format!("`{}` is no folder", global.directory.display()))?;
    let stores = Stores::new(runtime.handle(), &root, system::environment(), global.offline);
    let advisories = project::advisories(global, &stores)?;
    if advisories.osv.is_none() && advisories.rustsec.is_none() {
        output::warning(GET_ADVISORIES);
    }
    let world = World::new(stores.clone());
    let target = Target::find(&arguments.target, selection(&arguments)?, &world)
        .map_err(|error| UsageError(error.to_string()))?;
    let settings = ScanSettings {
        advisories,
        policy: Policy {
            fail_from: severity(arguments.fail_from),
            only_fixable: arguments.only_fixable,
            ..Policy::default()
        },
        baseline: arguments.baseline.as_deref().map(baseline).transpose()?,
        ignores: arguments.ignores.as_deref().map(ignores).transpose()?,
    };
    let cancel = Cancel::default();
    system::heed_signals(&runtime.handle(), &cancel);
    let ctx = Ctx {
        now: system::now(),
        monotonic: system::monotonic(),
        cancel,
        progress: progress::bar(global.quiet, "scanning".to_owned()),
        scratch: std::env::temp_dir(),
        so_far: SoFar::default(),
    };
    let scanned = scan_target(&target, settings, &world, &ctx).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        UsageError(format!("the decisions cannot be used:\n{}", lines.join("\n")))
    })?;
    if ctx.cancel.is_cancelled() {
        return Ok(Exit::Interrupted);
    }
    let verdict = scanned.outcome.verdict;
    let record = ScanRecord {
        target: target.locator().to_owned(),
        kind: target.kind(),
        started: ctx.now,
        ended: system::now(),
        tool_version: env!("CARGO_PKG_VERSION"),
        outcome: scanned.outcome,
        affected: scanned.affected,
    };
    let format = scan_format(&arguments.format)
        .ok_or_else(|| UsageError(format!("there is no format `{}`", arguments.format)))?;
    let written = format
        .render(&record, &options(global, &arguments))
        .map_err(anyhow::Error::from)
        .and_then(|bytes| destination.write(&bytes));
    match written {
        Ok(()) => Ok(Exit::of_verdict(verdict)),
        Err(error) => Ok(output::unreported(&error, verdict, "nothing else says so")),
    }
}

fn selection(arguments: &Scan) -> Result<Selection, UsageError> {
    let digest = arguments.digest.as_deref().map(str::parse).transpose();
    Ok(Selection {
        reference: arguments.reference.clone(),
        digest: digest.map_err(|error: beleg_model::DigestError| UsageError(error.to_string()))?,
        platform: arguments.platform.clone(),
    })
}

fn baseline(path: &Path) -> anyhow::Result<Baseline> {
    let name = path.display().to_string();
    let bytes = read(path, MOST_OF_BASELINE)?;
    Baseline::parse(&name, &bytes).map_err(|error| {
        UsageError(format!("the baseline `{name}` cannot be used: {}", chain(&error))).into()
    })
}

fn ignores(path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let text = String::from_utf8(read(path, MOST_OF_IGNORES)?)
        .map_err(|_| UsageError(format!("`{name}` is not UTF-8")))?;
    Ok((name, text))
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, UsageError> {
    let name = path.display();
    let unreadable = |error: io::Error| UsageError(format!("`{name}` cannot be read: {error}"));
    if std::fs::metadata(path).map_err(unreadable)?.len() > most {
        return Err(UsageError(format!("`{name}` has more than {most} bytes")));
    }
    std::fs::read(path).map_err(unreadable)
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Info => Severity::Info,
        Level::Low => Severity::Low,
        Level::Medium => Severity::Medium,
        Level::High => Severity::High,
        Level::Critical => Severity::Critical,
    }
}

fn options(global: &Global, arguments: &Scan) -> ScanOptions {
    let on_terminal = arguments.output.is_none() && io::stdout().is_terminal();
    let height = terminal_size::terminal_size_of(io::stdout()).map(|(_, height)| height.0.into());
    let screen = height.filter(|_| on_terminal && !arguments.all && !arguments.details);
    ScanOptions {
        colour: arguments.output.is_none() && output::coloured(global),
        width: output::width(),
        rows: screen.map(|height: usize| height.saturating_sub(AROUND_TABLE).max(5)),
        details: arguments.details,
        explains: crate::rules::rule,
    }
}
