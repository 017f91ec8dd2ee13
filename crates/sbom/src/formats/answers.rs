use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

/// Finds the entry that a dependency means by any of the spellings an entry may be named with.
/// One look-up takes the same time however many entries there are.
pub(super) struct Answers<K> {
    places: HashMap<K, Answer>,
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
    /// Takes pairs of a spelling and the place of the entry it names.
    pub(super) fn of(spellings: impl Iterator<Item = (K, usize)>) -> Self {
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
        Self { places }
    }

    pub(super) fn to(&self, spelling: &K) -> Answer {
        self.places.get(spelling).copied().unwrap_or(Answer::Nothing)
    }
}
