mod cause;
mod compare;
mod flow;
mod folded;
mod limits;
mod writer;

use crate::formats::{Archive, Compression, TarArchive};
use crate::keys::Identity;
use crate::{Manifest, Measure, Refusal, Scratch, Watch};
use beleg_model::{Digest, Population};
use compare::Comparison;
use flow::{Ciphertext, Flow, Layer, Plaintext};
use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;
use std::time::Duration;
use writer::Writer;

pub use cause::{Cause, RestoreError};
pub use flow::MAX_AGE_HEADER;
pub use limits::Limits;

/// What a restore brought to light. Nothing in it says "fine": that is for whoever finds
/// `differences` empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many of the manifest's entries were looked for; all of them.
    pub entries: u64,
    /// How many entries were found and are equal to what the manifest promises.
    pub equal: u64,
    /// How many bytes of files were written to scratch.
    pub written: u64,
    /// Every way in which the backup is not what its manifest promises.
    pub differences: Vec<Difference>,
    /// What is as promised and still worth knowing.
    pub remarks: Vec<Remark>,
    /// Restored files that a probe knows how to open.
    pub recognised: Vec<Recognised>,
    /// The encrypted object as it was read.
    pub ciphertext: Measure,
    /// The archive as it came out of decryption and decompression.
    pub archive: Measure,
    /// How long it took.
    pub timings: Timings,
}

impl Restored {
    /// Counts the entries that were examined.
    #[must_use]
    pub fn population(&self) -> Population {
        Population::whole("entries", self.entries)
    }
}

/// One way in which a backup is not what its manifest promises.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Difference {
    /// The encrypted object is another one.
    Ciphertext {
        /// What the manifest says.
        promised: Digest,
        /// What was read.
        found: Digest,
    },
    /// The archive inside is another one.
    Archive {
        /// What the manifest says.
        promised: Digest,
        /// What came out.
        found: Digest,
    },
    /// An entry of the manifest is not in the backup.
    Missing {
        /// The entry's path.
        path: String,
    },
    /// An entry of the backup is not in the manifest. It was not written.
    Extra {
        /// The entry's path.
        path: String,
    },
    /// An entry is of another kind. It was not written.
    Kind {
        /// The entry's path.
        path: String,
        /// The manifest's word: `file`, `directory` or `symlink`.
        promised: &'static str,
        /// The backup's.
        found: &'static str,
    },
    /// A file has another size. It was not written.
    Size {
        /// The file's path.
        path: String,
        /// Bytes in the manifest.
        promised: u64,
        /// Bytes in the backup.
        found: u64,
    },
    /// A file has another content.
    Digest {
        /// The file's path.
        path: String,
        /// What the manifest says.
        promised: Digest,
        /// What was restored.
        found: Digest,
    },
    /// An entry has other permission bits.
    Mode {
        /// The entry's path.
        path: String,
        /// What the manifest says.
        promised: u32,
        /// What the backup says.
        found: u32,
    },
    /// An entry has another modification time, in seconds since 1970.
    Modified {
        /// The entry's path.
        path: String,
        /// What the manifest says.
        promised: i64,
        /// What the backup says.
        found: i64,
    },
    /// An entry belongs to another user or group.
    Owner {
        /// The entry's path.
        path: String,
        /// What the manifest says.
        promised: String,
        /// What the backup says.
        found: String,
    },
    /// A hard link is of another file, or of one that was not restored.
    FirstName {
        /// The link's path.
        path: String,
        /// The first name that the manifest says.
        promised: String,
        /// What the backup says.
        found: String,
    },
    /// A symbolic link leads elsewhere. It was not made.
    Target {
        /// The link's path.
        path: String,
        /// What the manifest says.
        promised: String,
        /// What the backup says.
        found: String,
    },
    /// An entry was not let in.
    Refused {
        /// The path, shortened, with `�` for what is not UTF-8.
        path: String,
        /// Why.
        refusal: Refusal,
    },
}

/// Something that is as promised and still worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Remark {
    /// The manifest is of the first format: it says nothing of owners, and the archive holds each
    /// name of a file as a file of its own.
    OwnersNotKept,
    /// A symbolic link leads out of the backup, as the manifest promises. It was compared and not
    /// made: a scratch folder has nothing outside of itself.
    LinkLeaves {
        /// The link's path.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// Two paths of the manifest differ only in case: restored to a file system that does not
    /// tell them apart, one would be lost.
    CaseClash {
        /// The one path.
        path: String,
        /// The other.
        other: String,
    },
}

/// A restored file that a probe knows how to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The file's path.
    pub path: String,
    /// The name of the probe.
    pub probe: &'static str,
}

/// How long the stages took, by the caller's monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the call to the first byte of the encrypted object.
    pub first_byte: Duration,
    /// From the call to the last entry compared.
    pub restore: Duration,
}

/// Restores a backup into scratch and compares every entry with the manifest.
///
/// The ciphertext is read once, to its end. Files that the manifest promises, and only those, are
/// written, with mode 0600 in folders of 0700; modes and owners are compared and never set.
/// Plaintext whose age stream turns out to be cut off later has by then gone to scratch and
/// nowhere else. The progress counts ciphertext bytes.
///
/// # Errors
/// When the restore could not come to its end: [`RestoreError::cause`] tells faults of the backup
/// (truncated, tampered with, not for these identities) from those of the machinery (the source
/// or the scratch folder failed, cancelled).
pub fn restore(
    source: Box<dyn Read + Send + '_>,
    identities: &[Identity],
    manifest: &Manifest,
    scratch: &Scratch,
    limits: &Limits,
    watch: &Watch<'_>,
) -> Result<Restored, RestoreError> {
    let began = (watch.clock)();
    let writer = limits
        .allow(manifest)
        .and_then(|()| Writer::prepare(scratch, manifest).map_err(Cause::Scratch));
    let comparison =
        writer.and_then(|writer| Comparison::new(manifest, writer, watch).map_err(Cause::Scratch));
    let mut comparison = match comparison {
        Ok(comparison) => comparison,
        Err(cause) => return Err(RestoreError { cause, examined: 0 }),
    };
    let flow = Rc::new(RefCell::new(Flow::default()));
    let read = read_all(source, identities, manifest, limits, watch, &flow, &mut comparison);
    if let Err(error) = read {
        let cause = flow.borrow().explain(Cause::of(error), manifest);
        return Err(RestoreError { cause, examined: comparison.examined() });
    }
    let Flow { ciphertext, archive, first_byte, .. } = flow.take();
    let now = (watch.clock)();
    let timings = Timings {
        first_byte: first_byte.unwrap_or(now).saturating_sub(began),
        restore: now.saturating_sub(began),
    };
    let examined = comparison.examined();
    comparison
        .finish(ciphertext.measure(), archive.measure(), timings)
        .map_err(|error| RestoreError { cause: Cause::Scratch(error), examined })
}

/// Builds the layers and pulls everything through them.
fn read_all(
    source: Box<dyn Read + Send + '_>,
    identities: &[Identity],
    manifest: &Manifest,
    limits: &Limits,
    watch: &Watch<'_>,
    flow: &Rc<RefCell<Flow>>,
    comparison: &mut Comparison<'_>,
) -> io::Result<()> {
    let ciphertext = Ciphertext::new(source, manifest, watch, Rc::clone(flow));
    let decryptor =
        age::Decryptor::new_buffered(BufReader::new(ciphertext)).map_err(Cause::of_age)?;
    flow.borrow_mut().header_read = true;
    let identities = identities.iter().map(Identity::as_age);
    let decrypted = decryptor.decrypt(identities).map_err(Cause::of_age)?;
    let decrypted = Layer::new(decrypted, |_| Cause::NotAuthentic);

    let compression = manifest.facts.name.compression();
    let format = compression.format().ok_or(Cause::UnknownFormat)?;
    let window_log = limits.window_log;
    let of_zstd = move |error| Cause::of_zstd(error, window_log);
    let unpacked = (format.unpack)(Box::new(decrypted), window_log)
        .map_err(|error| Cause::recover(error, of_zstd))?;
    let unpacked = match compression {
        Compression::None => unpacked,
        Compression::Zstd => Box::new(Layer::new(unpacked, of_zstd)),
    };
    let plaintext = Plaintext::new(unpacked, manifest, limits, watch, Rc::clone(flow));

    let mut archive = TarArchive::new(plaintext);
    let mut members: u64 = 0;
    while let Some(member) = archive.next_entry()? {
        members = members.saturating_add(1);
        if members > limits.entries {
            return Err(Cause::OverLimit { what: "entries", limit: limits.entries }.into());
        }
        comparison.member(member, &mut archive)?;
    }
    if flow.borrow().at_end { Ok(()) } else { Err(Cause::NotReadToTheEnd.into()) }
}

#[cfg(test)]
mod tests;
