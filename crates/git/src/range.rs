use super::objects::Objects;
use super::revision::{self, Resolved};
use crate::GitError;

/// A range whose ends have been resolved to commits, once.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) head: Resolved,
    pub(crate) base: Option<Resolved>,
}

impl Range {
    /// Resolves `A..B`, `A..` (to HEAD), `..B` (from HEAD) or `B` (its whole history).
    pub(crate) fn resolve(objects: &Objects, text: &str) -> Result<Self, GitError> {
        let (base, head) = ends(text)?;
        let base = base.map(|base| revision::resolve(objects, base)).transpose()?;
        Ok(Self { head: revision::resolve(objects, head)?, base })
    }
}

/// Splits a range into its ends; an end that is left out is HEAD.
fn ends(text: &str) -> Result<(Option<&str>, &str), GitError> {
    let refuse = |why| GitError::Range { range: beleg_model::text::shown(text.as_bytes()), why };
    if text.contains("...") {
        return Err(refuse("a symmetric difference has no start"));
    }
    let (base, head) = match text.split_once("..") {
        Some((base, head)) => (Some(or_head(base)), or_head(head)),
        None => (None, text),
    };
    for end in base.into_iter().chain([head]) {
        if end.is_empty() {
            return Err(refuse("it is empty"));
        }
        if end.contains("..") {
            return Err(refuse("it has more than two ends"));
        }
        if end.starts_with('-') {
            return Err(refuse("an end begins with `-`"));
        }
    }
    Ok((base, head))
}

fn or_head(end: &str) -> &str {
    if end.is_empty() { "HEAD" } else { end }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn every_form_is_split() {
        assert_eq!(ends("a..b").unwrap(), (Some("a"), "b"));
        assert_eq!(ends("a..").unwrap(), (Some("a"), "HEAD"));
        assert_eq!(ends("..b").unwrap(), (Some("HEAD"), "b"));
        assert_eq!(ends("main").unwrap(), (None, "main"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "a...b", "a..b..c", "--all", "a..-b"] {
            assert!(matches!(ends(text), Err(GitError::Range { .. })), "{text}");
        }
    }
}
