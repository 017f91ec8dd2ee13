use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::entry::{Entry, EntryError};
use crate::time::Tail;
use beleg_dsse::Verifier;

/// The most entries one append may have.
pub const MAX_BATCH: usize = 4096;
/// The most bytes an append record may have: 64 MiB.
pub const MAX_RECORD: usize = 64 << 20;
/// The folder of the append records.
pub(crate) const FOLDER: &str = "append/";

/// One append: the entries that follow on a certain size, and the checkpoint they lead to. As an
/// object it is text: the signed note, an empty line, and a line for each entry.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) start: u64,
    pub(crate) checkpoint: Checkpoint,
    /// The signed note as it stands in the record.
    pub(crate) note: Vec<u8>,
    /// The entries' bytes, and what they say.
    pub(crate) leaves: Vec<Vec<u8>>,
    pub(crate) entries: Vec<Entry>,
}

/// Says why an append record was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// More than [`MAX_RECORD`] bytes or [`MAX_BATCH`] entries.
    #[error("the append is larger than {MAX_RECORD} bytes or {MAX_BATCH} entries")]
    TooLarge,
    /// The bytes are no append record.
    #[error("the append record is malformed: {0}")]
    Malformed(&'static str),
    /// Its checkpoint was refused.
    #[error("the checkpoint in the append record was refused")]
    Checkpoint(#[from] CheckpointError),
    /// One of its entries was refused.
    #[error("entry {index} in the append record was refused")]
    Entry {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: EntryError,
    },
    /// The checkpoint's size is not that of the tree with the entries.
    #[error("the checkpoint in the append record says {says} entries, but it leads to {leads}")]
    Size {
        /// What the checkpoint says.
        says: u64,
        /// How many there are with the record's entries.
        leads: u64,
    },
    /// The tree with the entries has another root.
    #[error("the entries do not lead to the root that the append record signs")]
    Root,
    /// An entry does not say where the clock last went back.
    #[error("entry {0} hides that it is older than an entry before it, or says so wrongly")]
    Time(u64),
    /// An erasure names an entry without a payload.
    #[error("entry {0} has no payload that could be erased")]
    NothingToErase(u64),
}

impl Record {
    /// Returns where the append that follows on `size` entries is stored.
    pub(crate) fn path(size: u64) -> String {
        format!("{FOLDER}{size:020}")
    }

    /// Reads a path back.
    pub(crate) fn parse_path(path: &str) -> Option<u64> {
        let size = path.strip_prefix(FOLDER)?.parse().ok()?;
        (Self::path(size) == path).then_some(size)
    }

    /// Writes the record.
    pub(crate) fn encode(note: &str, leaves: &[Vec<u8>]) -> Result<Vec<u8>, RecordError> {
        let mut bytes = format!("{note}\n").into_bytes();
        for leaf in leaves {
            bytes.extend_from_slice(leaf);
            bytes.push(b'\n');
        }
        let fits = leaves.len() <= MAX_BATCH && bytes.len() <= MAX_RECORD;
        if fits { Ok(bytes) } else { Err(RecordError::TooLarge) }
    }

    /// Reads the record that follows on `start` entries. Whether its root is right can only be
    /// told beside the tree.
    pub(crate) fn parse(
        bytes: &[u8],
        start: u64,
        verifier: &Verifier,
    ) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLarge);
        }
        let (note, lines) = split(bytes).ok_or(RecordError::Malformed("no checkpoint"))?;
        let checkpoint = Checkpoint::verify(note, verifier)?;
        let lines = lines
            .strip_suffix(b"\n")
            .ok_or(RecordError::Malformed("it does not end with a whole entry"))?;
        let (mut leaves, mut entries) = (Vec::new(), Vec::new());
        for (index, line) in (start..).zip(lines.split(|byte| *byte == b'\n')) {
            if leaves.len() >= MAX_BATCH {
                return Err(RecordError::TooLarge);
            }
            let refuse = |source| RecordError::Entry { index, source };
            let entry = Entry::parse(line).map_err(refuse)?;
            entry.check_place(index).map_err(refuse)?;
            leaves.push(line.to_vec());
            entries.push(entry);
        }
        let leads = start.saturating_add(u64::try_from(leaves.len()).unwrap_or(u64::MAX));
        if checkpoint.size != leads {
            return Err(RecordError::Size { says: checkpoint.size, leads });
        }
        Ok(Self { start, checkpoint, note: note.to_vec(), leaves, entries })
    }

    /// Checks that every entry says where the clock last went back, from `before` on.
    pub(crate) fn check_times(&self, before: Option<Tail>) -> Result<(), RecordError> {
        let mut before = before;
        for (index, entry) in (self.start..).zip(&self.entries) {
            let tail = Tail::of(entry);
            if !tail.follows(before, index) {
                return Err(RecordError::Time(index));
            }
            before = Some(tail);
        }
        Ok(())
    }
}

/// Splits at the empty line after the signatures, which is the second one.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = |from: usize| {
        let rest = bytes.get(from..)?;
        let at = rest.windows(2).position(|pair| pair == b"\n\n")?;
        from.checked_add(at)?.checked_add(1)
    };
    let end = blank(blank(0)?.checked_add(1)?)?;
    Some((bytes.get(..end)?, bytes.get(end.checked_add(1)?..)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::merkle;
    use beleg_dsse::Signer;
    use jiff::Timestamp;
    use proptest::prelude::*;

    const START: u64 = 7;

    fn signer() -> Signer {
        Signer::from_seed("beleg.example/log", [3; 32]).unwrap()
    }

    /// Two erasures behind `START` entries; whether the root is right is not the record's affair.
    fn record(size: u64, times: [i64; 2], erased: u64) -> Vec<u8> {
        let checkpoint =
            Checkpoint { origin: "beleg.example/log".to_owned(), size, root: merkle::empty_root() };
        let leaf = |second| {
            let time = Timestamp::from_second(second).unwrap();
            let reason = "r".to_owned();
            Entry::Erased { time, index: erased, reason, jump: None }.encode().unwrap()
        };
        Record::encode(&checkpoint.sign(&signer()), &times.map(leaf)).unwrap()
    }

    fn parse(bytes: &[u8]) -> Result<Record, RecordError> {
        Record::parse(bytes, START, signer().verifier())
    }

    #[test]
    fn a_record_reads_back_as_written() {
        let bytes = record(9, [1, 2], 0);
        let read = parse(&bytes).unwrap();
        assert_eq!((read.start, read.checkpoint.size, read.entries.len()), (7, 9, 2));
        let note = String::from_utf8(read.note.clone()).unwrap();
        assert_eq!(Record::encode(&note, &read.leaves).unwrap(), bytes);
        assert_eq!(Record::parse_path(&Record::path(START)), Some(START));
        assert_eq!(Record::parse_path("append/7"), None);
    }

    #[test]
    fn records_that_contradict_themselves_are_refused() {
        let refuse = |bytes: &[u8]| parse(bytes).unwrap_err();
        assert!(matches!(refuse(&record(10, [1, 2], 0)), RecordError::Size { says: 10, leads: 9 }));
        assert!(matches!(refuse(&record(9, [1, 2], 7)), RecordError::Entry { index: 7, .. }));
        let cut = record(9, [1, 2], 0);
        let (_, cut) = cut.split_last().unwrap();
        assert!(matches!(refuse(cut), RecordError::Malformed(_)));
        let lines = record(9, [1, 2], 0);
        let more = [lines.as_slice(), b"\n"].concat();
        assert!(matches!(refuse(&more), RecordError::Entry { index: 9, .. }));
        let backwards = parse(&record(9, [2, 1], 0)).unwrap();
        assert!(matches!(backwards.check_times(None), Err(RecordError::Time(8))));
        let late = parse(&record(9, [1, 2], 0)).unwrap();
        let time = Timestamp::from_second(2).unwrap();
        let before = Some(Tail { time, jump: None });
        assert!(matches!(late.check_times(before), Err(RecordError::Time(7))));
    }

    proptest! {
        #[test]
        fn arbitrary_and_mutated_input_never_panics(
            bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            prop_assert!(parse(&bytes).is_err());
            let good = record(9, [1, 2], 0);
            let mut mutated = good.clone();
            *at.get_mut(&mut mutated) = byte;
            // The entries are told by the root only, which is not looked at here.
            let _ = parse(&mutated);
        }
    }
}
