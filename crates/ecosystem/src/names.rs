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

/// Normalizes the name of a Python project (PEP 503, section "Normalized Names"): lower case, and
/// runs of `-`, `_` and `.` become one `-`.
#[must_use]
pub fn normalized_name(name: &str) -> Cow<'_, str> {
    let mut normalized = String::with_capacity(name.len());
    for character in name.trim().chars() {
        if !matches!(character, '-' | '_' | '.') {
            normalized.push(character.to_ascii_lowercase());
        } else if !normalized.ends_with('-') {
            normalized.push('-');
        }
    }
    Cow::Owned(normalized)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_are_normalized_as_the_index_does() {
        for name in
            ["Flask-SQLAlchemy", "flask_sqlalchemy", "flask.SQLalchemy", "Flask-_.SQLAlchemy"]
        {
            assert_eq!(normalized_name(name), "flask-sqlalchemy");
        }
    }
}
