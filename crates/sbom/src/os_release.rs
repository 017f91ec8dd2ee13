use crate::text::shown;
use std::collections::BTreeMap;

/// The most bytes an `os-release` file may have: 64 KiB. Real ones have less than 1 KiB.
pub const MAX_OS_RELEASE: usize = 64 << 10;

/// The paths of the file inside an image, in the order in which os-release(5) reads them.
pub const OS_RELEASE_PATHS: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Which operating system an image or machine runs, as its `os-release` file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OsRelease {
    /// The distribution, in lower case: `debian`, `ubuntu`, `alpine`; `linux` if not stated.
    pub id: String,
    /// Distributions it derives from, nearest first.
    pub id_like: Vec<String>,
    /// The release, such as `12` or `24.04`; absent for rolling releases.
    pub version_id: Option<String>,
    /// The release's code name, such as `bookworm`.
    pub codename: Option<String>,
    /// The name for people, such as `Debian GNU/Linux 12 (bookworm)`.
    pub pretty_name: Option<String>,
}

/// Says why an `os-release` file was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OsReleaseError {
    /// More than [`MAX_OS_RELEASE`] bytes.
    #[error("the os-release file is larger than the limit of {MAX_OS_RELEASE} bytes")]
    TooLarge,
    /// Not UTF-8.
    #[error("the os-release file is not UTF-8 text")]
    NotText,
    /// A line is no assignment, or its quotes are not closed.
    #[error("line {line} of the os-release file is no assignment: `{text}`")]
    Malformed {
        /// The line, counted from 1.
        line: u32,
        /// What stands there.
        text: String,
    },
    /// There is no assignment at all.
    #[error("the os-release file says nothing")]
    Empty,
}

impl OsRelease {
    /// Reads the bytes of an `os-release` file (os-release(5), freedesktop.org). Assignments are
    /// read as data; nothing in them is expanded.
    ///
    /// # Errors
    /// When the bytes are too many, no text, or a line is no assignment.
    pub fn parse(bytes: &[u8]) -> Result<Self, OsReleaseError> {
        if bytes.len() > MAX_OS_RELEASE {
            return Err(OsReleaseError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| OsReleaseError::NotText)?;
        let mut values = assignments(text)?;
        if values.is_empty() {
            return Err(OsReleaseError::Empty);
        }
        let mut take = |key: &str| values.remove(key).filter(|value| !value.is_empty());
        Ok(Self {
            id: take("ID").unwrap_or_else(|| "linux".to_owned()),
            id_like: take("ID_LIKE")
                .map(|like| like.split_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            version_id: take("VERSION_ID"),
            codename: take("VERSION_CODENAME"),
            pretty_name: take("PRETTY_NAME"),
        })
    }

    /// Returns the name for people: the pretty name, or the id with its version.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.pretty_name, &self.version_id) {
            (Some(pretty), _) => shown(pretty),
            (None, Some(version)) => shown(&format!("{} {version}", self.id)),
            (None, None) => shown(&self.id),
        }
    }
}

/// Reads all assignments; of a key given twice the last one holds, as in a shell.
fn assignments(text: &str) -> Result<BTreeMap<&str, String>, OsReleaseError> {
    let mut values = BTreeMap::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let malformed = || OsReleaseError::Malformed { line: number, text: shown(line) };
        let (key, value) = line.split_once('=').ok_or_else(malformed)?;
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if key.is_empty() || !key.bytes().all(is_key) {
            return Err(malformed());
        }
        values.insert(key, unquoted(value).ok_or_else(malformed)?);
    }
    Ok(values)
}

/// Takes a shell word apart: bare, in single quotes, or in double quotes with `\` escapes.
fn unquoted(word: &str) -> Option<String> {
    let mut characters = word.chars();
    match characters.next() {
        Some('\'') => {
            let inner = characters.as_str().strip_suffix('\'')?;
            (!inner.contains('\'')).then(|| inner.to_owned())
        }
        Some('"') => {
            let mut value = String::new();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => match characters.next()? {
                        escaped @ ('"' | '\\' | '$' | '`') => value.push(escaped),
                        other => value.extend(['\\', other]),
                    },
                    plain => value.push(plain),
                }
            }
            characters.as_str().is_empty().then_some(value)
        }
        _ => (!word.contains(['"', '\'']) && !word.contains(char::is_whitespace))
            .then(|| word.to_owned()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n\
        VERSION_ID=\"12\"\nVERSION=\"12 (bookworm)\"\nVERSION_CODENAME=bookworm\nID=debian\n";

    #[test]
    fn a_debian_release_is_read() {
        let release = OsRelease::parse(DEBIAN.as_bytes()).unwrap();
        assert_eq!(
            (release.id.as_str(), release.version_id.as_deref(), release.codename.as_deref()),
            ("debian", Some("12"), Some("bookworm"))
        );
        assert_eq!(release.name(), "Debian GNU/Linux 12 (bookworm)");
    }

    #[test]
    fn every_way_of_quoting_is_read() {
        let text =
            "# comment\n\nID='a b'\nID_LIKE=\"ubuntu  debian\"\nPRETTY_NAME=\"x \\\"y\\\" \\$z\"\n";
        let release = OsRelease::parse(text.as_bytes()).unwrap();
        assert_eq!(release.id, "a b");
        assert_eq!(release.id_like, ["ubuntu", "debian"]);
        assert_eq!(release.pretty_name.as_deref(), Some("x \"y\" $z"));
        assert_eq!(release.version_id, None);
    }

    #[test]
    fn the_last_assignment_of_a_key_holds() {
        assert_eq!(OsRelease::parse(b"ID=a\nID=b\n").unwrap().id, "b");
    }

    #[test]
    fn broken_and_empty_files_are_refused() {
        for text in ["ID=\"debian", "ID='debian", "just words", "=x", "ID=a b", "ID=\"a\"b"] {
            assert!(
                matches!(
                    OsRelease::parse(text.as_bytes()),
                    Err(OsReleaseError::Malformed { line: 1, .. })
                ),
                "{text}"
            );
        }
        assert_eq!(OsRelease::parse(b""), Err(OsReleaseError::Empty));
        assert_eq!(OsRelease::parse(b"\xff"), Err(OsReleaseError::NotText));
        assert_eq!(
            OsRelease::parse(&vec![b'#'; MAX_OS_RELEASE + 1]),
            Err(OsReleaseError::TooLarge)
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = OsRelease::parse(&bytes);
        }

        #[test]
        fn mutated_files_never_panic(at in 0..DEBIAN.len(), byte: u8, keep in 0..DEBIAN.len()) {
            let mut bytes = DEBIAN.as_bytes().to_vec();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(keep);
            let _ = OsRelease::parse(&bytes);
        }
    }
}
