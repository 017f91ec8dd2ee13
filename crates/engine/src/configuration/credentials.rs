//! Settings are recorded; what a URL among them may hold of credentials is not.

use serde_json::Value;

/// What stands for something that is not recorded.
const HIDDEN: &str = "…";

/// Returns `settings` with every URL cut down to what is no secret: without user and password, and
/// without the query, where signed URLs have their signature.
pub(super) fn without_credentials(settings: Value) -> Value {
    match settings {
        Value::String(text) => Value::String(of_text(text)),
        Value::Array(items) => items.into_iter().map(without_credentials).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (key, without_credentials(value))).collect()
        }
        other => other,
    }
}

fn of_text(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, _)) => (rest, format!("?{HIDDEN}")),
        None => (rest, String::new()),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{HIDDEN}@{host}{path}{query}"),
        None => format!("{scheme}://{authority}{path}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_url_is_recorded_without_user_and_query_and_other_text_as_it_is() {
        let given = json!({
            "a": ["s3://key:secret@bucket/x", "https://host/x?sig=secret"],
            "b": { "c": "s3://bucket/backups" },
            "d": "commits by a@b? yes",
        });
        let kept = json!({
            "a": ["s3://…@bucket/x", "https://host/x?…"],
            "b": { "c": "s3://bucket/backups" },
            "d": "commits by a@b? yes",
        });
        assert_eq!(without_credentials(given), kept);
    }
}
