//! `beleg db`: what is known about packages.

use crate::command::Beleg;

fn compare(arguments: &[&str]) -> (Option<i32>, String, String) {
    let command = arguments.iter().fold(Beleg::anywhere().arg("db").arg("compare"), Beleg::arg);
    let output = command.run();
    (output.status.code(), output.stdout, output.stderr)
}

#[test]
fn two_versions_are_compared_in_the_order_of_their_ecosystem() {
    for (ecosystem, left, right, sign) in [
        ("PyPI", "1.0rc1", "1.0", "<"),
        ("crates.io", "1.0.0+a", "1.0.0", "="),
        ("Debian:12", "1.0~rc1-1", "1.0-1", "<"),
        ("Maven", "1.0-ga", "1.0", "="),
        ("AlmaLinux:9", "1:0.9-1", "1.0-1", ">"),
    ] {
        let (code, stdout, stderr) = compare(&[ecosystem, left, right]);
        assert_eq!((code, stdout), (Some(0), format!("{sign}\n")), "{stderr}");
    }
}

#[test]
fn what_cannot_be_compared_is_said_and_never_guessed() {
    let (code, stdout, stderr) = compare(&["npm", "latest", "1.0.0"]);
    assert_eq!((code, stdout.as_str()), (Some(3), "?\n"));
    assert!(stderr.contains("`latest` is not a version that SemVer can order"), "{stderr}");
}

#[test]
fn an_ecosystem_that_is_none_is_a_mistake_with_the_one_that_was_meant() {
    let (code, stdout, stderr) = compare(&["pypi", "1", "2"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("did you mean `PyPI`?"), "{stderr}");
    assert_eq!(compare(&["npm", "1.0.0"]).0, Some(2));
}

#[test]
fn a_table_is_answered_line_by_line() {
    let table = "npm\t1.2.3\t1.10.0\nGo\tv2.0.0+incompatible\tv2.0.0\nnpm\tx\ty\n";
    let output = Beleg::anywhere().arg("db").arg("compare").arg("-").stdin(table).run();
    assert_eq!((output.status.code(), output.stdout.as_str()), (Some(3), "<\n=\n?\n"));
    let output = Beleg::anywhere().arg("db").arg("compare").arg("-").stdin("npm 1 2\n").run();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.contains("line 1 of standard input"), "{}", output.stderr);
}
