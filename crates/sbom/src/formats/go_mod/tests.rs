#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(text: &str) -> Result<Parsed, FormatError> {
    GoMod.parse("go.mod", format!("module example.org/app\ngo 1.22\n{text}").as_bytes())
}

fn read(text: &str) -> Vec<(String, String, Origin)> {
    let packages = parse(text).unwrap().packages.into_iter();
    packages.map(|it| (it.name, it.version, it.origin)).collect()
}

#[test]
fn what_is_replaced_is_what_it_is_replaced_by() {
    let own = |name: &str, version: &str, origin| (name.to_owned(), version.to_owned(), origin);
    for (replaced, built) in [
        ("", own("example.org/a", "v1.0.0", Origin::Registry)),
        ("replace example.org/a => ../a", own("example.org/a", "v1.0.0", Origin::Local)),
        ("replace example.org/a v1.0.0 => /src/a", own("example.org/a", "v1.0.0", Origin::Local)),
        ("replace example.org/a v1.0.1 => ../a", own("example.org/a", "v1.0.0", Origin::Registry)),
        (
            "replace example.org/a => fork.example/a v1.1.0",
            own("fork.example/a", "v1.1.0", Origin::Registry),
        ),
        (
            "replace (\n\texample.org/a => ../a\n\texample.org/a v1.0.0 => fork.example/a v1.2.0 // why\n)",
            own("fork.example/a", "v1.2.0", Origin::Registry),
        ),
    ] {
        assert_eq!(
            read(&format!("require example.org/a v1.0.0\n{replaced}\n")),
            [built],
            "{replaced}"
        );
    }
}

#[test]
fn what_names_no_exact_module_is_left_out() {
    for text in [
        "require example.org/a master",
        "require ../a v1.0.0",
        "require example.org/a v1.0.0\nreplace example.org/a => fork.example/a",
    ] {
        let parsed = parse(text).unwrap();
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{text}");
    }
    let doubled = parse("require example.org/a v1.0.0\nrequire example.org/a v1.1.0\n").unwrap();
    assert_eq!((doubled.packages.len(), doubled.unread.len()), (1, 1));
}

#[test]
fn what_is_no_such_file_is_refused() {
    for text in
        ["require (\n\texample.org/a v1.0.0\n", "require a", "replace a b\n", "require a b c d"]
    {
        assert!(matches!(parse(text), Err(FormatError::Malformed { .. })), "{text}");
    }
    assert!(GoMod.parse("go.mod", b"").is_err());
}

#[test]
fn only_from_go_1_17_on_all_modules_are_listed() {
    for (language, lists_all) in [
        ("go 1.16", false),
        ("go 1.17", true),
        ("go 1.22.3", true),
        ("go 1.9", false),
        ("", false),
        ("go 1.23rc1", true),
    ] {
        let text = format!("module a.example/b\n{language}\nrequire example.org/a v1.0.0\n");
        let parsed = GoMod.parse("go.mod", text.as_bytes()).unwrap();
        assert_eq!(parsed.unread.is_empty(), lists_all, "{language}");
    }
}
