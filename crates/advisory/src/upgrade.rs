//! The one version that helps a package most.

use crate::advisory::Kind;
use crate::index::Index;
use crate::matched::Match;
use crate::scope::advised_name_and_version;
use beleg_ecosystem::Ecosystem;
use beleg_model::{Package, Upgrade};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The most versions that are tried: a kernel's advisories name thousands.
const MOST_TRIED: usize = 50;

impl Index {
    /// Returns the smallest version that clears what can be cleared of `matches`, which are the
    /// package's; where no version clears all of that, the one that leaves the fewest. None where
    /// no version helps.
    ///
    /// A version is held against every record, so that one in which something else is wrong does
    /// not look better than it is.
    #[must_use]
    pub fn upgrade(&self, package: &Package, matches: &[Match]) -> Option<Upgrade> {
        let ecosystem = self.known(&package.ecosystem.name)?;
        let (_, installed) = advised_name_and_version(ecosystem, package);
        let now: Vec<&Match> = mendable(matches).collect();
        let mut best: Option<Upgrade> = None;
        let mendable_at_all = mendable(matches).filter(|it| !named(it).is_empty()).count();
        let floor = now.len().saturating_sub(mendable_at_all);
        for version in candidates(ecosystem, matches).into_iter().take(MOST_TRIED) {
            if ecosystem.order.compare(installed, version) != Some(Ordering::Less) {
                continue;
            }
            let after = self.matches(&in_version(ecosystem, package, version));
            let leaves: Vec<&Match> = mendable(&after).collect();
            let is_better = best.as_ref().is_none_or(|best| leaves.len() < best.leaves.len());
            if leaves.len() < now.len() && is_better {
                // What another record calls by another name is not cleared.
                let stays: BTreeSet<&str> = leaves.iter().flat_map(|it| names(it)).collect();
                let cleared = now.iter().filter(|it| names(it).all(|name| !stays.contains(name)));
                best = Some(Upgrade {
                    version: version.to_owned(),
                    clears: cleared.map(|it| it.advisory.clone()).collect(),
                    leaves: leaves.iter().map(|it| it.advisory.clone()).collect(),
                });
            }
            if leaves.len() <= floor {
                break;
            }
        }
        best
    }
}

/// Returns what an upgrade can mend; that nobody maintains a package no version of it changes.
fn mendable(matches: &[Match]) -> impl Iterator<Item = &Match> {
    matches.iter().filter(|it| !matches!(it.kind, Kind::Informational(_)))
}

/// Returns every identifier of what is meant.
fn names(found: &Match) -> impl Iterator<Item = &str> {
    found.aliases.iter().chain([&found.advisory]).map(String::as_str)
}

/// Returns the fixed versions that have a name.
fn named(found: &Match) -> Vec<&str> {
    found.fixed.iter().map(String::as_str).filter(|it| !it.starts_with("> ")).collect()
}

/// Returns the versions that may clear all that can be cleared, the smallest first, and after these
/// the greatest before: none of them clears all, but one may help.
fn candidates<'a>(ecosystem: &Ecosystem, matches: &'a [Match]) -> Vec<&'a str> {
    let order = |a: &&str, b: &&str| ecosystem.order.compare(a, b).unwrap_or(Ordering::Equal);
    let first = |it: &'a Match| named(it).into_iter().min_by(order);
    let Some(least) = mendable(matches).filter_map(first).max_by(order) else { return Vec::new() };
    let mut all: Vec<&str> = mendable(matches).flat_map(named).collect();
    all.sort_by(order);
    all.dedup();
    let (enough, less): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|version| order(version, &least).is_ge());
    enough.into_iter().chain(less.into_iter().rev()).collect()
}

fn in_version(ecosystem: &Ecosystem, package: &Package, version: &str) -> Package {
    let mut upgraded = package.clone();
    if ecosystem.advises_sources && package.source_version.is_some() {
        upgraded.source_version = Some(version.to_owned());
    } else {
        version.clone_into(&mut upgraded.version);
    }
    upgraded
}
