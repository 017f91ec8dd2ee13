//! age's X25519 keys: recipients that encrypt, identities that decrypt.

use age::secrecy::ExposeSecret as _;
use beleg_model::Digest;
use std::fmt;

/// The most bytes in a file of identities or recipients.
pub const MAX_KEY_TEXT: usize = 1 << 20;

/// A private key that opens backups. Its `Debug` shows only the fingerprint.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

/// A public key that backups are encrypted to.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

/// Says why a text holds no keys. It never repeats the text: that may be a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// A line is no key.
    #[error("line {line} is no {expected}")]
    Malformed {
        /// The line, counted from 1.
        line: usize,
        /// What it should have been.
        expected: &'static str,
    },
    /// A line is a key of a kind that cannot be used here.
    #[error("line {line} is {kind}, which beleg cannot use; it needs an {expected}")]
    OtherKind {
        /// The line, counted from 1.
        line: usize,
        /// What it is.
        kind: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
    /// There is not one key.
    #[error("there is no {0}")]
    None(&'static str),
    /// More than [`MAX_KEY_TEXT`] bytes.
    #[error("the text is longer than the limit of {MAX_KEY_TEXT} bytes")]
    TooLong,
}

const IDENTITY: &str = "age identity of the form `AGE-SECRET-KEY-1…`";
const RECIPIENT: &str = "age recipient of the form `age1…`";

/// How keys of other kinds begin, in any case, and what they are. A plugin's keys come last: their
/// beginnings are part of others.
const OTHER_KINDS: &[(&str, &str)] = &[
    ("age-secret-key-pq-1", "a hybrid post-quantum age identity (`AGE-SECRET-KEY-PQ-1…`)"),
    ("age1pq1", "a hybrid post-quantum age recipient (`age1pq1…`)"),
    ("age-plugin-", "the age identity of a plugin (`AGE-PLUGIN-…`)"),
    ("age1tagpq1", "a hybrid post-quantum age recipient of a token (`age1tagpq1…`)"),
    ("age1tag1", "the age recipient of a token (`age1tag1…`)"),
    ("age1yubikey1", "the age recipient of a plugin (`age1yubikey1…`)"),
    ("ssh-", "an SSH public key"),
    ("ecdsa-sha2-", "an SSH public key"),
    ("-----begin openssh private key", "an SSH private key"),
    ("-----begin age encrypted file", "an age identity file that is itself encrypted"),
];

/// Returns the beginning of a key for a message: what is longer is of no use to a reader, and a
/// key of another kind can fill a screen.
#[must_use]
pub fn shortened(key: &str) -> String {
    const SHOWN: usize = 24;
    match key.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", key.get(..end).unwrap_or_default()),
        None => key.to_owned(),
    }
}

/// Makes a new key pair from the operating system's randomness: the identity's secret text, to be
/// kept apart from the machine that makes backups, and the recipient's public text.
#[must_use]
pub fn generate() -> (String, String) {
    let identity = age::x25519::Identity::generate();
    (identity.to_string().expose_secret().to_owned(), identity.to_public().to_string())
}

/// Reads the identities of a text in the form of `age-keygen`'s files: one a line; empty lines
/// and lines beginning with `#` do not count.
///
/// # Errors
/// When a line is something else, or there is no identity at all.
pub fn identities(text: &str) -> Result<Vec<Identity>, KeyError> {
    lines(text, IDENTITY, |line| line.parse().ok().map(Identity))
}

/// Reads the recipients of a text: one a line; empty lines and lines beginning with `#` do not
/// count.
///
/// # Errors
/// When a line is something else, or there is no recipient at all.
pub fn recipients(text: &str) -> Result<Vec<Recipient>, KeyError> {
    lines(text, RECIPIENT, |line| line.parse().ok().map(Recipient))
}

impl Identity {
    /// Returns the public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    pub(crate) fn as_age(&self) -> &dyn age::Identity {
        &self.0
    }
}

impl Recipient {
    /// Returns what manifests name the key by: the SHA-256 of its text.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        crate::Measure::of(self.0.to_string().as_bytes()).digest
    }

    pub(crate) fn as_age(&self) -> &dyn age::Recipient {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.recipient()).finish()
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recipient").field(&self.fingerprint()).finish()
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn lines<K>(
    text: &str,
    expected: &'static str,
    read: impl Fn(&str) -> Option<K>,
) -> Result<Vec<K>, KeyError> {
    if text.len() > MAX_KEY_TEXT {
        return Err(KeyError::TooLong);
    }
    let keys = text
        .lines()
        .zip(1..)
        .map(|(line, number)| (line.trim(), number))
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, number)| read(line).ok_or_else(|| refused(line, number, expected)))
        .collect::<Result<Vec<K>, KeyError>>()?;
    if keys.is_empty() { Err(KeyError::None(expected)) } else { Ok(keys) }
}

fn refused(text: &str, line: usize, expected: &'static str) -> KeyError {
    let lower = text.to_ascii_lowercase();
    match OTHER_KINDS.iter().find(|(begins, _)| lower.starts_with(begins)) {
        Some((_, kind)) => KeyError::OtherKind { line, kind, expected },
        None => KeyError::Malformed { line, expected },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn generated_keys_read_back_and_belong_together() {
        let (secret, public) = generate();
        let text = format!("# created: today\n\n{secret}\n");
        let read = identities(&text).unwrap();
        let recipient = recipients(&public).unwrap();
        assert_eq!(read.first().unwrap().recipient().to_string(), public);
        assert_eq!(
            read.first().unwrap().recipient().fingerprint(),
            recipient.first().unwrap().fingerprint()
        );
    }

    #[test]
    fn a_text_without_keys_and_a_malformed_line_are_refused() {
        assert!(matches!(identities("# nothing\n"), Err(KeyError::None(_))));
        assert!(matches!(recipients("\nage1nonsense"), Err(KeyError::Malformed { line: 2, .. })));
        assert!(matches!(recipients(&" ".repeat(MAX_KEY_TEXT + 1)), Err(KeyError::TooLong)));
    }

    #[test]
    fn a_key_of_another_kind_is_called_what_it_is_and_never_shown_whole() {
        // The beginnings of what `age-keygen -pq` of age 1.3 writes.
        let secret = format!("# a comment\nAGE-SECRET-KEY-PQ-1{}", "Q".repeat(58));
        let said = identities(&secret).unwrap_err().to_string();
        assert!(said.starts_with("line 2 is a hybrid post-quantum age identity"), "{said}");
        assert!(!said.contains("QQQQ"), "{said}");
        let public = format!("age1pq1{}", "q".repeat(1952));
        let said = recipients(&public).unwrap_err().to_string();
        assert!(said.contains("post-quantum") && said.len() < 200, "{said}");
        assert!(shortened(&public).len() < 40);
        assert_eq!(shortened("age1short"), "age1short");
    }

    #[test]
    fn a_secret_is_shown_neither_by_debug_nor_by_an_error() {
        let (secret, _) = generate();
        let shown = format!("{:?}", identities(&secret).unwrap());
        assert!(!shown.contains(&secret));
        let broken = format!("{secret}x");
        assert!(!format!("{:?}", identities(&broken).unwrap_err()).contains(&secret));
    }
}
