//! One file of a release, against the rule that covers it.

use super::evidence::{Evidence, Sbom};
use super::policy::{ArtifactRule, ReleasePolicy};
use super::provenance;
use crate::World;
use crate::failure::chain;
use crate::folder::beneath;
use crate::ignores::{Ignores, Part as Meant};
use crate::packages::{self, Judged};
use crate::verify::artifact::{fact, target, together};
use crate::verify::files::{Folder, HashedFile};
use crate::verify::signature::{SignatureBytes, SignatureResult};
use crate::verify::signers::Signers;
use crate::verify::{Item, finding_of};
use beleg_attestation::provenance::{SummaryKind, summarise};
use beleg_engine::Ctx;
use beleg_model::{Digest, Finding, Input, Population, Severity, Verdict};
use beleg_sbom::SbomFormat;
use beleg_sbom::cyclonedx::{self, Bom, BomError};
use beleg_signature::TrustMaterial;
use beleg_trust::{Policy, Reason};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known about one file of a release.
#[derive(Debug, Serialize)]
pub(super) struct ArtifactResult {
    pub(super) name: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
    /// The policy's rule.
    pub(super) rule: String,
    /// What the rule demands, and what was found.
    pub(super) checks: Vec<Part>,
    pub(super) signatures: Vec<SignatureResult>,
}

/// The demand that is about the SBOM and not about the file itself.
const SIGNED_SBOM: &str = "signed-sbom";

const UNSIGNED_ACCEPTED: &str = "the policy accepts it: `unsigned-unsafe`";

/// One demand of a rule.
#[derive(Debug, Serialize)]
pub(super) struct Part {
    /// `signature`, `sbom`, `signed-sbom`, `provenance`, `summary`, `advisories`, `rebuild`,
    /// `statement`.
    pub(super) what: &'static str,
    pub(super) reason: Reason,
    pub(super) verdict: Verdict,
    pub(super) note: String,
}

impl Part {
    fn new(what: &'static str, reason: Reason, note: impl Into<String>) -> Self {
        Self { what, reason, verdict: reason.verdict(), note: note.into() }
    }

    /// Says whether something is wrong that the policy lets pass.
    fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Pass && self.reason != Reason::Trusted
    }
}

impl ArtifactResult {
    pub(super) fn verdict(&self) -> Verdict {
        Verdict::worst(self.checks.iter().map(|part| part.verdict))
    }

    /// Reports what is wrong; `folder` is where the release lies.
    pub(super) fn findings(&self, folder: &str) -> Vec<Finding> {
        let place = beneath(folder, &self.name);
        let bad = self.checks.iter().filter(|part| part.reason != Reason::Trusted);
        bad.map(|part| {
            let note = if part.note.is_empty() { "" } else { &format!(" ({})", part.note) };
            let it = if part.what == SIGNED_SBOM { "Its SBOM" } else { "It" };
            let message = format!("{it} {}{note}.", part.reason.meaning());
            if part.is_accepted() {
                return finding_of(part.reason, place.as_str(), message).as_remark();
            }
            finding_of(part.reason, place.as_str(), message)
        })
        .collect()
    }

    pub(super) fn item(&self) -> Item {
        let told_by_signatures = |part: &&Part| {
            part.what == "signature" && !part.is_accepted() && !self.signatures.is_empty()
        };
        let mut facts = vec![("digest", self.digest.to_string())];
        facts.extend(
            self.signatures
                .iter()
                .map(|result| ("signature", format!("{}: {}", result.source, fact(result)))),
        );
        facts.extend(self.checks.iter().filter(|part| !told_by_signatures(part)).map(|part| {
            let note =
                if part.note.is_empty() { String::new() } else { format!(": {}", part.note) };
            (part.what, format!("{}{note}", part.reason))
        }));
        Item { name: self.name.clone(), verdict: self.verdict(), facts }
    }
}

/// What all files of a release are examined with.
pub(super) struct Examination<'a> {
    pub(super) policy: &'a ReleasePolicy,
    pub(super) trust_policy: &'a Policy,
    pub(super) signers: &'a Signers,
    pub(super) evidence: &'a mut Evidence,
    pub(super) folder: &'a Folder,
    pub(super) rebuild: Option<&'a Folder>,
    /// The commit that the release's tag points to.
    pub(super) commit: Option<&'a Digest>,
    pub(super) world: &'a Arc<World>,
    pub(super) ctx: &'a Ctx,
    /// What comparing components with advisories has shown so far.
    pub(super) compared: Compared<'a>,
}

/// What comparing the components of all SBOMs with advisories has shown.
#[derive(Default)]
pub(super) struct Compared<'a> {
    /// The advisories.
    inputs: Vec<Input>,
    /// What somebody has decided to live with, and what lies below the severity that fails.
    lived_with: Vec<Finding>,
    /// The decisions, and which were of use.
    ignores: Option<Ignores<'a>>,
    /// In how many SBOMs.
    sboms: u64,
    /// In how many of them something could not be compared.
    partly: u64,
}

impl<'a> Compared<'a> {
    pub(super) fn by(policy: &'a ReleasePolicy, ctx: &Ctx) -> Self {
        let rules = policy.advisories.as_ref();
        let ignores = rules.map(|rules| rules.ignores(Meant::Whole, ctx.now));
        Self { ignores, ..Self::default() }
    }

    fn take(&mut self, judged: &Judged) {
        self.sboms = self.sboms.saturating_add(1);
        self.partly = self.partly.saturating_add(u64::from(!judged.is_whole()));
        // Every SBOM is compared with the same ones.
        for input in &judged.inputs {
            if !self.inputs.contains(input) {
                self.inputs.push(input.clone());
            }
        }
        let passing = judged.findings.iter().filter(|finding| finding.verdict == Verdict::Pass);
        self.lived_with.extend(passing.cloned());
    }

    /// Returns the advisories, and what is to be said of decisions about them. `is_whole` says
    /// whether all files were looked at, `folder` where the release lies.
    pub(super) fn settle(self, is_whole: bool, folder: &str) -> (Vec<Input>, Vec<Finding>) {
        let is_whole = is_whole && self.sboms > 0 && self.partly == 0;
        let decisions = self.ignores.map(|ignores| ignores.findings(is_whole));
        let placed = self.lived_with.into_iter().map(|mut finding| {
            finding.location.path = beneath(folder, &finding.location.path);
            finding
        });
        let findings = placed.chain(decisions.unwrap_or_default()).collect();
        (self.inputs, findings)
    }
}

impl Examination<'_> {
    /// Examines one file.
    pub(super) fn artifact(
        &mut self,
        name: &str,
        file: &HashedFile,
        rule: &ArtifactRule,
    ) -> ArtifactResult {
        let mut result = ArtifactResult {
            name: name.to_owned(),
            digest: file.sha256.clone(),
            size: file.size,
            rule: rule.name.clone(),
            checks: Vec::new(),
            signatures: Vec::new(),
        };
        let target = match target(name, file) {
            Ok(target) => target,
            Err(why) => {
                result.checks.push(Part::new("signature", Reason::ContentUnreadable, why));
                return result;
            }
        };
        let signatures =
            self.evidence.about(name, &target, rule.signatures, self.signers, self.trust_policy);
        result.checks.push(signature(rule, &signatures, &self.signers.material));
        if rule.sbom || rule.advisories {
            self.sbom(name, &target.digests, rule, &signatures, &mut result.checks);
        }
        if let Some(policy) = &rule.provenance {
            let (commit, now) = (self.commit, self.ctx.now);
            let (reason, note) =
                provenance::judge(policy, &signatures, &target.digests, commit, now);
            result.checks.push(Part::new("provenance", reason, note));
        }
        if let Some(policy) = &rule.summary {
            let (reason, note) =
                provenance::judge_summary(policy, &signatures, &target.digests, self.ctx.now);
            result.checks.push(Part::new("summary", reason, note));
        }
        if rule.rebuilt {
            result.checks.push(self.rebuilt(name, file));
        }
        result.checks.extend(statements(&signatures));
        result.signatures = signatures;
        result
    }

    /// Finds the SBOM that describes the file, and judges it and what it lists.
    fn sbom(
        &mut self,
        name: &str,
        digests: &[Digest],
        rule: &ArtifactRule,
        signatures: &[SignatureResult],
        checks: &mut Vec<Part>,
    ) {
        let sboms = &self.evidence.sboms;
        let mut found: Vec<(usize, Reason)> = (0..)
            .zip(sboms)
            .filter(|(_, sbom)| sbom.subject.is(digests))
            .map(|(at, _)| (at, Reason::Trusted))
            .collect();
        if found.is_empty() {
            let named = sboms.iter().position(|sbom| is_named_after(&sbom.name, name));
            // What many tools call `bom.json` may be this file's as well as another's.
            let unstated =
                || sboms.iter().position(|sbom| says_nothing_of_a_file(sbom, self.folder));
            let stale = || {
                sboms.iter().position(|sbom| {
                    may_be_named_for(&sbom.name, name) && describes_nothing_in(sbom, self.folder)
                })
            };
            let named = named.or_else(unstated).or_else(stale);
            found.extend(named.and_then(|at| {
                let unstated = sboms.get(at)?.subject.digests.is_empty();
                let mismatch = Reason::SbomSubjectMismatch;
                Some((at, if unstated { Reason::SbomSubjectUnstated } else { mismatch }))
            }));
        }
        if found.is_empty() {
            checks.extend(without_file(rule, signatures));
        }
        let formats: Vec<SbomFormat> = found
            .iter()
            .filter_map(|(at, _)| Some(self.evidence.sboms.get(*at)?.subject.format))
            .collect();
        for (at, reason) in found {
            let Some(sbom) = self.evidence.sboms.get(at) else { continue };
            let sbom_name = sbom.name.clone();
            let bom = cyclonedx::read(&sbom.bytes, &cyclonedx::Limits::default());
            checks.push(match &bom {
                // A digest alone makes no SBOM.
                Err(error)
                    if reason == Reason::Trusted
                        && sbom.subject.format == SbomFormat::CycloneDx =>
                {
                    let note = format!("{sbom_name}: {}", chain(error));
                    Part::new("sbom", Reason::MalformedStatement, note)
                }
                _ => Part::new("sbom", reason, sbom_name.clone()),
            });
            // The same in a format that is not compared says nothing more. Each of the others is
            // compared: what one leaves out may be in the next.
            let compared = sbom.subject.format == SbomFormat::CycloneDx
                || !formats.contains(&SbomFormat::CycloneDx);
            if rule.advisories && compared {
                let part = self.advisories(&sbom_name, bom);
                checks.push(part);
            }
            self.evidence.use_for(&sbom_name, name);
            // What anybody could have written holds no advisory back.
            if rule.signatures > 0 {
                checks.push(self.sbom_signature(&sbom_name));
            }
        }
    }

    /// Judges the SBOM's own signature: beside it, in a list, in an attestation, or within it.
    fn sbom_signature(&mut self, sbom: &str) -> Part {
        let Some(file) = self.folder.files.get(sbom) else {
            return Part::new(SIGNED_SBOM, Reason::SbomMissing, sbom);
        };
        let target = match target(sbom, file) {
            Ok(target) => target,
            Err(why) => return Part::new(SIGNED_SBOM, Reason::ContentUnreadable, why),
        };
        let mut signatures = self.evidence.about(sbom, &target, 1, self.signers, self.trust_policy);
        let within = self
            .evidence
            .sboms
            .iter()
            .find(|one| one.name == sbom)
            .map(|one| SignatureBytes { name: one.name.clone(), bytes: one.bytes.clone() });
        if let Some(within) = within.filter(SignatureBytes::is_signed_sbom) {
            signatures.extend(within.judge(&target, self.signers, self.trust_policy));
        }
        let reason = together(&signatures, 1, &self.signers.material);
        let facts = signatures.iter().map(fact);
        let note: Vec<String> = std::iter::once(sbom.to_owned()).chain(facts).collect();
        Part::new(SIGNED_SBOM, reason, note.join("; "))
    }

    /// Compares what an SBOM lists with the advisories.
    fn advisories(&mut self, sbom: &str, bom: Result<Bom, BomError>) -> Part {
        let unknown = |note: String| Part::new("advisories", Reason::AdvisoriesUnknown, note);
        let (Some(rules), Some(ignores)) = (&self.policy.advisories, &mut self.compared.ignores)
        else {
            return unknown("no source is named".to_owned());
        };
        let bom = match bom {
            Ok(bom) => bom,
            Err(error) => {
                return unknown(format!("{sbom} cannot be read for it: {}", chain(&error)));
            }
        };
        let parsed = bom.packages(sbom, self.world.ecosystems);
        let (packages, unread) = (&parsed.packages, &parsed.unread);
        let judged = packages::judge(packages, unread, self.world, rules, ignores, self.ctx.now);
        self.compared.take(&judged);
        let count = |verdict| judged.findings.iter().filter(|f| f.verdict == verdict).count();
        let (failed, unknowns) = (count(Verdict::Fail), count(Verdict::Unknown));
        let first = judged.findings.iter().find(|finding| finding.verdict != Verdict::Pass);
        let first = first.map(|finding| format!(", such as {}: {}", finding.rule, finding.message));
        let first = first.unwrap_or_default();
        let Population { expected, examined, .. } = judged.population;
        if failed > 0 {
            let note = format!("{failed} in {sbom}{first}");
            Part::new("advisories", Reason::AdvisoryOpen, note)
        } else if expected == 0 {
            unknown(format!("{sbom} lists no component that came from elsewhere"))
        } else if unknowns > 0 || examined < expected {
            unknown(format!("{examined} of {expected} components compared{first}"))
        } else {
            let open = still_open(&judged.findings, rules.policy.fail_from);
            Part::new(
                "advisories",
                Reason::Trusted,
                format!("{examined} components compared, {open}"),
            )
        }
    }

    fn rebuilt(&self, name: &str, file: &HashedFile) -> Part {
        match self.rebuild.and_then(|folder| folder.files.get(name)) {
            None => Part::new("rebuild", Reason::RebuildMissing, ""),
            Some(second) if second.inode == file.inode => {
                let note = "what lies there is the released file itself, under a second name";
                Part::new("rebuild", Reason::RebuildMissing, note)
            }
            Some(second) if second.sha256 == file.sha256 => {
                Part::new("rebuild", Reason::Trusted, "the second build is the same")
            }
            Some(second) => {
                Part::new("rebuild", Reason::RebuildDiffers, format!("there: {}", second.sha256))
            }
        }
    }
}

/// Says what is open although nothing fails: what lies below the severity that does, and what
/// somebody has decided to live with.
fn still_open(findings: &[Finding], fail_from: Severity) -> String {
    let named = |waived: bool| {
        let of_kind = findings.iter().filter(|finding| finding.waived.is_some() == waived);
        of_kind.map(|it| format!("{} ({})", it.rule, it.severity)).collect::<BTreeSet<_>>()
    };
    let listed = |words: &str, names: BTreeSet<String>| {
        let names: Vec<String> = names.into_iter().collect();
        (!names.is_empty()).then(|| format!("{words}: {}", names.join(", ")))
    };
    let parts: Vec<String> =
        [listed("open without failing", named(false)), listed("ignored", named(true))]
            .into_iter()
            .flatten()
            .collect();
    match parts.is_empty() {
        true => "none open".to_owned(),
        false => format!("none open at or above {fail_from}; {}", parts.join("; ")),
    }
}

/// Judges the file's own signatures. Where none is demanded, what they are worth is said all the
/// same: a file that nobody signed is not a trusted one.
fn signature(rule: &ArtifactRule, signatures: &[SignatureResult], trust: &TrustMaterial) -> Part {
    let accepted = rule.signatures == 0 && together(signatures, 0, trust) == Reason::Trusted;
    let reason = together(signatures, rule.signatures.max(1), trust);
    let part = Part::new("signature", reason, notes(reason, signatures));
    if !accepted || reason == Reason::Trusted {
        return part;
    }
    let note = match part.note.as_str() {
        "" => UNSIGNED_ACCEPTED.to_owned(),
        note => format!("{UNSIGNED_ACCEPTED}; {note}"),
    };
    Part { verdict: Verdict::Pass, note, ..part }
}

/// Judges a file without an SBOM of its own.
fn without_file(rule: &ArtifactRule, signatures: &[SignatureResult]) -> Vec<Part> {
    if !attests_sbom(signatures) {
        return vec![Part::new("sbom", Reason::SbomMissing, "")];
    }
    let within = Part::new("sbom", Reason::Trusted, "within a trusted attestation");
    let note = "an SBOM within an attestation is not compared with advisories";
    let advisories = Part::new("advisories", Reason::AdvisoriesUnknown, note);
    std::iter::once(within).chain(rule.advisories.then_some(advisories)).collect()
}

/// Reads what other trusted statements say: test results, summaries of other verifiers.
fn statements(signatures: &[SignatureResult]) -> Vec<Part> {
    let said = signatures.iter().filter_map(SignatureResult::said);
    said.map(|(reason, note)| Part::new("statement", reason, note)).collect()
}

/// Says whether a trusted attestation holds an SBOM that can be read.
fn attests_sbom(signatures: &[SignatureResult]) -> bool {
    signatures.iter().filter(|result| result.is_trusted()).any(|result| {
        let statement = super::provenance::statement(result);
        let summary = statement.and_then(|statement| summarise(&statement).ok());
        summary.is_some_and(|it| matches!(it.kind, SummaryKind::Spdx | SummaryKind::Cyclonedx))
    })
}

/// Says whether neither an SBOM's name nor its digests say which file it describes.
fn says_nothing_of_a_file(sbom: &Sbom, folder: &Folder) -> bool {
    sbom.subject.digests.is_empty()
        && !folder.files.keys().any(|file| is_named_after(&sbom.name, file))
}

/// Says whether an SBOM names a file that is not in the release, such as the one that stood there
/// before it was built anew.
fn describes_nothing_in(sbom: &Sbom, folder: &Folder) -> bool {
    let is_comparable = |digest: &Digest| digest.algorithm() == "sha256";
    let is = |file: &HashedFile| sbom.subject.is(std::slice::from_ref(&file.sha256));
    sbom.subject.digests.iter().any(is_comparable) && !folder.files.values().any(is)
}

/// Says whether an SBOM of this name may be one of the artifact: it begins alike, or names none.
fn may_be_named_for(sbom: &str, artifact: &str) -> bool {
    let (folder, name) = sbom.rsplit_once('/').map_or(("", sbom), |(folder, name)| (folder, name));
    let (place, artifact) = artifact.rsplit_once('/').unwrap_or(("", artifact));
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let rest = artifact.strip_prefix(stem);
    let begins = rest.is_some_and(|rest| !rest.starts_with(|it: char| it.is_alphanumeric()));
    folder == place && (begins || ["bom", "sbom", "bom.json", "sbom.json"].contains(&stem))
}

/// The endings that tools give an SBOM after the name of what it describes.
const ENDINGS: [&str; 8] = [
    ".cdx.json",
    ".spdx.json",
    ".sbom.json",
    ".bom.json",
    ".cyclonedx.json",
    ".syft.json",
    "-sbom.json",
    "_sbom.json",
];

/// Says whether an SBOM's name is the artifact's with an SBOM's ending.
fn is_named_after(sbom: &str, artifact: &str) -> bool {
    sbom.strip_prefix(artifact).is_some_and(|rest| ENDINGS.contains(&rest))
}

/// Says what is behind a reason that is not trusted: where a signer more would do, all of them.
fn notes(reason: Reason, signatures: &[SignatureResult]) -> String {
    if reason == Reason::Trusted {
        return String::new();
    }
    let all = reason == Reason::ThresholdNotMet;
    let told = signatures.iter().filter(|result| all || !result.is_trusted());
    let facts: Vec<String> =
        told.map(|result| format!("{}: {}", result.source, fact(result))).collect();
    facts.join("; ")
}
