#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

#[test]
fn what_names_no_module_or_is_cut_off_is_reported() {
    for (text, packages, unread) in [
        ("a:b:1=compileClasspath\nempty=\n", 1, 0),
        ("a:b:1=compileClasspath\n", 1, 1),
        ("a:b\nempty=\n", 0, 1),
        ("a:b:1,2:3=x\nempty=\n", 0, 1),
        ("a:b:[1,)=x\nempty=\n", 0, 1),
        ("a:b:1=x\na:b:1=y\nempty=\n", 1, 1),
        ("empty=annotationProcessor\n", 0, 0),
        ("", 0, 1),
    ] {
        let parsed = GradleLockfile.parse("gradle.lockfile", text.as_bytes()).unwrap();
        assert_eq!((parsed.packages.len(), parsed.unread.len()), (packages, unread), "{text}");
    }
}
