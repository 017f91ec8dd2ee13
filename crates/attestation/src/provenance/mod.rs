//! What signed statements say: in-toto Statements, SLSA provenance, verification summaries and
//! other predicates, judged against a policy. The signatures are verified elsewhere.

mod assessment;
mod json;
mod judge;
mod levels;
mod policy;
mod repository;
mod slsa;
mod statement;
mod summary;
mod summary_policy;
#[cfg(test)]
mod tests;
mod voice;
mod vsa;

pub use assessment::{Assessment, Mismatch};
pub use json::{JsonError, MAX_DOCUMENT_BYTES, ShapeError};
pub use judge::{CertificateClaims, ProvenanceContext};
pub use policy::{PolicyError, ProvenancePolicy, ProvenanceRules};
pub use repository::{Repository, RepositoryError};
pub use slsa::{
    PROVENANCE_V0_2, PROVENANCE_V1, Provenance, ProvenanceError, ProvenanceVersion, Resource,
    Source,
};
pub use statement::{MAX_SUBJECTS, Statement, StatementError, StatementVersion, Subject};
pub use summary::{Summary, SummaryError, SummaryKind, summarise};
pub use summary_policy::{SummaryPolicy, SummaryRules};
pub use voice::Voice;
pub use vsa::{
    VERIFICATION_SUMMARY_V0_2, VERIFICATION_SUMMARY_V1, VerificationSummary,
    VerificationSummaryError,
};

pub(crate) use json::{Object, read as read_json};
pub(crate) use statement::{coverage, is_well_formed_digest};
