#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use beleg_model::Origin;

fn parse(entries: &str) -> Parsed {
    let text = format!("{{\"packages\": [{entries}], \"packages-dev\": []}}");
    ComposerLock.parse("composer.lock", text.as_bytes()).unwrap()
}

#[test]
fn what_is_not_from_packagist_is_never_taken_for_it() {
    let told = "\"notification-url\": \"https://packagist.org/downloads/\"";
    let git = "\"source\": {\"type\": \"git\", \"url\": \"https://u:p@git.example/a.git\", \"reference\": \"0123\"}";
    let from_git = Origin::Elsewhere("git+https://git.example/a.git@0123".to_owned());
    for (version, more, origin) in [
        ("1.0.0", format!("{told}, {git}"), Some(Origin::Registry)),
        ("v1.0.0-RC1", format!("{told}, {git}"), Some(Origin::Registry)),
        ("1.0.0", git.to_owned(), Some(from_git.clone())),
        ("dev-main", format!("{told}, {git}"), Some(from_git.clone())),
        ("2.x-dev", format!("{told}, {git}"), Some(from_git.clone())),
        (
            "1.0.0",
            format!("\"notification-url\": \"https://repo.example/\", {git}"),
            Some(from_git.clone()),
        ),
        (
            "1.0.0",
            "\"dist\": {\"type\": \"path\", \"url\": \"own\"}".to_owned(),
            Some(Origin::Local),
        ),
        ("1.0.0", "\"type\": \"library\"".to_owned(), None),
        ("^1", told.to_owned(), None),
    ] {
        let parsed = parse(&format!("{{\"name\": \"a/b\", \"version\": \"{version}\", {more}}}"));
        let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
        assert_eq!(origins, origin.into_iter().collect::<Vec<_>>(), "{version} {more}");
        assert_eq!(parsed.unread.len() + origins.len(), 1);
    }
}

#[test]
fn what_is_required_and_not_listed_is_reported_and_what_stands_for_it_counts() {
    let told = "\"version\": \"1.0.0\", \"notification-url\": \"https://packagist.org/downloads/\"";
    let asks = format!(
        "{{\"name\": \"a/b\", {told}, \"require\": {{\"php\": \"^8\", \"ext-json\": \"*\", \"c/d\": \"^1\"}}}}"
    );
    assert_eq!(parse(&asks).unread.len(), 1);
    let other = format!(
        "{{\"name\": \"e/f\", {told}, \"provide\": {{\"c/d\": \"1.0\"}}, \"require\": []}}"
    );
    let parsed = parse(&format!("{asks}, {other}"));
    assert_eq!((parsed.unread.len(), parsed.edges.unwrap().len()), (0, 1));
}

#[test]
fn what_is_no_lockfile_is_refused() {
    for text in ["", "{}", "[]", "{\"packages\": {}}"] {
        assert!(ComposerLock.parse("composer.lock", text.as_bytes()).is_err(), "{text}");
    }
}
