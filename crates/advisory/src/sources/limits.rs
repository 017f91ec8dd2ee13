use beleg_model::ByteCount;

/// The most bytes an archive may have: 2 GiB. OSV's largest is below 1 GiB.
pub const MAX_ARCHIVE: ByteCount = ByteCount::mebibytes(2 << 10);
/// The most bytes a record may have when unpacked: 4 MiB.
pub const MAX_RECORD: ByteCount = ByteCount::mebibytes(4);
/// The most bytes all records may have when unpacked: 4 GiB.
pub const MAX_TOTAL: ByteCount = ByteCount::mebibytes(4 << 10);
/// The most bytes of headers, long names and padding between two records of a tar: 1 MiB.
pub const MAX_BETWEEN_RECORDS: ByteCount = ByteCount::mebibytes(1);
/// The most records of a source, read or not: two million.
pub const MAX_RECORDS: u64 = 2_000_000;
/// The most records that may be unreadable before the source as a whole is: ten thousand.
pub const MAX_LEFT_OUT: u64 = 10_000;

/// The limits a source is read under.
///
/// JSON may be nested 128 deep (serde_json's own limit), TOML 80 deep (the toml crate's).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of the archive itself, by default [`MAX_ARCHIVE`].
    pub archive: ByteCount,
    /// The most bytes of one unpacked record, by default [`MAX_RECORD`].
    pub record: ByteCount,
    /// The most bytes of everything unpacked, by default [`MAX_TOTAL`].
    pub total: ByteCount,
    /// The most records, by default [`MAX_RECORDS`].
    pub records: u64,
    /// The most unreadable records, by default [`MAX_LEFT_OUT`].
    pub left_out: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive: MAX_ARCHIVE,
            record: MAX_RECORD,
            total: MAX_TOTAL,
            records: MAX_RECORDS,
            left_out: MAX_LEFT_OUT,
        }
    }
}
