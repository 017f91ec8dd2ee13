//! Archives that may hold anything: they count where something within lists packages, and where
//! nobody could look to their end.

use super::{Names, Seen, ends_with, seen_at};
use crate::formats::format_of;
use std::io::{self, Read, Seek};

/// Archives of packages, by what lies within.
static HOLDS: Seen =
    Seen { what: "archives with lists of packages in them", names: Names::Within, manifest: None };
/// Archives of which nobody can say what they hold.
static CLOSED: Seen = Seen {
    what: "archives that are damaged, too large or packed in another way",
    names: Names::Within,
    manifest: None,
};

const ZIP: &[&str] = &[".zip"];
const TAR: &[&str] = &[".tar"];
const GZIP: &[&str] = &[".tar.gz", ".tgz"];
const ZSTD: &[&str] = &[".tar.zst", ".tzst"];
/// Other packings, which are not unpacked.
const OTHER: &[&str] = &[".tar.xz", ".txz", ".tar.bz2", ".tbz", ".tbz2", ".tar.lz", ".7z", ".rar"];

/// The most bytes of a tar archive that are unpacked: 256 MiB.
const MOST_BYTES: u64 = 256 << 20;
const MOST_MEMBERS: usize = 200_000;
/// The most memory for unpacking zstd, by the power of two: 128 MiB.
const MOST_WINDOW: u32 = 27;

/// Returns whether a file of this name is an archive that may hold anything.
#[must_use]
pub fn is_archive(path: &str) -> bool {
    [ZIP, TAR, GZIP, ZSTD, OTHER].concat().iter().any(|end| ends_with(path, end))
}

/// Looks for what lists packages in an archive, by the names of its members.
pub(super) fn seen_within(path: &str, file: &mut (impl Read + Seek)) -> Option<&'static Seen> {
    let is = |endings: &[&str]| endings.iter().any(|end| ends_with(path, end));
    let holds = if is(ZIP) {
        in_zip(file)
    } else if is(TAR) {
        in_tar(file)
    } else if is(GZIP) {
        in_tar(flate2::read::MultiGzDecoder::new(file))
    } else if is(ZSTD) {
        in_zstd(file)
    } else {
        Err(io::ErrorKind::Unsupported.into())
    };
    match holds {
        Ok(true) => Some(&HOLDS),
        Ok(false) => None,
        Err(_) => Some(&CLOSED),
    }
}

/// An archive within counts as well: nobody looks into that one.
fn lists(member: &str) -> bool {
    format_of(member).is_some() || seen_at(member).is_some() || is_archive(member)
}

fn in_zip(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    let archive = zip::ZipArchive::new(file).map_err(io::Error::other)?;
    for name in archive.file_names() {
        if lists(&name.map_err(io::Error::other)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn in_zstd(file: &mut impl Read) -> io::Result<bool> {
    let mut unpacked = zstd::stream::read::Decoder::new(file)?;
    unpacked.window_log_max(MOST_WINDOW)?;
    in_tar(unpacked)
}

fn in_tar(unpacked: impl Read) -> io::Result<bool> {
    let mut archive = tar::Archive::new(unpacked.take(MOST_BYTES));
    // What stands behind the end of an archive is unpacked by some.
    archive.set_ignore_zeros(true);
    for (number, member) in archive.entries()?.enumerate() {
        let member = member?;
        if number >= MOST_MEMBERS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if lists(&String::from_utf8_lossy(&member.path_bytes())) {
            return Ok(true);
        }
    }
    let left = archive.into_inner().limit();
    if left == 0 { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(false) }
}
