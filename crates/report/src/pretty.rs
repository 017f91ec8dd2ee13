//! JSON as files hold it: sorted keys, indented, harmless on a terminal.

use crate::visible::is_hidden;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// Writes `value` with sorted keys and a line feed at the end. Invisible characters inside
/// strings are written as `\u` escapes, which means the same JSON and cannot steer a terminal.
///
/// # Errors
/// When the JSON writer refuses.
pub(crate) fn pretty(value: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    write_pretty(&Sorted(value), &mut bytes)?;
    Ok(bytes)
}

/// Writes `value`, whose members are in the order of their keys, as [`pretty`] does.
///
/// # Errors
/// When the JSON writer refuses, or `out` does.
pub(crate) fn write_pretty(
    value: &impl Serialize,
    out: &mut dyn Write,
) -> Result<(), serde_json::Error> {
    let mut out = io::BufWriter::new(out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Harmless(PrettyFormatter::new())))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(serde_json::Error::io)
}

/// A value that is written with sorted keys, because another crate of the build may have switched
/// on the feature with which `serde_json` keeps them in the order of insertion.
pub(crate) struct Sorted<'a>(pub(crate) &'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(key, _)| *key);
                serializer.collect_map(members.into_iter().map(|(key, it)| (key, Sorted(it))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            other => other.serialize(serializer),
        }
    }
}

/// Escapes what is hidden.
struct Harmless<'a>(PrettyFormatter<'a>);

macro_rules! as_it_is {
    ($($name:ident($($argument:ident: $kind:ty)?)),*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, out: &mut W, $($argument: $kind)?) -> io::Result<()> {
            self.0.$name(out, $($argument)?)
        }
    )*};
}

impl Formatter for Harmless<'_> {
    as_it_is!(
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), begin_object_value(),
        end_object_value()
    );

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (shown, after) = rest.split_at(at);
            out.write_all(shown.as_bytes())?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = after.get(hidden.len_utf8()..).unwrap_or_default();
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let written = pretty(&json!({"b": [{"d": 1, "c": 2}], "a": null})).unwrap();
        let expected = "{\n  \"a\": null,\n  \"b\": [\n    {\n      \"c\": 2,\n      \"d\": 1\n    }\n  ]\n}\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn invisible_characters_are_escaped_and_read_back() {
        let value = json!({"\u{9b}": "a\u{202e}b\u{7f}\u{e0041}\n"});
        let written = String::from_utf8(pretty(&value).unwrap()).unwrap();
        assert!(written.is_ascii(), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
