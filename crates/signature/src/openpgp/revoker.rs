//! Revocations by somebody whom the holder of a certificate named for that (RFC 9580, section
//! 5.2.3.23). Sequoia leaves it to its caller to find that person's key.

use super::keyring::Keyring;
use super::large_rsa;
use sequoia_openpgp as openpgp;

use openpgp::packet::Signature;
use openpgp::policy::{Policy as _, StandardPolicy};
use openpgp::{Cert, Fingerprint, KeyHandle};

/// What others say about a certificate.
#[derive(Debug, Default)]
pub(super) struct ByRevokers<'a> {
    /// Revocations of the certificate that a named revoker made.
    pub(super) verified: Vec<&'a Signature>,
    /// A named revoker who may have revoked it, and whose certificate is not in the keyring.
    pub(super) absent: Option<Fingerprint>,
}

impl<'a> ByRevokers<'a> {
    /// Looks for revocations by those whom the certificate names; what strangers say about it
    /// counts for nothing.
    pub(super) fn of(
        certificate: &'a Cert,
        keyring: Option<&Keyring>,
        policy: &StandardPolicy<'static>,
    ) -> Self {
        let mut found = Self::default();
        let primary = certificate.primary_key();
        let mut claimed = primary.other_revocations().peekable();
        if claimed.peek().is_none() {
            return found;
        }
        let revokers: Vec<&Fingerprint> =
            certificate.revocation_keys(policy).map(|named| named.revoker().1).collect();
        for revocation in claimed {
            let issuers = revocation.get_issuers();
            for revoker in &revokers {
                let handle = KeyHandle::from(*revoker);
                if !issuers.iter().any(|issuer| issuer.aliases(&handle)) {
                    continue;
                }
                let mut keys = keyring.into_iter().flat_map(|all| all.keys(&handle)).peekable();
                if keys.peek().is_none() {
                    found.absent = Some((*revoker).clone());
                }
                let made_by_one = keys.any(|key| {
                    large_rsa::vouch(revocation, key.key(), |hash| {
                        revocation.hash_direct_key(hash, primary.key())
                    });
                    revocation.verify_primary_key_revocation(key.key(), primary.key()).is_ok()
                });
                let security = primary.key().hash_algo_security();
                if made_by_one && policy.signature(revocation, security).is_ok() {
                    found.verified.push(revocation);
                }
            }
        }
        found
    }
}
