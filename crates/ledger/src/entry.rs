use crate::Commitment;
use crate::time::Tail;
use beleg_dsse::canonical_json;
use beleg_model::{Evidence, PlanRecord, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most bytes an entry may have: what the length field of an entry bundle can say.
pub const MAX_ENTRY: usize = 65_535;
/// The most characters the reason of an erasure may have.
pub const MAX_REASON: usize = 500;

/// One leaf of the ledger, in clear. It is one line of canonical JSON (RFC 8785).
///
/// Names of subjects may be personal data, and a leaf can never be taken back. So everything
/// that is not listed here stands in the payload, to which the leaf only commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "lowercase")]
pub enum Entry {
    /// A run promises its checks.
    Planned {
        /// When it was recorded.
        time: Timestamp,
        /// Commits to the payload: a [`PlanRecord`].
        commitment: Commitment,
        /// The run's name.
        run: String,
        /// Identifies the run.
        run_id: String,
        /// How many checks the plan has.
        checks: u64,
        /// Where the clock last went back; see [`Tail`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jump: Option<u64>,
    },
    /// A check has left its evidence.
    Evidence {
        /// When it was recorded.
        time: Timestamp,
        /// Commits to the payload: an [`Evidence`].
        commitment: Commitment,
        /// Identifies the run.
        run_id: String,
        /// The job's name.
        job: String,
        /// The job's kind.
        kind: String,
        /// Identifiers of the controls the evidence serves.
        controls: Vec<String>,
        /// What the check has shown.
        verdict: Verdict,
        /// Where the clock last went back; see [`Tail`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jump: Option<u64>,
    },
    /// The payload of an earlier entry was deleted. The proofs of that entry stay as they were.
    Erased {
        /// When it was recorded.
        time: Timestamp,
        /// The entry whose payload was deleted.
        index: u64,
        /// Why, without personal data: a leaf can never be taken back.
        reason: String,
        /// Where the clock last went back; see [`Tail`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jump: Option<u64>,
    },
}

/// Says why bytes are no entry, or why an entry does not fit its payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// More than [`MAX_ENTRY`] bytes.
    #[error("the entry has {0} bytes, more than {MAX_ENTRY}")]
    TooLarge(usize),
    /// The bytes are no entry.
    #[error("the bytes are no ledger entry")]
    Malformed(#[source] serde_json::Error),
    /// The bytes are an entry, but not in the one form that is written.
    #[error("the entry is not in canonical form, or has parts that are not known")]
    NotCanonical,
    /// The entry says another thing than its payload.
    #[error("the entry's `{0}` is not that of its payload")]
    Mismatch(&'static str),
    /// A better verdict than findings and population bear.
    #[error("the verdict is better than the findings and the population bear")]
    Flattered,
    /// The entry is of another sort.
    #[error("the entry is `{found}`, not `{expected}`")]
    Sort {
        /// What was asked for.
        expected: &'static str,
        /// What the entry is.
        found: &'static str,
    },
    /// An erasure of itself or of something later.
    #[error("the entry erases entry {0}, which is not before it")]
    ErasesLater(u64),
    /// A reason that is empty, too long or has control characters in it.
    #[error("the reason is empty, longer than {MAX_REASON} characters or has line breaks in it")]
    Reason,
}

impl Entry {
    /// Reads an entry, strictly: written again, it must give the same bytes.
    ///
    /// # Errors
    /// When the bytes are too many, no entry, or not in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY {
            return Err(EntryError::TooLarge(bytes.len()));
        }
        let entry: Self = serde_json::from_slice(bytes).map_err(EntryError::Malformed)?;
        if entry.encode()? == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }

    /// Writes the entry as canonical JSON.
    ///
    /// # Errors
    /// When it is longer than [`MAX_ENTRY`] bytes, or the reason of an erasure is refused.
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        if let Self::Erased { reason, .. } = self {
            let length = reason.chars().count();
            if length == 0 || length > MAX_REASON || reason.contains(char::is_control) {
                return Err(EntryError::Reason);
            }
        }
        let bytes = canonical_json(self).map_err(|_| EntryError::NotCanonical)?;
        if bytes.len() > MAX_ENTRY { Err(EntryError::TooLarge(bytes.len())) } else { Ok(bytes) }
    }

    /// Returns when the entry was recorded.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Planned { time, .. }
            | Self::Evidence { time, .. }
            | Self::Erased { time, .. } => *time,
        }
    }

    /// Returns the commitment to the payload; an erasure has none.
    #[must_use]
    pub fn commitment(&self) -> Option<Commitment> {
        match self {
            Self::Planned { commitment, .. } | Self::Evidence { commitment, .. } => {
                Some(*commitment)
            }
            Self::Erased { .. } => None,
        }
    }

    /// Returns the last entry at or before this one that is older than the entry before it.
    #[must_use]
    pub fn jump(&self) -> Option<u64> {
        match self {
            Self::Planned { jump, .. }
            | Self::Evidence { jump, .. }
            | Self::Erased { jump, .. } => *jump,
        }
    }

    /// Returns the run the entry belongs to; an erasure belongs to none.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        match self {
            Self::Planned { run_id, .. } | Self::Evidence { run_id, .. } => Some(run_id),
            Self::Erased { .. } => None,
        }
    }

    /// Returns the word for the sort of entry: `planned`, `evidence` or `erased`.
    #[must_use]
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Planned { .. } => "planned",
            Self::Evidence { .. } => "evidence",
            Self::Erased { .. } => "erased",
        }
    }

    pub(crate) fn is_planned(&self) -> bool {
        matches!(self, Self::Planned { .. })
    }

    pub(crate) fn planned(plan: &PlanRecord, commitment: Commitment, time: Timestamp) -> Self {
        Self::Planned {
            time,
            commitment,
            run: plan.run.clone(),
            run_id: plan.run_id.clone(),
            checks: count(plan),
            jump: None,
        }
    }

    pub(crate) fn evidence(evidence: &Evidence, commitment: Commitment, time: Timestamp) -> Self {
        Self::Evidence {
            time,
            commitment,
            run_id: evidence.run_id.clone(),
            job: evidence.job.clone(),
            kind: evidence.kind.clone(),
            controls: evidence.controls.clone(),
            verdict: evidence.outcome.verdict,
            jump: None,
        }
    }

    pub(crate) fn at(mut self, at: Tail) -> Self {
        match &mut self {
            Self::Planned { time, jump, .. }
            | Self::Evidence { time, jump, .. }
            | Self::Erased { time, jump, .. } => {
                (*time, *jump) = (at.time, at.jump);
            }
        }
        self
    }

    /// Checks that the entry says about `plan` what the plan says itself.
    pub(crate) fn check_plan(&self, plan: &PlanRecord) -> Result<(), EntryError> {
        let Self::Planned { run, run_id, checks, .. } = self else {
            return Err(EntryError::Sort { expected: "planned", found: self.sort() });
        };
        mismatch("run", *run == plan.run)?;
        mismatch("run_id", *run_id == plan.run_id)?;
        mismatch("checks", *checks == count(plan))
    }

    /// Checks that the entry says about `evidence` what the evidence says itself.
    pub(crate) fn check_evidence(&self, evidence: &Evidence) -> Result<(), EntryError> {
        let Self::Evidence { run_id, job, kind, controls, verdict, .. } = self else {
            return Err(EntryError::Sort { expected: "evidence", found: self.sort() });
        };
        mismatch("run_id", *run_id == evidence.run_id)?;
        mismatch("job", *job == evidence.job)?;
        mismatch("kind", *kind == evidence.kind)?;
        mismatch("controls", *controls == evidence.controls)?;
        mismatch("verdict", *verdict == evidence.outcome.verdict)?;
        if evidence.outcome.is_flattered() { Err(EntryError::Flattered) } else { Ok(()) }
    }

    /// Checks what must hold at the place `index`.
    pub(crate) fn check_place(&self, index: u64) -> Result<(), EntryError> {
        match self {
            Self::Erased { index: erased, .. } if *erased >= index => {
                Err(EntryError::ErasesLater(*erased))
            }
            _ => Ok(()),
        }
    }
}

fn mismatch(field: &'static str, equal: bool) -> Result<(), EntryError> {
    if equal { Ok(()) } else { Err(EntryError::Mismatch(field)) }
}

fn count(plan: &PlanRecord) -> u64 {
    u64::try_from(plan.checks.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn erased(reason: &str) -> Entry {
        Entry::Erased {
            time: Timestamp::UNIX_EPOCH,
            index: 3,
            reason: reason.to_owned(),
            jump: None,
        }
    }

    #[test]
    fn an_entry_reads_back_as_written() {
        let entry = erased("retention of 30 days has ended");
        let bytes = entry.encode().unwrap();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            r#"{"entry":"erased","index":3,"reason":"retention of 30 days has ended","time":"1970-01-01T00:00:00Z"}"#
        );
        assert_eq!(Entry::parse(&bytes).unwrap(), entry);
    }

    #[test]
    fn other_spellings_of_an_entry_are_refused() {
        for text in [
            r#"{"entry":"erased","index":3,"reason":"r", "time":"1970-01-01T00:00:00Z"}"#,
            r#"{"index":3,"entry":"erased","reason":"r","time":"1970-01-01T00:00:00Z"}"#,
            r#"{"entry":"erased","index":3,"reason":"r","time":"1970-01-01T00:00:00+00:00"}"#,
            r#"{"entry":"erased","index":3,"more":1,"reason":"r","time":"1970-01-01T00:00:00Z"}"#,
            r#"{"entry":"erased","index":3,"index":3,"reason":"r","time":"1970-01-01T00:00:00Z"}"#,
        ] {
            assert!(Entry::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_reason_is_one_short_line() {
        for reason in ["", "two\nlines", &"x".repeat(501)] {
            assert!(matches!(erased(reason).encode(), Err(EntryError::Reason)));
        }
    }

    #[test]
    fn an_entry_too_long_for_a_bundle_is_refused() {
        let entry = Entry::Planned {
            time: Timestamp::UNIX_EPOCH,
            commitment: Commitment::of(&[1; 32], b""),
            run: "x".repeat(MAX_ENTRY),
            run_id: String::new(),
            checks: 0,
            jump: None,
        };
        assert!(matches!(entry.encode(), Err(EntryError::TooLarge(_))));
        let too_many = vec![b' '; MAX_ENTRY.saturating_add(1)];
        assert!(matches!(Entry::parse(&too_many), Err(EntryError::TooLarge(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_and_mutated_input_never_panics(
            bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let _ = Entry::parse(&bytes);
            let mut mutated = erased("reason").encode().unwrap();
            *at.get_mut(&mut mutated) = byte;
            if let Ok(entry) = Entry::parse(&mutated) {
                prop_assert_eq!(entry.encode().unwrap(), mutated);
            }
        }
    }
}
