use super::packets::{self, Packet};
use crate::{MaterialProblem, TrustSource};
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Reader, ReaderMode};
use openpgp::cert::CertParser;
use openpgp::cert::amalgamation::key::ErasedKeyAmalgamation;
use openpgp::packet::key::PublicParts;
use openpgp::parse::{Dearmor, PacketParserBuilder, Parse};
use openpgp::types::SignatureType;
use openpgp::{Cert, Fingerprint, KeyHandle, KeyID};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;

/// Largest keyring, in bytes, before and after its armor is taken off.
pub const MAX_KEYRING_BYTES: usize = 64 << 20;
/// Most certificates of a keyring; the rest is a problem.
pub const MAX_CERTIFICATES: usize = 10_000;

const BEGIN_PUBLIC: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END_PUBLIC: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// Who may sign with which OpenPGP key: every certificate in it is trusted for its own user ids.
#[derive(Debug, Default)]
pub struct Keyring {
    certificates: Vec<Cert>,
    by_key_id: HashMap<KeyID, Vec<usize>>,
}

#[derive(Debug, thiserror::Error)]
enum BlockError {
    #[error("it is neither armored nor binary OpenPGP (export one with `gpg --export`)")]
    NoKeyring,
    #[error("text that is no armored public key was left out")]
    NoBlock,
    #[error("a public key block is not closed")]
    OpenBlock,
    #[error("a public key block cannot be decoded: {0}")]
    Armor(std::io::Error),
}

impl Keyring {
    /// Reads armored blocks or binary packets; what cannot be understood becomes a problem. Copies
    /// of one certificate are merged, so that a revocation in either counts.
    pub(crate) fn parse(bytes: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut problem = |message: String| {
            problems.push(MaterialProblem { source: TrustSource::Keyring, line: None, message });
        };
        let mut merged: BTreeMap<Fingerprint, Cert> = BTreeMap::new();
        for block in blocks(bytes) {
            let block = match block {
                Ok(block) => block,
                Err(error) => {
                    problem(error.to_string());
                    continue;
                }
            };
            for certificate in certificates(&block, &mut problem) {
                add(&mut merged, certificate, &mut problem);
            }
        }
        if merged.is_empty() {
            problem("the keyring holds no certificate".to_owned());
        }
        let keyring = Self::indexed(merged.into_values().collect());
        keyring.certificates.iter().for_each(|certificate| report(certificate, &mut problem));
        keyring
    }

    /// Returns how many certificates it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Says whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Returns the keys, primary and subordinate, that `handle` names.
    pub(crate) fn keys<'a>(
        &'a self,
        handle: &KeyHandle,
    ) -> impl Iterator<Item = ErasedKeyAmalgamation<'a, PublicParts>> {
        let id = KeyID::from(handle);
        let indices = self.by_key_id.get(&id).map(Vec::as_slice).unwrap_or_default();
        indices
            .iter()
            .filter_map(|index| self.certificates.get(*index))
            .flat_map(|certificate| certificate.keys())
            .filter(move |key| key.key().key_handle().aliases(handle))
    }

    fn indexed(certificates: Vec<Cert>) -> Self {
        let mut by_key_id: HashMap<KeyID, Vec<usize>> = HashMap::new();
        for (index, certificate) in certificates.iter().enumerate() {
            for key in certificate.keys() {
                let indices = by_key_id.entry(key.key().keyid()).or_default();
                if indices.last() != Some(&index) {
                    indices.push(index);
                }
            }
        }
        Self { certificates, by_key_id }
    }
}

/// Takes the armor off, or returns binary packets as they are.
fn blocks(bytes: &[u8]) -> Vec<Result<Vec<u8>, BlockError>> {
    if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        return vec![Ok(bytes.to_vec())];
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![Err(BlockError::NoKeyring)] };
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN_PUBLIC) {
        check_between(before, &mut blocks);
        let Some((inner, after)) = after.split_once(END_PUBLIC) else {
            blocks.push(Err(BlockError::OpenBlock));
            return blocks;
        };
        blocks.push(dearmor(&format!("{BEGIN_PUBLIC}{inner}{END_PUBLIC}\n")));
        rest = after;
    }
    check_between(rest, &mut blocks);
    blocks
}

/// Text around blocks is common and harmless, unless it is armor of another kind.
fn check_between(text: &str, blocks: &mut Vec<Result<Vec<u8>, BlockError>>) {
    if text.contains("-----BEGIN") {
        blocks.push(Err(BlockError::NoBlock));
    }
}

fn dearmor(armored: &str) -> Result<Vec<u8>, BlockError> {
    let mode = ReaderMode::Tolerant(Some(Kind::PublicKey));
    let limit = u64::try_from(MAX_KEYRING_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    Reader::from_bytes(armored.as_bytes(), mode)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(BlockError::Armor)?;
    Ok(bytes)
}

/// Parses certificates from packets that were made canonical: otherwise a revocation with an
/// integer of the wrong length would be dropped, and the key be good.
fn certificates(bytes: &[u8], problem: &mut impl FnMut(String)) -> Vec<Cert> {
    let (packets, stopped) = packets::split(bytes);
    if let Some(error) = stopped {
        problem(format!("the rest of a block was left out: {error}"));
    }
    let (kept, dropped): (Vec<_>, Vec<_>) = packets.into_iter().partition(belongs_to_certificate);
    if !dropped.is_empty() {
        problem(format!("{} packets that belong to no certificate were left out", dropped.len()));
    }
    let bytes = packets::canonical(&kept);
    if bytes.is_empty() {
        return Vec::new();
    }
    let parsed = PacketParserBuilder::from_bytes(&bytes)
        .and_then(|builder| builder.dearmor(Dearmor::Disabled).build());
    let parser = match parsed {
        Ok(packets) => CertParser::from(packets),
        Err(error) => {
            problem(format!("a block cannot be parsed: {error}"));
            return Vec::new();
        }
    };
    let mut certificates = Vec::new();
    for parsed in parser {
        match parsed {
            Ok(certificate) => certificates.push(certificate),
            Err(error) => problem(format!("a certificate cannot be parsed: {error}")),
        }
    }
    certificates
}

/// Keys, user ids and attributes, signatures, gpg's trust packets, markers, padding, private use.
fn belongs_to_certificate(packet: &Packet<'_>) -> bool {
    matches!(packet.tag, 2 | 5 | 6 | 7 | 10 | 12 | 13 | 14 | 17 | 21 | 60..=63)
}

fn add(
    merged: &mut BTreeMap<Fingerprint, Cert>,
    certificate: Cert,
    problem: &mut impl FnMut(String),
) {
    let fingerprint = certificate.fingerprint();
    let certificate = certificate.strip_secret_key_material();
    match merged.remove(&fingerprint) {
        Some(known) => match known.clone().merge_public(certificate) {
            Ok(both) => drop(merged.insert(fingerprint, both)),
            Err(error) => {
                problem(format!("two copies of `{fingerprint}` cannot be merged: {error}"));
                merged.insert(fingerprint, known);
            }
        },
        None if merged.len() >= MAX_CERTIFICATES => {
            problem(format!("`{fingerprint}` was left out: the limit is {MAX_CERTIFICATES}"));
        }
        None => drop(merged.insert(fingerprint, certificate)),
    }
}

/// Reports revocations that cannot be verified: Sequoia drops them, and the key would be good.
fn report(certificate: &Cert, problem: &mut impl FnMut(String)) {
    let own: Vec<KeyHandle> = vec![certificate.key_handle(), certificate.keyid().into()];
    let revocations = certificate
        .bad_signatures()
        .filter(|signature| {
            matches!(
                signature.typ(),
                SignatureType::KeyRevocation | SignatureType::SubkeyRevocation
            )
        })
        .filter(|signature| {
            let issuers = signature.get_issuers();
            issuers.is_empty() || issuers.iter().any(|issuer| own.iter().any(|own| own == issuer))
        })
        .count();
    if revocations > 0 {
        let fingerprint = certificate.fingerprint();
        problem(format!(
            "`{fingerprint}` holds {revocations} revocations of its own that do not verify"
        ));
    }
    let unreadable =
        certificate.unknowns().filter(|unknown| u8::from(unknown.unknown().tag()) == 2).count();
    if unreadable > 0 {
        let fingerprint = certificate.fingerprint();
        problem(format!("`{fingerprint}` holds {unreadable} signatures that cannot be read"));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use openpgp::cert::CertBuilder;
    use openpgp::packet::signature::SignatureBuilder;
    use openpgp::serialize::SerializeInto;
    use openpgp::types::ReasonForRevocation;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static ANN: LazyLock<Cert> = LazyLock::new(|| {
        CertBuilder::general_purpose(Some("Ann <ann@example.org>")).generate().unwrap().0
    });

    fn parse(bytes: &[u8]) -> (Keyring, Vec<MaterialProblem>) {
        let mut problems = Vec::new();
        (Keyring::parse(bytes, &mut problems), problems)
    }

    fn messages(bytes: &[u8]) -> Vec<String> {
        parse(bytes).1.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn many_armored_blocks_with_text_around_them_are_read() {
        let other = CertBuilder::general_purpose(Some("bob@example.org")).generate().unwrap().0;
        let mut text = b"keys of the team:\n".to_vec();
        text.extend(ANN.armored().to_vec().unwrap());
        text.extend(b"\nand:\n");
        text.extend(other.armored().to_vec().unwrap());
        let (keyring, problems) = parse(&text);
        assert_eq!(problems, []);
        assert_eq!(keyring.len(), 2);
    }

    #[test]
    fn copies_of_one_certificate_are_merged_so_that_a_revocation_in_either_counts() {
        let (cert, revocation) =
            CertBuilder::general_purpose(Some("eve@example.org")).generate().unwrap();
        let revoked = cert.clone().insert_packets(revocation).unwrap().0;
        for copies in [[&cert, &revoked], [&revoked, &cert]] {
            let bytes = copies.map(|copy| copy.to_vec().unwrap()).concat();
            let (keyring, problems) = parse(&bytes);
            assert_eq!(problems, []);
            assert_eq!(keyring.len(), 1);
            let policy = openpgp::policy::StandardPolicy::new();
            let status = keyring.certificates[0].revocation_status(&policy, None);
            assert!(matches!(status, openpgp::types::RevocationStatus::Revoked(_)));
        }
    }

    #[test]
    fn a_revocation_that_does_not_verify_is_a_problem_not_ignored() {
        let (cert, revocation) =
            CertBuilder::general_purpose(Some("eve@example.org")).generate().unwrap();
        let mut bytes = openpgp::Packet::from(revocation).to_vec().unwrap();
        // The last byte belongs to the signature's integers.
        *bytes.last_mut().unwrap() ^= 1;
        let key = openpgp::Packet::from(cert.primary_key().key().clone()).to_vec().unwrap();
        let all = [key, bytes, cert.to_vec().unwrap()].concat();
        let problems = messages(&all);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("do not verify"), "{problems:?}");
    }

    #[test]
    fn what_is_no_keyring_is_said_to_be_none() {
        assert_eq!(messages(b""), ["the keyring holds no certificate"]);
        assert_eq!(messages(b"hello"), ["the keyring holds no certificate"]);
        assert!(messages(b"\x00\x00\x00\x20\xff\xffKBXf")[0].contains("gpg --export"));
        let secret =
            b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----";
        assert!(messages(secret)[0].contains("left out"));
        assert!(messages(BEGIN_PUBLIC.as_bytes())[0].contains("not closed"));
    }

    #[test]
    fn a_truncated_keyring_is_a_problem() {
        let bytes = ANN.to_vec().unwrap();
        let problems = messages(&bytes[..bytes.len() - 3]);
        assert!(problems[0].contains("truncated"), "{problems:?}");
    }

    #[test]
    fn packets_of_other_kinds_are_said_to_be_left_out() {
        let bytes = [ANN.to_vec().unwrap(), vec![0xc8, 2, 1, 0]].concat();
        let problems = messages(&bytes);
        assert_eq!(problems, ["1 packets that belong to no certificate were left out"]);
    }

    #[test]
    fn a_soft_revocation_is_read_too() {
        let mut signer =
            ANN.primary_key().key().clone().parts_into_secret().unwrap().into_keypair().unwrap();
        let revocation = SignatureBuilder::new(SignatureType::KeyRevocation)
            .set_reason_for_revocation(ReasonForRevocation::KeyRetired, b"")
            .unwrap()
            .sign_direct_key(&mut signer, None)
            .unwrap();
        let revoked = ANN.clone().insert_packets(revocation).unwrap().0;
        assert_eq!(messages(&revoked.to_vec().unwrap()), [""; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
        }

        #[test]
        fn a_mutated_keyring_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = ANN.to_vec().unwrap();
            *at.get_mut(&mut bytes) = byte;
            parse(&bytes);
        }
    }
}
