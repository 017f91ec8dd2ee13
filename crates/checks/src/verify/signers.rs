use super::TrustLocators;
use crate::failure::{chain, unreadable};
use crate::rules::TRUST_MATERIAL_UNREADABLE;
use beleg_model::{Digest, Finding, Input};
use beleg_settings::Section;
use beleg_signature::sigstore::{BundlePolicy, ManagedKey};
use beleg_signature::{MAX_PUBLIC_KEY_BYTES, PublicKey, TrustMaterial};
use beleg_store::Stores;
use beleg_trust::IdentityRule;
use beleg_trust::{Matcher, MatcherError};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Who may sign files: trust files, public keys, and identities that a certificate states.
#[derive(Clone, Debug, Default)]
pub struct SignerLocators {
    /// The trust files.
    pub trust: TrustLocators,
    /// Public keys, each with the name that reports use for it.
    pub keys: Vec<(String, String)>,
    /// Identities.
    pub identities: Vec<Identity>,
}

/// An identity that may sign, as a certificate of Sigstore states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name that reports use for it.
    pub name: String,
    /// The subject alternative name.
    pub identity: String,
    /// `*` in the identity stands for any text without `/` and `@`, `**` for any text.
    pub is_pattern: bool,
    /// Who vouched for it. With `None` the certificate must state nobody, as those of GitHub's
    /// immutable releases do.
    pub issuer: Option<String>,
}

/// Who may sign, read.
pub(crate) struct Signers {
    pub(crate) material: TrustMaterial,
    pub(crate) keys: Vec<PublicKey>,
    pub(crate) bundles: BundlePolicy,
    /// The files that were read.
    pub(crate) inputs: Vec<Input>,
}

impl Identity {
    /// Reads who vouches for an identity: `none` stands for nobody.
    #[must_use]
    pub fn issuer(text: String) -> Option<String> {
        Some(text).filter(|text| text != "none")
    }

    fn rule(&self) -> Result<IdentityRule, MatcherError> {
        let identity = if self.is_pattern {
            Matcher::pattern(&self.identity)?
        } else {
            Matcher::exact(self.identity.as_str())
        };
        let name = self.name.clone();
        let issuer = self.issuer.as_deref().map(Matcher::exact);
        Ok(IdentityRule { name, identity, issuer, source_repository: None })
    }
}

impl SignerLocators {
    /// Returns the locators of the files that say who may sign.
    pub(crate) fn files(&self) -> impl Iterator<Item = &String> {
        self.keys.iter().map(|(_, file)| file).chain(self.trust.files())
    }
}

/// Reads the patterns of identities.
pub(crate) fn rules(identities: &[Identity]) -> Result<Vec<IdentityRule>, Box<Finding>> {
    identities.iter().map(Identity::rule).collect::<Result<_, _>>().map_err(|error| {
        Box::new(
            Finding::of(
                &TRUST_MATERIAL_UNREADABLE,
                "identity",
                format!("The identity's pattern is refused: {error}."),
            )
            .with_remedy("Correct the pattern."),
        )
    })
}

/// Reads the tables `identity` of a section.
pub(crate) fn read_identities(section: &Section<'_>) -> Vec<Identity> {
    let read = |identity: &Section<'_>| {
        let name = identity.required_text("name", "Give the identity a name for reports.");
        let exact = identity.text("identity");
        let pattern = identity.text("identity-pattern");
        let remedy =
            "Name who vouches for the identity; `none` where its certificate names nobody.";
        let issuer = identity.required_text("issuer", remedy);
        let (text, is_pattern) = match (exact, pattern) {
            (Some(exact), None) => (exact, false),
            (None, Some(pattern)) => (pattern, true),
            _ => {
                identity.problem(
                    "identity",
                    "there is not exactly one of `identity` and `identity-pattern`",
                    "Write the certificate's subject alternative name, or a pattern of it.",
                );
                return None;
            }
        };
        let issuer = Identity::issuer(issuer?);
        let read = Identity { name: name?, identity: text, is_pattern, issuer };
        if let Err(error) = read.rule() {
            identity.problem("identity-pattern", error.to_string(), "Correct the pattern.");
            return None;
        }
        Some(read)
    };
    section.tables("identity", read).into_iter().flatten().collect()
}

impl SignerLocators {
    /// Reads `[signers]`: the trust files, `[[signers.key]]` and `[[signers.identity]]`.
    pub(crate) fn read(section: &Section<'_>) -> Self {
        let keys = section.tables("key", |key| {
            let name = key.required_text("name", "Give the key a name for reports.");
            let file = key.required_text("file", "Name the public key's file.");
            Some((name?, file?))
        });
        let locators = Self {
            trust: TrustLocators::read(section),
            keys: keys.into_iter().flatten().collect(),
            identities: read_identities(section),
        };
        let mut seen = BTreeSet::new();
        if let Some(twice) = locators.names().into_iter().find(|name| !seen.insert(name.clone())) {
            let message = format!("two signers are called `{twice}`");
            section.problem("name", message, "Give each a name of its own.");
        }
        locators
    }

    /// Returns the names of the keys and identities.
    pub(crate) fn names(&self) -> Vec<String> {
        let keys = self.keys.iter().map(|(name, _)| name);
        let identities = self.identities.iter().map(|identity| &identity.name);
        keys.chain(identities).cloned().collect()
    }

    /// Says whether nobody may sign.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trust.is_empty() && self.keys.is_empty() && self.identities.is_empty()
    }

    /// Reads the files.
    pub(crate) fn load(&self, stores: &Stores, now: Timestamp) -> Result<Signers, Box<Finding>> {
        let (material, mut inputs) = self.trust.load(stores, now)?;
        let mut keys = Vec::new();
        let mut managed = Vec::new();
        for (name, locator) in &self.keys {
            let limit = u64::try_from(MAX_PUBLIC_KEY_BYTES).unwrap_or(u64::MAX);
            let bytes = stores.read(locator, limit).map_err(|error| {
                Box::new(unreadable(&TRUST_MATERIAL_UNREADABLE, locator.as_str(), &error))
            })?;
            inputs.push(Input {
                name: format!("public key {name}"),
                locator: locator.clone(),
                digest: Some(Digest::sha256(Sha256::digest(&bytes).into())),
                as_of: None,
            });
            // What npm's registry publishes holds several, with the ends of their time.
            if let Ok(published) = ManagedKey::from_npm_keys(&bytes) {
                managed.extend(published.into_iter().map(|key| key.called(name.as_str())));
                continue;
            }
            let key = PublicKey::parse(name, &bytes).map_err(|error| {
                let message = format!("The public key is refused: {}.", chain(&error));
                let remedy =
                    "Name a public key: PEM, minisign, signify, or the list that npm publishes.";
                let finding = Finding::of(&TRUST_MATERIAL_UNREADABLE, locator.as_str(), message);
                Box::new(finding.with_remedy(remedy))
            })?;
            // minisign's and signify's keys sign no bundles.
            let pem = std::str::from_utf8(&bytes).unwrap_or_default();
            managed.extend(ManagedKey::from_pem(name.as_str(), pem).ok());
            keys.push(key);
        }
        let identities = rules(&self.identities)?;
        let other_signers = !keys.is_empty();
        let bundles =
            BundlePolicy { identities, keys: managed, other_signers, ..BundlePolicy::default() };
        let bundles = match material.trusted_root() {
            Some(root) => bundles.under(root),
            None => bundles,
        };
        Ok(Signers { material, keys, bundles, inputs })
    }
}

impl Signers {
    /// Returns a finding for what of the trust files could not be understood: it may be what
    /// allows a signer, or what revokes a key.
    pub(crate) fn problems(&self) -> Vec<Finding> {
        self.material.problems().iter().map(beleg_signature::material_finding).collect()
    }
}
