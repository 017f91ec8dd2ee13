//! Finds regions that are one place.

use super::RestoreCheck;
use crate::failure::chain;
use beleg_backup::{BackupName, Region, findings};
use beleg_engine::Ctx;
use beleg_model::Finding;
use beleg_store::{Sameness, Store};

/// How names begin of what is written to tell two regions apart. Its content is shorter than any
/// secret.
pub(super) const CANARY: &str = "beleg-canary-";
/// How many objects of two regions are compared.
const COMPARED: usize = 4;

impl RestoreCheck {
    /// Compares every two regions that could be opened.
    pub(super) fn tell_apart(
        &self,
        regions: &[Region],
        stores: &[Option<Store>],
        ctx: &Ctx,
    ) -> Vec<Finding> {
        let opened = regions.iter().zip(stores);
        let opened: Vec<(&Region, &Store)> =
            opened.filter_map(|(region, store)| Some((region, store.as_ref()?))).collect();
        let mut found = Vec::new();
        for (at, one) in opened.iter().enumerate() {
            let others = opened.iter().skip(at.saturating_add(1));
            found.extend(others.filter_map(|other| self.pair(*one, *other, ctx)));
        }
        found
    }

    fn pair(
        &self,
        (one, a): (&Region, &Store),
        (other, b): (&Region, &Store),
        ctx: &Ctx,
    ) -> Option<Finding> {
        let (name, second) = (one.name.as_str(), other.name.as_str());
        let untold = |why: &str| Some(findings::regions_untold(name, second, why));
        match a.compared(b, &shared(one, other)) {
            Ok(Sameness::One(why)) => Some(findings::regions_are_one(name, second, why)),
            Ok(Sameness::Apart) => {
                a.shares_bucket_with(b).then(|| findings::regions_share_bucket(name, second))
            }
            Ok(Sameness::Untold) if !self.reading.canary => untold(
                "the objects in both agree in time, tag and version, as they also do where a store replicates another",
            ),
            Ok(Sameness::Untold) => {
                let canary = format!("{CANARY}{}", ctx.now.as_nanosecond());
                match a.is_replaced_through(b, &canary) {
                    Ok(false) => None,
                    Ok(true) => Some(findings::regions_are_one(
                        name,
                        second,
                        "an object written to one replaced the other's",
                    )),
                    Err(error) => untold(&chain(&error)),
                }
            }
            Err(error) => untold(&chain(&error)),
        }
    }
}

/// Returns the newest backups that both regions list.
fn shared(one: &Region, other: &Region) -> Vec<String> {
    let names = |region: &Region| -> Vec<String> {
        let objects = region.listing.as_deref().unwrap_or_default().iter();
        objects.map(|object| object.name.clone()).collect()
    };
    let held = names(other);
    let mut shared: Vec<String> = names(one)
        .into_iter()
        .filter(|name| BackupName::parse(name).is_ok() && held.contains(name))
        .collect();
    shared.sort();
    shared.into_iter().rev().take(COMPARED).collect()
}
