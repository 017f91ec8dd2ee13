//! Every format's `testdata/CASE/`: a tree as a real tool leaves it, and beside it `CASE.txt` with
//! where it is from, in lines that begin with `#`, and what is read from it.
//!
//! `BELEG_REWRITE=1 cargo test -p beleg-sbom --lib formats::testdata` writes what is read now.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A tree of testdata.
pub(super) struct Case {
    /// Where it stands.
    pub(super) root: PathBuf,
    /// The folder of the format that it is for, `cargo_lock`.
    pub(super) of: String,
}

impl Tree for Case {
    fn holds(&self, path: &str) -> bool {
        self.root.join(path).is_file()
    }

    fn read(&self, path: &str, limit: u64) -> Nearby {
        match fs::read(self.root.join(path)) {
            Ok(bytes) if u64::try_from(bytes.len()).is_ok_and(|it| it <= limit) => {
                Nearby::Bytes(bytes)
            }
            Ok(_) => Nearby::Unreadable("it is too large".to_owned()),
            Err(_) => Nearby::Absent,
        }
    }
}

impl Case {
    /// The files in it, by their paths from its root on.
    pub(super) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let shown = path.strip_prefix(&self.root).unwrap();
                    files.push(shown.to_str().unwrap().to_owned());
                }
            }
        }
        files.sort();
        files
    }

    pub(super) fn bytes(&self, path: &str) -> Vec<u8> {
        fs::read(self.root.join(path)).unwrap()
    }
}

/// All of them, of all formats.
pub(super) fn cases() -> Vec<Case> {
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/formats");
    let mut cases = Vec::new();
    for format in fs::read_dir(formats).unwrap() {
        let format = format.unwrap().path();
        let of = format.file_name().unwrap().to_str().unwrap().to_owned();
        let Ok(entries) = fs::read_dir(format.join("testdata")) else { continue };
        let roots = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        cases.extend(roots.map(|root| Case { root, of: of.clone() }));
    }
    cases.sort_by(|a, b| a.root.cmp(&b.root));
    cases
}

/// Finds the format of a file of a tree. What goes by no name has the format's behind its own; of a
/// program it is the section alone.
pub(super) fn format_in(path: &str) -> Option<&'static dyn Format> {
    let of_section = || {
        let (_, id) = path.rsplit_once('.')?;
        format_by_id(id).filter(|format| format.about().files.is_empty())
    };
    format_of(path).or_else(of_section)
}

/// What the formats read from a tree, a line each.
fn described(case: &Case) -> String {
    let mut text = String::new();
    for path in case.files() {
        let Some(format) = format_in(&path) else { continue };
        writeln!(text, "{path}: {}", format.about().id).unwrap();
        match format.parse_in(&path, &case.bytes(&path), case) {
            Ok(parsed) => describe(&mut text, &parsed),
            Err(error) => writeln!(text, "  refused: {error}").unwrap(),
        }
    }
    text
}

fn describe(text: &mut String, parsed: &Parsed) {
    let edges = parsed.edges.as_deref();
    for (at, package) in parsed.packages.iter().enumerate() {
        let line = package.location.line.map_or_else(String::new, |line| format!(" :{line}"));
        let ecosystem = &package.ecosystem.name;
        write!(text, "  {ecosystem} {} {}{line}", package.name, package.version).unwrap();
        match &package.origin {
            beleg_model::Origin::Registry => {}
            beleg_model::Origin::Local => text.push_str(", own"),
            beleg_model::Origin::Elsewhere(place) => write!(text, ", from {place}").unwrap(),
        }
        for (what, value) in [
            ("source", &package.source_name),
            ("source version", &package.source_version),
            ("architecture", &package.architecture),
        ] {
            if let Some(value) = value {
                write!(text, ", {what} {value}").unwrap();
            }
        }
        let facts = parsed.facts.get(&at).cloned().unwrap_or_default();
        if let Some(scope) = facts.scope {
            write!(text, ", {}", scope.word()).unwrap();
        }
        if let Some(direct) = facts.direct {
            text.push_str(if direct { ", direct" } else { ", transitive" });
        }
        if !facts.licences.is_empty() {
            write!(text, ", licence {}", facts.licences.join(" | ")).unwrap();
        }
        if let Some(first) = facts.digests.first() {
            let short: String = first.to_string().chars().take(15).collect();
            write!(text, ", {short}… of {}", facts.digests.len()).unwrap();
        }
        let of = |edge: &&Edge| edge.from == at;
        let to: Vec<_> = edges.unwrap_or_default().iter().filter(of).collect();
        if !to.is_empty() {
            let names = to.iter().filter_map(|edge| parsed.packages.get(edge.to));
            let names: Vec<_> = names.map(|it| format!("{} {}", it.name, it.version)).collect();
            write!(text, " -> {}", names.join(", ")).unwrap();
        }
        text.push('\n');
    }
    for unread in &parsed.unread {
        writeln!(text, "  unread {}: {}", unread.location, unread.why).unwrap();
    }
    for named in &parsed.named_only {
        writeln!(text, "  named only {} {:?}", named.name, named.version).unwrap();
    }
    for removed in &parsed.removed {
        writeln!(text, "  removed {removed}").unwrap();
    }
    for owned in &parsed.owned {
        writeln!(text, "  owns {owned}").unwrap();
    }
    if parsed.edges.is_none() {
        text.push_str("  (which depends on which is not said)\n");
    }
}

#[test]
fn every_tree_is_read_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let file = PathBuf::from(format!("{}.txt", case.root.display()));
        let stated = fs::read_to_string(&file).unwrap_or_default();
        let head: String = stated
            .lines()
            .take_while(|line| line.starts_with('#'))
            .map(|it| format!("{it}\n"))
            .collect();
        let is = format!("{head}{}", described(&case));
        if std::env::var_os("BELEG_REWRITE").is_some() {
            fs::write(&file, &is).unwrap();
        } else if is != stated {
            wrong.push(format!("{}:\n{is}", file.display()));
        }
        assert!(!head.is_empty(), "{} says in lines with `#` what made it", file.display());
    }
    assert!(wrong.is_empty(), "read otherwise than expected:\n{}", wrong.join("\n"));
}

#[test]
fn every_format_has_a_tree_in_which_it_reads_packages() {
    for format in FORMATS {
        let about = format.about();
        let folder = about.id.replace('-', "_");
        let read = cases().into_iter().filter(|case| case.of == folder).any(|case| {
            let is_of_it =
                |path: &&String| format_in(path).is_some_and(|found| found.about().id == about.id);
            case.files().iter().filter(is_of_it).any(|path| {
                let parsed = format.parse_in(path, &case.bytes(path), &case);
                parsed.is_ok_and(|parsed| !parsed.packages.is_empty())
            })
        });
        assert!(read, "{folder}/testdata has no tree in which `{}` reads a package", about.id);
    }
}
