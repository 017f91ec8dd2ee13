use super::{ANN, Bench, CONTENT, Case, policy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{Check, DecidedBy, KeyState, PatternList, Reason};
use proptest::prelude::*;

/// Every type of key that ssh-keygen makes without a FIDO device.
const KINDS: [(&str, &[&str]); 7] = [
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("p521", &["-t", "ecdsa", "-b", "521"]),
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa3072", &["-t", "rsa", "-b", "3072"]),
    ("rsa4096", &["-t", "rsa", "-b", "4096"]),
];

fn binary(armor: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(armor).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(base64).unwrap()
}

fn armored(blob: &[u8]) -> Vec<u8> {
    let base64 = STANDARD.encode(blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n").into_bytes()
}

fn replaced(blob: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = blob.windows(from.len()).rposition(|window| window == from).unwrap();
    [&blob[..at], to, &blob[at + from.len()..]].concat()
}

#[test]
fn a_file_signed_by_any_type_of_key_is_trusted_as_ssh_keygen_trusts_it() {
    let bench = Bench::new();
    for (name, kind) in KINDS {
        let public = bench.key(name, kind);
        let armor = bench.sign(name);
        let allowed = format!("{ANN} {public}\n");
        let case = Case::new(&armor, &allowed);
        assert!(bench.accepts(&case), "{name}");
        let judgement = case.judge();
        assert_eq!(judgement.reason, Reason::Trusted, "{name}");
        assert_eq!(judgement.signer.unwrap().identity.as_deref(), Some(ANN));
        assert_eq!(judgement.signer_matches_committer, None);
        assert_eq!(judgement.times.decided_by, DecidedBy::Nothing);
        let other = Case { content: b"another file\n", ..case };
        assert!(!bench.accepts(&other), "{name}");
        assert_eq!(other.judge().reason, Reason::BadSignature, "{name}");
    }
}

#[test]
fn the_signers_identity_is_what_find_principals_prints() {
    let bench = Bench::new();
    let public = bench.ed25519("ann");
    let armor = bench.sign("ann");
    for line in [
        format!("{ANN} {public}"),
        format!("{ANN},other@example.org {public}"),
        format!("*@example.org {public}"),
        format!("\"Ann of Example\" {public}"),
        format!("ann namespaces=\"file\",valid-after=\"20200101Z\" {public}"),
    ] {
        let case = Case::new(&armor, &line);
        let judgement = case.judge();
        let identity = judgement.signer.unwrap().identity.unwrap();
        assert_eq!(bench.principals(&case).join(","), identity, "{line}");
        assert_eq!(judgement.reason, Reason::Trusted, "{line}");
    }
}

#[test]
fn a_signature_for_commits_is_no_signature_for_files() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}", bench.ed25519("ann"));
    let armor = bench.sign_with("ann", "git", CONTENT);
    let case = Case::new(&armor, &allowed);
    assert!(!bench.accepts(&case));
    assert_eq!(case.judge().reason, Reason::WrongNamespace);
    // The namespace is signed: who writes another one into it breaks the signature.
    let renamed = armored(&replaced(&binary(&armor), b"\0\0\0\x03git", b"\0\0\0\x04file"));
    let case = Case::new(&renamed, &allowed);
    assert!(!bench.accepts(&case));
    assert_eq!(case.judge().reason, Reason::BadSignature);
}

#[test]
fn only_listed_signers_are_trusted_where_the_policy_lists_some() {
    let bench = Bench::new();
    let public = bench.ed25519("ann");
    let armor = bench.sign("ann");
    let listed = |allowed: &str, signers: &str| {
        let mut policy = policy(super::NOW);
        policy.signers = Some(PatternList::parse(signers).unwrap());
        Case::new(&armor, allowed).judge_with(&policy).reason
    };
    let allowed = format!("{ANN} {public}");
    assert_eq!(listed(&allowed, ANN), Reason::Trusted);
    assert_eq!(listed(&allowed, "*@example.org,!ann@*"), Reason::PrincipalNotAllowed);
    // A pattern names nobody: the policy's list is not met by it.
    assert_eq!(listed(&format!("*@example.org {public}"), ANN), Reason::PrincipalNotAllowed);
}

#[test]
fn a_line_that_has_ended_or_not_begun_gives_the_keys_state_then_and_now() {
    let bench = Bench::new();
    let public = bench.ed25519("ann");
    let armor = bench.sign("ann");
    for (options, state) in [
        ("valid-before=\"20251231235959Z\"", KeyState::Expired),
        ("valid-after=\"20260101000001Z\"", KeyState::NotYetValid),
        ("valid-after=\"20260101Z\",valid-before=\"202601010001Z\"", KeyState::Valid),
        ("valid-before=\"20260101Z\"", KeyState::Valid),
    ] {
        let allowed = format!("{ANN} {options} {public}");
        let case = Case::new(&armor, &allowed);
        let judgement = case.judge();
        let reason =
            if state == KeyState::Valid { Reason::Trusted } else { Reason::OutsideValidity };
        assert_eq!(judgement.reason, reason, "{options}");
        assert_eq!(bench.accepts(&case), state == KeyState::Valid, "{options}");
        let key = judgement.key.unwrap();
        assert_eq!((key.then, key.now), (state, state));
        assert_eq!(judgement.times.decided_by, DecidedBy::CheckTime);
    }
}

/// PROTOCOL.sshsig, section 3: "ssh-rsa" (SHA-1) must not be used. The name in the signature is
/// not signed itself, so that it can be written over by anyone.
#[test]
fn a_sha1_signature_by_an_rsa_key_is_weak_as_ssh_keygen_refuses_it() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}", bench.key("rsa", &["-t", "rsa", "-b", "2048"]));
    let blob = binary(&bench.sign("rsa"));
    let signature = b"\0\0\0\x0crsa-sha2-512\0\0\x01\0";
    let length = b"\0\0\x01\x14";
    let strong = [&length[..], signature].concat();
    let weak = [&b"\0\0\x01\x0f"[..], b"\0\0\0\x07ssh-rsa\0\0\x01\0"].concat();
    let armor = armored(&replaced(&blob, &strong, &weak));
    let case = Case::new(&armor, &allowed);
    assert!(!bench.accepts(&case));
    let judgement = case.judge();
    assert_eq!((judgement.reason, judgement.trust), (Reason::WeakAlgorithm, Check::Bad));
}

/// OpenSSH verifies them, beleg does not: they carry a browser's client data besides.
#[test]
fn a_webauthn_signature_is_unsupported_for_an_allowed_key_and_unknown_otherwise() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}", bench.key("p256", &["-t", "ecdsa", "-b", "256"]));
    let blob = binary(&bench.sign("p256"));
    let name = b"\0\0\0\x13ecdsa-sha2-nistp256";
    let at = blob.windows(name.len()).rposition(|window| window == name).unwrap();
    let web = b"\0\0\0\x2bwebauthn-sk-ecdsa-sha2-nistp256@openssh.com";
    let rest = &blob[at + name.len()..];
    let length = u32::try_from(web.len() + rest.len()).unwrap().to_be_bytes();
    let armor = armored(&[&blob[..at - 4], &length, web, rest].concat());
    let judgement = Case::new(&armor, &allowed).judge();
    assert_eq!(
        (judgement.reason, judgement.crypto, judgement.trust),
        (Reason::UnsupportedSignature, Check::Unknown, Check::Unknown)
    );
    let judgement = Case::new(&armor, "").judge();
    assert_eq!((judgement.reason, judgement.trust), (Reason::UnknownKey, Check::Bad));
}

#[test]
fn bytes_that_nothing_accounts_for_are_malformed() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}", bench.ed25519("ann"));
    let blob = binary(&bench.sign("ann"));
    let key = b"\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20";
    let at = blob.windows(key.len()).position(|window| window == key).unwrap();
    let end = at + 4 + 0x33;
    let longer_key = [&blob[..at], b"\0\0\0\x34", &blob[at + 4..end], b"x", &blob[end..]].concat();
    let signature = b"\0\0\0\x53\0\0\0\x0bssh-ed25519\0\0\0\x40";
    let longer_signature =
        [replaced(&blob, signature, b"\0\0\0\x54\0\0\0\x0bssh-ed25519\0\0\0\x40"), b"x".to_vec()]
            .concat();
    let trailing = [&blob[..], b"x"].concat();
    let version = replaced(&blob, b"SSHSIG\0\0\0\x01", b"SSHSIG\0\0\0\x02");
    let magic = replaced(&blob, b"SSHSIG", b"SSHSIN");
    let hash = replaced(&blob, b"\0\0\0\x06sha512", b"\0\0\0\x06sha384");
    let reserved = replaced(&blob, b"file\0\0\0\0", b"file\0\0\0\x01x");
    for (what, blob) in [
        ("a longer key", longer_key),
        ("a longer signature", longer_signature),
        ("trailing bytes", trailing),
        ("another version", version),
        ("another magic", magic),
        ("another hash", hash),
        ("a reserved field", reserved),
    ] {
        let armor = armored(&blob);
        assert_eq!(
            Case::new(&armor, &allowed).judge().reason,
            Reason::MalformedSignature,
            "{what}"
        );
    }
}

#[test]
fn a_changed_byte_anywhere_is_never_trusted() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}", bench.ed25519("ann"));
    let blob = binary(&bench.sign("ann"));
    proptest!(|(at in any::<prop::sample::Index>(), change in 1u8..)| {
        let mut blob = blob.clone();
        *at.get_mut(&mut blob) ^= change;
        let armor = armored(&blob);
        prop_assert_ne!(Case::new(&armor, &allowed).judge().reason, Reason::Trusted);
    });
}
