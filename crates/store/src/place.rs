//! Whether two stores are one place: two copies in one place are one copy.

use crate::{Store, StoreError};
use object_store::path::Path as ObjectPath;
use std::collections::BTreeSet;
use std::path::Path;

/// Where a store's bytes are, as far as its locator and options tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A folder, by what every link to it has in common: the numbers of device and inode. Those of
    /// the folders that it is in come after its own.
    Folder(Vec<(u64, u64)>),
    /// A prefix of a bucket, container or site.
    Prefix {
        /// The provider with the bucket's or site's name.
        bucket: String,
        /// The endpoints that options or environment name.
        endpoints: BTreeSet<String>,
        /// What is below it.
        prefix: ObjectPath,
    },
}

/// Whether two stores are one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// They are, for this reason.
    One(&'static str),
    /// They are not, or hold nothing that could tell.
    Apart,
    /// Nothing that can be read tells them apart.
    Untold,
}

/// What tells a stored object from an equal one elsewhere.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    File(u64, u64),
    Object { tag: Option<String>, version: Option<String>, modified: String },
}

impl Place {
    pub(crate) fn of_folder(path: &Path) -> Self {
        Self::Folder(ancestry(path))
    }

    /// Says why two places are one, where that is sure without asking anybody.
    fn is(&self, other: &Self) -> Option<&'static str> {
        match (self, other) {
            (Self::Folder(one), Self::Folder(other)) => match (one.first(), other.first()) {
                (Some(a), Some(b)) if a == b => Some("they are one folder"),
                (Some(a), Some(b)) if one.contains(b) || other.contains(a) => Some(NESTED),
                _ => None,
            },
            (Self::Prefix { .. }, Self::Prefix { .. }) if self == other => {
                Some("they are one prefix of one bucket")
            }
            (Self::Prefix { prefix, .. }, Self::Prefix { prefix: p, .. })
                if self.is_in_bucket_of(other) && (is_below(prefix, p) || is_below(p, prefix)) =>
            {
                Some(NESTED)
            }
            _ => None,
        }
    }

    /// Says whether both are prefixes of what bears the name of one bucket at one endpoint.
    fn is_in_bucket_of(&self, other: &Self) -> bool {
        let (Self::Prefix { bucket, endpoints, .. }, Self::Prefix { bucket: b, endpoints: e, .. }) =
            (self, other)
        else {
            return false;
        };
        bucket == b && endpoints == e
    }

    /// Says whether two places may be parts of one bucket behind two names of its endpoint.
    fn may_share(&self, other: &Self) -> bool {
        let (Self::Prefix { bucket, prefix, .. }, Self::Prefix { bucket: b, prefix: p, .. }) =
            (self, other)
        else {
            return false;
        };
        bucket == b && prefix != p && !self.is_in_bucket_of(other)
    }

    /// Says whether two places may be one under two names: the same bucket behind two endpoints
    /// or behind an access point, or a site behind two hosts.
    fn may_be(&self, other: &Self) -> bool {
        let (Self::Prefix { bucket, prefix, .. }, Self::Prefix { bucket: b, prefix: p, .. }) =
            (self, other)
        else {
            return false;
        };
        let alias = |bucket: &str| bucket.contains("-s3alias") || bucket.contains("arn:");
        let site = |bucket: &str| bucket.contains("://");
        (bucket == b && prefix == p) || alias(bucket) || alias(b) || site(bucket) || site(b)
    }
}

impl Store {
    /// Says why two stores are certainly one place, without reading anything.
    #[must_use]
    pub fn is(&self, other: &Self) -> Option<&'static str> {
        self.place.is(&other.place)
    }

    /// Says whether both are prefixes of one bucket.
    #[must_use]
    pub fn shares_bucket_with(&self, other: &Self) -> bool {
        self.place.is_in_bucket_of(&other.place)
    }

    /// Finds out by reading whether two stores are one place, by the objects `shared` that both
    /// list. A store that replicates another may keep times, tags and version ids, so objects that
    /// agree in all of these prove nothing: such stores are [`Sameness::Untold`].
    ///
    /// # Errors
    /// When an object's facts cannot be read.
    pub fn compared(&self, other: &Self, shared: &[String]) -> Result<Sameness, StoreError> {
        if let Some(why) = self.is(other) {
            return Ok(Sameness::One(why));
        }
        if self.place.may_share(&other.place) {
            return self.bucket_compared(other, shared);
        }
        let is_local = self.is_local() && other.is_local();
        if shared.is_empty() || !(is_local || self.place.may_be(&other.place)) {
            return Ok(Sameness::Apart);
        }
        for name in shared {
            let (one, two) = (self.identity(name)?, other.identity(name)?);
            match (one == two, is_local) {
                (true, true) => return Ok(Sameness::One("their files are links to one file")),
                (false, false) => return Ok(Sameness::Apart),
                _ => {}
            }
        }
        Ok(if is_local { Sameness::Apart } else { Sameness::Untold })
    }

    /// Finds out by reading whether two prefixes are parts of one bucket behind two names: whether
    /// what one lists is also found, with the same facts, where the other's endpoint has its prefix.
    fn bucket_compared(&self, other: &Self, shared: &[String]) -> Result<Sameness, StoreError> {
        let there = self.at_prefix_of(other);
        for name in shared {
            match there.identity(name) {
                Ok(found) if found == other.identity(name)? => return Ok(Sameness::Untold),
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(Sameness::Apart)
    }

    /// Returns what this store's bucket holds where the other one's prefix would be.
    fn at_prefix_of(&self, other: &Self) -> Self {
        let mut there = self.clone();
        if self.place.may_share(&other.place) {
            there.prefix = other.prefix.clone();
        }
        there
    }

    /// Finds out by writing whether two stores are one place: an object that is written to the
    /// other one under the same name must not replace this one's, nor what this one's bucket holds
    /// at the other's prefix. Both are deleted again.
    ///
    /// # Errors
    /// When an object cannot be written, read or deleted.
    pub fn is_replaced_through(&self, other: &Self, canary: &str) -> Result<bool, StoreError> {
        let there = self.at_prefix_of(other);
        there.put(canary, b"one")?;
        let kept = other.put(canary, b"another").and_then(|()| there.get(canary, 16));
        let deleted = there.delete(canary).and(other.delete(canary));
        let kept = kept?;
        deleted.map(|()| kept != b"one")
    }

    fn identity(&self, name: &str) -> Result<Identity, StoreError> {
        let meta = self.head(name)?;
        if let Some(folder) = &self.folder {
            let (device, inode) = numbers(&folder.join(name))
                .ok_or_else(|| StoreError::NotFound { locator: self.named(name) })?;
            return Ok(Identity::File(device, inode));
        }
        let modified = meta.last_modified.to_rfc3339();
        Ok(Identity::Object { tag: meta.e_tag, version: meta.version, modified })
    }
}

/// Why two places are one accident's, although each has a name of its own.
const NESTED: &str = "one of them lies within the other";

fn is_below(inner: &ObjectPath, outer: &ObjectPath) -> bool {
    inner != outer && inner.prefix_matches(outer)
}

/// Returns the numbers of a folder and of all that it is in, itself first.
fn ancestry(path: &Path) -> Vec<(u64, u64)> {
    let Ok(path) = path.canonicalize() else { return Vec::new() };
    path.ancestors().filter_map(numbers).collect()
}

#[cfg(unix)]
fn numbers(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn numbers(_: &Path) -> Option<(u64, u64)> {
    None
}
