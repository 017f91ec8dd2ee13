#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::authority::{AUTHORITY, Issued, Wish};
use crate::world::{World, first, verify_at};
use crate::x509::trust;
use crate::x509_hostile::{decoded, encoded, only, signer_of};
use beleg_signature::TrustMaterial;
use beleg_trust::{DecidedBy, Judgement, KeyState, Policy, Reason};
use der::asn1::{ObjectIdentifier, SetOfVec};
use der::{Any, Decode as _};
use std::fs;
use x509_cert::attr::Attribute;

const STAMPING: &str =
    "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
const TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");

/// After Ann's certificate has expired.
fn later(world: &World, commit: &str, trust: &TrustMaterial) -> Judgement {
    let policy = Policy::at("2041-01-01T00:00:00Z".parse().unwrap());
    first(verify_at(&world.repo(), commit, trust, &policy)).judgement
}

/// Has openssl's timestamp authority sign for `bytes`.
fn token(world: &World, authority: &Issued, bytes: &[u8]) -> Vec<u8> {
    let path = |name: &str| world.path(name).display().to_string();
    let (data, query, config, token) =
        (path("stamped"), path("query"), path("ts.conf"), path("token"));
    fs::write(&data, bytes).unwrap();
    fs::write(
        &config,
        format!(
            "[tsa]\nserial={}\ndefault_policy=1.2.3.4\ndigests=sha256\nsigner_digest=sha256\n\
             ess_cert_id_alg=sha256\nordering=no\n",
            path("ts.serial")
        ),
    )
    .unwrap();
    let args = ["ts", "-query", "-data", &data, "-sha256", "-cert", "-out", &query];
    world.run("openssl", &args, b"");
    let args = [
        "ts",
        "-reply",
        "-config",
        &config,
        "-section",
        "tsa",
        "-queryfile",
        &query,
        "-signer",
        &authority.certificate,
        "-inkey",
        &authority.key,
        "-token_out",
        "-out",
        &token,
    ];
    world.run("openssl", &args, b"");
    fs::read(token).unwrap()
}

/// Commits with Ann's signature and a timestamp over what `stamped` makes of the signature.
fn commit(
    world: &World,
    ann: &Issued,
    authority: &Issued,
    stamped: impl Fn(&[u8]) -> Vec<u8>,
) -> String {
    let unsigned = world.commit_unsigned("stamped");
    let mut data = decoded(&world.cms(ann, &world.raw(&unsigned), &[]));
    let mut signer = signer_of(&data);
    let token = token(world, authority, &stamped(signer.signature.as_bytes()));
    let values = SetOfVec::try_from(vec![Any::from_der(&token).unwrap()]).unwrap();
    let attribute = Attribute { oid: TOKEN, values };
    signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
    data.signer_infos = only(signer);
    world.write_signed(&unsigned, &encoded(&data))
}

fn stamping(world: &World, authority: &Issued, name: &str) -> Issued {
    let wish = Wish { name, subject: "/CN=Clock", extensions: STAMPING, ..Wish::default() };
    world.issue(Some(authority), &wish)
}

#[test]
fn a_timestamp_keeps_a_signature_good_after_its_certificate_expired() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let clock = stamping(&world, &root, "clock");
    let trust = trust(&[&root], &[]);
    let plain = world.commit_cms(&ann, &[]);
    let judgement = later(&world, &plain, &trust);
    assert_eq!(judgement.reason, Reason::CertificateExpired);
    assert!(judgement.notes.iter().any(|note| note.contains("nobody vouches")));
    let stamped = commit(&world, &ann, &clock, <[u8]>::to_vec);
    let judgement = later(&world, &stamped, &trust);
    assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
    assert_eq!(judgement.times.decided_by, DecidedBy::TimestampAuthority);
    assert!(judgement.times.authority.is_some());
    let key = judgement.key.unwrap();
    assert_eq!((key.then, key.now), (KeyState::Valid, KeyState::Expired));
    // A time after the instant of the check proves nothing.
    let policy = Policy::at("2021-01-01T00:00:00Z".parse().unwrap());
    let judgement = first(verify_at(&world.repo(), &stamped, &trust, &policy)).judgement;
    assert_eq!(judgement.reason, Reason::TimestampInvalid);
}

#[test]
fn timestamps_over_something_else_or_of_strangers_are_invalid() {
    let world = World::new();
    let (root, other) = (world.root("root"), world.root("other"));
    let ann = world.issue(Some(&root), &Wish::default());
    let clock = stamping(&world, &root, "clock");
    let stranger = stamping(&world, &other, "stranger");
    let trust = trust(&[&root], &[]);
    for commit in [
        commit(&world, &ann, &clock, |_| b"another signature".to_vec()),
        commit(&world, &ann, &stranger, <[u8]>::to_vec),
    ] {
        let judgement = later(&world, &commit, &trust);
        assert_eq!(judgement.reason, Reason::TimestampInvalid, "{judgement:?}");
    }
}

#[test]
fn only_a_soft_revocation_after_the_timestamp_leaves_a_signature_good() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let clock = stamping(&world, &root, "clock");
    let commit = commit(&world, &ann, &clock, <[u8]>::to_vec);
    world.revoke(&root, &ann, "superseded");
    let index = format!("{}.ca/index", root.key);
    let now = fs::read_to_string(&index).unwrap();
    let (before, _) = now.split_once(",superseded").unwrap();
    let date = before.rsplit('\t').next().unwrap();
    for (at, why, reason) in [
        ("390101000000Z", "superseded", Reason::Trusted),
        ("210101000000Z", "superseded", Reason::CertificateRevoked),
        ("390101000000Z", "keyCompromise", Reason::CertificateRevoked),
    ] {
        let line = now.replace(&format!("{date},superseded"), &format!("{at},{why}"));
        fs::write(&index, line).unwrap();
        let trust = trust(&[&root], &[world.list(&root)]);
        let judgement = later(&world, &commit, &trust);
        assert_eq!(judgement.reason, reason, "{at} {why}: {judgement:?}");
    }
    // A revoked clock proves no time.
    fs::write(&index, &now).unwrap();
    world.revoke(&root, &clock, "keyCompromise");
    let judgement = later(&world, &commit, &trust(&[&root], &[world.list(&root)]));
    assert_eq!(judgement.reason, Reason::TimestampInvalid);
}

/// The certificate's own revocation would leave the signature good.
#[test]
fn a_compromised_authority_outweighs_a_soft_revocation_below_it() {
    let world = World::new();
    let root = world.root("root");
    let wish = Wish { name: "team", subject: "/CN=Team", extensions: AUTHORITY, ..Wish::default() };
    let team = world.issue(Some(&root), &wish);
    let ann = world.issue(Some(&team), &Wish { to: "99991231235959Z", ..Wish::default() });
    let clock = stamping(&world, &root, "clock");
    let commit = commit(&world, &ann, &clock, <[u8]>::to_vec);
    world.revoke(&team, &ann, "superseded");
    let index = format!("{}.ca/index", team.key);
    let text = fs::read_to_string(&index).unwrap();
    let (before, _) = text.split_once(",superseded").unwrap();
    let date = before.rsplit('\t').next().unwrap();
    fs::write(&index, text.replace(&format!("{date},"), "390101000000Z,")).unwrap();
    let policy = Policy::at("2038-01-01T00:00:00Z".parse().unwrap());
    let judge = |lists: &[Vec<u8>]| {
        let trust = trust(&[&root, &team], lists);
        first(verify_at(&world.repo(), &commit, &trust, &policy)).judgement
    };
    let soft = world.list(&team);
    let judgement = judge(std::slice::from_ref(&soft));
    assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
    world.revoke(&root, &team, "CACompromise");
    let judgement = judge(&[soft, world.list(&root)]);
    assert_eq!(judgement.reason, Reason::CertificateRevoked, "{judgement:?}");
}
