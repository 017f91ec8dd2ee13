//! Whole images, written and read back.

mod arbitrary;
mod attached;
mod hostile;
mod layouts;
mod links;
mod real_tools;
mod tarred;
mod whiteouts;
mod within;

use crate::write::{NewEntry, NewImage, NewLayer, write_layout};
use crate::{Compression, Contents, ImageError, Layout, Limits, Oddity, Selection, Watch, What};
use std::fs;
use std::path::{Path, PathBuf};
use tar::Header;
use tempfile::TempDir;

/// The paths wanted in these tests: text files, and three that links commonly lead to.
fn wanted(path: &str) -> Option<u64> {
    let fixed = ["etc/os-release", "usr/lib/os-release", "var/lib/dpkg/status"];
    (path.ends_with(".txt") || fixed.contains(&path)).then_some(1_000)
}

fn layout_of(layers: Vec<NewLayer>) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_layout(&folder.path().join("image"), &NewImage::new("test", layers)).unwrap();
    folder
}

fn read_within(folder: &Path, limits: Limits) -> Result<Contents, ImageError> {
    let before = listing(folder);
    let result = Layout::open_within(&folder.join("image"), limits)
        .and_then(|layout| layout.image(&Selection::only()))
        .and_then(|image| image.files(&wanted, &Watch::default()));
    assert_eq!(listing(folder), before, "reading an image wrote something");
    result
}

fn read(folder: &Path) -> Result<Contents, ImageError> {
    read_within(folder, Limits::default())
}

/// Reads an image of such layers, oldest first.
fn contents(layers: Vec<Vec<NewEntry>>) -> Contents {
    let layers =
        layers.into_iter().map(|entries| NewLayer::new(entries, Compression::Gzip).unwrap());
    read(layout_of(layers.collect()).path()).unwrap()
}

/// Reads an image whose layers are these tar archives.
fn contents_of_tars(tars: Vec<Vec<u8>>) -> Result<Contents, ImageError> {
    let layers = tars.into_iter().map(|tar| NewLayer { tar, compression: Compression::None });
    read(layout_of(layers.collect()).path())
}

/// Shows files as `path=content`.
fn shown(contents: &Contents) -> Vec<String> {
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    contents.files.iter().map(|file| format!("{}={}", file.path, show(&file.bytes))).collect()
}

/// Shows oddities as `word path`, hostile ones with an exclamation mark.
fn odd(contents: &Contents) -> Vec<String> {
    let mark = |oddity: &Oddity| if oddity.hostile { "!" } else { "" };
    contents
        .oddities
        .iter()
        .map(|oddity| format!("{}{} {}", oddity.what.word(), mark(oddity), oddity.path))
        .collect()
}

fn has(contents: &Contents, what: &What, hostile: bool) -> bool {
    contents.oddities.iter().any(|oddity| oddity.what == *what && oddity.hostile == hostile)
}

fn file(path: &str, content: &str) -> NewEntry {
    NewEntry::file(path, content)
}

fn folder(path: &str) -> NewEntry {
    NewEntry::Directory { path: path.to_owned() }
}

fn link(path: &str, target: &str) -> NewEntry {
    NewEntry::SymbolicLink { path: path.to_owned(), target: target.to_owned() }
}

fn hard_link(path: &str, source: &str) -> NewEntry {
    NewEntry::HardLink { path: path.to_owned(), source: source.to_owned() }
}

fn whiteout(path: &str) -> NewEntry {
    NewEntry::Whiteout { path: path.to_owned() }
}

fn opaque(path: &str) -> NewEntry {
    NewEntry::Opaque { path: path.to_owned() }
}

/// Makes an entry that no archiver would: path, type and target as given, whatever they are.
fn raw(kind: u8, path: &[u8], target: &[u8], content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    let old = header.as_old_mut();
    old.name[..path.len()].copy_from_slice(path);
    old.linkname[..target.len()].copy_from_slice(target);
    old.linkflag = [kind];
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// Makes an archive of such entries.
fn tar_of(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = entries.concat();
    bytes.extend([0; 1024]);
    bytes
}

/// Returns the path of the only blob that begins with `start`.
fn blob_starting(folder: &Path, start: &[u8]) -> PathBuf {
    let blobs = folder.join("image/blobs/sha256");
    let mut found: Vec<PathBuf> =
        fs::read_dir(blobs).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| fs::read(path).unwrap().starts_with(start));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// Lists every file below `folder` with its size.
fn listing(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                pending.push(path.clone());
            }
            found.push((path, metadata.len()));
        }
    }
    found.sort();
    found
}
