#![expect(clippy::unwrap_used, reason = "a test may panic")]

//! Files, keys and signatures by the tools that people sign files with.

use crate::world::{World, policy};
use beleg_signature::{Artifact, PublicKey, TrustFiles, TrustMaterial, verify_artifact};
use beleg_trust::Judgement;

pub(crate) const CONTENT: &[u8] = b"content of the release\n";

impl World {
    pub(crate) fn succeeds(&self, program: &str, args: &[&str]) -> bool {
        self.output(program, args, b"").status.success()
    }

    /// Makes a key pair with openssl and returns the public key, under the name of its file.
    pub(crate) fn openssl_key(&self, name: &str, options: &[&str]) -> PublicKey {
        let args = [&["genpkey", "-quiet", "-out", name][..], options].concat();
        self.run("openssl", &args, b"");
        let pem = self.run("openssl", &["pkey", "-in", name, "-pubout"], b"");
        self.put(&format!("{name}.pem"), &pem);
        PublicKey::parse(name, &pem).unwrap()
    }

    pub(crate) fn minisign_key(&self, name: &str) -> PublicKey {
        let public = format!("{name}.pub");
        self.run("minisign", &["-G", "-W", "-p", &public, "-s", name], b"");
        PublicKey::parse(name, &self.get(&public)).unwrap()
    }

    /// Signs with minisign and returns the signature.
    pub(crate) fn minisign(&self, key: &str, file: &str, options: &[&str]) -> Vec<u8> {
        let args = [&["-S", "-s", key, "-m", file][..], options].concat();
        self.run("minisign", &args, b"");
        self.get(&format!("{file}.minisig"))
    }

    pub(crate) fn signify_key(&self, name: &str) -> PublicKey {
        let public = format!("{name}.pub");
        let secret = format!("{name}.sec");
        self.run("signify-openbsd", &["-G", "-n", "-p", &public, "-s", &secret], b"");
        PublicKey::parse(name, &self.get(&public)).unwrap()
    }

    pub(crate) fn signify(&self, key: &str, file: &str, options: &[&str]) -> Vec<u8> {
        let secret = format!("{key}.sec");
        let args = [&["-S", "-s", &secret, "-m", file, "-x", "out.sig"][..], options].concat();
        self.run("signify-openbsd", &args, b"");
        self.get("out.sig")
    }

    /// Trusts the OpenPGP keys of these addresses.
    pub(crate) fn gpg_trust(&self, emails: &[&str]) -> TrustMaterial {
        let keyring = self.run("gpg", &[&["--batch", "--export"][..], emails].concat(), b"");
        let files = TrustFiles { keyring: Some(&keyring), ..TrustFiles::default() };
        TrustMaterial::parse(&files).unwrap()
    }
}

pub(crate) fn artifact(name: &str, content: &[u8]) -> Artifact {
    Artifact::read(name, Box::new(content.to_vec())).unwrap()
}

/// Verifies a signature by plain keys.
pub(crate) fn by_keys(content: &[u8], signature: &[u8], keys: &[PublicKey]) -> Judgement {
    by_all(content, signature, keys, &no_trust())
}

pub(crate) fn by_all(
    content: &[u8],
    signature: &[u8],
    keys: &[PublicKey],
    trust: &TrustMaterial,
) -> Judgement {
    verify_artifact(&artifact("a", content), signature, "a.sig", keys, trust, &policy())
}

pub(crate) fn no_trust() -> TrustMaterial {
    TrustMaterial::parse(&TrustFiles::default()).unwrap()
}
