//! Paths of a layer: bytes between slashes, relative to the image's root. They are never paths of
//! the host.

/// A path without empty, `.` and `..` parts. The root is empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Clean {
    pub(crate) bytes: Vec<u8>,
    /// It was written with a leading slash.
    pub(crate) absolute: bool,
    /// It was written with `..`, but stayed inside the root.
    pub(crate) traverses: bool,
}

/// Says why a path has no place in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathFault {
    /// More `..` than there are folders above.
    Climbs,
    /// A NUL byte.
    Nul,
    /// Longer than the limit.
    TooLong,
}

/// Cleans a path as written in an archive.
pub(crate) fn clean(raw: &[u8], limit: usize) -> Result<Clean, PathFault> {
    if raw.contains(&0) {
        return Err(PathFault::Nul);
    }
    if raw.len() > limit {
        return Err(PathFault::TooLong);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut traverses = false;
    for part in parts(raw) {
        if part == b".." {
            traverses = true;
            if bytes.is_empty() {
                return Err(PathFault::Climbs);
            }
            pop(&mut bytes);
        } else {
            push(&mut bytes, part);
        }
    }
    Ok(Clean { bytes, absolute: raw.first() == Some(&b'/'), traverses })
}

/// Splits a path into its parts; `.` and empty ones are left out.
pub(crate) fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

/// Splits a clean path into the folder it is in and its name.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => {
            let name = path.get(slash.saturating_add(1)..).unwrap_or_default();
            (path.get(..slash).unwrap_or_default(), name)
        }
        None => (b"", path),
    }
}

/// Joins two clean paths.
pub(crate) fn join(folder: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut path = folder.to_vec();
    if !rest.is_empty() {
        push(&mut path, rest);
    }
    path
}

/// Returns `path` and every folder above it, the root last.
pub(crate) fn self_and_ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| split(path).0))
}

pub(crate) fn push(path: &mut Vec<u8>, part: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(part);
}

pub(crate) fn pop(path: &mut Vec<u8>) {
    path.truncate(split(path).0.len());
}

/// Shows a path to people and to callers, lossily where it is not UTF-8.
pub(crate) fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(raw: &str) -> Result<String, PathFault> {
        clean(raw.as_bytes(), 64).map(|clean| shown(&clean.bytes))
    }

    #[test]
    fn paths_are_relative_to_the_root() {
        for (raw, path) in [
            ("./etc//passwd/", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("a/../b", "b"),
            ("./", ""),
            ("a/./b/..", "a"),
        ] {
            assert_eq!(cleaned(raw), Ok(path.to_owned()), "{raw}");
        }
    }

    #[test]
    fn paths_that_leave_the_root_are_refused() {
        for raw in ["..", "../x", "a/../../x", "/../x"] {
            assert_eq!(cleaned(raw), Err(PathFault::Climbs), "{raw}");
        }
        assert_eq!(cleaned("a\0b"), Err(PathFault::Nul));
        assert_eq!(cleaned(&"a".repeat(65)), Err(PathFault::TooLong));
    }

    #[test]
    fn ancestors_end_with_the_root() {
        let all: Vec<_> = self_and_ancestors(b"a/b").collect();
        assert_eq!(all, [&b"a/b"[..], b"a", b""]);
        assert_eq!(self_and_ancestors(b"").count(), 1);
    }

    proptest! {
        #[test]
        fn a_clean_path_stays_clean(raw in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(first) = clean(&raw, 64) {
                let again = clean(&first.bytes, 64).map(|clean| clean.bytes);
                prop_assert_eq!(again, Ok(first.bytes));
            }
        }
    }
}
