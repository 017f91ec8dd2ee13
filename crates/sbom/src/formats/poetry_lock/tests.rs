#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const END: &str = "[metadata]\nlock-version = \"2.1\"\n";

fn parse(text: &str) -> Result<Parsed, FormatError> {
    PoetryLock.parse("poetry.lock", text.as_bytes())
}

#[test]
fn what_is_not_from_pypi_is_never_taken_for_it() {
    for (source, expected) in [
        ("", Some(Origin::Registry)),
        ("type = \"legacy\"\nurl = \"https://pypi.org/simple/\"", Some(Origin::Registry)),
        (
            "type = \"legacy\"\nurl = \"https://u:p@index.example/simple\"\nreference = \"own\"",
            Some(Origin::Elsewhere("https://index.example/simple".to_owned())),
        ),
        (
            "type = \"git\"\nurl = \"https://git.example/a.git\"\nreference = \"HEAD\"\nresolved_reference = \"0123\"",
            Some(Origin::Elsewhere("git+https://git.example/a.git@0123".to_owned())),
        ),
        ("type = \"directory\"\nurl = \"../a\"", Some(Origin::Local)),
        ("type = \"file\"\nurl = \"a.whl\"", Some(Origin::Elsewhere("file a.whl".to_owned()))),
        ("type = \"teleport\"\nurl = \"a\"", None),
    ] {
        let source =
            if source.is_empty() { String::new() } else { format!("[package.source]\n{source}\n") };
        let text = format!("[[package]]\nname = \"a\"\nversion = \"1\"\n{source}{END}");
        let parsed = parse(&text).unwrap();
        let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
        assert_eq!(origins, expected.into_iter().collect::<Vec<_>>(), "{source}");
        assert_eq!(parsed.unread.len() + origins.len(), 1);
    }
}

#[test]
fn a_dependency_that_must_be_there_and_is_not_is_reported() {
    for (wanted, reported) in [
        ("b = \"*\"", 1),
        ("b = [\"1\", {version = \"2\", markers = \"x\"}]", 1),
        ("b = {version = \"*\", optional = true}", 0),
        ("b = {version = \"*\", markers = \"python_version < '3.8'\"}", 0),
    ] {
        let text = format!(
            "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\n{wanted}\n{END}"
        );
        assert_eq!(parse(&text).unwrap().unread.len(), reported, "{wanted}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_of_another_version_is_refused() {
    let whole = format!("[[package]]\nname = \"a\"\nversion = \"1\"\n\n{END}");
    assert_eq!(parse(&whole).unwrap().packages.len(), 1);
    let cut = whole.split("[metadata]").next().unwrap();
    assert!(matches!(parse(cut), Err(FormatError::Malformed { .. })));
    let other = whole.replace("2.1", "3.0");
    assert!(matches!(parse(&other), Err(FormatError::UnknownVersion { .. })));
    let doubled = format!("[[package]]\nname = \"A\"\nversion = \"1\"\n{whole}");
    assert_eq!(parse(&doubled).unwrap().unread.len(), 1);
}

#[test]
fn lock_version_1_lists_files_at_its_end_and_categories() {
    let digest = "0".repeat(64);
    let text = format!(
        "[[package]]\nname = \"a\"\nversion = \"1\"\ncategory = \"dev\"\noptional = false\n\n\
         [metadata]\nlock-version = \"1.1\"\n\n[metadata.files]\n\
         a = [{{file = \"a.whl\", hash = \"sha256:{digest}\"}}]\n"
    );
    let facts = parse(&text).unwrap().facts;
    let facts = facts.get(&0).unwrap();
    assert_eq!((facts.digests.len(), facts.scope), (1, Some(Scope::Development)));
}
