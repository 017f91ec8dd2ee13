use super::RegionFacts;
use crate::{Facts, Measure};
use std::fmt::Display;

/// A backup of a region that is not its newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Older<'r> {
    /// The region's place in the survey.
    pub region: usize,
    /// What its manifest says.
    pub facts: &'r Facts,
}

/// Chooses at most `count` older backups of each region to be read whole, and counts the others.
/// The choice is random for whoever does not know `seed`, and can be made again by whoever does:
/// a rotation would follow the backups as they age, and could meet the same ones for ever.
#[must_use]
pub fn sampled<'r>(regions: &'r [RegionFacts], count: usize, seed: &dyn Display) -> Vec<Older<'r>> {
    let mut chosen = Vec::new();
    for (region, facts) in regions.iter().enumerate() {
        let mut older: Vec<&Facts> = facts.sound_older().collect();
        let lot = |facts: &&Facts| {
            let ticket = format!("{seed} {} {}", region, facts.name);
            Measure::of(ticket.as_bytes()).digest
        };
        older.sort_by_cached_key(|facts| lot(facts));
        chosen.extend(older.into_iter().take(count).map(|facts| Older { region, facts }));
    }
    chosen
}
