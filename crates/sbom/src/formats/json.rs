//! JSON lockfiles whose members know their lines.
//!
//! What is doubled is refused: readers differ on which of two members of one name counts.

use super::lines::Lines;
use super::{FormatError, text_within};
use crate::text::shown;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// The text of a JSON file, in which parts know their lines.
pub(super) struct JsonFile<'a> {
    path: &'a str,
    text: &'a str,
    lines: Lines,
}

/// A part of a [`JsonFile`] that is not yet read.
#[derive(Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct Raw<'a>(#[serde(borrow)] &'a RawValue);

/// The members of an object in the order of the file, none doubled.
pub(super) struct Members<'a, V>(pub(super) Vec<(String, V)>, PhantomData<&'a ()>);

impl<'a> JsonFile<'a> {
    /// Takes the file at `path`, of at most `limit` bytes.
    pub(super) fn of(path: &'a str, bytes: &'a [u8], limit: u64) -> Result<Self, FormatError> {
        let text = text_within(path, bytes, limit)?;
        Ok(Self { path, text, lines: Lines::of(text) })
    }

    /// Reads the whole file.
    pub(super) fn read<T: Deserialize<'a>>(&self) -> Result<T, FormatError> {
        serde_json::from_str(self.text).map_err(|error| {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
            FormatError::at_line(self.path, line.max(1), shown(&error.to_string()))
        })
    }

    /// Returns the line on which a part begins, counted from 1.
    pub(super) fn line(&self, part: Raw<'_>) -> u32 {
        let whole = self.text.as_bytes().as_ptr_range();
        let start = part.0.get().as_ptr();
        if !whole.contains(&start) {
            return 1;
        }
        self.lines.line(start.addr().saturating_sub(whole.start.addr()))
    }
}

impl<'a> Raw<'a> {
    /// Reads the part, or says why it is not what was expected.
    pub(super) fn read<T: Deserialize<'a>>(self) -> Result<T, String> {
        serde_json::from_str(self.0.get()).map_err(|error| {
            let text = error.to_string();
            // The place within the part would be taken for one in the file.
            let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
            shown(why)
        })
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Members<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor(PhantomData)).map(|all| Self(all, PhantomData))
    }
}

impl<V> Default for Members<'_, V> {
    fn default() -> Self {
        Self(Vec::new(), PhantomData)
    }
}

struct MembersVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for MembersVisitor<V> {
    type Value = Vec<(String, V)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        let mut names = BTreeSet::new();
        while let Some((name, value)) = map.next_entry::<String, V>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format!(
                    "the member `{}` is there twice",
                    shown(&name)
                )));
            }
            members.push((name, value));
        }
        Ok(members)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn members_know_their_lines_and_are_there_once() {
        let bytes = b"{\n \"a\": 1,\n \"b\": {\n  \"c\": \"x\"}}";
        let file = JsonFile::of("a.json", bytes, 100).unwrap();
        let Members(members, _) = file.read::<Members<'_, Raw<'_>>>().unwrap();
        let lines: Vec<_> = members.iter().map(|(name, raw)| (&**name, file.line(*raw))).collect();
        assert_eq!(lines, [("a", 2), ("b", 3)]);
        let doubled = JsonFile::of("a.json", b"{\"a\": 1,\n\"a\": 2}", 100).unwrap();
        let refused = doubled.read::<Members<'_, Raw<'_>>>().err().unwrap().to_string();
        assert!(
            refused.contains("`a` is there twice") && refused.contains("a.json:2"),
            "{refused}"
        );
    }
}
