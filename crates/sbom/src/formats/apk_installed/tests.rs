#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(text: &str) -> Parsed {
    ApkInstalled.parse("lib/apk/db/installed", text.as_bytes()).unwrap()
}

#[test]
fn an_entry_that_cannot_be_read_is_left_out_and_the_rest_goes_on() {
    for (entry, why) in [
        ("P:a\nA:x86_64\n", "the field `V` is missing"),
        ("V:1\n", "the field `P` is missing"),
        ("P:a\nP:b\nV:1-r0\n", "the field `P` is there twice"),
        ("P:a\nV:1-r0\nnothing\n", "line 3 is no field"),
        ("P:../a\nV:1-r0\n", "`../a` cannot name a package"),
        ("P:a\nV:>1\n", "`>1` is no version of `a`"),
    ] {
        let parsed = parse(&format!("{entry}\nP:whole\nV:1.0-r0\n\n"));
        let unread: Vec<_> = parsed.unread.iter().map(|it| it.why.as_str()).collect();
        assert_eq!((parsed.packages.len(), unread), (1, vec![why]), "{entry}");
    }
    let doubled = parse("P:a\nV:1-r0\n\nP:a\nV:2-r0\n\n");
    assert_eq!((doubled.packages.len(), doubled.unread.len()), (1, 1));
}

#[test]
fn a_database_cut_off_is_noticed() {
    let whole = "P:a\nV:1.0-r0\n\nP:b\nV:2.10-r0\n\n";
    assert_eq!(parse(whole).unread, []);
    for end in 1..whole.len() {
        let cut = whole.get(..end).unwrap();
        assert!(!parse(cut).unread.is_empty() || cut.ends_with("\n\n"), "{cut}");
    }
    assert_eq!(parse("").unread, []);
}

#[test]
fn many_needs_of_many_packages_take_no_long_time() {
    let mut text = String::new();
    for n in 0..20_000 {
        text.push_str(&format!("P:p{n}\nV:1-r0\np:so:l{n}=1 cmd:c{n}=1\nD:so:l{n} !x p0>=1\n\n"));
    }
    let parsed = parse(&text);
    assert_eq!((parsed.packages.len(), parsed.edges.unwrap().len()), (20_000, 19_999));
}
