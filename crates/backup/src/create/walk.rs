use super::exclude::Exclusions;
use super::late::Folders;
use super::pack::{Packer, Stored};
use super::{CreateError, Source};
use crate::beneath::{Beneath, has_attributes, link_target};
use crate::manifest::{
    Entry, EntryKind, EntryWriter, Gathered, LeftOut, MAX_ENTRIES, Owner, WhyLeftOut,
};
use crate::{Account, paths};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

const PERMISSIONS: u32 = 0o7777;

/// Goes through a folder in the order of the names, without leaving it. What it holds is the names
/// of the folders, eight bytes for each name in them, and the first name of every file that has
/// further ones to come.
pub(super) struct Walk<'s> {
    source: &'s Source<'s>,
    folder: Beneath,
    /// The file system that the source folder is on.
    device: u64,
    levels: Vec<Level>,
    folders: Folders,
    first_names: HashMap<Identity, FirstName>,
    accounts: BTreeMap<Account, Option<String>>,
    pub(super) exclusions: Exclusions<'s>,
    pub(super) gathered: Gathered,
    /// Whether anything but folders was stored.
    pub(super) has_content: bool,
}

/// A folder on the way, with the names in it that are still to come.
struct Level {
    folder: String,
    names: std::vec::IntoIter<String>,
}

/// What tells a file from others. A number may be given anew once its file is gone, so size and
/// time belong to it.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

struct FirstName {
    path: String,
    /// How many more names the file has.
    left: u64,
}

/// What became of one entry.
enum Met {
    Stored(Entry),
    LeftOut(WhyLeftOut),
}

impl<'s> Walk<'s> {
    pub(super) fn begin(source: &'s Source<'s>) -> Result<Self, CreateError> {
        let refuse = |error| CreateError::Folder { path: source.folder.to_owned(), source: error };
        let folder = Beneath::open(source.folder).map_err(refuse)?;
        let device = folder.device().map_err(refuse)?;
        let mut folders = Folders::new(source.now);
        let names = sorted(folders.list(&folder, "").map_err(refuse)?);
        Ok(Self {
            source,
            folder,
            device,
            levels: vec![Level { folder: String::new(), names }],
            folders,
            first_names: HashMap::new(),
            accounts: BTreeMap::new(),
            exclusions: Exclusions::new(source.exclude),
            gathered: Gathered::default(),
            has_content: false,
        })
    }

    pub(super) fn pack(
        &mut self,
        packer: &mut Packer<'_, impl Write>,
        entries: &mut EntryWriter<impl Write>,
    ) -> Result<(), CreateError> {
        while let Some(path) = self.next() {
            packer.go_on()?;
            match self.meet(&path, packer)? {
                Met::Stored(entry) => {
                    self.has_content |= entry.kind != EntryKind::Directory;
                    entries.add(&entry)?;
                }
                Met::LeftOut(why) => self.leave_out(path, why),
            }
        }
        for path in self.folders.came_later(&self.folder) {
            if paths::check(&path).is_err() || !self.exclusions.matches(&path) {
                self.leave_out(path, WhyLeftOut::CameLater);
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<String> {
        while let Some(level) = self.levels.last_mut() {
            if let Some(name) = level.names.next() {
                return Some(join(&level.folder, &name));
            }
            self.levels.pop();
        }
        None
    }

    fn leave_out(&mut self, path: String, why: WhyLeftOut) {
        self.gathered.left_out(LeftOut { path, why });
    }

    fn meet(
        &mut self,
        path: &str,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<Met, CreateError> {
        if paths::check(path).is_err() {
            return Ok(Met::LeftOut(WhyLeftOut::TooLong));
        }
        if self.exclusions.matches(path) {
            return Ok(Met::LeftOut(WhyLeftOut::Excluded));
        }
        let pinned = match self.folder.pin(path).and_then(|pinned| Ok((pinned.metadata()?, pinned)))
        {
            Ok((found, pinned)) => Pinned { found, pinned },
            Err(error) => return Ok(Met::LeftOut(unread(&error))),
        };
        let kind = pinned.found.file_type();
        match () {
            () if kind.is_dir() => self.folder(path, &pinned.found, packer),
            () if kind.is_symlink() => self.link(path, &pinned, packer),
            () if kind.is_file() => self.file(path, &pinned.found, packer),
            () if kind.is_fifo() => Ok(Met::LeftOut(WhyLeftOut::Fifo)),
            () if kind.is_socket() => Ok(Met::LeftOut(WhyLeftOut::Socket)),
            () => Ok(Met::LeftOut(WhyLeftOut::Device)),
        }
    }

    /// Stores a folder, and puts the names in it ahead. One that cannot be read is stored without.
    fn folder(
        &mut self,
        path: &str,
        found: &Metadata,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<Met, CreateError> {
        if self.source.one_file_system && found.dev() != self.device {
            self.leave_out(path.to_owned(), WhyLeftOut::OtherFileSystem);
        } else {
            match self.folders.list(&self.folder, path) {
                Ok(names) if names.len() > MAX_ENTRIES => return Err(CreateError::TooMany),
                Ok(names) => {
                    let names = sorted(names);
                    self.levels.push(Level { folder: path.to_owned(), names });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Met::LeftOut(WhyLeftOut::Vanished));
                }
                Err(_) => self.leave_out(path.to_owned(), WhyLeftOut::Unreadable),
            }
            if self.folder.open_file(path).is_ok_and(|open| has_attributes(&open)) {
                self.gathered.has_attributes();
            }
        }
        let entry = self.entry(path, found, EntryKind::Directory);
        packer.without_content(&entry)?;
        Ok(Met::Stored(entry))
    }

    fn link(
        &mut self,
        path: &str,
        pinned: &Pinned,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<Met, CreateError> {
        let target = match link_target(&pinned.pinned) {
            Ok(target) => target,
            Err(error) => return Ok(Met::LeftOut(unread(&error))),
        };
        let entry = self.entry(path, &pinned.found, EntryKind::Symlink { target });
        packer.without_content(&entry)?;
        Ok(Met::Stored(entry))
    }

    fn file(
        &mut self,
        path: &str,
        found: &Metadata,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<Met, CreateError> {
        if let Some(target) = self.first_name(found) {
            let entry = self.entry(path, found, EntryKind::HardLink { target });
            packer.without_content(&entry)?;
            return Ok(Met::Stored(entry));
        }
        let opened = self.folder.open_file(path).and_then(|file| Ok((file.metadata()?, file)));
        let (before, file) = match opened {
            Ok(opened) => opened,
            Err(error) => return Ok(Met::LeftOut(unread(&error))),
        };
        if (before.dev(), before.ino()) != (found.dev(), found.ino()) {
            // Another file took its place.
            return Ok(Met::LeftOut(WhyLeftOut::Vanished));
        }
        if has_attributes(&file) {
            self.gathered.has_attributes();
        }
        let mut entry = self.entry(path, &before, EntryKind::Directory);
        let Stored { measure, changed, is_whole } = packer.file(&entry, file, &before)?;
        entry.kind = EntryKind::File { size: measure.size, digest: measure.digest };
        if !is_whole {
            self.leave_out(path.to_owned(), WhyLeftOut::Unreadable);
        } else if changed {
            self.gathered.changed(path);
        } else {
            self.remember(path, &before);
        }
        Ok(Met::Stored(entry))
    }

    /// Returns the name under which a file is in the backup already.
    fn first_name(&mut self, found: &Metadata) -> Option<String> {
        if found.nlink() < 2 {
            return None;
        }
        let identity = Identity::of(found);
        let first = self.first_names.get_mut(&identity)?;
        first.left = first.left.saturating_sub(1);
        let path = first.path.clone();
        if first.left == 0 {
            self.first_names.remove(&identity);
        }
        Some(path)
    }

    fn remember(&mut self, path: &str, found: &Metadata) {
        let left = found.nlink().saturating_sub(1);
        if left > 0 {
            let first = FirstName { path: path.to_owned(), left };
            self.first_names.insert(Identity::of(found), first);
        }
    }

    fn entry(&mut self, path: &str, found: &Metadata, kind: EntryKind) -> Entry {
        let (uid, gid) = (found.uid(), found.gid());
        let mut named = |account| {
            let names = self.source.account_name;
            self.accounts.entry(account).or_insert_with(|| names(account)).clone()
        };
        let (user, group) = (named(Account::User(uid)), named(Account::Group(gid)));
        Entry {
            path: path.to_owned(),
            mode: found.mode() & PERMISSIONS,
            modified: found.mtime(),
            owner: Some(Owner { uid, gid, user, group }),
            kind,
        }
    }
}

struct Pinned {
    found: Metadata,
    pinned: File,
}

impl Identity {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
        }
    }
}

/// Files come and go, and some are not for whoever makes backups. The others are stored all the
/// same, and whoever looks at the manifest is told.
fn unread(error: &io::Error) -> WhyLeftOut {
    match error.kind() {
        io::ErrorKind::NotFound => WhyLeftOut::Vanished,
        _ => WhyLeftOut::Unreadable,
    }
}

fn sorted(mut names: Vec<String>) -> std::vec::IntoIter<String> {
    names.sort_unstable();
    names.into_iter()
}

pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
