#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::authority::{ANN_MAIL, AUTHORITY, Issued, Wish};
use crate::world::{ANN, World, first, verify_at};
use crate::x509_hostile::{decoded, encoded, name_certificate, only, signer_of};
use beleg_git::CommitResult;
use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::{
    Check, DecidedBy, Format, KeyState, MissingEvidence, PatternList, Policy, Reason,
};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{DecodePem as _, Encode as _};
use std::fs;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

const NOW: &str = "2026-06-01T00:00:00Z";

pub(crate) fn policy() -> Policy {
    Policy::at(NOW.parse().unwrap())
}

/// Reads trust material of these authorities and revocation lists.
pub(crate) fn trust(authorities: &[&Issued], lists: &[Vec<u8>]) -> TrustMaterial {
    let pem: Vec<Vec<u8>> =
        authorities.iter().map(|issued| fs::read(&issued.certificate).unwrap()).collect();
    let (pem, lists) = (pem.concat(), lists.concat());
    let files = TrustFiles {
        authorities: Some(&pem),
        revocation_lists: (!lists.is_empty()).then_some(&lists),
        ..TrustFiles::default()
    };
    let trust = TrustMaterial::parse(&files).unwrap();
    assert_eq!(trust.problems(), []);
    trust
}

pub(crate) fn verify(world: &World, commit: &str, authorities: &[&Issued]) -> CommitResult {
    first(verify_at(&world.repo(), commit, &trust(authorities, &[]), &policy()))
}

/// Asks openssl about the signature of a commit, at the same instant.
pub(crate) fn openssl_accepts(world: &World, commit: &str, authorities: &[&Issued]) -> bool {
    let raw = String::from_utf8(world.raw(commit)).unwrap();
    let (before, rest) = raw.split_once("\ngpgsig ").unwrap();
    let (armor, after) = rest.split_once("-----END SIGNED MESSAGE-----\n").unwrap();
    let armor = format!("{armor}-----END SIGNED MESSAGE-----\n").replace("\n ", "\n");
    let pem = world.path("signature.pem");
    fs::write(&pem, armor.replace(" SIGNED MESSAGE-----", " CMS-----")).unwrap();
    let content = world.path("content");
    fs::write(&content, format!("{before}\n{}", after.trim_start_matches(" \n"))).unwrap();
    let roots = world.path("roots.pem");
    let all: Vec<Vec<u8>> =
        authorities.iter().map(|issued| fs::read(&issued.certificate).unwrap()).collect();
    fs::write(&roots, all.concat()).unwrap();
    let paths = [&pem, &content, &roots].map(|path| path.display().to_string());
    let seconds = policy().now.as_second().to_string();
    let args = [
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "PEM",
        "-in",
        &paths[0],
        "-content",
        &paths[1],
        "-CAfile",
        &paths[2],
        "-attime",
        &seconds,
        "-purpose",
        "smimesign",
        "-out",
        "/dev/null",
    ];
    world.output("openssl", &args, b"").status.success()
}

#[test]
fn every_key_type_and_hash_is_trusted_as_openssl_trusts_it() {
    let world = World::new();
    let root = world.root("root");
    let curve = |name: &'static str| vec!["-algorithm", "EC", "-pkeyopt", name];
    for (name, key, more) in [
        ("p256", curve("ec_paramgen_curve:P-256"), &["-md", "sha256"][..]),
        ("p384", curve("ec_paramgen_curve:P-384"), &["-md", "sha384"]),
        ("p521", curve("ec_paramgen_curve:P-521"), &["-md", "sha512"]),
        ("rsa2048", vec!["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &[]),
        (
            "rsa3072",
            vec!["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
            &["-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1"],
        ),
    ] {
        let ann = world.issue(Some(&root), &Wish { name, key: &key, ..Wish::default() });
        for more in [more, &[more, &["-keyid"]].concat(), &[more, &["-noattr"]].concat()] {
            let commit = world.commit_cms(&ann, more);
            assert!(openssl_accepts(&world, &commit, &[&root]), "{name} {more:?}");
            let result = verify(&world, &commit, &[&root]);
            let judgement = &result.judgement;
            assert_eq!(judgement.reason, Reason::Trusted, "{name} {more:?}: {result:?}");
            assert_eq!((judgement.crypto, judgement.trust), (Check::Good, Check::Good));
            assert_eq!(result.signature, Some(Format::X509));
            assert_eq!(judgement.times.decided_by, DecidedBy::CheckTime);
            assert_eq!(judgement.signer_matches_committer, Some(true));
            assert_eq!(judgement.missing, [MissingEvidence::RevocationList]);
            let signer = judgement.signer.as_ref().unwrap();
            assert_eq!(signer.identity.as_deref(), Some(ANN));
            assert!(signer.algorithm.contains(name), "{signer:?}");
            let key = judgement.key.unwrap();
            assert_eq!((key.then, key.now), (KeyState::Unknown, KeyState::Valid));
        }
    }
}

/// openssl 3.0 has Ed25519, but not in CMS: the structure is taken from another signature.
#[test]
fn ed25519_is_checked_as_rfc_8419_has_it() {
    let world = World::new();
    let root = world.root("root");
    let other = world.issue(Some(&root), &Wish { name: "other", ..Wish::default() });
    let key = &["-algorithm", "ED25519"];
    let ann = world.issue(Some(&root), &Wish { key, ..Wish::default() });
    let unsigned = world.commit_unsigned("x");
    let mut data = decoded(&world.cms(&other, &world.raw(&unsigned), &["-md", "sha512"]));
    let mut signer = signer_of(&data);
    let certificate = Certificate::from_pem(fs::read(&ann.certificate).unwrap()).unwrap();
    name_certificate(&mut data, &mut signer, &certificate);
    signer.signature_algorithm = AlgorithmIdentifierOwned {
        oid: ObjectIdentifier::new_unwrap("1.3.101.112"),
        parameters: None,
    };
    let message = world.path("attributes").display().to_string();
    fs::write(&message, signer.signed_attrs.as_ref().unwrap().to_der().unwrap()).unwrap();
    let args = ["pkeyutl", "-sign", "-rawin", "-inkey", &ann.key, "-in", &message];
    signer.signature = OctetString::new(world.run("openssl", &args, b"")).unwrap();
    data.signer_infos = only(signer.clone());
    let commit = world.write_signed(&unsigned, &encoded(&data));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
    assert_eq!(judgement.signer.unwrap().algorithm, "ed25519 sha512");
    signer
        .signed_attrs
        .as_mut()
        .unwrap()
        .insert(Attribute { oid: ObjectIdentifier::new_unwrap("1.2.3.4"), values: SetOfVec::new() })
        .unwrap();
    data.signer_infos = only(signer);
    let commit = world.write_signed(&unsigned, &encoded(&data));
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::BadSignature);
}

#[test]
fn weak_keys_and_hashes_are_refused() {
    let world = World::new();
    let root = world.root("root");
    let short = Wish {
        name: "short",
        key: &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        ..Wish::default()
    };
    let short = world.issue(Some(&root), &short);
    let ann = world.issue(Some(&root), &Wish::default());
    for (signer, more) in [(&short, &[][..]), (&ann, &["-md", "sha1"])] {
        let commit = world.commit_cms(signer, more);
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!(judgement.reason, Reason::WeakAlgorithm, "{more:?}: {judgement:?}");
        assert_eq!((judgement.crypto, judgement.trust), (Check::Unknown, Check::Bad));
    }
}

/// What does not fit, openssl refuses as well.
#[test]
fn a_tampered_commit_does_not_have_the_signed_digest() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    for (more, reason) in [(&[][..], Reason::DigestMismatch), (&["-noattr"], Reason::BadSignature)]
    {
        let commit = world.commit_cms(&ann, more);
        let raw = String::from_utf8(world.raw(&commit)).unwrap();
        let tampered = world.write(raw.replace("by openssl", "by 0penssl").as_bytes());
        assert!(!openssl_accepts(&world, &tampered, &[&root]));
        let judgement = verify(&world, &tampered, &[&root]).judgement;
        assert_eq!((judgement.reason, judgement.crypto), (reason, Check::Bad), "{judgement:?}");
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_untrusted() {
    let world = World::new();
    let (root, other) = (world.root("root"), world.root("other"));
    let ann = world.issue(Some(&other), &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    assert!(!openssl_accepts(&world, &commit, &[&root]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::CertificateUntrusted);
    assert_eq!((judgement.crypto, judgement.trust), (Check::Good, Check::Bad));
    // Nobody vouches for what the certificate says.
    assert_eq!(judgement.signer.unwrap().identity, None);
}

/// An authority of the same name, with another key.
#[test]
fn an_authority_of_the_same_name_does_not_stand_for_the_other() {
    let world = World::new();
    let root = world.root("root");
    let wish = Wish {
        name: "impostor",
        subject: "/O=Example/CN=root",
        extensions: AUTHORITY,
        ..Wish::default()
    };
    let impostor = world.issue(None, &wish);
    let ann = world.issue(Some(&impostor), &Wish::default());
    let commit = world.commit_cms(&ann, &["-certfile", &impostor.certificate]);
    assert!(!openssl_accepts(&world, &commit, &[&root]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::CertificateUntrusted, "{judgement:?}");
    // With both, the right one is found.
    assert_eq!(verify(&world, &commit, &[&root, &impostor]).judgement.reason, Reason::Trusted);
}

#[test]
fn without_authorities_nothing_is_decided() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    let trust = TrustMaterial::parse(&TrustFiles::default()).unwrap();
    let judgement = first(verify_at(&world.repo(), &commit, &trust, &policy())).judgement;
    assert_eq!(
        (judgement.reason, judgement.crypto, judgement.trust),
        (Reason::NoTrustMaterial, Check::Good, Check::Unknown)
    );
    assert_eq!(judgement.missing, [MissingEvidence::TrustedRoot]);
}

#[test]
fn intermediates_come_from_the_signature_or_from_the_file() {
    let world = World::new();
    let root = world.root("root");
    let wish = |name, subject, extensions| Wish { name, subject, extensions, ..Wish::default() };
    let team = world.issue(Some(&root), &wish("team", "/CN=Team", AUTHORITY));
    let ann = world.issue(Some(&team), &Wish::default());
    let alone = world.commit_cms(&ann, &[]);
    let with = world.commit_cms(&ann, &["-certfile", &team.certificate]);
    for (commit, authorities, reason) in [
        (&alone, &[&root][..], Reason::CertificateUntrusted),
        (&alone, &[&root, &team], Reason::Trusted),
        (&with, &[&root], Reason::Trusted),
        // An intermediate authority alone may be trusted, too; openssl wants `-partial_chain`.
        (&alone, &[&team], Reason::Trusted),
    ] {
        let judgement = verify(&world, commit, authorities).judgement;
        assert_eq!(judgement.reason, reason, "{judgement:?}");
        if authorities.contains(&&root) || authorities.len() > 1 {
            assert_eq!(openssl_accepts(&world, commit, authorities), reason == Reason::Trusted);
        }
    }
}

/// Whoever has any certificate could else make certificates for everybody.
#[test]
fn whoever_is_no_authority_issues_nothing() {
    let world = World::new();
    let root = world.root("root");
    let no_flag = "keyUsage=critical,digitalSignature,keyCertSign\n";
    let no_usage = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature\n";
    let no_depth = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n";
    let other_purpose = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
                         extendedKeyUsage=serverAuth\n";
    let issue = |by: &Issued, name, subject, extensions| {
        world.issue(Some(by), &Wish { name, subject, extensions, ..Wish::default() })
    };
    for (name, extensions, reason) in [
        ("eve1", ANN_MAIL, Reason::CertificateUntrusted),
        ("eve2", no_flag, Reason::CertificateUntrusted),
        ("eve3", no_usage, Reason::CertificateUntrusted),
        ("eve4", other_purpose, Reason::CertificateNotForSigning),
    ] {
        let eve = issue(&root, name, "/CN=Eve", extensions);
        let forged = issue(&eve, "forged", "/CN=Ann", ANN_MAIL);
        let commit = world.commit_cms(&forged, &["-certfile", &eve.certificate]);
        assert!(!openssl_accepts(&world, &commit, &[&root]), "{name}");
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!(judgement.reason, reason, "{name}: {judgement:?}");
        // Not even when the file of authorities holds it as an ordinary certificate.
        let judgement = verify(&world, &commit, &[&eve]).judgement;
        assert_eq!(judgement.reason, reason, "{name}: {judgement:?}");
    }
    let short = issue(&root, "short", "/CN=Short", no_depth);
    let below = issue(&short, "below", "/CN=Below", AUTHORITY);
    let forged = issue(&below, "deep", "/CN=Ann", ANN_MAIL);
    let chain = world.path("chain.pem");
    let both = [&short, &below].map(|issued| fs::read(&issued.certificate).unwrap()).concat();
    fs::write(&chain, both).unwrap();
    let commit = world.commit_cms(&forged, &["-certfile", &chain.display().to_string()]);
    assert!(!openssl_accepts(&world, &commit, &[&root]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::CertificateUntrusted, "{judgement:?}");
}

#[test]
fn purposes_and_usages_decide_what_a_certificate_is_for() {
    let world = World::new();
    let root = world.root("root");
    let base = "subjectAltName=email:ann@example.org\n";
    for (name, more, reason) in [
        ("none", "", Reason::Trusted),
        ("any", "extendedKeyUsage=anyExtendedKeyUsage\n", Reason::Trusted),
        ("code", "extendedKeyUsage=codeSigning\n", Reason::Trusted),
        ("nonrep", "keyUsage=critical,nonRepudiation\n", Reason::Trusted),
        ("server", "extendedKeyUsage=serverAuth\n", Reason::CertificateNotForSigning),
        ("stamp", "extendedKeyUsage=timeStamping\n", Reason::CertificateNotForSigning),
        ("agree", "keyUsage=critical,keyAgreement\n", Reason::CertificateNotForSigning),
        ("critical", "1.2.3.4=critical,DER:0500\n", Reason::UnsupportedSignature),
        (
            "constraint",
            "nameConstraints=permitted;email:example.org\n",
            Reason::UnsupportedSignature,
        ),
    ] {
        let extensions = format!("{base}{more}");
        let wish = Wish { name, extensions: &extensions, ..Wish::default() };
        let signer = world.issue(Some(&root), &wish);
        let commit = world.commit_cms(&signer, &[]);
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!(judgement.reason, reason, "{name}: {judgement:?}");
    }
}

#[test]
fn an_expired_certificate_is_refused_whatever_time_the_signature_claims() {
    let world = World::new();
    let root = world.root("root");
    let wish = |name, from, to| Wish { name, from, to, ..Wish::default() };
    let past = world.issue(Some(&root), &wish("past", "20200101000000Z", "20260101000000Z"));
    let future = world.issue(Some(&root), &wish("future", "20270101000000Z", "20400101000000Z"));
    for signer in [&past, &future] {
        let commit = world.commit_cms(signer, &[]);
        assert!(!openssl_accepts(&world, &commit, &[&root]));
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!(judgement.reason, Reason::CertificateExpired, "{judgement:?}");
        assert_eq!(judgement.times.decided_by, DecidedBy::CheckTime);
        assert!(judgement.times.signature.is_some());
    }
    // The same, checked while it was valid: the signature's own time does not matter.
    let commit = world.commit_cms(&past, &[]);
    let then = Policy::at("2025-01-01T00:00:00Z".parse().unwrap());
    let judgement =
        first(verify_at(&world.repo(), &commit, &trust(&[&root], &[]), &then)).judgement;
    assert_eq!(judgement.reason, Reason::Trusted);
    // An authority's own validity counts as well.
    let wish = Wish {
        name: "old",
        subject: "/CN=Old",
        extensions: AUTHORITY,
        to: "20260101000000Z",
        ..Wish::default()
    };
    let old = world.issue(None, &wish);
    let ann = world.issue(Some(&old), &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    assert!(!openssl_accepts(&world, &commit, &[&old]));
    assert_eq!(verify(&world, &commit, &[&old]).judgement.reason, Reason::CertificateExpired);
}

#[test]
fn revoked_certificates_and_authorities_are_refused() {
    let world = World::new();
    let root = world.root("root");
    let wish = |name, subject, extensions| Wish { name, subject, extensions, ..Wish::default() };
    let team = world.issue(Some(&root), &wish("team", "/CN=Team", AUTHORITY));
    let ann = world.issue(Some(&team), &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    let judge = |lists: &[Vec<u8>]| {
        let trust = trust(&[&root, &team], lists);
        first(verify_at(&world.repo(), &commit, &trust, &policy())).judgement
    };
    let (empty_root, empty_team) = (world.list(&root), world.list(&team));
    let complete = judge(&[empty_root.clone(), empty_team.clone()]);
    assert_eq!((complete.reason, complete.missing), (Reason::Trusted, Vec::new()));
    let half = judge(std::slice::from_ref(&empty_team));
    assert_eq!(half.missing, [MissingEvidence::RevocationList]);
    assert_eq!((half.reason, half.trust), (Reason::RevocationUnknown, Check::Unknown));
    let none = judge(&[]);
    assert_eq!((none.reason, none.missing), (Reason::Trusted, half.missing));
    // Lists that are not current, at a time before they were made or after they should have been
    // renewed, say nothing.
    let lists = trust(&[&root, &team], &[empty_root.clone(), empty_team.clone()]);
    let early = Policy::at("2024-12-31T00:00:00Z".parse().unwrap());
    let stale = first(verify_at(&world.repo(), &commit, &lists, &early)).judgement;
    assert_eq!(stale.reason, Reason::RevocationUnknown);
    world.revoke(&team, &ann, "superseded");
    let revoked = world.list(&team);
    // Nobody vouches for a time before the revocation: even a soft one counts. An older list
    // that stands first hides nothing.
    for lists in [vec![revoked.clone()], vec![empty_team.clone(), revoked]] {
        let judgement = judge(&lists);
        assert_eq!(judgement.reason, Reason::CertificateRevoked, "{judgement:?}");
        assert_eq!(judgement.trust, Check::Bad);
    }
    world.revoke(&root, &team, "keyCompromise");
    let judgement = judge(&[world.list(&root), empty_team]);
    assert_eq!(judgement.reason, Reason::CertificateRevoked);
    assert_eq!(judgement.key.unwrap().now, KeyState::RevokedHard);
}

#[test]
fn a_list_of_another_key_revokes_and_vouches_for_nothing() {
    let world = World::new();
    let root = world.root("root");
    let wish = Wish {
        name: "impostor",
        subject: "/O=Example/CN=root",
        extensions: AUTHORITY,
        ..Wish::default()
    };
    let impostor = world.issue(None, &wish);
    let ann = world.issue(Some(&root), &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    let trust = trust(&[&root], &[world.list(&impostor)]);
    let judgement = first(verify_at(&world.repo(), &commit, &trust, &policy())).judgement;
    assert_eq!(judgement.reason, Reason::RevocationUnknown);
    assert_eq!(judgement.missing, [MissingEvidence::RevocationList]);
}

#[test]
fn trust_files_that_cannot_be_read_are_problems_with_their_lines() {
    let world = World::new();
    let root = world.root("root");
    let good = fs::read_to_string(&root.certificate).unwrap();
    let bad = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let authorities = format!("{good}{bad}{key}");
    let lists = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
    let files = TrustFiles {
        authorities: Some(authorities.as_bytes()),
        revocation_lists: Some(lists.as_bytes()),
        ..TrustFiles::default()
    };
    let trust = TrustMaterial::parse(&files).unwrap();
    let start = u32::try_from(good.lines().count()).unwrap();
    let lines: Vec<_> = trust.problems().iter().map(|problem| problem.line.unwrap()).collect();
    assert_eq!(lines, [start + 1, start + 4, 1]);
}

/// gpgsm and openssl do not compare the certificate with the committer at all.
#[test]
fn the_committer_and_the_policy_are_compared_with_the_certificate() {
    let mut world = World::new();
    let root = world.root("root");
    let issue = |world: &World, name, subject, names: &str| {
        let extensions = format!("keyUsage=critical,digitalSignature\n{names}");
        let wish = Wish { name, subject, extensions: &extensions, ..Wish::default() };
        world.issue(Some(&root), &wish)
    };
    let one = issue(&world, "one", "/CN=A", "subjectAltName=email:ann@Example.ORG\n");
    let two =
        issue(&world, "two", "/CN=B", "subjectAltName=email:ann@example.org,email:bob@x.test\n");
    let old = issue(&world, "old", "/CN=C/emailAddress=ann@example.org", "");
    let none = issue(&world, "none", "/CN=ann@example.org", "");
    let pattern = |text: &str| Some(PatternList::parse(text).unwrap());
    let judge = |world: &World, signer: &Issued, signers: Option<PatternList>, committer: bool| {
        let commit = world.commit_cms(signer, &[]);
        let mut policy = policy();
        policy.signers = signers;
        policy.require_signer_is_committer = committer;
        let trust = trust(&[&root], &[]);
        first(verify_at(&world.repo(), &commit, &trust, &policy)).judgement
    };
    for signer in [&one, &two, &old] {
        let judgement = judge(&world, signer, None, true);
        assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
        let judgement = judge(&world, signer, pattern("carl@*"), true);
        assert_eq!(judgement.reason, Reason::PrincipalNotAllowed);
    }
    assert_eq!(judge(&world, &none, None, true).reason, Reason::SignerNotCommitter);
    world.email = "carl@example.org".to_owned();
    for signer in [&one, &two, &old, &none] {
        assert_eq!(judge(&world, signer, None, true).reason, Reason::SignerNotCommitter);
        assert_eq!(judge(&world, signer, None, false).reason, Reason::Trusted);
    }
    let allowed = |signer, text| judge(&world, signer, pattern(text), false).reason;
    assert_eq!(allowed(&one, "ann@*"), Reason::Trusted);
    assert_eq!(allowed(&two, "ann@*,bob@*"), Reason::Trusted);
    // It may be Ann's or Bob's, and only Ann may sign.
    assert_eq!(allowed(&two, "ann@*"), Reason::IdentityAmbiguous);
    assert_eq!(allowed(&two, "carl@*"), Reason::PrincipalNotAllowed);
    assert_eq!(allowed(&none, "*"), Reason::IdentityAmbiguous);
}

/// A certificate that issued itself is trusted by being in the file, and for itself alone.
#[test]
fn a_certificate_in_the_file_is_trusted_but_is_no_authority() {
    let world = World::new();
    let ann = world.issue(None, &Wish::default());
    let commit = world.commit_cms(&ann, &[]);
    assert!(openssl_accepts(&world, &commit, &[&ann]));
    assert_eq!(verify(&world, &commit, &[&ann]).judgement.reason, Reason::Trusted);
    let wish = Wish { name: "eve", ..Wish::default() };
    let eve = world.issue(Some(&ann), &wish);
    let commit = world.commit_cms(&eve, &[]);
    assert!(!openssl_accepts(&world, &commit, &[&ann]));
    let judgement = verify(&world, &commit, &[&ann]).judgement;
    assert_eq!(judgement.reason, Reason::CertificateUntrusted, "{judgement:?}");
}
