//! Canonical JSON (RFC 8785), written in one pass: a ledger writes each piece of evidence several
//! times to see that there is no other way to write it.

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use std::cmp::Ordering;
use std::io::{self, Write};
use std::ops::Range;

/// Says that a value has no canonical JSON form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("the value has no canonical JSON form")]
pub struct CanonicalError(#[source] serde_json::Error);

/// Writes `value` as canonical JSON (RFC 8785): one byte form for one value. A float that is no
/// number is `null`, as `serde_json` has it.
///
/// # Errors
/// When the value has a map with keys that are no strings, or one with the same key twice.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let mut written = Written::default();
    let mut serializer = Serializer::with_formatter(io::sink(), Canonical(&mut written));
    value.serialize(&mut serializer).map_err(CanonicalError)?;
    Ok(written.bytes)
}

/// What was written so far, and the members of the objects that are not yet closed.
#[derive(Default)]
struct Written {
    bytes: Vec<u8>,
    objects: Vec<usize>,
    members: Vec<Member>,
}

/// Where a member of an object begins in the bytes, and where its key ends.
#[derive(Clone, Copy)]
struct Member {
    start: usize,
    key_end: usize,
}

impl Written {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn begin_member(&mut self) {
        self.members.push(Member { start: self.bytes.len(), key_end: 0 });
    }

    fn end_key(&mut self) {
        let key_end = self.bytes.len();
        if let Some(member) = self.members.last_mut() {
            member.key_end = key_end;
        }
    }

    /// Puts the members of the innermost object in order.
    fn end_members(&mut self) -> io::Result<()> {
        let members = self.members.split_off(self.objects.pop().unwrap_or_default());
        let in_order = |pair: &[Member]| match pair {
            [one, other] => self.compare(one, other) == Ordering::Less,
            _ => true,
        };
        if members.windows(2).all(in_order) { Ok(()) } else { self.sort(&members) }
    }

    fn sort(&mut self, members: &[Member]) -> io::Result<()> {
        let Some(first) = members.first() else { return Ok(()) };
        let ends = members.iter().skip(1).map(|next| next.start.saturating_sub(1));
        let mut order: Vec<_> = members.iter().zip(ends.chain([self.bytes.len()])).collect();
        order.sort_by(|(one, _), (other, _)| self.compare(one, other));
        let twice = |pair: &[(&Member, usize)]| match pair {
            [(one, _), (other, _)] => self.compare(one, other) == Ordering::Equal,
            _ => false,
        };
        if order.windows(2).any(twice) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an object has a key twice"));
        }
        let parts: Vec<_> = order.iter().map(|(it, end)| self.part(it.start..*end)).collect();
        let sorted = parts.join(&b',');
        self.bytes.truncate(first.start);
        self.push(&sorted);
        Ok(())
    }

    fn compare(&self, one: &Member, other: &Member) -> Ordering {
        compare(self.key(one), self.key(other))
    }

    /// Returns a key as it is written, with its quotation marks.
    fn key(&self, member: &Member) -> &[u8] {
        self.part(member.start..member.key_end)
    }

    fn part(&self, part: Range<usize>) -> &[u8] {
        self.bytes.get(part).unwrap_or_default()
    }
}

/// Orders written keys by UTF-16 code units (RFC 8785, section 3.2.3), which for plain ASCII is the
/// order of the bytes.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let is_plain = |key: &[u8]| key.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
    if is_plain(one) && is_plain(other) {
        return one.strip_suffix(b"\"").cmp(&other.strip_suffix(b"\""));
    }
    utf16(one).cmp(&utf16(other))
}

/// Reads a key that was just written, which is to say, always one that can be read.
fn utf16(key: &[u8]) -> Vec<u16> {
    let key: String = serde_json::from_slice(key).unwrap_or_default();
    key.encode_utf16().collect()
}

/// Writes into memory, and nothing to the writer it is given: members can be sorted only when all
/// of them are there.
struct Canonical<'a>(&'a mut Written);

/// JSON knows doubles only (section 3.2.2.3).
macro_rules! whole_numbers {
    ($($name:ident: $number:ty),*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W, value: $number) -> io::Result<()> {
            self.write_f64(out, value as f64)
        }
    )*};
}

macro_rules! marks {
    ($($name:ident: $mark:literal),*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
            self.0.push($mark);
            Ok(())
        }
    )*};
}

impl Formatter for Canonical<'_> {
    whole_numbers!(
        write_i8: i8, write_i16: i16, write_i32: i32, write_i64: i64, write_i128: i128,
        write_u8: u8, write_u16: u16, write_u32: u32, write_u64: u64, write_u128: u128
    );

    marks!(
        write_null: b"null", begin_string: b"\"", end_string: b"\"", begin_array: b"[",
        end_array: b"]", begin_object_value: b":"
    );

    fn write_bool<W: ?Sized + Write>(&mut self, _: &mut W, value: bool) -> io::Result<()> {
        self.0.push(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn write_f32<W: ?Sized + Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(out, value.into())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, _: &mut W, value: f64) -> io::Result<()> {
        self.0.push(ryu_js::Buffer::new().format(value).as_bytes());
        Ok(())
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        self.write_f64(out, text.parse().map_err(io::Error::other)?)
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.0.push(fragment.as_bytes());
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        _: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        CompactFormatter.write_char_escape(&mut self.0.bytes, escape)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.0.push(if first { b"" } else { b"," });
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.push(b"{");
        self.0.objects.push(self.0.members.len());
        Ok(())
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.0.push(if first { b"" } else { b"," });
        self.0.begin_member();
        Ok(())
    }

    fn end_object_key<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_key();
        Ok(())
    }

    fn end_object<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_members()?;
        self.0.push(b"}");
        Ok(())
    }

    /// Nothing shows that such a fragment is canonical.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "raw JSON has no canonical form"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::HashMap;

    /// Keeps its members in the order in which they are given, as a structure does.
    struct Ordered(Vec<(String, Value)>);

    impl Serialize for Ordered {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }

    fn text(value: &impl Serialize) -> String {
        String::from_utf8(canonical_json(value).unwrap()).unwrap()
    }

    /// The example of RFC 8785, section 3.2.3, whose keys sort by UTF-16 and not by code point.
    #[test]
    fn keys_are_in_the_order_of_the_specification() {
        let keys = ["\u{20ac}", "\r", "\u{fb33}", "1", "\u{1f600}", "\u{80}", "\u{f6}"];
        let members = keys.map(|key| (key.to_owned(), json!(key))).to_vec();
        let sorted = ["\r", "1", "\u{80}", "\u{f6}", "\u{20ac}", "\u{1f600}", "\u{fb33}"];
        let read: Vec<String> = text(&Ordered(members))
            .trim_matches(['{', '}'])
            .split(',')
            .map(|member| serde_json::from_str(member.rsplit_once(':').unwrap().1).unwrap())
            .collect();
        assert_eq!(read, sorted);
    }

    #[test]
    fn numbers_are_doubles_as_the_specification_writes_them() {
        let numbers = json!([333_333_333.333_333_3, 1E30, 4.50, 2e-3, 1e-27, -0.0, u64::MAX, -7]);
        let written = "[333333333.3333333,1e+30,4.5,0.002,1e-27,0,18446744073709552000,-7]";
        assert_eq!(text(&numbers), written);
    }

    #[test]
    fn a_key_that_comes_twice_is_refused() {
        for keys in [["a", "a"], ["\u{20ac}", "\u{20ac}"], ["\"", "\""]] {
            let members = keys.map(|key| (key.to_owned(), Value::Null)).to_vec();
            assert!(canonical_json(&Ordered(members)).is_err());
        }
        assert!(canonical_json(&HashMap::from([((1, 2), 3)])).is_err());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x7f]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(
                    "[a-c\"\\\\\u{0}\u{e9}\u{fb33}\u{1f600}]{0,3}",
                    inner,
                    0..6
                )
                .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn everything_is_written_as_another_implementation_writes_it(
            value in any_value(),
            members in prop::collection::vec(("[a-e]{0,3}|\\PC{0,2}", any_value()), 0..6),
        ) {
            let theirs = serde_json_canonicalizer::to_string(&value).unwrap();
            prop_assert_eq!(text(&value), theirs);
            let ordered = Ordered(members);
            match serde_json_canonicalizer::to_vec(&ordered) {
                Ok(theirs) => prop_assert_eq!(canonical_json(&ordered).unwrap(), theirs),
                Err(_) => prop_assert!(canonical_json(&ordered).is_err()),
            }
        }
    }
}
