#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::io::Write as _;

const DATABASE: &str = "Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9+deb12u8
Description: GNU C Library
 .
 Shared libraries

Package: bsdutils
Status: hold ok installed
Architecture: amd64
Source: util-linux (2.38.1-5+deb12u3)
Version: 1:2.38.1-5+deb12u3

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0

Package: waiting
Status: install ok triggers-pending
Architecture: all
Version: 2.0-1
";

fn parse(text: &str) -> Parsed {
    DpkgStatus.parse(STATUS, text.as_bytes()).unwrap()
}

fn only_reason(text: &str) -> String {
    let parsed = parse(text);
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{text}");
    parsed.unread.into_iter().map(|unread| unread.why).collect()
}

#[test]
fn packages_on_the_disk_are_read_with_their_source() {
    let parsed = parse(DATABASE);
    let read: Vec<_> = parsed
        .packages
        .iter()
        .map(|p| {
            let source = (p.source_name.as_deref(), p.source_version.as_deref());
            (p.name.as_str(), p.version.as_str(), source, p.location.line)
        })
        .collect();
    assert_eq!(
        read,
        [
            ("libc6", "2.36-9+deb12u8", (Some("glibc"), None), Some(1)),
            (
                "bsdutils",
                "1:2.38.1-5+deb12u3",
                (Some("util-linux"), Some("2.38.1-5+deb12u3")),
                Some(10)
            ),
            ("waiting", "2.0-1", (None, None), Some(21)),
        ]
    );
    assert_eq!(parsed.unread, []);
}

#[test]
fn distroless_files_need_no_status() {
    let text = b"Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\n";
    let parsed = DpkgStatus.parse("var/lib/dpkg/status.d/tzdata", text).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (1, 0));
}

#[test]
fn entries_that_cannot_be_read_are_reported() {
    for (text, why) in [
        ("Package: a\nStatus: install ok installed\n", "the field `Version` is missing"),
        ("Package: a\nVersion: 1\n", "the field `Status` is missing"),
        ("Status: install ok installed\nVersion: 1\n", "the field `Package` is missing"),
        (
            "Package: a\nStatus: install ok installed\nVersion: 1\nVersion: 2\n",
            "the field `Version` is there twice",
        ),
        (
            "Package: a\nStatus: install reinstreq half-installed\nVersion: 1\n",
            "the installation of `a` was not finished",
        ),
        ("Package: a\nStatus: whatever\nVersion: 1\n", "`whatever` is no known status of `a`"),
        ("Package: ../a\nStatus: install ok installed\n", "`../a` cannot name a Debian package"),
        ("Package: a\nStatus: install ok installed\nVersion: a b\n", "`a b` is no version of `a`"),
        (
            "Package: a\nStatus: install ok installed\nVersion: 1\nSource: b (\n",
            "`b (` names no source package",
        ),
        ("Package: a\nbroken\nStatus: install ok installed\nVersion: 1\n", "line 2 is no field"),
    ] {
        assert_eq!(only_reason(text), why);
    }
}

#[test]
fn a_doubled_package_is_reported_and_one_of_another_architecture_is_not() {
    let entry = |architecture: &str| {
        format!(
            "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: {architecture}\n\n"
        )
    };
    let parsed = parse(&[entry("amd64"), entry("i386"), entry("amd64")].concat());
    assert_eq!(parsed.packages.len(), 2);
    let unread: Vec<_> = parsed.unread.iter().map(|u| (u.location.line, u.why.as_str())).collect();
    assert_eq!(unread, [(Some(11), "`a` is listed twice")]);
}

#[test]
fn a_database_cut_off_within_a_line_is_reported() {
    let cut = DATABASE.trim_end();
    let parsed = parse(cut);
    let unread: Vec<_> = parsed.unread.iter().map(|u| (u.location.line, u.why.as_str())).collect();
    assert_eq!(unread, [(Some(24), "the file ends in the middle of a line")]);
}

#[test]
fn only_dpkgs_own_database_is_wanted() {
    for path in [STATUS, "/var/lib/dpkg/status", "./var/lib/dpkg/status.d/base"] {
        assert!(DpkgStatus.wants(path), "{path}");
    }
    for path in [
        "status",
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/status.d/",
        "var/lib/dpkg/status.d/base.md5sums",
        "backup/var/lib/dpkg/status",
    ] {
        assert!(!DpkgStatus.wants(path), "{path}");
    }
}

#[test]
fn the_database_of_this_machine_agrees_with_dpkg_query() {
    let listed = std::process::Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status}\\t${Package}\\t${Version}\\t${source:Package}\\t${source:Version}\\n"])
        .output();
    let (Ok(listed), Ok(bytes)) = (listed, std::fs::read("/var/lib/dpkg/status")) else {
        writeln!(std::io::stderr(), "SKIPPED: this machine has no dpkg database").unwrap();
        return;
    };
    let parsed = DpkgStatus.parse(STATUS, &bytes).unwrap();
    assert_eq!(parsed.unread, []);
    let mut ours: Vec<String> = parsed
        .packages
        .iter()
        .map(|p| {
            let source = p.source_name.as_ref().unwrap_or(&p.name);
            let source_version = p.source_version.as_ref().unwrap_or(&p.version);
            format!("installed\t{}\t{}\t{source}\t{source_version}", p.name, p.version)
        })
        .collect();
    let mut theirs: Vec<String> = String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("installed\t"))
        .map(str::to_owned)
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}
