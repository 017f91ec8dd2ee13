//! What several regions hold, judged from their listings and manifests alone.

mod copies;
mod older;
mod one;
mod versions;

use crate::{BackupName, Facts, ManifestError, findings};
use beleg_model::{ByteCount, Finding, LeftOut, Population};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

pub use older::{Older, sampled};
pub use versions::OldVersion;

/// What one region holds below the prefix of the backups.
#[derive(Debug)]
pub struct Region {
    /// The region's name, as configured.
    pub name: String,
    /// The objects, or why they could not be listed.
    pub listing: Result<Vec<ListedObject>, Unlisted>,
    /// What the store keeps besides, or why that could not be found out.
    pub versions: Result<Vec<OldVersion>, String>,
    /// What became of reading the manifests, by the name of the *backup's* object. A listed
    /// manifest that is not here counts as not read.
    pub manifests: BTreeMap<String, ManifestState>,
}

/// Says why a region has no listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// The folder or bucket does not exist.
    Absent(String),
    /// It could not be reached or read.
    Unreadable(String),
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// The name below the prefix.
    pub name: String,
    /// How many bytes it has.
    pub size: ByteCount,
}

/// What became of reading one manifest.
#[derive(Debug)]
pub enum ManifestState {
    /// A trusted key signed it.
    Opened(Box<Facts>),
    /// It was read and is not believed.
    Refused(ManifestError),
    /// It could not be read, for this reason.
    Unread(String),
}

/// What the regions must fulfil.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The backups' name; other backups in the same place are not looked at.
    pub name: String,
    /// The recovery point objective: how old the newest backup may be in every region.
    pub rpo: Duration,
    /// How old the oldest backup may be in any region.
    pub max_age: Option<Duration>,
    /// How far back the oldest backup must reach in every region.
    pub min_coverage: Option<Duration>,
    /// How young a backup is that must be in every region; absent, every backup must.
    pub copies_for: Option<Duration>,
}

/// What was found out about all regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// What each region holds, in the order given.
    pub regions: Vec<RegionFacts>,
    /// Everything there is to say.
    pub findings: Vec<Finding>,
    /// The backups in all regions, and how many of them a trusted manifest speaks for.
    pub population: Population,
}

/// What one region holds. Ages come from signed manifests, never from an object's time of
/// modification, which every copying resets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionFacts {
    /// The region's name.
    pub region: String,
    /// How many encrypted backups of the policy's name are listed.
    pub backups: u64,
    /// How many of them have a manifest that is believed and a listed size that fits.
    pub sound: u64,
    /// The newest sound backup.
    pub newest: Option<Facts>,
    /// How old it is.
    pub newest_age: Option<Duration>,
    /// When the oldest backup with a believed manifest was made.
    pub oldest: Option<Timestamp>,
    /// Every listed backup.
    pub copies: Vec<RegionCopy>,
}

impl RegionFacts {
    /// Returns the backups besides the newest whose manifest is believed and whose size fits.
    fn sound_older(&self) -> impl Iterator<Item = &Facts> {
        let newest = self.newest.as_ref().map(|newest| &newest.name);
        let sound = self.copies.iter().filter_map(|copy| {
            copy.facts.as_ref().filter(|facts| facts.ciphertext.size == copy.size)
        });
        sound.filter(move |facts| Some(&facts.name) != newest)
    }

    /// Counts the backups besides the newest, whatever is known of them.
    #[must_use]
    pub fn older(&self) -> u64 {
        self.backups.saturating_sub(u64::from(self.newest.is_some()))
    }
}

/// One encrypted backup in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionCopy {
    /// Its object's name.
    pub name: BackupName,
    /// Its listed size.
    pub size: ByteCount,
    /// What its manifest says, when that is believed and is about this object.
    pub facts: Option<Facts>,
}

/// Judges what the regions hold. Backups are taken from the listings, their ages and contents
/// from the opened manifests; nothing is fetched.
#[must_use]
pub fn survey(regions: &[Region], policy: &Policy, now: Timestamp) -> Survey {
    let mut findings = Vec::new();
    let mut facts = Vec::new();
    let mut left_out = Vec::new();
    for region in regions {
        match &region.listing {
            Ok(objects) => facts.push(one::region(region, objects, policy, now, &mut findings)),
            Err(unlisted) => {
                let (finding, why) = match unlisted {
                    Unlisted::Absent(why) => (findings::region_absent(&region.name, why), why),
                    Unlisted::Unreadable(why) => {
                        (findings::region_unreadable(&region.name, why), why)
                    }
                };
                findings.push(finding);
                left_out.push(LeftOut {
                    what: format!("region {}", region.name),
                    count: 0,
                    why: why.clone(),
                });
            }
        }
    }
    copies::compare(&facts, policy, now, &mut findings);

    let listed = facts.iter().map(|region| region.copies.len() as u64);
    let believed =
        facts.iter().flat_map(|region| &region.copies).filter(|copy| copy.facts.is_some()).count()
            as u64;
    let population = Population {
        unit: "backups".to_owned(),
        expected: listed.fold(0, u64::saturating_add),
        examined: believed,
        left_out,
    };
    Survey { regions: facts, findings, population }
}

/// Says whether an object is only the mark that stores' consoles leave for a folder.
fn is_placeholder(object: &ListedObject) -> bool {
    object.size.0 == 0 && (object.name.is_empty() || object.name.ends_with('/'))
}

/// Returns how long ago something was; what lies ahead is zero.
fn age(now: Timestamp, then: Timestamp) -> Duration {
    let age = now.duration_since(then);
    Duration::try_from(age.max(SignedDuration::ZERO)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
