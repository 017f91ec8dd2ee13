#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

const REQUIREMENTS: &str = "# pinned by hand
--require-hashes
Django==3.2.0 \\
    --hash=sha256:00 \\
    --hash=sha256:11
typing.Extensions[all]===4.12.2 ; python_version < '3.12'

-r other.txt
-e .
requests
urllib3>=1.26,<2
pip @ https://example.org/pip.whl
";

fn parse(text: &str) -> Parsed {
    RequirementsTxt.parse("requirements.txt", text.as_bytes()).unwrap()
}

#[test]
fn pins_are_packages_and_everything_else_is_unread() {
    let parsed = parse(REQUIREMENTS);
    let read: Vec<_> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.version.as_str(), p.location.line.unwrap()))
        .collect();
    assert_eq!(read, [("django", "3.2.0", 3), ("typing-extensions", "4.12.2", 6)]);
    let lines: Vec<_> = parsed.unread.iter().map(|u| u.location.line.unwrap()).collect();
    assert_eq!(lines, [8, 9, 10, 11, 12]);
}

#[test]
fn another_index_holds_for_every_package_wherever_it_stands() {
    let parsed = parse("a==1\n-i https://mirror.example.org/simple\nb==2\n");
    let mirror = Origin::Elsewhere("https://mirror.example.org/simple".to_owned());
    assert!(parsed.packages.iter().all(|package| package.origin == mirror));
    let parsed = parse("--index-url https://pypi.org/simple/\na==1\n");
    assert!(parsed.packages.iter().all(|package| package.origin == Origin::Registry));
}

#[test]
fn a_further_index_is_never_passed_over() {
    let parsed = parse("--extra-index-url https://t0ken@wheels.example.org\na==1\n");
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (1, 1));
    assert!(parsed.unread.iter().all(|unread| !unread.why.contains("t0ken")));
}

#[test]
fn an_empty_file_pins_nothing() {
    assert_eq!(parse(""), Parsed::default());
    assert_eq!(parse("\u{feff}# nothing\n"), Parsed::default());
}

#[test]
fn what_is_no_text_is_refused() {
    assert!(matches!(
        RequirementsTxt.parse("requirements.txt", b"a==1\n\xff"),
        Err(FormatError::NotText { .. })
    ));
    let bytes = vec![b'#'; usize::try_from(MAX_BYTES).unwrap() + 1];
    assert!(matches!(
        RequirementsTxt.parse("requirements.txt", &bytes),
        Err(FormatError::TooLarge { .. })
    ));
}

#[test]
fn the_usual_names_are_wanted() {
    for path in [
        "requirements.txt",
        "a/requirements-dev.txt",
        "dev-requirements.txt",
        "requirements/prod.txt",
    ] {
        assert!(RequirementsTxt.wants(path), "{path}");
    }
    for path in ["requirements.in", "notes.txt", "requirements", "a/requirements/x/y.txt"] {
        assert!(!RequirementsTxt.wants(path), "{path}");
    }
}

#[test]
fn a_hostile_file_is_refused_in_good_time() {
    let unpinned = "a\n".repeat(1_000_000);
    let refused = RequirementsTxt.parse("requirements.txt", unpinned.as_bytes());
    assert!(matches!(refused, Err(FormatError::TooManyUnread { .. })));
    let joined = "\\\n".repeat(1_000_000);
    assert_eq!(parse(&joined), Parsed::default());
    let long = format!("{}==1\n", "a".repeat(1_000_000));
    assert_eq!(parse(&long).unread.len(), 1);
}
