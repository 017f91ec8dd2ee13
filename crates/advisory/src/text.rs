//! Text from advisories on its way to people: one line, no control characters, bounded as here.

pub(crate) use beleg_model::text::one_line;

/// The most characters of a summary that are kept.
pub(crate) const MAX_SUMMARY: usize = 240;
/// The most characters of a path, name or version that are shown.
pub(crate) const MAX_SHOWN: usize = 200;

/// Returns `text` as it may stand in a message, cut to [`MAX_SHOWN`] characters.
pub(crate) fn shown(text: &str) -> String {
    one_line(text, MAX_SHOWN)
}
