#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(text: &str) -> Result<Parsed, FormatError> {
    PackageLock.parse("package-lock.json", text.as_bytes())
}

/// What is read of one entry beside a project of its own.
fn of(folder: &str, entry: &str) -> (Vec<(String, String, Origin)>, Vec<String>) {
    let text =
        format!("{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{}}, \"{folder}\": {entry}}}}}");
    let parsed = parse(&text).unwrap();
    let packages = parsed.packages.into_iter().map(|it| (it.name, it.version, it.origin));
    (packages.collect(), parsed.unread.into_iter().map(|it| it.why).collect())
}

#[test]
fn what_is_not_from_the_registry_is_never_taken_for_it() {
    for (resolved, place) in [
        ("https://registry.npmjs.org/a/-/a-1.0.0.tgz", None),
        ("git+ssh://git@host.example/a.git#0123", Some("git+ssh://host.example/a.git#0123")),
        ("https://npm.example/a/-/a-1.0.0.tgz", Some("https://npm.example/a/-/a-1.0.0.tgz")),
        ("https://me:s3cret@npm.example/a.tgz", Some("https://npm.example/a.tgz")),
        ("file:../a-1.0.0.tgz", Some("file:../a-1.0.0.tgz")),
        (
            "https://registry.npmjs.org.example/a.tgz",
            Some("https://registry.npmjs.org.example/a.tgz"),
        ),
    ] {
        let entry = format!("{{\"version\": \"1.0.0\", \"resolved\": \"{resolved}\"}}");
        let (packages, _) = of("node_modules/a", &entry);
        let origin = place.map_or(Origin::Registry, |it| Origin::Elsewhere(it.to_owned()));
        assert_eq!(packages, [("a".to_owned(), "1.0.0".to_owned(), origin)], "{resolved}");
    }
}

#[test]
fn entries_without_name_or_exact_version_are_left_out() {
    for (folder, entry) in [
        ("node_modules/a", "{}"),
        ("node_modules/a", "{\"version\": \"^1.0.0\"}"),
        ("node_modules/../a", "{\"version\": \"1.0.0\"}"),
        ("node_modules/@a", "{\"version\": \"1.0.0\"}"),
        ("node_modules/a", "{\"version\": \"1.0.0\", \"name\": \"a b\"}"),
    ] {
        let (packages, unread) = of(folder, entry);
        assert_eq!((packages.len(), unread.len()), (0, 1), "{folder} {entry}");
    }
}

#[test]
fn a_lockfile_whose_end_is_missing_or_edited_is_noticed() {
    let text = r#"{"lockfileVersion": 3, "packages": {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"a": "1", "gone": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}, "optionalDependencies": {"c": "1"}, "peerDependencies": {"d": "1"}}}}"#;
    let why: Vec<_> = parse(text).unwrap().unread.into_iter().map(|it| it.why).collect();
    assert_eq!(
        why,
        [
            "the dependency `gone` of `app` is not listed",
            "the dependency `b` of `node_modules/a` is not listed"
        ]
    );
}

#[test]
fn what_is_no_lockfile_is_refused() {
    assert!(matches!(parse("{"), Err(FormatError::Malformed { .. })));
    assert!(matches!(parse("[]"), Err(FormatError::Malformed { .. })));
    assert!(matches!(parse("{}"), Err(FormatError::Malformed { .. })));
    assert!(matches!(parse("{\"lockfileVersion\": 4}"), Err(FormatError::UnknownVersion { .. })));
    assert!(matches!(parse("{\"lockfileVersion\": 3}"), Err(FormatError::Malformed { .. })));
    let empty = "{\"lockfileVersion\": 3, \"packages\": {}}";
    assert!(matches!(parse(empty), Err(FormatError::Empty { .. })));
    let doubled = "{\"lockfileVersion\": 2, \"packages\": {\"\": {}, \"a\": {}, \"a\": {}}}";
    assert!(matches!(parse(doubled), Err(FormatError::Malformed { .. })));
    let deep = format!(
        "{{\"lockfileVersion\": 2, \"packages\": {{\"{}\": {{}}}}}}",
        "node_modules/a/".repeat(100)
    );
    assert!(matches!(parse(&deep), Err(FormatError::Malformed { .. })));
}

#[test]
fn a_hostile_lockfile_is_read_in_good_time() {
    let names: Vec<String> = (0..3_000).map(|n| format!("\"a{n}\": \"1\"")).collect();
    let names = names.join(",");
    let folder = "node_modules/a/".repeat(20);
    let mut text = "{\"lockfileVersion\": 3, \"packages\": {\"\": {}".to_owned();
    for n in 0..60 {
        text.push_str(&format!(",\"{folder}node_modules/b{n}\": {{\"version\": \"1.0.0\", \"peerDependencies\": {{{names}}}}}"));
    }
    text.push_str("}}");
    assert_eq!(parse(&text).unwrap().packages.len(), 60);
}
