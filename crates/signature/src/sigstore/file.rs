use super::artifact::Artifact;
use super::format::{self, MAX_BUNDLE_BYTES, malformed};
use super::policy::BundlePolicy;
use super::pypi::{verify_pypi_attestation, verify_pypi_provenance};
use super::root::TrustedRoot;
use super::verify::{Verified, verify_bundle};
use super::{verify_cosign_blob, verify_npm_package};
use jiff::Timestamp;
use serde_json::Value;

/// Bundles in one file of lines.
const MAX_BUNDLES: usize = 10_000;

/// Verifies everything in a file about `artifact`, whose file name is `name`: a bundle, bundles
/// line by line, an attestation or provenance object of PyPI (PEP 740), the attestations of npm's
/// registry, or what `cosign sign-blob` wrote before there were bundles.
///
/// The list is empty when the file holds none, which is nobody's pass. One that fails does not
/// keep the others from being verified.
#[must_use]
pub fn verify_file(
    bytes: &[u8],
    name: &str,
    artifact: &Artifact<'_>,
    policy: &BundlePolicy,
    root: &TrustedRoot,
    now: Timestamp,
) -> Vec<Verified> {
    let refused = |note: String| vec![Verified::of(malformed(note).into_judgement())];
    if bytes.len() > MAX_BUNDLE_BYTES {
        return refused(format!("it is larger than {MAX_BUNDLE_BYTES} bytes"));
    }
    let documents = match documents(bytes) {
        Ok(documents) => documents,
        Err(note) => return refused(note),
    };
    let verify = |document: &[u8]| match kind(document) {
        Kind::Bundle => vec![verify_bundle(document, artifact, policy, root, now)],
        Kind::PypiAttestation => {
            vec![verify_pypi_attestation(document, name, artifact, policy, root, now)]
        }
        Kind::PypiProvenance => verify_pypi_provenance(document, name, artifact, policy, root, now),
        Kind::Npm => verify_npm_package(document, artifact, policy, root, now),
        Kind::CosignBlob => vec![verify_cosign_blob(document, artifact, policy, root, now)],
    };
    documents.into_iter().flat_map(verify).collect()
}

#[derive(Clone, Copy)]
enum Kind {
    Bundle,
    PypiAttestation,
    PypiProvenance,
    Npm,
    CosignBlob,
}

/// Recognises a document by its members; what is none of the others is refused as a bundle.
fn kind(document: &[u8]) -> Kind {
    let value = format::value(document).unwrap_or(Value::Null);
    let has = |member: &str| value.get(member).is_some();
    if has("verification_material") {
        Kind::PypiAttestation
    } else if has("attestation_bundles") {
        Kind::PypiProvenance
    } else if has("attestations") {
        Kind::Npm
    } else if has("base64Signature") {
        Kind::CosignBlob
    } else {
        Kind::Bundle
    }
}

/// Splits a file of lines into its documents; a file that is one document is left whole.
///
/// # Errors
/// A sentence that says why it is no file of JSON documents.
pub fn documents(bytes: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut values =
        serde_json::Deserializer::from_slice(bytes).into_iter::<serde::de::IgnoredAny>();
    let mut documents = Vec::new();
    let mut begin = 0;
    while let Some(value) = values.next() {
        value.map_err(|error| format!("it is not JSON: {error}"))?;
        if documents.len() >= MAX_BUNDLES {
            return Err(format!("it holds more than {MAX_BUNDLES} documents"));
        }
        let end = values.byte_offset();
        documents.extend(bytes.get(begin..end));
        begin = end;
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_file_of_lines_is_split_and_a_whole_one_is_not() {
        assert_eq!(documents(b"{}\n{\"a\":1}\n").unwrap().len(), 2);
        assert_eq!(documents(b"{\n\"a\":\n1}").unwrap().len(), 1);
        assert!(documents(b"").unwrap().is_empty());
        assert!(documents(b"{}\nx").is_err());
        assert!(documents("{}\n".repeat(10_001).as_bytes()).is_err());
    }
}
