//! `signed-commits`: who signed each commit of a range, and whether that was allowed.

use crate::World;
use crate::failure::{chain, unreadable};
use beleg_engine::{Check, CheckError, Ctx, Kind, Project, Section, Unit};
use beleg_model::{Digest, Finding, Input, Metric, Outcome, Subject};
use beleg_trust::{
    MAX_ALLOWED_SIGNERS_BYTES, MAX_KEYRING_BYTES, Policy, RangeResult, TrustMaterial, findings,
    verify_range,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// How many commits evidence lists one by one; beyond that it counts them by reason.
const MOST_LISTED: usize = 20_000;

pub(super) struct SignedCommits(pub(super) Arc<World>);

impl Kind for SignedCommits {
    fn name(&self) -> &'static str {
        "signed-commits"
    }

    fn summary(&self) -> &'static str {
        "verifies the SSH and OpenPGP signatures of a range of git commits"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["SC-3"]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let remedy = "Write one `[[repository]]` with `path`, `range` and who may sign.";
        let units = job.tables("repository", |section| self.unit(section));
        if units.is_empty() {
            job.problem("repository", "the job names no repository", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

impl SignedCommits {
    fn unit(&self, section: &Section<'_>) -> Option<Unit> {
        let path = section.required_text("path", "Name the repository's folder.");
        let range = section.text("range").unwrap_or_else(|| "HEAD".to_owned());
        let allowed_signers = section.text("allowed-signers");
        let keyring = section.text("keyring");
        if allowed_signers.is_none() && keyring.is_none() {
            section.problem(
                "allowed-signers",
                "nobody may sign: there is neither `allowed-signers` nor `keyring`",
                "Name an allowed-signers file (SSH), a keyring (OpenPGP), or both.",
            );
        }
        let anybody = section.boolean("allow-signing-for-others-unsafe").unwrap_or(false);
        let path = path?;
        let subject = Subject { name: format!("{path} {range}"), ..Subject::at(path) };
        let check = Verify {
            world: Arc::clone(&self.0),
            range,
            allowed_signers,
            keyring,
            require_signer_is_committer: !anybody,
        };
        Some(Unit { subject, check: Arc::new(check) })
    }
}

struct Verify {
    world: Arc<World>,
    range: String,
    allowed_signers: Option<String>,
    keyring: Option<String>,
    require_signer_is_committer: bool,
}

impl Check for Verify {
    fn run(&self, ctx: &Ctx, subject: &Subject) -> Result<Outcome, CheckError> {
        let Some(repository) = self.world.stores.local_path(&subject.locator) else {
            return Ok(Outcome::could_not_look(Finding::unknown(
                "repository-unreadable",
                subject.locator.as_str(),
                "Only repositories on this machine can be read.",
                "Clone the repository, and name the clone.",
            )));
        };
        let (trust, inputs) = match self.material() {
            Ok(material) => material,
            Err(finding) => return Ok(Outcome::could_not_look(*finding)),
        };
        let mut policy = Policy::at(ctx.now);
        policy.require_signer_is_committer = self.require_signer_is_committer;
        let cancelled = || ctx.cancel.is_cancelled();
        let progress = |done, total| ctx.progress.at(done, Some(total));
        let verified =
            verify_range(&repository, &self.range, &trust, &policy, &cancelled, &progress);
        let result = match verified {
            Ok(result) => result,
            Err(error) => {
                return Ok(Outcome::could_not_look(Finding::unknown(
                    "repository-unreadable",
                    subject.locator.as_str(),
                    format!("The commits could not be walked: {}.", chain(&error)),
                    "Check the path and the range, and that this user may read the repository.",
                ))
                .with_inputs(inputs));
            }
        };
        let (population, findings) = findings(&result);
        let head = Input {
            name: "head commit".to_owned(),
            locator: self.range.clone(),
            digest: Digest::git_commit(&result.head).ok(),
            as_of: result.commits.first().and_then(|commit| commit.times.committer),
        };
        Ok(Outcome::judge(population, findings)
            .with_metric(
                "commits",
                Metric::Count(result.commits.len().try_into().unwrap_or(u64::MAX)),
            )
            .with_inputs(inputs)
            .with_inputs([head])
            .with_details(details(&result)?))
    }
}

impl Verify {
    fn material(&self) -> Result<(TrustMaterial, Vec<Input>), Box<Finding>> {
        let read = |locator: &Option<String>, limit: usize| {
            let Some(locator) = locator else { return Ok(None) };
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            self.world.stores.read(locator, limit).map(Some).map_err(|error| {
                Box::new(unreadable("trust-material-unreadable", locator.as_str(), &error))
            })
        };
        let signers = read(&self.allowed_signers, MAX_ALLOWED_SIGNERS_BYTES)?;
        let keyring = read(&self.keyring, MAX_KEYRING_BYTES)?;
        let material =
            TrustMaterial::parse(signers.as_deref(), keyring.as_deref()).map_err(|error| {
                Box::new(Finding::unknown(
                    "trust-material-unreadable",
                    "who may sign",
                    format!("Who may sign is not known: {}.", chain(&error)),
                    "Name the right files under `allowed-signers` and `keyring`.",
                ))
            })?;
        let input = |name: &str, locator: &Option<String>, digest: Option<&Digest>| {
            let (locator, digest) = (locator.clone()?, digest.cloned());
            Some(Input { name: name.to_owned(), locator, digest, as_of: None })
        };
        let inputs = [
            input("allowed signers", &self.allowed_signers, material.allowed_signers_digest()),
            input("keyring", &self.keyring, material.keyring_digest()),
        ];
        Ok((material, inputs.into_iter().flatten().collect()))
    }
}

/// Returns what evidence holds about the range: every commit, if they are not too many.
fn details(result: &RangeResult) -> Result<Value, CheckError> {
    let mut listed = result.clone();
    let all = listed.commits.len();
    listed.commits.truncate(MOST_LISTED);
    let mut details = serde_json::to_value(&listed)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    if let Some(details) = details.as_object_mut().filter(|_| all > MOST_LISTED) {
        details.insert("commits-listed".to_owned(), json!(MOST_LISTED));
        details.insert("commits-verified".to_owned(), json!(all));
    }
    Ok(details)
}
