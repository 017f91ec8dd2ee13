use super::objects::{MAX_COMMIT_BYTES, ObjectProblem};
use flate2::read::ZlibDecoder;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// The longest header of a loose object: type, size and the NUL behind them.
const MAX_HEADER: usize = 32;

/// A loose object: a file of its own, deflated (gitformat-loose(5)).
pub(crate) struct Loose {
    /// The type's word, such as `commit`.
    pub(crate) kind: String,
    /// The content behind the header.
    pub(crate) content: Vec<u8>,
}

/// Reads the loose object of the id `hex` in the folder `objects`; `None` when there is none.
///
/// libgit2 did not return from a loose object that was cut off, and would wait for a pipe in the
/// place of one. So what is loose is read here, and only what is packed is left to it.
pub(crate) fn read(objects: &Path, hex: &str) -> Result<Option<Loose>, ObjectProblem> {
    let Some((folder, file)) = hex.split_at_checked(2) else { return Ok(None) };
    let path = objects.join(folder).join(file);
    let unreadable = |error: io::Error| ObjectProblem::Unreadable(error.to_string());
    let size = match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_file() => return Err(broken("its file is no regular file")),
        Ok(metadata) => metadata.len(),
    };
    let limit = MAX_COMMIT_BYTES.saturating_add(MAX_HEADER);
    let mut inflated = Vec::new();
    let mut decoder = ZlibDecoder::new(File::open(&path).map_err(unreadable)?);
    decoder
        .by_ref()
        .take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1))
        .read_to_end(&mut inflated)
        .map_err(unreadable)?;
    if inflated.len() > limit {
        return Err(ObjectProblem::TooLarge);
    }
    if decoder.total_in() != size {
        return Err(broken("something follows its content"));
    }
    parse(&inflated).map(Some)
}

fn parse(inflated: &[u8]) -> Result<Loose, ObjectProblem> {
    let header = || broken("its header is malformed");
    let end = inflated.iter().take(MAX_HEADER).position(|byte| *byte == 0).ok_or_else(header)?;
    let (head, rest) = inflated.split_at_checked(end).ok_or_else(header)?;
    let content = rest.split_first().map(|(_, content)| content).ok_or_else(header)?;
    let (kind, length) =
        std::str::from_utf8(head).ok().and_then(|head| head.split_once(' ')).ok_or_else(header)?;
    if length.parse() != Ok(content.len()) {
        return Err(broken("it does not have the length that its header states"));
    }
    Ok(Loose { kind: kind.to_owned(), content: content.to_vec() })
}

fn broken(why: &str) -> ObjectProblem {
    ObjectProblem::Unreadable(why.to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write as _;

    fn stored(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn read_back(bytes: &[u8]) -> Result<Option<Loose>, ObjectProblem> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ab")).unwrap();
        fs::write(folder.path().join("ab/cd"), bytes).unwrap();
        read(folder.path(), "abcd")
    }

    #[test]
    fn a_loose_commit_is_read() {
        let loose = read_back(&stored(b"commit 4\0text")).unwrap().unwrap();
        assert_eq!((loose.kind.as_str(), loose.content.as_slice()), ("commit", &b"text"[..]));
    }

    #[test]
    fn an_absent_object_is_not_loose() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path(), "abcd").unwrap().is_none());
    }

    #[test]
    fn an_object_that_does_not_inflate_or_has_another_checksum_is_refused_at_once() {
        let mut changed = stored(b"commit 4\0text");
        *changed.last_mut().unwrap() ^= 1;
        for bytes in [changed.as_slice(), b"no object", b""] {
            assert!(read_back(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn wrong_lengths_headers_and_trailing_bytes_are_refused() {
        for text in [&b"commit 5\0text"[..], b"commit 4text", b"commit\0text", b"", b"\0"] {
            assert!(read_back(&stored(text)).is_err(), "{text:?}");
        }
        let mut doubled = stored(b"commit 4\0text");
        doubled.extend(stored(b"commit 4\0text"));
        assert!(read_back(&doubled).is_err());
    }

    #[test]
    fn a_pipe_in_the_place_of_an_object_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("ab")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.path().join("ab/cd")).status();
        assert!(made.unwrap().success());
        assert!(matches!(read(folder.path(), "abcd"), Err(ObjectProblem::Unreadable(_))));
    }
}
