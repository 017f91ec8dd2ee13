use super::Cause;
use crate::beneath::Beneath;
use crate::manifest::EntryKind;
use crate::measure::Tally;
use crate::probes::{HEAD, PROBES};
use crate::{Manifest, Measure, Scratch, Watch};
use std::io::{self, Read, Write};

const BUFFER: usize = 64 << 10;

/// Writes promised entries into scratch, and nowhere else.
pub(super) struct Writer {
    folder: Beneath,
    buffer: Vec<u8>,
}

/// A file that was written.
pub(super) struct Written {
    pub(super) measure: Measure,
    /// The probes that know the file by its first bytes.
    pub(super) probes: Vec<&'static str>,
}

impl Writer {
    /// Makes every folder that the signed manifest promises, so that what comes from the archive
    /// never decides where something is written.
    pub(super) fn prepare(scratch: &Scratch, manifest: &Manifest) -> io::Result<Self> {
        let folder = Beneath::open(scratch.folder())?;
        if !folder.names("")?.is_empty() {
            return Err(io::Error::other("the scratch folder has been used before"));
        }
        for entry in manifest.entries.iter() {
            let entry = entry?;
            if entry.kind == EntryKind::Directory {
                folder.create_folder(&entry.path)?;
            }
        }
        Ok(Self { folder, buffer: vec![0; BUFFER] })
    }

    pub(super) fn link(&self, path: &str, target: &str) -> io::Result<()> {
        self.folder.create_link(target, path)
    }

    /// Gives a restored file its further name. A first name that was not restored is no fault of
    /// the scratch folder.
    pub(super) fn hard_link(&self, first: &str, path: &str) -> io::Result<bool> {
        match self.folder.create_hard_link(first, path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            other => other.map(|()| true),
        }
    }

    pub(super) fn file(
        &mut self,
        path: &str,
        content: &mut dyn Read,
        watch: &Watch<'_>,
    ) -> io::Result<Written> {
        let mut file = self.folder.create_file(path).map_err(Cause::Scratch)?;
        let mut tally = Tally::default();
        let mut head = Vec::with_capacity(HEAD);
        loop {
            if (watch.cancelled)() {
                return Err(Cause::Cancelled.into());
            }
            let count = content.read(&mut self.buffer)?;
            let bytes = self.buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            let wanted = HEAD.saturating_sub(head.len());
            head.extend(bytes.iter().take(wanted));
            tally.add(bytes);
            file.write_all(bytes).map_err(Cause::Scratch)?;
        }
        let probes = PROBES.iter().filter(|probe| probe.recognises(path, &head));
        Ok(Written { measure: tally.measure(), probes: probes.map(|probe| probe.name()).collect() })
    }
}
