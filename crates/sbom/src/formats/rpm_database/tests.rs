#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::super::testdata::cases;
use super::*;

/// Every form of the database, with a path that it has.
fn databases() -> Vec<(String, Vec<u8>)> {
    let of_rpm = cases().into_iter().filter(|case| case.of == "rpm_database");
    let database = |case: super::super::testdata::Case| {
        let path = case.files().into_iter().find(|path| RpmDatabase.wants(path)).unwrap();
        (path.clone(), case.bytes(&path))
    };
    of_rpm.map(database).collect()
}

fn described(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let parsed = RpmDatabase.parse("var/lib/rpm/Packages", bytes).ok()?;
    let packages = parsed.packages.into_iter();
    parsed.unread.is_empty().then(|| packages.map(|it| (it.name, it.version)).collect())
}

#[test]
fn every_form_lists_the_same_packages() {
    let all: Vec<_> = databases().iter().map(|(_, bytes)| described(bytes).unwrap()).collect();
    assert_eq!(all.len(), 3);
    let expected = [("greeter", "2:1.4-3.el9"), ("python3-greeter", "2:0.9-3.el9")];
    for mut packages in all {
        packages.sort();
        let read = packages.iter().map(|(name, version)| (&**name, &**version));
        assert_eq!(read.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_database_cut_off_is_refused_or_says_what_is_missing() {
    for (path, bytes) in databases() {
        for end in (0..bytes.len()).step_by(61) {
            assert_eq!(described(bytes.get(..end).unwrap()), None, "{path} cut at {end}");
        }
    }
}

#[test]
fn damage_leads_to_no_panic_and_no_endless_search() {
    for (_, bytes) in databases() {
        for at in (0..bytes.len()).step_by(7) {
            for change in [0x00, 0xff, 0x01] {
                let mut damaged = bytes.clone();
                *damaged.get_mut(at).unwrap() = change;
                let _ = RpmDatabase.parse("var/lib/rpm/Packages", &damaged);
            }
        }
    }
}

#[test]
fn what_sqlite_has_not_yet_taken_in_is_said() {
    struct Log;
    impl Tree for Log {
        fn holds(&self, _path: &str) -> bool {
            true
        }
        fn read(&self, path: &str, _limit: u64) -> Nearby {
            assert_eq!(path, "var/lib/rpm/rpmdb.sqlite-wal");
            Nearby::Unreadable("it is too large".to_owned())
        }
    }
    assert_eq!(RpmDatabase.asks_for("var/lib/rpm/rpmdb.sqlite-wal"), Some(0));
    assert_eq!(RpmDatabase.asks_for("other/rpmdb.sqlite-wal"), None);
    let (path, bytes) = databases().into_iter().find(|(path, _)| path.ends_with("sqlite")).unwrap();
    let parsed = RpmDatabase.parse_in(&path, &bytes, &Log).unwrap();
    assert_eq!((parsed.packages.len(), parsed.unread.len()), (2, 1));
}

#[test]
fn source_packages_are_taken_apart_from_behind() {
    for (file, source) in [
        ("glibc-2.36-1.el9.src.rpm", Some(("glibc", "2.36-1.el9"))),
        ("java-17-openjdk-17.0.1-2.src.rpm", Some(("java-17-openjdk", "17.0.1-2"))),
        ("a-1-2.nosrc.rpm", Some(("a", "1-2"))),
        ("(none)", None),
        ("a.src.rpm", None),
    ] {
        assert_eq!(source_of(file), source, "{file}");
    }
}
