//! `advisory-scan`: lockfiles and installed packages against advisory sources.

use crate::World;
use crate::ignores;
use crate::packages::Rules;
use crate::scan::files;
use crate::weakness;
use beleg_advisory::Policy;
use beleg_engine::{Check, CheckError, Ctx, Kind, Needs, Project, Unearned, Unit};
use beleg_model::{Outcome, Severity, Subject, Verdict};
use beleg_settings::Section;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The control about known vulnerabilities of dependencies.
const CONTROL: &str = "SC-1";

pub(super) struct AdvisoryScan(pub(super) Arc<World>);

impl Kind for AdvisoryScan {
    fn name(&self) -> &'static str {
        "advisory-scan"
    }

    fn summary(&self) -> &'static str {
        "matches lockfiles and installed packages with known vulnerabilities"
    }

    fn controls(&self) -> &'static [&'static str] {
        &[CONTROL]
    }

    fn read(&self, job: &Section<'_>, project: &Project) -> Vec<Unit> {
        let subjects = job.required_texts(
            "subjects",
            "Name lockfiles or folders, such as [\"Cargo.lock\", \".venv\"].",
        );
        let rules = Rules { subjects: subjects.len(), ..read_rules(job, project) };
        let names = subjects.iter().map(String::as_str);
        ignores::refuse_other_subjects(job, &rules.ignores, names);
        let check: Arc<dyn Check> = Arc::new(Scan { world: Arc::clone(&self.0), rules });
        let unit = |locator| Unit { subject: Subject::at(locator), check: Arc::clone(&check) };
        subjects.into_iter().map(unit).collect()
    }
}

/// Reads by what packages are judged: the sources, what matches mean and what is ignored.
pub(super) fn read_rules(job: &Section<'_>, project: &Project) -> Rules {
    Rules {
        advisories: project.advisories.clone(),
        policy: read_policy(job),
        ignores: ignores::read_of_job(job),
        baseline: None,
        subjects: 1,
    }
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
        let mut settings = self.rules.settings();
        weakness::tell(&self.rules.weaknesses(Some(CONTROL)), &mut settings);
        settings
    }

    fn unearned(&self) -> Vec<Unearned> {
        weakness::unearned(&self.rules.weaknesses(Some(CONTROL)))
    }

    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        let held = files::read(&subject.locator, &self.world, ctx);
        Ok(held.judge(subject, &self.world, &self.rules, ctx.now).outcome)
    }
}
