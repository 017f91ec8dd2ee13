use crate::Entries;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

/// The manifest's paths without regard to case, as hashes with their places: sixteen bytes an
/// entry, however long its path is.
pub(super) struct Folded(Vec<(u64, usize)>);

impl Folded {
    pub(super) fn new(entries: &Entries) -> io::Result<Self> {
        let hashed = entries.iter().zip(0..).map(|(entry, at)| Ok((hash(&entry?.path), at)));
        let mut hashed = hashed.collect::<io::Result<Vec<_>>>()?;
        hashed.sort_unstable();
        Ok(Self(hashed))
    }

    /// Returns every two paths that differ only in case.
    pub(super) fn clashes(&self, entries: &Entries) -> io::Result<Vec<(String, String)>> {
        let mut clashes = Vec::new();
        for ((one_hash, one), (other_hash, other)) in self.0.iter().zip(self.0.iter().skip(1)) {
            if one_hash != other_hash {
                continue;
            }
            if let (Some(one), Some(other)) = (entries.get(*one)?, entries.get(*other)?)
                && one.path.to_lowercase() == other.path.to_lowercase()
            {
                clashes.push((one.path, other.path));
            }
        }
        Ok(clashes)
    }

    /// Says whether a path differs from one of the manifest's at most in case.
    pub(super) fn holds(&self, path: &str, entries: &Entries) -> io::Result<bool> {
        let wanted = hash(path);
        let begin = self.0.partition_point(|(hash, _)| *hash < wanted);
        let alike = self.0.iter().skip(begin).take_while(|(hash, _)| *hash == wanted);
        for (_, at) in alike {
            let entry = entries.get(*at)?;
            if entry.is_some_and(|entry| entry.path.to_lowercase() == path.to_lowercase()) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.to_lowercase().hash(&mut hasher);
    hasher.finish()
}
