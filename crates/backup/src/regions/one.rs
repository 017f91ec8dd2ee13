use super::versions;
use super::{
    ListedObject, ManifestState, Policy, Region, RegionCopy, RegionFacts, age, is_placeholder,
};
use crate::findings::{self, Place};
use crate::{BackupName, Facts};
use beleg_model::Finding;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// How far the clock of the machine that made a backup may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Judges one region for itself.
pub(super) fn region(
    region: &Region,
    objects: &[ListedObject],
    policy: &Policy,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> RegionFacts {
    let sorted = Sorted::new(objects, policy);
    let mut copies = Vec::new();
    let mut sound: Vec<&Facts> = Vec::new();
    for (object, name) in &sorted.backups {
        let text = name.object();
        let place = Place { region: &region.name, object: &text };
        let has_manifest = sorted.manifests.contains(name);
        let facts = believed(region, name, has_manifest, now, place, findings);
        if let Some(facts) = facts {
            let (promised, found) = (facts.ciphertext.size.0, object.size.0);
            if promised == found {
                sound.push(facts);
            } else {
                findings.push(findings::listed_size(place, promised, found));
            }
        }
        let facts = facts.cloned();
        copies.push(RegionCopy { name: name.clone(), size: object.size, facts });
    }
    let held: BTreeSet<&BackupName> = sorted.backups.iter().map(|(_, name)| name).collect();
    for name in sorted.manifests.iter().filter(|name| !held.contains(name)) {
        let text = name.manifest_object();
        findings
            .push(findings::backup_object_missing(Place { region: &region.name, object: &text }));
    }
    if !sorted.others.is_empty() {
        let is_proof_wanted = policy.max_age.is_some();
        findings.push(findings::unrecognised(&region.name, &sorted.others, is_proof_wanted));
    }

    let newest = sound.iter().max_by_key(|facts| facts.name.created()).copied();
    let newest_age = newest.map(|facts| age(now, facts.name.created()));
    let oldest = copies.iter().filter_map(|copy| Some(copy.facts.as_ref()?.name.created())).min();
    match (newest, newest_age) {
        (Some(newest), Some(newest_age)) if newest_age > policy.rpo => {
            let object = newest.name.object();
            let place = Place { region: &region.name, object: &object };
            findings.push(findings::rpo_exceeded(place, newest_age, policy.rpo));
        }
        (Some(_), _) => (),
        (None, _) => {
            findings.push(findings::region_empty(
                &region.name,
                &policy.name,
                copies.len(),
                copies.iter().filter(|copy| copy.facts.is_some()).count(),
            ));
        }
    }
    retention(region, &copies, oldest, policy, now, findings);
    if let Some(max_age) = policy.max_age {
        versions::retention(region, policy, max_age, now, findings);
    }
    RegionFacts {
        region: region.name.clone(),
        backups: copies.len() as u64,
        sound: sound.len() as u64,
        newest: newest.cloned(),
        newest_age,
        oldest,
        copies,
    }
}

/// Returns what the manifest of a backup says, if it is believed and about this object.
fn believed<'r>(
    region: &'r Region,
    name: &BackupName,
    has_manifest: bool,
    now: Timestamp,
    place: Place<'_>,
    findings: &mut Vec<Finding>,
) -> Option<&'r Facts> {
    let facts = match region.manifests.get(place.object) {
        _ if !has_manifest => {
            findings.push(findings::manifest_missing(place));
            return None;
        }
        None => {
            findings.push(findings::manifest_unread(place, "nobody read it"));
            return None;
        }
        Some(ManifestState::Unread(why)) => {
            findings.push(findings::manifest_unread(place, why));
            return None;
        }
        Some(ManifestState::Refused(error)) => {
            findings.push(findings::manifest_refused(place, error));
            return None;
        }
        Some(ManifestState::Opened(facts)) => facts.as_ref(),
    };
    if facts.name != *name {
        // A copy of an older backup under a younger name would otherwise pass for a young one.
        findings.push(findings::manifest_of_another(place, &facts.name));
        return None;
    }
    if now.duration_since(facts.name.created()) < -CLOCK_SKEW {
        findings.push(findings::from_the_future(place, facts.name.created()));
        return None;
    }
    Some(facts)
}

fn retention(
    region: &Region,
    copies: &[RegionCopy],
    oldest: Option<Timestamp>,
    policy: &Policy,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    if let Some(max_age) = policy.max_age {
        let too_old = copies.iter().filter_map(|copy| {
            let facts = copy.facts.as_ref()?;
            let age = age(now, facts.name.created());
            (age > max_age).then(|| (facts.name.object(), age))
        });
        for (object, age) in too_old {
            let place = Place { region: &region.name, object: &object };
            findings.push(findings::retention_exceeded(place, age, max_age));
        }
        let undated = copies.iter().filter(|copy| copy.facts.is_none()).count();
        if undated > 0 {
            findings.push(findings::retention_unproved(&region.name, undated));
        }
    }
    if let (Some(wanted), Some(oldest)) = (policy.min_coverage, oldest) {
        let reach = age(now, oldest);
        if reach < wanted {
            findings.push(findings::coverage_short(&region.name, reach, wanted));
        }
    }
}

/// The objects of a listing by what their names say.
struct Sorted<'o> {
    backups: Vec<(&'o ListedObject, BackupName)>,
    manifests: BTreeSet<BackupName>,
    others: Vec<&'o str>,
}

impl<'o> Sorted<'o> {
    fn new(objects: &'o [ListedObject], policy: &Policy) -> Self {
        let mut sorted =
            Self { backups: Vec::new(), manifests: BTreeSet::new(), others: Vec::new() };
        for object in objects {
            if let Ok(name) = BackupName::parse(&object.name) {
                if name.name() == policy.name {
                    sorted.backups.push((object, name));
                }
            } else if let Ok(name) = BackupName::of_manifest(&object.name) {
                if name.name() == policy.name {
                    sorted.manifests.insert(name);
                }
            } else if !is_placeholder(object) {
                sorted.others.push(&object.name);
            }
        }
        sorted.backups.sort_by(|a, b| a.1.cmp(&b.1));
        sorted.others.sort_unstable();
        sorted
    }
}
