#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::authority::Wish;
use crate::world::{ANN, World};
use crate::x509::verify;
use beleg_trust::{Check, Reason};
use std::fs;

/// Commits that git itself signed by gpgsm, which writes BER, compared with `%G?`. Keys on curves
/// are left out: gpgsm 2.2 crashes when it imports them.
#[test]
fn what_git_signs_with_gpgsm_is_judged_as_git_judges_it() {
    let world = World::new();
    let root = world.root("root");
    for (name, key) in [
        ("rsa2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
        ("rsa4096", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]),
    ] {
        let subject = format!("/CN={name}");
        let ann =
            world.issue(Some(&root), &Wish { name, subject: &subject, key, ..Wish::default() });
        let bundle = world.path("ann.p12").display().to_string();
        let args = [
            "pkcs12",
            "-export",
            "-in",
            &ann.certificate,
            "-inkey",
            &ann.key,
            "-passout",
            "pass:",
            // gpgsm 2.2 reads no newer encryption, and none of certificates without passphrase.
            "-keypbe",
            "PBE-SHA1-3DES",
            "-certpbe",
            "NONE",
            "-macalg",
            "sha1",
            "-out",
            &bundle,
        ];
        world.run("openssl", &args, b"");
        let gnupg = world.path("gnupg");
        fs::write(gnupg.join("gpg-agent.conf"), "allow-loopback-pinentry\n").unwrap();
        fs::write(gnupg.join("gpgsm.conf"), "disable-crl-checks\n").unwrap();
        let args = ["x509", "-in", &root.certificate, "-noout", "-fingerprint", "-sha1"];
        let printed = String::from_utf8(world.run("openssl", &args, b"")).unwrap();
        let (_, fingerprint) = printed.trim().split_once('=').unwrap();
        fs::write(gnupg.join("trustlist.txt"), format!("{fingerprint} S relax\n")).unwrap();
        let args = ["--batch", "--passphrase-fd", "0", "--pinentry-mode", "loopback", "--import"];
        world.run("gpgsm", &[&args[..], &[bundle.as_str()]].concat(), b"\n");
        world.run("gpgsm", &["--batch", "--import", &root.certificate], b"");
        let key = format!("user.signingkey={subject}");
        let signed = [
            "-c",
            "gpg.format=x509",
            "-c",
            &key,
            "commit",
            "-q",
            "--allow-empty",
            "-S",
            "-m",
            name,
        ];
        world.git(&signed);
        let commit = world.git(&["rev-parse", "HEAD"]);
        assert_eq!(world.git(&["log", "-1", "--format=%G?", &commit]), "G", "{name}");
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!(judgement.reason, Reason::Trusted, "{name}: {judgement:?}");
        assert_eq!(judgement.signer.unwrap().identity.as_deref(), Some(ANN));
        let raw = String::from_utf8(world.raw(&commit)).unwrap();
        let tampered = world.write(raw.replace("<ann@", "<eve@").as_bytes());
        assert_eq!(world.git(&["log", "-1", "--format=%G?", &tampered]), "B");
        let judgement = verify(&world, &tampered, &[&root]).judgement;
        assert_eq!((judgement.reason, judgement.crypto), (Reason::DigestMismatch, Check::Bad));
    }
}
