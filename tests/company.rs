//! The company of the demonstration in a folder of its own, to be run as it is or with something
//! changed.

use crate::command::{Beleg, Output};
use crate::listing::{Listing, listing};
use beleg_demo::{Condition, Demo, make};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A project with surroundings in which nothing may change.
pub(crate) struct Company {
    surroundings: TempDir,
    pub(crate) demo: Demo,
}

impl Company {
    /// Makes a company without faults.
    pub(crate) fn healthy() -> Self {
        Self::made(Condition::Healthy, Timestamp::now())
    }

    /// Makes a company with the demonstration's faults.
    pub(crate) fn faulty() -> Self {
        Self::made(Condition::Faulty, Timestamp::now())
    }

    /// Makes a healthy company as it would have been made some days ago.
    pub(crate) fn healthy_days_ago(days: i64) -> Self {
        Self::made(Condition::Healthy, Timestamp::now() - SignedDuration::from_hours(24 * days))
    }

    fn made(condition: Condition, now: Timestamp) -> Self {
        let surroundings = empty_folder();
        let root = surroundings.path();
        let demo = make(&root.join("project"), condition, now).unwrap();
        fs::create_dir(root.join("home")).unwrap();
        fs::create_dir(root.join("tmp")).unwrap();
        fs::write(root.join("sentinel"), "must stay as it is").unwrap();
        Self { surroundings, demo }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.surroundings.path().join("project")
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder().join(below)
    }

    pub(crate) fn read(&self, below: &str) -> Vec<u8> {
        fs::read(self.path(below)).unwrap()
    }

    pub(crate) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Replaces a text in a file, where it must stand.
    #[track_caller]
    pub(crate) fn replace(&self, below: &str, from: &str, to: &str) -> &Self {
        let text = String::from_utf8(self.read(below)).unwrap();
        assert!(text.contains(from), "`{below}` does not hold `{from}`");
        self.write(below, text.replace(from, to))
    }

    pub(crate) fn remove(&self, below: &str) -> &Self {
        let path = self.path(below);
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        }
        .unwrap();
        self
    }

    /// Begins a command line for the project.
    pub(crate) fn beleg(&self, words: &str) -> Beleg {
        let root = self.surroundings.path();
        Beleg::in_folder(&self.folder())
            .env("HOME", root.join("home"))
            .env("TMPDIR", root.join("tmp"))
            .current_dir(root)
            .args(words)
    }

    /// Lists everything but what beleg keeps for itself.
    pub(crate) fn surroundings(&self) -> Listing {
        listing(self.surroundings.path(), &[&self.path(".beleg")])
    }

    /// Runs `name`, which must end with `code` and touch nothing but `.beleg`; returns the report.
    #[track_caller]
    pub(crate) fn run(&self, name: &str, code: i32) -> Report {
        let before = self.surroundings();
        let output = self.beleg(&format!("run {name} --format json")).run().expect(code);
        let after = self.surroundings();
        assert!(before == after, "changed: {:?}", difference(&before, &after));
        let left = leftovers(&self.path(".beleg/scratch")).into_iter();
        let left: Vec<PathBuf> = left.flat_map(|path| listing(&path, &[]).into_keys()).collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "{}", output.stdout);
        Report::of(&output)
    }
}

/// Makes an empty folder: in memory where there is room, because a run waits until the disk has
/// what it records, and hundreds of runs would wait long.
pub(crate) fn empty_folder() -> TempDir {
    const ROOM: u64 = 2 << 30;
    let memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(memory).map_or(0, |found| found.f_bavail * found.f_frsize);
    if free >= ROOM { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// A report in JSON.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    #[track_caller]
    pub(crate) fn of(output: &Output) -> Self {
        Self(output.json())
    }

    /// Returns job, rule and verdict of all findings that are more than remarks, in order.
    pub(crate) fn found(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (check, finding) in self.findings().filter(|(_, finding)| finding["verdict"] != "pass")
        {
            found.push((text(&check["job"]), text(&finding["rule"])));
        }
        found.sort();
        found
    }

    /// Returns the finding of a rule.
    #[track_caller]
    pub(crate) fn finding(&self, rule: &str) -> &Value {
        let found = self.findings().find(|(_, finding)| finding["rule"] == rule);
        found.map(|(_, finding)| finding).unwrap_or_else(|| {
            panic!("there is no `{rule}` but {:?} in {:#}", self.found(), self.0)
        })
    }

    fn findings(&self) -> impl Iterator<Item = (&Value, &Value)> {
        let checks = self.0["checks"].as_array().unwrap().iter();
        checks.flat_map(|check| {
            check["findings"].as_array().unwrap().iter().map(move |finding| (check, finding))
        })
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns what is left in a folder that should be empty or absent.
pub(crate) fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn difference<'a>(before: &'a Listing, after: &'a Listing) -> Vec<&'a PathBuf> {
    let paths = before.keys().chain(after.keys());
    let mut changed: Vec<&PathBuf> =
        paths.filter(|path| before.get(*path) != after.get(*path)).collect();
    changed.sort();
    changed.dedup();
    changed
}
