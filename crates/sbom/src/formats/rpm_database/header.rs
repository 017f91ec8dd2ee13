//! The header of a package (RPM package format, "Header"): a count of entries and a length of data,
//! entries of tag, type, place and count, the data. Numbers are big-endian.

use super::bytes::{number, place};

pub(super) const NAME: u32 = 1000;
pub(super) const VERSION: u32 = 1001;
pub(super) const RELEASE: u32 = 1002;
pub(super) const EPOCH: u32 = 1003;
pub(super) const LICENCE: u32 = 1014;
pub(super) const ARCHITECTURE: u32 = 1022;
pub(super) const SOURCE_RPM: u32 = 1044;
const FOLDER_OF: u32 = 1116;
const BASE_NAMES: u32 = 1117;
const FOLDERS: u32 = 1118;

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

const ENTRY: usize = 16;
/// The most entries of a header, as in rpm's own `hdrblobInit`.
const MOST_ENTRIES: usize = 0xffff;

/// A header whose parts all lie within it.
pub(super) struct Header<'a> {
    entries: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Option<Self> {
        let entries =
            place(bytes, 0, 4, true).filter(|count| (1..=MOST_ENTRIES).contains(count))?;
        let length = place(bytes, 4, 4, true)?;
        let (entries, data) = bytes.get(8..)?.split_at_checked(entries.checked_mul(ENTRY)?)?;
        Some(Self { entries, data: data.get(..length)? })
    }

    /// Returns the text of a tag, or the first of its texts.
    pub(super) fn text(&self, tag: u32) -> Option<String> {
        self.texts(tag)?.next().map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// Returns the first number of a tag.
    pub(super) fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag)?.next()
    }

    /// Lists the package's files by their paths from the root on.
    pub(super) fn files(&self) -> impl Iterator<Item = String> {
        let folders: Vec<&[u8]> = self.texts(FOLDERS).into_iter().flatten().collect();
        let names = self.texts(BASE_NAMES).into_iter().flatten();
        let indexes = self.numbers(FOLDER_OF).into_iter().flatten();
        names.zip(indexes).filter_map(move |(name, folder)| {
            let folder = folders.get(usize::try_from(folder).ok()?)?;
            let folder = String::from_utf8_lossy(folder);
            Some(format!("{}{}", folder.trim_start_matches('/'), String::from_utf8_lossy(name)))
        })
    }

    fn texts(&self, tag: u32) -> Option<impl Iterator<Item = &'a [u8]>> {
        let (kind, data, count) = self.entry(tag)?;
        let most = match kind {
            STRING => 1,
            STRING_ARRAY | I18N_STRING => count,
            _ => return None,
        };
        // A text without its end is cut off.
        let ended = data.iter().rposition(|byte| *byte == 0)?;
        Some(data.get(..ended)?.split(|byte| *byte == 0).take(most))
    }

    fn numbers(&self, tag: u32) -> Option<impl Iterator<Item = u32>> {
        let (kind, data, count) = self.entry(tag)?;
        let numbers = data.chunks_exact(4).filter_map(|bytes| number(bytes, 0, 4, true));
        (kind == INT32).then(|| numbers.take(count))
    }

    /// Finds the type, data from its place on, and count of a tag.
    fn entry(&self, tag: u32) -> Option<(u32, &'a [u8], usize)> {
        let mut entries = self.entries.chunks_exact(ENTRY);
        let entry = entries.find(|entry| number(entry, 0, 4, true) == Some(tag))?;
        let data = self.data.get(place(entry, 8, 4, true)?..)?;
        Some((number(entry, 4, 4, true)?, data, place(entry, 12, 4, true)?))
    }
}
