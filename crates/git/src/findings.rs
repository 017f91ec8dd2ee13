use super::{CommitResult, RangeResult};
use crate::rules;
use beleg_model::{Finding, LeftOut, Population, Verdict};
use beleg_signature::material_finding;
use beleg_trust::{Check, Reason};
use std::collections::BTreeMap;

/// Most findings about single commits for one reason; one more finding counts the rest.
const MOST_SINGLE: usize = 50;

/// Turns a result into what a check says: how many commits there are, how many were examined,
/// and what is wrong with which. Nothing is lost: the result itself names every commit.
#[must_use]
pub fn findings(result: &RangeResult) -> (Population, Vec<Finding>) {
    let mut by_reason: BTreeMap<Reason, Vec<&CommitResult>> = BTreeMap::new();
    for commit in &result.commits {
        by_reason.entry(commit.judgement.reason).or_default().push(commit);
    }
    let mut findings = Vec::new();
    for (reason, commits) in &by_reason {
        if *reason == Reason::OutsideRule {
            findings.push(about_outside(commits));
        } else if reason.verdict() != Verdict::Pass {
            findings.extend(commits.iter().take(MOST_SINGLE).map(|commit| about(commit)));
            findings.extend(about_rest(*reason, commits));
        }
    }
    findings.extend(result.material_problems.iter().map(material_finding));
    findings.extend(about_merge_tags(result));
    let with_header = result.commits.iter().filter(|commit| commit.unsigned_header);
    findings.extend(about_headers("commits", with_header.map(CommitResult::short_oid)));
    findings.extend(about_repository(result));
    (population(result, &by_reason), findings)
}

fn population(
    result: &RangeResult,
    by_reason: &BTreeMap<Reason, Vec<&CommitResult>>,
) -> Population {
    let outside = by_reason.get(&Reason::OutsideRule).map_or(0, |commits| count(commits.len()));
    let total = count(result.commits.len()).saturating_sub(outside);
    let mut left_out: Vec<LeftOut> = by_reason
        .iter()
        .filter(|(reason, _)| reason.verdict() == Verdict::Unknown)
        .filter(|(reason, _)| **reason != Reason::OutsideRule)
        .map(|(reason, commits)| LeftOut {
            what: format!("commits with the reason `{reason}`"),
            count: count(commits.len()),
            why: format!("each {}", reason.meaning()),
        })
        .collect();
    let unknown = left_out.iter().fold(0u64, |sum, part| sum.saturating_add(part.count));
    if outside > 0 {
        left_out.push(LeftOut {
            what: "commits older than their rule's start (not counted as expected)".to_owned(),
            count: outside,
            why: "the policy's `from` leaves them out; forged ones among them are found all the \
                  same"
                .to_owned(),
        });
    }
    if result.beyond_boundary > 0 {
        left_out.push(LeftOut {
            what: "history beyond the shallow boundary (its first commits are counted)".to_owned(),
            count: result.beyond_boundary,
            why: "the clone is shallow and does not hold it".to_owned(),
        });
    }
    Population {
        unit: "commits".to_owned(),
        expected: total.saturating_add(result.beyond_boundary),
        examined: total.saturating_sub(unknown),
        left_out,
    }
}

fn about(commit: &CommitResult) -> Finding {
    let reason = commit.judgement.reason;
    let mut message = format!("Commit {} {}", commit.short_oid(), reason.meaning());
    if let Some(signer) = commit.judgement.signer_in_words() {
        message.push_str(&format!(": {signer}"));
    }
    if let Some(committer) = &commit.committer {
        message.push_str(&format!(", committed by {} <{}>", committer.name, committer.email));
    }
    match &commit.author {
        Some(author) if commit.author != commit.committer => {
            message.push_str(&format!(", written by {} <{}>", author.name, author.email));
        }
        _ => {}
    }
    if let Some(date) = commit.judgement.times.committer {
        message.push_str(&format!(", dated {date}"));
    }
    message.push('.');
    for note in &commit.judgement.notes {
        message.push_str(&format!(" Note: {note}."));
    }
    let place = format!("{} {}", commit.short_oid(), commit.subject);
    Finding::of(reason.rule(), place.trim_end(), message)
}

/// Counts what [`MOST_SINGLE`] findings leave over, and names its first and last commit.
fn about_rest(reason: Reason, commits: &[&CommitResult]) -> Option<Finding> {
    let rest = commits.get(MOST_SINGLE..)?;
    let (first, last) = (rest.first()?, rest.last()?);
    let message = format!(
        "{} more commits have the reason `{reason}`: each {}. The newest of them is {}, the \
         oldest {}.",
        rest.len(),
        reason.meaning(),
        first.short_oid(),
        last.short_oid()
    );
    Some(Finding::of(
        reason.rule(),
        format!("{}..{}", last.short_oid(), first.short_oid()),
        message,
    ))
}

/// Says which commits no rule reaches back to; that is the policy's will, and no verdict.
fn about_outside(commits: &[&CommitResult]) -> Finding {
    let unsigned = commits.iter().filter(|commit| commit.signature.is_none()).count();
    let newest = commits.first().map_or("", |commit| commit.short_oid());
    let message = format!(
        "{} commits are older than the start of the rule that they are under, the newest is \
         {newest}; {unsigned} of them carry no signature. They are not judged.",
        commits.len()
    );
    Finding::of(Reason::OutsideRule.rule(), "from", message).as_remark()
}

/// A forged tag within a merge is a fault of the merge, whoever signed that. One of a stranger is
/// not: the merge's own signature covers it.
fn about_merge_tags(result: &RangeResult) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut others = 0usize;
    for commit in &result.commits {
        for tag in &commit.merge_tags {
            let reason = tag.judgement.reason;
            let forged = tag.judgement.crypto == Check::Bad || reason == Reason::TagNotMerged;
            if !forged {
                others = others.saturating_add(usize::from(reason != Reason::Trusted));
            } else if findings.len() < MOST_SINGLE {
                let name = tag.name.as_deref().unwrap_or("without a name");
                let oid = commit.short_oid();
                let message =
                    format!("The merged tag {name} in commit {oid} {}.", reason.meaning());
                findings.push(Finding::of(reason.rule(), format!("{oid} {name}"), message));
            }
        }
    }
    if others > 0 {
        findings.push(Finding::of(
            &rules::MERGE_TAGS_UNTRUSTED,
            "mergetag",
            format!("{others} merged tags carry no good signature of an allowed signer."),
        ));
    }
    findings
}

/// Names what was added to signed objects, or could have been, without breaking their signatures.
pub(super) fn about_headers<'a>(
    what: &str,
    names: impl Iterator<Item = &'a str>,
) -> Option<Finding> {
    const MOST_NAMED: usize = 5;
    let names: Vec<&str> = names.collect();
    let named = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if names.len() > MOST_NAMED { ", …" } else { "" };
    let message = format!(
        "{} signed {what} carry a second signature header, for the other hash algorithm, which \
         their signature does not cover and nothing here verifies: {named}{more}.",
        names.len()
    );
    (!names.is_empty()).then(|| Finding::of(&rules::UNSIGNED_HEADER, what, message))
}

/// Names the rules that held for nothing, while the default held for something.
pub(super) fn about_unused_rules(what: &str, unused: &[String]) -> Option<Finding> {
    let names: Vec<String> = unused.iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "The policy's default held for at least one {what}, and these rules of it for none: {}.",
        names.join(", ")
    );
    (!names.is_empty()).then(|| Finding::of(&rules::RULE_UNUSED, "policy", message))
}

fn about_repository(result: &RangeResult) -> Vec<Finding> {
    let mut findings = Vec::new();
    for start in &result.unknown_starts {
        findings.push(Finding::of(
            &rules::RULE_START_UNKNOWN,
            "from",
            format!("The repository does not hold the commit {start}; its rule holds for all."),
        ));
    }
    findings.extend(about_unused_rules("commit", &result.unused_rules));
    if result.submodules > 0 {
        let message = format!(
            "The newest commit names {} commits of other repositories (submodules), which were not \
             looked at.",
            result.submodules
        );
        findings.push(Finding::of(&rules::SUBMODULES_NOT_EXAMINED, "submodules", message));
    }
    if result.beyond_boundary > 0 {
        let boundary: Vec<&str> =
            result.shallow_boundary.iter().take(5).filter_map(|oid| oid.get(..12)).collect();
        findings.push(Finding::of(
            &rules::SHALLOW_BOUNDARY,
            "shallow",
            format!(
                "The clone is shallow: history before {} commits ({}…) is absent and was not \
                 examined.",
                result.shallow_boundary.len(),
                boundary.join(", ")
            ),
        ));
    }
    if !result.replace_refs.is_empty() {
        findings.push(Finding::of(
            &rules::REPLACE_REFS_IGNORED,
            "refs/replace",
            format!(
                "The repository holds {} replace refs; commits were verified as their ids name \
                 them, but git shows the replacements.",
                result.replace_refs.len()
            ),
        ));
    }
    if result.grafts {
        findings.push(Finding::of(
            &rules::GRAFTS_IGNORED,
            "info/grafts",
            "The repository holds a grafts file; parents were taken from the commits themselves.",
        ));
    }
    findings
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::HashAlgorithm;
    use beleg_model::{Outcome, Severity};
    use beleg_signature::{MaterialProblem, TrustFiles, TrustMaterial, TrustSource};
    use beleg_trust::Judgement;

    fn result(reasons: &[Reason]) -> RangeResult {
        let commit = |(number, reason): (usize, &Reason)| {
            let judgement = Judgement::of(*reason, Check::Unknown, Check::Unknown);
            CommitResult::of(format!("{number:040x}"), HashAlgorithm::Sha1, judgement)
        };
        RangeResult {
            range: "main".to_owned(),
            head: "0".repeat(40),
            head_name: "refs/heads/main".to_owned(),
            base: None,
            base_name: None,
            hash_algorithm: HashAlgorithm::Sha1,
            commits: reasons.iter().enumerate().map(commit).collect(),
            replace_refs: Vec::new(),
            grafts: false,
            shallow_boundary: Vec::new(),
            beyond_boundary: 0,
            trust_digest: TrustMaterial::parse(&TrustFiles::default()).unwrap().digest().clone(),
            material_problems: Vec::new(),
            policy_digest: beleg_trust::Policy::at(jiff::Timestamp::UNIX_EPOCH).digest(),
            branch: None,
            unused_rules: Vec::new(),
            submodules: 0,
            unknown_starts: Vec::new(),
        }
    }

    fn verdict(result: &RangeResult) -> (Verdict, String) {
        let (population, findings) = findings(result);
        let outcome = Outcome::judge(population, findings);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn only_a_range_of_trusted_commits_passes() {
        for reason in Reason::ALL {
            let (verdict, code) = verdict(&result(&[Reason::Trusted, *reason]));
            if *reason == Reason::OutsideRule {
                assert_eq!(verdict, Verdict::Pass, "the policy leaves it out, and says so");
                continue;
            }
            assert_eq!(verdict, reason.verdict());
            if *reason != Reason::Trusted {
                assert_eq!(code, reason.code());
            }
        }
    }

    #[test]
    fn an_empty_range_is_unknown_not_pass() {
        assert_eq!(verdict(&result(&[])), (Verdict::Unknown, "nothing-examined".to_owned()));
    }

    #[test]
    fn what_is_older_than_its_rule_is_counted_as_left_out_and_alone_is_no_pass() {
        let mixed = result(&[Reason::Trusted, Reason::OutsideRule, Reason::OutsideRule]);
        let (population, findings) = findings(&mixed);
        assert_eq!((population.expected, population.examined), (1, 1));
        assert_eq!(population.left_out.first().unwrap().count, 2);
        assert_eq!(findings.first().unwrap().rule, "outside-rule");
        let alone = result(&[Reason::OutsideRule]);
        assert_eq!(verdict(&alone), (Verdict::Unknown, "nothing-examined".to_owned()));
    }

    #[test]
    fn a_forged_merged_tag_fails_and_a_strangers_does_not() {
        use crate::embedded;
        let with = |reason, crypto| {
            let mut result = result(&[Reason::Trusted]);
            let judgement = Judgement::of(reason, crypto, Check::Bad);
            let tag = embedded::of("0".repeat(40), judgement);
            result.commits.iter_mut().for_each(|commit| commit.merge_tags.push(tag.clone()));
            verdict(&result).0
        };
        assert_eq!(with(Reason::BadSignature, Check::Bad), Verdict::Fail);
        assert_eq!(with(Reason::TagNotMerged, Check::Good), Verdict::Fail);
        assert_eq!(with(Reason::UnknownKey, Check::Unknown), Verdict::Pass);
    }

    #[test]
    fn a_shallow_boundary_is_unknown_not_pass() {
        let mut result = result(&[Reason::Trusted]);
        result.beyond_boundary = 1;
        result.shallow_boundary = vec!["0".repeat(40)];
        assert_eq!(verdict(&result), (Verdict::Unknown, "shallow-boundary".to_owned()));
    }

    #[test]
    fn unreadable_trust_material_is_unknown_not_pass() {
        let mut result = result(&[Reason::Trusted]);
        result.material_problems = vec![MaterialProblem {
            source: TrustSource::AllowedSigners,
            line: Some(3),
            message: "no key".to_owned(),
            is_remark: false,
        }];
        assert_eq!(verdict(&result).0, Verdict::Unknown);
    }

    #[test]
    fn many_commits_with_one_reason_are_fifty_findings_and_a_count() {
        let (population, findings) = findings(&result(&[Reason::Unsigned; 120]));
        assert_eq!(population.examined, 120);
        assert_eq!(findings.len(), 51);
        let last = findings.last().unwrap();
        assert!(last.message.starts_with("70 more commits"), "{}", last.message);
        assert_eq!((last.verdict, last.severity), (Verdict::Fail, Severity::High));
    }

    #[test]
    fn replace_refs_are_a_remark() {
        let mut result = result(&[Reason::Trusted]);
        result.replace_refs = vec!["refs/replace/x".to_owned()];
        result.grafts = true;
        assert_eq!(verdict(&result).0, Verdict::Pass);
        assert_eq!(findings(&result).1.len(), 2);
    }
}
