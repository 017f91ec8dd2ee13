use super::{BomError, Limits};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Refuses what is too large, too deep, or has one of its outermost keys twice.
pub(crate) fn check_json(bytes: &[u8], limits: &Limits) -> Result<(), BomError> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.bytes.0 {
        return Err(BomError::TooLarge { limit: limits.bytes });
    }
    check_shape(bytes, limits)?;
    check_top_level_keys(bytes)
}

/// Counts objects, values and depth before anything is allocated for them: a file of `{},{},…`
/// would otherwise take a hundred times its size in memory. Counting needs no valid JSON; what
/// is not valid is refused by the parser afterwards.
fn check_shape(bytes: &[u8], limits: &Limits) -> Result<(), BomError> {
    let (mut objects, mut values, mut depth) = (0usize, 0usize, 0usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                values = values.saturating_add(1);
                objects = objects.saturating_add(usize::from(*byte == b'{'));
                if depth > limits.depth {
                    return Err(BomError::TooDeep { limit: limits.depth });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => values = values.saturating_add(1),
            _ => {}
        }
    }
    if objects > limits.objects || values > limits.values {
        return Err(BomError::TooManyValues { objects: limits.objects, values: limits.values });
    }
    Ok(())
}

/// Refuses a document whose outermost object has a key twice: parsers disagree which one holds,
/// so that a person and a program would see two different documents.
fn check_top_level_keys(bytes: &[u8]) -> Result<(), BomError> {
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let doubled = parser.deserialize_map(Keys).map_err(BomError::Malformed)?;
    match doubled {
        Some(key) => Err(BomError::DoubledKey { key }),
        None => Ok(()),
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = BTreeSet::new();
        let mut doubled = None;
        while let Some((key, _)) = map.next_entry::<String, IgnoredAny>()? {
            if seen.contains(&key) {
                doubled = doubled.or(Some(key));
            } else {
                seen.insert(key);
            }
        }
        Ok(doubled)
    }
}
