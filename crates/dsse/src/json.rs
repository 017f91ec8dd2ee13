//! JSON that says one thing only (RFC 7493): no member twice, and where a signature covers a
//! canonical form, no number that readers round differently. Two readers that take different
//! duplicates would read different statements out of the same signed bytes.

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, de};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// Integers up to this are the same in every reader (RFC 7493, section 2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// How much of a document is read. Its bytes are the caller's to bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The deepest nesting; serde_json itself ends at 128.
    pub depth: usize,
    /// The most values, so that megabytes of brackets do not become gigabytes.
    pub values: usize,
    /// Refuses numbers that not every reader reads alike.
    pub exact_numbers: bool,
}

impl Limits {
    /// Those of bundles, statements and layouts: 64 levels, a million values.
    pub const DOCUMENT: Self = Self { depth: 64, values: 1_000_000, exact_numbers: false };
}

/// Reads one document and nothing behind it.
///
/// # Errors
/// When it is no JSON, or could be read in two ways.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, serde_json::Error> {
    let left = Cell::new(limits.values);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0, left: &left, limits }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Deserializes a [`Value`] and refuses what `Value` itself would let pass.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    left: &'a Cell<usize>,
    limits: &'a Limits,
}

impl Strict<'_> {
    fn deeper<E: de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > self.limits.depth {
            return Err(E::custom("it is nested too deeply"));
        }
        Ok(Self { depth, ..*self })
    }

    /// Refuses a number that readers round differently, where that matters.
    fn check<E: de::Error>(&self, is_exact: bool) -> Result<(), E> {
        if is_exact || !self.limits.exact_numbers {
            return Ok(());
        }
        Err(E::custom("a number is too large to be read alike everywhere"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom("it holds too many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.check(value.unsigned_abs() <= MAX_INTEGER)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.check(value <= MAX_INTEGER)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        // Exact: the limit is below 2 to the power of 53.
        self.check(value.abs() <= 9_007_199_254_740_991.0)?;
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("no finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(self.deeper()?)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(self.deeper()?)?;
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const EXACT: Limits = Limits { exact_numbers: true, ..Limits::DOCUMENT };

    #[test]
    fn what_two_readers_may_read_differently_is_refused() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"[{"b":{"a":1,"a":1}}]"#,
            r#""\ud800""#,
            "1e999",
            "{} {}",
            "{}x",
            "NaN",
            "",
        ] {
            assert!(parse(text.as_bytes(), &Limits::DOCUMENT).is_err(), "{text}");
        }
        for text in ["9007199254740993", "-9007199254740992", "1e300"] {
            assert!(parse(text.as_bytes(), &Limits::DOCUMENT).is_ok(), "{text}");
            assert!(parse(text.as_bytes(), &EXACT).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_count_have_limits() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let parse = |text: &str| parse(text.as_bytes(), &Limits::DOCUMENT);
        assert!(parse(&nested(64)).is_ok());
        assert!(parse(&nested(66)).is_err());
        assert!(parse(&nested(1_000_000)).is_err());
        assert!(parse(&format!("[{}0]", "0,".repeat(1_000_000))).is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_serde_json_reads(text in "[\\[\\]{}:,\"a0-9. tfn-]{0,40}") {
            if let Ok(value) = parse(text.as_bytes(), &EXACT) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes, &EXACT);
        }
    }
}
