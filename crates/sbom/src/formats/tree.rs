/// What a format may see of the folder, image or archive that a file of its own stands in: the files
/// that it [asks for](super::Format::asks_for). Paths are relative to the root, without `./`.
pub trait Tree {
    /// Returns whether a file is at `path`.
    fn holds(&self, path: &str) -> bool;

    /// Returns where the file at `path` really is, links followed; the path itself where it is no
    /// link or that is not known.
    fn real_path(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Reads the file at `path`, of which at most `limit` bytes may be there.
    fn read(&self, path: &str, limit: u64) -> Nearby;
}

/// What became of a file that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nearby {
    /// It is not there.
    Absent,
    /// It is there and nobody knows what it says; why, without a full stop.
    Unreadable(String),
    /// All of its bytes.
    Bytes(Vec<u8>),
}

/// The tree of a file that is all there is.
pub struct Alone;

impl Tree for Alone {
    fn holds(&self, _path: &str) -> bool {
        false
    }

    fn read(&self, _path: &str, _limit: u64) -> Nearby {
        Nearby::Absent
    }
}

/// Returns the path of the file called `name` in the folder of the one at `path`.
pub(super) fn beside(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}
