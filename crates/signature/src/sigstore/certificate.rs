use crate::key_material;
use beleg_trust::GITHUB_ISSUER;
use der::asn1::{ObjectIdentifier, Utf8StringRef};
use der::{Decode as _, Encode as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sigstore_verify::crypto::{CertificateInfo, FulcioCiClaims, parse_certificate_info};
use sigstore_verify::types::DerCertificate;
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// Fulcio's subject alternative name for identities that are neither addresses nor URIs.
const FULCIO_OTHER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// What a Fulcio certificate states about the workflow that it was issued to
/// (the extensions under `1.3.6.1.4.1.57264.1`). The authority vouches for them, as far as the
/// issuer of the identity does; none is there for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CertificateClaims {
    /// The reusable workflow or build instructions that signed, with their ref.
    pub build_signer_uri: Option<String>,
    /// The commit of those instructions.
    pub build_signer_digest: Option<String>,
    /// Where it ran: `github-hosted`, `self-hosted`.
    pub runner_environment: Option<String>,
    /// The repository that was built, as a URI.
    pub source_repository: Option<String>,
    /// The commit that was built.
    pub source_repository_digest: Option<String>,
    /// The ref that was built, such as `refs/tags/v1`.
    pub source_repository_ref: Option<String>,
    /// The forge's unchanging id of the repository.
    pub source_repository_identifier: Option<String>,
    /// The repository's owner, as a URI.
    pub source_repository_owner: Option<String>,
    /// The forge's unchanging id of the owner.
    pub source_repository_owner_identifier: Option<String>,
    /// The top-level workflow, as a URI with its ref.
    pub build_config_uri: Option<String>,
    /// The commit of the top-level workflow.
    pub build_config_digest: Option<String>,
    /// The event that started the build: `push`, `release`.
    pub build_trigger: Option<String>,
    /// The run, as a URI.
    pub run_invocation_uri: Option<String>,
    /// Whether the repository was `public` or `private` then.
    pub source_repository_visibility: Option<String>,
    /// The deployment environment, whose rules the build had to pass.
    pub deployment_environment: Option<String>,
}

/// The signing certificate, as far as policies look at it. Nothing here is verified by itself.
pub(super) struct Leaf {
    /// Every subject alternative name; `None` for one of a kind that Fulcio does not use.
    pub(super) names: Vec<Option<String>>,
    pub(super) issuer: Option<String>,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    /// `sha256:` and the hex digest of the certificate.
    pub(super) fingerprint: String,
    /// The key under the name that it has in every format.
    pub(super) public_key: Option<String>,
    pub(super) algorithm: &'static str,
    pub(super) claims: CertificateClaims,
}

impl Leaf {
    /// Reads a certificate.
    ///
    /// # Errors
    /// A sentence that says what cannot be read.
    pub(super) fn read(der: &DerCertificate) -> Result<Self, String> {
        let info = parse_certificate_info(der).map_err(|error| error.to_string())?;
        let certificate =
            Certificate::from_der(der.as_bytes()).map_err(|error| error.to_string())?;
        let spki = &certificate.tbs_certificate.subject_public_key_info;
        Ok(Self {
            names: names(&certificate)?,
            fingerprint: format!("sha256:{}", hex::encode(Sha256::digest(der.as_bytes()))),
            public_key: spki.to_der().ok().map(|spki| key_material::of_spki(&spki)),
            algorithm: info.key_algorithm.default_signing_scheme().name(),
            claims: claims(&info),
            issuer: info.issuer,
            not_before: info.not_before,
            not_after: info.not_after,
        })
    }

    /// Returns the only identity, or `None` when there are several, or none, or one that is
    /// neither an address nor a URI nor Fulcio's own kind of name.
    pub(super) fn identity(&self) -> Option<&str> {
        match self.names.as_slice() {
            [name] => name.as_deref(),
            _ => None,
        }
    }

    pub(super) fn covers(&self, time: Timestamp) -> bool {
        self.not_before <= time && time <= self.not_after
    }
}

fn names(certificate: &Certificate) -> Result<Vec<Option<String>>, String> {
    let extension = certificate
        .tbs_certificate
        .get::<SubjectAltName>()
        .map_err(|error| format!("subject alternative names: {error}"))?;
    let Some((_critical, SubjectAltName(names))) = extension else { return Ok(Vec::new()) };
    Ok(names.iter().map(name).collect())
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::Rfc822Name(address) => Some(address.to_string()),
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        GeneralName::OtherName(other) if other.type_id == FULCIO_OTHER_NAME => {
            let text: Utf8StringRef<'_> = (&other.value).try_into().ok()?;
            Some(text.as_str().to_owned())
        }
        _ => None,
    }
}

/// Takes the claims over; certificates from before Fulcio's neutral claims carry GitHub's own.
fn claims(info: &CertificateInfo) -> CertificateClaims {
    let FulcioCiClaims { deprecated_github: old, .. } = &info.ci_claims;
    let new = &info.ci_claims;
    let old_repository = old
        .workflow_repository
        .as_ref()
        .filter(|_| info.issuer.as_deref() == Some(GITHUB_ISSUER))
        .map(|repository| format!("https://github.com/{repository}"));
    CertificateClaims {
        build_signer_uri: new.build_signer_uri.clone(),
        build_signer_digest: new.build_signer_digest.clone(),
        runner_environment: new.runner_environment.clone(),
        source_repository: new.source_repository_uri.clone().or(old_repository),
        source_repository_digest: new
            .source_repository_digest
            .clone()
            .or_else(|| old.workflow_sha.clone()),
        source_repository_ref: new
            .source_repository_ref
            .clone()
            .or_else(|| old.workflow_ref.clone()),
        source_repository_identifier: new.source_repository_identifier.clone(),
        source_repository_owner: new.source_repository_owner_uri.clone(),
        source_repository_owner_identifier: new.source_repository_owner_identifier.clone(),
        build_config_uri: new.build_config_uri.clone(),
        build_config_digest: new.build_config_digest.clone(),
        build_trigger: new.build_trigger.clone().or_else(|| old.workflow_trigger.clone()),
        run_invocation_uri: new.run_invocation_uri.clone(),
        source_repository_visibility: new.source_repository_visibility_at_signing.clone(),
        deployment_environment: new.deployment_environment.clone(),
    }
}
