//! The trusted X.509 authorities.

use super::certificate::Certificate;
use super::pem;
use crate::{MaterialProblem, TrustSource};

/// Most certificates in the file.
const MAX_CERTIFICATES: usize = 10_000;

/// The certificates of the authorities' file. One whose issuer is in the file too only helps to
/// build paths; every other one is trusted by itself.
#[derive(Debug, Default)]
pub(crate) struct Authorities {
    anchors: Vec<Certificate>,
    intermediates: Vec<Certificate>,
}

impl Authorities {
    /// Reads certificates from PEM; what cannot be read becomes a problem.
    pub(crate) fn parse(text: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut problem = |line, message: String| {
            problems.push(MaterialProblem::new(TrustSource::Authorities, line, message));
        };
        let blocks = pem::blocks(text).unwrap_or_else(|error| {
            problem(None, error.to_string());
            Vec::new()
        });
        if blocks.is_empty() && !text.trim_ascii().is_empty() {
            problem(None, "it holds no certificate in PEM".to_owned());
        }
        let mut certificates: Vec<Certificate> = Vec::new();
        for block in blocks {
            let line = Some(block.line);
            if !["CERTIFICATE", "X509 CERTIFICATE"].contains(&block.label) {
                problem(line, "the block is not a CERTIFICATE".to_owned());
                continue;
            }
            if certificates.len() >= MAX_CERTIFICATES {
                problem(line, format!("there are more than {MAX_CERTIFICATES} certificates"));
                break;
            }
            let parsed = block
                .bytes
                .map_err(|error| error.to_string())
                .and_then(|bytes| Certificate::parse(&bytes).map_err(|error| error.to_string()));
            match parsed {
                Ok(certificate) => certificates.push(certificate),
                Err(message) => problem(line, message),
            }
        }
        let subjects: std::collections::BTreeSet<Vec<u8>> =
            certificates.iter().map(|certificate| certificate.subject.clone()).collect();
        let (anchors, intermediates) = certificates.into_iter().partition(|certificate| {
            certificate.is_self_issued() || !subjects.contains(&certificate.issuer)
        });
        Self { anchors, intermediates }
    }

    /// Returns those that are trusted by themselves.
    pub(super) fn anchors(&self) -> impl Iterator<Item = &Certificate> {
        self.anchors.iter()
    }

    /// Returns those that only help.
    pub(super) fn intermediates(&self) -> impl Iterator<Item = &Certificate> {
        self.intermediates.iter()
    }
}
