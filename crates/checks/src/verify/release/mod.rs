//! A whole release: every file of a folder is covered by a rule of the policy, or reported.

mod artifact;
mod evidence;
mod policy;
mod provenance;
mod summary;
mod tag;
mod words;

pub use summary::{Facts, SummaryError, is_summary, sign_summary};

use super::files::Folder;
use super::signers::Signers;
use super::{Item, PolicyInWords, Verified, finding_of};
use crate::World;
use crate::decision::{About, Decision, EXEMPTION, Standing, Term, Use};
use crate::failure::chain;
use crate::folder::beneath;
use artifact::{ArtifactResult, Compared, Examination};
use beleg_attestation::provenance::Resource;
use beleg_engine::{CheckError, Ctx};
use beleg_model::{Digest, Finding, Input, LeftOut, Outcome, Population, Verdict};
use beleg_settings::Problem;
use beleg_store::Stores;
use beleg_trust::{Glob, Policy, Reason};
use evidence::{Evidence, sidecar_of};
use jiff::tz::TimeZone;
use policy::ReleasePolicy;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The largest release policy, in bytes.
const MAX_POLICY: u64 = 1 << 20;

/// A release and the policy that it has to satisfy.
#[derive(Clone, Debug)]
pub struct Release {
    /// The folder.
    pub folder: String,
    /// The policy's file.
    pub policy: String,
}

/// What was found out about a release.
#[derive(Debug)]
pub struct VerifiedRelease {
    /// The verdict, and everything behind it.
    pub verified: Verified,
    /// What the verification summary is made of.
    pub summary: Facts,
}

/// Says why a release could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The policy cannot be used.
    #[error("the release policy `{file}` has {} problems", .problems.len())]
    Policy {
        /// Its file.
        file: String,
        /// All of them.
        problems: Vec<Problem>,
    },
    /// The policy or the folder cannot be read.
    #[error("`{name}` cannot be read: {why}")]
    Unreadable {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A bug.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// Verifies every file of a release.
///
/// # Errors
/// When the policy or the folder cannot be read; what is wrong with the files is in the result.
pub fn verify_release(
    release: &Release,
    world: &Arc<World>,
    ctx: &Ctx,
) -> Result<VerifiedRelease, ReleaseError> {
    let read = ReadRelease::read(release, &world.stores, ctx)?;
    let (verified, examined) = match read.policy.signers.load(&world.stores, ctx.now) {
        Ok(mut signers) => {
            signers.bundles.inclusion_promise_suffices_unsafe = read.policy.promise_suffices_unsafe;
            examine(&read, &signers, world, ctx)?
        }
        Err(finding) => (Verified::could_not_look(*finding), Examined::default()),
    };
    let summary = Facts::of(&read.policy, &read.policy_input, &verified, examined, ctx);
    let policy = PolicyInWords::of_release(&read.policy, &read.policy_input);
    Ok(VerifiedRelease { verified: verified.under(Some(policy)), summary })
}

/// Reads what a policy on this machine demands, before anything is verified; `None` where it cannot
/// be read or used, which the verification says.
pub(crate) fn policy_in_words(release: &Release, stores: &Stores) -> Option<PolicyInWords> {
    stores.local_path(&release.policy)?;
    let (policy, input) = read_policy(&release.policy, stores).ok()?;
    Some(PolicyInWords::of_release(&policy, &input))
}

fn read_policy(file: &str, stores: &Stores) -> Result<(ReleasePolicy, Input), ReleaseError> {
    let refuse = |why: String| ReleaseError::Unreadable { name: file.to_owned(), why };
    let bytes = stores.read(file, MAX_POLICY).map_err(|error| refuse(chain(&error)))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("it is no UTF-8 text".to_owned()))?;
    let policy = ReleasePolicy::parse(file, text)
        .map_err(|problems| ReleaseError::Policy { file: file.to_owned(), problems })?;
    let input = Input {
        name: "release policy".to_owned(),
        locator: file.to_owned(),
        digest: Some(Digest::sha256(Sha256::digest(&bytes).into())),
        as_of: None,
    };
    Ok((policy, input))
}

/// The policy and the folders.
struct ReadRelease {
    policy: ReleasePolicy,
    policy_input: Input,
    folder: Folder,
    /// Where the folder is, for findings.
    place: String,
    rebuild: Option<Folder>,
}

impl ReadRelease {
    fn read(release: &Release, stores: &Stores, ctx: &Ctx) -> Result<Self, ReleaseError> {
        let refuse =
            |name: &str, why: String| ReleaseError::Unreadable { name: name.to_owned(), why };
        let (policy, policy_input) = read_policy(&release.policy, stores)?;
        let cancelled = || ctx.cancel.is_cancelled();
        let path = |locator: &str| {
            stores
                .local_path(locator)
                .ok_or_else(|| refuse(locator, "only folders on this machine can be read".into()))
        };
        let folder = |locator: &str| {
            Folder::read(&path(locator)?, &cancelled)
                .map_err(|error| refuse(locator, chain(&error)))
        };
        if let Some(rebuild) = &policy.rebuild {
            let (first, second) = (path(&release.folder)?, path(rebuild)?);
            let both = std::fs::canonicalize(first).ok().zip(std::fs::canonicalize(second).ok());
            if both.is_some_and(|(first, second)| first == second) {
                let why = "it is the release itself; `rebuild` names a second build";
                return Err(refuse(rebuild, why.to_owned()));
            }
        }
        Ok(Self {
            folder: folder(&release.folder)?,
            place: release.folder.clone(),
            rebuild: policy.rebuild.as_deref().map(folder).transpose()?,
            policy,
            policy_input,
        })
    }
}

/// What a summary is about.
#[derive(Debug, Default)]
struct Examined {
    /// The artifacts, by name and digest.
    subjects: Vec<(String, Digest)>,
    tag: Option<Resource>,
}

/// Examines the tag and every file.
fn examine(
    release: &ReadRelease,
    signers: &Signers,
    world: &Arc<World>,
    ctx: &Ctx,
) -> Result<(Verified, Examined), CheckError> {
    let ReadRelease { policy, folder, .. } = release;
    let trust_policy = Policy::at(ctx.now);
    let mut findings = signers.problems();
    let mut items = Vec::new();
    let tag = policy.tag.as_ref().map(|rule| tag::examine(rule, signers, &world.stores, ctx));
    if let Some(tag) = &tag {
        items.push(tag.item.clone());
        findings.extend(tag.findings.iter().cloned());
    }
    let mut evidence = Evidence::read(folder, signers, &trust_policy);
    let sorted = Sorted::of(folder, policy, ctx);
    let mut examination = Examination {
        policy,
        trust_policy: &trust_policy,
        signers,
        evidence: &mut evidence,
        folder,
        rebuild: release.rebuild.as_ref(),
        commit: tag.as_ref().and_then(|tag| tag.commit.as_ref()),
        world,
        ctx,
        compared: Compared::by(policy, ctx),
    };
    let mut results: Vec<ArtifactResult> = Vec::new();
    for (done, (name, rule)) in sorted.artifacts.iter().enumerate() {
        if ctx.cancel.is_cancelled() {
            break;
        }
        ctx.progress.at(count(done), Some(count(sorted.artifacts.len())));
        let Some(file) = folder.files.get(*name) else { continue };
        results.push(examination.artifact(name, file, rule));
    }
    let is_whole = results.len() == sorted.artifacts.len();
    let (advisories, decisions) = examination.compared.settle(is_whole, &release.place);
    findings.extend(decisions);
    for result in &results {
        findings.extend(result.findings(&release.place));
        items.push(result.item());
    }
    findings.extend(sorted.findings(&evidence, folder, &release.place));
    items.extend(sorted.items(&evidence));
    findings.extend(unused_rules(policy, &release.policy_input.locator, &sorted));
    findings.extend(sorted.exemptions(policy, &release.policy_input.locator));
    let subjects = results.iter().map(|one| (one.name.clone(), one.digest.clone())).collect();
    let listed = serde_json::to_value(&results)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    let (tag, object) = tag.map(|tag| (tag.details, tag.object)).unzip();
    let outcome = Outcome::judge(sorted.population(&results), findings)
        .with_inputs(signers.inputs.iter().cloned())
        .with_inputs([release.policy_input.clone()])
        .with_inputs(advisories)
        .with_details(json!({ "artifacts": listed, "release": policy.name, "tag": tag }));
    let examined = Examined { subjects, tag: object.flatten() };
    Ok((Verified::new(outcome, items), examined))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The files, by what the policy makes of them.
struct Sorted<'a> {
    /// Until when decisions may run.
    term: Term,
    artifacts: Vec<(&'a str, &'a policy::ArtifactRule)>,
    exempt: Vec<(&'a str, &'a policy::Exemption)>,
    /// Files whose exemption does not hold, and why.
    expired: Vec<(&'a str, &'a policy::Exemption, String)>,
    /// Signatures of a file that is there, and files that no rule covers: evidence, if of use.
    rest: Vec<&'a str>,
}

impl<'a> Sorted<'a> {
    fn of(folder: &'a Folder, policy: &'a ReleasePolicy, ctx: &Ctx) -> Self {
        let today = ctx.now.to_zoned(TimeZone::UTC).date();
        let term = Term::new(today, policy.exempt_max_term);
        let mut sorted = Self {
            term,
            artifacts: Vec::new(),
            exempt: Vec::new(),
            expired: Vec::new(),
            rest: Vec::new(),
        };
        for name in folder.files.keys() {
            let matches = |files: &[Glob]| files.iter().any(|glob| glob.matches(name.as_bytes()));
            let exemption = policy.exempt.iter().find(|exempt| matches(&exempt.files));
            let rule = policy.artifacts.iter().find(|rule| matches(&rule.files));
            match (exemption, rule) {
                (Some(exempt), _) => match lapsed(&exempt.decision, &term) {
                    Some(why) => sorted.expired.push((name, exempt, why)),
                    None => sorted.exempt.push((name, exempt)),
                },
                (None, _) if sidecar_of(name, folder).is_some() => sorted.rest.push(name),
                (None, Some(rule)) => sorted.artifacts.push((name, rule)),
                (None, None) => sorted.rest.push(name),
            }
        }
        sorted
    }

    /// Counts the artifacts that could be examined.
    fn population(&self, results: &[ArtifactResult]) -> Population {
        let unknown = results.iter().filter(|result| result.verdict() == Verdict::Unknown);
        let examined = results.len().saturating_sub(unknown.count());
        let exempt = LeftOut {
            what: "files that the policy exempts".to_owned(),
            count: count(self.exempt.len()),
            why: "each for the reason that the policy states".to_owned(),
        };
        Population {
            unit: "artifacts".to_owned(),
            expected: count(self.artifacts.len()),
            examined: count(examined),
            left_out: Some(exempt).filter(|exempt| exempt.count > 0).into_iter().collect(),
        }
    }

    /// Reports what no rule covers and what was of no use as evidence.
    fn findings(&self, evidence: &Evidence, folder: &Folder, place: &str) -> Vec<Finding> {
        let at = |name: &str| beneath(place, name);
        let mut findings = Vec::new();
        for name in self.rest.iter().filter(|name| !evidence.used.contains_key(**name)) {
            let why = evidence.of_no_use.get(*name);
            let why = why.map(|why| format!(" As evidence it was of no use: {why}."));
            let message = format!(
                "It {}, and it says nothing about a file that is.{}",
                Reason::FileUncovered.meaning(),
                why.unwrap_or_default()
            );
            findings.push(finding_of(Reason::FileUncovered, at(name), message));
        }
        for (name, what) in &folder.others {
            let message = format!("It is {what}, which no rule can cover.");
            findings.push(finding_of(Reason::FileUncovered, at(name), message));
        }
        for (name, exempt) in &self.exempt {
            let message = format!("It {}: it is exempt.", Reason::FileUncovered.meaning());
            let finding = finding_of(Reason::FileUncovered, at(name), message);
            findings.push(exempt.decision.clone().waive(finding));
        }
        for (name, exempt, why) in &self.expired {
            let message = format!("Its exemption {why} ({}).", exempt.decision.reason);
            let remedy = "Renew the exemption, with an `until` within `exempt-max-term`; or write \
                          a rule for the file.";
            let finding = finding_of(Reason::FileUncovered, at(name), message);
            findings.push(finding.with_remedy(remedy));
        }
        findings
    }

    /// Says what is wrong with the exemptions themselves. The whole folder was listed, so that one
    /// which matches nothing waits for whatever will be called so.
    fn exemptions(&self, policy: &ReleasePolicy, file: &str) -> Vec<Finding> {
        let is_used = |exempt: &policy::Exemption| {
            let expired = self.expired.iter().map(|(_, other, _)| *other);
            let mut found = self.exempt.iter().map(|(_, other)| *other).chain(expired);
            found.any(|other| std::ptr::eq(other, exempt))
        };
        let about = |exempt: &policy::Exemption| {
            let about = About {
                rules: EXEMPTION,
                what: format!("to exempt {}", exempt.names()),
                file,
                shorten: "Write an earlier day and decide again then, or raise `exempt-max-term`.",
            };
            let used = if is_used(exempt) { Use::Used } else { Use::Unused };
            self.term.finding(&exempt.decision, &about, used)
        };
        policy.exempt.iter().filter_map(about).collect()
    }

    fn items(&self, evidence: &Evidence) -> Vec<Item> {
        let used = self.rest.iter().filter_map(|name| {
            let of: &BTreeSet<String> = evidence.used.get(*name)?;
            let of: Vec<&str> = of.iter().map(String::as_str).collect();
            Some(Item {
                name: (*name).to_owned(),
                verdict: Verdict::Pass,
                facts: vec![("evidence", format!("about {}", of.join(", ")))],
            })
        });
        used.collect()
    }
}

/// Says why a decision does not hold, if it does not.
fn lapsed(decision: &Decision, term: &Term) -> Option<String> {
    let until = decision.until;
    match term.standing(decision) {
        Standing::Holds => None,
        Standing::Expired => Some(format!("ended on {until}")),
        Standing::TooLong => Some(format!(
            "until {until} runs further than the {} days of `exempt-max-term`, so it does not hold",
            term.days()
        )),
    }
}

/// A rule that matches nothing may stand for a file that was forgotten.
fn unused_rules(policy: &ReleasePolicy, file: &str, sorted: &Sorted<'_>) -> Vec<Finding> {
    let used: BTreeSet<&str> =
        sorted.artifacts.iter().map(|(_, rule)| rule.name.as_str()).collect();
    let unused = policy.artifacts.iter().filter(|rule| !used.contains(rule.name.as_str()));
    unused
        .map(|rule| {
            let message = format!("`{}` {}.", rule.name, Reason::RuleUnused.meaning());
            finding_of(Reason::RuleUnused, file, message)
        })
        .collect()
}
