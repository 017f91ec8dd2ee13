/// What is looked for within files that nobody wants by their names. One such file is held at a time,
/// and what is kept of it counts among what is held.
#[derive(Clone, Copy)]
pub struct Within<'a> {
    /// The sizes of files that are looked into, in bytes. One that is larger and begins as it should
    /// is [`Unread`](crate::Unread).
    pub sizes: (u64, u64),
    /// Says by the first bytes of a file, [`HEAD`] of them at most, whether it is to be read.
    pub begins: &'a dyn Fn(&[u8]) -> bool,
    /// Returns what is kept of a file's bytes; nothing of one without what is looked for.
    pub distil: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
}

/// How many of a file's first bytes tell whether it is to be read.
pub const HEAD: u64 = 64;

/// Looks into no file.
pub(crate) const NOTHING: Within<'static> =
    Within { sizes: (u64::MAX, 0), begins: &|_| false, distil: &|_| None };
