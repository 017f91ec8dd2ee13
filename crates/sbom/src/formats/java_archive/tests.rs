#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::io::Write as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn jar(artifact: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let properties = format!("#\ngroupId=org.example\nartifactId={artifact}\nversion=1.0\n");
    let at = format!("META-INF/maven/org.example/{artifact}/pom.properties");
    zip(&[&[(&*at, properties.as_bytes()), ("a/B.class", b"\xca\xfe")], more].concat())
}

/// Places with names, or with why nothing was read there.
type Said = Vec<(String, String)>;

fn read(path: &str, bytes: &[u8]) -> (Said, Said) {
    let parsed = JavaArchive.parse(path, bytes).unwrap();
    let packages = parsed.packages.into_iter().map(|it| (it.location.path, it.name));
    (packages.collect(), parsed.unread.into_iter().map(|it| (it.location.path, it.why)).collect())
}

#[test]
fn archives_within_archives_are_looked_into() {
    let inner = jar("inner", &[]);
    let library = jar("library", &[("lib/inner.jar", &inner)]);
    let shaded = jar("shaded", &[]);
    let web = zip(&[
        ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"),
        ("WEB-INF/lib/library.jar", &library),
        ("WEB-INF/lib/shaded.jar", &shaded),
    ]);
    let (packages, unread) = read("opt/app.war", &web);
    let places: Vec<_> = packages.iter().map(|(place, name)| format!("{place} {name}")).collect();
    assert_eq!(
        places,
        [
            "opt/app.war!/WEB-INF/lib/library.jar org.example:library",
            "opt/app.war!/WEB-INF/lib/library.jar!/lib/inner.jar org.example:inner",
            "opt/app.war!/WEB-INF/lib/shaded.jar org.example:shaded",
        ]
        .map(str::to_owned)
        .as_slice()
    );
    assert_eq!(unread, []);
}

#[test]
fn an_archive_that_does_not_say_which_package_it_is_is_not_guessed() {
    let manifest = b"Manifest-Version: 1.0\r\nBundle-SymbolicName: org.example.old\r\nBundle-Version: 3.2.1\r\n";
    let named = zip(&[("META-INF/MANIFEST.MF", manifest), ("a/B.class", b"")]);
    let (packages, unread) = read("lib/old.jar", &named);
    assert_eq!(packages, []);
    assert!(unread.iter().any(|(_, why)| why.contains("`org.example.old 3.2.1`")), "{unread:?}");
    let (_, unread) = read("lib/old-1.jar", &zip(&[("a/B.class", b"")]));
    assert!(unread.iter().any(|(_, why)| why.contains("`old-1.jar`")), "{unread:?}");
    // Nothing runs in it.
    assert_eq!(
        read("lib/texts.jar", &zip(&[("a/messages.properties", b"")])),
        (Vec::new(), Vec::new())
    );
}

#[test]
fn what_is_damaged_or_too_much_is_said() {
    let broken = zip(&[("META-INF/MANIFEST.MF", b""), ("lib/a.jar", b"PK\x03\x04 no archive")]);
    let (_, unread) = read("app.jar", &broken);
    assert!(unread.iter().any(|(place, _)| place == "app.jar!/lib/a.jar"), "{unread:?}");
    let mut deep = jar("deepest", &[]);
    for _ in 0..6 {
        deep = zip(&[("lib/deeper.jar", &deep)]);
    }
    let (packages, unread) = read("app.jar", &deep);
    assert_eq!((packages.len(), unread.len()), (0, 1));
    assert!(unread.iter().any(|(_, why)| why == "archives are nested too deep"));
    let odd =
        zip(&[("META-INF/maven/a/b/pom.properties", b"groupId=a\nartifactId=b\nversion=${x}\n")]);
    assert_eq!(read("a.jar", &odd).1.len(), 1);
    assert!(JavaArchive.parse("a.jar", b"no archive").is_err());
}

#[test]
fn other_archives_are_none_of_java() {
    let document = zip(&[("word/document.xml", b"<x/>"), ("[Content_Types].xml", b"")]);
    assert_eq!(found_in("a.docx", &mut Cursor::new(&document)), None);
    assert_eq!(found_in("a.docx", &mut Cursor::new(b"PK\x03\x04")), None);
    let program = zip(&[("BOOT-INF/lib/a.jar", &jar("a", &[]))]);
    let found = found_in("bin/app", &mut Cursor::new(&program)).unwrap();
    assert_eq!(found.packages.len(), 1);
}
