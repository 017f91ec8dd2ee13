use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A number of bytes. Reads `150 MiB`, `1GB`, `4096`; shows itself in binary units.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ByteCount(pub u64);

/// Says why a text is no byte count.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
#[error("`{text}` is not a byte count such as `4096`, `64 KiB` or `2 GB`")]
pub struct ByteCountError {
    text: String,
}

const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

impl ByteCount {
    /// Counts mebibytes.
    #[must_use]
    pub const fn mebibytes(count: u64) -> Self {
        Self(count.saturating_mul(1 << 20))
    }
}

impl FromStr for ByteCount {
    type Err = ByteCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ByteCountError { text: text.chars().take(100).collect() };
        let trimmed = text.trim();
        let (number, factor) = UNITS
            .iter()
            .find_map(|(unit, factor)| trimmed.strip_suffix(unit).map(|number| (number, *factor)))
            .unwrap_or((trimmed.strip_suffix('B').unwrap_or(trimmed), 1));
        let number: u64 = number.trim().parse().map_err(|_| refuse())?;
        number.checked_mul(factor).map(Self).ok_or_else(refuse)
    }
}

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = UNITS.iter().take(4).rev().find(|(_, factor)| self.0 >= *factor);
        match shown {
            #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
            Some((unit, factor)) => write!(f, "{:.1} {unit}", self.0 as f64 / *factor as f64),
            None => write!(f, "{} B", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        for (text, bytes) in
            [("4096", 4096), ("64 KiB", 65_536), ("2GB", 2_000_000_000), ("7 B", 7)]
        {
            assert_eq!(text.parse(), Ok(ByteCount(bytes)));
        }
    }

    #[test]
    fn nonsense_and_overflow_are_refused() {
        for text in ["", "-1", "1.5 MiB", "many", "99999999999999 TiB"] {
            assert!(text.parse::<ByteCount>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_is_shown_in_its_unit() {
        assert_eq!(ByteCount(512).to_string(), "512 B");
        assert_eq!(ByteCount::mebibytes(150).to_string(), "150.0 MiB");
    }
}
