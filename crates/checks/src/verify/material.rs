use crate::failure::{chain, unreadable};
use crate::rules;
use beleg_model::{Finding, Input};
use beleg_settings::Section;
use beleg_signature::sigstore::{KnownRoot, TrustedRoot, TufMirror};
use beleg_signature::{
    MAX_ALLOWED_SIGNERS_BYTES, MAX_KEYRING_BYTES, MAX_TRUST_FILE_BYTES, TrustFiles, TrustMaterial,
    TrustSource,
};
use beleg_store::Stores;
use jiff::Timestamp;
use std::io;

/// Where the files lie that say who may sign. All are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustLocators {
    /// The allowed-signers file (ssh-keygen(1), "ALLOWED SIGNERS").
    pub allowed_signers: Option<String>,
    /// Revoked SSH keys: an OpenSSH key revocation list, or public keys line by line.
    pub revoked_keys: Option<String>,
    /// The OpenPGP keyring, armored or binary.
    pub keyring: Option<String>,
    /// The trusted X.509 authorities, as PEM.
    pub authorities: Option<String>,
    /// Certificate revocation lists, as PEM.
    pub revocation_lists: Option<String>,
    /// Sigstore's trusted root, as JSON; or the name of one that beleg knows.
    pub trusted_root: Option<String>,
    /// A copy of a TUF repository to take the trusted root from instead: a folder or URL.
    pub tuf_mirror: Option<String>,
    /// The `root.json` that this copy is verified from.
    pub tuf_root: Option<String>,
}

impl TrustLocators {
    /// Reads the settings of a job's or a policy's section.
    pub(crate) fn read(section: &Section<'_>) -> Self {
        Self {
            allowed_signers: section.text("allowed-signers"),
            revoked_keys: section.text("revoked-keys"),
            keyring: section.text("keyring"),
            authorities: section.text("authorities"),
            revocation_lists: section.text("revocation-lists"),
            trusted_root: section.text("trusted-root"),
            tuf_mirror: section.text("tuf-mirror"),
            tuf_root: section.text("tuf-root"),
        }
    }

    /// Says whether nothing says who may sign.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the locators of the files. A trusted root that beleg knows by name is none.
    pub(crate) fn files(&self) -> impl Iterator<Item = &String> {
        let is_file = |root: &&String| root.contains(['/', '.']);
        let roots = self.trusted_root.iter().filter(is_file).chain(&self.tuf_root);
        let keys = [&self.allowed_signers, &self.revoked_keys, &self.keyring];
        let authorities = [&self.authorities, &self.revocation_lists];
        keys.into_iter().chain(authorities).flatten().chain(roots).chain(&self.tuf_mirror)
    }

    /// Reads the files, and names each as an input of the check.
    ///
    /// # Errors
    /// With the finding to report, when a file cannot be read or is too large.
    pub(crate) fn load(
        &self,
        stores: &Stores,
        now: Timestamp,
    ) -> Result<(TrustMaterial, Vec<Input>), Box<Finding>> {
        let read = |locator: &Option<String>, limit: usize| {
            let Some(locator) = locator else { return Ok(None) };
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            stores.read(locator, limit).map(Some).map_err(|error| {
                Box::new(unreadable(&rules::TRUST_MATERIAL_UNREADABLE, locator.as_str(), &error))
            })
        };
        let allowed_signers = read(&self.allowed_signers, MAX_ALLOWED_SIGNERS_BYTES)?;
        let revoked_keys = read(&self.revoked_keys, MAX_TRUST_FILE_BYTES)?;
        let keyring = read(&self.keyring, MAX_KEYRING_BYTES)?;
        let authorities = read(&self.authorities, MAX_TRUST_FILE_BYTES)?;
        let revocation_lists = read(&self.revocation_lists, MAX_TRUST_FILE_BYTES)?;
        let trusted_root = match (&self.tuf_mirror, self.trusted_root.as_deref()) {
            (Some(mirror), _) => Some(self.root_from_tuf(mirror, stores, now)?),
            // A root that comes with beleg is a file as well.
            (None, Some(name)) if name.parse::<KnownRoot>().is_ok() => {
                name.parse::<KnownRoot>().ok().map(|known| known.json().as_bytes().to_vec())
            }
            (None, _) => read(&self.trusted_root, MAX_TRUST_FILE_BYTES)?,
        };
        let material = TrustMaterial::parse(&TrustFiles {
            allowed_signers: allowed_signers.as_deref(),
            revoked_keys: revoked_keys.as_deref(),
            keyring: keyring.as_deref(),
            authorities: authorities.as_deref(),
            revocation_lists: revocation_lists.as_deref(),
            trusted_root: trusted_root.as_deref(),
        });
        let material = material.map_err(|error| {
            Box::new(
                Finding::of(
                    &rules::TRUST_MATERIAL_UNREADABLE,
                    "who may sign",
                    format!("Who may sign is not known: {}.", chain(&error)),
                )
                .with_remedy("Name the right files."),
            )
        })?;
        let inputs = self.inputs(&material);
        Ok((material, inputs))
    }

    /// Takes the trusted root from a copy of a TUF repository, verified from the pinned root on.
    fn root_from_tuf(
        &self,
        mirror: &str,
        stores: &Stores,
        now: Timestamp,
    ) -> Result<Vec<u8>, Box<Finding>> {
        let refuse = |message: String, remedy: &str| {
            let of = Finding::of(&rules::TRUST_MATERIAL_UNREADABLE, mirror, message);
            Box::new(of.with_remedy(remedy))
        };
        let Some(pinned) = &self.tuf_root else {
            let message = "Nothing says which root the copy is verified from.".to_owned();
            return Err(refuse(message, "Name the `root.json` that you trust."));
        };
        let limit = u64::try_from(MAX_TRUST_FILE_BYTES).unwrap_or(u64::MAX);
        let pinned = stores.read(pinned, limit).map_err(|error| {
            Box::new(unreadable(&rules::TRUST_MATERIAL_UNREADABLE, pinned.as_str(), &error))
        })?;
        let base = mirror.trim_end_matches('/').to_owned();
        let mirror = Mirror { stores: stores.clone(), base };
        TrustedRoot::file_from_tuf(mirror, &pinned, now).map_err(|error| {
            let message = format!("The trusted root cannot be taken from it: {}.", chain(&error));
            refuse(message, "Renew the copy; if it stays so, treat it as tampered with.")
        })
    }

    fn inputs(&self, material: &TrustMaterial) -> Vec<Input> {
        let named = [
            (&self.allowed_signers, TrustSource::AllowedSigners),
            (&self.revoked_keys, TrustSource::RevokedKeys),
            (&self.keyring, TrustSource::Keyring),
            (&self.authorities, TrustSource::Authorities),
            (&self.revocation_lists, TrustSource::RevocationLists),
            (
                self.tuf_mirror.as_ref().map_or(&self.trusted_root, |_| &self.tuf_mirror),
                TrustSource::TrustedRoot,
            ),
        ];
        let input = |(locator, source): (&Option<String>, TrustSource)| {
            Some(Input {
                name: source.name().to_owned(),
                locator: locator.clone()?,
                digest: material.digests().get(&source).cloned(),
                as_of: None,
            })
        };
        named.into_iter().filter_map(input).collect()
    }
}

/// A copy of a TUF repository, in a folder or a store.
struct Mirror {
    stores: Stores,
    base: String,
}

impl TufMirror for Mirror {
    fn read(&self, name: &str, max: u64) -> io::Result<Option<Vec<u8>>> {
        match self.stores.read(&format!("{}/{name}", self.base), max) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(io::Error::other(chain(&error))),
        }
    }
}
