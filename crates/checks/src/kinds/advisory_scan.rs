//! `advisory-scan`: lockfiles and installed packages against advisory sources.

use crate::World;
use crate::failure::{chain, unreadable};
use crate::ignores;
use crate::packages::{Rules, judge};
use beleg_advisory::Policy;
use beleg_engine::{Check, CheckError, Ctx, Kind, Needs, Project, Unit};
use beleg_model::{Digest, Finding, Input, Metric, Outcome, Package, Severity, Subject, Verdict};
use beleg_sbom::{FORMATS, Format, Parsed, Unread};
use beleg_settings::Section;
use beleg_store::StoreError;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most files and folders that are looked at below a subject that is a folder.
const MOST_ENTRIES: u64 = 2_000_000;
const DEEPEST: usize = 64;

pub(super) struct AdvisoryScan(pub(super) Arc<World>);

impl Kind for AdvisoryScan {
    fn name(&self) -> &'static str {
        "advisory-scan"
    }

    fn summary(&self) -> &'static str {
        "matches lockfiles and installed packages with known vulnerabilities"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["SC-1"]
    }

    fn read(&self, job: &Section<'_>, project: &Project) -> Vec<Unit> {
        let subjects = job.required_texts(
            "subjects",
            "Name lockfiles or folders, such as [\"Cargo.lock\", \".venv\"].",
        );
        let rules = read_rules(job, project);
        let check: Arc<dyn Check> = Arc::new(Scan { world: Arc::clone(&self.0), rules });
        let unit = |locator| Unit { subject: Subject::at(locator), check: Arc::clone(&check) };
        subjects.into_iter().map(unit).collect()
    }
}

/// Reads by what packages are judged: the sources, what matches mean and what is ignored.
pub(super) fn read_rules(job: &Section<'_>, project: &Project) -> Rules {
    let advisories = project.advisories.clone();
    Rules { advisories, policy: read_policy(job), ignores: ignores::read(job) }
}

/// Reads what matches mean: `fail-from = "high"` and `[informational]` verdicts.
pub(crate) fn read_policy(job: &Section<'_>) -> Policy {
    let mut policy = Policy::default();
    if let Some(word) = job.text("fail-from") {
        let levels =
            [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        match levels.into_iter().find(|level| level.word() == word) {
            Some(level) => policy.fail_from = level,
            None => job.problem(
                "fail-from",
                format!("`{word}` is no severity"),
                "Write one of: info, low, medium, high, critical.",
            ),
        }
    }
    job.table("informational", |section| {
        let verdict = |key| {
            let word = section.text(key)?;
            let verdicts = [Verdict::Pass, Verdict::Unknown, Verdict::Fail];
            let verdict = verdicts.into_iter().find(|verdict| verdict.word() == word);
            if verdict.is_none() {
                section.problem(
                    key,
                    format!("`{word}` is no verdict"),
                    "Write one of: pass, unknown, fail.",
                );
            }
            verdict
        };
        policy.unmaintained = verdict("unmaintained").unwrap_or(policy.unmaintained);
        policy.unsound = verdict("unsound").unwrap_or(policy.unsound);
        policy.notice = verdict("notice").unwrap_or(policy.notice);
    });
    policy
}

struct Scan {
    world: Arc<World>,
    rules: Rules,
}

impl Check for Scan {
    fn needs(&self) -> Needs {
        Needs { network: self.rules.remote_sources(&self.world), ..Needs::default() }
    }

    fn settings(&self) -> BTreeMap<String, String> {
        self.rules.settings()
    }

    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        let mut found = Found::default();
        match self.world.stores.local_path(&subject.locator).filter(|path| path.is_dir()) {
            Some(folder) => found.folder(&folder, &self.world, &|| ctx.cancel.is_cancelled()),
            None => found.file(&subject.locator, &subject.locator, &self.world),
        }
        if found.files == 0 && found.findings.is_empty() {
            found.findings.push(nothing_there(&subject.locator));
        }
        let judged = judge(&found.packages, &found.unread, &self.world, &self.rules, ctx.now);
        found.findings.extend(judged.findings);
        Ok(Outcome::judge(judged.population, found.findings)
            .with_inputs(found.inputs)
            .with_inputs(judged.inputs)
            .with_metric("files", Metric::Count(found.files))
            .with_details(json!({ "packages": judged.counts })))
    }
}

#[derive(Default)]
struct Found {
    files: u64,
    packages: Vec<Package>,
    unread: Vec<Unread>,
    findings: Vec<Finding>,
    inputs: Vec<Input>,
}

impl Found {
    /// Takes the packages of one file; `shown` is how findings name it.
    fn file(&mut self, locator: &str, shown: &str, world: &World) {
        let formats = FORMATS.iter().filter_map(|format| Some((*format, format.wants(shown)?)));
        let Some((format, limit)) = formats.into_iter().next() else {
            // What is absent is said to be absent, not to be of no known format.
            self.findings.push(match world.stores.read(locator, 0) {
                Err(error) if !matches!(error, StoreError::TooLarge { .. }) => {
                    unreadable("subject-unreadable", shown, &error)
                }
                _ => not_a_format(shown),
            });
            return;
        };
        match world.stores.read(locator, limit) {
            Err(error) => self.findings.push(unreadable("subject-unreadable", shown, &error)),
            Ok(bytes) => self.take(format, shown, &bytes),
        }
    }

    fn take(&mut self, format: &dyn Format, shown: &str, bytes: &[u8]) {
        self.files = self.files.saturating_add(1);
        self.inputs.push(Input {
            name: format.id().to_owned(),
            locator: shown.to_owned(),
            digest: Some(Digest::sha256(Sha256::digest(bytes).into())),
            as_of: None,
        });
        match format.parse(shown, bytes) {
            Ok(Parsed { packages, unread, .. }) => {
                self.packages.extend(packages);
                self.unread.extend(unread);
            }
            Err(error) => self.findings.push(Finding::unknown(
                "lockfile-unreadable",
                shown,
                format!("The file is refused: {}.", chain(&error)),
                "Make it anew with the tool that owns it.",
            )),
        }
    }

    /// Takes every file below `folder` that a format wants. Links are not followed.
    fn folder(&mut self, folder: &Path, world: &World, cancelled: &dyn Fn() -> bool) {
        let mut walk = Walk { left: MOST_ENTRIES, files: Vec::new(), trouble: Vec::new() };
        walk.folder(folder, "", DEEPEST, cancelled);
        walk.files.sort();
        for (path, shown) in walk.files {
            self.file(&path.to_string_lossy(), &shown, world);
        }
        for (shown, why) in walk.trouble {
            self.findings.push(Finding::unknown(
                "folder-unreadable",
                shown,
                format!("A part of the folder was not looked at: {why}."),
                "Let this user read it, or name smaller folders.",
            ));
        }
    }
}

struct Walk {
    left: u64,
    files: Vec<(PathBuf, String)>,
    trouble: Vec<(String, String)>,
}

impl Walk {
    fn folder(&mut self, path: &Path, shown: &str, depth: usize, cancelled: &dyn Fn() -> bool) {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.trouble.push((shown.to_owned(), error.to_string())),
        };
        for entry in entries {
            let Some(left) = self.left.checked_sub(1).filter(|_| !cancelled()) else {
                let why =
                    format!("it holds more than {MOST_ENTRIES} files, or the run was stopped");
                return self.trouble.push((shown.to_owned(), why));
            };
            self.left = left;
            let (entry, kind) = match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                Ok((kind, entry)) => (entry, kind),
                Err(error) => {
                    self.trouble.push((shown.to_owned(), error.to_string()));
                    continue;
                }
            };
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            if kind.is_dir() && name != ".git" {
                match depth.checked_sub(1) {
                    Some(depth) => self.folder(&entry.path(), &below, depth, cancelled),
                    None => self.trouble.push((below, "it is nested too deep".to_owned())),
                }
            } else if kind.is_file() && FORMATS.iter().any(|format| format.wants(&below).is_some())
            {
                self.files.push((entry.path(), below));
            }
        }
    }
}

fn nothing_there(locator: &str) -> Finding {
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.id()).collect();
    Finding::unknown(
        "no-packages-found",
        locator,
        "Nothing below this folder lists packages in a format that is read.",
        format!("Name a folder that holds one of: {}.", formats.join(", ")),
    )
}

fn not_a_format(shown: &str) -> Finding {
    let formats: Vec<&str> = FORMATS.iter().map(|format| format.id()).collect();
    Finding::unknown(
        "format-not-known",
        shown,
        "No format that is read goes by this file name.",
        format!("Name a file of one of: {}.", formats.join(", ")),
    )
}
