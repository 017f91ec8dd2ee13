use super::{Policy, RegionCopy, RegionFacts, age};
use crate::findings::{self, Place};
use crate::{BackupName, Facts};
use beleg_model::Finding;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Compares every backup across the regions that could be listed.
pub(super) fn compare(
    regions: &[RegionFacts],
    policy: &Policy,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let mut held: BTreeMap<&BackupName, BTreeMap<&str, &RegionCopy>> = BTreeMap::new();
    for region in regions {
        for copy in &region.copies {
            held.entry(&copy.name).or_default().insert(&region.region, copy);
        }
    }
    for (name, copies) in &held {
        missing(name, copies, regions, policy, now, findings);
        differing(name, copies, findings);
    }
}

/// Finds the regions without a copy. While the recovery point objective has not passed, the copy
/// may be on its way, which is no fault yet and nothing that was seen either.
fn missing(
    name: &BackupName,
    copies: &BTreeMap<&str, &RegionCopy>,
    regions: &[RegionFacts],
    policy: &Policy,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    // The time in the name is a claim, but the name is all that a backup without a believed
    // manifest has; that there is none is a finding already.
    let age = age(now, name.created());
    if policy.copies_for.is_some_and(|copies_for| age > copies_for) {
        return;
    }
    let object = name.object();
    for region in regions {
        // A region with nothing at all has been told of once.
        if region.copies.is_empty() || copies.contains_key(region.region.as_str()) {
            continue;
        }
        let place = Place { region: &region.region, object: &object };
        let holders: Vec<&str> = copies.keys().copied().collect();
        findings.push(if age <= policy.rpo {
            findings::copy_on_its_way(place, &holders, age)
        } else {
            findings::copy_missing(place, &holders, age)
        });
    }
}

/// Finds copies that are neither the same ciphertext nor the same content.
fn differing(name: &BackupName, copies: &BTreeMap<&str, &RegionCopy>, findings: &mut Vec<Finding>) {
    let mut believed =
        copies.iter().filter_map(|(region, copy)| Some((*region, copy.facts.as_ref()?)));
    let Some((first_region, first)) = believed.next() else { return };
    let others: Vec<&str> =
        believed.filter(|(_, facts)| !is_same(first, facts)).map(|(region, _)| region).collect();
    if !others.is_empty() {
        findings.push(findings::copies_differ(&name.object(), first_region, &others));
    }
}

/// Replicas have one ciphertext; copies that were encrypted apart have one content root.
fn is_same(one: &Facts, other: &Facts) -> bool {
    one.ciphertext == other.ciphertext || one.root == other.root
}
