#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const LOCK: &str = r#"version = 1
revision = 2
requires-python = ">=3.11"

[[package]]
name = "app"
source = { virtual = "." }
dependencies = [
    { name = "django" },
    { name = "forked", version = "2.0" },
    { name = "sub" },
]

[package.optional-dependencies]
fast = [{ name = "Typing_Extensions", marker = "python_full_version < '3.12'" }]

[package.metadata]
requires-dist = [{ name = "django", specifier = "==3.2.0" }]

[[package]]
name = "django"
version = "3.2.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.invalid/x.tar.gz", hash = "sha256:00", size = 1 }
dependencies = [{ name = "typing-extensions" }]

[[package]]
name = "forked"
version = "1.0"
source = { git = "https://me:s3cret@example.org/forked?rev=1#abc" }

[[package]]
name = "forked"
version = "2.0"
source = { registry = "https://index.example.org/simple" }

[[package]]
name = "sub"
version = "0.3.0"
source = { editable = "packages/sub" }

[[package]]
name = "typing-extensions"
version = "4.12.2"
source = { registry = "https://pypi.org/simple/" }
"#;

fn parse(text: &str) -> Result<Parsed, FormatError> {
    UvLock.parse("uv.lock", text.as_bytes())
}

#[test]
fn packages_know_their_line_and_where_they_come_from() {
    let parsed = parse(LOCK).unwrap();
    let read: Vec<_> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.version.as_str(), p.location.line.unwrap(), p.origin.clone()))
        .collect();
    let elsewhere = |source: &str| Origin::Elsewhere(source.to_owned());
    assert_eq!(
        read,
        [
            ("django", "3.2.0", 21, Origin::Registry),
            ("forked", "1.0", 28, elsewhere("git+https://example.org/forked?rev=1#abc")),
            ("forked", "2.0", 33, elsewhere("https://index.example.org/simple")),
            ("sub", "0.3.0", 38, Origin::Local),
            ("typing-extensions", "4.12.2", 43, Origin::Registry),
        ]
    );
    assert_eq!(parsed.unread, []);
    assert_eq!(parsed.edges, Some(vec![Edge { from: 0, to: 4 }]));
}

#[test]
fn a_lockfile_cut_off_between_two_packages_is_noticed() {
    let cut = LOCK.rsplit_once("[[package]]").unwrap().0;
    let why: Vec<_> = parse(cut).unwrap().unread.into_iter().map(|unread| unread.why).collect();
    assert_eq!(
        why,
        [
            "the dependency `Typing_Extensions` of `app` is not listed",
            "the dependency `typing-extensions` of `django` is not listed"
        ]
    );
}

#[test]
fn entries_without_an_exact_version_or_a_known_source_are_reported() {
    for entry in [
        "name = \"a\"\nsource = { registry = \"https://pypi.org/simple\" }",
        "name = \"a\"\nversion = \"1\"",
        "name = \"a\"\nversion = \"1\"\nsource = { teleport = \"x\" }",
        "name = \"a\"\nversion = \"1 or 2\"\nsource = { registry = \"https://pypi.org/simple\" }",
        "name = \"../a\"\nversion = \"1\"\nsource = { registry = \"https://pypi.org/simple\" }",
    ] {
        let parsed = parse(&format!("version = 1\n[[package]]\n{entry}\n")).unwrap();
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{entry}");
    }
}

#[test]
fn a_doubled_package_is_reported() {
    let start = LOCK.rfind("[[package]]").unwrap();
    let parsed = parse(&format!("{LOCK}\n{}", LOCK.get(start..).unwrap())).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (5, 1));
}

#[test]
fn what_is_no_lockfile_is_refused() {
    assert!(matches!(parse("version = 1\n"), Err(FormatError::Empty { .. })));
    assert!(matches!(parse("version = 2\n"), Err(FormatError::UnknownVersion { .. })));
    assert!(matches!(parse(""), Err(FormatError::UnknownVersion { .. })));
    assert!(matches!(parse("version = ["), Err(FormatError::Malformed { .. })));
}

#[test]
fn a_hostile_lockfile_is_refused_in_good_time() {
    let mut text = "version = 1\n".to_owned();
    for n in 0..50_000 {
        text.push_str(&format!(
            "[[package]]\nname = \"a\"\nversion = \"{n}\"\nsource = {{ url = \"https://h\" }}\n"
        ));
    }
    text.push_str("[[package]]\nname = \"b\"\nversion = \"1\"\nsource = { url = \"https://h\" }\n");
    text.push_str("dependencies = [");
    text.push_str(&"{ name = \"a\" },".repeat(100_000));
    text.push_str("]\n");
    assert!(matches!(parse(&text), Err(FormatError::TooManyUnread { .. })));
}
