#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::files::{CONTENT, artifact, by_all, by_keys, no_trust};
use crate::world::{World, policy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_model::Digest;
use beleg_signature::{Artifact, PublicKey, PublicKeyError, SignatureFile, verify_artifact};
use beleg_trust::{Check, Format, MissingEvidence, PatternList, Reason};
use proptest::prelude::*;

fn changed() -> Vec<u8> {
    let mut content = CONTENT.to_vec();
    content[0] ^= 1;
    content
}

#[test]
fn minisign_signatures_in_both_forms_are_judged_as_minisign_does() {
    let world = World::new();
    let key = world.minisign_key("ann");
    let other = world.minisign_key("bob");
    world.put("a", CONTENT);
    for options in [&[][..], &["-l"]] {
        world.put("a", CONTENT);
        let signature = world.minisign("ann", "a", options);
        assert_eq!(SignatureFile::detect("a.minisig", &signature), Format::Minisign);
        let verify = ["-V", "-q", "-p", "ann.pub", "-m", "a"];
        assert!(world.succeeds("minisign", &verify));
        let judgement = by_keys(CONTENT, &signature, &[other.clone(), key.clone()]);
        assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
        let signer = judgement.signer.unwrap();
        assert_eq!(signer.identity.as_deref(), Some("ann"));
        let public = String::from_utf8(world.get("ann.pub")).unwrap();
        assert!(public.contains(&signer.fingerprint), "{public}");
        assert!(judgement.times.signature.is_some());

        world.put("a", &changed());
        assert!(!world.succeeds("minisign", &verify));
        let judgement = by_keys(&changed(), &signature, std::slice::from_ref(&key));
        assert_eq!(judgement.reason, Reason::BadSignature);
        let judgement = by_keys(CONTENT, &signature, std::slice::from_ref(&other));
        assert_eq!((judgement.reason, judgement.trust), (Reason::UnknownKey, Check::Bad));
        assert_eq!(by_keys(CONTENT, &signature, &[]).reason, Reason::NoTrustMaterial);
    }
}

#[test]
fn a_changed_minisign_comment_is_noticed() {
    let world = World::new();
    let key = world.minisign_key("ann");
    world.put("a", CONTENT);
    let signature = world.minisign("ann", "a", &["-t", "version 2"]);
    let text = String::from_utf8(signature).unwrap();
    let judgement = by_keys(CONTENT, text.as_bytes(), std::slice::from_ref(&key));
    assert_eq!(judgement.notes, ["the signed comment is `version 2`"]);
    let forged = text.replace("version 2", "version 3");
    assert_eq!(by_keys(CONTENT, forged.as_bytes(), &[key]).reason, Reason::BadSignature);
}

/// `minisign -V` accepts this: the digest of a signed file, taken as a file of its own.
#[test]
fn a_prehashed_minisign_signature_cannot_be_relabelled() {
    let world = World::new();
    let key = world.minisign_key("ann");
    world.put("a", CONTENT);
    let text = String::from_utf8(world.minisign("ann", "a", &[])).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut line = STANDARD.decode(lines[1]).unwrap();
    line[1] = b'd';
    let forged = text.replace(lines[1], &STANDARD.encode(line));
    let digest = world.run("b2sum", &["-b", "a"], b"");
    let digest = hex::decode(&digest[..128]).unwrap();
    world.put("digest", &digest);
    world.put("digest.minisig", forged.as_bytes());
    assert!(world.succeeds("minisign", &["-V", "-q", "-p", "ann.pub", "-m", "digest"]));
    let judgement = by_keys(&digest, forged.as_bytes(), &[key]);
    assert_eq!(judgement.reason, Reason::FormatDowngraded);
}

#[test]
fn a_signify_signature_is_judged_as_signify_does() {
    let world = World::new();
    let (key, other) = (world.signify_key("ann"), world.signify_key("bob"));
    world.put("a", CONTENT);
    let signature = world.signify("ann", "a", &[]);
    assert_eq!(SignatureFile::detect("a.sig", &signature), Format::Signify);
    let verify = ["-V", "-q", "-p", "ann.pub", "-m", "a", "-x", "out.sig"];
    assert!(world.succeeds("signify-openbsd", &verify));
    let judgement = by_keys(CONTENT, &signature, &[other.clone(), key.clone()]);
    assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
    world.put("a", &changed());
    assert!(!world.succeeds("signify-openbsd", &verify));
    assert_eq!(by_keys(&changed(), &signature, &[key]).reason, Reason::BadSignature);
    assert_eq!(by_keys(CONTENT, &signature, &[other]).reason, Reason::UnknownKey);
}

/// The signature over a minisign comment is one over "signature and comment" as a message.
#[test]
fn a_minisign_signature_cannot_be_passed_off_as_one_of_signify() {
    let world = World::new();
    let key = world.minisign_key("ann");
    world.put("a", CONTENT);
    let text = String::from_utf8(world.minisign("ann", "a", &["-t", "c"])).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let line = STANDARD.decode(lines[1]).unwrap();
    let content = [&line[10..], b"c"].concat();
    let number = &line[2..10];
    let forged = [b"Ed", number, &STANDARD.decode(lines[3]).unwrap()].concat();
    let forged = format!("untrusted comment: x\n{}\n", STANDARD.encode(forged));
    let judgement = by_keys(&content, forged.as_bytes(), &[key]);
    assert_eq!(judgement.reason, Reason::FormatDowngraded);
}

#[test]
fn bare_signatures_of_openssl_are_judged_as_openssl_does() {
    let world = World::new();
    world.put("a", CONTENT);
    world.put("changed", &changed());
    let rsa = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"][..];
    let ec = |curve| ["-algorithm", "EC", "-pkeyopt", curve];
    let other = world.openssl_key("other", &ec("ec_paramgen_curve:P-256"));
    let keys = [
        ("rsa", world.openssl_key("rsa", rsa)),
        ("p256", world.openssl_key("p256", &ec("ec_paramgen_curve:P-256"))),
        ("p384", world.openssl_key("p384", &ec("ec_paramgen_curve:P-384"))),
        ("p521", world.openssl_key("p521", &ec("ec_paramgen_curve:P-521"))),
    ];
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt"];
    let digest_salt = [&pss[..], &["rsa_pss_saltlen:digest"]].concat();
    let longest_salt = [&pss[..], &["rsa_pss_saltlen:max"]].concat();
    for (name, key) in &keys {
        let public = format!("{name}.pem");
        let options: &[&[&str]] =
            if *name == "rsa" { &[&[], &digest_salt, &longest_salt] } else { &[&[]] };
        for hash in ["-sha256", "-sha384", "-sha512"] {
            for options in options {
                let sign = [&["dgst", hash, "-sign", name, "-out", "s"][..], options].concat();
                world.run("openssl", &[&sign[..], &["a"]].concat(), b"");
                let signature = world.get("s");
                let verify =
                    [&["dgst", hash, "-verify", &public, "-signature", "s"][..], options].concat();
                assert!(world.succeeds("openssl", &[&verify[..], &["a"]].concat()));
                assert_eq!(SignatureFile::detect("a.sig", &signature), Format::Raw, "{name}");
                let keys = [other.clone(), key.clone()];
                let judgement = by_keys(CONTENT, &signature, &keys);
                assert_eq!(judgement.reason, Reason::Trusted, "{name} {hash} {options:?}");
                assert_eq!(judgement.signer.unwrap().identity.as_deref(), Some(*name));
                // cosign writes base64.
                let text = format!("{}\n", STANDARD.encode(&signature));
                assert_eq!(by_keys(CONTENT, text.as_bytes(), &keys).reason, Reason::Trusted);

                assert!(!world.succeeds("openssl", &[&verify[..], &["changed"]].concat()));
                let judgement = by_keys(&changed(), &signature, &keys);
                assert_eq!(judgement.reason, Reason::BadSignature);
                let judgement = by_keys(CONTENT, &signature, std::slice::from_ref(&other));
                assert_eq!(judgement.reason, Reason::BadSignature);
                assert_eq!(by_keys(CONTENT, &signature, &[]).reason, Reason::NoTrustMaterial);
            }
        }
    }
}

#[test]
fn a_pure_ed25519_signature_needs_the_content_and_its_memory() {
    let world = World::new();
    world.put("a", CONTENT);
    let key = world.openssl_key("ed", &["-algorithm", "ED25519"]);
    world.run(
        "openssl",
        &["pkeyutl", "-sign", "-rawin", "-inkey", "ed", "-in", "a", "-out", "s"],
        b"",
    );
    let (signature, keys) = (world.get("s"), [key]);
    assert_eq!(by_keys(CONTENT, &signature, &keys).reason, Reason::Trusted);
    assert_eq!(by_keys(&changed(), &signature, &keys).reason, Reason::BadSignature);
    let judge = |artifact: &Artifact| {
        verify_artifact(artifact, &signature, "a.sig", &keys, &no_trust(), &policy())
    };
    let digest = artifact("a", CONTENT).sha256().unwrap();
    let judgement = judge(&Artifact::of_digest("a", &digest).unwrap());
    assert_eq!(judgement.reason, Reason::ContentNeeded);
    assert_eq!(judgement.missing, [MissingEvidence::Content]);
    let small = artifact("a", CONTENT).with_memory_limit(beleg_model::ByteCount(3));
    assert_eq!(judge(&small).reason, Reason::UnsupportedSignature);
}

#[test]
fn a_digest_alone_suffices_for_signatures_over_a_digest() {
    let world = World::new();
    world.put("a", CONTENT);
    let keys =
        [world.openssl_key("k", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])];
    let judge = |hash: &str, digest: &Digest| {
        world.run("openssl", &["dgst", hash, "-sign", "k", "-out", "s", "a"], b"");
        let artifact = Artifact::of_digest("a", digest).unwrap();
        verify_artifact(&artifact, &world.get("s"), "a.sig", &keys, &no_trust(), &policy()).reason
    };
    let digest = artifact("a", CONTENT).sha256().unwrap();
    assert_eq!(judge("-sha256", &digest), Reason::Trusted);
    // It may be over another digest of the same content: nothing can be said.
    assert_eq!(judge("-sha512", &digest), Reason::ContentNeeded);
    let sha512 = world.run("sha512sum", &["a"], b"");
    let sha512 = String::from_utf8(sha512[..128].to_vec()).unwrap();
    let sha512: Digest = format!("sha512:{sha512}").parse().unwrap();
    assert_eq!(judge("-sha512", &sha512), Reason::Trusted);
    assert_eq!(judge("-sha256", &sha512), Reason::ContentNeeded);
}

#[test]
fn a_signer_outside_the_policy_is_not_allowed() {
    let world = World::new();
    let key = world.minisign_key("ann");
    world.put("a", CONTENT);
    let signature = world.minisign("ann", "a", &[]);
    let mut policy = policy();
    let judge = |policy: &_| {
        let keys = std::slice::from_ref(&key);
        verify_artifact(&artifact("a", CONTENT), &signature, "s", keys, &no_trust(), policy)
    };
    policy.signers = Some(PatternList::parse("bob").unwrap());
    let judgement = judge(&policy);
    assert_eq!(judgement.reason, Reason::PrincipalNotAllowed);
    assert_eq!((judgement.crypto, judgement.trust), (Check::Good, Check::Bad));
    policy.signers = Some(PatternList::parse("a*").unwrap());
    assert_eq!(judge(&policy).reason, Reason::Trusted);
}

#[test]
fn weak_and_foreign_keys_are_refused_when_they_are_read() {
    let world = World::new();
    let pem = |options: &[&str]| {
        let args = [&["genpkey", "-quiet", "-out", "k", "-algorithm"][..], options].concat();
        world.run("openssl", &args, b"");
        world.run("openssl", &["pkey", "-in", "k", "-pubout"], b"")
    };
    let refused = |pem: &[u8]| PublicKey::parse("k", pem).err();
    assert_eq!(
        refused(&pem(&["RSA", "-pkeyopt", "rsa_keygen_bits:1024"])),
        Some(PublicKeyError::Weak)
    );
    assert_eq!(refused(&world.get("k")), Some(PublicKeyError::Private));
    assert_eq!(refused(&pem(&["X25519"])), Some(PublicKeyError::Unsupported));
    assert_eq!(refused(&pem(&["ED448"])), Some(PublicKeyError::Unsupported));
    let k1 = ["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"];
    assert_eq!(refused(&pem(&k1)), Some(PublicKeyError::Unsupported));
    let two = pem(&["ED25519"]).repeat(2);
    assert_eq!(refused(&two), Some(PublicKeyError::Malformed));
}

#[test]
fn an_rsa_key_in_its_own_form_is_the_same_key_and_its_fingerprint_that_of_openssl() {
    let world = World::new();
    let spki = world.openssl_key("k", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]);
    let pkcs1 = world.run("openssl", &["rsa", "-in", "k", "-RSAPublicKey_out"], b"");
    assert!(pkcs1.starts_with(b"-----BEGIN RSA PUBLIC KEY-----"));
    let pkcs1 = PublicKey::parse("k", &pkcs1).unwrap();
    assert_eq!(pkcs1.fingerprint(), spki.fingerprint());
    let der = world.run("openssl", &["pkey", "-in", "k", "-pubout", "-outform", "DER"], b"");
    world.put("der", &der);
    let digest = String::from_utf8(world.run("sha256sum", &["der"], b"")).unwrap();
    assert_eq!(spki.fingerprint(), format!("sha256:{}", &digest[..64]));
}

#[test]
fn cms_signatures_are_recognised() {
    let world = World::new();
    world.put("a", CONTENT);
    world.openssl_key("k", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    let request = ["req", "-x509", "-key", "k", "-out", "c", "-subj", "/CN=ann"];
    world.run("openssl", &request, b"");
    for form in ["PEM", "DER"] {
        let sign = ["cms", "-sign", "-binary", "-in", "a", "-signer", "c", "-inkey", "k"];
        let signature = world.run("openssl", &[&sign[..], &["-outform", form]].concat(), b"");
        assert_eq!(SignatureFile::detect("a.p7s", &signature), Format::X509);
        assert_ne!(by_keys(CONTENT, &signature, &[]).reason, Reason::Trusted);
    }
}

#[test]
fn what_no_format_is_known_for_is_unknown() {
    for signature in [&b""[..], b"hello", b"{}", b"-----BEGIN WHATEVER-----\n"] {
        let judgement = by_keys(CONTENT, signature, &[]);
        assert_eq!(judgement.reason, Reason::UnsupportedFormat);
        assert_eq!((judgement.crypto, judgement.trust), (Check::Unknown, Check::Unknown));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_are_never_trusted(
        start in proptest::sample::select(vec![
            "", "-----BEGIN PGP SIGNATURE-----\n\n", "-----BEGIN PGP SIGNED MESSAGE-----\n\n",
            "-----BEGIN SSH SIGNATURE-----\n", "-----BEGIN CMS-----\n", "untrusted comment: x\n",
            "untrusted comment: x\nRWQ\ntrusted comment: y\n", "{\"signature\":{",
            "{\"payloadType\":\"\",\"signatures\":[", "0", "SHA256 (",
        ]),
        rest in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        let keys = [PublicKey::parse("k", key.as_bytes()).unwrap()];
        let signature = [start.as_bytes(), &rest].concat();
        let judgement = by_all(CONTENT, &signature, &keys, &no_trust());
        prop_assert_ne!(judgement.reason, Reason::Trusted);
        prop_assert_ne!(judgement.trust, Check::Good);
    }
}
