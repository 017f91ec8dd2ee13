//! Certificate revocation lists (RFC 5280, section 5): complete ones and, as far as they add
//! revocations, partial ones. Indirect lists are refused.

use super::algorithm::{Fit, bit_string};
use super::attributes::time;
use super::certificate::{self, Certificate};
use super::pem;
use super::tlv::{self, DerError, Reader};
use crate::{MaterialProblem, TrustSource};
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Most entries of all lists together.
const MAX_ENTRIES: usize = 1_000_000;
const ENUMERATED: u8 = 0x0a;
/// `indirectCRL` of an issuing distribution point.
const INDIRECT: u8 = 0x84;

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const LIST_NUMBER: ObjectIdentifier = oid("2.5.29.20");
const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
const DELTA: ObjectIdentifier = oid("2.5.29.27");
const DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ListError {
    #[error("a revocation list cannot be read: {0}")]
    Encoding(#[from] DerError),
    #[error("a revocation list has a time that cannot be read")]
    Time,
    #[error("a revocation list has the critical extension {0}, which is not supported")]
    Critical(ObjectIdentifier),
    #[error("a revocation list is an indirect one, which is not supported")]
    Indirect,
    #[error("the revocation lists have more than {MAX_ENTRIES} entries")]
    Entries,
}

/// The revocation lists at hand.
#[derive(Debug, Default)]
pub(crate) struct RevocationLists {
    lists: Vec<List>,
}

/// What the lists say about one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Revoked(Revocation),
    /// A complete list of its issuer, which is current, does not name it.
    Listed,
    /// No complete, current list of its issuer is at hand.
    Unknown,
}

/// When and how a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revocation {
    pub(super) at: Timestamp,
    /// The key was not said to be compromised: what was proved to be signed before, stands.
    pub(super) soft: bool,
}

#[derive(Debug)]
struct List {
    tbs: Vec<u8>,
    algorithm: Vec<u8>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// It covers only some of the issuer's certificates.
    partial: bool,
    /// By the content of the serial number.
    entries: BTreeMap<Vec<u8>, Revocation>,
}

impl RevocationLists {
    /// Reads lists from PEM; what cannot be read becomes a problem, since it might be the one
    /// that revokes a certificate.
    pub(crate) fn parse(text: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut problem = |line, message: String| {
            problems.push(MaterialProblem::new(TrustSource::RevocationLists, line, message));
        };
        let blocks = pem::blocks(text).unwrap_or_else(|error| {
            problem(None, error.to_string());
            Vec::new()
        });
        if blocks.is_empty() && !text.trim_ascii().is_empty() {
            problem(None, "it holds no revocation list in PEM".to_owned());
        }
        let mut lists = Vec::new();
        let mut entries = 0usize;
        for block in blocks {
            let line = Some(block.line);
            if block.label != "X509 CRL" {
                problem(line, "the block is not an X509 CRL".to_owned());
                continue;
            }
            let bytes = match block.bytes {
                Ok(bytes) => bytes,
                Err(error) => {
                    problem(line, error.to_string());
                    continue;
                }
            };
            match List::parse(&bytes, MAX_ENTRIES.saturating_sub(entries)) {
                Ok(list) => {
                    entries = entries.saturating_add(list.entries.len());
                    lists.push(list);
                }
                Err(error) => problem(line, error.to_string()),
            }
        }
        Self { lists }
    }

    /// Returns what the lists of `issuer` say about `certificate` at the instant `now`. All of
    /// them are asked: an older list must not hide a newer one.
    pub(super) fn status(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        now: Timestamp,
    ) -> Status {
        let may_sign = issuer.extensions.key_usage.is_none_or(|usage| usage.signs_revocation_lists);
        let mut status = Status::Unknown;
        for list in self.lists.iter().filter(|list| list.issuer == certificate.issuer) {
            let fit = certificate::signed_by(issuer, &list.algorithm, &list.tbs, &list.signature);
            // It is the list of another authority of the same name.
            if fit == Fit::Bad {
                continue;
            }
            match (list.entries.get(&certificate.serial), status) {
                (Some(found), Status::Revoked(known)) if known.is_worse_than(found) => {}
                (Some(found), _) => status = Status::Revoked(*found),
                (None, Status::Unknown) if fit == Fit::Good && may_sign && list.covers(now) => {
                    status = Status::Listed;
                }
                (None, _) => {}
            }
        }
        status
    }
}

impl Revocation {
    /// Says whether this one leaves less standing: hard before soft, early before late.
    pub(super) fn is_worse_than(&self, other: &Self) -> bool {
        (self.soft, self.at) <= (other.soft, other.at)
    }
}

impl List {
    fn parse(der: &[u8], limit: usize) -> Result<Self, ListError> {
        let mut outer = Reader::inside(der, tlv::SEQUENCE)?;
        let signed = outer.expect(tlv::SEQUENCE)?;
        let algorithm = outer.expect(tlv::SEQUENCE)?.whole;
        let signature = bit_string(outer.expect(tlv::BIT_STRING)?.value)?;
        outer.finish()?;
        let mut tbs = Reader::new(signed.value);
        tbs.optional(tlv::INTEGER)?;
        if tbs.expect(tlv::SEQUENCE)?.whole != algorithm {
            return Err(DerError::Value.into());
        }
        let issuer = tbs.expect(tlv::SEQUENCE)?.whole;
        let this_update = time(&tbs.next()?).ok_or(ListError::Time)?;
        let mut next_update = None;
        for tag in [tlv::UTC_TIME, tlv::GENERALIZED_TIME] {
            if let Some(element) = tbs.optional(tag)? {
                next_update = Some(time(&element).ok_or(ListError::Time)?);
                break;
            }
        }
        let entries = match tbs.optional(tlv::SEQUENCE)? {
            Some(revoked) => entries(revoked.value, limit)?,
            None => BTreeMap::new(),
        };
        let partial = match tbs.optional(tlv::CONTEXT_0)? {
            Some(explicit) => is_partial(explicit.value)?,
            None => false,
        };
        tbs.finish()?;
        Ok(Self {
            tbs: signed.whole.to_vec(),
            algorithm: algorithm.to_vec(),
            signature: signature.to_vec(),
            issuer: issuer.to_vec(),
            this_update,
            next_update,
            partial,
            entries,
        })
    }

    /// Says whether a certificate that is not in the list is not revoked, as of `now`.
    fn covers(&self, now: Timestamp) -> bool {
        !self.partial
            && self.this_update <= now
            && self.next_update.is_some_and(|next_update| now < next_update)
    }
}

fn entries(revoked: &[u8], limit: usize) -> Result<BTreeMap<Vec<u8>, Revocation>, ListError> {
    let mut entries = BTreeMap::new();
    let mut reader = Reader::new(revoked);
    while !reader.is_empty() {
        if entries.len() >= limit {
            return Err(ListError::Entries);
        }
        let mut entry = reader.enter(tlv::SEQUENCE)?;
        let serial = entry.expect(tlv::INTEGER)?.value;
        let at = time(&entry.next()?).ok_or(ListError::Time)?;
        let mut reason = 0;
        if let Some(extensions) = entry.optional(tlv::SEQUENCE)? {
            each_extension(extensions.value, |kind, critical, value| match kind {
                REASON_CODE => {
                    let code = Reader::new(value).expect(ENUMERATED)?.value;
                    reason = code.first().copied().unwrap_or_default();
                    Ok(())
                }
                _ if critical => Err(ListError::Critical(kind)),
                _ => Ok(()),
            })?;
        }
        entry.finish()?;
        // affiliationChanged, superseded, cessationOfOperation; removeFromCRL takes back.
        let soft = matches!(reason, 3..=5);
        if reason != 8 {
            entries.insert(serial.to_vec(), Revocation { at, soft });
        }
    }
    Ok(entries)
}

/// Says whether a list covers only some certificates, by its extensions.
fn is_partial(explicit: &[u8]) -> Result<bool, ListError> {
    let mut partial = false;
    let extensions = Reader::new(explicit).expect(tlv::SEQUENCE)?.value;
    each_extension(extensions, |kind, critical, value| {
        match kind {
            LIST_NUMBER | AUTHORITY_KEY_IDENTIFIER => {}
            DELTA => partial = true,
            DISTRIBUTION_POINT => {
                partial = true;
                let mut point = Reader::inside(value, tlv::SEQUENCE)?;
                while !point.is_empty() {
                    if point.next()?.tag == INDIRECT {
                        return Err(ListError::Indirect);
                    }
                }
            }
            _ if critical => return Err(ListError::Critical(kind)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(partial)
}

fn each_extension(
    extensions: &[u8],
    mut look: impl FnMut(ObjectIdentifier, bool, &[u8]) -> Result<(), ListError>,
) -> Result<(), ListError> {
    let mut reader = Reader::new(extensions);
    while !reader.is_empty() {
        let mut extension = reader.enter(tlv::SEQUENCE)?;
        let kind = extension.oid()?;
        let critical = extension.optional(tlv::BOOLEAN)?.is_some_and(|flag| flag.value != [0]);
        look(kind, critical, extension.expect(tlv::OCTET_STRING)?.value)?;
    }
    Ok(())
}
