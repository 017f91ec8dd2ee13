#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use crate::world::{ANN, World, first, policy, verify_at};
use beleg_git::CommitResult;
use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::{Check, DecidedBy, Format, KeyState, KeyStates, Reason};
use sequoia_openpgp as openpgp;

use openpgp::armor::{Kind, Reader, ReaderMode, Writer};
use openpgp::cert::{CertBuilder, CertRevocationBuilder};
use openpgp::packet::signature::SignatureBuilder;
use openpgp::policy::StandardPolicy;
use openpgp::serialize::{Serialize as _, SerializeInto as _};
use openpgp::types::{HashAlgorithm, KeyFlags, ReasonForRevocation, RevocationKey, SignatureType};
use openpgp::{Cert, Packet};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

const USER: &str = "Ann <ann@example.org>";

impl World {
    /// Runs gpg at a faked time.
    fn gpg(&self, time: &str, args: &[&str], stdin: &str) -> String {
        let fixed = ["--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""];
        let time = format!("--faked-system-time={time}!");
        let output = self.run("gpg", &[&fixed[..], &[&time], args].concat(), stdin.as_bytes());
        String::from_utf8(output).unwrap()
    }

    /// Makes a key and returns its fingerprint.
    fn gpg_key(&self, time: &str, kind: &str, usage: &str, expiry: &str) -> String {
        self.gpg(time, &["--quick-generate-key", USER, kind, usage, expiry], "");
        let list = self.gpg(time, &["--with-colons", "--list-keys", ANN], "");
        let line = list.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// Commits with an OpenPGP signature made at a faked time.
    fn commit_gpg(&self, time: &str, key: &str, subject: &str) -> String {
        let program = self.path("gpg-then");
        let script = format!("#!/bin/sh\nexec gpg --batch --faked-system-time='{time}!' \"$@\"\n");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let program = format!("gpg.program={}", program.display());
        let key = format!("user.signingkey={key}");
        self.git(&[
            "-c",
            &program,
            "-c",
            &key,
            "commit",
            "-q",
            "--allow-empty",
            "-S",
            "-m",
            subject,
        ]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn keyring(&self) -> Vec<u8> {
        self.run("gpg", &["--batch", "--export"], b"")
    }

    fn verify_gpg(&self, commit: &str) -> CommitResult {
        self.verify_pgp(commit, &self.keyring())
    }

    fn verify_pgp(&self, commit: &str, keyring: &[u8]) -> CommitResult {
        let trust =
            TrustMaterial::parse(&TrustFiles { keyring: Some(keyring), ..TrustFiles::default() })
                .unwrap();
        assert_eq!(trust.problems(), []);
        first(self.verify(commit, &trust))
    }

    /// Whether gpg, asked by git, finds the signature good, whatever it thinks of its owner.
    fn git_says(&self, commit: &str) -> String {
        self.letter(commit, "")
    }
}

const THEN: &str = "20230101T000000";
const LATER: &str = "20240101T000000";

#[test]
fn ed25519_rsa_and_ecdsa_keys_are_trusted() {
    for kind in ["ed25519", "rsa2048", "rsa3072", "nistp256"] {
        let world = World::new();
        let key = world.gpg_key(THEN, kind, "sign", "0");
        let commit = world.commit_gpg(LATER, &key, kind);
        // G or U: gpg's own trust database has nothing to say here.
        assert!(["G", "U"].contains(&world.git_says(&commit).as_str()), "{kind}");
        let result = world.verify_gpg(&commit);
        assert_eq!(result.judgement.reason, Reason::Trusted, "{kind}: {result:?}");
        assert_eq!((result.judgement.crypto, result.judgement.trust), (Check::Good, Check::Good));
        assert_eq!(result.signature, Some(Format::Openpgp));
        assert_eq!(result.judgement.times.decided_by, DecidedBy::SignatureTime);
        assert_eq!(result.judgement.times.signature.unwrap().to_string(), "2024-01-01T00:00:00Z");
        let signer = result.judgement.signer.unwrap();
        assert_eq!(signer.identity.as_deref(), Some(USER));
        assert_eq!((signer.fingerprint, signer.primary_fingerprint), (key.clone(), Some(key)));
        assert_eq!(result.judgement.notes, [""; 0]);
        let states = KeyStates { then: KeyState::Valid, now: KeyState::Valid };
        assert_eq!(result.judgement.key, Some(states));
    }
}

#[test]
fn a_signing_subkey_is_shown_with_its_primary_key() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "cert", "0");
    world.gpg(THEN, &["--quick-add-key", &key, "ed25519", "sign", "0"], "");
    let commit = world.commit_gpg(LATER, &key, "x");
    let result = world.verify_gpg(&commit);
    assert_eq!(result.judgement.reason, Reason::Trusted, "{result:?}");
    let signer = result.judgement.signer.unwrap();
    assert_ne!(signer.fingerprint, key);
    assert_eq!(signer.primary_fingerprint, Some(key));
}

#[test]
fn an_armored_keyring_serves_as_well() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    let commit = world.commit_gpg(LATER, &key, "x");
    let armored = world.run("gpg", &["--batch", "--armor", "--export"], b"");
    assert_eq!(world.verify_pgp(&commit, &armored).judgement.reason, Reason::Trusted);
}

#[test]
fn a_key_in_no_keyring_is_unknown() {
    let (world, other) = (World::new(), World::new());
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    other.gpg_key(THEN, "ed25519", "sign", "0");
    let commit = world.commit_gpg(LATER, &key, "x");
    let result = world.verify_pgp(&commit, &other.keyring());
    assert_eq!(result.judgement.reason, Reason::UnknownKey);
    assert_eq!((result.judgement.crypto, result.judgement.trust), (Check::Unknown, Check::Bad));
    assert_eq!(result.judgement.signer.unwrap().fingerprint, key);
}

#[test]
fn a_tampered_commit_is_bad() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    let commit = world.commit_gpg(LATER, &key, "pay 10");
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let tampered = world.write(raw.replace("pay 10", "pay 99").as_bytes());
    assert_eq!(world.git_says(&tampered), "B");
    let result = world.verify_gpg(&tampered);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::BadSignature, Check::Bad)
    );
}

/// Git says Y and fails `verify-commit`; a key that expires does not unmake what it signed.
#[test]
fn a_signature_from_before_the_expiry_stays_good_with_a_note() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "20240601T000000");
    let commit = world.commit_gpg(LATER, &key, "x");
    assert_eq!(world.git_says(&commit), "Y");
    let result = world.verify_gpg(&commit);
    assert_eq!(result.judgement.reason, Reason::Trusted);
    let states = KeyStates { then: KeyState::Valid, now: KeyState::Expired };
    assert_eq!(result.judgement.key, Some(states));
    assert!(
        result.judgement.notes[0].contains("expired at 2024-06-01"),
        "{:?}",
        result.judgement.notes
    );
}

/// The expiry was set before the signature was made, on another machine than the one that signed.
#[test]
fn a_signature_from_after_the_expiry_is_not_trusted() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    let commit = world.commit_gpg(LATER, &key, "x");
    world.gpg("20230201T000000", &["--quick-set-expire", &key, "20230601T000000"], "");
    assert_eq!(world.git_says(&commit), "Y");
    let result = world.verify_gpg(&commit);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::KeyExpired, Check::Good)
    );
    let states = KeyStates { then: KeyState::Expired, now: KeyState::Expired };
    assert_eq!(result.judgement.key, Some(states));
    assert_eq!(result.judgement.trust, Check::Bad);
}

/// Git says R for every revocation. A key given up in good order still made what it had made;
/// one that may be stolen could have made anything at any claimed time.
#[test]
fn a_hard_revocation_counts_always_and_a_soft_one_from_its_date() {
    // Reasons of gpg's dialogue: 0 none, 1 compromised, 2 superseded, 3 no longer used.
    let (soft, hard) = (KeyState::RevokedSoft, KeyState::RevokedHard);
    for (code, signed, reason, then, now) in [
        ("0", LATER, Reason::KeyRevoked, hard, hard),
        ("1", LATER, Reason::KeyRevoked, hard, hard),
        ("2", LATER, Reason::Trusted, KeyState::Valid, soft),
        ("3", LATER, Reason::Trusted, KeyState::Valid, soft),
        ("3", "20240801T000000", Reason::KeyRevoked, soft, soft),
    ] {
        let world = World::new();
        let key = world.gpg_key(THEN, "ed25519", "sign", "0");
        let commit = world.commit_gpg(signed, &key, "x");
        let answers = format!("y\n{code}\n\ny\n");
        let time = "--faked-system-time=20240601T000000!";
        let dialogue = ["--no-tty", "--yes", "--command-fd", "0", "--pinentry-mode", "loopback"];
        let args = [&dialogue[..], &[time, "--armor", "--gen-revoke", &key]].concat();
        let revocation = world.run("gpg", &args, answers.as_bytes());
        world.run("gpg", &["--batch", "--import"], &revocation);
        assert_eq!(world.git_says(&commit), "R");
        let result = world.verify_gpg(&commit);
        assert_eq!(result.judgement.reason, reason, "{code} {signed}: {result:?}");
        assert_eq!(result.judgement.crypto, Check::Good);
        assert_eq!(result.judgement.key, Some(KeyStates { then, now }), "{code} {signed}");
        assert!(
            result.judgement.notes[0].contains("revoked at 2024-06-01"),
            "{:?}",
            result.judgement.notes
        );
    }
}

#[test]
fn a_committer_in_no_user_id_of_the_certificate_is_a_fault() {
    let mut world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    world.email = "victim@example.org".to_owned();
    let commit = world.commit_gpg(LATER, &key, "x");
    assert!(["G", "U"].contains(&world.git_says(&commit).as_str()));
    let result = world.verify_gpg(&commit);
    assert_eq!(result.judgement.reason, Reason::SignerNotCommitter);
    let trust = TrustMaterial::parse(&TrustFiles {
        keyring: Some(&world.keyring()),
        ..TrustFiles::default()
    })
    .unwrap();
    let mut policy = policy();
    policy.require_signer_is_committer = false;
    let result = first(verify_at(&world.repo(), &commit, &trust, &policy));
    assert_eq!(
        (result.judgement.reason, result.judgement.signer_matches_committer),
        (Reason::Trusted, Some(false))
    );
    // An empty address is in no user id, not even in one without an address.
    world.email = String::new();
    let commit = world.commit_gpg(LATER, &key, "y");
    assert_eq!(world.verify_gpg(&commit).judgement.reason, Reason::SignerNotCommitter);
}

#[test]
fn a_revoked_user_id_is_not_the_committers() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    world.gpg(THEN, &["--quick-add-uid", &key, "Ann <other@example.org>"], "");
    world.gpg("20230301T000000", &["--quick-revoke-uid", &key, USER], "");
    let commit = world.commit_gpg(LATER, &key, "x");
    assert_eq!(world.verify_gpg(&commit).judgement.reason, Reason::SignerNotCommitter);
}

/// What GitHub's web flow wrote: integers with leading zero bits, and a wrong left-16 field.
/// gpg takes both, and so do we; over another payload the same signature stays bad.
#[test]
fn non_canonical_integers_and_a_wrong_left_16_field_are_accepted_and_tampering_is_not() {
    for kind in ["rsa2048", "ed25519"] {
        let world = World::new();
        let key = world.gpg_key(THEN, kind, "sign", "0");
        let good = world.commit_gpg(LATER, &key, "pay 10");
        let raw = String::from_utf8(world.raw(&good)).unwrap();
        let armor = signature_of(&raw);
        let payload = without_signature(&raw);
        for (left16, zeros) in [(true, 0), (false, 1), (true, 1), (true, 3)] {
            let odd = mutated(&armor, left16, zeros);
            let commit = signed(&world, &payload, &odd);
            assert!(["G", "U"].contains(&world.git_says(&commit).as_str()), "{left16} {zeros}");
            let result = world.verify_gpg(&commit);
            assert_eq!(
                result.judgement.reason,
                Reason::Trusted,
                "{kind} {left16} {zeros}: {result:?}"
            );
            let commit = signed(&world, &payload.replace("pay 10", "pay 99"), &odd);
            assert_eq!(world.git_says(&commit), "B", "{kind} {left16} {zeros}");
            assert_eq!(world.verify_gpg(&commit).judgement.reason, Reason::BadSignature);
        }
    }
}

/// The creation time is among the signed bytes, so that the signature no longer fits.
#[test]
fn a_moved_creation_time_makes_a_signature_bad() {
    let world = World::new();
    let key = world.gpg_key(THEN, "rsa2048", "sign", "0");
    let good = world.commit_gpg(LATER, &key, "x");
    let raw = String::from_utf8(world.raw(&good)).unwrap();
    let mut bytes = dearmor(&signature_of(&raw));
    let time = 1_704_067_200u32.to_be_bytes();
    let at = bytes.windows(4).position(|window| window == time).unwrap();
    bytes[at + 3] ^= 1;
    let commit = signed(&world, &without_signature(&raw), &armored(&bytes));
    assert_eq!(world.git_says(&commit), "B");
    assert_eq!(world.verify_gpg(&commit).judgement.reason, Reason::BadSignature);
}

#[test]
fn two_signatures_in_one_armor_are_refused_as_git_refuses_them() {
    let world = World::new();
    let key = world.gpg_key(THEN, "ed25519", "sign", "0");
    let good = world.commit_gpg(LATER, &key, "x");
    let raw = String::from_utf8(world.raw(&good)).unwrap();
    let bytes = dearmor(&signature_of(&raw));
    let commit = signed(&world, &without_signature(&raw), &armored(&[&bytes[..], &bytes].concat()));
    assert!(!["G", "U"].contains(&world.git_says(&commit).as_str()));
    let result = world.verify_gpg(&commit);
    assert_eq!(result.judgement.reason, Reason::TooManySignatures, "{result:?}");
}

#[test]
fn a_key_without_the_signing_flag_may_not_sign() {
    let world = World::new();
    let (cert, _) = CertBuilder::new()
        .add_userid(USER)
        .set_primary_key_flags(KeyFlags::empty().set_certification())
        .generate()
        .unwrap();
    let result = sign_by_hand(&world, &cert, HashAlgorithm::SHA512);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::KeyNotForSigning, Check::Good)
    );
}

#[test]
fn a_sha1_signature_is_weak() {
    let world = World::new();
    let (cert, _) = CertBuilder::general_purpose(Some(USER))
        .set_primary_key_flags(KeyFlags::empty().set_certification().set_signing())
        .generate()
        .unwrap();
    let result = sign_by_hand(&world, &cert, HashAlgorithm::SHA1);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::WeakAlgorithm, Check::Good)
    );
    let result = sign_by_hand(&world, &cert, HashAlgorithm::SHA256);
    assert_eq!(result.judgement.reason, Reason::Trusted, "{result:?}");
}

/// Git and gpg take such keys without a word.
#[test]
fn weak_algorithms_count_only_until_the_date_that_the_policy_names() {
    let world = World::new();
    let key = world.gpg_key(THEN, "rsa1024", "sign", "0");
    let commit = world.commit_gpg(LATER, &key, "x");
    assert!(["G", "U"].contains(&world.git_says(&commit).as_str()));
    let keyring = world.keyring();
    let files = TrustFiles { keyring: Some(&keyring), ..TrustFiles::default() };
    let trust = TrustMaterial::parse(&files).unwrap();
    let until = |until: Option<&str>| {
        let mut policy = policy();
        policy.weak_algorithms_until = until.map(|until| until.parse().unwrap());
        first(verify_at(&world.repo(), &commit, &trust, &policy)).judgement
    };
    for refused in [None, Some("2023-12-31T00:00:00Z"), Some("2024-01-01T00:00:00Z")] {
        assert_eq!(until(refused).reason, Reason::WeakAlgorithm, "{refused:?}");
    }
    let accepted = until(Some("2024-01-02T00:00:00Z"));
    assert_eq!(accepted.reason, Reason::Trusted, "{accepted:?}");
    assert!(accepted.notes[0].starts_with("the policy lets a weak algorithm pass"));
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let tampered = world.write(raw.replace("\n\nx", "\n\ny").as_bytes());
    let mut policy = policy();
    policy.weak_algorithms_until = Some("2024-01-02T00:00:00Z".parse().unwrap());
    let tampered = first(verify_at(&world.repo(), &tampered, &trust, &policy));
    assert_eq!(tampered.judgement.reason, Reason::BadSignature);
}

/// A certificate that claims another's key as its subkey, without that key's consent.
#[test]
fn a_stolen_subkey_binding_gives_no_trust() {
    let world = World::new();
    let (victim, _) =
        CertBuilder::new().add_userid("v@example.org").add_signing_subkey().generate().unwrap();
    let (thief, _) = CertBuilder::new().add_userid(USER).generate().unwrap();
    let policy = StandardPolicy::new();
    let subkey = victim.keys().with_policy(&policy, None).for_signing().next().unwrap();
    let mut signer =
        thief.primary_key().key().clone().parts_into_secret().unwrap().into_keypair().unwrap();
    let stolen = subkey.key().clone().role_into_subordinate();
    let binding = SignatureBuilder::new(SignatureType::SubkeyBinding)
        .set_key_flags(KeyFlags::empty().set_signing())
        .unwrap()
        .sign_subkey_binding(&mut signer, None, &stolen)
        .unwrap();
    let packets = [Packet::from(stolen.take_secret().0), Packet::from(binding)];
    let thief = thief.insert_packets(packets).unwrap().0;
    let mut pair = subkey.key().clone().parts_into_secret().unwrap().into_keypair().unwrap();
    let commit = sign_commit(&world, &mut pair, HashAlgorithm::SHA512);
    let result = world.verify_at_day(&commit, &thief);
    assert_eq!(
        (result.judgement.reason, result.judgement.trust),
        (Reason::KeyNotForSigning, Check::Bad)
    );
}

/// Ann lets Bob revoke her certificate, and he does: gpg heeds that wherever it has both.
#[test]
fn a_revocation_by_a_designated_revoker_counts_and_one_of_a_stranger_does_not() {
    let world = World::new();
    let (bob, _) = CertBuilder::new().add_userid("bob@example.org").generate().unwrap();
    let (eve, _) = CertBuilder::new().add_userid("eve@example.org").generate().unwrap();
    let (ann, _) = CertBuilder::general_purpose(Some(USER))
        .set_revocation_keys(vec![RevocationKey::from(&bob)])
        .generate()
        .unwrap();
    let policy = StandardPolicy::new();
    let key = ann.keys().with_policy(&policy, None).for_signing().next().unwrap().key().clone();
    let mut key = key.parts_into_secret().unwrap().into_keypair().unwrap();
    let commit = sign_commit(&world, &mut key, HashAlgorithm::SHA512);
    let revoked_by = |revoker: &Cert| {
        let key = revoker.primary_key().key().clone().parts_into_secret().unwrap();
        let revocation = CertRevocationBuilder::new()
            .set_reason_for_revocation(ReasonForRevocation::KeyCompromised, b"")
            .unwrap()
            .build(&mut key.into_keypair().unwrap(), &ann, None)
            .unwrap();
        ann.clone().insert_packets(revocation).unwrap().0
    };
    let verify = |certificates: &[&Cert]| {
        let bytes = |cert: &&Cert| (*cert).clone().strip_secret_key_material().to_vec().unwrap();
        let keyring = certificates.iter().map(bytes).collect::<Vec<_>>().concat();
        world.verify_in(&commit, &keyring).judgement
    };
    assert_eq!(verify(&[&ann, &bob]).reason, Reason::Trusted);
    assert_eq!(verify(&[&revoked_by(&eve), &bob, &eve]).reason, Reason::Trusted);
    let revoked = revoked_by(&bob);
    let judgement = verify(&[&revoked, &bob]);
    assert_eq!((judgement.reason, judgement.trust), (Reason::KeyRevoked, Check::Bad));
    assert_eq!(judgement.key.unwrap().now, KeyState::RevokedHard);
    // Without Bob's certificate nobody can say whether it is his.
    let judgement = verify(&[&revoked]);
    assert_eq!((judgement.reason, judgement.trust), (Reason::RevocationUnknown, Check::Unknown));
    let public = |cert: &Cert| cert.clone().strip_secret_key_material().to_vec().unwrap();
    world.run("gpg", &["--batch", "--import"], &[public(&revoked), public(&bob)].concat());
    assert_eq!(world.git_says(&commit), "R");
}

impl World {
    /// Verifies against a keyring made just now.
    fn verify_in(&self, commit: &str, keyring: &[u8]) -> CommitResult {
        let trust =
            TrustMaterial::parse(&TrustFiles { keyring: Some(keyring), ..TrustFiles::default() })
                .unwrap();
        assert_eq!(trust.problems(), []);
        let mut policy = policy();
        policy.now = jiff::Timestamp::now();
        first(verify_at(&self.repo(), commit, &trust, &policy))
    }

    /// Verifies against one certificate made just now.
    fn verify_at_day(&self, commit: &str, cert: &Cert) -> CommitResult {
        self.verify_in(commit, &cert.clone().strip_secret_key_material().to_vec().unwrap())
    }
}

fn sign_by_hand(world: &World, cert: &Cert, hash: HashAlgorithm) -> CommitResult {
    let key = cert.primary_key().key().clone().parts_into_secret().unwrap();
    let commit = sign_commit(world, &mut key.into_keypair().unwrap(), hash);
    world.verify_at_day(&commit, cert)
}

fn sign_commit(world: &World, key: &mut openpgp::crypto::KeyPair, hash: HashAlgorithm) -> String {
    let unsigned = world.commit_unsigned("by hand");
    let payload = world.raw(&unsigned);
    let signature = SignatureBuilder::new(SignatureType::Binary)
        .set_hash_algo(hash)
        .sign_message(key, &payload)
        .unwrap();
    let mut bytes = Vec::new();
    Packet::from(signature).serialize(&mut bytes).unwrap();
    signed(world, &String::from_utf8(payload).unwrap(), &armored(&bytes))
}

/// Writes a commit whose signed bytes are `payload`.
fn signed(world: &World, payload: &str, armor: &str) -> String {
    let unsigned = world.write(payload.as_bytes());
    world.write_signed(&unsigned, armor)
}

fn signature_of(raw: &str) -> String {
    let start = raw.find("gpgsig ").unwrap() + "gpgsig ".len();
    let end = raw.find("\n\n").unwrap();
    raw[start..end].replace("\n ", "\n") + "\n"
}

fn without_signature(raw: &str) -> String {
    let start = raw.find("gpgsig ").unwrap();
    let end = raw.find("\n\n").unwrap() + 1;
    format!("{}{}", &raw[..start], &raw[end..])
}

fn dearmor(armor: &str) -> Vec<u8> {
    let mode = ReaderMode::Tolerant(Some(Kind::Signature));
    let mut bytes = Vec::new();
    Reader::from_bytes(armor.as_bytes(), mode).read_to_end(&mut bytes).unwrap();
    bytes
}

fn armored(bytes: &[u8]) -> String {
    let mut writer = Writer::new(Vec::new(), Kind::Signature).unwrap();
    writer.write_all(bytes).unwrap();
    String::from_utf8(writer.finalize().unwrap()).unwrap()
}

/// Changes what no signature covers: the left-16 field, and leading zero bytes of each integer.
fn mutated(armor: &str, left16: bool, zeros: usize) -> String {
    let bytes = dearmor(armor);
    // gpg writes signatures in the legacy form with one or two octets of length.
    let header = match bytes[0] & 3 {
        0 => 2,
        _ => 3,
    };
    let body = &bytes[header..];
    assert_eq!(body[0], 4);
    let hashed = usize::from(u16::from_be_bytes([body[4], body[5]]));
    let unhashed = usize::from(u16::from_be_bytes([body[6 + hashed], body[7 + hashed]]));
    let at = 8 + hashed + unhashed;
    let mut out = body[..at].to_vec();
    out.extend(if left16 { *b"tr" } else { [body[at], body[at + 1]] });
    let mut rest = &body[at + 2..];
    while !rest.is_empty() {
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]).div_ceil(8));
        let bits = u16::try_from((length + zeros) * 8).unwrap();
        out.extend(bits.to_be_bytes());
        out.extend(std::iter::repeat_n(0, zeros));
        out.extend(&rest[2..2 + length]);
        rest = &rest[2 + length..];
    }
    let length = u16::try_from(out.len()).unwrap().to_be_bytes();
    armored(&[&[0x89, length[0], length[1]][..], &out].concat())
}
