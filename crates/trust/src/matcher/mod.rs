//! What names are compared with. Three kinds of pattern, because three kinds of name have to be told
//! apart, each by what its star stops at:
//!
//! - [`Glob`], for branches, tags and paths: `*` stops at `/`, and `**` does not;
//! - [`Matcher`], for identities, issuers and builders: `*` stops at `/` and `@`, and `**` does not;
//! - [`PatternList`], for principals, as OpenSSH reads it: `*` stops nowhere.
//!
//! Layouts of in-toto have a fourth, Python's `fnmatch`, where `*` stops nowhere and sets exist.

mod path;
mod principals;
mod uri;

pub use path::{Glob, GlobError};
pub use principals::{PatternError, PatternList};
pub use uri::{Matcher, MatcherError};

/// Matches with one remembered star: at most `pattern` times `given` steps, whatever the pattern.
fn matches<T>(
    pattern: &[T],
    given: &[T],
    is_star: impl Fn(&T) -> bool,
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    let (mut rest, mut left) = (pattern, given);
    let mut star: Option<(&[T], &[T])> = None;
    loop {
        match (rest.split_first(), left.split_first()) {
            (Some((one, after)), _) if is_star(one) => {
                star = Some((after, left));
                rest = after;
            }
            (Some((one, after)), Some((other, others))) if equal(one, other) => {
                (rest, left) = (after, others);
            }
            (None, None) => return true,
            _ => {
                // The last star takes one more, if there is one.
                let Some((after, taken)) = star else { return false };
                let Some((_, others)) = taken.split_first() else { return false };
                star = Some((after, others));
                (rest, left) = (after, others);
            }
        }
    }
}
