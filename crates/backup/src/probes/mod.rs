//! Probes: what a restored file must still be able to do.
//!
//! To add one: a type that implements [`Probe`], and a row in [`PROBES`].

mod dump;
mod sqlite;

use crate::beneath::Beneath;
use crate::{Restored, Scratch, Watch};
use beleg_model::Verdict;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use dump::Dump;
pub use sqlite::Sqlite;

/// Every probe.
pub static PROBES: &[&dyn Probe] = &[&Dump, &Sqlite];

/// How many first bytes of a file a probe sees when it is asked whether it knows the file.
pub const HEAD: usize = 64;

/// Opens one kind of restored file and says whether it works.
pub trait Probe: Sync {
    /// Returns the probe's name.
    fn name(&self) -> &'static str;
    /// Returns what it does, in one line.
    fn summary(&self) -> &'static str;
    /// Says whether the probe can open a file of this path that begins with these bytes, at most
    /// [`HEAD`].
    fn recognises(&self, path: &str, head: &[u8]) -> bool;
    /// Opens the file. Whatever is wrong with it is in the result.
    fn examine(
        &self,
        candidate: &Candidate<'_>,
        limits: &ProbeLimits,
        watch: &Watch<'_>,
    ) -> Examined;
}

/// A restored file, and an empty folder in which it can be opened apart from its neighbours.
pub struct Candidate<'a> {
    path: &'a str,
    restored: &'a Beneath,
    folder: Beneath,
    folder_path: PathBuf,
}

/// How long and how much a probe may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeLimits {
    /// How long one file may take, by the caller's clock.
    pub time: Duration,
    /// How many tables of one database are counted.
    pub tables: usize,
}

impl Default for ProbeLimits {
    /// Ten minutes and a thousand tables.
    fn default() -> Self {
        Self { time: Duration::from_secs(600), tables: 1000 }
    }
}

/// What a probe found out about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// `Fail` when the file is broken, `Unknown` when that could not be found out.
    pub verdict: Verdict,
    /// What was found, as a sentence.
    pub message: String,
    /// What the file holds, for the record.
    pub facts: serde_json::Value,
    /// How far the probe looked.
    pub looked: Looked,
}

/// How far a probe looked into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// At all that the file holds.
    Inside,
    /// At whether it comes to its end.
    AtItsEnd,
    /// Not at all: it was seen to be there.
    Nowhere,
}

/// The result of a probe for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// The file's path in the backup.
    pub path: String,
    /// The probe's name.
    pub probe: &'static str,
    /// What it found out.
    pub examined: Examined,
}

/// What all probes found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// One result for each file that a probe knows, ordered by path; none when there is none.
    pub results: Vec<ProbeResult>,
    /// How long it took, by the caller's clock.
    pub took: Duration,
}

/// Probes every restored file that a probe knows. The files have been compared with the manifest
/// by then; a probe may change them.
pub fn run(
    restored: &Restored,
    scratch: &Scratch,
    limits: &ProbeLimits,
    watch: &Watch<'_>,
) -> Probed {
    let began = (watch.clock)();
    let mut results = Vec::new();
    for recognised in &restored.recognised {
        let path = recognised.path.as_str();
        let probe = PROBES.iter().find(|probe| probe.name() == recognised.probe);
        let examined = match probe {
            None => Examined::unknown(format!("there is no probe `{}`", recognised.probe)),
            Some(_) if (watch.cancelled)() => Examined::unknown("the probe was cancelled"),
            Some(probe) => examine(*probe, path, scratch, limits, watch).unwrap_or_else(|error| {
                Examined::unknown(format!("the scratch folder failed: {error}"))
            }),
        };
        results.push(ProbeResult { path: path.to_owned(), probe: recognised.probe, examined });
    }
    Probed { results, took: (watch.clock)().saturating_sub(began) }
}

fn examine(
    probe: &dyn Probe,
    path: &str,
    scratch: &Scratch,
    limits: &ProbeLimits,
    watch: &Watch<'_>,
) -> io::Result<Examined> {
    let restored = Beneath::open(scratch.folder())?;
    let folder_path = scratch.probe_folder()?;
    let folder = Beneath::open(&folder_path)?;
    let candidate = Candidate { path, restored: &restored, folder, folder_path };
    Ok(probe.examine(&candidate, limits, watch))
}

impl Candidate<'_> {
    /// Returns the file's path in the backup.
    #[must_use]
    pub fn path(&self) -> &str {
        self.path
    }

    /// Returns how many bytes the file beside this one has whose name is this one's and `suffix`,
    /// or `None` when there is no such file.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub fn companion(&self, suffix: &str) -> io::Result<Option<u64>> {
        match self.restored.pin(&format!("{}{suffix}", self.path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => Ok(Some(found?.metadata()?).filter(|found| found.is_file()).map(|f| f.len())),
        }
    }

    /// Puts the file with `suffix` into the empty folder, as `name`, and returns where that is.
    /// It is the same file under a second name.
    ///
    /// # Errors
    /// When scratch fails.
    pub fn place(&self, suffix: &str, name: &str) -> io::Result<PathBuf> {
        self.restored.link_into(&format!("{}{suffix}", self.path), &self.folder, name)?;
        Ok(self.folder_path.join(name))
    }
}

impl Looked {
    /// Returns the word for the record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::AtItsEnd => "at its end",
            Self::Nowhere => "nowhere",
        }
    }
}

impl Examined {
    /// Says that nothing is wrong.
    pub fn pass(message: impl Into<String>, facts: serde_json::Value) -> Self {
        Self { verdict: Verdict::Pass, message: message.into(), facts, looked: Looked::Inside }
    }

    /// Says that the file is broken.
    pub fn fail(message: impl Into<String>) -> Self {
        let facts = serde_json::Value::Null;
        Self { verdict: Verdict::Fail, message: message.into(), facts, looked: Looked::Inside }
    }

    /// Says that nothing could be found out.
    pub fn unknown(message: impl Into<String>) -> Self {
        let facts = serde_json::Value::Null;
        Self { verdict: Verdict::Unknown, message: message.into(), facts, looked: Looked::Inside }
    }
}
