pub(crate) use beleg_model::chain;
use std::error::Error;
use std::fmt;

/// Something that is wrong with a ledger or a pack: which object, and what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The object's path in the storage, the member's name in a pack, or
    /// `zip structure at offset N`.
    pub path: String,
    /// What is wrong with it, as a sentence without a full stop.
    pub what: String,
}

/// The most problems that one report lists; a last one says that there are more.
pub const MAX_PROBLEMS: usize = 10_000;

/// Gathers problems up to [`MAX_PROBLEMS`].
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, path: impl Into<String>, what: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem { path: path.into(), what: what.into() });
        } else if self.0.len() == MAX_PROBLEMS {
            let what =
                format!("there are more than {MAX_PROBLEMS} problems; the rest is not shown");
            self.0.push(Problem { path: path.into(), what });
        }
    }

    /// Adds an error with everything that caused it.
    pub(crate) fn add_error(&mut self, path: impl Into<String>, error: &dyn Error) {
        self.add(path, chain(error));
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() > MAX_PROBLEMS
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.what)
    }
}
