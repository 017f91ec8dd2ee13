//! What an SBOM says it describes, by digest.

use crate::cyclonedx::{BomError, Limits, check_json};
use beleg_model::Digest;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The kind of an SBOM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SbomFormat {
    /// CycloneDX, as JSON.
    CycloneDx,
    /// SPDX 2, as JSON.
    Spdx,
}

/// What an SBOM describes, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SbomSubject {
    /// The SBOM's kind.
    pub format: SbomFormat,
    /// The names, each with its version if one is given.
    pub names: Vec<String>,
    /// The SHA-256 and SHA-512 digests; empty when the SBOM names none.
    pub digests: BTreeSet<Digest>,
}

/// Says why bytes were refused as an SBOM.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// Too large, too deep, or with a key twice.
    #[error(transparent)]
    Shape(#[from] BomError),
    /// No JSON of the expected form.
    #[error("the bytes are no CycloneDX or SPDX document")]
    Malformed(#[from] serde_json::Error),
    /// Neither CycloneDX nor SPDX 2.
    #[error("the document is neither CycloneDX JSON nor SPDX 2 JSON")]
    UnknownFormat,
}

impl SbomSubject {
    /// Says whether one of the SBOM's digests is one of `artifact`'s, and no digest of the same
    /// algorithm differs: an SBOM of one artifact names no other.
    #[must_use]
    pub fn is(&self, artifact: &[Digest]) -> bool {
        let comparable =
            |named: &&Digest| artifact.iter().any(|digest| digest.algorithm() == named.algorithm());
        let mut compared = self.digests.iter().filter(comparable).peekable();
        compared.peek().is_some() && compared.all(|named| artifact.contains(named))
    }
}

/// Reads what a CycloneDX (`metadata.component`) or SPDX 2 (what the document `DESCRIBES`) SBOM
/// is about.
///
/// # Errors
/// When the bytes are too many, or no such document.
pub fn subject_of(bytes: &[u8], limits: &Limits) -> Result<SbomSubject, SubjectError> {
    // As `cyclonedx::read` does: tools for Windows write the mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    check_json(bytes, limits)?;
    let document: Document = serde_json::from_slice(bytes)?;
    if document.bom_format.as_deref() == Some("CycloneDX") {
        Ok(document.metadata.component.map_or_else(
            || SbomSubject::empty(SbomFormat::CycloneDx),
            |component| {
                let mut subject = SbomSubject::empty(SbomFormat::CycloneDx);
                subject.digests.extend(component.digest_as_version());
                subject.add(component.name, component.version);
                subject.digests.extend(component.hashes.iter().filter_map(Hash::digest));
                subject
            },
        ))
    } else if document.spdx_version.as_deref().is_some_and(|v| v.starts_with("SPDX-2.")) {
        Ok(spdx(document))
    } else {
        Err(SubjectError::UnknownFormat)
    }
}

impl SbomSubject {
    fn empty(format: SbomFormat) -> Self {
        Self { format, names: Vec::new(), digests: BTreeSet::new() }
    }

    fn add(&mut self, name: Option<String>, version: Option<String>) {
        let Some(name) = name else { return };
        self.names.push(match version {
            Some(version) => format!("{name} {version}"),
            None => name,
        });
    }
}

/// Collects what the document itself describes (SPDX 2.3, clauses 6 and 11.1).
fn spdx(document: Document) -> SbomSubject {
    const DOCUMENT: &str = "SPDXRef-DOCUMENT";
    let by_relation = document.relationships.iter().filter_map(|relation| {
        match relation.relationship_type.as_str() {
            "DESCRIBES" if relation.element == DOCUMENT => Some(&relation.related),
            "DESCRIBED_BY" if relation.related == DOCUMENT => Some(&relation.element),
            _ => None,
        }
    });
    let described: BTreeSet<&String> =
        document.document_describes.iter().chain(by_relation).collect();
    let mut subject = SbomSubject::empty(SbomFormat::Spdx);
    let elements = document.packages.into_iter().chain(document.files);
    for element in elements.filter(|element| described.contains(&element.id)) {
        subject.add(element.name.or(element.file_name), element.version_info);
        subject.digests.extend(element.checksums.iter().filter_map(Checksum::digest));
    }
    subject
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    bom_format: Option<String>,
    spdx_version: Option<String>,
    metadata: Metadata,
    document_describes: Vec<String>,
    relationships: Vec<Relationship>,
    packages: Vec<Element>,
    files: Vec<Element>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    component: Option<Component>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    version: Option<String>,
    hashes: Vec<Hash>,
}

impl Component {
    /// Returns the digest that syft writes as the version of a file that it looked into.
    fn digest_as_version(&self) -> Option<Digest> {
        let (algorithm, hex) = self.version.as_deref()?.split_once(':')?;
        if self.kind != "file" || !["sha256", "sha512"].contains(&algorithm) {
            return None;
        }
        format!("{algorithm}:{}", hex.to_ascii_lowercase()).parse().ok()
    }
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

impl Hash {
    fn digest(&self) -> Option<Digest> {
        digest(&self.alg, &self.content)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    element: String,
    relationship_type: String,
    #[serde(rename = "relatedSpdxElement")]
    related: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Element {
    #[serde(rename = "SPDXID")]
    id: String,
    name: Option<String>,
    file_name: Option<String>,
    version_info: Option<String>,
    checksums: Vec<Checksum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: String,
    checksum_value: String,
}

impl Checksum {
    fn digest(&self) -> Option<Digest> {
        digest(&self.algorithm, &self.checksum_value)
    }
}

/// Weaker digests tie an SBOM to nothing, and are passed over.
fn digest(algorithm: &str, hex: &str) -> Option<Digest> {
    let algorithm = match algorithm {
        "SHA-256" | "SHA256" => "sha256",
        "SHA-512" | "SHA512" => "sha512",
        _ => return None,
    };
    format!("{algorithm}:{}", hex.to_ascii_lowercase()).parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222222222222222222222222222";

    fn sha256(hex: &str) -> Digest {
        format!("sha256:{hex}").parse().unwrap()
    }

    fn read(text: &str) -> Result<SbomSubject, SubjectError> {
        subject_of(text.as_bytes(), &Limits::default())
    }

    #[test]
    fn cyclonedx_names_its_artifact_by_hash() {
        let subject = read(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{{"component":{{"type":
            "application","name":"app","version":"1","hashes":[{{"alg":"MD5","content":"00"}},
            {{"alg":"SHA-256","content":"{ONE}"}}]}}}}}}"#
        ))
        .unwrap();
        assert_eq!(
            (subject.format, subject.names.first().unwrap().as_str()),
            (SbomFormat::CycloneDx, "app 1")
        );
        assert!(subject.is(&[sha256(ONE)]));
        assert!(!subject.is(&[sha256(TWO)]));
    }

    #[test]
    fn spdx_is_about_what_the_document_describes_and_nothing_else() {
        let subject = read(&format!(
            r#"{{"spdxVersion":"SPDX-2.3","relationships":[{{"spdxElementId":"SPDXRef-DOCUMENT",
            "relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"}}],"packages":[
            {{"SPDXID":"SPDXRef-a","name":"app","checksums":[{{"algorithm":"SHA256",
            "checksumValue":"{ONE}"}}]}},{{"SPDXID":"SPDXRef-b","name":"dep","checksums":[
            {{"algorithm":"SHA256","checksumValue":"{TWO}"}}]}}]}}"#
        ))
        .unwrap();
        assert!(subject.is(&[sha256(ONE)]));
        assert!(!subject.is(&[sha256(TWO)]));
    }

    #[test]
    fn an_sbom_without_a_digest_describes_nothing_for_sure() {
        let subject =
            read(r#"{"bomFormat":"CycloneDX","metadata":{"component":{"name":"app"}}}"#).unwrap();
        assert!(subject.digests.is_empty() && !subject.is(&[sha256(ONE)]));
    }

    #[test]
    fn a_byte_order_mark_hides_no_subject() {
        let text = "\u{feff}{\"bomFormat\":\"CycloneDX\"}";
        assert_eq!(read(text).unwrap().format, SbomFormat::CycloneDx);
    }

    #[test]
    fn an_sbom_that_names_two_artifacts_is_neithers() {
        let subject = read(&format!(
            r#"{{"bomFormat":"CycloneDX","metadata":{{"component":{{"name":"app","hashes":[
            {{"alg":"SHA-256","content":"{ONE}"}},{{"alg":"SHA-256","content":"{TWO}"}}]}}}}}}"#
        ))
        .unwrap();
        assert!(!subject.is(&[sha256(ONE)]));
    }

    #[test]
    fn other_documents_and_doubled_keys_are_refused() {
        assert!(matches!(read("{}"), Err(SubjectError::UnknownFormat)));
        assert!(read("[]").is_err());
        let doubled = r#"{"bomFormat":"CycloneDX","bomFormat":"x"}"#;
        assert!(matches!(read(doubled), Err(SubjectError::Shape(_))));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(read(&deep), Err(SubjectError::Shape(_))));
    }
}
