//! Standard output is the result; standard error is progress, hints and errors.

use crate::arguments::{Colour, Global};
use crate::destination::Destination;
use crate::exit::Exit;
use anyhow::Context as _;
use beleg_engine::ConfigurationError;
use beleg_model::Verdict;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Writes the result: to `file`, or to standard output. A reader that closes the pipe early, such
/// as `head`, is no error. What takes long opens a `Destination` first instead.
pub(crate) fn result(bytes: &[u8], file: Option<&Path>) -> anyhow::Result<()> {
    if let Some(file) = file {
        return Destination::open(Some(file))?.write(bytes);
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output could not be written")
        }
        _ => Ok(()),
    }
}

/// Writes a hint, unless hints are not wanted.
pub(crate) fn hint(global: &Global, text: &str) {
    if !global.quiet {
        line(text);
    }
}

/// Writes a warning, whether hints are wanted or not.
pub(crate) fn warning(text: &str) {
    line(&format!("warning: {text}"));
}

/// Says what was found, although it could not be reported: a verdict is never lost to a report.
pub(crate) fn unreported(error: &anyhow::Error, verdict: Verdict, hint: &str) -> Exit {
    self::error(error);
    line(&format!("the verdict is {}; {hint}", verdict.word().to_uppercase()));
    match verdict {
        Verdict::Fail => Exit::Fail,
        Verdict::Pass | Verdict::Unknown => Exit::Broken,
    }
}

/// Writes an error with its causes, and every problem of a configuration.
pub(crate) fn error(error: &anyhow::Error) {
    let mut text = format!("error: {error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(&format!("\n  because: {cause}"));
        }
    }
    line(&text);
    match error.downcast_ref::<ConfigurationError>() {
        Some(ConfigurationError::Problems(problems)) => {
            problems.iter().for_each(|problem| line(&problem.to_string()));
        }
        Some(ConfigurationError::Absent(_)) => {
            line("  remedy: name the project's folder with `-C FOLDER`, or try `beleg demo`");
        }
        _ => {}
    }
}

/// Writes what the parser of the command line has to say: help is a result, the rest a mistake.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when standard output and error are both closed.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Pass.into() }
}

/// Says whether results on standard output are coloured.
pub(crate) fn coloured(global: &Global) -> bool {
    match global.color {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => {
            let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            io::stdout().is_terminal() && !unwanted
        }
    }
}

/// Returns the terminal's width, or 100 columns where there is none.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal =
        || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into());
    columns.or_else(terminal).unwrap_or(100)
}

/// Sends the log to standard error; `BELEG_LOG` says what of it, warnings if absent.
pub(crate) fn start_logging(global: &Global) {
    let filter = EnvFilter::try_from_env("BELEG_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let colour = coloured(global) && io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour)
        .init();
}

/// Ends the program without waiting for anything: the second signal asks for that.
#[expect(clippy::exit, reason = "a person who signals twice does not want to wait")]
pub(crate) fn end_at_once() {
    std::process::exit(130);
}

fn line(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}
