#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use flate2::Compression;
use flate2::read::ZlibEncoder;

fn parse(list: &str) -> Result<Parsed, FormatError> {
    let mut bytes = Vec::new();
    ZlibEncoder::new(list.as_bytes(), Compression::best()).read_to_end(&mut bytes).unwrap();
    AuditableProgram.parse("bin/app", &bytes)
}

#[test]
fn crates_know_where_they_are_from() {
    let parsed = parse(
        r#"{"packages":[
        {"name":"app","version":"0.1.0","source":"local","dependencies":[1,2],"root":true},
        {"name":"itoa","version":"1.0.11","source":"crates.io"},
        {"name":"forked","version":"1.0.0","source":"git","kind":"build"}],"format":1}"#,
    );
    let parsed = parsed.unwrap();
    let origins: Vec<_> = parsed.packages.iter().map(|it| it.origin.clone()).collect();
    let git = Origin::Elsewhere("a git repository".to_owned());
    assert_eq!(origins, [Origin::Local, Origin::Registry, git]);
    let edges = [Edge { from: 0, to: 1 }, Edge { from: 0, to: 2 }];
    assert_eq!(parsed.edges.as_deref(), Some(&edges[..]));
    let scopes: Vec<_> = (0..3).map(|at| parsed.facts.get(&at).and_then(|it| it.scope)).collect();
    assert_eq!(scopes, [None, Some(Scope::Runtime), Some(Scope::Build)]);
}

#[test]
fn what_is_no_list_or_names_no_exact_crate_is_refused_or_left_out() {
    assert!(AuditableProgram.parse("bin/app", b"no zlib").is_err());
    assert!(parse("{}").is_err());
    assert!(matches!(parse("{\"packages\": []}"), Err(FormatError::Empty { .. })));
    let odd =
        r#"{"packages":[{"name":"../a","version":"1","source":"crates.io","dependencies":[7]}]}"#;
    let parsed = parse(odd).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1));
    let large = format!("{{\"packages\": [], \"x\": \"{}\"}}", " ".repeat(9 << 20));
    assert!(matches!(parse(&large), Err(FormatError::TooLarge { .. })));
}
