//! Text from outside, made fit for a message: short, on one line, without credentials.

use beleg_model::text::shown_within;

/// The most characters of a foreign text that a message shows.
const SHOWN_CHARACTERS: usize = 120;
/// How many names a message lists before it counts the rest.
const LISTED_NAMES: usize = 5;
/// Query parameters that say which revision of a repository is meant; any other may be a token.
const HARMLESS_PARAMETERS: [&str; 5] = ["branch", "rev", "tag", "subdirectory", "path"];

/// Makes `text` fit to be shown: no credentials, no control characters, at most 120 characters.
pub(crate) fn shown(text: &str) -> String {
    shown_within(&without_credentials(text), SHOWN_CHARACTERS)
}

/// Lists the first few of `names` in backticks and counts the rest.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> =
        names.by_ref().take(LISTED_NAMES).map(|name| format!("`{}`", shown(name))).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Takes user names, passwords and tokens out of every URL in `text`. Lockfiles hold such URLs,
/// and what is read from them ends in evidence that is kept for years.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (url, tail) = after.split_at(end);
        let (address, query) = match url.split_once('?') {
            Some((address, query)) => (address, Some(query)),
            None => (url, None),
        };
        let (authority, path) = match address.find(['/', '#']) {
            Some(at) => address.split_at(at),
            None => (address, ""),
        };
        clean.push_str(authority.rsplit_once('@').map_or(authority, |(_, host)| host));
        clean.push_str(path);
        if let Some(query) = query {
            push_query(&mut clean, query);
        }
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

fn push_query(clean: &mut String, query: &str) {
    let (parameters, fragment) = match query.split_once('#') {
        Some((parameters, fragment)) => (parameters, Some(fragment)),
        None => (query, None),
    };
    let kept: Vec<&str> = parameters
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if HARMLESS_PARAMETERS.contains(&name) => parameter,
            _ => "…",
        })
        .collect();
    clean.push('?');
    clean.push_str(&kept.join("&"));
    if let Some(fragment) = fragment {
        clean.push('#');
        clean.push_str(fragment);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn credentials_never_reach_a_message() {
        for (text, clean) in [
            ("-e git+https://me:s3cret@host/a", "-e git+https://host/a"),
            ("https://t0ken@host/simple", "https://host/simple"),
            ("git+ssh://git@host/a.git?rev=12#34", "git+ssh://host/a.git?rev=12#34"),
            ("https://host/a?token=s3cret&rev=1#x", "https://host/a?…&rev=1#x"),
            ("https://a:b@c:d@host", "https://host"),
            ("a b://c@d e://f@g", "a b://d e://g"),
            ("no address", "no address"),
        ] {
            assert_eq!(without_credentials(text), clean);
        }
    }

    #[test]
    fn long_and_wild_text_is_shown_short_and_tame() {
        assert_eq!(shown("a\u{1b}[31mb\nc"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), SHOWN_CHARACTERS + 1);
    }

    #[test]
    fn a_long_list_is_counted() {
        assert_eq!(listed(["a", "b"]), "`a`, `b`");
        assert_eq!(
            listed(["a", "b", "c", "d", "e", "f", "g"]),
            "`a`, `b`, `c`, `d`, `e` and 2 more"
        );
    }

    proptest! {
        #[test]
        fn any_text_can_be_shown(text in ".{0,300}") {
            prop_assert!(!shown(&text).contains(char::is_control));
        }
    }
}
