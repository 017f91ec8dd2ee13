use super::{ANN, Bench, Case, NOW, policy};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{Check, DecidedBy, Judgement, KeyState, PatternList, Reason};
use proptest::prelude::*;

const BOB: &str = "bob@example.org";

/// A bench with the authority `ca` and the key `ann`.
fn bench() -> (Bench, String) {
    let bench = Bench::new();
    let authority = bench.ed25519("ca");
    bench.ed25519("ann");
    (bench, authority)
}

/// Certifies `ann` with these options of ssh-keygen and signs with the certificate.
fn signed(bench: &Bench, args: &[&str]) -> Vec<u8> {
    bench.certify("ca", "ann", args);
    bench.sign("ann-cert.pub")
}

/// Judges, and demands that ssh-keygen comes to the same.
fn agreed(bench: &Bench, case: &Case<'_>) -> Judgement {
    let judgement = case.judge();
    assert_eq!(
        judgement.reason == Reason::Trusted,
        bench.accepts(case),
        "{:?} {} {:?}",
        case.email,
        case.allowed,
        judgement
    );
    judgement
}

#[test]
fn a_certificate_of_an_allowed_authority_is_trusted_for_every_type_of_key() {
    let kinds: [(&str, &[&str]); 5] = [
        ("ed25519", &["-t", "ed25519"]),
        ("p256", &["-t", "ecdsa", "-b", "256"]),
        ("p384", &["-t", "ecdsa", "-b", "384"]),
        ("p521", &["-t", "ecdsa", "-b", "521"]),
        ("rsa", &["-t", "rsa", "-b", "2048"]),
    ];
    let bench = Bench::new();
    for (name, kind) in kinds {
        bench.key(name, kind);
        bench.key(&format!("ca-{name}"), kind);
    }
    // Each key certified by the authority of the next type.
    for ((name, _), (authority, _)) in kinds.iter().zip(kinds.iter().cycle().skip(1)) {
        let authority = format!("ca-{authority}");
        bench.certify(&authority, name, &["-n", ANN, "-z", "7"]);
        let armor = bench.sign(&format!("{name}-cert.pub"));
        let allowed = format!("*@example.org cert-authority {}\n", bench.public(&authority));
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
        assert_eq!(judgement.reason, Reason::Trusted, "{name}");
        assert_eq!(judgement.signer_matches_committer, Some(true));
        let signer = judgement.signer.unwrap();
        assert_eq!(signer.identity.as_deref(), Some(ANN));
        let fingerprint = |key: &str| {
            let listed = bench.run(&["-l", "-f", &format!("{key}.pub")], b"");
            String::from_utf8(listed).unwrap().split(' ').nth(1).unwrap().to_owned()
        };
        assert_eq!(signer.fingerprint, fingerprint(name));
        assert_eq!(signer.issuer, Some(fingerprint(&authority)));
        assert!(judgement.notes.iter().any(|note| note.contains("`an id`, its serial number 7")));
    }
}

#[test]
fn an_rsa_authority_may_sign_with_sha256_but_not_with_sha1() {
    let bench = Bench::new();
    let authority = bench.key("ca", &["-t", "rsa", "-b", "2048"]);
    bench.ed25519("ann");
    let allowed = format!("* cert-authority {authority}\n");
    let armor = signed(&bench, &["-n", ANN, "-t", "rsa-sha2-256"]);
    assert_eq!(agreed(&bench, &Case::new(&armor, &allowed)).reason, Reason::Trusted);
    // `ssh-keygen -Y verify` takes SHA-1 here still; what it proves nobody can say.
    let armor = signed(&bench, &["-n", ANN, "-t", "ssh-rsa"]);
    assert_eq!(Case::new(&armor, &allowed).judge().reason, Reason::WeakAlgorithm);
}

#[test]
fn the_principals_of_the_certificate_and_the_line_must_both_match() {
    let (bench, ca) = bench();
    let both = format!("{ANN},{BOB}");
    let armor = signed(&bench, &["-n", &both]);
    for (principals, email, reason) in [
        (ANN, ANN, Reason::Trusted),
        ("*", BOB, Reason::Trusted),
        ("*@example.org", ANN, Reason::Trusted),
        (ANN, BOB, Reason::SignerNotCommitter),
        ("*,!bob@*", BOB, Reason::SignerNotCommitter),
        ("*", "eve@example.org", Reason::SignerNotCommitter),
        ("*", "*", Reason::SignerNotCommitter),
        ("eve@example.org", "eve@example.org", Reason::PrincipalNotAllowed),
        ("eve@example.org", ANN, Reason::PrincipalNotAllowed),
        ("!ann@example.org", ANN, Reason::PrincipalNotAllowed),
    ] {
        let allowed = format!("{principals} cert-authority {ca}\n");
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(email));
        assert_eq!(judgement.reason, reason, "{principals} {email}");
    }
}

/// A principal of a certificate is a name: one that looks like a pattern matches nobody else.
#[test]
fn a_certificates_principal_that_looks_like_a_pattern_is_a_name() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", "*@example.org"]);
    let allowed = format!("* cert-authority {ca}\n");
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::SignerNotCommitter);
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by("*@example.org"));
    assert_eq!(judgement.reason, Reason::Trusted);
}

#[test]
fn the_identity_of_a_file_is_the_certificates_principals_that_the_line_matches() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", &format!("{ANN},{BOB},root")]);
    for principals in ["*@example.org", ANN, "root", &format!("{BOB},root")] {
        let allowed = format!("{principals} cert-authority {ca}\n");
        let case = Case::new(&armor, &allowed);
        let identity = agreed(&bench, &case).signer.unwrap().identity.unwrap();
        let mut found = bench.principals(&case);
        let mut said: Vec<&str> = identity.split(',').collect();
        found.sort();
        said.sort_unstable();
        assert_eq!(found, said, "{principals}");
    }
}

#[test]
fn a_certificate_counts_within_its_validity_alone() {
    let (bench, ca) = bench();
    let args = ["-n", ANN, "-V", "20250101000000Z:20250701000000Z"];
    let armor = signed(&bench, &args);
    let allowed = format!("{ANN} cert-authority {ca}\n");
    for (time, reason, state) in [
        ("2024-12-31T23:59:59Z", Reason::CertificateExpired, KeyState::NotYetValid),
        ("2025-01-01T00:00:00Z", Reason::Trusted, KeyState::Valid),
        ("2025-06-30T23:59:59Z", Reason::Trusted, KeyState::Valid),
        ("2025-07-01T00:00:00Z", Reason::CertificateExpired, KeyState::Expired),
    ] {
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN).at(time));
        assert_eq!(judgement.reason, reason, "{time}");
        assert_eq!(judgement.key.unwrap().then, state, "{time}");
        assert_eq!(judgement.times.decided_by, DecidedBy::CheckTime);
    }
    let ended = format!("{ANN} cert-authority,valid-before=\"20250301Z\" {ca}\n");
    let case = Case::new(&armor, &ended).by(ANN).at("2025-04-01T00:00:00Z");
    assert_eq!(agreed(&bench, &case).reason, Reason::OutsideValidity);
}

#[test]
fn a_certificate_for_hosts_or_without_principals_signs_nothing() {
    let (bench, ca) = bench();
    let allowed = format!("* cert-authority {ca}\n");
    let armor = signed(&bench, &["-h", "-n", ANN]);
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::CertificateNotForSigning);
    let armor = signed(&bench, &[]);
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::IdentityAmbiguous);
}

#[test]
fn the_namespaces_of_the_authoritys_line_hold_for_its_certificates() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", ANN]);
    let git = format!("{ANN} cert-authority,namespaces=\"git\" {ca}\n");
    assert_eq!(agreed(&bench, &Case::new(&armor, &git)).reason, Reason::WrongNamespace);
    let file = format!("{ANN} namespaces=\"git,file\",cert-authority {ca}\n");
    assert_eq!(agreed(&bench, &Case::new(&armor, &file)).reason, Reason::Trusted);
}

/// `ssh-keygen -Y verify` does not look at critical options at all.
#[test]
fn a_critical_option_that_a_signature_cannot_fulfil_is_refused_though_ssh_keygen_takes_it() {
    let (bench, ca) = bench();
    let allowed = format!("{ANN} cert-authority {ca}\n");
    for option in [
        "force-command=/bin/true",
        "source-address=192.0.2.0/24",
        "critical:new@example.org",
        "critical:new@example.org=value",
        "verify-required",
    ] {
        let armor = signed(&bench, &["-n", ANN, "-O", option]);
        let case = Case::new(&armor, &allowed).by(ANN);
        assert!(bench.accepts(&case), "{option}");
        assert_eq!(case.judge().reason, Reason::CertificateNotForSigning, "{option}");
    }
    for option in ["extension:new@example.org=value", "extension:new@example.org", "clear"] {
        let armor = signed(&bench, &["-n", ANN, "-O", option]);
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
        assert_eq!(judgement.reason, Reason::Trusted, "{option}");
    }
}

#[test]
fn an_authority_vouches_only_where_it_is_listed_as_one() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", ANN]);
    let ann = bench.public("ann");
    for allowed in [
        format!("{ANN} {ca}\n"),
        format!("{ANN} {ann}\n"),
        format!("{ANN} cert-authority {ann}\n"),
        "# nobody\n".to_owned(),
    ] {
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
        assert_eq!(judgement.reason, Reason::CertificateUntrusted, "{allowed}");
        assert_eq!((judgement.crypto, judgement.trust), (Check::Good, Check::Bad));
    }
    // The plain key's signature is not the certificate's, nor the other way round.
    let plain = bench.sign("ann");
    let allowed = format!("{ANN} cert-authority {ca}\n");
    assert_eq!(agreed(&bench, &Case::new(&plain, &allowed)).reason, Reason::UnknownKey);
    let own = bench.sign("ca");
    assert_eq!(agreed(&bench, &Case::new(&own, &allowed)).reason, Reason::UnknownKey);
}

/// Rewrites a signature: replaces the last occurrence of `from` in its binary form.
fn forged(armor: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let text = std::str::from_utf8(armor).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let mut blob = STANDARD.decode(base64).unwrap();
    let at = blob.windows(from.len()).rposition(|window| window == from).unwrap();
    blob[at..at + from.len()].copy_from_slice(to);
    let base64 = STANDARD.encode(blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n").into_bytes()
}

#[test]
fn a_certificate_that_was_changed_after_it_was_signed_is_forged() {
    let (bench, ca) = bench();
    let allowed = format!("* cert-authority {ca}\n");
    let args = ["-n", "eve@example.org", "-z", "258", "-V", "0x1:0x1234567"];
    let armor = signed(&bench, &args);
    for (what, from, to) in [
        ("the principal", &b"eve@example.org"[..], &b"ann@example.org"[..]),
        ("the serial number", b"\0\0\0\0\0\0\x01\x02", b"\0\0\0\0\0\0\x01\x03"),
        ("the end", b"\0\0\0\0\x01\x23\x45\x67", b"\0\0\0\0\x71\x23\x45\x67"),
        ("the id", b"an id", b"my id"),
        ("an extension", b"permit-pty", b"permit-ptz"),
        ("the type", b"\0\0\0\x01\0\0\0\x05an id", b"\0\0\0\x02\0\0\0\x05an id"),
    ] {
        let armor = forged(&armor, from, to);
        let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
        assert_eq!(judgement.reason, Reason::BadSignature, "{what}");
        assert_eq!((judgement.crypto, judgement.trust), (Check::Bad, Check::Bad), "{what}");
    }
}

/// Eve makes an authority of her own and writes the real one's key over hers.
#[test]
fn a_certificate_that_only_names_the_authority_is_forged() {
    let (bench, ca) = bench();
    let eves = bench.ed25519("eves");
    bench.certify("eves", "ann", &["-n", ANN]);
    let armor = bench.sign("ann-cert.pub");
    let raw = |line: &str| STANDARD.decode(line.split(' ').nth(1).unwrap()).unwrap();
    let armor = forged(&armor, &raw(&eves), &raw(&ca));
    let allowed = format!("{ANN} cert-authority {ca}\n");
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::BadSignature);
}

/// The certificate is public: whoever shows it must hold its key.
#[test]
fn a_certificate_around_another_keys_signature_is_bad() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", ANN]);
    bench.ed25519("eve");
    bench.certify("ca", "eve", &["-n", "eve@example.org"]);
    let eves = bench.sign("eve-cert.pub");
    let tail = |armor: &[u8]| {
        let text = std::str::from_utf8(armor).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let blob = STANDARD.decode(base64).unwrap();
        blob[blob.len() - 64..].to_vec()
    };
    let armor = forged(&armor, &tail(&armor), &tail(&eves));
    let allowed = format!("* cert-authority {ca}\n");
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::BadSignature);
}

#[test]
fn the_policys_list_is_met_by_a_principal_that_the_line_lets_the_authority_vouch_for() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", &format!("{ANN},{BOB}")]);
    for (principals, listed, reason) in [
        ("*", BOB, Reason::Trusted),
        (BOB, BOB, Reason::Trusted),
        (ANN, BOB, Reason::PrincipalNotAllowed),
        ("*", "eve@example.org", Reason::PrincipalNotAllowed),
    ] {
        let allowed = format!("{principals} cert-authority {ca}\n");
        let mut policy = policy(NOW);
        policy.signers = Some(PatternList::parse(listed).unwrap());
        let judgement = Case::new(&armor, &allowed).judge_with(&policy);
        assert_eq!(judgement.reason, reason, "{principals} {listed}");
    }
}

#[test]
fn the_best_of_an_authoritys_lines_decides() {
    let (bench, ca) = bench();
    let armor = signed(&bench, &["-n", ANN]);
    let allowed = format!(
        "{BOB} cert-authority {ca}\n{ANN} cert-authority,namespaces=\"git\" {ca}\n\
         {ANN} cert-authority {ca}\n"
    );
    let judgement = agreed(&bench, &Case::new(&armor, &allowed).by(ANN));
    assert_eq!(judgement.reason, Reason::Trusted);
}

#[test]
fn a_changed_byte_anywhere_in_a_signature_with_a_certificate_is_never_trusted() {
    let (bench, ca) = bench();
    let allowed = format!("* cert-authority {ca}\n");
    let armor = signed(&bench, &["-n", ANN]);
    assert_eq!(Case::new(&armor, &allowed).judge().reason, Reason::Trusted);
    let text = String::from_utf8(armor).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let blob = STANDARD.decode(base64).unwrap();
    proptest!(|(at in any::<prop::sample::Index>(), change in 1u8..)| {
        let mut blob = blob.clone();
        *at.get_mut(&mut blob) ^= change;
        let base64 = STANDARD.encode(blob);
        let armor =
            format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n");
        let reason = Case::new(armor.as_bytes(), &allowed).judge().reason;
        prop_assert_ne!(reason, Reason::Trusted);
    });
}
