use super::writer::Writer;
use super::{Cause, Difference, Recognised, Remark, Restored, Timings};
use crate::formats::{Member, MemberKind};
use crate::manifest::{Entry, EntryKind};
use crate::{Manifest, Measure, Refusal, Watch, paths};
use std::collections::HashMap;
use std::io::{self, Read};

/// How much of a refused path is kept for showing.
const SHOWN: usize = 300;

/// Compares the archive's entries with the manifest's, one after the other.
pub(super) struct Comparison<'a> {
    manifest: &'a Manifest,
    writer: Writer,
    watch: &'a Watch<'a>,
    /// For each of the manifest's entries: whether it came.
    came: Vec<bool>,
    /// The manifest's paths in lower case, and their places.
    folded: HashMap<String, usize>,
    differences: Vec<Difference>,
    remarks: Vec<Remark>,
    recognised: Vec<Recognised>,
    equal: u64,
    written: u64,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(manifest: &'a Manifest, writer: Writer, watch: &'a Watch<'a>) -> Self {
        let mut folded: HashMap<String, usize> = HashMap::new();
        let mut remarks = Vec::new();
        for (entry, at) in manifest.entries.iter().zip(0..) {
            let other = folded
                .insert(entry.path.to_lowercase(), at)
                .and_then(|other| manifest.entries.get(other));
            if let Some(other) = other {
                let (path, other) = (other.path.clone(), entry.path.clone());
                remarks.push(Remark::CaseClash { path, other });
            }
        }
        Self {
            manifest,
            writer,
            watch,
            came: vec![false; manifest.entries.len()],
            folded,
            differences: Vec::new(),
            remarks,
            recognised: Vec::new(),
            equal: 0,
            written: 0,
        }
    }

    /// Returns how many of the manifest's entries have come.
    pub(super) fn examined(&self) -> u64 {
        self.came.iter().filter(|came| **came).count() as u64
    }

    /// Compares one entry of the archive, and writes it where it is the promised one.
    pub(super) fn member(&mut self, member: Member, content: &mut dyn Read) -> io::Result<()> {
        let (path, at) = match self.place(&member) {
            Ok(found) => found,
            Err(refusal) => {
                // A promised path that is refused is not missing too.
                let path = String::from_utf8_lossy(&member.path);
                if let Some(came) = self.manifest.find(&path).and_then(|at| self.came.get_mut(at)) {
                    *came = true;
                }
                let path = path.chars().take(SHOWN).collect();
                self.differences.push(Difference::Refused { path, refusal });
                return Ok(());
            }
        };
        let manifest = self.manifest;
        let Some(promised) = at.and_then(|at| manifest.entries.get(at)) else {
            self.differences.push(Difference::Extra { path });
            return Ok(());
        };
        let before = self.differences.len();
        self.attributes(promised, &member);
        match (&promised.kind, &member.kind) {
            (EntryKind::Directory, MemberKind::Directory) => (),
            (EntryKind::Symlink { target }, MemberKind::Symlink(found)) => {
                self.link(path, target, found)?;
            }
            (EntryKind::File { size, digest }, MemberKind::File) => {
                if size.0 == member.size {
                    let measured = self.file(&path, content)?;
                    if measured.digest != *digest {
                        let (promised, found) = (digest.clone(), measured.digest);
                        self.differences.push(Difference::Digest { path, promised, found });
                    }
                } else {
                    let (promised, found) = (size.0, member.size);
                    self.differences.push(Difference::Size { path, promised, found });
                }
            }
            (promised, found) => {
                let (promised, found) = (promised.word(), word(found));
                self.differences.push(Difference::Kind { path, promised, found });
            }
        }
        if self.differences.len() == before {
            self.equal = self.equal.saturating_add(1);
        }
        Ok(())
    }

    /// Adds what never came, and hands everything out.
    pub(super) fn finish(
        mut self,
        ciphertext: Measure,
        archive: Measure,
        timings: Timings,
    ) -> Restored {
        let facts = &self.manifest.facts;
        if ciphertext.digest != facts.ciphertext.digest {
            let (promised, found) = (facts.ciphertext.digest.clone(), ciphertext.digest.clone());
            self.differences.push(Difference::Ciphertext { promised, found });
        }
        if archive.digest != facts.archive.digest {
            let (promised, found) = (facts.archive.digest.clone(), archive.digest.clone());
            self.differences.push(Difference::Archive { promised, found });
        }
        for (entry, came) in self.manifest.entries.iter().zip(&self.came) {
            if !came {
                self.differences.push(Difference::Missing { path: entry.path.clone() });
            }
        }
        self.differences.sort();
        self.remarks.sort();
        self.recognised.sort_by(|a, b| a.path.cmp(&b.path));
        Restored {
            entries: facts.entries,
            equal: self.equal,
            written: self.written,
            differences: self.differences,
            remarks: self.remarks,
            recognised: self.recognised,
            ciphertext,
            archive,
            timings,
        }
    }

    /// Lets an entry in by its path and kind, and finds its place in the manifest.
    fn place(&mut self, member: &Member) -> Result<(String, Option<usize>), Refusal> {
        let refusal = match &member.kind {
            MemberKind::HardLink => Some(Refusal::HardLink),
            MemberKind::Device => Some(Refusal::Device),
            MemberKind::Fifo => Some(Refusal::Fifo),
            MemberKind::Sparse => Some(Refusal::Sparse),
            MemberKind::Unknown(byte) => Some(Refusal::UnknownType(*byte)),
            _ => None,
        };
        let path = std::str::from_utf8(&member.path).map_err(|_| Refusal::NotUtf8)?;
        // Other writers put a slash after a folder's name.
        let path = match member.kind {
            MemberKind::Directory => path.strip_suffix('/').unwrap_or(path),
            _ => path,
        };
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        paths::check(path)?;
        let at = self.manifest.find(path);
        match at.and_then(|at| self.came.get_mut(at)) {
            Some(came) => {
                if std::mem::replace(came, true) {
                    return Err(Refusal::Duplicate);
                }
            }
            None if self.folded.contains_key(&path.to_lowercase()) => {
                return Err(Refusal::CaseClash);
            }
            None => {
                if let MemberKind::Symlink(target) = &member.kind {
                    let target = std::str::from_utf8(target).map_err(|_| Refusal::NotUtf8)?;
                    if paths::link_leaves(path, target) {
                        return Err(Refusal::LinkLeavesFolder);
                    }
                }
            }
        }
        Ok((path.to_owned(), at))
    }

    fn attributes(&mut self, promised: &Entry, found: &Member) {
        let path = || promised.path.clone();
        if promised.mode != found.mode {
            let (promised, found) = (promised.mode, found.mode);
            self.differences.push(Difference::Mode { path: path(), promised, found });
        }
        if promised.modified != found.modified {
            let (promised, found) = (promised.modified, found.modified);
            self.differences.push(Difference::Modified { path: path(), promised, found });
        }
    }

    fn link(&mut self, path: String, promised: &str, found: &[u8]) -> io::Result<()> {
        if promised.as_bytes() != found {
            let found = String::from_utf8_lossy(found).chars().take(SHOWN).collect();
            let promised = promised.to_owned();
            self.differences.push(Difference::Target { path, promised, found });
        } else if paths::link_leaves(&path, promised) {
            self.remarks.push(Remark::LinkLeaves { path, target: promised.to_owned() });
        } else {
            self.writer.link(&path, promised).map_err(Cause::Scratch)?;
        }
        Ok(())
    }

    fn file(&mut self, path: &str, content: &mut dyn Read) -> io::Result<Measure> {
        let written = self.writer.file(path, content, self.watch)?;
        self.written = self.written.saturating_add(written.measure.size.0);
        let probes = written.probes.into_iter();
        self.recognised.extend(probes.map(|probe| Recognised { path: path.to_owned(), probe }));
        Ok(written.measure)
    }
}

fn word(kind: &MemberKind) -> &'static str {
    match kind {
        MemberKind::File => "file",
        MemberKind::Directory => "directory",
        MemberKind::Symlink(_) => "symlink",
        _ => "other",
    }
}
