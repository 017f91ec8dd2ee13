//! What an entry's payload states, opened and compared with the entry.

use crate::entry::{Entry, EntryError};
use crate::log::Stated;
use crate::payload::{self, PayloadError};
use crate::problem::chain;
use beleg_dsse::Verifier;
use beleg_model::{Evidence, PlanRecord};

/// What a payload states.
#[derive(Debug)]
pub(crate) enum Statement {
    Plan(PlanRecord),
    Evidence(Box<Evidence>),
}

/// Why a payload says nothing.
#[derive(Debug)]
pub(crate) enum Refusal {
    Payload(PayloadError),
    Entry(EntryError),
}

impl Statement {
    /// Opens the payload of `entry`, and checks that the entry says of it what it states.
    pub(crate) fn open(bytes: &[u8], entry: &Entry, verifier: &Verifier) -> Result<Self, Refusal> {
        match entry {
            Entry::Planned { .. } => open(bytes, entry, verifier).map(Self::Plan),
            _ => open(bytes, entry, verifier).map(|evidence| Self::Evidence(Box::new(evidence))),
        }
    }

    pub(crate) fn plan(self) -> Option<PlanRecord> {
        match self {
            Self::Plan(plan) => Some(plan),
            Self::Evidence(_) => None,
        }
    }

    pub(crate) fn evidence(self) -> Option<Evidence> {
        match self {
            Self::Plan(_) => None,
            Self::Evidence(evidence) => Some(*evidence),
        }
    }
}

impl Refusal {
    /// Says what is wrong with the payload of entry `index`.
    pub(crate) fn says(&self, index: u64) -> String {
        match self {
            Self::Payload(error) => chain(error),
            Self::Entry(error) => format!("entry {index}: {error}"),
        }
    }
}

fn open<P: Stated>(bytes: &[u8], entry: &Entry, verifier: &Verifier) -> Result<P, Refusal> {
    let commitment = entry
        .commitment()
        .ok_or(Refusal::Entry(EntryError::Sort { expected: P::SORT, found: entry.sort() }))?;
    let stated: P = payload::open(bytes, &commitment, verifier).map_err(Refusal::Payload)?;
    stated.check(entry).map_err(Refusal::Entry)?;
    Ok(stated)
}
