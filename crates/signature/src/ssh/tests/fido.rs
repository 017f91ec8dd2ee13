use super::{ANN, Bench, CONTENT, Case};
use crate::ssh::wire::put_string;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use beleg_trust::{Check, Reason};
use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};
use ssh_key::{HashAlg, SshSig};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;

/// A FIDO authenticator in software (PROTOCOL.u2f): what it signs is the application's digest,
/// its flags, its counter, and the message's digest.
enum Device {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(aws_lc_rs::signature::EcdsaKeyPair),
}

impl Device {
    fn ed25519() -> Self {
        Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&[7; 32])))
    }

    fn p256() -> Self {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "sk-ssh-ed25519@openssh.com",
            Self::P256(_) => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn public(&self, application: &str) -> Vec<u8> {
        use aws_lc_rs::signature::KeyPair as _;
        let kind = self.kind().as_bytes();
        match self {
            Self::Ed25519(key) => {
                strings(&[kind, key.verifying_key().as_bytes(), application.as_bytes()])
            }
            Self::P256(key) => {
                strings(&[kind, b"nistp256", key.public_key().as_ref(), application.as_bytes()])
            }
        }
    }

    fn line(&self, application: &str) -> String {
        format!("{} {}", self.kind(), STANDARD.encode(self.public(application)))
    }

    fn sign(&self, application: &str, flags: u8, message: &[u8]) -> Vec<u8> {
        let trailer = [flags, 0, 0, 0, 9];
        let signed =
            [&Sha256::digest(application)[..], &trailer[..], &Sha256::digest(message)[..]].concat();
        let signature = match self {
            Self::Ed25519(key) => key.sign(&signed).to_bytes().to_vec(),
            Self::P256(key) => {
                let random = aws_lc_rs::rand::SystemRandom::new();
                let fixed = key.sign(&random, &signed).unwrap();
                let (r, s) = fixed.as_ref().split_at(32);
                strings(&[&positive(r), &positive(s)])
            }
        };
        [strings(&[self.kind().as_bytes(), &signature]), trailer.to_vec()].concat()
    }

    /// Signs for files with a key, or with the binary form of a certificate over it.
    fn armor(&self, shown: &[u8], application: &str, flags: u8) -> Vec<u8> {
        let message = SshSig::signed_data("file", HashAlg::Sha512, CONTENT).unwrap();
        let signature = self.sign(application, flags, &message);
        let fields = strings(&[shown, b"file", b"", b"sha512", &signature]);
        let base64 = STANDARD.encode([&b"SSHSIG\0\0\0\x01"[..], &fields].concat());
        let armor =
            format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n");
        armor.into_bytes()
    }
}

fn strings(strings: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    strings.iter().for_each(|string| put_string(&mut bytes, string));
    bytes
}

/// Writes a number as RFC 4251 does.
fn positive(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap();
    let sign: &[u8] = if number[start] & 0x80 == 0 { b"" } else { b"\0" };
    [sign, &number[start..]].concat()
}

#[test]
fn both_types_of_fido_keys_are_trusted_as_ssh_keygen_trusts_them() {
    let bench = Bench::new();
    for device in [Device::ed25519(), Device::p256()] {
        for (flags, notes) in [(PRESENT, 0), (PRESENT | VERIFIED, 0), (0, 1), (VERIFIED, 1)] {
            let armor = device.armor(&device.public("ssh:"), "ssh:", flags);
            let allowed = format!("{ANN} {}\n", device.line("ssh:"));
            let case = Case::new(&armor, &allowed).by(ANN);
            assert!(bench.accepts(&case), "{} {flags}", device.kind());
            let judgement = case.judge();
            assert_eq!(judgement.reason, Reason::Trusted);
            assert_eq!(judgement.notes.len(), notes, "{:?}", judgement.notes);
            let other = Case { content: b"another\n", ..case };
            assert!(!bench.accepts(&other));
            assert_eq!(other.judge().reason, Reason::BadSignature);
        }
    }
}

#[test]
fn the_flags_and_the_application_are_signed() {
    let bench = Bench::new();
    for device in [Device::ed25519(), Device::p256()] {
        let allowed = format!("{ANN} {}\n", device.line("ssh:"));
        let armor = device.armor(&device.public("ssh:"), "ssh:", 0);
        let text = String::from_utf8(armor).unwrap();
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let mut blob = STANDARD.decode(base64).unwrap();
        let flags = blob.len() - 5;
        blob[flags] = PRESENT;
        let base64 = STANDARD.encode(blob);
        let forged =
            format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n");
        let case = Case::new(forged.as_bytes(), &allowed);
        assert!(!bench.accepts(&case));
        assert_eq!(case.judge().reason, Reason::BadSignature);
        let armor = device.armor(&device.public("ssh:"), "ssh:other", PRESENT);
        let case = Case::new(&armor, &allowed);
        assert!(!bench.accepts(&case));
        assert_eq!(case.judge().reason, Reason::BadSignature);
        // The same device under another application is another key.
        let armor = device.armor(&device.public("ssh:other"), "ssh:other", PRESENT);
        let case = Case::new(&armor, &allowed);
        assert!(!bench.accepts(&case));
        assert_eq!(case.judge().reason, Reason::UnknownKey);
    }
}

/// The plain key inside a FIDO key must not sign without the device's own bytes around it.
#[test]
fn a_plain_signature_by_the_key_inside_is_refused() {
    let Device::Ed25519(key) = Device::ed25519() else { unreachable!() };
    let device = Device::ed25519();
    let allowed = format!("{ANN} {}\n", device.line("ssh:"));
    let message = SshSig::signed_data("file", HashAlg::Sha512, CONTENT).unwrap();
    let signature = strings(&[b"ssh-ed25519", &key.sign(&message).to_bytes()]);
    let fields = strings(&[&device.public("ssh:"), b"file", b"", b"sha512", &signature]);
    let base64 = STANDARD.encode([&b"SSHSIG\0\0\0\x01"[..], &fields].concat());
    let armor = format!("-----BEGIN SSH SIGNATURE-----\n{base64}\n-----END SSH SIGNATURE-----\n");
    let bench = Bench::new();
    let case = Case::new(armor.as_bytes(), &allowed);
    assert!(!bench.accepts(&case));
    assert_eq!(case.judge().reason, Reason::BadSignature);
}

/// ssh-keygen certifies the public key of a FIDO device like any other.
#[test]
fn a_certificate_that_demands_verification_takes_a_verified_signature_alone() {
    let bench = Bench::new();
    let ca = bench.ed25519("ca");
    let allowed = format!("{ANN} cert-authority {ca}\n");
    for device in [Device::ed25519(), Device::p256()] {
        bench.write("sk.pub", device.line("ssh:").as_bytes());
        for (options, flags, reason) in [
            (&[][..], PRESENT, Reason::Trusted),
            (&[], 0, Reason::Trusted),
            (&["-O", "no-touch-required"], 0, Reason::Trusted),
            (&["-O", "verify-required"], PRESENT | VERIFIED, Reason::Trusted),
            (&["-O", "verify-required"], PRESENT, Reason::CertificateNotForSigning),
        ] {
            bench.certify("ca", "sk", &[&["-n", ANN], options].concat());
            let public = bench.public("sk-cert");
            let certificate = STANDARD.decode(public.split(' ').nth(1).unwrap()).unwrap();
            let armor = device.armor(&certificate, "ssh:", flags);
            let case = Case::new(&armor, &allowed).by(ANN);
            assert!(bench.accepts(&case), "{options:?}");
            let judgement = case.judge();
            assert_eq!((judgement.reason, judgement.crypto), (reason, Check::Good), "{options:?}");
        }
    }
}

#[test]
fn a_revoked_fido_key_is_revoked() {
    let bench = Bench::new();
    let device = Device::p256();
    let line = device.line("ssh:");
    let allowed = format!("{ANN} {line}\n");
    let armor = device.armor(&device.public("ssh:"), "ssh:", PRESENT);
    let case = Case::new(&armor, &allowed).revoking(line.as_bytes());
    assert!(!bench.accepts(&case));
    assert_eq!(case.judge().reason, Reason::KeyRevoked);
}
