/// What is looked for within files that nobody wants by their names. One such file is held at a time,
/// and what is kept of it counts among what is held.
#[derive(Clone, Copy)]
pub struct Within<'a> {
    /// The most bytes of a file that is looked into. One that is larger and begins as it should is
    /// [`Unread`](crate::Unread).
    pub most: u64,
    /// Says by the first bytes of a file, [`HEAD`] of them at most, and its size whether it is to be
    /// read.
    pub begins: &'a dyn Fn(&[u8], u64) -> bool,
    /// Returns what is kept of a file.
    pub distil: Distil<'a>,
}

/// Returns what is kept of a file's bytes by its path; nothing of one without what is looked for.
pub type Distil<'a> = &'a dyn Fn(&str, &[u8]) -> Option<Vec<u8>>;

/// How many of a file's first bytes tell whether it is to be read.
pub const HEAD: u64 = 64;

/// Looks into no file.
pub(crate) const NOTHING: Within<'static> =
    Within { most: 0, begins: &|_, _| false, distil: &|_, _| None };
