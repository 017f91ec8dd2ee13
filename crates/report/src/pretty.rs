//! JSON as files hold it: sorted keys, indented, harmless on a terminal.

use crate::visible::is_hidden;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Writes `value` with sorted keys and a line feed at the end. Invisible characters inside
/// strings are written as `\u` escapes, which means the same JSON and cannot steer a terminal.
///
/// # Errors
/// When the JSON writer refuses.
pub(crate) fn pretty(value: Value) -> Result<Vec<u8>, serde_json::Error> {
    let written = serde_json::to_string_pretty(&sorted(value))?;
    let mut safe = String::with_capacity(written.len().saturating_add(1));
    let mut units = [0_u16; 2];
    for c in written.chars() {
        // A line feed here is the writer's own; one inside a string is already escaped.
        if c != '\n' && is_hidden(c) {
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe.push('\n');
    Ok(safe.into_bytes())
}

/// Sorts the keys itself, because another crate of the build may have switched on the feature
/// with which `serde_json` keeps them in the order of insertion.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            let members = members.into_iter().map(|(key, value)| (key, sorted(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let written = pretty(json!({"b": [{"d": 1, "c": 2}], "a": null})).unwrap();
        let expected = "{\n  \"a\": null,\n  \"b\": [\n    {\n      \"c\": 2,\n      \"d\": 1\n    }\n  ]\n}\n";
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn invisible_characters_are_escaped_and_read_back() {
        let value = json!({"\u{9b}": "a\u{202e}b\u{7f}\u{e0041}\n"});
        let written = String::from_utf8(pretty(value.clone()).unwrap()).unwrap();
        assert!(written.is_ascii(), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }
}
