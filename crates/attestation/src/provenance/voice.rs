//! What a trusted statement is worth as a signature: a scan by an allowed signer that found a flaw
//! is signed by him too, and says nothing of the file being his.

use super::summary::{SummaryKind, is_family};

/// What a statement of some type says of its subject, whatever its signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Its maker made, describes or publishes the subject: it is a signature.
    Maker,
    /// What came out of verifying or testing the subject: a signature if it says that it passed.
    Result,
    /// Something about the subject that could be said of anything: no signature.
    About,
    /// A type that is not known: nobody can say.
    Unrecognised,
}

/// Types in all their versions: what follows is nothing, or `/v…`.
const FAMILIES: &[(&str, Voice)] = &[
    ("https://slsa.dev/provenance", Voice::Maker),
    ("https://in-toto.io/attestation/release", Voice::Maker),
    ("https://in-toto.io/attestation/link", Voice::Maker),
    ("https://github.com/npm/attestation/tree/main/specs/publish", Voice::Maker),
    ("https://docs.pypi.org/attestations/publish", Voice::Maker),
    ("https://sigstore.dev/cosign/sign", Voice::Maker),
    ("https://slsa.dev/verification_summary", Voice::Result),
    ("https://in-toto.io/attestation/svr", Voice::Result),
    ("https://in-toto.io/attestation/test-result", Voice::Result),
    ("https://in-toto.io/attestation/vulns", Voice::About),
    ("https://cosign.sigstore.dev/attestation/vuln", Voice::About),
    ("https://cosign.sigstore.dev/attestation", Voice::About),
    ("https://openvex.dev/ns", Voice::About),
    ("https://in-toto.io/attestation/scai", Voice::About),
    ("https://in-toto.io/attestation/scai/attribute-report", Voice::About),
];

impl Voice {
    /// Recognises a predicate by its type.
    #[must_use]
    pub fn of(predicate_type: &str) -> Self {
        if matches!(SummaryKind::of(predicate_type), SummaryKind::Spdx | SummaryKind::Cyclonedx) {
            return Self::Maker;
        }
        let found = FAMILIES.iter().find(|(family, _)| is_family(predicate_type, family));
        found.map_or(Self::Unrecognised, |(_, voice)| *voice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_a_type_has_its_voice_and_what_only_looks_like_it_has_none() {
        for (text, voice) in [
            ("https://slsa.dev/provenance/v1", Voice::Maker),
            ("https://slsa.dev/provenance/v9", Voice::Maker),
            ("https://spdx.dev/Document/v2.3", Voice::Maker),
            ("https://cyclonedx.org/bom", Voice::Maker),
            ("https://sigstore.dev/cosign/sign/v1", Voice::Maker),
            ("https://slsa.dev/verification_summary/v1.1", Voice::Result),
            ("https://slsa.dev/verification_summary/v2", Voice::Result),
            ("https://in-toto.io/attestation/test-result/v0.2", Voice::Result),
            ("https://in-toto.io/attestation/vulns/v0.2", Voice::About),
            ("https://cosign.sigstore.dev/attestation/vuln/v1", Voice::About),
            ("https://openvex.dev/ns/v0.2.0", Voice::About),
            ("https://in-toto.io/attestation/scai/attribute-report/v0.2", Voice::About),
            ("https://slsa.dev/Provenance/v1", Voice::Unrecognised),
            ("https://slsa.dev/provenance-of-another/v1", Voice::Unrecognised),
            ("https://example.org/x/v1", Voice::Unrecognised),
        ] {
            assert_eq!(Voice::of(text), voice, "{text}");
        }
    }
}
