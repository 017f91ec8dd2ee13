use super::allowed_signers::text_of;
use super::certificate::Certificate;
use super::key::Key;
use super::krl;
use crate::{MaterialProblem, TrustSource};
use aws_lc_rs::digest;
use std::collections::{HashMap, HashSet};

/// Most revocations that are kept; the rest is a problem.
const MAX_REVOCATIONS: usize = 4_000_000;
/// Longest line of a list of keys, in bytes.
const MAX_LINE: usize = 64 << 10;
/// Most problems of one list that are told.
const MAX_PROBLEMS: usize = 100;

/// The SSH keys and certificates that no longer count: an OpenSSH key revocation list
/// (PROTOCOL.krl), or public keys line by line, which is what `ssh-keygen -Y verify -r` takes.
/// There is no time in it: nothing that a revoked key ever signed stands.
#[derive(Debug, Default)]
pub struct RevokedKeys {
    keys: HashSet<Vec<u8>>,
    sha1: HashSet<[u8; 20]>,
    sha256: HashSet<[u8; 32]>,
    certificates: HashMap<Option<Vec<u8>>, RevokedCertificates>,
    count: usize,
    incomplete: bool,
}

/// What one authority (or, under no key, every authority) revoked.
#[derive(Debug, Default)]
struct RevokedCertificates {
    /// First and last serial number; sorted and without overlap once all are read.
    serials: Vec<(u64, u64)>,
    key_ids: HashSet<Vec<u8>>,
}

/// Says what was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// The signing key.
    Key,
    /// The certificate, by its serial number or its key id.
    Certificate,
    /// The key of the certificate's authority.
    Authority,
}

/// Says that no more revocations are kept.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("everything after {MAX_REVOCATIONS} revocations was left out")]
pub(crate) struct TooMany;

impl RevokedKeys {
    /// Reads either form. What cannot be understood becomes a problem, and makes the list
    /// incomplete: it might be the revocation that matters.
    pub(crate) fn parse(bytes: &[u8], problems: &mut Vec<MaterialProblem>) -> Self {
        let mut revoked = Self::default();
        let mut problem = |line: Option<u32>, message: String| {
            let source = TrustSource::RevokedKeys;
            problems.push(MaterialProblem::new(source, line, message));
        };
        if krl::is_one(bytes) {
            for error in krl::read(bytes, &mut revoked) {
                revoked.incomplete = true;
                problem(None, error.to_string());
            }
        } else if bytes.trim_ascii().is_empty() {
            revoked.incomplete = true;
            let message = "it is empty, as a list that was cut off is; where nobody is revoked, say \
                           so in a comment (`# none`)";
            problem(None, message.to_owned());
        } else {
            revoked.read_lines(bytes, &mut problem);
        }
        for certificates in revoked.certificates.values_mut() {
            certificates.serials = merged(std::mem::take(&mut certificates.serials));
        }
        revoked
    }

    /// Returns how many entries the list has; a range of serial numbers is one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Says whether nothing is revoked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Says whether a part of the list could not be read, so that a key that it does not name may
    /// be revoked all the same.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// Says whether `key`, or the certificate that it was shown with, is revoked.
    pub(crate) fn find(&self, key: &Key, certificate: Option<&Certificate>) -> Option<Revoked> {
        if self.has_key(key) {
            return Some(Revoked::Key);
        }
        let certificate = certificate?;
        if self.has_key(&certificate.authority) {
            return Some(Revoked::Authority);
        }
        let own = Some(certificate.authority.blob().to_vec());
        let lists = [self.certificates.get(&own), self.certificates.get(&None)];
        let revoked = lists.into_iter().flatten().any(|list| list.has(certificate));
        revoked.then_some(Revoked::Certificate)
    }

    fn has_key(&self, key: &Key) -> bool {
        let blob = key.blob();
        self.keys.contains(blob)
            || has_digest(&self.sha256, &digest::SHA256, blob)
            || has_digest(&self.sha1, &digest::SHA1_FOR_LEGACY_USE_ONLY, blob)
    }

    /// Reads public keys line by line. A certificate's line revokes the key that it is about, as
    /// in OpenSSH.
    fn read_lines(&mut self, bytes: &[u8], problem: &mut dyn FnMut(Option<u32>, String)) {
        let mut told = 0usize;
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let message = match read_line(line) {
                Ok(None) => continue,
                Ok(Some(blob)) => match self.revoke_key(&blob) {
                    Ok(()) => continue,
                    Err(error) => {
                        self.incomplete = true;
                        return problem(Some(number), error.to_string());
                    }
                },
                Err(message) => message,
            };
            self.incomplete = true;
            told = told.saturating_add(1);
            if told > MAX_PROBLEMS {
                return problem(Some(number), "everything from here on was left out".to_owned());
            }
            problem(Some(number), message);
        }
    }

    pub(crate) fn revoke_key(&mut self, blob: &[u8]) -> Result<(), TooMany> {
        self.counted()?;
        self.keys.insert(blob.to_vec());
        Ok(())
    }

    pub(crate) fn revoke_sha1(&mut self, digest: [u8; 20]) -> Result<(), TooMany> {
        self.counted()?;
        self.sha1.insert(digest);
        Ok(())
    }

    pub(crate) fn revoke_sha256(&mut self, digest: [u8; 32]) -> Result<(), TooMany> {
        self.counted()?;
        self.sha256.insert(digest);
        Ok(())
    }

    pub(crate) fn revoke_serials(
        &mut self,
        authority: Option<&[u8]>,
        first: u64,
        last: u64,
    ) -> Result<(), TooMany> {
        self.counted()?;
        self.of(authority).serials.push((first, last));
        Ok(())
    }

    pub(crate) fn revoke_key_id(
        &mut self,
        authority: Option<&[u8]>,
        key_id: &[u8],
    ) -> Result<(), TooMany> {
        self.counted()?;
        self.of(authority).key_ids.insert(key_id.to_vec());
        Ok(())
    }

    fn of(&mut self, authority: Option<&[u8]>) -> &mut RevokedCertificates {
        self.certificates.entry(authority.map(<[u8]>::to_vec)).or_default()
    }

    fn counted(&mut self) -> Result<(), TooMany> {
        if self.count >= MAX_REVOCATIONS {
            return Err(TooMany);
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

impl RevokedCertificates {
    fn has(&self, certificate: &Certificate) -> bool {
        if self.key_ids.contains(&certificate.key_id) {
            return true;
        }
        // Zero is what an authority writes that numbers nothing (PROTOCOL.krl, section 2).
        if certificate.serial == 0 {
            return false;
        }
        let after = self.serials.partition_point(|(first, _)| *first <= certificate.serial);
        let last = after.checked_sub(1).and_then(|at| self.serials.get(at));
        last.is_some_and(|(_, last)| certificate.serial <= *last)
    }
}

fn has_digest<const N: usize>(
    digests: &HashSet<[u8; N]>,
    algorithm: &'static digest::Algorithm,
    bytes: &[u8],
) -> bool {
    !digests.is_empty()
        && <[u8; N]>::try_from(digest::digest(algorithm, bytes).as_ref())
            .is_ok_and(|digest| digests.contains(&digest))
}

/// Reads one line as `ssh-keygen -Y verify -r` does: key type, base64, comment.
fn read_line(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    if bytes.len() > MAX_LINE {
        return Err(format!("the line is longer than {MAX_LINE} bytes"));
    }
    let text = text_of(bytes).ok_or("the line is not UTF-8 text")?;
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut fields = text.split([' ', '\t']).filter(|field| !field.is_empty());
    let (Some(kind), Some(base64)) = (fields.next(), fields.next()) else {
        return Err("the line is no public key".to_owned());
    };
    let key = Key::parse(kind, base64).map_err(|error| format!("the key cannot be read: {error}"));
    let key = key?;
    match Certificate::decode(key.blob()) {
        Ok(Some(certificate)) => Ok(Some(certificate.key.blob().to_vec())),
        Ok(None) if Certificate::is_type(kind) => {
            Err("the certificate is of an unknown type".to_owned())
        }
        Ok(None) => Ok(Some(key.blob().to_vec())),
        Err(error) => Err(format!("the certificate cannot be read: {error}")),
    }
}

/// Sorts ranges and joins those that overlap or touch.
fn merged(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::super::wire::put_string;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn blob(byte: u8) -> Vec<u8> {
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-ed25519");
        put_string(&mut blob, &[byte; 32]);
        blob
    }

    fn line(byte: u8) -> String {
        format!("ssh-ed25519 {}", STANDARD.encode(blob(byte)))
    }

    #[test]
    fn keys_are_read_line_by_line() {
        let text = format!("# gone\n\n  {} a comment\r\n\t{}\n", line(1), line(2));
        let mut problems = Vec::new();
        let revoked = RevokedKeys::parse(text.as_bytes(), &mut problems);
        assert_eq!((problems.len(), revoked.len(), revoked.is_incomplete()), (0, 2, false));
        let found = |byte| revoked.find(&Key::decode(&blob(byte)).unwrap(), None);
        assert_eq!((found(1), found(2), found(3)), (Some(Revoked::Key), Some(Revoked::Key), None));
    }

    #[test]
    fn a_line_that_cannot_be_read_makes_the_list_incomplete_and_the_others_count() {
        for bad in
            ["ssh-ed25519", "hello world", "serial: 5", "ssh-rsa AAAA", "a\0b c", "\u{feff}x"]
        {
            let text = format!("{}\n{bad}\n{}\n", line(1), line(2));
            let mut problems = Vec::new();
            let revoked = RevokedKeys::parse(text.as_bytes(), &mut problems);
            assert_eq!((revoked.len(), revoked.is_incomplete()), (2, true), "{bad}");
            assert_eq!(problems.first().unwrap().line, Some(2), "{bad}");
        }
    }

    #[test]
    fn the_problems_of_a_list_that_is_something_else_are_bounded() {
        let mut problems = Vec::new();
        RevokedKeys::parse(&b"x\n".repeat(100_000), &mut problems);
        assert_eq!(problems.len(), MAX_PROBLEMS.saturating_add(1));
    }

    #[test]
    fn a_comment_may_hold_any_bytes_and_a_key_may_not() {
        let of = |bytes: Vec<u8>| {
            let revoked = RevokedKeys::parse(&bytes, &mut Vec::new());
            (revoked.len(), revoked.is_incomplete())
        };
        assert_eq!(of([line(1).as_bytes(), b" J\xf6rg\n"].concat()), (1, false));
        assert_eq!(of([line(1).as_bytes(), b"\xf6\n"].concat()), (0, true));
        assert_eq!(of(b"\xf6\n".to_vec()), (0, true));
    }

    #[test]
    fn ranges_are_joined() {
        let ranges = vec![(5, 7), (1, 2), (3, 3), (6, 9), (u64::MAX, u64::MAX), (20, u64::MAX)];
        assert_eq!(merged(ranges), [(1, 3), (5, 9), (20, u64::MAX)]);
    }

    proptest! {
        #[test]
        fn merging_keeps_exactly_the_same_numbers(
            ranges in proptest::collection::vec((0u64..60, 0u64..8), 0..20), number in 0u64..80
        ) {
            let ranges: Vec<_> =
                ranges.into_iter().map(|(first, more)| (first, first.saturating_add(more))).collect();
            let has = |ranges: &[(u64, u64)]| {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&number))
            };
            let joined = merged(ranges.clone());
            prop_assert_eq!(has(&ranges), has(&joined));
            prop_assert!(joined.is_sorted_by(|one, next| one.1 < next.0));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            RevokedKeys::parse(&bytes, &mut Vec::new());
            RevokedKeys::parse(&[&b"SSHKRL\n\0\0\0\0\x01"[..], &bytes].concat(), &mut Vec::new());
        }
    }
}
