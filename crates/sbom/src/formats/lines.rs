use super::FormatError;
use crate::text::shown;
use beleg_model::Location;
use serde::de::DeserializeOwned;

/// Turns byte offsets into line numbers.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after_newline = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        Self { starts: std::iter::once(0).chain(after_newline).collect() }
    }

    /// Returns the line of a byte offset, counted from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

/// Reads TOML; an error names its line.
pub(super) fn parse_toml<T: DeserializeOwned>(
    path: &str,
    text: &str,
    lines: &Lines,
) -> Result<T, FormatError> {
    toml::from_str(text).map_err(|error| FormatError::Malformed {
        location: match error.span() {
            Some(span) => Location::line(path, lines.line(span.start)),
            None => Location::from(path),
        },
        why: shown(error.message()),
    })
}
