use beleg_dsse::{
    CanonicalError, Envelope, EnvelopeError, PAYLOAD_TYPE, ResourceDescriptor, STATEMENT_TYPE,
    Signer, Statement, Verifier, canonical_json,
};
use beleg_model::{Evidence, PREDICATE_TYPE, PlanRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The most bytes a payload object may have: 64 MiB.
pub const MAX_PAYLOAD: usize = 64 << 20;
/// The in-toto predicate type of a plan.
pub const PLAN_TYPE: &str = "urn:beleg:plan:v1";
/// Keeps a commitment from being mistaken for any other hash.
const COMMITMENT_DOMAIN: &[u8] = b"beleg ledger payload commitment v1\n";
const SALT_DIGITS: usize = 64;
/// The largest whole number every reader of JSON holds exactly (RFC 7493, section 2.2).
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// Commits to a payload without telling anything about it: SHA-256 over a fixed line, a random
/// salt of 32 bytes, and the payload's bytes. Once the salt is deleted with the payload, a guess
/// what the payload was can no longer be tested.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commitment([u8; 32]);

/// Says why a payload was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// More than [`MAX_PAYLOAD`] bytes.
    #[error("the payload has {0} bytes, more than {MAX_PAYLOAD}")]
    TooLarge(usize),
    /// The bytes are no payload object, envelope or statement.
    #[error("the bytes are no {0}")]
    Malformed(&'static str, #[source] serde_json::Error),
    /// The bytes are not in the one form that is written.
    #[error("the {0} is not in canonical form, or has parts that are not known")]
    NotCanonical(&'static str),
    /// The bytes are not what the entry commits to.
    #[error("the bytes are not what the entry commits to")]
    OtherCommitment,
    /// The salt is not 64 lower-case hex digits.
    #[error("the salt is not 64 lower-case hex digits")]
    Salt,
    /// The randomness gave only zeros.
    #[error("the source of randomness gave only zeros")]
    NoRandomness,
    /// The envelope was refused.
    #[error("the envelope was refused")]
    Envelope(#[from] EnvelopeError),
    /// The statement is about another thing than its predicate.
    #[error("the statement's `{0}` does not fit its predicate")]
    Statement(&'static str),
    /// A number cannot be recorded exactly.
    #[error("a number of 2^53 or more cannot be recorded exactly")]
    Number,
    /// The value has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// What a payload object states: a plan or evidence.
pub(crate) trait Predicate: Serialize + DeserializeOwned {
    const TYPE: &'static str;
    fn subject(&self) -> Result<ResourceDescriptor, CanonicalError>;
}

impl Predicate for Evidence {
    const TYPE: &'static str = PREDICATE_TYPE;

    /// A subject without a digest of its own is named by the digest of its description.
    fn subject(&self) -> Result<ResourceDescriptor, CanonicalError> {
        let (algorithm, hex) = match &self.subject.digest {
            Some(digest) => (digest.algorithm().to_owned(), digest.hex().to_owned()),
            None => ("belegSubject".to_owned(), hash_of(&self.subject)?),
        };
        let digest = BTreeMap::from([(algorithm, hex)]);
        Ok(ResourceDescriptor { name: self.subject.name.clone(), digest })
    }
}

impl Predicate for PlanRecord {
    const TYPE: &'static str = PLAN_TYPE;

    fn subject(&self) -> Result<ResourceDescriptor, CanonicalError> {
        let digest = BTreeMap::from([("belegPlan".to_owned(), hash_of(self)?)]);
        Ok(ResourceDescriptor { name: self.run_id.clone(), digest })
    }
}

/// A payload object as it is stored: canonical JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    envelope: Envelope,
    salt: String,
}

impl Commitment {
    /// Commits to `payload` with `salt`.
    #[must_use]
    pub fn of(salt: &[u8; 32], payload: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(COMMITMENT_DOMAIN)
            .chain_update(salt)
            .chain_update(payload)
            .finalize();
        Self(hash.into())
    }

    /// Returns where the payload is stored.
    #[must_use]
    pub fn path(&self) -> String {
        format!("payload/{self}")
    }
}

/// Signs `predicate` and makes the payload object that carries it.
pub(crate) fn seal<P: Predicate>(
    predicate: &P,
    salt: &[u8; 32],
    signer: &Signer,
) -> Result<(Commitment, Vec<u8>), PayloadError> {
    if *salt == [0; 32] {
        return Err(PayloadError::NoRandomness);
    }
    let statement = Statement::about(predicate.subject()?, P::TYPE, predicate);
    let bytes = canonical_json(&statement)?;
    refuse_inexact_numbers(
        &serde_json::from_slice(&bytes).map_err(|e| PayloadError::Malformed("statement", e))?,
    )?;
    let envelope = Envelope::sign(PAYLOAD_TYPE, &bytes, signer);
    let commitment = Commitment::of(salt, &canonical_json(&envelope)?);
    let stored = canonical_json(&Stored { envelope, salt: hex::encode(salt) })?;
    // What could not be read again must not be recorded.
    open::<P>(&stored, &commitment, signer.verifier())?;
    Ok((commitment, stored))
}

/// Reads a payload object that `commitment` commits to and `verifier` signed.
pub(crate) fn open<P: Predicate>(
    bytes: &[u8],
    commitment: &Commitment,
    verifier: &Verifier,
) -> Result<P, PayloadError> {
    let Stored { envelope, .. } = committed(bytes, commitment)?;
    let statement: Statement<P> = parse("statement", &envelope.verify(PAYLOAD_TYPE, verifier)?)?;
    if statement.statement_type != STATEMENT_TYPE {
        return Err(PayloadError::Statement("_type"));
    }
    if statement.predicate_type != P::TYPE {
        return Err(PayloadError::Statement("predicateType"));
    }
    if statement.subject != [statement.predicate.subject()?] {
        return Err(PayloadError::Statement("subject"));
    }
    Ok(statement.predicate)
}

/// Reads a payload object that `commitment` commits to, whoever may have signed it.
pub(crate) fn committed(bytes: &[u8], commitment: &Commitment) -> Result<Stored, PayloadError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(PayloadError::TooLarge(bytes.len()));
    }
    let stored: Stored = parse("payload object", bytes)?;
    let mut salt = [0; 32];
    hex::decode_to_slice(&stored.salt, &mut salt).map_err(|_| PayloadError::Salt)?;
    // `hex` reads upper-case digits too; there is one written form only.
    if hex::encode(salt) != stored.salt {
        return Err(PayloadError::Salt);
    }
    if envelope_in(bytes).map(|envelope| Commitment::of(&salt, envelope)) != Some(*commitment) {
        return Err(PayloadError::OtherCommitment);
    }
    Ok(stored)
}

/// Returns the canonical bytes of the envelope in a canonical payload object: all but the salt.
fn envelope_in(bytes: &[u8]) -> Option<&[u8]> {
    let envelope = bytes.strip_prefix(br#"{"envelope":"#)?;
    let salt = br#","salt":""}"#.len().checked_add(SALT_DIGITS)?;
    envelope.get(..envelope.len().checked_sub(salt)?)
}

/// Reads a payload object that [`open`] has read before, without its signature.
pub(crate) fn reread<P: Predicate>(bytes: &[u8]) -> Result<P, PayloadError> {
    let stored: Stored = serde_json::from_slice(bytes)
        .map_err(|error| PayloadError::Malformed("payload object", error))?;
    let statement: Statement<P> = serde_json::from_slice(&stored.envelope.unverified_payload()?)
        .map_err(|error| PayloadError::Malformed("statement", error))?;
    Ok(statement.predicate)
}

/// Reads canonical JSON, strictly: written again, it must give the same bytes.
pub(crate) fn parse<T: Serialize + DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
) -> Result<T, PayloadError> {
    let value: T =
        serde_json::from_slice(bytes).map_err(|error| PayloadError::Malformed(what, error))?;
    if canonical_json(&value)? == bytes { Ok(value) } else { Err(PayloadError::NotCanonical(what)) }
}

/// Canonical JSON writes every number as a double, which would silently change larger ones. The
/// recursion is bounded by the depth that the JSON reader allows.
fn refuse_inexact_numbers(value: &serde_json::Value) -> Result<(), PayloadError> {
    match value {
        serde_json::Value::Number(number) => {
            let exact = number.as_f64().is_some_and(|number| number.abs() <= MAX_EXACT);
            if exact { Ok(()) } else { Err(PayloadError::Number) }
        }
        serde_json::Value::Array(values) => values.iter().try_for_each(refuse_inexact_numbers),
        serde_json::Value::Object(map) => map.values().try_for_each(refuse_inexact_numbers),
        _ => Ok(()),
    }
}

fn hash_of(value: &impl Serialize) -> Result<String, CanonicalError> {
    Ok(hex::encode(Sha256::digest(canonical_json(value)?)))
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({self})")
    }
}

impl From<Commitment> for String {
    fn from(commitment: Commitment) -> Self {
        commitment.to_string()
    }
}

impl TryFrom<String> for Commitment {
    type Error = hex::FromHexError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signer() -> Signer {
        Signer::from_seed("beleg.example/log", [3; 32]).unwrap()
    }

    fn plan() -> PlanRecord {
        PlanRecord { run: "nightly".to_owned(), run_id: "one".to_owned(), ..PlanRecord::default() }
    }

    fn sealed() -> (Commitment, Vec<u8>) {
        seal(&plan(), &[9; 32], &signer()).unwrap()
    }

    fn read(bytes: &[u8], commitment: &Commitment) -> Result<PlanRecord, PayloadError> {
        open(bytes, commitment, signer().verifier())
    }

    #[test]
    fn a_payload_reads_back_and_every_changed_byte_is_noticed() {
        let (commitment, bytes) = sealed();
        assert_eq!(read(&bytes, &commitment).unwrap(), plan());
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(read(&changed, &commitment).is_err(), "byte {at}");
            assert!(read(&bytes[..at], &commitment).is_err(), "length {at}");
        }
    }

    #[test]
    fn a_statement_of_another_sort_key_or_subject_is_refused() {
        let (commitment, bytes) = sealed();
        assert!(open::<Evidence>(&bytes, &commitment, signer().verifier()).is_err());
        let other = Signer::from_seed("beleg.example/log", [4; 32]).unwrap();
        let result = open::<PlanRecord>(&bytes, &commitment, other.verifier());
        assert!(matches!(result, Err(PayloadError::Envelope(_))));
        let forge = |kind: &str, subject: ResourceDescriptor| {
            let statement = canonical_json(&Statement::about(subject, kind, plan())).unwrap();
            let envelope = Envelope::sign(PAYLOAD_TYPE, &statement, &signer());
            let commitment = Commitment::of(&[9; 32], &canonical_json(&envelope).unwrap());
            let stored = Stored { envelope, salt: hex::encode([9; 32]) };
            read(&canonical_json(&stored).unwrap(), &commitment)
        };
        let subject = plan().subject().unwrap();
        assert!(forge(PLAN_TYPE, subject.clone()).is_ok());
        let wrong = forge("urn:other", subject.clone());
        assert!(matches!(wrong, Err(PayloadError::Statement("predicateType"))));
        let wrong = forge(PLAN_TYPE, ResourceDescriptor { name: "two".to_owned(), ..subject });
        assert!(matches!(wrong, Err(PayloadError::Statement("subject"))));
    }

    proptest! {
        #[test]
        fn arbitrary_and_mutated_input_never_panics(
            bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let (commitment, good) = sealed();
            prop_assert!(read(&bytes, &commitment).is_err());
            let mut mutated = good.clone();
            *at.get_mut(&mut mutated) = byte;
            prop_assert_eq!(read(&mutated, &commitment).is_ok(), mutated == good);
        }
    }
}
