#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(text: &str) -> Result<Parsed, FormatError> {
    PnpmLock.parse("pnpm-lock.yaml", text.as_bytes())
}

#[test]
fn what_is_not_from_the_registry_is_never_taken_for_it() {
    for (version, key, fields, origin) in [
        ("9.0", "a@1.0.0", "resolution: {integrity: sha512-00}", Some(Origin::Registry)),
        (
            "9.0",
            "a@https://codeload.example/a/tar.gz/0123",
            "resolution: {tarball: https://codeload.example/a/tar.gz/0123}, version: 1.0.0",
            Some(Origin::Elsewhere("https://codeload.example/a/tar.gz/0123".to_owned())),
        ),
        (
            "9.0",
            "a@git+https://git.example/a.git#0123",
            "resolution: {commit: '0123', repo: 'https://git.example/a.git', type: git}, version: 1.0.0",
            Some(Origin::Elsewhere("git+https://git.example/a.git#0123".to_owned())),
        ),
        (
            "6.0",
            "github.com/x/a/0123",
            "resolution: {tarball: 'https://codeload.example/x'}, name: a, version: 1.0.0",
            Some(Origin::Elsewhere("https://codeload.example/x".to_owned())),
        ),
        (
            "5.4",
            "npm.example/a/1.0.0",
            "resolution: {integrity: sha512-00}, name: a, version: 1.0.0",
            Some(Origin::Elsewhere("npm.example/a/1.0.0".to_owned())),
        ),
        (
            "9.0",
            "a@file:a",
            "resolution: {directory: a, type: directory}, version: 1.0.0",
            Some(Origin::Local),
        ),
        ("9.0", "a@1.0.0", "resolution: {type: teleport}", None),
        ("9.0", "a@^1", "resolution: {integrity: sha512-00}", None),
    ] {
        let text = format!("lockfileVersion: '{version}'\npackages:\n  '{key}': {{{fields}}}\n");
        let parsed = parse(&text).unwrap();
        let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
        assert_eq!(origins, origin.into_iter().collect::<Vec<_>>(), "{key}");
        assert_eq!(parsed.unread.len() + origins.len(), 1, "{key}");
    }
}

#[test]
fn what_is_asked_for_and_not_listed_is_reported() {
    let text = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a: {specifier: '1', version: 1.0.0}\n      own: {specifier: 'link:own', version: 'link:own'}\n";
    let why: Vec<_> = parse(text).unwrap().unread.into_iter().map(|it| it.why).collect();
    assert_eq!(why, ["the dependency `a` of `.` is not listed"]);
}

#[test]
fn one_package_with_several_peers_is_read_once() {
    let text = "lockfileVersion: 5.4\ndependencies: {a: 1.0.0_b@1.0.0}\npackages:\n  /a/1.0.0_b@1.0.0: {resolution: {}}\n  /a/1.0.0_b@2.0.0: {resolution: {}}\n";
    let parsed = parse(text).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (1, 0));
}

#[test]
fn what_is_no_lockfile_is_refused() {
    assert!(matches!(parse(""), Err(FormatError::Malformed { .. })));
    assert!(matches!(parse("a: 1\n"), Err(FormatError::UnknownVersion { .. })));
    assert!(matches!(parse("lockfileVersion: '10.0'\n"), Err(FormatError::UnknownVersion { .. })));
    assert!(matches!(parse("lockfileVersion: ["), Err(FormatError::Malformed { .. })));
    assert_eq!(parse("lockfileVersion: '9.0'\n").unwrap().packages, []);
}
