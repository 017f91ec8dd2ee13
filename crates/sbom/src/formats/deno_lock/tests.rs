#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use beleg_model::Origin;

fn read(rest: &str) -> Parsed {
    let text = format!("{{\"version\": \"5\", {rest}}}");
    DenoLock.parse("deno.lock", text.as_bytes()).unwrap()
}

#[test]
fn what_is_of_no_registry_that_advisories_speak_of_is_left_out() {
    let parsed = read(
        "\"jsr\": {\"@std/assert@1.0.0\": {\"integrity\": \"00\"}},\n\
         \"remote\": {\"https://h/a.ts\": \"00\", \"https://h/b.ts\": \"00\"}",
    );
    let whys: Vec<_> = parsed.unread.iter().map(|it| it.why.as_str()).collect();
    assert_eq!(parsed.packages, []);
    assert_eq!(
        whys,
        [
            "`@std/assert@1.0.0` is of JSR, of which no advisories are read",
            "2 files are from addresses, and of no package"
        ]
    );
}

#[test]
fn what_is_not_exact_or_not_listed_is_left_out() {
    for npm in
        ["\"a\": {}", "\"a@^1\": {}", "\"@a@1.0.0\": {}", "\"../a@1.0.0\": {}", "\"a@1.0.0\": 1"]
    {
        let parsed = read(&format!("\"npm\": {{{npm}}}"));
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{npm}");
    }
    let asks = "\"a@1.0.0\": {\"dependencies\": [\"b\"]}";
    for (more, edges, unread) in
        [("", 0, 1), (", \"b@1.0.0\": {}", 1, 0), (", \"b@1.0.0\": {}, \"b@2.0.0\": {}", 0, 1)]
    {
        let parsed = read(&format!("\"npm\": {{{asks}{more}}}"));
        assert_eq!((parsed.edges.unwrap().len(), parsed.unread.len()), (edges, unread), "{more}");
    }
    let parsed = read("\"specifiers\": {\"npm:a@1\": \"1.0.0\"}, \"npm\": {}");
    assert_eq!(parsed.unread.len(), 1);
}

#[test]
fn another_server_is_elsewhere_and_a_peer_no_part_of_the_version() {
    let parsed = read(
        "\"npm\": {\"@a/b@1.0.0_@c+d@2.0.0\": {\"tarball\": \"https://me:pw@npm.example/b.tgz\"}}",
    );
    let package = parsed.packages.first().unwrap();
    assert_eq!((package.name.as_str(), package.version.as_str()), ("@a/b", "1.0.0"));
    assert_eq!(package.origin, Origin::Elsewhere("https://npm.example/b.tgz".to_owned()));
}

#[test]
fn other_versions_are_refused() {
    for text in ["", "{}", "{\"version\": \"3\"}", "{\"version\": \"6\"}", "{\"version\": 5}"] {
        assert!(DenoLock.parse("deno.lock", text.as_bytes()).is_err(), "{text}");
    }
}
