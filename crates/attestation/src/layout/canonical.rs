use serde_json::Value;

/// Says that a value has no canonical form: it holds a number that is no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("canonical JSON has integers only")]
pub(super) struct NotCanonical;

/// Writes a value in the canonical JSON that metablocks are signed over (OLPC "Canonical JSON";
/// not RFC 8785): keys by code point, no white space, only `"` and `\` escaped, integers only.
pub(super) fn canonical(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut bytes = Vec::new();
    write(value, &mut bytes)?;
    Ok(bytes)
}

/// Recurses as deep as the reader let the value be.
fn write(value: &Value, to: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => to.extend_from_slice(b"null"),
        Value::Bool(true) => to.extend_from_slice(b"true"),
        Value::Bool(false) => to.extend_from_slice(b"false"),
        Value::Number(number) if number.is_f64() => return Err(NotCanonical),
        Value::Number(number) => to.extend_from_slice(number.to_string().as_bytes()),
        Value::String(text) => write_text(text, to),
        Value::Array(list) => {
            to.push(b'[');
            for (at, item) in list.iter().enumerate() {
                if at > 0 {
                    to.push(b',');
                }
                write(item, to)?;
            }
            to.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            // Bytes of UTF-8 have the order of code points.
            entries.sort_unstable_by_key(|(key, _)| *key);
            to.push(b'{');
            for (at, (key, item)) in entries.into_iter().enumerate() {
                if at > 0 {
                    to.push(b',');
                }
                write_text(key, to);
                to.push(b':');
                write(item, to)?;
            }
            to.push(b'}');
        }
    }
    Ok(())
}

fn write_text(text: &str, to: &mut Vec<u8>) {
    to.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            to.push(b'\\');
        }
        to.push(byte);
    }
    to.push(b'"');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use serde_json::json;

    #[test]
    fn only_quotes_and_backslashes_are_escaped_and_keys_are_sorted() {
        let value = json!({"b": [1, -2, true, null], "a": "x\n\"\\\u{e9}", "\u{10000}": {}, "\u{ffff}": []});
        let text = String::from_utf8(canonical(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"a\":\"x\n\\\"\\\\\u{e9}\",\"b\":[1,-2,true,null],\"\u{ffff}\":[],\"\u{10000}\":{}}"
        );
    }

    #[test]
    fn a_number_that_is_no_integer_has_no_canonical_form() {
        assert_eq!(canonical(&json!([1.5])), Err(NotCanonical));
        assert_eq!(canonical(&json!(1e300)), Err(NotCanonical));
    }
}
