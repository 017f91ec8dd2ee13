use super::findings::{about_headers, about_unused_rules};
use super::tags::short_name;
use super::{TagResult, TagsResult};
use crate::rules;
use beleg_model::{Finding, LeftOut, Population, Verdict};
use beleg_signature::material_finding;
use beleg_trust::Reason;
use std::collections::BTreeMap;

/// Most findings about single tags; one more finding counts the rest.
const MOST_SINGLE: usize = 200;

/// Turns a result about tags into what a check says: how many tags there are, how many were
/// examined, and what is wrong with which. A pattern that matches no tag is `Unknown`.
#[must_use]
pub fn tag_findings(result: &TagsResult) -> (Population, Vec<Finding>) {
    let bad: Vec<&TagResult> =
        result.tags.iter().filter(|tag| tag.judgement.reason.verdict() != Verdict::Pass).collect();
    let mut findings: Vec<Finding> = bad.iter().take(MOST_SINGLE).map(|tag| about(tag)).collect();
    if let Some(rest) = bad.get(MOST_SINGLE..).filter(|rest| !rest.is_empty()) {
        // The worst of the rest decides what the count weighs.
        let worst = rest
            .iter()
            .map(|tag| tag.judgement.reason)
            .max_by_key(|reason| (reason.verdict(), reason.severity()));
        let message = format!("{} more tags are not trusted; the result names them.", rest.len());
        findings.extend(worst.map(|reason| Finding::of(reason.rule(), "more tags", message)));
    }
    findings.extend(result.unmatched.iter().map(|pattern| {
        Finding::of(
            &rules::TAG_NOT_FOUND,
            format!("refs/tags/{}", beleg_model::text::shown(short_name(pattern).as_bytes()))
                .as_str(),
            "No tag of the repository matches this name or pattern.",
        )
    }));
    findings.extend(result.material_problems.iter().map(material_finding));
    let with_header = result.tags.iter().filter(|tag| tag.unsigned_header);
    findings.extend(about_headers("tags", with_header.map(|tag| tag.name.as_str())));
    findings.extend(about_unused_rules("tag", &result.unused_rules));
    if !result.replace_refs.is_empty() {
        findings.push(Finding::of(
            &rules::REPLACE_REFS_IGNORED,
            "refs/replace",
            format!("The repository holds {} replace refs.", result.replace_refs.len()),
        ));
    }
    (population(result), findings)
}

fn population(result: &TagsResult) -> Population {
    let mut unknown: BTreeMap<Reason, u64> = BTreeMap::new();
    for tag in &result.tags {
        let reason = tag.judgement.reason;
        if reason.verdict() == Verdict::Unknown {
            let count = unknown.entry(reason).or_default();
            *count = count.saturating_add(1);
        }
    }
    let mut left_out: Vec<LeftOut> = unknown
        .iter()
        .map(|(reason, count)| LeftOut {
            what: format!("tags with the reason `{reason}`"),
            count: *count,
            why: format!("each {}", reason.meaning()),
        })
        .collect();
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
    let examined = count(result.tags.len())
        .saturating_sub(unknown.values().fold(0u64, |sum, count| sum.saturating_add(*count)));
    let absent = count(result.unmatched.len());
    if absent > 0 {
        let why = "no tag of the repository bears them".to_owned();
        left_out.push(LeftOut { what: "names or patterns".to_owned(), count: absent, why });
    }
    let expected = count(result.tags.len()).saturating_add(absent);
    Population { unit: "tags".to_owned(), expected, examined, left_out }
}

fn about(tag: &TagResult) -> Finding {
    let reason = tag.judgement.reason;
    let mut message = format!("Tag {} {}", tag.name, reason.meaning());
    if let Some(signer) = tag.judgement.signer_in_words() {
        message.push_str(&format!(": {signer}"));
    }
    if let Some(tagger) = &tag.tagger {
        message.push_str(&format!(", tagged by {} <{}>", tagger.name, tagger.email));
    }
    message.push('.');
    for note in &tag.judgement.notes {
        message.push_str(&format!(" Note: {note}."));
    }
    Finding::of(reason.rule(), format!("refs/tags/{}", tag.name), message)
}
