use beleg_trust::Reason;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What a policy makes of a statement or a layout. The signature around it was verified by
/// somebody else; both together make a judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The worst of the mismatches; [`Reason::Trusted`] when there is none.
    pub reason: Reason,
    /// Everything that the policy refuses, each with its own reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mismatches: Vec<Mismatch>,
    /// What else people should know, as sentences without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One thing that the policy refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Why.
    pub reason: Reason,
    /// What was found and what was demanded, as a sentence without a full stop.
    pub note: String,
}

impl Assessment {
    pub(crate) fn new() -> Self {
        Self { reason: Reason::Trusted, mismatches: Vec::new(), notes: Vec::new() }
    }

    /// Refuses a statement as a whole.
    #[must_use]
    pub fn refused(reason: Reason, note: impl Into<String>) -> Self {
        let mut assessment = Self::new();
        assessment.refuse(reason, note);
        assessment
    }

    /// Adds a mismatch. What is wrong outweighs what could not be examined, then the severity
    /// counts, then which came first.
    pub(crate) fn refuse(&mut self, reason: Reason, note: impl Into<String>) {
        let mismatch = Mismatch { reason, note: note.into() };
        if self.mismatches.contains(&mismatch) {
            return;
        }
        self.mismatches.push(mismatch);
        let worst = self
            .mismatches
            .iter()
            .map(|mismatch| mismatch.reason)
            .min_by_key(|reason| Reverse((reason.verdict(), reason.severity())));
        self.reason = worst.unwrap_or(Reason::Trusted);
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_outweighs_what_is_unknown_whichever_comes_first() {
        let mut assessment = Assessment::refused(Reason::UnsupportedFormat, "a");
        assert_eq!(assessment.reason, Reason::UnsupportedFormat);
        assessment.refuse(Reason::RefMismatch, "b");
        assert_eq!(assessment.reason, Reason::RefMismatch);
        assessment.refuse(Reason::SourceMismatch, "c");
        assessment.refuse(Reason::ContentNeeded, "d");
        assert_eq!(assessment.reason, Reason::SourceMismatch);
        assert_eq!(assessment.mismatches.len(), 4);
    }
}
