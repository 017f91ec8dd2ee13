use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// Finds the entry that a dependency means by any of the spellings an entry may be named with.
/// One look-up takes the same time however many entries there are.
pub(super) struct Answers<K> {
    /// By the spelling that leaves nothing out.
    whole: HashMap<K, Answer>,
    /// By any shorter spelling.
    short: HashMap<K, Answer>,
}

/// What a spelling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The entry at this place.
    One(usize),
    /// Several entries, so that nobody knows which.
    Several,
    /// No entry.
    Nothing,
}

impl<K: Eq + Hash> Answers<K> {
    /// Takes pairs of a spelling and the place of the entry it names: first the whole spellings,
    /// one an entry, then those that leave something out.
    pub(super) fn of(
        whole: impl Iterator<Item = (K, usize)>,
        short: impl Iterator<Item = (K, usize)>,
    ) -> Self {
        Self { whole: places(whole), short: places(short) }
    }

    /// Finds what `spelling` means. What is the whole spelling of one entry is not the short one
    /// of another: a lockfile shortens only what stays clear.
    pub(super) fn to(&self, spelling: &K) -> Answer {
        let found = self.whole.get(spelling).or_else(|| self.short.get(spelling));
        found.copied().unwrap_or(Answer::Nothing)
    }
}

fn places<K: Eq + Hash>(spellings: impl Iterator<Item = (K, usize)>) -> HashMap<K, Answer> {
    let mut places = HashMap::new();
    for (spelling, place) in spellings {
        match places.entry(spelling) {
            Entry::Vacant(vacant) => {
                vacant.insert(Answer::One(place));
            }
            Entry::Occupied(mut occupied) => {
                if *occupied.get() != Answer::One(place) {
                    occupied.insert(Answer::Several);
                }
            }
        }
    }
    places
}
