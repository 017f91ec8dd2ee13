//! A folder that no path leads out of: Linux's `openat2` with `RESOLVE_BENEATH` and
//! `RESOLVE_NO_SYMLINKS` (openat2(2)). There is no second way: where the system call is missing,
//! every use is an error.

use crate::paths;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{self, AtFlags, Dir, Mode, OFlags};
use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// An open folder. All paths are relative to it, in the text of [`crate::paths::text`] and checked
/// by [`crate::paths::check`].
pub(crate) struct Beneath {
    root: OwnedFd,
}

impl Beneath {
    /// Opens a folder; links in the path to the folder itself are followed.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { root: fs::open(folder, flags, Mode::empty())? })
    }

    /// Returns the number of the file system that the folder is on.
    pub(crate) fn device(&self) -> io::Result<u64> {
        Ok(fs::fstat(self.root.as_fd())?.st_dev)
    }

    /// Pins an entry without opening it, and without following it where it is a link.
    pub(crate) fn pin(&self, path: &str) -> io::Result<File> {
        self.resolve(path, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())
    }

    /// Opens a file for reading. A FIFO that took the file's place does not block.
    pub(crate) fn open_file(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        self.resolve(path, flags, Mode::empty())
    }

    /// Returns the names in a folder, unordered; `""` is the folder itself.
    pub(crate) fn names(&self, path: &str) -> io::Result<Vec<String>> {
        Ok(self.listed(path)?.1.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns the names in a folder with the numbers of what they name, unordered, and what the
    /// folder was before they were read; `""` is the folder itself.
    pub(crate) fn listed(&self, path: &str) -> io::Result<(Metadata, Vec<(String, u64)>)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        let folder =
            self.resolve(if path.is_empty() { "." } else { path }, flags, Mode::empty())?;
        let before = folder.metadata()?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push((paths::text(name), entry.ino()));
            }
        }
        Ok((before, names))
    }

    /// Makes a new file that only its owner may read and write.
    pub(crate) fn create_file(&self, path: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        self.resolve(path, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Makes a new folder that only its owner may enter.
    pub(crate) fn create_folder(&self, path: &str) -> io::Result<()> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::mkdirat(folder.as_fd(), &*bytes(name)?, Mode::RWXU)?)
    }

    /// Makes a new symbolic link; where it leads is not looked at.
    pub(crate) fn create_link(&self, target: &str, path: &str) -> io::Result<()> {
        let (folder, name) = self.parent_of(path)?;
        Ok(fs::symlinkat(&*bytes(target)?, folder.as_fd(), &*bytes(name)?)?)
    }

    /// Gives a file a second name in this folder.
    pub(crate) fn create_hard_link(&self, first: &str, path: &str) -> io::Result<()> {
        let (from, first) = self.parent_of(first)?;
        let (to, name) = self.parent_of(path)?;
        let (first, name) = (bytes(first)?, bytes(name)?);
        Ok(fs::linkat(from.as_fd(), &*first, to.as_fd(), &*name, AtFlags::empty())?)
    }

    /// Gives a file a second name in another folder.
    pub(crate) fn link_into(&self, path: &str, other: &Self, name: &str) -> io::Result<()> {
        let (folder, own) = self.parent_of(path)?;
        Ok(fs::linkat(folder.as_fd(), &*bytes(own)?, other.root.as_fd(), name, AtFlags::empty())?)
    }

    fn parent_of<'p>(&self, path: &'p str) -> io::Result<(File, &'p str)> {
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        Ok((self.resolve(parent, flags, Mode::empty())?, name))
    }

    #[cfg(target_os = "linux")]
    fn resolve(&self, path: &str, flags: OFlags, mode: Mode) -> io::Result<File> {
        use rustix::fs::ResolveFlags;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let flags = flags | OFlags::CLOEXEC;
        let opened = fs::openat2(self.root.as_fd(), &*bytes(path)?, flags, mode, resolve)?;
        Ok(File::from(opened))
    }

    #[cfg(not(target_os = "linux"))]
    fn resolve(&self, _path: &str, _flags: OFlags, _mode: Mode) -> io::Result<File> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "folders that no path leads out of need Linux 5.6 or later",
        ))
    }
}

/// Returns the target of a pinned symbolic link.
pub(crate) fn link_target(pinned: &File) -> io::Result<String> {
    Ok(paths::text(fs::readlinkat(pinned.as_fd(), "", Vec::new())?.as_bytes()))
}

/// Says whether an open file or folder has extended attributes that somebody gave it: access
/// control lists, capabilities, `user.*`. Labels that a policy of the system gives do not count.
pub(crate) fn has_attributes(open: &File) -> bool {
    const BY_THE_SYSTEM: [&[u8]; 3] = [b"security.selinux", b"security.ima", b"security.evm"];
    let mut names = [0u8; 4096];
    // Where they cannot be listed there are none, or the file system does not know them.
    let length = match fs::flistxattr(open.as_fd(), &mut names[..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::RANGE) => return true,
        Err(_) => 0,
    };
    let listed = names.get(..length).unwrap_or_default();
    listed.split(|byte| *byte == 0).any(|name| !name.is_empty() && !BY_THE_SYSTEM.contains(&name))
}

fn bytes(text: &str) -> io::Result<std::borrow::Cow<'_, [u8]>> {
    paths::bytes(text).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn no_path_and_no_link_leads_out() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(outer.path().join("secret"), b"s").unwrap();
        symlink(outer.path(), inner.join("out")).unwrap();
        symlink("inside", inner.join("loop")).unwrap();
        let beneath = Beneath::open(&inner).unwrap();
        for path in ["../secret", "out/secret", "/etc/passwd", "loop"] {
            assert!(beneath.open_file(path).is_err(), "{path}");
            assert!(beneath.create_file(path).is_err(), "{path}");
        }
        for path in ["../folder", "out/folder", "/tmp/beleg-never", "loop/x"] {
            assert!(beneath.create_folder(path).is_err(), "{path}");
            assert!(beneath.create_link("x", path).is_err(), "{path}");
        }
        assert_eq!(link_target(&beneath.pin("loop").unwrap()).unwrap(), "inside");
        assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 2);
    }

    #[test]
    fn new_files_and_folders_are_private_and_never_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let beneath = Beneath::open(folder.path()).unwrap();
        beneath.create_folder("a").unwrap();
        beneath.create_file("a/f").unwrap().write_all(b"x").unwrap();
        assert!(beneath.create_file("a/f").is_err());
        let mode = |name: &str| {
            std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o7777
        };
        assert_eq!((mode("a"), mode("a/f")), (0o700, 0o600));
        assert_eq!(beneath.names("a").unwrap(), ["f"]);
        assert_eq!(beneath.names("").unwrap(), ["a"]);
    }
}
