//! What a subject holds, read alike for every way to ask, and what is known about it.

mod affected;
mod baseline;
pub(crate) mod files;
pub(crate) mod image;
mod sbom;
mod target;

use crate::World;
use crate::found::Found;
use crate::ignores;
use crate::packages::{Rules, judge_subject};
use beleg_advisory::Policy;
use beleg_engine::{Advisories, Ctx};
use beleg_model::{AffectedPackage, Finding, Input, Metric, Outcome, Subject};
use beleg_settings::{Problem, Problems, SourceText, parse};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) use affected::{Affected, Said};
pub use baseline::{Baseline, BaselineError, SCHEMA};
pub use beleg_image::Selection;
pub use target::{Target, TargetError};

/// What a subject holds, before anybody asks what is known about it.
#[derive(Default)]
pub(crate) struct Held {
    found: Found,
    inputs: Vec<Input>,
    metrics: Vec<(&'static str, Metric)>,
    details: BTreeMap<&'static str, Value>,
}

impl Held {
    /// Returns what is said of a subject of which nothing could be read.
    fn of_finding(finding: Finding) -> Self {
        let mut held = Self::default();
        held.found.findings.push(finding);
        held
    }

    /// Looks everything up and judges it.
    pub(crate) fn judge(
        self,
        subject: &Subject,
        world: &World,
        rules: &Rules,
        now: Timestamp,
    ) -> Scanned {
        let Self { found, inputs, metrics, mut details } = self;
        let mut judged = judge_subject(found, &subject.name, world, rules, now);
        judged.findings.extend(rules.what_does_not_count(&judged));
        details.insert("packages", json!(judged.counts));
        let outcome = Outcome::judge(judged.population, judged.findings)
            .with_inputs(inputs)
            .with_inputs(judged.inputs)
            .with_details(json!(details));
        let measured = |outcome: Outcome, (name, metric)| outcome.with_metric(name, metric);
        let outcome = metrics.into_iter().fold(outcome, measured);
        Scanned { outcome, affected: judged.affected.sorted() }
    }
}

/// By what a scan judges, without any job.
#[derive(Default)]
pub struct ScanSettings {
    /// The advisory sources.
    pub advisories: Advisories,
    /// What matches mean.
    pub policy: Policy,
    /// What was found before and does not count.
    pub baseline: Option<Baseline>,
    /// A file of decisions to ignore advisories, by its name and its text.
    pub ignores: Option<(String, String)>,
}

/// What a scan found out.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// The verdict, the population, the findings and the inputs.
    pub outcome: Outcome,
    /// The packages that advisories speak of, worst first.
    pub affected: Vec<AffectedPackage>,
}

/// Scans a target now. Nothing is recorded.
///
/// # Errors
/// Every problem of the file of decisions.
pub fn scan(
    target: &Target,
    settings: ScanSettings,
    world: &World,
    ctx: &Ctx,
) -> Result<Scanned, Vec<Problem>> {
    let ScanSettings { advisories, policy, baseline, ignores } = settings;
    let ignores = match &ignores {
        Some((file, text)) => {
            let problems = Problems::default();
            let read = parse(SourceText { file, text }, &problems, ignores::read);
            let problems = problems.into_sorted();
            if !problems.is_empty() {
                return Err(problems);
            }
            read
        }
        None => Vec::new(),
    };
    // What a decision is for may be another target: that this one does not need it is no fault.
    let subjects = if ignores.is_empty() { 1 } else { usize::MAX };
    let rules = Rules { advisories, policy, ignores, baseline, subjects };
    let subject = Subject::at(target.locator());
    Ok(match read(target, world, ctx) {
        Ok(held) => held.judge(&subject, world, &rules, ctx.now),
        Err(finding) => {
            Scanned { outcome: Outcome::could_not_look(*finding), affected: Vec::new() }
        }
    })
}

fn read(target: &Target, world: &World, ctx: &Ctx) -> Result<Held, Box<Finding>> {
    match target {
        Target::Folder(locator) | Target::File(locator) => Ok(files::read(locator, world, ctx)),
        Target::Image(locator, selection) => image::read(locator, selection, world, ctx),
        Target::Sbom(locator) => sbom::read(locator, world),
    }
}
