//! Who may sign with which OpenPGP key. A keyring is split into certificates at once, and a
//! certificate is parsed when a signature names one of its keys: real keyrings hold thousands of
//! which a run needs a few. What is wrong with one certificate is said where it is needed.

use super::large_rsa;
use super::packets::{self, Packet};
use crate::{MaterialProblem, TrustSource};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Reader, ReaderMode};
use openpgp::cert::CertParser;
use openpgp::cert::amalgamation::key::ErasedKeyAmalgamation;
use openpgp::packet::key::PublicParts;
use openpgp::parse::{Dearmor, PacketParserBuilder, Parse};
use openpgp::types::SignatureType;
use openpgp::{Cert, Fingerprint, KeyHandle, KeyID};
use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::sync::OnceLock;

/// Largest keyring, in bytes, before and after its armor is taken off.
pub const MAX_KEYRING_BYTES: usize = 64 << 20;
/// Most certificates of a keyring; the rest is a problem.
pub const MAX_CERTIFICATES: usize = 10_000;

const BEGIN_PUBLIC: &[u8] = b"-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END_PUBLIC: &[u8] = b"-----END PGP PUBLIC KEY BLOCK-----";
const BEGIN_ANY: &[u8] = b"-----BEGIN";

/// Who may sign with which OpenPGP key: every certificate in it is trusted for its own user ids.
#[derive(Debug, Default)]
pub struct Keyring {
    /// Packets without armor.
    blocks: Vec<Vec<u8>>,
    certificates: Vec<Certificate>,
    by_fingerprint: HashMap<Fingerprint, usize>,
    by_key_id: HashMap<KeyID, Vec<usize>>,
    /// How many certificates are of versions that nothing here reads.
    outdated: usize,
}

/// A certificate, parsed once it is needed.
#[derive(Debug, Default)]
struct Certificate {
    /// Its copies: the block, and the bytes within it.
    copies: Vec<(usize, Range<usize>)>,
    parsed: OnceLock<Parsed>,
}

/// A certificate of which all copies were merged, so that a revocation in either counts.
#[derive(Debug, Default)]
struct Parsed {
    certificate: Option<Cert>,
    /// Why it may lack a revocation.
    doubts: Vec<String>,
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
    /// Reads armored blocks or binary packets; what cannot be understood becomes a problem.
    pub(crate) fn parse(bytes: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut problem = |message: String| {
            problems.push(MaterialProblem::new(TrustSource::Keyring, None, message));
        };
        let mut keyring = Self::default();
        for block in blocks(bytes) {
            match block {
                Ok(block) => keyring.add_block(block, &mut problem),
                Err(error) => problem(error.to_string()),
            }
        }
        if keyring.certificates.is_empty() {
            problem("the keyring holds no certificate".to_owned());
        }
        if keyring.outdated > 0 {
            let message = format!(
                "it holds certificates of a version that is not read, such as PGP 2's ({}); nothing \
                 that they signed can be verified",
                keyring.outdated
            );
            problems.push(MaterialProblem::remark(TrustSource::Keyring, message));
        }
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
        self.parsed(handle)
            .filter_map(|parsed| parsed.certificate.as_ref())
            .flat_map(|certificate| certificate.keys())
            .filter(move |key| key.key().key_handle().aliases(handle))
    }

    /// Returns all certificates that can be read.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Cert> {
        let parsed = self
            .certificates
            .iter()
            .map(|one| one.parsed.get_or_init(|| self.parse_one(one)).certificate.as_ref());
        parsed.flatten()
    }

    /// Says why a certificate that was read may lack a revocation.
    pub(super) fn doubts(&self, certificate: &Cert) -> Vec<String> {
        let handle = KeyHandle::from(certificate.fingerprint());
        let is_it = |parsed: &&Parsed| {
            parsed
                .certificate
                .as_ref()
                .is_some_and(|other| other.fingerprint() == certificate.fingerprint())
        };
        self.parsed(&handle).filter(is_it).flat_map(|parsed| parsed.doubts.clone()).collect()
    }

    /// Says why no certificate with the key that `handle` names could be read, if there is one.
    pub(super) fn unreadable(&self, handle: &KeyHandle) -> Option<String> {
        let mut unread = self.parsed(handle).filter(|parsed| parsed.certificate.is_none());
        unread.find_map(|parsed| parsed.doubts.first().cloned())
    }

    fn parsed(&self, handle: &KeyHandle) -> impl Iterator<Item = &Parsed> {
        let indices = self.by_key_id.get(&KeyID::from(handle)).map(Vec::as_slice);
        let certificates =
            indices.unwrap_or_default().iter().filter_map(|index| self.certificates.get(*index));
        certificates
            .map(|certificate| certificate.parsed.get_or_init(|| self.parse_one(certificate)))
    }

    fn parse_one(&self, certificate: &Certificate) -> Parsed {
        let mut all = Parsed::default();
        for (block, range) in &certificate.copies {
            let bytes = self.blocks.get(*block).and_then(|block| block.get(range.clone()));
            all.add_copy(bytes.unwrap_or_default());
        }
        let doubts = all.certificate.as_ref().map(doubts_of);
        all.doubts.extend(doubts.unwrap_or_default());
        all
    }

    /// Splits a block into certificates: each begins with a primary key.
    fn add_block(&mut self, block: Vec<u8>, problem: &mut impl FnMut(String)) {
        let (packets, stopped) = packets::split_with_places(&block);
        if let Some(error) = stopped {
            problem(format!("the rest of a block was left out: {error}"));
        }
        let number = self.blocks.len();
        // What follows the last whole packet is no part of it, and is said to be left out.
        let end = block.len();
        let starts: Vec<usize> = packets
            .iter()
            .enumerate()
            .filter(|(_, (_, packet))| matches!(packet.tag, 5 | 6))
            .map(|(index, _)| index)
            .collect();
        let first = starts.first().copied().unwrap_or(packets.len());
        let is_stray = |(index, (_, packet)): &(usize, &(usize, Packet<'_>))| {
            !belongs_to_certificate(packet) || (*index < first && packet.tag == packets::SIGNATURE)
        };
        let strays = packets.iter().enumerate().filter(is_stray).count();
        if strays > 0 {
            problem(format!("{strays} packets that belong to no certificate were left out"));
        }
        for (place, start) in starts.iter().enumerate() {
            let until = starts.get(place.saturating_add(1)).copied().unwrap_or(packets.len());
            let group = packets.get(*start..until).unwrap_or_default();
            let at = group.first().map_or(end, |(at, _)| *at);
            let after = packets.get(until).map_or(end, |(at, _)| *at);
            self.add(group, (number, at..after), problem);
        }
        self.blocks.push(block);
    }

    fn add(
        &mut self,
        group: &[(usize, Packet<'_>)],
        copy: (usize, Range<usize>),
        problem: &mut impl FnMut(String),
    ) {
        let Some(primary) = group.first().and_then(|(_, packet)| fingerprint(packet)) else {
            self.outdated = self.outdated.saturating_add(1);
            return;
        };
        let next = self.certificates.len();
        let index = *self.by_fingerprint.entry(primary.clone()).or_insert(next);
        if index == next {
            if next >= MAX_CERTIFICATES {
                self.by_fingerprint.remove(&primary);
                return problem(format!(
                    "`{primary}` was left out: the limit is {MAX_CERTIFICATES}"
                ));
            }
            self.certificates.push(Certificate::default());
        }
        if let Some(certificate) = self.certificates.get_mut(index) {
            certificate.copies.push(copy);
        }
        let keys = group.iter().filter(|(_, packet)| matches!(packet.tag, 5 | 6 | 7 | 14));
        for key in keys.filter_map(|(_, packet)| fingerprint(packet)) {
            let indices = self.by_key_id.entry(KeyID::from(key)).or_default();
            if !indices.contains(&index) {
                indices.push(index);
            }
        }
    }
}

impl Parsed {
    fn add_copy(&mut self, bytes: &[u8]) {
        let copy = match parse_certificate(bytes) {
            Ok(copy) => copy,
            Err(error) => {
                return self.doubts.push(format!("the certificate cannot be read whole: {error}"));
            }
        };
        self.certificate = Some(match self.certificate.take() {
            None => copy,
            Some(known) => known.clone().merge_public(copy).unwrap_or_else(|error| {
                self.doubts.push(format!("its copies cannot be merged: {error}"));
                known
            }),
        });
    }
}

/// Returns the fingerprint of a key packet; `None` for versions that nothing here reads.
fn fingerprint(packet: &Packet<'_>) -> Option<Fingerprint> {
    // That of a public key of version 4 is a hash of its bytes (RFC 9580, section 5.5.4.2).
    if matches!(packet.tag, 6 | 14) && packet.body.first() == Some(&4) {
        let length = u16::try_from(packet.body.len()).ok()?.to_be_bytes();
        let mut hash = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        hash.update(&[0x99]);
        hash.update(&length);
        hash.update(packet.body);
        return Fingerprint::from_bytes(4, hash.finish().as_ref()).ok();
    }
    match openpgp::Packet::from_bytes(&packets::canonical(&[*packet])).ok()? {
        openpgp::Packet::PublicKey(key) => Some(key.fingerprint()),
        openpgp::Packet::PublicSubkey(key) => Some(key.fingerprint()),
        openpgp::Packet::SecretKey(key) => Some(key.fingerprint()),
        openpgp::Packet::SecretSubkey(key) => Some(key.fingerprint()),
        _ => None,
    }
}

/// Takes the armor off, or returns binary packets as they are.
fn blocks(bytes: &[u8]) -> Vec<Result<Vec<u8>, BlockError>> {
    if is_binary(bytes) {
        return vec![Ok(bytes.to_vec())];
    }
    let mut blocks = Vec::new();
    let mut rest = bytes;
    while let Some((before, after)) = split_at(rest, BEGIN_PUBLIC) {
        check_between(before, &mut blocks);
        let Some((inner, after)) = split_at(after, END_PUBLIC) else {
            blocks.push(Err(BlockError::OpenBlock));
            return blocks;
        };
        blocks.push(match decoded(inner) {
            Some(bytes) => Ok(bytes),
            None => dearmor(&[BEGIN_PUBLIC, inner, END_PUBLIC, b"\n"].concat()),
        });
        rest = after;
    }
    check_between(rest, &mut blocks);
    if blocks.is_empty() && std::str::from_utf8(bytes).is_err() {
        blocks.push(Err(BlockError::NoKeyring));
    }
    blocks
}

/// Says whether a file begins with a packet as keyrings do. Text in other encodings than UTF-8 may
/// begin with the same bit.
fn is_binary(bytes: &[u8]) -> bool {
    let version = |packet: &Packet<'_>| packet.body.first().copied().unwrap_or_default();
    packets::first(bytes).is_some_and(|packet| match packet.tag {
        2 | 5 | 6 => (2..=6).contains(&version(&packet)),
        10 => packet.body == b"PGP",
        _ => false,
    }) || (bytes.first().is_some_and(|byte| byte & 0x80 != 0)
        && split_at(bytes, BEGIN_PUBLIC).is_none())
}

/// Splits at the first line that begins with `mark`, which is left out.
fn split_at<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut at = 0usize;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(mark) {
            let (before, after) = bytes.split_at_checked(at)?;
            return Some((before, after.strip_prefix(mark)?));
        }
        at = at.saturating_add(line.len());
    }
    None
}

/// Text around blocks is common and harmless, in whatever encoding, unless it is armor of another
/// kind.
fn check_between(text: &[u8], blocks: &mut Vec<Result<Vec<u8>, BlockError>>) {
    if text.windows(BEGIN_ANY.len()).any(|window| window == BEGIN_ANY) {
        blocks.push(Err(BlockError::NoBlock));
    }
}

/// Decodes a block in the form that every tool writes, many times as fast as Sequoia does: headers,
/// an empty line, base64, a checksum that no longer counts (RFC 9580, section 6.1).
fn decoded(inner: &[u8]) -> Option<Vec<u8>> {
    let mut lines = inner.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.by_ref().find(|line| line.is_empty())?;
    let mut lines = lines.skip_while(|line| line.contains(&b':') || line.is_empty());
    let mut base64 = Vec::with_capacity(inner.len());
    let checksum = lines.by_ref().find(|line| {
        let ends = line.first().is_none_or(|byte| *byte == b'=');
        if !ends {
            base64.extend_from_slice(line);
        }
        ends
    });
    let only_checksum = checksum.is_some_and(|line| line.is_empty() || line.len() == 5)
        && lines.all(|line| line.is_empty() || (line.len() == 5 && line.starts_with(b"=")));
    only_checksum.then(|| STANDARD.decode(&base64).ok()).flatten().filter(|it| !it.is_empty())
}

fn dearmor(armored: &[u8]) -> Result<Vec<u8>, BlockError> {
    let mode = ReaderMode::Tolerant(Some(Kind::PublicKey));
    let limit = u64::try_from(MAX_KEYRING_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    Reader::from_bytes(armored, mode)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(BlockError::Armor)?;
    Ok(bytes)
}

/// Parses one certificate from packets that were made canonical: otherwise a revocation with an
/// integer of the wrong length would be dropped, and the key be good.
fn parse_certificate(bytes: &[u8]) -> openpgp::Result<Cert> {
    let (packets, _) = packets::split(bytes);
    let kept: Vec<_> = packets.into_iter().filter(belongs_to_certificate).collect();
    let bytes = packets::canonical(&kept);
    let packets = PacketParserBuilder::from_bytes(&bytes)?.dearmor(Dearmor::Disabled).build()?;
    let mut parser = CertParser::from(packets);
    let certificate = parser
        .next()
        .unwrap_or_else(|| Err(openpgp::Error::MalformedCert("it is empty".to_owned()).into()))?;
    let certificate = certificate.strip_secret_key_material();
    large_rsa::vouch_for(&certificate);
    Ok(certificate)
}

/// Keys, user ids and attributes, signatures, gpg's trust packets, markers, padding, private use.
fn belongs_to_certificate(packet: &Packet<'_>) -> bool {
    matches!(packet.tag, 2 | 5 | 6 | 7 | 10 | 12 | 13 | 14 | 17 | 21 | 60..=63)
}

/// Says which revocations cannot be verified: Sequoia drops them, and the key would be good.
fn doubts_of(certificate: &Cert) -> Vec<String> {
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
    let unreadable =
        certificate.unknowns().filter(|unknown| u8::from(unknown.unknown().tag()) == 2).count();
    let counts = [
        (revocations, "revocations of its own that do not verify"),
        (unreadable, "signatures that cannot be read"),
    ];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    told.map(|(count, what)| format!("the certificate holds {count} {what}")).collect()
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
            let handle = KeyHandle::from(cert.fingerprint());
            let key = keyring.keys(&handle).next().unwrap();
            let status = key.cert().revocation_status(&policy, None);
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
        let (keyring, problems) = parse(&all);
        assert_eq!(problems, []);
        let doubts = keyring.doubts(&cert);
        assert_eq!(doubts.len(), 1, "{doubts:?}");
        assert!(doubts[0].contains("do not verify"), "{doubts:?}");
        let beside = [all, ANN.to_vec().unwrap()].concat();
        assert_eq!(parse(&beside).0.doubts(&ANN), [""; 0], "it is about another certificate");
    }

    #[test]
    fn what_is_no_keyring_is_said_to_be_none() {
        assert_eq!(messages(b""), ["the keyring holds no certificate"]);
        assert_eq!(messages(b"hello"), ["the keyring holds no certificate"]);
        assert!(messages(b"\x00\x00\x00\x20\xff\xffKBXf")[0].contains("gpg --export"));
        let secret =
            b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n-----END PGP PRIVATE KEY BLOCK-----";
        assert!(messages(secret)[0].contains("left out"));
        assert!(messages(BEGIN_PUBLIC)[0].contains("not closed"));
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
    fn text_around_blocks_may_be_in_any_encoding() {
        for before in [&b"\xd6rg\n"[..], b"uid  J\xf6rg\n", b"\xc6 \xf6\n", b"\xff\xfe\n"] {
            let (keyring, problems) = parse(&[before, &ANN.armored().to_vec().unwrap()].concat());
            assert_eq!((keyring.len(), problems), (1, Vec::new()), "{before:?}");
        }
    }

    #[test]
    fn armor_is_decoded_as_sequoia_decodes_it() {
        let armored = ANN.armored().to_vec().unwrap();
        let inner = split_at(&armored, BEGIN_PUBLIC).unwrap().1;
        let inner = split_at(inner, END_PUBLIC).unwrap().0;
        assert_eq!(decoded(inner).unwrap(), dearmor(&armored).unwrap());
        assert_eq!(decoded(b"\n\nAAAA\nno base64\n"), None);
        assert_eq!(decoded(b"\n\nAAAA\n=abcd\nAAAA\n"), None);
    }

    #[test]
    fn a_user_id_that_looks_like_armor_begins_no_block() {
        let other = CertBuilder::general_purpose(Some("eve@x")).generate().unwrap().0;
        let hostile = String::from_utf8(other.armored().to_vec().unwrap()).unwrap();
        let cert =
            CertBuilder::general_purpose(Some(format!("a\n{hostile}"))).generate().unwrap().0;
        let (keyring, problems) = parse(&cert.to_vec().unwrap());
        assert_eq!((keyring.len(), problems), (1, Vec::new()));
        assert!(keyring.keys(&KeyHandle::from(other.fingerprint())).next().is_none());
    }

    #[test]
    fn a_certificate_of_an_old_version_is_a_remark() {
        let mut old = vec![3, 0, 0, 0, 1, 0, 0, 1, 4, 0];
        old.extend([0xff; 128]);
        old.extend([0, 5, 0x11]);
        let bytes = packets::canonical(&[Packet { tag: 6, body: &old }]);
        let (keyring, problems) = parse(&[bytes, ANN.to_vec().unwrap()].concat());
        assert_eq!(keyring.len(), 1);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].is_remark, "{problems:?}");
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
