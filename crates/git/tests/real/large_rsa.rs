#![expect(clippy::unwrap_used, reason = "a test may panic")]

//! OpenPGP by RSA keys that are larger than what Sequoia's backend computes with.

use crate::world::{ANN, World, first, policy};
use beleg_signature::{Artifact, TrustFiles, TrustMaterial, verify_artifact};
use beleg_trust::Reason;
use std::fs;

/// Makes a key of 5,120 bits that also has a subkey for signing, as some of Debian's have.
fn world() -> (World, String) {
    let world = World::new();
    let parameters = format!(
        "%no-protection\nKey-Type: RSA\nKey-Length: 5120\nKey-Usage: sign\nName-Real: Ann\n\
         Name-Email: {ANN}\nExpire-Date: 0\n%commit\n"
    );
    world.put("parameters", parameters.as_bytes());
    world.gpg_at(&["--enable-large-rsa", "--generate-key", "parameters"]);
    let list = world.run("gpg", &["--batch", "--with-colons", "--list-keys", ANN], b"");
    let list = String::from_utf8(list).unwrap();
    assert!(list.lines().any(|line| line.starts_with("pub:") && line.contains(":5120:1:")));
    let line = list.lines().find(|line| line.starts_with("fpr:")).unwrap();
    let key = line.split(':').nth(9).unwrap().to_owned();
    (world, key)
}

const CONTENT: &[u8] = b"content of the release\n";

fn trust(keyring: &[u8]) -> TrustMaterial {
    let files = TrustFiles { keyring: Some(keyring), ..TrustFiles::default() };
    TrustMaterial::parse(&files).unwrap()
}

/// Signs a file, and returns the signature.
fn sign(world: &World, key: &str) -> Vec<u8> {
    world.put("a", CONTENT);
    world.gpg_at(&["--detach-sign", "-u", key, "-o", "a.sig", "a"]);
    world.get("a.sig")
}

#[test]
fn large_rsa_keys_are_verified_with_their_certificates_and_revocations() {
    let (world, key) = world();
    let exported = || world.run("gpg", &["--batch", "--export"], b"");
    let signature = sign(&world, &format!("{key}!"));
    let keyring = exported();
    let judge = |content: &[u8], signature: &[u8], keyring: &[u8]| {
        let artifact = Artifact::read("a", Box::new(content.to_vec())).unwrap();
        verify_artifact(&artifact, signature, "a.sig", &[], &trust(keyring), &policy()).reason
    };
    assert_eq!(judge(CONTENT, &signature, &keyring), Reason::Trusted);
    assert_eq!(judge(b"another", &signature, &keyring), Reason::BadSignature);
    let mut altered = signature.clone();
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(judge(CONTENT, &altered, &keyring), Reason::BadSignature);

    // The self-signature stands last: without it nobody knows whose the key is.
    let mut unbound = keyring.clone();
    *unbound.last_mut().unwrap() ^= 1;
    let reason = judge(CONTENT, &signature, &unbound);
    assert!(reason != Reason::Trusted, "{reason:?}");
    // The good one is not forgotten over it.
    assert_eq!(judge(CONTENT, &signature, &keyring), Reason::Trusted);

    a_commit_is_verified(&world, &key, &keyring);
    a_subkey_is_bound(&world, &key, judge);

    let other = World::new();
    other.gpg_user(ANN);
    assert_eq!(judge(CONTENT, &sign(&other, ANN), &keyring), Reason::UnknownKey);

    // gpg wrote the revocation when it made the key; the colon keeps it from an accident.
    let file = world.path("gnupg").join(format!("openpgp-revocs.d/{key}.rev"));
    let text = fs::read_to_string(file).unwrap().replace(":-----BEGIN", "-----BEGIN");
    world.put("revocation", text.as_bytes());
    world.run("gpg", &["--batch", "--import", "revocation"], b"");
    assert_eq!(judge(CONTENT, &signature, &exported()), Reason::KeyRevoked);
}

fn a_commit_is_verified(world: &World, key: &str, keyring: &[u8]) {
    let signed = format!("user.signingkey={key}!");
    world.git(&["-c", &signed, "commit", "-q", "--allow-empty", "-S", "-m", "subject"]);
    let commit = world.git(&["rev-parse", "HEAD"]);
    // The clock of this machine stands behind the policy's or before it; either is no matter here.
    let reason = |commit: &str| {
        let policy = beleg_trust::Policy::at(jiff::Timestamp::now());
        let result = crate::world::verify_at(&world.repo(), commit, &trust(keyring), &policy);
        first(result).judgement.reason
    };
    assert_eq!(reason(&commit), Reason::Trusted);
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let changed = world.write(raw.replace("subject", "another").as_bytes());
    assert_eq!(reason(&changed), Reason::BadSignature);
}

fn a_subkey_is_bound(world: &World, key: &str, judge: impl Fn(&[u8], &[u8], &[u8]) -> Reason) {
    world.gpg_at(&["--quick-add-key", key, "ed25519", "sign", "0"]);
    let signature = sign(world, key);
    let keyring = world.run("gpg", &["--batch", "--export"], b"");
    assert_eq!(judge(CONTENT, &signature, &keyring), Reason::Trusted);
    // The binding stands last.
    let mut unbound = keyring.clone();
    *unbound.last_mut().unwrap() ^= 1;
    assert_eq!(judge(CONTENT, &signature, &unbound), Reason::KeyNotForSigning);
}
