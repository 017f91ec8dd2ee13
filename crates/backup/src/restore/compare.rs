use super::folded::Folded;
use super::writer::Writer;
use super::{Cause, Difference, Recognised, Remark, Restored, Timings};
use crate::formats::{Member, MemberKind};
use crate::manifest::{Entry, EntryKind};
use crate::{Manifest, Measure, Refusal, Watch, paths};
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
    /// Where the archive should go on: its order is the manifest's.
    next: usize,
    folded: Folded,
    differences: Vec<Difference>,
    remarks: Vec<Remark>,
    recognised: Vec<Recognised>,
    equal: u64,
    written: u64,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        manifest: &'a Manifest,
        writer: Writer,
        watch: &'a Watch<'a>,
    ) -> io::Result<Self> {
        let folded = Folded::new(&manifest.entries)?;
        let clashes = folded.clashes(&manifest.entries)?.into_iter();
        let mut remarks: Vec<Remark> =
            clashes.map(|(path, other)| Remark::CaseClash { path, other }).collect();
        if !manifest.keeps_owners()? {
            remarks.push(Remark::OwnersNotKept);
        }
        Ok(Self {
            manifest,
            writer,
            watch,
            came: vec![false; manifest.entries.len()],
            next: 0,
            folded,
            differences: Vec::new(),
            remarks,
            recognised: Vec::new(),
            equal: 0,
            written: 0,
        })
    }

    /// Returns how many of the manifest's entries have come.
    pub(super) fn examined(&self) -> u64 {
        self.came.iter().filter(|came| **came).count() as u64
    }

    /// Compares one entry of the archive, and writes it where it is the promised one.
    pub(super) fn member(&mut self, member: Member, content: &mut dyn Read) -> io::Result<()> {
        let stated = paths::text(&member.path);
        // Other writers put a slash after a folder's name.
        let path = match member.kind {
            MemberKind::Directory => stated.strip_suffix('/').unwrap_or(&stated).to_owned(),
            _ => stated.clone(),
        };
        let entries = &self.manifest.entries;
        let at = entries.find(&path, self.next).map_err(Cause::Scratch)?;
        let promised = match at {
            Some(at) => entries.get(at).map_err(Cause::Scratch)?,
            None => None,
        };
        if let Some(at) = at {
            self.next = at.saturating_add(1);
        }
        let came = at.and_then(|at| self.came.get_mut(at));
        let came_before = came.is_some_and(|came| std::mem::replace(came, true));
        let refusal = match self.refusal(&path, &member.kind, promised.as_ref(), came_before)? {
            // A promised path that is refused is not missing too.
            Some(refusal) => Some(Difference::Refused { path: cut(&stated), refusal }),
            None if promised.is_none() => Some(Difference::Extra { path: path.clone() }),
            None => None,
        };
        let promised = match (refusal, promised) {
            (Some(refusal), _) => {
                self.differences.push(refusal);
                return Ok(());
            }
            (None, None) => return Ok(()),
            (None, Some(promised)) => promised,
        };
        let promised = &promised;
        let before = self.differences.len();
        self.attributes(promised, &member);
        match (&promised.kind, &member.kind) {
            (EntryKind::Directory, MemberKind::Directory) => (),
            (EntryKind::Symlink { target }, MemberKind::Symlink(found)) => {
                self.link(path, target, found)?;
            }
            (EntryKind::HardLink { target }, MemberKind::HardLink(found)) => {
                self.hard_link(path, target, found)?;
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
    ) -> io::Result<Restored> {
        let facts = &self.manifest.facts;
        if ciphertext.digest != facts.ciphertext.digest {
            let (promised, found) = (facts.ciphertext.digest.clone(), ciphertext.digest.clone());
            self.differences.push(Difference::Ciphertext { promised, found });
        }
        if archive.digest != facts.archive.digest {
            let (promised, found) = (facts.archive.digest.clone(), archive.digest.clone());
            self.differences.push(Difference::Archive { promised, found });
        }
        for (at, _) in self.came.iter().enumerate().filter(|(_, came)| !**came) {
            let missing = self.manifest.entries.get(at)?;
            let missing = missing.map(|entry| Difference::Missing { path: entry.path });
            self.differences.extend(missing);
        }
        self.differences.sort();
        self.remarks.sort();
        self.recognised.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Restored {
            entries: facts.entries,
            equal: self.equal,
            written: self.written,
            differences: self.differences,
            remarks: self.remarks,
            recognised: self.recognised,
            ciphertext,
            archive,
            timings,
        })
    }

    /// Says why an entry is not let in, by its path and kind.
    fn refusal(
        &self,
        path: &str,
        kind: &MemberKind,
        promised: Option<&Entry>,
        came_before: bool,
    ) -> io::Result<Option<Refusal>> {
        let is_promised_link =
            promised.is_some_and(|entry| matches!(entry.kind, EntryKind::HardLink { .. }));
        let by_kind = match kind {
            MemberKind::HardLink(_) if !is_promised_link => Some(Refusal::HardLink),
            MemberKind::Device => Some(Refusal::Device),
            MemberKind::Fifo => Some(Refusal::Fifo),
            MemberKind::Sparse => Some(Refusal::Sparse),
            MemberKind::Unknown(byte) => Some(Refusal::UnknownType(*byte)),
            _ => None,
        };
        if let Some(refusal) = by_kind.or_else(|| paths::check(path).err()) {
            return Ok(Some(refusal));
        }
        if came_before {
            return Ok(Some(Refusal::Duplicate));
        }
        if promised.is_some() {
            return Ok(None);
        }
        let entries = &self.manifest.entries;
        if self.folded.holds(path, entries).map_err(Cause::Scratch)? {
            return Ok(Some(Refusal::CaseClash));
        }
        let leaves = |target: &Vec<u8>| paths::link_leaves(path, &paths::text(target));
        let leaves = matches!(kind, MemberKind::Symlink(target) if leaves(target));
        Ok(leaves.then_some(Refusal::LinkLeavesFolder))
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
        if let Some(owner) =
            promised.owner.as_ref().filter(|owner| found.owner.as_ref() != Some(*owner))
        {
            let found = found.owner.as_ref().map_or("nobody's".to_owned(), ToString::to_string);
            let promised = owner.to_string();
            self.differences.push(Difference::Owner { path: path(), promised, found });
        }
    }

    fn link(&mut self, path: String, promised: &str, found: &[u8]) -> io::Result<()> {
        let found = paths::text(found);
        if promised != found {
            let (promised, found) = (promised.to_owned(), cut(&found));
            self.differences.push(Difference::Target { path, promised, found });
        } else if paths::link_leaves(&path, promised) {
            self.remarks.push(Remark::LinkLeaves { path, target: promised.to_owned() });
        } else {
            self.writer.link(&path, promised).map_err(Cause::Scratch)?;
        }
        Ok(())
    }

    fn hard_link(&mut self, path: String, promised: &str, found: &[u8]) -> io::Result<()> {
        let found = paths::text(found);
        let is_made =
            promised == found && self.writer.hard_link(promised, &path).map_err(Cause::Scratch)?;
        if !is_made {
            let (promised, found) = (promised.to_owned(), cut(&found));
            self.differences.push(Difference::FirstName { path, promised, found });
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
        MemberKind::HardLink(_) => "hard link",
        _ => "other",
    }
}

/// Returns what is kept of a text that nobody signed.
fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
