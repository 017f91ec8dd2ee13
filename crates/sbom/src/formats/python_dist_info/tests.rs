#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::io::Write as _;

const METADATA: &str = "Metadata-Version: 2.1\nName: Typing_Extensions\nVersion: 4.12.2\n\
    Summary: Backported\nDescription: first\n        second\n\nName: not-a-header\nVersion: 9\n";

fn parse(text: &[u8]) -> Result<Parsed, FormatError> {
    PythonDistInfo.parse("lib/typing_extensions-4.12.2.dist-info/METADATA", text)
}

#[test]
fn metadata_in_a_source_tree_is_the_projects_own() {
    for (path, files, own) in [
        ("a.egg-info/PKG-INFO", &["setup.py"][..], true),
        ("src/a.egg-info/PKG-INFO", &["pyproject.toml"], true),
        ("x/src/a.egg-info/PKG-INFO", &["x/setup.cfg"], true),
        ("x/a.egg-info/PKG-INFO", &["setup.py"], false),
        ("a.egg-info/PKG-INFO", &[], false),
        ("a.egg-info/PKG-INFO", &["setup.py", "PKG-INFO"], false),
        ("src/a.egg-info/PKG-INFO", &["setup.py", "PKG-INFO"], false),
        ("a.egg-info/PKG-INFO", &["setup.py", "a.egg-info/installed-files.txt"], false),
        ("lib/site-packages/a.egg-info/PKG-INFO", &["lib/site-packages/setup.py"], false),
        ("a.dist-info/METADATA", &["setup.py"], false),
        ("a.egg-info", &["setup.py"], false),
    ] {
        let origin = source_tree_of(path, |it| files.contains(&it));
        assert_eq!(origin, own.then_some(Origin::Local), "{path} {files:?}");
    }
    // pip clones to there what is installed from a repository for development.
    for git in ["v/src/a/.git/HEAD", "v/src/a/.git"] {
        let files = ["v/src/a/setup.py", git];
        let path = "v/src/a/a.egg-info/PKG-INFO";
        let origin = source_tree_of(path, |it| files.contains(&it));
        assert!(matches!(origin, Some(Origin::Elsewhere(_))), "{origin:?}");
        assert!(tells_of_source_tree(git));
    }
}

#[test]
fn name_and_version_are_taken_from_the_header_only() {
    let parsed = parse(METADATA.as_bytes()).unwrap();
    let read: Vec<_> =
        parsed.packages.iter().map(|p| (p.name.as_str(), p.version.as_str())).collect();
    assert_eq!(read, [("typing-extensions", "4.12.2")]);
}

#[test]
fn windows_lines_and_foreign_encodings_are_read() {
    let parsed = parse(b"Name: a\r\nAuthor: J\xfcrgen\r\nVersion: 1.0\r\n\r\nText").unwrap();
    assert!(parsed.packages.iter().all(|p| p.version == "1.0"));
    assert_eq!(parsed.packages.len(), 1);
}

#[test]
fn a_header_without_name_or_version_or_with_two_is_refused() {
    for (text, why) in [
        ("", "the file is empty"),
        ("Name: a\n", "the field `Version` is missing"),
        ("Name: a\n\nVersion: 1\n", "the field `Version` is missing"),
        ("Version: 1\n", "the field `Name` is missing"),
        ("Name: a\nName: b\nVersion: 1\n", "the field `Name` is there twice"),
        ("Name: ../a\nVersion: 1\n", "`../a` cannot name a Python package"),
        ("Name: a\nVersion: >=1\n", "`>=1` is no exact version"),
    ] {
        let location = Location::from("lib/typing_extensions-4.12.2.dist-info/METADATA");
        let expected = FormatError::Malformed { location, why: why.to_owned() };
        assert_eq!(parse(text.as_bytes()), Err(expected), "{text}");
    }
}

#[test]
fn only_metadata_of_installed_packages_is_wanted() {
    for path in [
        "usr/lib/python3/dist-packages/six-1.16.0.egg-info",
        "usr/lib/python3/dist-packages/yaml.egg-info/PKG-INFO",
        "/usr/local/lib/python3.11/site-packages/pip-24.0.dist-info/METADATA",
        "x/a.egg/EGG-INFO/PKG-INFO",
    ] {
        assert!(PythonDistInfo.wants(path), "{path}");
    }
    for path in ["METADATA", "a/METADATA", "a.dist-info/RECORD", "a.egg-info/SOURCES.txt", ""] {
        assert!(!PythonDistInfo.wants(path), "{path}");
    }
}

#[test]
fn packages_of_the_distribution_are_told_from_those_of_pip() {
    assert!(belongs_to_distribution("/usr/lib/python3/dist-packages/six-1.16.0.egg-info"));
    assert!(!belongs_to_distribution(
        "usr/local/lib/python3.11/dist-packages/a.dist-info/METADATA"
    ));
}

/// What the Python of the machine has installed.
#[test]
fn metadata_of_a_real_installation_is_read() {
    let script = "import importlib.metadata as m\n\
        for d in m.distributions():\n    print(d._path, d.metadata['Name'], d.version, sep='\\t')";
    let listed = std::process::Command::new("python3").args(["-c", script]).output().unwrap();
    assert!(listed.status.success());
    let mut read = 0;
    for line in String::from_utf8(listed.stdout).unwrap().lines() {
        let mut words = line.split('\t');
        let (folder, name, version) =
            (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let Some(path) = ["METADATA", "PKG-INFO", ""]
            .map(|file| std::path::Path::new(folder).join(file))
            .into_iter()
            .find(|path| path.is_file())
        else {
            continue;
        };
        let path = path.to_str().unwrap().trim_end_matches('/').to_owned();
        assert!(PythonDistInfo.wants(&path), "{path}");
        let parsed = PythonDistInfo.parse(&path, &std::fs::read(&path).unwrap()).unwrap();
        let package = parsed.packages.first().unwrap();
        assert_eq!(
            (package.name.as_str(), package.version.as_str()),
            (normalized_name(name).as_ref(), version)
        );
        read += 1;
    }
    if read == 0 {
        writeln!(std::io::stderr(), "SKIPPED: python3 has no package installed").unwrap();
    }
}
