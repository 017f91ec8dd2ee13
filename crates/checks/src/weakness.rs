//! Settings by which a check shows less than it could. Each is said in the evidence, and some leave
//! nothing of what a control is about.

use beleg_engine::Unearned;
use std::collections::BTreeMap;

/// A setting that weakens a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weakness {
    /// What is no longer shown, as the rest of a sentence.
    pub(crate) words: String,
    /// The control that the evidence cannot serve then.
    pub(crate) voids: Option<&'static str>,
}

impl Weakness {
    /// Makes a weakness that the evidence only tells of.
    pub(crate) fn told(words: impl Into<String>) -> Self {
        Self { words: words.into(), voids: None }
    }

    /// Makes a weakness with which the evidence does not serve a control.
    pub(crate) fn voids(control: &'static str, words: impl Into<String>) -> Self {
        Self { words: words.into(), voids: Some(control) }
    }

    /// Makes one of each option that is set and whose name ends in `-unsafe`: none of them leaves
    /// the control whole.
    pub(crate) fn of_unsafe(control: &'static str, options: &[(&str, bool)]) -> Vec<Self> {
        let set = options.iter().filter(|(_, is_set)| *is_set);
        set.map(|(name, _)| Self::voids(control, format!("`{name}` is set"))).collect()
    }
}

/// Returns the controls that cannot be served, and why.
pub(crate) fn unearned(weaknesses: &[Weakness]) -> Vec<Unearned> {
    let voids = |it: &Weakness| Some(Unearned::new(it.voids?, it.words.clone()));
    weaknesses.iter().filter_map(voids).collect()
}

/// Adds what weakens a check to its settings.
pub(crate) fn tell(weaknesses: &[Weakness], settings: &mut BTreeMap<String, String>) {
    let words: Vec<&str> = weaknesses.iter().map(|it| it.words.as_str()).collect();
    if !words.is_empty() {
        settings.insert(beleg_model::WEAKENED.to_owned(), words.join("; "));
    }
}
