//! What is in a folder, so that two moments can be compared.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Files beyond this are sparse ones that a test made; their bytes are not compared.
const LARGE: u64 = 64 << 20;

/// The entries below a folder by path: what kind each is, its length, and the bytes of files.
pub(crate) type Listing = BTreeMap<PathBuf, (u32, u64, Vec<u8>)>;

/// Lists everything below `folder` but what lies below `except`. Links are not followed.
pub(crate) fn listing(folder: &Path, except: &[&Path]) -> Listing {
    let mut found = Listing::new();
    let mut ahead = vec![folder.to_owned()];
    while let Some(path) = ahead.pop() {
        if except.contains(&path.as_path()) {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_file() && metadata.len() <= LARGE {
            fs::read(&path).unwrap()
        } else if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else {
            Vec::new()
        };
        if metadata.is_dir() {
            ahead.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let length = if metadata.is_dir() { 0 } else { metadata.len() };
        found.insert(path, (metadata.mode(), length, content));
    }
    found
}

/// Returns the files below `folder`, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let is_file = |path: &PathBuf| path.is_file();
    listing(folder, &[]).into_keys().filter(is_file).collect()
}
