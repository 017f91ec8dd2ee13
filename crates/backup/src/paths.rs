use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// The most bytes in a path inside a backup: Linux's `PATH_MAX` without the final NUL.
pub const MAX_PATH: usize = 4095;
/// The most bytes in one component of a path: Linux's `NAME_MAX`.
pub const MAX_NAME: usize = 255;
/// The most components in a path.
pub const MAX_DEPTH: usize = 256;

/// Says why an entry of an archive or a manifest is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Refusal {
    /// The path begins with a slash.
    Absolute,
    /// The path has `..` in it.
    ParentFolder,
    /// The path is empty or has `.`, an empty component or a slash at its end.
    NotPlain,
    /// The path or a component of it is too long.
    TooLong,
    /// The path has too many components.
    TooDeep,
    /// The path or the link's target has a NUL in it.
    Nul,
    /// The symbolic link leads out of the restored folder.
    LinkLeavesFolder,
    /// A hard link.
    HardLink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// A sparse file in one of GNU tar's four forms, which readers disagree about.
    Sparse,
    /// A type of entry that beleg does not know, by its byte in the archive.
    UnknownType(u8),
    /// The path came before.
    Duplicate,
    /// The path differs only in case from one that the manifest promises.
    CaseClash,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Absolute => "its path is absolute",
            Self::ParentFolder => "its path has `..` in it",
            Self::NotPlain => "its path has an empty component or `.` in it",
            Self::TooLong => "its path is too long",
            Self::TooDeep => "its path has too many components",
            Self::Nul => "its path or target has a NUL in it",
            Self::LinkLeavesFolder => "it is a symbolic link that leads out of the folder",
            Self::HardLink => "it is a hard link",
            Self::Device => "it is a device",
            Self::Fifo => "it is a named pipe",
            Self::Sparse => "it is a sparse file in GNU tar's own form",
            Self::UnknownType(byte) => return write!(f, "its type `{byte:#04x}` is unknown"),
            Self::Duplicate => "its path came before",
            Self::CaseClash => "its path differs only in case from a promised one",
        };
        f.write_str(text)
    }
}

/// Stands before the two hexadecimal digits of a byte that is not UTF-8. Neither a path nor a
/// link's target can hold it, so that the text is never ambiguous.
const ESCAPE: char = '\0';

/// Returns a path or a link's target as text: byte for byte, whatever its encoding is.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("{ESCAPE}{byte:02x}"));
        }
    }
    text
}

/// Returns the bytes that [`text`] made a text of, or `None` where it made none such.
pub(crate) fn bytes(text: &str) -> Option<Cow<'_, [u8]>> {
    if !text.contains(ESCAPE) {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let mut parts = text.split(ESCAPE);
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    (self::text(&bytes) == text).then_some(Cow::Owned(bytes))
}

/// Returns an entry's path or target for people: a byte that is not UTF-8 as `\xe9`.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.contains(ESCAPE) { text.replace(ESCAPE, "\\x").into() } else { text.into() }
}

/// Orders paths as a walk meets them: a folder, then everything in it, then its next sibling.
pub(crate) fn in_walk(one: &str, other: &str) -> Ordering {
    one.split('/').cmp(other.split('/'))
}

/// Lets in a relative path of plain components that any Linux file system can hold.
pub(crate) fn check(path: &str) -> Result<(), Refusal> {
    let bytes = bytes(path).ok_or(Refusal::Nul)?;
    if bytes.len() > MAX_PATH {
        return Err(Refusal::TooLong);
    }
    if bytes.contains(&0) {
        return Err(Refusal::Nul);
    }
    if bytes.starts_with(b"/") {
        return Err(Refusal::Absolute);
    }
    for (component, depth) in bytes.split(|byte| *byte == b'/').zip(1..) {
        match component {
            b".." => return Err(Refusal::ParentFolder),
            b"" | b"." => return Err(Refusal::NotPlain),
            name if name.len() > MAX_NAME => return Err(Refusal::TooLong),
            _ if depth > MAX_DEPTH => return Err(Refusal::TooDeep),
            _ => (),
        }
    }
    Ok(())
}

/// Returns the folder that a checked path is in, or `None` at the top.
pub(crate) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// Says whether a link at the checked path leads out of the folder, by its text alone. Other
/// links on the way are not resolved: nothing here ever follows a restored link.
pub(crate) fn link_leaves(path: &str, target: &str) -> bool {
    if target.starts_with('/') {
        return true;
    }
    let mut depth = path.split('/').count().saturating_sub(1);
    for component in target.split('/') {
        match component {
            "" | "." => (),
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth = depth.saturating_add(1),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_relative_paths_are_let_in() {
        for path in ["a", "a/b.c/ü", "..a/b..", "a b/\n", "-rf"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        let long = [[b'n'; 250].as_slice(); 16].join(&b'/');
        assert_eq!(check(&String::from_utf8_lossy(&long)), Ok(()));
    }

    #[test]
    fn every_other_path_is_refused_for_its_reason() {
        for (path, refusal) in [
            ("", Refusal::NotPlain),
            ("/etc/passwd", Refusal::Absolute),
            ("..", Refusal::ParentFolder),
            ("a/../../b", Refusal::ParentFolder),
            ("./a", Refusal::NotPlain),
            ("a//b", Refusal::NotPlain),
            ("a/", Refusal::NotPlain),
            ("a\0b", Refusal::Nul),
        ] {
            assert_eq!(check(path), Err(refusal), "{path}");
        }
        assert_eq!(check(&"a".repeat(256)), Err(Refusal::TooLong));
        assert_eq!(check(&"a/".repeat(3000)), Err(Refusal::TooLong));
        assert_eq!(check(&["a"; 257].join("/")), Err(Refusal::TooDeep));
    }

    #[test]
    fn every_byte_string_has_one_text() {
        assert_eq!(text(b"caf\xe9.txt"), "caf\0e9.txt");
        assert_eq!(shown("caf\0e9.txt"), "caf\\xe9.txt");
        // Two texts for one name would be two entries that overwrite each other.
        for other in ["caf\0E9", "caf\0", "caf\0e", "caf\0c3\0a9", "\0c3\0a9x"] {
            assert_eq!(bytes(other), None, "{other:?}");
            assert_eq!(check(other), Err(Refusal::Nul), "{other:?}");
        }
        assert_eq!(check("caf\0e9/x"), Ok(()));
        assert_eq!(check(&text(&[0xff; 255])), Ok(()));
        assert_eq!(check(&text(&[0xff; 256])), Err(Refusal::TooLong));
    }

    #[test]
    fn links_that_lead_out_are_known() {
        for (path, target) in
            [("l", "/etc"), ("l", ".."), ("a/l", "../.."), ("a/l", "../../a"), ("l", "b/../../c")]
        {
            assert!(link_leaves(path, target), "{path} -> {target}");
        }
        for (path, target) in
            [("l", "a"), ("l", "."), ("a/l", ".."), ("a/b/l", "../../c"), ("l", "missing")]
        {
            assert!(!link_leaves(path, target), "{path} -> {target}");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_back(name in proptest::collection::vec(1u8.., 0..40)) {
            let text = text(&name);
            let back = bytes(&text);
            prop_assert_eq!(back.as_deref(), Some(name.as_slice()));
        }

        #[test]
        fn what_is_let_in_stays_inside(path in "[a./\\\\\0]{0,12}") {
            if check(&path).is_ok() {
                let joined = std::path::Path::new("/root").join(&path);
                prop_assert!(joined.starts_with("/root") && joined.components().count() > 2);
                prop_assert!(!path.split('/').any(|part| part == ".."));
            }
        }
    }
}
