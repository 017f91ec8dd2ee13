#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(entries: &str) -> Parsed {
    let text = format!("{{\"version\": 1, \"dependencies\": {{\"net8.0\": {{{entries}}}}}}}");
    NugetLock.parse("packages.lock.json", text.as_bytes()).unwrap()
}

#[test]
fn what_names_no_exact_package_is_left_out() {
    for entry in [
        "\"a\": {\"type\": \"Direct\"}",
        "\"a\": {\"type\": \"Direct\", \"resolved\": \"[1.0, )\"}",
        "\"../a\": {\"type\": \"Direct\", \"resolved\": \"1.0.0\"}",
        "\"a\": {\"type\": \"Teleported\", \"resolved\": \"1.0.0\"}",
        "\"a\": {}",
    ] {
        let parsed = parse(entry);
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{entry}");
    }
    let asks = parse(
        "\"a\": {\"type\": \"Direct\", \"resolved\": \"1.0.0\", \"dependencies\": {\"B\": \"1\"}}",
    );
    assert_eq!((asks.packages.len(), asks.unread.len()), (1, 1));
}

#[test]
fn what_is_no_lockfile_is_refused() {
    for text in ["", "{}", "{\"version\": 3, \"dependencies\": {}}", "{\"version\": 1}"] {
        assert!(NugetLock.parse("packages.lock.json", text.as_bytes()).is_err(), "{text}");
    }
}
