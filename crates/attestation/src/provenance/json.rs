use beleg_dsse::json;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// The largest document that is read, in bytes: 16 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 16 << 20;

/// Says why bytes are no JSON that can be read without doubt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// More than [`MAX_DOCUMENT_BYTES`].
    #[error("the document is larger than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
    /// No JSON, a key that stands twice in one object, nesting deeper than 64, or more than a
    /// million values.
    #[error("the document is no JSON that can be read without doubt")]
    Malformed(#[source] serde_json::Error),
}

/// Says that a field is absent or of another kind than its specification demands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is not {expected}")]
pub struct ShapeError {
    /// The field, with the object it stands in.
    pub field: String,
    /// What it has to be.
    pub expected: &'static str,
}

/// Reads strict JSON: one value, every key once, bounded in size and depth.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(JsonError::TooLarge);
    }
    json::parse(bytes, &json::Limits::DOCUMENT).map_err(JsonError::Malformed)
}

/// A JSON object that is read field by field. `null` counts as absent.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    map: &'a Map<String, Value>,
    name: &'a str,
}

impl<'a> Object<'a> {
    pub(crate) fn of(value: &'a Value, name: &'a str) -> Result<Self, ShapeError> {
        match value {
            Value::Object(map) => Ok(Self { map, name }),
            _ => Err(ShapeError { field: name.to_owned(), expected: "an object" }),
        }
    }

    pub(crate) fn map(&self) -> &'a Map<String, Value> {
        self.map
    }

    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, key: &'a str) -> Result<Option<&'a str>, ShapeError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "a text")),
        }
    }

    pub(crate) fn required_text(&self, key: &'a str) -> Result<&'a str, ShapeError> {
        match self.text(key)? {
            None | Some("") => Err(self.wrong(key, "a text that is there and not empty")),
            Some(text) => Ok(text),
        }
    }

    pub(crate) fn object(&self, key: &'a str) -> Result<Option<Object<'a>>, ShapeError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Object { map, name: key })),
            Some(_) => Err(self.wrong(key, "an object")),
        }
    }

    pub(crate) fn required_object(&self, key: &'a str) -> Result<Object<'a>, ShapeError> {
        self.object(key)?.ok_or_else(|| self.wrong(key, "an object"))
    }

    /// Returns a list; absent is empty.
    pub(crate) fn list(&self, key: &'a str) -> Result<&'a [Value], ShapeError> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.wrong(key, "a list")),
        }
    }

    /// Returns a list of texts; absent is empty.
    pub(crate) fn texts(&self, key: &'a str) -> Result<Vec<String>, ShapeError> {
        self.list(key)?
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| self.wrong(key, "a list of texts"))
    }

    /// Returns an instant in RFC 3339.
    pub(crate) fn time(&self, key: &'a str) -> Result<Option<Timestamp>, ShapeError> {
        self.text(key)?
            .map(|text| text.parse().map_err(|_| self.wrong(key, "a time (RFC 3339)")))
            .transpose()
    }

    /// Says that `key` is not what it has to be.
    pub(crate) fn wrong(&self, key: &str, expected: &'static str) -> ShapeError {
        ShapeError { field: format!("{}.{key}", self.name), expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_over_the_limit_is_refused() {
        let large = vec![b' '; MAX_DOCUMENT_BYTES + 1];
        assert!(matches!(read(&large), Err(JsonError::TooLarge)));
    }
}
