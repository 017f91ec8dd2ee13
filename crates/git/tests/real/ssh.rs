#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::world::{ANN, World, first, policy, ssh_trust, verify_at};
use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::{Check, DecidedBy, Format, PatternList, Reason};
use sha2::{Digest as _, Sha256};
use ssh_key::private::Ed25519Keypair;
use ssh_key::public::{KeyData, SkEd25519};
use ssh_key::{
    Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, Signature, SigningKey, SshSig,
};

/// Every key type that `git` signs with, by ssh-keygen's own hand.
#[test]
fn every_key_type_is_trusted_as_git_trusts_it() {
    let world = World::new();
    for (name, kind) in [
        ("ed25519", &["-t", "ed25519"][..]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa2048", &["-t", "rsa", "-b", "2048"]),
        ("rsa4096", &["-t", "rsa", "-b", "4096"]),
    ] {
        let key = world.ssh_key(name, kind);
        let commit = world.commit_ssh(&key, name);
        let allowed = format!("{ANN} {}\n", world.public(&key));
        assert_eq!(world.letter(&commit, &allowed), "G", "{name}");
        let result = world.verify_ssh(&commit, &allowed);
        assert_eq!(result.judgement.reason, Reason::Trusted, "{name}: {result:?}");
        assert_eq!((result.judgement.crypto, result.judgement.trust), (Check::Good, Check::Good));
        assert_eq!(result.signature, Some(Format::Ssh));
        let signer = result.judgement.signer.unwrap();
        assert_eq!(signer.identity.as_deref(), Some(ANN));
        let listed = world.run("ssh-keygen", &["-l", "-f", &key], b"");
        assert!(String::from_utf8(listed).unwrap().contains(&signer.fingerprint), "{name}");
        assert_eq!(result.judgement.signer_matches_committer, Some(true));
    }
}

#[test]
fn an_unsigned_commit_is_unsigned() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let commit = world.commit_unsigned("plain");
    let allowed = format!("{ANN} {}\n", world.public(&key));
    assert_eq!(world.letter(&commit, &allowed), "N");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(result.judgement.reason, Reason::Unsigned);
    assert_eq!(
        (result.signature, result.judgement.crypto, result.judgement.trust),
        (None, Check::None, Check::None)
    );
    assert_eq!(result.subject, "plain");
}

/// Git says U ("unknown validity"): whether that is a fault, it leaves to the reader. Here a
/// good signature of someone who is not allowed is one.
#[test]
fn a_key_nobody_allowed_is_unknown_though_its_signature_is_good() {
    let world = World::new();
    let ann = world.ssh_key("ann", &["-t", "ed25519"]);
    let eve = world.ssh_key("eve", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&eve, "by eve");
    let allowed = format!("{ANN} {}\n", world.public(&ann));
    assert_eq!(world.letter(&commit, &allowed), "U");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(result.judgement.reason, Reason::UnknownKey);
    assert_eq!((result.judgement.crypto, result.judgement.trust), (Check::Good, Check::Bad));
    assert_eq!(result.judgement.signer.unwrap().identity, None);
}

#[test]
fn without_any_trust_material_nothing_is_decided() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&key, "x");
    let result =
        first(world.verify(&commit, &TrustMaterial::parse(&TrustFiles::default()).unwrap()));
    assert_eq!(
        (result.judgement.reason, result.judgement.trust),
        (Reason::NoTrustMaterial, Check::Unknown)
    );
}

#[test]
fn a_tampered_commit_is_bad_as_git_finds_it() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&key, "pay 10");
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let tampered = world.write(raw.replace("pay 10", "pay 99").as_bytes());
    let allowed = format!("{ANN} {}\n", world.public(&key));
    assert_eq!(world.letter(&tampered, &allowed), "B");
    let result = world.verify_ssh(&tampered, &allowed);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::BadSignature, Check::Bad)
    );
    assert_eq!(result.judgement.trust, Check::Bad);
}

#[test]
fn a_signature_for_files_is_no_signature_for_git() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let unsigned = world.commit_unsigned("x");
    let armor = world.run(
        "ssh-keygen",
        &["-q", "-Y", "sign", "-n", "file", "-f", &key],
        &world.raw(&unsigned),
    );
    let commit = world.write_signed(&unsigned, &String::from_utf8(armor).unwrap());
    let allowed = format!("{ANN} {}\n", world.public(&key));
    assert_eq!(world.letter(&commit, &allowed), "B");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::WrongNamespace, Check::Bad)
    );
    assert!(result.judgement.notes.iter().any(|note| note.contains("`file`")));
}

#[test]
fn a_key_allowed_for_files_alone_is_not_allowed_for_git() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&key, "x");
    let key = world.public(&key);
    let files = format!("{ANN} namespaces=\"file\" {key}\n");
    assert_ne!(world.letter(&commit, &files), "G");
    let result = world.verify_ssh(&commit, &files);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::WrongNamespace, Check::Good)
    );
    let both = format!("{ANN} namespaces=\"file,g?t\" {key}\n");
    assert_eq!(world.letter(&commit, &both), "G");
    assert_eq!(world.verify_ssh(&commit, &both).judgement.reason, Reason::Trusted);
}

/// The committer date decides, as it does for git, and anyone can write any date: the result
/// says which time decided, and that is all that can be said without a timestamp authority.
#[test]
fn validity_is_decided_by_the_committer_date_and_the_result_says_so() {
    let mut world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let public = world.public(&key);
    let today = world.commit_ssh(&key, "today");
    world.date = "2019-12-31T00:00:00Z".to_owned();
    let backdated = world.commit_ssh(&key, "backdated");
    let ended = format!("{ANN} valid-before=\"20200101Z\" {public}\n");
    let begun = format!("{ANN} valid-after=\"202001010000Z\" {public}\n");
    for (commit, allowed, letter, reason) in [
        (&today, &ended, "U", Reason::OutsideValidity),
        (&backdated, &ended, "G", Reason::Trusted),
        (&today, &begun, "G", Reason::Trusted),
        (&backdated, &begun, "U", Reason::OutsideValidity),
    ] {
        assert_eq!(&world.letter(commit, allowed), letter, "{allowed}");
        let result = world.verify_ssh(commit, allowed);
        assert_eq!(result.judgement.reason, reason, "{allowed}");
        assert_eq!(result.judgement.times.decided_by, DecidedBy::CommitterDate);
    }
}

/// Git accepts this: it asks only whether some principal has the key.
#[test]
fn a_signer_who_is_not_the_committer_is_a_fault_unless_the_policy_allows_it() {
    let mut world = World::new();
    let key = world.ssh_key("eve", &["-t", "ed25519"]);
    world.email = "victim@example.org".to_owned();
    let commit = world.commit_ssh(&key, "in another's name");
    let allowed = format!("eve@example.org {}\n", world.public(&key));
    assert_eq!(world.letter(&commit, &allowed), "G");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto),
        (Reason::SignerNotCommitter, Check::Good)
    );
    assert_eq!(result.judgement.signer_matches_committer, Some(false));
    assert_eq!(result.judgement.signer.unwrap().identity.as_deref(), Some("eve@example.org"));
    let mut policy = policy();
    policy.require_signer_is_committer = false;
    let result = first(verify_at(&world.repo(), &commit, &ssh_trust(&allowed), &policy));
    assert_eq!(result.judgement.reason, Reason::Trusted);
    assert_eq!(result.judgement.signer_matches_committer, Some(false));
    policy.signers = Some(PatternList::parse("ann@*").unwrap());
    let result = first(verify_at(&world.repo(), &commit, &ssh_trust(&allowed), &policy));
    assert_eq!(result.judgement.reason, Reason::PrincipalNotAllowed);
}

#[test]
fn principals_that_try_to_escape_match_nobody_else() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&key, "x");
    let public = world.public(&key);
    for evil in [
        "ann@example.org.evil.example",
        "[a]nn@example.org",
        ".*",
        "*@example.org,!ann@example.org",
        "*@example.org,!ANN@example.org",
        "\"ann@example.org \"",
        "?@example.org",
    ] {
        let result = world.verify_ssh(&commit, &format!("{evil} {public}\n"));
        assert_eq!(result.judgement.reason, Reason::SignerNotCommitter, "{evil}");
    }
    for fine in [
        "*",
        "ann@*",
        "bob@example.org,ann@example.org",
        "\"ann@example.org\"",
        "an?@*",
        "ann@EXAMPLE.org",
    ] {
        let result = world.verify_ssh(&commit, &format!("{fine} {public}\n"));
        assert_eq!(result.judgement.reason, Reason::Trusted, "{fine}");
    }
}

/// OpenSSH accepts 1,024-bit RSA (its `RequiredRSASize`); NIST SP 800-131A has not since 2014.
#[test]
fn a_short_rsa_key_is_weak_though_git_takes_it() {
    let world = World::new();
    let key = world.ssh_key("short", &["-t", "rsa", "-b", "1024"]);
    let commit = world.commit_ssh(&key, "x");
    let allowed = format!("{ANN} {}\n", world.public(&key));
    assert_eq!(world.letter(&commit, &allowed), "G");
    assert_eq!(world.verify_ssh(&commit, &allowed).judgement.reason, Reason::WeakAlgorithm);
}

#[test]
fn a_certificate_is_trusted_when_its_authority_is_allowed_and_untrusted_otherwise() {
    let world = World::new();
    let authority = world.ssh_key("ca", &["-t", "ed25519"]);
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    world.run(
        "ssh-keygen",
        &["-q", "-s", &authority, "-I", "id", "-n", ANN, &format!("{key}.pub")],
        b"",
    );
    let commit = world.commit_ssh(&format!("{key}-cert.pub"), "x");
    let authority = world.public(&authority);
    let allowed = format!("{ANN} cert-authority {authority}\n");
    assert_eq!(world.letter(&commit, &allowed), "G");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(result.judgement.reason, Reason::Trusted);
    assert_eq!(result.judgement.signer_matches_committer, Some(true));
    // Without `cert-authority`, the same key signs only for itself.
    let allowed = format!("{ANN} {authority}\n");
    assert_ne!(world.letter(&commit, &allowed), "G");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(
        (result.judgement.reason, result.judgement.crypto, result.judgement.trust),
        (Reason::CertificateUntrusted, Check::Good, Check::Bad)
    );
    // Without any trust material, it is not even that.
    let trust = TrustMaterial::parse(&TrustFiles::default()).unwrap();
    let result = first(world.verify(&commit, &trust));
    assert_eq!(result.judgement.reason, Reason::NoTrustMaterial);
}

/// Git asks `ssh-keygen -Y verify -r`; the commit's date does not matter to it either.
#[test]
fn a_revoked_key_signs_no_commit_whatever_its_date() {
    let mut world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let public = world.public(&key);
    let allowed = format!("{ANN} {public}\n");
    let today = world.commit_ssh(&key, "today");
    world.date = "2019-12-31T00:00:00Z".to_owned();
    let backdated = world.commit_ssh(&key, "backdated");
    let krl = world.path("krl").display().to_string();
    world.run("ssh-keygen", &["-q", "-k", "-f", &krl, &format!("{key}.pub")], b"");
    let revoked = std::fs::read(&krl).unwrap();
    let trust = TrustMaterial::parse(&TrustFiles {
        allowed_signers: Some(allowed.as_bytes()),
        revoked_keys: Some(&revoked),
        ..TrustFiles::default()
    })
    .unwrap();
    assert_eq!(trust.revoked_keys().unwrap().len(), 1);
    for commit in [&today, &backdated] {
        assert_eq!(world.letter(commit, &allowed), "G");
        world.git(&["config", "gpg.ssh.revocationFile", &krl]);
        assert_ne!(world.letter(commit, &allowed), "G");
        world.git(&["config", "--unset", "gpg.ssh.revocationFile"]);
        let judgement = first(world.verify(commit, &trust)).judgement;
        assert_eq!((judgement.reason, judgement.trust), (Reason::KeyRevoked, Check::Bad));
    }
}

/// A key listed as an authority alone may not sign commits itself.
#[test]
fn an_authoritys_own_signature_is_not_allowed() {
    let world = World::new();
    let key = world.ssh_key("ca", &["-t", "ed25519"]);
    let commit = world.commit_ssh(&key, "x");
    let allowed = format!("{ANN} cert-authority {}\n", world.public(&key));
    assert_ne!(world.letter(&commit, &allowed), "G");
    assert_eq!(world.verify_ssh(&commit, &allowed).judgement.reason, Reason::UnknownKey);
}

/// There is no FIDO device here, so that the device's part is done by hand (PROTOCOL.u2f);
/// OpenSSH itself confirms that the signature is a real one.
#[test]
fn fido_keys_are_verified_and_a_missing_touch_is_noted() {
    let world = World::new();
    for (flags, notes) in [(1u8, 0), (0, 1)] {
        let unsigned = world.commit_unsigned("x");
        let (armor, public) = fido_signature(&world.raw(&unsigned), flags);
        let commit = world.write_signed(&unsigned, &armor);
        let allowed = format!("{ANN} {public}\n");
        assert_eq!(world.letter(&commit, &allowed), "G");
        let result = world.verify_ssh(&commit, &allowed);
        assert_eq!(result.judgement.reason, Reason::Trusted, "{result:?}");
        assert_eq!(result.judgement.notes.len(), notes);
        let raw = String::from_utf8(world.raw(&commit)).unwrap();
        let tampered = world.write(raw.replace("\n\nx", "\n\ny").as_bytes());
        assert_eq!(world.verify_ssh(&tampered, &allowed).judgement.reason, Reason::BadSignature);
    }
}

fn fido_signature(payload: &[u8], flags: u8) -> (String, String) {
    let device = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32]));
    let public = *device.public_key().key_data().ed25519().unwrap();
    let key = KeyData::from(SkEd25519::new(public, "ssh:"));
    let message = SshSig::signed_data("git", HashAlg::Sha512, payload).unwrap();
    let trailer = [flags, 0, 0, 0, 9];
    let signed = [&Sha256::digest("ssh:")[..], &trailer[..], &Sha256::digest(message)[..]].concat();
    let bytes = [raw_signature(&device, &signed).as_bytes(), &trailer[..]].concat();
    let signature = Signature::new(Algorithm::SkEd25519, bytes).unwrap();
    let armored = SshSig::new(key.clone(), "git", HashAlg::Sha512, signature).unwrap();
    let public = PublicKey::from(key).to_openssh().unwrap();
    (armored.to_pem(LineEnding::LF).unwrap(), public)
}

fn raw_signature<K: SigningKey>(key: &K, message: &[u8]) -> Signature {
    key.try_sign(message).unwrap()
}
