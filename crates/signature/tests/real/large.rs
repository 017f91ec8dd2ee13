#![expect(clippy::unwrap_used, reason = "a test may panic")]

//! Files that are larger than what may be held in memory.

use crate::files::{CONTENT, artifact, no_trust};
use crate::world::{World, policy};
use beleg_model::ByteCount;
use beleg_signature::{Artifact, Content, TrustFiles, TrustMaterial, verify_artifact};
use beleg_trust::Reason;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU8, Ordering};

/// A content that is another one from the third time on that it is opened.
struct Swapped(AtomicU8);

impl Content for Swapped {
    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let opened = self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(if opened == 0 { CONTENT } else { &b"another content"[..] }))
    }
}

fn judge(artifact: &Artifact, name: &str, signature: &[u8], trust: &TrustMaterial) -> Reason {
    verify_artifact(artifact, signature, name, &[], trust, &policy()).reason
}

#[test]
fn openpgp_and_ssh_signatures_are_verified_block_by_block() {
    let world = World::new();
    world.put("iso", CONTENT);
    world.gpg_user("ann@example.org");
    world.gpg_at(&["--detach-sign", "-u", "ann@example.org", "-o", "iso.sig", "iso"]);
    let by_gpg = (world.gpg_trust(&["ann@example.org"]), world.get("iso.sig"));

    world.run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "key"], b"");
    let mut signed = Vec::new();
    for hash in ["sha256", "sha512"] {
        let option = format!("hashalg={hash}");
        let sign = ["-q", "-Y", "sign", "-O", &option, "-f", "key", "-n", "file"];
        signed.push(world.run("ssh-keygen", &sign, CONTENT));
    }
    let line = [&b"ann@example.org "[..], &world.get("key.pub")].concat();
    let files = TrustFiles { allowed_signers: Some(&line), ..TrustFiles::default() };
    let by_ssh = signed.into_iter().map(|it| (TrustMaterial::parse(&files).unwrap(), it));

    for (trust, signature) in std::iter::once(by_gpg).chain(by_ssh) {
        let large = |content: &[u8]| artifact("iso", content).with_memory_limit(ByteCount(3));
        assert_eq!(judge(&large(CONTENT), "iso.sig", &signature, &trust), Reason::Trusted);
        assert_eq!(judge(&large(b"another"), "iso.sig", &signature, &trust), Reason::BadSignature);
        let swapped = Artifact::read("iso", Box::new(Swapped(AtomicU8::new(0)))).unwrap();
        let reason = judge(&swapped, "iso.sig", &signature, &trust);
        assert!([Reason::ContentUnreadable, Reason::Trusted].contains(&reason), "{reason:?}");
    }
}

#[test]
fn what_covers_the_content_itself_is_not_held_in_memory_beyond_the_limit() {
    let world = World::new();
    world.put("iso", CONTENT);
    world.openssl_key("key", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    world.run("openssl", &["req", "-x509", "-key", "key", "-subj", "/CN=a", "-out", "cert"], b"");
    let sign = ["cms", "-sign", "-binary", "-in", "iso", "-signer", "cert", "-inkey", "key"];
    let signature = world.run("openssl", &[&sign[..], &["-outform", "DER"]].concat(), b"");
    let large = artifact("iso", CONTENT).with_memory_limit(ByteCount(3));
    assert_eq!(judge(&large, "iso.p7s", &signature, &no_trust()), Reason::UnsupportedSignature);
}
