use crate::ImageError;
use crate::archive::{Archive, ArchiveError, EntryKind};
use rustix::fs::{Mode, OFlags, open};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Files of a layout that a tar archive may hold.
const MAX_FILES: usize = 100_000;

/// Entries of such an archive, folders and files that belong to no layout included.
const MAX_ENTRIES: u64 = 1_000_000;

/// A layout in a tar archive that is not compressed, as `docker save` and `skopeo` write it. The
/// archive is walked once for where its files lie; their bytes are read from there.
#[derive(Debug)]
pub(crate) struct Tarred {
    file: Arc<File>,
    parts: BTreeMap<String, Place>,
}

/// A file inside the archive.
pub(crate) struct Part {
    file: Arc<File>,
    at: u64,
    left: u64,
}

/// Says why a path is neither a folder nor a readable tar archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("it cannot be opened: {0}")]
    Io(#[source] io::Error),
    #[error("it is neither a folder nor a regular file")]
    NotRegular,
    #[error("it is no folder and no plain tar archive: {0}")]
    Archive(#[source] ArchiveError),
    #[error("its archive has more than {0} entries")]
    TooManyEntries(u64),
}

#[derive(Debug)]
enum Place {
    At {
        start: u64,
        length: u64,
    },
    /// A link, a folder, or a file stored with holes.
    NotRegular,
    /// The archive holds it several times, and readers differ in which one they take.
    Doubled,
}

impl Tarred {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        // Without `NONBLOCK`, a FIFO in its place would block for ever.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let descriptor =
            open(path, flags, Mode::empty()).map_err(|errno| OpenError::Io(errno.into()))?;
        let file = Arc::new(File::from(descriptor));
        if !file.metadata().map_err(OpenError::Io)?.is_file() {
            return Err(OpenError::NotRegular);
        }
        let mut archive = Archive::new(BufReader::with_capacity(256 << 10, &*file));
        let mut parts = BTreeMap::new();
        let mut entries: u64 = 0;
        while let Some(entry) = archive.next().map_err(OpenError::Archive)? {
            entries = entries.saturating_add(1);
            if entries > MAX_ENTRIES || parts.len() >= MAX_FILES {
                return Err(OpenError::TooManyEntries(entries.saturating_sub(1)));
            }
            let Some(name) = name_in_layout(&entry.path) else { continue };
            let place = if entry.kind == EntryKind::File && !entry.sparse {
                Place::At { start: archive.position(), length: entry.size }
            } else {
                Place::NotRegular
            };
            let place = if parts.contains_key(&name) { Place::Doubled } else { place };
            parts.insert(name, place);
        }
        drop(archive);
        Ok(Self { file, parts })
    }

    /// Returns the file of that name; `None` when it is not there.
    pub(crate) fn part(&self, name: &str) -> Result<Option<Part>, ImageError> {
        match self.parts.get(name) {
            None => Ok(None),
            Some(Place::NotRegular) => Err(ImageError::NotRegular { what: name.to_owned() }),
            Some(Place::Doubled) => Err(ImageError::Ambiguous {
                what: name.to_owned(),
                why: "the archive holds it more than once".to_owned(),
            }),
            Some(Place::At { start, length }) => {
                Ok(Some(Part { file: Arc::clone(&self.file), at: *start, left: *length }))
            }
        }
    }
}

impl Part {
    pub(crate) fn length(&self) -> u64 {
        self.left
    }
}

impl Read for Part {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let count = self.file.read_at(into.get_mut(..length).unwrap_or_default(), self.at)?;
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        self.at = self.at.saturating_add(read);
        self.left = self.left.saturating_sub(read);
        Ok(count)
    }
}

/// Returns the name of an entry that belongs to a layout, as unpacking it would write it.
fn name_in_layout(path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let parts: Vec<&str> =
        path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let of_layout = match parts.as_slice() {
        ["oci-layout" | "index.json"] => true,
        ["blobs", _, hex] => !hex.is_empty(),
        _ => false,
    };
    of_layout.then(|| parts.join("/"))
}
