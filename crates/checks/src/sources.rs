//! The advisory sources of a run, each read once and by need.

use crate::failure::chain;
use crate::rules;
use crate::world::World;
use beleg_advisory::sources::{osv, rustsec};
use beleg_advisory::{Index, Limits, Source, SourceError, freshness, unreadable};
use beleg_ecosystem::CRATES_IO;
use beleg_engine::Advisories;
use beleg_model::{Finding, Input};
use beleg_store::StoreError;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const SET_UP: &str = "Set `rustsec` and `osv` under `[advisories]` in `beleg.toml`, or BELEG_ADVISORIES to a folder with `rustsec-advisory-db` and `osv/<ecosystem>/all.zip`.";

/// What is known about the packages of one ecosystem.
pub(crate) struct Advised {
    /// The records; empty when no source could be read.
    pub(crate) index: Index,
    /// The sources that were read.
    pub(crate) inputs: Vec<Input>,
    /// What is wrong with the sources: absent, damaged, stale, partly unreadable.
    pub(crate) findings: Vec<Finding>,
}

/// The sources by the ecosystem's name, read when they are first needed and then kept for the run.
#[derive(Default)]
pub(crate) struct Sources(Mutex<BTreeMap<String, Arc<Advised>>>);

impl Sources {
    /// Returns what is known about an ecosystem's packages.
    pub(crate) fn of(
        &self,
        ecosystem: &str,
        world: &World,
        settings: &Advisories,
        now: Timestamp,
    ) -> Arc<Advised> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The lock is held while reading, so that two checks do not read the same source twice.
        Arc::clone(
            read.entry(ecosystem.to_owned())
                .or_insert_with(|| Arc::new(Reading { world, settings, now }.read(ecosystem))),
        )
    }
}

struct Reading<'a> {
    world: &'a World,
    settings: &'a Advisories,
    now: Timestamp,
}

impl Reading<'_> {
    fn read(&self, ecosystem: &str) -> Advised {
        let mut sources = Vec::new();
        let mut advised =
            Advised { index: Index::default(), inputs: Vec::new(), findings: Vec::new() };
        let mut wanted = 0_usize;
        if let Some(locator) =
            self.settings.rustsec.as_ref().filter(|_| ecosystem == CRATES_IO.name)
        {
            wanted = wanted.saturating_add(1);
            self.take(locator, self.rustsec(locator), &mut sources, &mut advised);
        }
        let is_known = self.world.ecosystems.find(ecosystem).is_some();
        if let Some(base) = self.settings.osv.as_ref().filter(|_| is_known) {
            let locator = format!("{}/{ecosystem}/all.zip", base.trim_end_matches('/'));
            match self.osv(&locator, ecosystem) {
                // A bucket need not hold every ecosystem; that is no fault of the bucket.
                Err(Failure::Store(error)) if error.is_not_found() => {}
                result => {
                    wanted = wanted.saturating_add(1);
                    self.take(&locator, result, &mut sources, &mut advised);
                }
            }
        }
        if wanted == 0 {
            let message = format!("No advisory source covers packages of {ecosystem}.");
            advised.findings.push(
                Finding::of(&rules::ADVISORY_SOURCE_MISSING, ecosystem, message)
                    .with_remedy(SET_UP),
            );
        }
        advised.index = Index::build(sources);
        advised
    }

    fn take(
        &self,
        locator: &str,
        result: Result<Source, Failure>,
        sources: &mut Vec<Source>,
        advised: &mut Advised,
    ) {
        match result {
            Ok(source) => {
                let max_age =
                    SignedDuration::try_from(self.settings.max_age).unwrap_or(SignedDuration::MAX);
                advised.findings.extend(freshness(&source, self.now, max_age));
                advised.findings.extend(unreadable(&source));
                advised.inputs.push(source.input(locator));
                sources.push(source);
            }
            Err(Failure::Store(error)) => {
                advised.findings.push(crate::failure::unreadable(
                    &rules::ADVISORY_SOURCE_UNREADABLE,
                    locator,
                    &error,
                ));
            }
            Err(Failure::Source(error)) => {
                let message = format!("The advisory source is refused: {}.", chain(&error));
                advised.findings.push(Finding::of(
                    &rules::ADVISORY_SOURCE_UNREADABLE,
                    locator,
                    message,
                ));
            }
        }
    }

    fn rustsec(&self, locator: &str) -> Result<Source, Failure> {
        let limits = Limits::default();
        if let Some(path) = self.world.stores.local_path(locator).filter(|path| path.is_dir()) {
            return Ok(rustsec::read_folder("rustsec", &path, &limits)?);
        }
        let bytes = self.world.stores.read(locator, limits.archive.0)?;
        Ok(rustsec::read_archive("rustsec", Cursor::new(bytes), &limits)?)
    }

    fn osv(&self, locator: &str, ecosystem: &str) -> Result<Source, Failure> {
        let limits = Limits::default();
        let bytes = self.world.stores.read(locator, limits.archive.0)?;
        let (name, known) = (format!("osv/{ecosystem}"), self.world.ecosystems);
        Ok(osv::read_zip(&name, ecosystem, &bytes, &limits, known)?)
    }
}

enum Failure {
    Store(StoreError),
    Source(SourceError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

/// Finds the sources in a folder laid out as a mirror: `rustsec-advisory-db`, a folder or an
/// archive of it, and `osv/`.
#[must_use]
pub fn in_mirror(folder: &Path) -> (Option<String>, Option<String>) {
    const RUSTSEC: [&str; 5] = [
        "rustsec-advisory-db",
        "rustsec-advisory-db.tar.zst",
        "rustsec-advisory-db.tar.gz",
        "rustsec-advisory-db.tar",
        "rustsec",
    ];
    let found = |name: &&str| folder.join(name).exists();
    let locator = |name: &str| folder.join(name).to_string_lossy().into_owned();
    // What is not there is named all the same, so that the finding says where it was looked for.
    let rustsec = RUSTSEC.iter().find(|name| found(name)).unwrap_or(&"rustsec-advisory-db");
    (Some(locator(rustsec)), Some(locator("osv")))
}
