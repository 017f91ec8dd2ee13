use crate::formats::{Compression, FORMATS};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::fmt;

/// The most bytes in the part of a backup's name that people choose.
const MAX_CHOSEN: usize = 100;
const TIME_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// A hyphen and `20261121T020000Z`.
const TIME_LENGTH: usize = 17;
const ENCRYPTED: &str = ".age";
const MANIFEST: &str = ".manifest.json";

/// The name of a backup's object: `<name>-<UTC time>.tar.zst.age`, or `.tar.age`. Its manifest's
/// name is the same with `.manifest.json` after it.
///
/// The time is a claim of whoever named the object. What counts is the signed manifest's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupName {
    name: String,
    created: Timestamp,
    compression: Compression,
}

/// Says why a name is none of a backup.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The chosen part has other characters, or is empty or too long.
    #[error(
        "`{0}` cannot name a backup: it must be 1 to {MAX_CHOSEN} of the characters A-Z, a-z, 0-9, `.`, `_`, `-` and begin with a letter or digit"
    )]
    Chosen(String),
    /// The whole is not of the form.
    #[error("`{0}` is not of the form `<name>-20261121T020000Z.tar.zst.age`")]
    Form(String),
}

impl BackupName {
    /// Names a backup made at `created`, which is cut to whole seconds.
    ///
    /// # Errors
    /// When `name` has characters that an object's name should not have, or `created` is outside
    /// of the years 0 to 9999.
    pub fn new(
        name: &str,
        created: Timestamp,
        compression: Compression,
    ) -> Result<Self, NameError> {
        check_chosen(name)?;
        let created = Timestamp::from_second(created.as_second())
            .map_err(|_| NameError::Form(name.to_owned()))?;
        let made = Self { name: name.to_owned(), created, compression };
        Self::parse(&made.object())
    }

    /// Reads the name of a backup's object, without any folder before it.
    ///
    /// # Errors
    /// When it is not exactly what [`BackupName::object`] would write.
    pub fn parse(object: &str) -> Result<Self, NameError> {
        let refuse = || NameError::Form(object.chars().take(300).collect());
        let rest = object.strip_suffix(ENCRYPTED).ok_or_else(refuse)?;
        let (stem, format) = FORMATS
            .iter()
            .find_map(|format| Some((rest.strip_suffix(format.suffix)?, format)))
            .ok_or_else(refuse)?;
        let cut = stem.len().checked_sub(TIME_LENGTH).ok_or_else(refuse)?;
        let (name, time) = stem.split_at_checked(cut).ok_or_else(refuse)?;
        let time = time.strip_prefix('-').ok_or_else(refuse)?;
        let created = DateTime::strptime(TIME_FORMAT, time)
            .and_then(|time| time.to_zoned(TimeZone::UTC))
            .map_err(|_| refuse())?
            .timestamp();
        check_chosen(name)?;
        let read = Self { name: name.to_owned(), created, compression: format.compression };
        if read.object() == object { Ok(read) } else { Err(refuse()) }
    }

    /// Reads the name of a manifest's object and returns that of its backup.
    ///
    /// # Errors
    /// When it is not exactly what [`BackupName::manifest_object`] would write.
    pub fn of_manifest(object: &str) -> Result<Self, NameError> {
        let refuse = || NameError::Form(object.chars().take(300).collect());
        Self::parse(object.strip_suffix(MANIFEST).ok_or_else(refuse)?)
    }

    /// Returns the part that people chose.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the instant that the name claims, in whole seconds.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Returns how the archive is compressed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// Returns the name of the encrypted backup's object.
    #[must_use]
    pub fn object(&self) -> String {
        let time = self.created.strftime(TIME_FORMAT);
        format!("{}-{time}{}{ENCRYPTED}", self.name, self.compression.suffix())
    }

    /// Returns the name of the manifest's object.
    #[must_use]
    pub fn manifest_object(&self) -> String {
        format!("{}{MANIFEST}", self.object())
    }
}

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.object())
    }
}

fn check_chosen(name: &str) -> Result<(), NameError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if begins && name.len() <= MAX_CHOSEN && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(NameError::Chosen(name.chars().take(MAX_CHOSEN).collect()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_reads_back_as_written() {
        let created = "2026-11-21T02:00:00.9Z".parse().unwrap();
        let name = BackupName::new("orders-db", created, Compression::Zstd).unwrap();
        assert_eq!(name.object(), "orders-db-20261121T020000Z.tar.zst.age");
        assert_eq!(name.manifest_object(), "orders-db-20261121T020000Z.tar.zst.age.manifest.json");
        assert_eq!(BackupName::parse(&name.object()), Ok(name.clone()));
        assert_eq!(BackupName::of_manifest(&name.manifest_object()), Ok(name));
        let plain = BackupName::parse("a-20261121T020000Z.tar.age").unwrap();
        assert_eq!(plain.compression(), Compression::None);
    }

    #[test]
    fn other_names_are_refused() {
        for text in [
            "",
            "-20261121T020000Z.tar.age",
            "a20261121T020000Z.tar.age",
            "a-20261121T020000Z.tar.gz.age",
            "a-20261121T020000Z.tar",
            "a-20261321T020000Z.tar.age",
            "a-20261121T246000Z.tar.age",
            "a-20261121T020000+.tar.age",
            "a-2026 121T020000Z.tar.age",
            "../a-20261121T020000Z.tar.age",
            "a/b-20261121T020000Z.tar.age",
            "ü-20261121T020000Z.tar.age",
            "a-20261121T020000Z.tar.age\n",
            "a-20261121T020000Z.tar.age.manifest.json",
        ] {
            assert!(BackupName::parse(text).is_err(), "{text}");
        }
        assert!(BackupName::new("a b", Timestamp::UNIX_EPOCH, Compression::None).is_err());
        assert!(
            BackupName::new(&"a".repeat(101), Timestamp::UNIX_EPOCH, Compression::None).is_err()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_or_an_error(text in ".{0,80}") {
            if let Ok(name) = BackupName::parse(&text) {
                prop_assert_eq!(name.object(), text);
            }
        }

        #[test]
        fn mutated_names_never_panic(at in 0usize..40, with in any::<char>()) {
            let mut text: Vec<char> = "orders-20261121T020000Z.tar.zst.age".chars().collect();
            if let Some(slot) = text.get_mut(at) { *slot = with; }
            let text: String = text.into_iter().collect();
            if let Ok(name) = BackupName::parse(&text) {
                prop_assert_eq!(name.object(), text);
            }
        }
    }
}
