//! What is verified, whether a job or `beleg verify …` asks for it: each function looks at one
//! thing and returns what it found, with every signature's judgement.

mod artifact;
mod cache;
mod commits;
mod contents;
mod files;
mod image;
mod layout;
mod list;
mod material;
mod policy;
mod release;
mod signature;
mod signers;
mod tags;

pub use artifact::{ArtifactFiles, verify_artifacts};
pub(crate) use commits::HEAD_INPUT;
pub use commits::{CommitRange, verify_commits};
pub use image::{SignedImage, verify_image};
pub use layout::{LaidOut, verify_layout};
pub use material::TrustLocators;
pub(crate) use policy::PolicyInWords;
pub(crate) use release::policy_in_words;
pub use release::{
    Facts, Release, ReleaseError, SummaryError, VerifiedRelease, is_summary, sign_summary,
    verify_release,
};
pub(crate) use signers::read_identities;
pub use signers::{Identity, SignerLocators};
pub use tags::{SignedTags, verify_tags};

use beleg_model::{Finding, Location, Outcome, Verdict};
use beleg_trust::Reason;

/// What was found out about one subject.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The verdict, the population, the findings, the inputs, and in `details` every result.
    pub outcome: Outcome,
    /// What people want to see one by one; empty when they are too many for that.
    pub items: Vec<Item>,
    /// The policy that it was judged by, if one was read.
    pub(crate) policy: Option<PolicyInWords>,
}

/// One thing that was verified, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What was found, as label and text.
    pub facts: Vec<(&'static str, String)>,
}

impl Verified {
    fn new(outcome: Outcome, items: Vec<Item>) -> Self {
        Self { outcome, items, policy: None }
    }

    fn under(self, policy: Option<PolicyInWords>) -> Self {
        Self { policy, ..self }
    }

    /// States that the subject could not be examined.
    #[must_use]
    pub fn could_not_look(finding: Finding) -> Self {
        Self::could_not_begin(vec![finding])
    }

    /// States that the subject could not be examined, for all these reasons.
    #[must_use]
    pub fn could_not_begin(findings: Vec<Finding>) -> Self {
        Self::new(Outcome::could_not_begin(findings), Vec::new())
    }
}

/// Makes a finding of a reason that does not pass.
fn finding_of(reason: Reason, location: impl Into<Location>, message: String) -> Finding {
    Finding::of(reason.rule(), location, message)
}
