use serde::{Deserialize, Serialize};
use std::fmt;

/// Says what a check has shown. The order is by how bad it is: `Pass < Unknown < Fail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that was expected was examined, and nothing was wrong.
    Pass,
    /// Something could not be examined, and nothing examined was wrong.
    Unknown,
    /// Something examined was wrong.
    Fail,
}

impl Verdict {
    /// Returns the worst of `verdicts`. Nothing examined is `Unknown`, never `Pass`.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Unknown)
    }

    /// Returns the word that reports and JSON use: `pass`, `unknown` or `fail`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Fail, Pass, Unknown};

    #[test]
    fn the_worst_verdict_wins() {
        assert_eq!(Verdict::worst([Pass, Fail, Unknown]), Fail);
        assert_eq!(Verdict::worst([Pass, Unknown, Pass]), Unknown);
        assert_eq!(Verdict::worst([Pass, Pass]), Pass);
    }

    #[test]
    fn nothing_examined_is_unknown_not_pass() {
        assert_eq!(Verdict::worst([]), Unknown);
    }
}
