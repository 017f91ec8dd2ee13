use super::CreateError;
use super::pack::{Packer, Stored};
use crate::beneath::{Beneath, link_target};
use crate::manifest::{Entry, EntryKind, LeftOut, MAX_ENTRIES, WhyLeftOut};
use crate::{Refusal, paths};
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

const PERMISSIONS: u32 = 0o7777;

/// Goes through a folder in the order of the names, without leaving it.
pub(super) struct Walk {
    folder: Beneath,
    /// Paths still to look at; the next one is last.
    ahead: Vec<String>,
    entries: Vec<Entry>,
    left_out: Vec<LeftOut>,
}

impl Walk {
    pub(super) fn begin(folder: &Path) -> Result<Self, CreateError> {
        let refuse = |source| CreateError::Folder { path: folder.to_owned(), source };
        let folder = Beneath::open(folder).map_err(refuse)?;
        let mut walk =
            Self { folder, ahead: Vec::new(), entries: Vec::new(), left_out: Vec::new() };
        walk.look_into("")?;
        Ok(walk)
    }

    pub(super) fn pack(
        mut self,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<(Vec<Entry>, Vec<LeftOut>), CreateError> {
        while let Some(path) = self.ahead.pop() {
            match self.entry(&path, packer) {
                Ok(()) => (),
                // Files come and go; whoever looks at the manifest is told.
                Err(CreateError::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound =>
                {
                    self.left_out.push(LeftOut { path, why: WhyLeftOut::Vanished });
                }
                Err(error) => return Err(error),
            }
            if self.entries.len() > MAX_ENTRIES {
                return Err(CreateError::TooMany);
            }
        }
        Ok((self.entries, self.left_out))
    }

    fn entry(
        &mut self,
        path: &str,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<(), CreateError> {
        let unreadable = |source| CreateError::Read { path: path.to_owned(), source };
        let pinned = self.folder.pin(path).map_err(unreadable)?;
        let found = pinned.metadata().map_err(unreadable)?;
        let kind = found.file_type();
        let mut entry = Entry {
            path: path.to_owned(),
            mode: found.mode() & PERMISSIONS,
            modified: found.mtime(),
            kind: EntryKind::Directory,
        };
        if kind.is_dir() {
            self.look_into(path)?;
            packer.folder(&entry)?;
        } else if kind.is_symlink() {
            let target = link_target(&pinned).map_err(unreadable)?;
            let target = String::from_utf8(target).map_err(|_| CreateError::Path {
                path: path.to_owned(),
                refusal: Refusal::NotUtf8,
            })?;
            packer.link(&entry, &target)?;
            entry.kind = EntryKind::Symlink { target };
        } else if kind.is_file() {
            let file = self.folder.open_file(path).map_err(unreadable)?;
            let opened = file.metadata().map_err(unreadable)?;
            if identity(&opened) != identity(&found) {
                return Err(unreadable(io::Error::other("another file took its place")));
            }
            self.file(&mut entry, file, packer)?;
        } else {
            let why = match () {
                () if kind.is_fifo() => WhyLeftOut::Fifo,
                () if kind.is_socket() => WhyLeftOut::Socket,
                () => WhyLeftOut::Device,
            };
            self.left_out.push(LeftOut { path: path.to_owned(), why });
            return Ok(());
        }
        packer.note(&entry)?;
        self.entries.push(entry);
        Ok(())
    }

    fn file(
        &self,
        entry: &mut Entry,
        file: File,
        packer: &mut Packer<'_, impl Write>,
    ) -> Result<(), CreateError> {
        let Stored { size, digest } = packer.file(entry, file)?;
        entry.kind = EntryKind::File { size, digest };
        Ok(())
    }

    /// Puts a folder's names ahead, so that the first comes next.
    fn look_into(&mut self, folder: &str) -> Result<(), CreateError> {
        let mut names = self.folder.names(folder).map_err(|source| CreateError::Read {
            path: if folder.is_empty() { "." } else { folder }.to_owned(),
            source,
        })?;
        names.sort_unstable_by(|a, b| b.cmp(a));
        for name in names {
            let shown = join(folder, &String::from_utf8_lossy(&name));
            let refuse = |refusal| CreateError::Path { path: shown.clone(), refusal };
            let name = std::str::from_utf8(&name).map_err(|_| refuse(Refusal::NotUtf8))?;
            let path = join(folder, name);
            paths::check(&path).map_err(refuse)?;
            self.ahead.push(path);
        }
        if self.ahead.len() > MAX_ENTRIES { Err(CreateError::TooMany) } else { Ok(()) }
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
