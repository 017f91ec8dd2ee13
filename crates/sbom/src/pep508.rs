/// The longest name or version that is read, in bytes.
const MAX_WORD: usize = 255;

/// Says whether `name` can name a Python project (PEP 508, section "Names").
pub(crate) fn is_project_name(name: &str) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric();
    name.len() <= MAX_WORD
        && name.as_bytes().first().is_some_and(letter)
        && name.as_bytes().last().is_some_and(letter)
        && name.bytes().all(|byte| letter(&byte) || matches!(byte, b'-' | b'_' | b'.'))
}

/// Says whether `version` has only characters that a version of PEP 440 can have.
pub(crate) fn is_version(version: &str) -> bool {
    (1..=MAX_WORD).contains(&version.len())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!+-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_projects_begin_and_end_with_letters_or_digits() {
        for name in ["a", "zope.interface", "A-b_c.9"] {
            assert!(is_project_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a b", "a/b", "ä", "../a"] {
            assert!(!is_project_name(name), "{name}");
        }
    }
}
