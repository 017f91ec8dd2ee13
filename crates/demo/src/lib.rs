//! The demonstration: a small company in a folder, made from scratch with real formats and
//! invented data, healthy or with planted faults.
//!
//! It needs no network, no service and no other program. Everything it names is invented: records
//! are called `DEMO-`, packages `demo-`, hosts end in `.invalid`. Its keys are made anew each time
//! and protect nothing.

mod advisories;
mod backups;
mod configuration;
mod files;
mod image;
mod packages;
mod repository;
mod sbom;
mod signers;

use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// Marks a folder that the demonstration made and may replace.
const MARKER: &str = ".beleg-demo";

/// Whether faults are planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No fault: every check passes.
    Healthy,
    /// The faults that [`Demo::planted`] lists.
    Faulty,
}

/// A demonstration that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// Every fault that was planted, sorted; a run must find exactly these.
    pub planted: Vec<Planted>,
    /// How many things of each kind there are, for people.
    pub contents: Vec<String>,
}

/// A fault that was planted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// The job that must find it.
    pub job: &'static str,
    /// The rule it must be found by.
    pub rule: String,
    /// A part of the location it must be found at.
    pub place: String,
}

/// Says why a demonstration could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The folder holds something that no demonstration made.
    #[error("`{0}` exists and was not made by `beleg demo`, so it is left alone")]
    NotOurs(PathBuf),
    /// A file could not be written.
    #[error("`{path}` cannot be written")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// A part could not be made.
    #[error("{what} could not be made")]
    Made {
        /// The part.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl DemoError {
    fn made(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Made { what, source: source.into() }
    }
}

/// Makes a demonstration in `folder`, replacing one that was made there before. Its backups are
/// of `now` and the days before.
///
/// # Errors
/// When the folder holds something else, or cannot be written.
pub fn make(folder: &Path, condition: Condition, now: Timestamp) -> Result<Demo, DemoError> {
    clear(folder)?;
    files::write(&folder.join(MARKER), b"Made by `beleg demo`, which may replace this folder.\n")?;
    // Its keys protect nothing, and yet no private key should be in a repository by accident.
    files::write(&folder.join(".gitignore"), b"*\n")?;
    let faulty = condition == Condition::Faulty;
    let signers = signers::Signers::generate(now)?;
    let lists = packages::Lists::new(faulty);

    let keys = folder.join("keys");
    files::write(&keys.join("allowed_signers"), signers.allowed_signers()?.as_bytes())?;
    files::write(&keys.join("keyring.asc"), &signers.keyring()?)?;
    configuration::write(folder)?;
    advisories::write(&folder.join("advisories"), now)?;
    let service = folder.join("service");
    let commits = repository::write(&service, &lists.files(), &signers, faulty, now)?;
    image::write(&folder.join("image"), &lists)?;
    sbom::write(&folder.join("sbom/service.cdx.json"), &lists, faulty, now)?;
    let damaged = backups::write(folder, faulty, now)?;

    let mut planted: Vec<Planted> = commits
        .into_iter()
        .map(|commit| Planted { job: "commits", rule: commit.rule.to_owned(), place: commit.short })
        .collect();
    if faulty {
        planted.extend(lists.planted());
        planted.extend(sbom::planted());
    }
    planted.extend(damaged);
    planted.sort();
    Ok(Demo { planted, contents: contents(faulty) })
}

fn contents(faulty: bool) -> Vec<String> {
    let commits = if faulty { 6 } else { 3 };
    vec![
        format!("a git repository of {commits} commits"),
        "an image of two layers with Debian and Python packages".to_owned(),
        "an SBOM of the service".to_owned(),
        format!(
            "{} days of encrypted backups in {} regions",
            backups::DAYS,
            backups::REGIONS.len()
        ),
        format!("an advisory source of {} invented records", advisories::RECORDS.len()),
    ]
}

/// Empties the folder, if it is ours.
fn clear(folder: &Path) -> Result<(), DemoError> {
    let failed = |source| DemoError::Write { path: folder.to_owned(), source };
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(mut entries) => {
            if entries.next().is_some() && !folder.join(MARKER).is_file() {
                return Err(DemoError::NotOurs(folder.to_owned()));
            }
            std::fs::remove_dir_all(folder).map_err(failed)?;
        }
    }
    std::fs::create_dir_all(folder).map_err(failed)
}
