#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const CLASSIC: &str = "# yarn lockfile v1\n\n\n";
const BERRY: &str = "__metadata:\n  version: 8\n\n";

fn parse(text: &str) -> Result<Parsed, FormatError> {
    YarnLock.parse("yarn.lock", text.as_bytes())
}

fn one(text: &str) -> (String, String, Origin) {
    let parsed = parse(text).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (1, 0), "{text}");
    let package = parsed.packages.into_iter().next().unwrap();
    (package.name, package.version, package.origin)
}

#[test]
fn what_is_not_from_the_registry_is_never_taken_for_it() {
    for (request, resolved, name, place) in [
        ("a@^1.0.0", "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#00", "a", None),
        ("a@npm:b@1", "https://registry.npmjs.org/b/-/b-1.0.0.tgz#00", "b", None),
        ("a@1", "a-1.0.0.tgz#00", "a", None),
        (
            "a@1",
            "https://npm.example/a/-/a-1.0.0.tgz#00",
            "a",
            Some("https://npm.example/a/-/a-1.0.0.tgz"),
        ),
        (
            "a@git+ssh://git@h/a.git",
            "git+ssh://git@h/a.git#0123",
            "a",
            Some("git+ssh://h/a.git#0123"),
        ),
    ] {
        let text =
            format!("{CLASSIC}\"{request}\":\n  version \"1.0.0\"\n  resolved \"{resolved}\"\n");
        let origin = place.map_or(Origin::Registry, |it| Origin::Elsewhere(it.to_owned()));
        assert_eq!(one(&text), (name.to_owned(), "1.0.0".to_owned(), origin), "{request}");
    }
    for (resolution, name, place) in [
        ("a@npm:1.0.0", "a", None),
        ("@s/a@npm:1.0.0", "@s/a", None),
        (
            "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fnpm.example%2Fa.tgz",
            "a",
            Some("https://npm.example/a.tgz"),
        ),
        ("a@https://h/a.git#commit=0123", "a", Some("https://h/a.git#commit=0123")),
        ("a@file:./a.tgz#./a.tgz::hash=1", "a", Some("file ./a.tgz#./a.tgz")),
    ] {
        let text = format!("{BERRY}\"a@x\":\n  version: 1.0.0\n  resolution: \"{resolution}\"\n");
        let origin = place.map_or(Origin::Registry, |it| Origin::Elsewhere(it.to_owned()));
        assert_eq!(one(&text), (name.to_owned(), "1.0.0".to_owned(), origin), "{resolution}");
    }
}

#[test]
fn a_dependency_of_a_name_that_is_not_listed_is_reported() {
    let entry = |more: &str| {
        let a = "a@1:\n  version \"1.0.0\"\n  resolved \"https://registry.npmjs.org/a\"\n";
        parse(&format!("{CLASSIC}{a}{more}")).unwrap().unread.len()
    };
    assert_eq!(entry("  dependencies:\n    b \"^1\"\n"), 1);
    assert_eq!(entry("  optionalDependencies:\n    b \"^1\"\n"), 0);
    assert_eq!(entry("  dependencies:\n    a \"^7\"\n"), 0, "a range may be overridden");
}

#[test]
fn what_is_no_lockfile_is_refused() {
    for text in ["a: [", "{}", "a@1\n", "# yarn lockfile v1\n  version \"1\"\n"] {
        assert!(parse(text).is_err(), "{text}");
    }
    let later = BERRY.replace('8', "99");
    assert!(matches!(parse(&later), Err(FormatError::UnknownVersion { .. })));
    assert_eq!(parse("").unwrap(), Parsed { edges: Some(Vec::new()), ..Parsed::default() });
}

#[test]
fn entries_without_name_or_exact_version_are_left_out() {
    for entry in
        ["a@1:\n  resolved \"x\"\n", "../a@1:\n  version \"1.0.0\"\n", "a@1:\n  version \"^1\"\n"]
    {
        let parsed = parse(&format!("{CLASSIC}{entry}")).unwrap();
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{entry}");
    }
}
