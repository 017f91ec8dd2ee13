//! The demo company's developer with an SSH and an OpenPGP key, and a stranger.

use crate::DemoError;
use sequoia_openpgp as openpgp;

use openpgp::cert::CertBuilder;
use openpgp::policy::StandardPolicy;
use openpgp::serialize::SerializeInto as _;
use openpgp::serialize::stream::{Armorer, Message, Signer};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

pub(crate) struct Signers {
    ssh: PrivateKey,
    stranger: PrivateKey,
    openpgp: openpgp::Cert,
}

impl Signers {
    pub(crate) const NAME: &str = "Demo Developer";
    pub(crate) const EMAIL: &str = "developer@demo.invalid";

    /// Makes new keys; the OpenPGP key is older than the oldest commit.
    pub(crate) fn generate(now: jiff::Timestamp) -> Result<Self, DemoError> {
        let month = Duration::from_secs(30 * 86_400);
        let created = SystemTime::from(now).checked_sub(month);
        let (openpgp, _) = CertBuilder::new()
            .add_userid(format!("{} <{}>", Self::NAME, Self::EMAIL))
            .set_creation_time(created)
            .add_signing_subkey()
            .generate()
            .map_err(pgp)?;
        Ok(Self { ssh: ssh_key()?, stranger: ssh_key()?, openpgp })
    }

    pub(crate) fn ssh(&self, text: &str) -> Result<String, DemoError> {
        ssh_signature(&self.ssh, text)
    }

    pub(crate) fn stranger(&self, text: &str) -> Result<String, DemoError> {
        ssh_signature(&self.stranger, text)
    }

    pub(crate) fn openpgp(&self, text: &str) -> Result<String, DemoError> {
        let policy = StandardPolicy::new();
        let key = self
            .openpgp
            .keys()
            .secret()
            .with_policy(&policy, None)
            .for_signing()
            .next()
            .ok_or_else(|| DemoError::made("an OpenPGP key", "it has no signing key"))?
            .key()
            .clone()
            .into_keypair()
            .map_err(pgp)?;
        let mut armored = Vec::new();
        let message = Armorer::new(Message::new(&mut armored))
            .kind(openpgp::armor::Kind::Signature)
            .build()
            .map_err(pgp)?;
        let mut signer = Signer::new(message, key).map_err(pgp)?.detached().build().map_err(pgp)?;
        signer.write_all(text.as_bytes()).map_err(|error| DemoError::made("a signature", error))?;
        signer.finalize().map_err(pgp)?;
        String::from_utf8(armored).map_err(|error| DemoError::made("a signature", error))
    }

    /// Returns the allowed-signers file: the developer, not the stranger.
    pub(crate) fn allowed_signers(&self) -> Result<String, DemoError> {
        let public = self.ssh.public_key().to_openssh().map_err(ssh)?;
        Ok(format!("{} namespaces=\"git\" {public}\n", Self::EMAIL))
    }

    /// Returns the keyring with the developer's OpenPGP certificate, armored.
    pub(crate) fn keyring(&self) -> Result<Vec<u8>, DemoError> {
        self.openpgp.armored().to_vec().map_err(pgp)
    }
}

fn ssh_key() -> Result<PrivateKey, DemoError> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|error| DemoError::made("a key", error))?;
    Ok(PrivateKey::from(Ed25519Keypair::from_seed(&seed)))
}

fn ssh_signature(key: &PrivateKey, text: &str) -> Result<String, DemoError> {
    key.sign("git", HashAlg::Sha512, text.as_bytes())
        .and_then(|signature| signature.to_pem(LineEnding::LF))
        .map_err(ssh)
}

fn ssh(error: ssh_key::Error) -> DemoError {
    DemoError::made("an SSH key or signature", error)
}

fn pgp(error: openpgp::anyhow::Error) -> DemoError {
    DemoError::made("an OpenPGP key or signature", error.into_boxed_dyn_error())
}
