//! The path from a signer's certificate to a trusted authority (RFC 5280, section 6): built and
//! checked at one instant. What is not evaluated (name constraints, unknown critical extensions)
//! is never passed over in silence.

use super::algorithm::Fit;
use super::certificate::{ANY_PURPOSE, Certificate};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;

/// Longest path, in certificates.
const MAX_LENGTH: usize = 8;
/// Most signatures that are checked for one path: hostile certificates may form many.
const MAX_SIGNATURES: usize = 64;

/// Where a path may lead, and what may lie between.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    /// Trusted authorities.
    pub(super) anchors: &'a [&'a Certificate],
    /// Certificates that may help, from whomever.
    pub(super) intermediates: &'a [&'a Certificate],
}

/// Certificates from the signer's up to a trusted one, each signed by the next.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) certificates: Vec<&'a Certificate>,
}

impl<'a> Path<'a> {
    /// Returns each certificate with the one that issued it.
    pub(super) fn issued(&self) -> impl Iterator<Item = (&'a Certificate, &'a Certificate)> {
        self.certificates.iter().copied().zip(self.certificates.iter().skip(1).copied())
    }
}

/// Says why there is no path, the one that came furthest last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum PathError {
    #[error("no trusted authority issued the certificate of `{0}`")]
    UnknownIssuer(String),
    #[error("the certificate of `{0}` is not signed by its issuer's key")]
    Signature(String),
    #[error("too many certificates claim to have issued each other")]
    Limit,
    #[error("`{0}` is no authority, but issued a certificate")]
    NotAuthority(String),
    #[error("`{0}` may not have so many authorities below it")]
    PathLength(String),
    #[error("`{0}` may not issue certificates for this purpose")]
    Purpose(String),
    #[error("the certificate of `{0}` has the restriction {1}, which is not evaluated here")]
    Unsupported(String, ObjectIdentifier),
    #[error("the certificate of `{0}` is signed in a way that is not checked here: {1}")]
    UnsupportedSignature(String, String),
    #[error("the certificate of `{0}` is signed with {1}")]
    Weak(String, &'static str),
    #[error("the certificate of `{0}` was not valid at {1}, but from {2} to {3}")]
    Validity(String, Timestamp, Timestamp, Timestamp),
}

/// Builds a path from `leaf` that holds at `time`, by authorities that may issue for one of
/// `purposes`. The leaf's own purposes are the caller's to check.
pub(super) fn build<'a>(
    leaf: &'a Certificate,
    candidates: &Candidates<'a>,
    purposes: &[ObjectIdentifier],
    time: Timestamp,
) -> Result<Path<'a>, PathError> {
    check_alone(leaf, time)?;
    let mut builder = Builder { candidates: *candidates, purposes, time, signatures: 0 };
    // A certificate that is itself in the file needs nobody else's word.
    if candidates.anchors.iter().any(|anchor| anchor.der == leaf.der) {
        return Ok(Path { certificates: vec![leaf] });
    }
    let mut certificates = vec![leaf];
    builder.extend(&mut certificates)?;
    Ok(Path { certificates })
}

struct Builder<'a, 'b> {
    candidates: Candidates<'a>,
    purposes: &'b [ObjectIdentifier],
    time: Timestamp,
    signatures: usize,
}

impl<'a> Builder<'a, '_> {
    /// Extends the path by an issuer until it reaches a trusted one, trying all of them.
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> Result<(), PathError> {
        let Some(last) = path.last().copied() else {
            return Err(PathError::Limit);
        };
        let mut furthest = PathError::UnknownIssuer(last.subject_name());
        let Candidates { anchors, intermediates } = self.candidates;
        let all = anchors
            .iter()
            .map(|anchor| (*anchor, true))
            .chain(intermediates.iter().map(|certificate| (*certificate, false)));
        for (issuer, trusted) in all {
            if issuer.subject != last.issuer {
                continue;
            }
            // The same authority twice in a path proves nothing more (RFC 4158, section 2.4.2).
            if path.iter().any(|other| other.der == issuer.der) {
                continue;
            }
            if path.len() >= MAX_LENGTH {
                return Err(PathError::Limit);
            }
            let result = self.check_issuer(last, issuer, path).and_then(|()| {
                path.push(issuer);
                if trusted {
                    return Ok(());
                }
                self.extend(path).inspect_err(|_| {
                    path.pop();
                })
            });
            match result {
                Ok(()) => return Ok(()),
                Err(PathError::Limit) => return Err(PathError::Limit),
                Err(error) => furthest = furthest.max(error),
            }
        }
        Err(furthest)
    }

    /// Checks whether `issuer` may have issued `last`, the end of `path`, and did.
    fn check_issuer(
        &mut self,
        last: &Certificate,
        issuer: &Certificate,
        path: &[&Certificate],
    ) -> Result<(), PathError> {
        self.signatures = self.signatures.saturating_add(1);
        if self.signatures > MAX_SIGNATURES {
            return Err(PathError::Limit);
        }
        match last.signed_by(issuer) {
            Fit::Good => {}
            Fit::Bad => return Err(PathError::Signature(last.subject_name())),
            Fit::Weak(what) => return Err(PathError::Weak(last.subject_name(), what)),
            Fit::Unsupported(what) => {
                return Err(PathError::UnsupportedSignature(last.subject_name(), what));
            }
        }
        let extensions = &issuer.extensions;
        // Certificates of version 1 cannot say that they are authorities: one that issued itself
        // and that somebody put into the file may be one, as it is for openssl.
        let is_authority = extensions.authority
            || (!extensions.present
                && issuer.is_self_issued()
                && self.candidates.anchors.iter().any(|anchor| anchor.der == issuer.der));
        let may_sign = extensions.key_usage.is_none_or(|usage| usage.signs_certificates);
        if !is_authority || !may_sign {
            return Err(PathError::NotAuthority(issuer.subject_name()));
        }
        // The signer's certificate and those that issued themselves do not count (RFC 5280,
        // section 4.2.1.9).
        let below = path.iter().skip(1).filter(|below| !below.is_self_issued()).count();
        let limit = extensions.path_length.and_then(|limit| usize::try_from(limit).ok());
        if limit.is_some_and(|limit| below > limit) {
            return Err(PathError::PathLength(issuer.subject_name()));
        }
        if !serves(issuer, self.purposes) {
            return Err(PathError::Purpose(issuer.subject_name()));
        }
        check_alone(issuer, self.time)
    }
}

/// Says whether the certificate's purposes, if it names any, contain one of these or any.
pub(super) fn serves(certificate: &Certificate, purposes: &[ObjectIdentifier]) -> bool {
    certificate.extensions.purposes.as_ref().is_none_or(|named| {
        named.iter().any(|purpose| *purpose == ANY_PURPOSE || purposes.contains(purpose))
    })
}

/// Checks what concerns one certificate alone.
fn check_alone(certificate: &Certificate, time: Timestamp) -> Result<(), PathError> {
    if let Some(extension) = certificate.extensions.unsupported {
        return Err(PathError::Unsupported(certificate.subject_name(), extension));
    }
    let (from, to) = (certificate.not_before, certificate.not_after);
    if time < from || time > to {
        return Err(PathError::Validity(certificate.subject_name(), time, from, to));
    }
    Ok(())
}
