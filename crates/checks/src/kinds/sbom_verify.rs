//! `sbom-verify`: an SBOM against the minimum elements and the lockfiles it claims to describe.

use crate::World;
use crate::decision::{About, Decision, EXEMPT_MAX_TERM, EXEMPTION, Standing, Term, Use};
use crate::failure::{chain, unreadable};
use crate::rules;
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Unit};
use beleg_model::{Digest, Finding, Input, LeftOut, Metric, Outcome, Population, Subject};
use beleg_sbom::formats::format_of;
use beleg_sbom::formats::read_constraints;
use beleg_sbom::ntia;
use beleg_sbom::rules::NTIA_MISSING_SUPPLIER;
use beleg_sbom::{Parsed, Unread, compare, cyclonedx};
use beleg_settings::Section;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of a file of constraints: 8 MiB, as of what they constrain.
const MAX_CONSTRAINTS: u64 = 8 << 20;

pub(super) struct SbomVerify(pub(super) Arc<World>);

impl Kind for SbomVerify {
    fn name(&self) -> &'static str {
        "sbom-verify"
    }

    fn summary(&self) -> &'static str {
        "checks an SBOM's minimum elements and compares it with the lockfiles it describes"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["SC-5"]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let remedy = "Write one `[[sbom]]` with `file` and `lockfiles` for each SBOM.";
        let units = job.tables("sbom", |section| {
            let file = section.required_text("file", "Name the SBOM's file.");
            let lockfiles = section.required_texts(
                "lockfiles",
                "Name what the SBOM describes, such as [\"Cargo.lock\"].",
            );
            let required = section.boolean("require-component-supplier").unwrap_or(true);
            let no_supplier = if required { None } else { Decision::read(section) };
            let no_supplier = no_supplier.map(|decision| (decision, section.file().to_owned()));
            Some(Unit {
                subject: Subject::at(file?),
                check: Arc::new(Verify { world: Arc::clone(&self.0), lockfiles, no_supplier }),
            })
        });
        if units.is_empty() {
            job.problem("sbom", "the job names no SBOM", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

struct Verify {
    world: Arc<World>,
    lockfiles: Vec<String>,
    /// Who decided to live with components without a supplier, and the file that says so.
    no_supplier: Option<(Decision, String)>,
}

impl Check for Verify {
    fn files(&self, subject: &Subject) -> Vec<String> {
        [&subject.locator].into_iter().chain(&self.lockfiles).cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let supplier = match &self.no_supplier {
            None => "true".to_owned(),
            Some((decision, _)) => format!("false {}", decision.in_words()),
        };
        [("require-component-supplier", supplier), ("lockfiles", self.lockfiles.join(", "))]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        let path = subject.locator.as_str();
        let limits = cyclonedx::Limits::default();
        let bytes = match self.world.stores.read(path, limits.bytes.0) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Ok(Outcome::could_not_look(unreadable(
                    &rules::SBOM_UNREADABLE,
                    path,
                    &error,
                )));
            }
        };
        let mut inputs = vec![input("sbom", path, &bytes)];
        let bom = match cyclonedx::read(&bytes, &limits) {
            Ok(bom) => bom,
            Err(error) => {
                let finding = Finding::of(
                    &rules::SBOM_MALFORMED,
                    path,
                    format!("The SBOM is refused: {}.", chain(&error)),
                );
                let outcome = Outcome::could_not_look(finding);
                return Ok(outcome.with_inputs(inputs));
            }
        };
        let claimed = bom.packages(path, self.world.ecosystems);
        let mut findings = bom.findings(path);
        findings.extend(bom.statements(path, self.world.ecosystems));
        findings.extend(self.decided(ntia::check(&bom, path), ctx));
        let mut actual = Parsed::default();
        for lockfile in &self.lockfiles {
            match self.lockfile(lockfile) {
                Ok((parsed, input)) => {
                    actual.extend(parsed);
                    inputs.push(input);
                }
                Err(finding) => findings.push(*finding),
            }
        }
        read_constraints(&mut actual, |path| self.constraints(path, &mut inputs));
        let is_read = |path: &String| self.lockfiles.contains(path);
        let is_named = |it: &Unread| !it.constrains && it.includes.as_ref().is_some_and(is_read);
        actual.unread.retain(|entry| !is_named(entry));
        if findings.iter().all(|finding| finding.rule != rules::LOCKFILE_UNREADABLE.code) {
            findings.extend(compare(&claimed, &actual, self.world.ecosystems).findings(path));
        }
        if claimed.packages.is_empty() && actual.packages.is_empty() {
            let message = "Neither the SBOM nor what it describes names a package.";
            findings.push(Finding::of(&rules::SBOM_NOTHING_COMPARED, path, message));
        }
        let population = population(&bom, &claimed, &actual);
        for entry in claimed.unread.iter().chain(&actual.unread).take(20) {
            let message = format!("This could not be compared: {}.", entry.why);
            let location = entry.location.clone();
            let finding = Finding::of(&rules::ENTRY_NOT_COMPARED, location, message);
            findings.push(match &entry.includes {
                Some(file) => finding.with_remedy(format!("Name `{file}` in `lockfiles` too.")),
                None => finding,
            });
        }
        Ok(Outcome::judge(population, findings)
            .with_inputs(inputs)
            .with_metric("components", count(bom.components.len()))
            .with_metric("packages-in-lockfiles", count(actual.packages.len())))
    }
}

impl Verify {
    /// Applies the decision to live with components without a supplier, and judges it as well.
    fn decided(&self, mut found: Vec<Finding>, ctx: &Ctx) -> Vec<Finding> {
        let Some((decision, file)) = &self.no_supplier else { return found };
        let term = Term::new(ctx.now.to_zoned(TimeZone::UTC).date(), EXEMPT_MAX_TERM);
        let holds = term.standing(decision) == Standing::Holds;
        let mut used = Use::Unused;
        for finding in found.iter_mut().filter(|finding| finding.rule == NTIA_MISSING_SUPPLIER.code)
        {
            used = Use::Used;
            if holds {
                *finding = decision.clone().waive(finding.clone());
            }
        }
        let what = "not to require component suppliers".to_owned();
        let shorten = "Write an earlier day and decide again then.";
        let about = About { rules: EXEMPTION, what, file, shorten };
        found.extend(term.finding(decision, &about, used));
        found
    }

    /// Reads a file of constraints that a lockfile names.
    fn constraints(&self, path: &str, inputs: &mut Vec<Input>) -> Option<Vec<u8>> {
        let bytes = self.world.stores.read(path, MAX_CONSTRAINTS).ok()?;
        inputs.push(input("constraints", path, &bytes));
        Some(bytes)
    }

    fn lockfile(&self, path: &str) -> Result<(Parsed, Input), Box<Finding>> {
        let refuse = |message, remedy: &str| {
            Box::new(Finding::of(&rules::LOCKFILE_UNREADABLE, path, message).with_remedy(remedy))
        };
        let Some(format) = format_of(path) else {
            let message = "No format that is read goes by this file name.".to_owned();
            return Err(refuse(message, "Name a lockfile such as `Cargo.lock` or `uv.lock`."));
        };
        let bytes = self
            .world
            .stores
            .read(path, format.about().most_bytes)
            .map_err(|error| Box::new(unreadable(&rules::LOCKFILE_UNREADABLE, path, &error)))?;
        let parsed = format.parse(path, &bytes).map_err(|error| {
            let message = format!("The lockfile is refused: {}.", chain(&error));
            refuse(message, "Make it anew with the tool that owns it.")
        })?;
        Ok((parsed, input(format.about().id, path, &bytes)))
    }
}

/// Counts the components that could be compared, out of all that the SBOM lists.
fn population(bom: &cyclonedx::Bom, claimed: &Parsed, actual: &Parsed) -> Population {
    let examined = bom.components.len().saturating_sub(claimed.unread.len());
    let unread = claimed.unread.len().saturating_add(actual.unread.len());
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let left_out = (unread > 0).then(|| LeftOut {
        what: "components and lockfile entries".to_owned(),
        count: number(unread),
        why: "they name no package in one exact version".to_owned(),
    });
    Population {
        unit: "components".to_owned(),
        expected: number(bom.components.len().saturating_add(actual.unread.len())),
        examined: number(examined),
        left_out: left_out.into_iter().collect(),
    }
}

fn input(name: &str, path: &str, bytes: &[u8]) -> Input {
    Input {
        name: name.to_owned(),
        locator: path.to_owned(),
        digest: Some(Digest::sha256(Sha256::digest(bytes).into())),
        as_of: None,
    }
}

fn count(number: usize) -> Metric {
    Metric::Count(u64::try_from(number).unwrap_or(u64::MAX))
}
