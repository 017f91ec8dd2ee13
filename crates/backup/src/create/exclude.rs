use crate::paths;

const OPTIONS: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// What a backup leaves out because whoever makes it said so.
///
/// A pattern is compared with the path below the source folder, component by component: `*` and
/// `?` stand for characters within a name, `**` for any number of folders. One that matches a
/// folder leaves out everything in it.
#[derive(Clone, Debug)]
pub struct Exclusion(glob::Pattern);

/// Says why a pattern is none.
#[derive(Debug, thiserror::Error)]
#[error("`{pattern}` is no pattern: {why}")]
pub struct PatternError {
    pattern: String,
    why: &'static str,
}

impl Exclusion {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it could never match: it is malformed, absolute, or has `.` or `..` in it.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let refuse = |why| PatternError { pattern: pattern.to_owned(), why };
        let plain = pattern.strip_suffix('/').unwrap_or(pattern);
        if paths::check(plain).is_err() {
            return Err(refuse("it must be a path below the source folder"));
        }
        glob::Pattern::new(plain).map(Self).map_err(|error| refuse(error.msg))
    }

    /// Says whether the pattern leaves out a path below the source folder, itself or with a folder
    /// that it is in.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| path.get(..end)).any(|path| self.0.matches_with(path, OPTIONS))
    }

    /// Returns the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Patterns, and which of them have matched.
pub(super) struct Exclusions<'s> {
    patterns: &'s [Exclusion],
    used: Vec<bool>,
}

impl<'s> Exclusions<'s> {
    pub(super) fn new(patterns: &'s [Exclusion]) -> Self {
        Self { patterns, used: vec![false; patterns.len()] }
    }

    pub(super) fn matches(&mut self, path: &str) -> bool {
        let path = paths::shown(path);
        let mut found = false;
        for (pattern, used) in self.patterns.iter().zip(&mut self.used) {
            if pattern.0.matches_with(&path, OPTIONS) {
                (found, *used) = (true, true);
            }
        }
        found
    }

    /// Returns the patterns that matched nothing: they may be misspelt.
    pub(super) fn unused(&self) -> Vec<String> {
        let unused = self.patterns.iter().zip(&self.used).filter(|(_, used)| !**used);
        unused.map(|(pattern, _)| pattern.as_str().to_owned()).collect()
    }
}
