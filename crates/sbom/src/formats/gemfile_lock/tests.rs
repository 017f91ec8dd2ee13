#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(text: &str) -> Parsed {
    let text =
        format!("{text}\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a\n\nBUNDLED WITH\n   2.5.3\n");
    GemfileLock.parse("Gemfile.lock", text.as_bytes()).unwrap()
}

#[test]
fn what_is_not_from_rubygems_is_never_taken_for_it() {
    for (section, origin) in [
        ("GEM\n  remote: https://rubygems.org/\n", Some(Origin::Registry)),
        (
            "GEM\n  remote: https://u:p@gems.example/\n",
            Some(Origin::Elsewhere("https://gems.example/".to_owned())),
        ),
        (
            "GEM\n  remote: https://rubygems.org/\n  remote: https://gems.example/\n",
            Some(Origin::Elsewhere("https://rubygems.org/ or https://gems.example/".to_owned())),
        ),
        (
            "GIT\n  remote: https://git.example/a.git\n  revision: 0123\n  branch: main\n",
            Some(Origin::Elsewhere("git+https://git.example/a.git@0123".to_owned())),
        ),
        ("PATH\n  remote: own\n", Some(Origin::Local)),
        ("PLUGIN SOURCE\n  remote: x\n  type: y\n", None),
        ("GEM\n", None),
    ] {
        let parsed = parse(&format!("{section}  specs:\n    a (1.0.0)\n"));
        let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
        assert_eq!(origins, origin.into_iter().collect::<Vec<_>>(), "{section}");
        assert_eq!(parsed.unread.len() + origins.len(), 1, "{section}");
    }
}

#[test]
fn what_is_missing_is_reported() {
    let parsed = parse(
        "GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0)\n      b (>= 1)\n      bundler\n    c (>= 1)\n    a (2.0)\n",
    );
    let why: Vec<_> = parsed.unread.into_iter().map(|it| it.why).collect();
    assert_eq!(
        why,
        [
            "`>= 1` is no exact version of `c`",
            "`a` is listed in two versions",
            "the dependency `b` of `a` is not listed"
        ]
    );
    let cut = GemfileLock
        .parse("Gemfile.lock", b"GEM\n  remote: https://rubygems.org/\n  specs:\n    a (1.0)\n");
    assert_eq!(cut.unwrap().unread.len(), 1);
    assert!(GemfileLock.parse("Gemfile.lock", b"<<<<<<< HEAD\n").is_err());
}
