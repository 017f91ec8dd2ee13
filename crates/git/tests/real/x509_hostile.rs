#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::authority::Wish;
use crate::world::World;
use crate::x509::{openssl_accepts, verify};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{Check, MissingEvidence, Reason};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::ContentInfo;
use cms::signed_data::{CertificateSet, SignedData, SignerIdentifier, SignerInfo, SignerInfos};
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec, UtcTime};
use der::{Any, Decode as _, DecodePem as _, Encode as _};
use std::fs;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;

const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
const TOKEN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.14");
const REKOR_ENTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.3.1");

fn armored(der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN SIGNED MESSAGE-----\n{}\n-----END SIGNED MESSAGE-----\n", lines.join("\n"))
}

fn binary(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

/// Reads a signature with other code than what is tested.
pub(crate) fn decoded(pem: &str) -> SignedData {
    let info = ContentInfo::from_der(&binary(pem)).unwrap();
    info.content.decode_as().unwrap()
}

pub(crate) fn encoded(data: &SignedData) -> String {
    let content = Any::from_der(&data.to_der().unwrap()).unwrap();
    let content_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
    armored(&ContentInfo { content_type, content }.to_der().unwrap())
}

/// Returns the only signer.
pub(crate) fn signer_of(data: &SignedData) -> SignerInfo {
    data.signer_infos.0.as_slice().first().unwrap().clone()
}

pub(crate) fn only(signer: SignerInfo) -> SignerInfos {
    SignerInfos(SetOfVec::try_from(vec![signer]).unwrap())
}

/// Puts another certificate in the place of the signer's.
pub(crate) fn name_certificate(
    data: &mut SignedData,
    signer: &mut SignerInfo,
    certificate: &Certificate,
) {
    signer.sid = SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
        issuer: certificate.tbs_certificate.issuer.clone(),
        serial_number: certificate.tbs_certificate.serial_number.clone(),
    });
    let set = vec![CertificateChoices::Certificate(certificate.clone())];
    data.certificates = Some(CertificateSet(SetOfVec::try_from(set).unwrap()));
}

#[test]
fn a_second_signer_is_one_too_many() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let eve =
        world.issue(Some(&root), &Wish { name: "eve", subject: "/CN=Eve", ..Wish::default() });
    let more = ["-signer", &eve.certificate, "-inkey", &eve.key];
    let commit = world.commit_cms(&ann, &more);
    // openssl accepts any number of signers, if all signatures are good.
    assert!(openssl_accepts(&world, &commit, &[&root]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!((judgement.reason, judgement.trust), (Reason::TooManySignatures, Check::Bad));
}

#[test]
fn no_signer_no_certificate_and_no_cms_are_told_apart() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let unsigned = world.commit_unsigned("x");
    let mut data = decoded(&world.cms(&ann, &world.raw(&unsigned), &[]));
    data.signer_infos = SignerInfos(SetOfVec::new());
    let commit = world.write_signed(&unsigned, &encoded(&data));
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::MalformedSignature);
    let commit = world.commit_cms(&ann, &["-nocerts"]);
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::UnknownKey);
    assert_eq!(judgement.missing, [MissingEvidence::PublicKey]);
    assert_eq!(verify(&world, &commit, &[&root, &ann]).judgement.reason, Reason::Trusted);
    let deep = [0x30, 0x80].repeat(10_000);
    let good = binary(&world.cms(&ann, b"x", &[]));
    let (_, cut) = good.split_last().unwrap();
    let trailing = [&good[..], &[0]].concat();
    for der in [&deep[..], cut, &trailing, &[0x30, 0x84, 255, 255, 255, 255]] {
        let commit = world.write_signed(&unsigned, &armored(der));
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!((judgement.reason, judgement.crypto), (Reason::MalformedSignature, Check::Bad));
    }
    let two = world.cms(&ann, &world.raw(&unsigned), &[]).repeat(2);
    let commit = world.write_signed(&unsigned, &two);
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::MalformedSignature);
}

#[test]
fn an_attribute_that_is_there_twice_is_malformed() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let unsigned = world.commit_unsigned("x");
    let mut data = decoded(&world.cms(&ann, &world.raw(&unsigned), &[]));
    let mut signer = signer_of(&data);
    let time = UtcTime::from_unix_duration(Duration::from_secs(86_400)).unwrap();
    let values = SetOfVec::try_from(vec![Any::from_der(&time.to_der().unwrap()).unwrap()]).unwrap();
    let mut attributes = signer.signed_attrs.take().unwrap().into_vec();
    attributes.push(Attribute { oid: SIGNING_TIME, values });
    signer.signed_attrs = Some(SetOfVec::try_from(attributes).unwrap());
    data.signer_infos = only(signer);
    let commit = world.write_signed(&unsigned, &encoded(&data));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(judgement.reason, Reason::MalformedSignature);
    assert!(judgement.notes.iter().any(|note| note.contains("twice")), "{judgement:?}");
}

#[test]
fn attributes_that_are_changed_no_longer_fit() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let unsigned = world.commit_unsigned("x");
    let mut data = decoded(&world.cms(&ann, &world.raw(&unsigned), &[]));
    let mut signer = signer_of(&data);
    let kept = signer.signed_attrs.take().unwrap().into_vec();
    let kept: Vec<Attribute> =
        kept.into_iter().filter(|attribute| attribute.oid != SIGNING_TIME).collect();
    signer.signed_attrs = Some(SetOfVec::try_from(kept).unwrap());
    data.signer_infos = only(signer);
    let commit = world.write_signed(&unsigned, &encoded(&data));
    assert!(!openssl_accepts(&world, &commit, &[&root]));
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::BadSignature);
}

#[test]
fn another_certificate_does_not_fit_the_signature() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let eve =
        world.issue(Some(&root), &Wish { name: "eve", subject: "/CN=Eve", ..Wish::default() });
    let unsigned = world.commit_unsigned("x");
    let mut data = decoded(&world.cms(&eve, &world.raw(&unsigned), &[]));
    let pem = fs::read(&ann.certificate).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    let mut signer = signer_of(&data);
    name_certificate(&mut data, &mut signer, &certificate);
    data.signer_infos = only(signer);
    let commit = world.write_signed(&unsigned, &encoded(&data));
    assert!(!openssl_accepts(&world, &commit, &[&root]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!((judgement.reason, judgement.crypto), (Reason::BadSignature, Check::Bad));
}

#[test]
fn attached_content_must_be_the_commit() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let commit = world.commit_cms(&ann, &["-nodetach"]);
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::Trusted);
    let commit = world.commit_cms(&ann, &["-nodetach", "-stream"]);
    assert_eq!(verify(&world, &commit, &[&root]).judgement.reason, Reason::Trusted);
    let unsigned = world.commit_unsigned("x");
    let commit = world.write_signed(&unsigned, &world.cms(&ann, b"other", &["-nodetach"]));
    let judgement = verify(&world, &commit, &[&root]).judgement;
    assert_eq!((judgement.reason, judgement.crypto), (Reason::DigestMismatch, Check::Bad));
}

/// Anybody may add unsigned attributes: they never make a signature better.
#[test]
fn garbage_in_unsigned_attributes_is_refused() {
    let world = World::new();
    let root = world.root("root");
    let fulcio = "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n\
                  subjectAltName=email:ann@example.org\n\
                  1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:https://identity.example.org\n";
    let ann = world.issue(Some(&root), &Wish::default());
    let wish = Wish { name: "gitsign", subject: "", extensions: fulcio, ..Wish::default() };
    let gitsign = world.issue(Some(&root), &Wish { subject: "/CN=x", ..wish });
    for (signer, oid, reason, crypto) in [
        (&ann, TOKEN, Reason::TimestampInvalid, Check::Good),
        (&ann, REKOR_ENTRY, Reason::Trusted, Check::Good),
        (&gitsign, REKOR_ENTRY, Reason::MalformedSignature, Check::Good),
    ] {
        let unsigned = world.commit_unsigned("x");
        let mut data = decoded(&world.cms(signer, &world.raw(&unsigned), &[]));
        let mut info = signer_of(&data);
        let garbage = OctetString::new(&b"garbage"[..]).unwrap().to_der().unwrap();
        let values = SetOfVec::try_from(vec![Any::from_der(&garbage).unwrap()]).unwrap();
        info.unsigned_attrs = Some(SetOfVec::try_from(vec![Attribute { oid, values }]).unwrap());
        data.signer_infos = only(info);
        let commit = world.write_signed(&unsigned, &encoded(&data));
        let judgement = verify(&world, &commit, &[&root]).judgement;
        assert_eq!((judgement.reason, judgement.crypto), (reason, crypto), "{judgement:?}");
    }
    // Without its log entry, nobody knows when it signed; an authority at hand changes nothing.
    let judgement = verify(&world, &world.commit_cms(&gitsign, &[]), &[&root]).judgement;
    assert_eq!(
        (judgement.reason, judgement.crypto, judgement.trust),
        (Reason::NoTrustMaterial, Check::Good, Check::Unknown)
    );
    assert_eq!(judgement.missing, [MissingEvidence::TrustedRoot, MissingEvidence::LogEntry]);
}

/// CMS leaves some bytes unsigned; whatever is changed, the signer stays who it was, or the
/// signature is refused.
#[test]
fn no_changed_byte_makes_another_signer_trusted() {
    let world = World::new();
    let root = world.root("root");
    let ann = world.issue(Some(&root), &Wish::default());
    let unsigned = world.commit_unsigned("x");
    let good = binary(&world.cms(&ann, &world.raw(&unsigned), &[]));
    let commit = world.write_signed(&unsigned, &armored(&good));
    let original = verify(&world, &commit, &[&root]).judgement;
    assert_eq!(original.reason, Reason::Trusted);
    for position in (0..good.len()).step_by(7) {
        let mut changed = good.clone();
        *changed.get_mut(position).unwrap() ^= 1 << (position % 8);
        let commit = world.write_signed(&unsigned, &armored(&changed));
        let judgement = verify(&world, &commit, &[&root]).judgement;
        if judgement.reason == Reason::Trusted {
            assert_eq!(judgement.signer, original.signer, "byte {position}");
        }
    }
}
