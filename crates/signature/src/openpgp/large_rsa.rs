//! RSA keys that are larger than what Sequoia's backend computes with. All its rules about
//! certificates and signatures stay in force: the one question whether an RSA signature fits a
//! digest is answered here, and the answer is put where Sequoia looks before it computes itself.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, RsaParameters};
use sequoia_openpgp as openpgp;

use openpgp::Cert;
use openpgp::KeyHandle;
use openpgp::Packet;
use openpgp::crypto::hash::Context;
use openpgp::crypto::mpi;
use openpgp::packet::key::{KeyRole, PrimaryRole, PublicParts, SubordinateRole};
use openpgp::packet::signature::cache::SignatureVerificationCache;
use openpgp::packet::signature::subpacket::{SubpacketTag, SubpacketValue};
use openpgp::packet::{Key, Signature, UserAttribute, UserID};
use openpgp::serialize::MarshalInto as _;
use openpgp::types::HashAlgorithm;
use std::sync::mpsc;

/// The largest RSA key that Sequoia computes with, in bits.
const MAX_OF_SEQUOIA: usize = 4_096;
/// The largest one that anything here computes with, in bits.
const MAX_BITS: usize = 8_192;
/// The largest public exponent that is computed with, in bits.
const MAX_EXPONENT_BITS: usize = 33;

/// How many bytes of a hash stand for a verified signature.
const ENTRY_BYTES: usize = 32;

/// The part of a certificate that a signature after it is about.
enum Component {
    Primary,
    User(UserID),
    Attribute(UserAttribute),
    Subkey(Key<PublicParts, SubordinateRole>),
    Other,
}

/// Says why nothing that a key signed over this hash can be verified here.
pub(super) fn beyond<R: KeyRole>(key: &Key<PublicParts, R>, hash: HashAlgorithm) -> Option<String> {
    let (bits, exponent) = large(key)?;
    if bits > MAX_BITS {
        return Some(format!(
            "an RSA key of {bits} bits is larger than what is computed here: {MAX_BITS}"
        ));
    }
    if exponent > MAX_EXPONENT_BITS {
        return Some(format!("the exponent of the RSA key has {exponent} bits"));
    }
    parameters(hash)
        .is_none()
        .then(|| format!("an RSA key of {bits} bits is not computed here over {hash}"))
}

/// Returns how many bits the modulus and the exponent have, if Sequoia does not compute with them.
fn large<R: KeyRole>(key: &Key<PublicParts, R>) -> Option<(usize, usize)> {
    match key.mpis() {
        mpi::PublicKey::RSA { n, e } if n.bits() > MAX_OF_SEQUOIA => Some((n.bits(), e.bits())),
        _ => None,
    }
}

/// Verifies a signature over the content that `hash` holds by a large key; others are Sequoia's.
pub(super) fn vouch<R: KeyRole>(
    signature: &Signature,
    key: &Key<PublicParts, R>,
    hash: impl FnOnce(&mut Context) -> openpgp::Result<()>,
) {
    remember(entry(signature, key, hash).into_iter().collect());
}

/// Verifies what the large keys of a certificate signed about it.
pub(super) fn vouch_for(certificate: &Cert) {
    if certificate.keys().all(|key| large(key.key()).is_none()) {
        return;
    }
    let primary = certificate.primary_key().key().clone();
    let mut component = Component::Primary;
    let mut entries = Vec::new();
    // Sequoia has put every signature behind the part that it is about, verified or not.
    for packet in certificate.clone().into_packets() {
        match packet {
            Packet::Signature(signature) => {
                entries.extend(component.entry(&signature, &primary));
                entries.extend(component.back_entries(&signature, &primary));
            }
            Packet::PublicKey(_) => component = Component::Primary,
            Packet::UserID(user) => component = Component::User(user),
            Packet::UserAttribute(attribute) => component = Component::Attribute(attribute),
            Packet::PublicSubkey(key) => component = Component::Subkey(key),
            _ => component = Component::Other,
        }
    }
    remember(entries);
}

impl Component {
    /// Verifies a signature by the primary key about this.
    fn entry(
        &self,
        signature: &Signature,
        primary: &Key<PublicParts, PrimaryRole>,
    ) -> Option<Vec<u8>> {
        let own = KeyHandle::from(primary.fingerprint());
        let issuers = signature.get_issuers();
        if !issuers.is_empty() && !issuers.iter().any(|issuer| issuer.aliases(&own)) {
            return None;
        }
        entry(signature, primary, |hash| match self {
            Self::Primary => signature.hash_direct_key(hash, primary),
            Self::User(user) => signature.hash_userid_binding(hash, primary, user),
            Self::Attribute(it) => signature.hash_user_attribute_binding(hash, primary, it),
            Self::Subkey(key) => signature.hash_subkey_binding(hash, primary, key),
            Self::Other => Err(openpgp::Error::UnsupportedSignatureType(signature.typ()).into()),
        })
    }

    /// Verifies what a signing subkey says about its primary key, within the binding.
    fn back_entries(
        &self,
        binding: &Signature,
        primary: &Key<PublicParts, PrimaryRole>,
    ) -> Vec<Vec<u8>> {
        let Self::Subkey(subkey) = self else { return Vec::new() };
        let embedded = binding.subpackets(SubpacketTag::EmbeddedSignature);
        let signatures = embedded.filter_map(|subpacket| match subpacket.value() {
            SubpacketValue::EmbeddedSignature(signature) => Some(signature),
            _ => None,
        });
        let verify = |signature: &Signature| {
            entry(signature, subkey, |hash| {
                signature.hash_primary_key_binding(hash, primary, subkey)
            })
        };
        signatures.filter_map(verify).collect()
    }
}

/// Returns what stands for a signature by a large key in Sequoia's memory, if it fits.
fn entry<R: KeyRole>(
    signature: &Signature,
    key: &Key<PublicParts, R>,
    hash: impl FnOnce(&mut Context) -> openpgp::Result<()>,
) -> Option<Vec<u8>> {
    large(key)?;
    let mut context = signature.hash_algo().context().ok()?.for_signature(signature.version());
    hash(&mut context).ok()?;
    let digest = context.into_digest().ok()?;
    fits(signature, key, &digest)?;
    name(signature, key, &digest)
}

/// Verifies an RSA signature (RFC 8017, section 8.2.2) over a digest.
fn fits<R: KeyRole>(signature: &Signature, key: &Key<PublicParts, R>, digest: &[u8]) -> Option<()> {
    let mpi::PublicKey::RSA { n, e } = key.mpis() else { return None };
    let mpi::Signature::RSA { s } = signature.mpis() else { return None };
    let (parameters, algorithm) = parameters(signature.hash_algo())?;
    let digest = Digest::import_less_safe(digest, algorithm).ok()?;
    // An integer is written without the zeros before it.
    let s = s.value_padded(n.value().len()).ok()?;
    let key = PublicKeyComponents { n: n.value(), e: e.value() };
    key.to_parsed_public_key(parameters).ok()?.verify_digest_sig(&digest, &s).ok()
}

fn parameters(hash: HashAlgorithm) -> Option<(&'static RsaParameters, &'static digest::Algorithm)> {
    match hash {
        HashAlgorithm::SHA1 => Some((
            &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            &digest::SHA1_FOR_LEGACY_USE_ONLY,
        )),
        HashAlgorithm::SHA256 => Some((&signature::RSA_PKCS1_2048_8192_SHA256, &digest::SHA256)),
        HashAlgorithm::SHA384 => Some((&signature::RSA_PKCS1_2048_8192_SHA384, &digest::SHA384)),
        HashAlgorithm::SHA512 => Some((&signature::RSA_PKCS1_2048_8192_SHA512, &digest::SHA512)),
        _ => None,
    }
}

/// Names a verified signature as Sequoia does (`packet::signature::cache`): by its integers, its
/// digest and its key. Should that change, large keys are refused again, and nothing is accepted.
fn name<R: KeyRole>(
    signature: &Signature,
    key: &Key<PublicParts, R>,
    digest: &[u8],
) -> Option<Vec<u8>> {
    let integers = signature.mpis().to_vec().ok()?;
    let length = u32::try_from(integers.len()).ok()?.to_le_bytes();
    let mut hash = digest::Context::new(&digest::SHA512);
    hash.update(&[0]);
    hash.update(&length);
    hash.update(&integers);
    hash.update(&[signature.hash_algo().into()]);
    hash.update(digest);
    hash.update(&key.mpis().to_vec().ok()?);
    Some(hash.finish().as_ref().get(..ENTRY_BYTES)?.to_vec())
}

fn remember(entries: Vec<Vec<u8>>) {
    if entries.is_empty() {
        return;
    }
    // Sequoia takes them in on a thread of its own.
    let (done, is_done) = mpsc::channel();
    SignatureVerificationCache::restore(entries.into_iter(), move || {
        let _ = done.send(());
    });
    let _ = is_done.recv();
}
