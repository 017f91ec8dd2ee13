#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

/// Makes a section as Go does.
fn section(version: &str, modules: &str) -> Vec<u8> {
    let text = |text: &[u8]| {
        let mut bytes = Vec::new();
        let mut length = text.len();
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend_from_slice(text);
        bytes
    };
    let mut bytes = MAGIC.to_vec();
    bytes.extend([8, IN_PLACE]);
    bytes.resize(TEXT, 0);
    bytes.extend(text(version.as_bytes()));
    let marked = [&[b'<'; MARK], modules.as_bytes(), &[b'>'; MARK]].concat();
    bytes.extend(text(&marked));
    bytes
}

fn read(version: &str, modules: &str) -> Parsed {
    GoProgram.parse("bin/app", &section(version, modules)).unwrap()
}

#[test]
fn modules_and_the_standard_library_are_listed() {
    let parsed = read(
        "go1.26.8",
        "path\texample.org/app\nmod\texample.org/app\t(devel)\t\n\
         dep\texample.org/own\tv0.0.0\n=>\t../own\t(devel)\t\n\
         dep\tgithub.com/google/uuid\tv1.6.0\th1:NIv=\n\
         dep\tgolang.org/x/text\tv0.14.0\n=>\tgolang.org/x/text\tv0.15.0\th1:h1V=\n\
         build\t-compiler=gc\n",
    );
    let read: Vec<_> =
        parsed.packages.iter().map(|it| (&*it.name, &*it.version, it.origin.clone())).collect();
    assert_eq!(
        read,
        [
            ("stdlib", "1.26.8", Origin::Registry),
            ("example.org/own", "v0.0.0", Origin::Local),
            ("github.com/google/uuid", "v1.6.0", Origin::Registry),
            ("golang.org/x/text", "v0.15.0", Origin::Registry),
        ]
    );
    assert_eq!((parsed.unread.len(), parsed.named_only.len()), (0, 1));
}

#[test]
fn a_program_that_was_installed_from_a_proxy_is_a_package_itself() {
    let of = |line: &str| read("go1.22", line).packages.pop().unwrap().origin;
    assert_eq!(of("mod\texample.org/app\tv1.2.3\th1:abc=\n"), Origin::Registry);
    assert_eq!(of("mod\texample.org/app\tv1.2.3\t\n"), Origin::Local);
    assert_eq!(
        of("mod\texample.org/app\tv1.2.4-0.20250101000000-0123456789ab+dirty\t\n"),
        Origin::Local
    );
}

#[test]
fn what_is_not_listed_is_said() {
    for (version, modules, unread) in [
        ("go1.19.8", "path\tcommand-line-arguments\nbuild\t-compiler=gc\n", 1),
        ("devel go1.27-abcdef", "dep\texample.org/a\tv1.0.0\n", 1),
        ("go1.22 X:rangefunc", "dep\texample.org/a\tv1.0.0\n", 0),
        ("go1.23rc1", "dep\texample.org/a\tv1.0.0\n", 0),
        ("go1.22", "dep\texample.org/a\tmaster\n", 1),
        ("go1.22", "dep\t../a\tv1.0.0\n", 1),
    ] {
        assert_eq!(read(version, modules).unread.len(), unread, "{version} {modules}");
    }
}

#[test]
fn build_information_that_is_damaged_or_of_an_older_go_is_refused() {
    let whole = section("go1.22", "dep\texample.org/a\tv1.0.0\n");
    for end in 0..whole.len() {
        assert!(GoProgram.parse("bin/app", whole.get(..end).unwrap()).is_err(), "{end}");
    }
    let mut older = whole.clone();
    *older.get_mut(FLAGS).unwrap() = 0;
    assert!(GoProgram.parse("bin/app", &older).is_err());
}
