//! How two spellings of one name are brought together.

use std::borrow::Cow;

/// Names are what they are, letter by letter.
pub(crate) fn same_name(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(name)
}

/// Names have no case.
pub(crate) fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// crates.io refuses a name that differs from another only in case or in `-` against `_`, so that
/// folding them can invent no match.
pub(crate) fn crate_name(name: &str) -> Cow<'_, str> {
    Cow::Owned(name.to_ascii_lowercase().replace('_', "-"))
}

/// Names without case, in which runs of `-`, `_` and `.` are one `-` (PEP 503).
pub(crate) fn normalized_name(name: &str) -> Cow<'_, str> {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(['-', '_', '.']).filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join("-"))
}
