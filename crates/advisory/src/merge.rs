//! Records that mean the same vulnerability become one match.

use crate::advisory::{Advisory, Affected, Decision, Kind};
use crate::matched::{Certainty, Match};
use crate::versions::Order;
use beleg_model::Severity;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The most reference URLs of a match.
const MAX_REFERENCES: usize = 40;

/// A record that has something to say about a package's version.
pub(crate) struct Hit<'a> {
    pub(crate) advisory: &'a Advisory,
    pub(crate) source: &'a str,
    /// The record's entries about the package; never empty.
    pub(crate) entries: Vec<&'a Affected>,
    pub(crate) decision: Decision,
}

/// Merges hits, those that `named` identifiers mean apart from the others. A record of such an
/// identifier means what it says of aliases too; one that bears it as an alias means no more.
pub(crate) fn merge_apart(
    hits: Vec<Hit<'_>>,
    named: &BTreeSet<&str>,
    name: &str,
    version: &str,
) -> Vec<Match> {
    let own = hits.iter().filter(|hit| named.contains(hit.advisory.id.as_str()));
    let theirs = own.flat_map(|hit| hit.advisory.aliases.iter().map(String::as_str));
    let meant: BTreeSet<&str> = named.iter().copied().chain(theirs).collect();
    let is_meant = |hit: &Hit<'_>| {
        let mut ids = hit.advisory.aliases.iter().chain([&hit.advisory.id]);
        ids.any(|id| meant.contains(id.as_str()))
    };
    let (named, others): (Vec<_>, Vec<_>) = hits.into_iter().partition(is_meant);
    let mut matches = merge(named, name, version);
    matches.extend(merge(others, name, version));
    sort(&mut matches);
    matches
}

/// Sorts matches: worst severity first, then by identifier.
fn sort(matches: &mut [Match]) {
    matches.sort_by(|a, b| (b.severity, &a.advisory).cmp(&(a.severity, &b.advisory)));
}

/// Merges hits that share an identifier or an alias, directly or through others. `name` and
/// `version` are the package's as the advisories have them.
fn merge(mut hits: Vec<Hit<'_>>, name: &str, version: &str) -> Vec<Match> {
    hits.sort_by(|a, b| preference(a).cmp(&preference(b)));
    let groups = group(&hits);
    let mut members: BTreeMap<usize, Vec<&Hit<'_>>> = BTreeMap::new();
    for (hit, group) in hits.iter().zip(groups) {
        members.entry(group).or_default().push(hit);
    }
    members.values().filter_map(|members| one_match(members, name, version)).collect()
}

/// Orders records by how well their identifier names a match.
fn preference<'a>(hit: &Hit<'a>) -> (u8, &'a str, &'a str) {
    let id = hit.advisory.id.as_str();
    let rank = match id.split('-').next() {
        Some("MAL") => 0,
        Some("GHSA") => 2,
        Some("CVE") => 3,
        _ => 1,
    };
    (rank, id, hit.source)
}

/// Returns for each hit the first position it is connected with through identifiers.
fn group(hits: &[Hit<'_>]) -> Vec<usize> {
    let mut parents: Vec<usize> = (0..hits.len()).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (position, hit) in hits.iter().enumerate() {
        let aliases = hit.advisory.aliases.iter().map(String::as_str);
        for id in aliases.chain([hit.advisory.id.as_str()]) {
            let other = *seen.entry(id).or_insert(position);
            let (a, b) = (root(&mut parents, position), root(&mut parents, other));
            if let Some(parent) = parents.get_mut(a.max(b)) {
                *parent = a.min(b);
            }
        }
    }
    (0..hits.len()).map(|position| root(&mut parents, position)).collect()
}

/// Follows a position to the first of its group and shortens the way for the next time.
fn root(parents: &mut [usize], mut position: usize) -> usize {
    while let Some(parent) = parents.get(position).copied() {
        if parent == position {
            break;
        }
        let next = parents.get(parent).copied().unwrap_or(parent);
        if let Some(own) = parents.get_mut(position) {
            *own = next;
        }
        position = parent;
    }
    position
}

/// Makes one match of hits, of which the first names it.
fn one_match(hits: &[&Hit<'_>], name: &str, version: &str) -> Option<Match> {
    let first = hits.first()?;
    let id = first.advisory.id.clone();
    let ids = hits.iter().flat_map(|hit| hit.advisory.aliases.iter().chain([&hit.advisory.id]));
    let aliases: BTreeSet<&String> = ids.filter(|alias| **alias != id).collect();
    let sources: BTreeSet<&str> = hits.iter().map(|hit| hit.source).collect();
    let entries: Vec<&Affected> = hits.iter().flat_map(|hit| hit.entries.clone()).collect();
    let kind = entries.iter().map(|entry| &entry.kind).max()?.clone();
    let stated = entries.iter().filter_map(|entry| entry.assessment.severity).max();
    let unstated = match kind {
        Kind::Malicious => Severity::Critical,
        Kind::Vulnerability => Severity::Medium,
        Kind::Informational(_) => Severity::Info,
    };
    let scores = entries.iter().filter_map(|entry| entry.assessment.score);
    let certainty = hits.iter().map(|hit| certainty(&hit.decision)).max()?;
    Some(Match {
        package: name.to_owned(),
        aliases: aliases.into_iter().cloned().collect(),
        sources: sources.into_iter().map(str::to_owned).collect(),
        severity: stated.unwrap_or(unstated),
        unscored: stated.is_none() && kind == Kind::Vulnerability,
        score: scores.max_by(f64::total_cmp),
        summary: first.advisory.summary.clone(),
        only_on: only_on(&entries),
        fixed: fixed(&entries, version),
        references: references(hits),
        advisory: id,
        kind,
        certainty,
    })
}

fn certainty(decision: &Decision) -> Certainty {
    match decision {
        Decision::Undecided(why) => Certainty::Undecided { why: why.clone() },
        _ => Certainty::Affected,
    }
}

/// One record without a limit makes the whole unlimited.
fn only_on(entries: &[&Affected]) -> Vec<String> {
    if entries.iter().any(|entry| entry.only_on.is_empty()) {
        return Vec::new();
    }
    let all: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.only_on).collect();
    all.into_iter().cloned().collect()
}

/// Returns the fixed versions of any record that no record calls affected, in version order.
fn fixed(entries: &[&Affected], version: &str) -> Vec<String> {
    let Some(entry) = entries.first() else { return Vec::new() };
    let order = Order::of(entry.scope.ecosystem);
    let offered: BTreeSet<String> = entries.iter().flat_map(|it| it.fixes(version)).collect();
    let mends = |candidate: &String| {
        let named = candidate.strip_prefix("> ").is_none();
        !named || entries.iter().all(|it| it.decide(candidate) == Decision::NotAffected)
    };
    let mut fixed: Vec<String> = offered.into_iter().filter(mends).collect();
    let bare = |text: &str| text.strip_prefix("> ").unwrap_or(text).to_owned();
    fixed.sort_by(|a, b| order.compare(&bare(a), &bare(b)).unwrap_or(Ordering::Equal));
    fixed
}

/// Returns URLs in the order of the records, each once.
fn references(hits: &[&Hit<'_>]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = hits.iter().flat_map(|hit| &hit.advisory.references);
    all.filter(|url| seen.insert(*url)).take(MAX_REFERENCES).cloned().collect()
}
