//! A folder on this machine, walked for files that list packages.
//!
//! Links are followed where that cannot show more than the folder is meant to: to anything within
//! it, and out of it to a file alone that by its own name is of the same format. So the files that
//! uv links into its cache are read, and a `requirements.txt` that leads to somebody's secrets is
//! not. A link that is not followed is said.

use beleg_sbom::formats::{Nearby, Tree, file_list_of, format_of, tells_of_installed};
use beleg_sbom::{
    OS_RELEASE_PATHS, Record, Seen, is_archive, is_worth_a_look, records_in, seen_at, seen_in,
};
use std::collections::BTreeSet;
use std::fs::{self, DirEntry, FileType};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The most files and folders that are looked at.
const MOST_ENTRIES: u64 = 2_000_000;
const DEEPEST: usize = 64;
/// Where the kernel shows itself in the root folder of a running system.
const KERNEL: [&str; 3] = ["dev", "proc", "sys"];

/// What a folder holds.
pub(crate) struct Folder<'a> {
    /// The folder itself, all links resolved.
    root: PathBuf,
    /// Whether it is the root folder of a system, in which links begin at it.
    is_system: bool,
    /// Files of a format, ordered by path.
    pub(crate) files: Vec<File>,
    /// Programs that list what they are built of, with what they list.
    pub(crate) programs: Vec<(File, Vec<Record>)>,
    /// Files of other formats that list packages.
    pub(crate) seen: Vec<(File, &'static Seen)>,
    /// Files that tell of what others list.
    pub(crate) tells: Vec<File>,
    /// What could not be looked at, and why.
    pub(crate) trouble: Vec<(String, String)>,
    /// Links that lead out of it and were not followed, with where they lead.
    pub(crate) links_out: Vec<(String, PathBuf)>,
    links: Vec<File>,
    taken: BTreeSet<PathBuf>,
    left: u64,
    cancelled: &'a dyn Fn() -> bool,
}

/// A file, or a link to one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct File {
    /// The path within the folder, for people.
    pub(crate) shown: String,
    /// Where it stands, which may be a link.
    pub(crate) at: PathBuf,
    /// Where its bytes are.
    pub(crate) real: PathBuf,
}

/// By which names the files of a part of the folder are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Their own.
    Own,
    /// Those that a link to a folder above them gives them.
    Linked,
}

impl<'a> Folder<'a> {
    /// Walks the folder at `path`.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub(crate) fn walk(path: &Path, cancelled: &'a dyn Fn() -> bool) -> io::Result<Self> {
        let root = fs::canonicalize(path)?;
        let is_system =
            OS_RELEASE_PATHS.iter().any(|path| root.join(path).symlink_metadata().is_ok());
        let mut folder = Self {
            root: root.clone(),
            is_system,
            files: Vec::new(),
            programs: Vec::new(),
            seen: Vec::new(),
            tells: Vec::new(),
            trouble: Vec::new(),
            links_out: Vec::new(),
            links: Vec::new(),
            taken: BTreeSet::new(),
            left: MOST_ENTRIES,
            cancelled,
        };
        folder.part(&root, "", DEEPEST, Names::Own);
        let mut links = std::mem::take(&mut folder.links);
        links.sort();
        for link in links {
            folder.link(link);
        }
        folder.files.sort();
        folder.programs.sort_by(|(a, _), (b, _)| a.cmp(b));
        folder.seen.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(folder)
    }

    /// Returns the file at a path within the folder, links followed where they do not leave it.
    pub(crate) fn inner(&self, shown: &str) -> Option<File> {
        let at = self.root.join(shown);
        let real = self.resolved(&at).ok()?;
        let is_inner = real.starts_with(&self.root) && real.is_file();
        is_inner.then(|| File { shown: shown.to_owned(), at, real })
    }

    fn part(&mut self, path: &Path, shown: &str, depth: usize, names: Names) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.trouble.push((shown.to_owned(), error.to_string())),
        };
        for entry in entries {
            let Some(left) = self.left.checked_sub(1).filter(|_| !(self.cancelled)()) else {
                let why =
                    format!("it holds more than {MOST_ENTRIES} files, or the run was stopped");
                return self.trouble.push((shown.to_owned(), why));
            };
            self.left = left;
            match entry.and_then(|entry| Ok((entry.file_type()?, entry))) {
                Ok((kind, entry)) => self.entry(&entry, kind, shown, depth, names),
                Err(error) => self.trouble.push((shown.to_owned(), error.to_string())),
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry, kind: FileType, above: &str, depth: usize, names: Names) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let shown = if above.is_empty() { name.clone() } else { format!("{above}/{name}") };
        let at = entry.path();
        if kind.is_dir() {
            // git's own files are no part of the project's tree, nor what the kernel shows as files of a
            // system's.
            if name == ".git" || (self.is_system && self.is_of_kernel(&at, &shown)) {
                return;
            }
            match depth.checked_sub(1) {
                Some(depth) => self.part(&at, &shown, depth, names),
                None => self.trouble.push((shown, "it is nested too deep".to_owned())),
            }
        } else if kind.is_symlink() {
            // A link within a part that a link names was met there by its own name.
            if names == Names::Own {
                self.links.push(File { shown, real: at.clone(), at });
            }
        } else if kind.is_file() {
            self.file(File { shown, real: at.clone(), at });
        } else if format_of(&shown).is_some() || seen_at(&shown).is_some() {
            self.trouble.push((shown, "it is no regular file".to_owned()));
        }
    }

    /// Says whether a folder is where the kernel shows itself: in a root folder that is only unpacked
    /// it is an ordinary one.
    fn is_of_kernel(&self, at: &Path, shown: &str) -> bool {
        let device = |path: &Path| fs::metadata(path).map(|it| it.dev()).ok();
        KERNEL.contains(&shown) && device(at) != device(&self.root)
    }

    /// Takes a file whose name, or what is within it, says that it lists packages, unless it
    /// was taken by another name.
    fn file(&mut self, file: File) {
        let is_format = format_of(&file.shown).is_some();
        let mut seen = seen_at(&file.shown).filter(|_| !is_format);
        if file_list_of(&file.shown).is_some() || tells_of_installed(&file.shown).is_some() {
            // By the name by which what it tells of was taken.
            if self.taken.insert(file.real.clone()) {
                self.tells.push(file);
            }
            return;
        }
        if !is_format && seen.is_none() {
            match within(&file) {
                Ok(Inside::Nothing) => {}
                Ok(Inside::Seen(what)) => seen = Some(what),
                Ok(Inside::Records(records)) => {
                    if self.taken.insert(file.real.clone()) {
                        self.programs.push((file, records));
                    }
                    return;
                }
                Err(error) => return self.trouble.push((file.shown, error.to_string())),
            }
        }
        if (is_format || seen.is_some()) && self.taken.insert(file.real.clone()) {
            match seen {
                Some(seen) => self.seen.push((file, seen)),
                None => self.files.push(file),
            }
        }
    }

    fn link(&mut self, link: File) {
        let format = format_of(&link.shown);
        let lists = format.is_some() || seen_at(&link.shown).is_some() || is_archive(&link.shown);
        let real = match self.resolved(&link.at) {
            Ok(real) => real,
            Err(error) if lists => {
                let why = format!("it is a link that leads nowhere: {error}");
                return self.trouble.push((link.shown, why));
            }
            Err(_) => return,
        };
        let is_inner = real.starts_with(&self.root);
        if real.is_dir() {
            if is_inner {
                self.part(&real, &link.shown, DEEPEST, Names::Linked);
            } else {
                self.links_out.push((link.shown, real));
            }
        } else if lists && !real.is_file() {
            self.trouble.push((link.shown, "it is a link to no regular file".to_owned()));
        } else if lists {
            let own_name = real.to_string_lossy();
            let is_alike = format.is_none_or(|format| format.wants(&own_name));
            if is_inner || is_alike {
                self.file(File { real, ..link });
            } else {
                self.links_out.push((link.shown, real));
            }
        }
    }

    /// Follows a link; in the root folder of a system an absolute one begins at that root.
    fn resolved(&self, at: &Path) -> io::Result<PathBuf> {
        let target = fs::read_link(at).ok().filter(|_| self.is_system);
        match target.as_deref().and_then(|target| target.strip_prefix("/").ok()) {
            Some(below) => fs::canonicalize(self.root.join(below)),
            None => fs::canonicalize(at),
        }
    }
}

impl Tree for Folder<'_> {
    fn real_path(&self, path: &str) -> String {
        let file = self.inner(path);
        let real = file.as_ref().and_then(|file| file.real.strip_prefix(&self.root).ok());
        real.map_or_else(|| path.to_owned(), |real| real.to_string_lossy().into_owned())
    }

    fn holds(&self, path: &str) -> bool {
        self.inner(path).is_some()
    }

    fn read(&self, path: &str, limit: u64) -> Nearby {
        let Some(file) = self.inner(path) else { return Nearby::Absent };
        let mut bytes = Vec::new();
        let opened = fs::File::open(&file.real);
        let read = opened.and_then(|it| it.take(limit.saturating_add(1)).read_to_end(&mut bytes));
        match read {
            Ok(_) if u64::try_from(bytes.len()).is_ok_and(|it| it <= limit) => Nearby::Bytes(bytes),
            Ok(_) => Nearby::Unreadable(format!("it has more than {limit} bytes")),
            Err(error) => Nearby::Unreadable(error.to_string()),
        }
    }
}

/// Names what lies in a folder as seen from where the folder is named: two folders may hold files of
/// one name. A path that is empty is the folder itself.
pub(crate) fn beneath(folder: &str, path: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    match (folder, path) {
        ("" | ".", path) => path.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

/// What is within a file that no format goes by the name of.
enum Inside {
    Nothing,
    Seen(&'static Seen),
    Records(Vec<Record>),
}

/// Looks for what a program is built of, and for lists of packages in an archive.
fn within(file: &File) -> io::Result<Inside> {
    if is_archive(&file.shown) {
        let seen = seen_in(&file.shown, &mut fs::File::open(&file.real)?);
        return Ok(seen.map_or(Inside::Nothing, Inside::Seen));
    }
    if !is_worth_a_look(&file.shown, file.real.symlink_metadata()?.len()) {
        return Ok(Inside::Nothing);
    }
    let records = records_in(&file.shown, &mut fs::File::open(&file.real)?)?;
    Ok(if records.is_empty() { Inside::Nothing } else { Inside::Records(records) })
}
