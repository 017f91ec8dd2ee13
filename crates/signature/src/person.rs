//! Who is behind a key, so that two keys of one person are not taken for two people.

use crate::ssh::{Entry, Key};
use crate::{TrustMaterial, key_material};
use beleg_model::text::CUT_OFF;
use beleg_trust::{PatternList, Signer};
use jiff::Timestamp;
use sequoia_openpgp::cert::amalgamation::{
    UserIDAmalgamation, ValidAmalgamation as _, ValidateAmalgamation as _,
};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::types::RevocationStatus;
use sequoia_openpgp::{Cert, Fingerprint, KeyHandle};
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// Every key of the trust material, under the name that it has in every format.
pub struct People<'a> {
    trust: &'a TrustMaterial,
    by_ssh_key: HashMap<String, Vec<&'a Entry>>,
    /// The OpenPGP certificates that hold a key; sorted once a signer in another format asks.
    by_openpgp_key: OnceLock<HashMap<String, Vec<&'a Cert>>>,
    now: Timestamp,
}

/// One signer, with everything that the trust material calls him.
#[derive(Clone, Debug, Default)]
pub struct Person {
    keys: BTreeSet<String>,
    /// Addresses and other exact names, lower-case.
    names: BTreeSet<String>,
    /// Those of them that were his when he signed, as they are written.
    exact: BTreeSet<String>,
    /// Principals with wildcards, lower-case.
    patterns: Vec<PatternList>,
}

/// Counts signers of whom no two may be one person: neither a key, nor a name that the trust
/// material has for it, joins them. Whoever may be somebody counted before is left out, so that it
/// is never too many.
#[must_use]
pub fn distinct_signers<'a>(
    signers: impl IntoIterator<Item = &'a Signer>,
    trust: &TrustMaterial,
) -> u64 {
    let signers: Vec<&Signer> = signers.into_iter().collect();
    // Most often there is one, for whom the trust material need not be gone through.
    if let [] | [_] = signers.as_slice() {
        return u64::try_from(signers.len()).unwrap_or(0);
    }
    // Names that no longer hold tell people apart too: the time does not matter.
    let people = People::new(trust, Timestamp::UNIX_EPOCH);
    let person = |signer| people.person(signer, None);
    let people: Vec<Person> = signers.into_iter().map(person).collect();
    Person::distinct(&people)
}

impl<'a> People<'a> {
    /// Sorts the trust material's SSH keys. At `now` the check is made.
    #[must_use]
    pub fn new(trust: &'a TrustMaterial, now: Timestamp) -> Self {
        let mut by_ssh_key: HashMap<String, Vec<&Entry>> = HashMap::new();
        for (blob, entries) in trust.allowed_signers().into_iter().flat_map(|all| all.all()) {
            let key = Key::decode(blob).ok();
            let Some(key) = key.and_then(|key| key_material::of_ssh(&key)) else { continue };
            by_ssh_key.entry(key).or_default().extend(entries);
        }
        Self { trust, by_ssh_key, by_openpgp_key: OnceLock::new(), now }
    }

    /// Returns the OpenPGP certificates that `signer`'s key is in, whatever the signature's format.
    fn certificates(&self, signer: &Signer) -> Vec<&'a Cert> {
        let Some(keyring) = self.trust.keyring() else { return Vec::new() };
        if let Some(certificate) = &signer.primary_fingerprint {
            let Ok(certificate) = certificate.parse::<Fingerprint>() else { return Vec::new() };
            let handle = KeyHandle::from(certificate);
            return keyring.keys(&handle).map(|key| key.cert()).collect();
        }
        let by_key = self.by_openpgp_key.get_or_init(|| {
            let mut by_key: HashMap<String, Vec<&Cert>> = HashMap::new();
            for (cert, key) in keyring.all().flat_map(|cert| keys_of(cert).map(move |k| (cert, k)))
            {
                by_key.entry(key).or_default().push(cert);
            }
            by_key
        });
        signer.public_key.as_ref().and_then(|key| by_key.get(key)).cloned().unwrap_or_default()
    }

    /// Returns who `signer` is, who signed at `time`. More names make it harder to be a second
    /// person, so revoked and expired ones count for that; but they list nobody as a signer.
    #[must_use]
    pub fn person(&self, signer: &Signer, time: Option<Timestamp>) -> Person {
        let mut person = Person::default();
        person.keys.insert(signer.fingerprint.clone());
        person.keys.extend(signer.primary_fingerprint.clone());
        person.keys.extend(signer.public_key.clone());
        if let Some(identity) = &signer.identity {
            person.add(identity, true);
            // A workflow at two refs is one workflow.
            if let Some((workflow, _)) = identity.split_once("@refs/") {
                person.add(workflow, false);
            }
            person.add_each(identity);
        }
        let lines = signer.public_key.as_ref().and_then(|key| self.by_ssh_key.get(key));
        for entry in lines.into_iter().flatten() {
            // A line is about signatures of SSH; a time that is still to come proves nothing.
            let holds = signer.fingerprint.starts_with("SHA256:")
                && time.is_some_and(|time| {
                    entry.holds("git", time) && entry.holds("git", time.min(self.now))
                });
            entry.principals.literals().for_each(|literal| person.add(literal, holds));
            person.add_patterns(&entry.principals);
        }
        let is_openpgp = signer.primary_fingerprint.is_some();
        for cert in self.certificates(signer) {
            person.keys.extend(keys_of(cert));
            for user in cert.userids() {
                let then = time.map(|time| time.min(self.now));
                let holds = is_openpgp
                    && (then.is_some_and(|time| is_valid(&user, time))
                        || is_valid(&user, self.now));
                person.add(&String::from_utf8_lossy(user.userid().value()), holds);
            }
        }
        person
    }
}

/// Returns the keys of a certificate, each under the name that it has in every format.
fn keys_of(cert: &Cert) -> impl Iterator<Item = String> + '_ {
    cert.keys().filter_map(|key| key_material::of_openpgp(key.key().mpis()))
}

/// Says whether a user id was bound to its certificate at `time`, and not revoked.
fn is_valid(user: &UserIDAmalgamation<'_>, time: Timestamp) -> bool {
    let policy = StandardPolicy::at(time);
    let user = user.clone().with_policy(&policy, Some(time.into()));
    user.is_ok_and(|user| !matches!(user.revocation_status(), RevocationStatus::Revoked(_)))
}

impl Person {
    /// Says whether this person goes by `name`, such as an author's address.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names.contains(&name) || self.patterns.iter().any(|patterns| patterns.matches(&name))
    }

    /// Says whether the two may be one person: by a key, by a name, or because wildcards could
    /// stand for anyone.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        !self.keys.is_disjoint(&other.keys)
            || other.names.iter().any(|name| self.is(name))
            || self.names.iter().any(|name| other.is(name))
            || (!self.patterns.is_empty() && !other.patterns.is_empty())
    }

    /// Counts people of whom no two may be one. The order is fixed, and whoever may be somebody
    /// counted before is left out, so that it is never too many.
    #[must_use]
    pub fn distinct<'a>(people: impl IntoIterator<Item = &'a Self>) -> u64 {
        let mut counted: Vec<&Self> = Vec::new();
        for person in people {
            if !counted.iter().any(|other| other.may_be(person)) {
                counted.push(person);
            }
        }
        u64::try_from(counted.len()).unwrap_or(0)
    }

    /// Says whether `signers` lists this person by an exact name.
    #[must_use]
    pub fn is_listed(&self, signers: Option<&PatternList>) -> bool {
        signers.is_none_or(|signers| self.exact.iter().any(|name| signers.matches(name)))
    }

    /// Adds principals with wildcards. Case is ignored, so that nobody is taken for somebody else
    /// because of it.
    fn add_patterns(&mut self, principals: &PatternList) {
        let text = principals.to_string().to_lowercase();
        if text.contains(['*', '?']) {
            self.patterns.extend(PatternList::parse(&text));
        }
    }

    /// Adds the names of an identity that is a list, as a certificate's is that bears several. They
    /// make it harder to be a second person, and list nobody: a comma may stand within a name. What
    /// was cut off could be anyone.
    fn add_each(&mut self, identity: &str) {
        self.names.extend(identity.split(',').map(|name| name.trim().to_lowercase()));
        if identity.ends_with(CUT_OFF) {
            self.patterns.extend(PatternList::parse("*"));
        }
    }

    /// Adds a name, and the address within it. One that does not hold lists nobody.
    fn add(&mut self, name: &str, holds: bool) {
        let address = name.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let address = address.map(|(address, _)| address).filter(|address| !address.is_empty());
        let whole = Some(name).filter(|name| !name.contains(['*', '?', ',']));
        for name in address.into_iter().chain(whole) {
            self.names.insert(name.to_lowercase());
            if holds {
                self.exact.insert(name.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn person(key: &str, names: &[&str], pattern: Option<&str>) -> Person {
        let mut person = Person::default();
        person.keys.insert(key.to_owned());
        names.iter().for_each(|name| person.add(name, true));
        pattern.iter().for_each(|text| person.add_patterns(&PatternList::parse(text).unwrap()));
        person
    }

    #[test]
    fn two_people_are_two_only_when_neither_key_nor_name_nor_wildcard_joins_them() {
        let ann = person("1", &["Ann <ANN@x>"], None);
        assert!(ann.is("ann@x"));
        for same in [
            person("1", &["bob@x"], None),
            person("2", &["Ann@X"], None),
            person("2", &["a@y", "ann@x"], None),
            person("2", &[], Some("*@X")),
        ] {
            assert!(ann.may_be(&same) && same.may_be(&ann), "{same:?}");
        }
        assert!(!ann.may_be(&person("2", &["bob@x"], Some("*@y"))));
        assert!(person("1", &[], Some("*@x")).may_be(&person("2", &[], Some("*@y"))));
    }

    #[test]
    fn a_workflow_at_two_refs_is_one_signer() {
        let trust = TrustMaterial::parse(&crate::TrustFiles::default()).unwrap();
        let signer = |key: &str, workflow: &str, at: &str| Signer {
            identity: Some(format!("https://forge.invalid/o/r/{workflow}@{at}")),
            issuer: Some("https://forge.invalid".to_owned()),
            fingerprint: key.to_owned(),
            primary_fingerprint: None,
            public_key: None,
            algorithm: String::new(),
        };
        let release = signer("1", "release.yml", "refs/tags/v1");
        let again = signer("2", "release.yml", "refs/tags/v2");
        let other = signer("3", "other.yml", "refs/tags/v1");
        assert_eq!(distinct_signers([&release, &again], &trust), 1);
        assert_eq!(distinct_signers([&release, &again, &other], &trust), 2);
    }

    #[test]
    fn a_list_of_names_is_each_of_them_and_one_that_was_cut_off_may_be_anyone() {
        let mut ann = person("1", &[], None);
        ann.add_each("lead@x, Ann@x");
        assert!(ann.is("ann@x") && ann.is("lead@x") && !ann.is("bob@x"));
        assert!(ann.may_be(&person("2", &["lead@x"], None)));
        assert!(!ann.is_listed(Some(&PatternList::parse("lead@x").unwrap())));
        ann.add_each(&beleg_model::text::shown("ann@x,".repeat(100).as_bytes()));
        assert!(ann.is("bob@x"));
    }

    #[test]
    fn a_wildcard_principal_lists_nobody() {
        let list = PatternList::parse("*@x").unwrap();
        assert!(person("1", &["ann@x"], None).is_listed(Some(&list)));
        assert!(!person("1", &["*@x"], Some("*@x")).is_listed(Some(&list)));
        assert!(person("1", &[], None).is_listed(None));
    }
}
