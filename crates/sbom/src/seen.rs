//! What is recognised and not read: package databases, lockfiles and manifests of which a scan must
//! say that it saw them, because the packages they list were present and not looked at. One table,
//! for folders and images alike.

use crate::formats::format_of;
use crate::programs;
use std::io::{self, Read, Seek};

/// A kind of file that lists packages and that no format reads.
#[derive(Debug)]
pub struct Seen {
    /// What it lists, in plural: `rpm packages`.
    pub what: &'static str,
    names: Names,
    manifest: Option<&'static Manifest>,
}

/// By what a file is recognised. Paths and folders are matched at their end, so that a root folder
/// within the one that is scanned is recognised too.
#[derive(Debug)]
enum Names {
    /// The end of the path, from a whole folder's or file's name on.
    Path(&'static [&'static str]),
    /// The file's name.
    File(&'static [&'static str]),
    /// The end of the file's name.
    Ending(&'static [&'static str]),
    /// The end of the file's name, in or below a folder of a name.
    Below(&'static str, &'static [&'static str]),
    /// A section of a program, whatever the file's name.
    Section(&'static str),
}

/// A file that people write and that says what to install, but not in which versions. With a
/// lockfile beside or above it, that one speaks for it.
#[derive(Debug)]
struct Manifest {
    /// The lockfiles that speak for it.
    lockfiles: &'static [&'static str],
    /// Texts of which one stands in it; none is every file of the name.
    marks: &'static [&'static str],
}

/// The most bytes of a manifest in which [`Seen::concerns`] looks: 1 MiB.
const MAX_MANIFEST: u64 = 1 << 20;

const PYTHON: Manifest = Manifest {
    lockfiles: &[
        "uv.lock",
        "poetry.lock",
        "pdm.lock",
        "pylock.toml",
        "Pipfile.lock",
        "requirements.txt",
    ],
    // Many a `pyproject.toml` only configures tools.
    marks: &["dependencies", "requires", "packages"],
};
const NODE: Manifest = Manifest {
    lockfiles: &[
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "bun.lockb",
        "deno.lock",
    ],
    marks: &["ependencies\""],
};

/// Every kind there is; the first that fits holds.
const SEEN: &[Seen] = &[
    seen(
        "rpm packages",
        Names::Path(&[
            "var/lib/rpm/Packages",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/Packages",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            "usr/share/rpm/Packages",
            "usr/share/rpm/Packages.db",
            "usr/share/rpm/rpmdb.sqlite",
        ]),
    ),
    seen("apk packages", Names::Path(&["lib/apk/db/installed"])),
    seen("opkg packages", Names::Path(&["usr/lib/opkg/status", "var/lib/opkg/status"])),
    // The format reads dpkg's database at the root alone, where its release is known.
    seen("dpkg packages of a root folder within", Names::Path(&["var/lib/dpkg/status"])),
    seen("dpkg packages of a root folder within", Names::Below("var/lib/dpkg/status.d", &[""])),
    seen("pacman packages", Names::Below("var/lib/pacman/local", &["desc"])),
    seen("Portage packages", Names::Below("var/db/pkg", &["CONTENTS"])),
    seen("snap packages", Names::Below("var/lib/snapd/snaps", &[".snap"])),
    seen("Nix packages", Names::Path(&["nix/var/nix/db/db.sqlite"])),
    seen("npm packages", Names::Below("node_modules", &["/package.json"])),
    seen(
        "npm packages",
        Names::File(&[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
        ]),
    ),
    seen("Go modules", Names::File(&["go.mod", "go.sum", "go.work"])),
    seen("Ruby gems", Names::File(&["Gemfile.lock", "gems.locked"])),
    seen("Ruby gems", Names::Below("specifications", &[".gemspec"])),
    seen("Composer packages", Names::File(&["composer.lock"])),
    seen("Composer packages", Names::Path(&["vendor/composer/installed.json"])),
    seen(
        "Python packages of another lockfile format",
        Names::File(&["poetry.lock", "Pipfile.lock", "pdm.lock", "pixi.lock", "conda-lock.yml"]),
    ),
    seen("Python packages of another lockfile format", Names::Ending(&["pylock.toml"])),
    seen("Python packages in archives", Names::Ending(&[".whl", ".egg"])),
    seen("conda packages", Names::Below("conda-meta", &[".json"])),
    seen("Java packages", Names::File(&["gradle.lockfile", "buildscript-gradle.lockfile"])),
    seen("Java packages", Names::Ending(&[".jar", ".war", ".ear"])),
    seen("NuGet packages", Names::File(&["packages.lock.json", "packages.config"])),
    seen("NuGet packages", Names::Ending(&[".deps.json"])),
    seen("Go modules built into programs", Names::Section(programs::GO)),
    seen("Rust crates built into programs", Names::Section(programs::AUDITABLE)),
    seen("Hex packages", Names::File(&["mix.lock", "rebar.lock"])),
    seen("Dart packages", Names::File(&["pubspec.lock"])),
    seen("Swift packages", Names::File(&["Package.resolved"])),
    seen("CocoaPods packages", Names::File(&["Podfile.lock"])),
    seen("Conan packages", Names::File(&["conan.lock"])),
    seen("R packages", Names::File(&["renv.lock"])),
    seen("Haskell packages", Names::File(&["stack.yaml.lock", "cabal.project.freeze"])),
    seen("Julia packages", Names::File(&["Manifest.toml", "JuliaManifest.toml"])),
    seen("Perl packages", Names::File(&["cpanfile.snapshot"])),
    seen("Nix packages", Names::File(&["flake.lock"])),
    manifest(
        "Rust crates without a lockfile",
        &["Cargo.toml"],
        &Manifest { lockfiles: &["Cargo.lock"], marks: &["dependencies"] },
    ),
    manifest(
        "Python packages without a lockfile",
        &["pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml"],
        &PYTHON,
    ),
    seen("Python packages without a lockfile", Names::Ending(&["requirements.in"])),
    manifest("npm packages without a lockfile", &["package.json"], &NODE),
    manifest(
        "Ruby gems without a lockfile",
        &["Gemfile"],
        &Manifest { lockfiles: &["Gemfile.lock"], marks: &[] },
    ),
    manifest(
        "Composer packages without a lockfile",
        &["composer.json"],
        &Manifest { lockfiles: &["composer.lock"], marks: &["\"require"] },
    ),
    manifest(
        "Java packages without a lockfile",
        &["pom.xml", "build.gradle", "build.gradle.kts"],
        &Manifest { lockfiles: &["gradle.lockfile"], marks: &["ependenc"] },
    ),
    manifest(
        "Hex packages without a lockfile",
        &["mix.exs"],
        &Manifest { lockfiles: &["mix.lock"], marks: &["deps"] },
    ),
    manifest(
        "Dart packages without a lockfile",
        &["pubspec.yaml"],
        &Manifest { lockfiles: &["pubspec.lock"], marks: &["dependencies"] },
    ),
    manifest(
        "Swift packages without a lockfile",
        &["Package.swift"],
        &Manifest { lockfiles: &["Package.resolved"], marks: &[".package("] },
    ),
];

const fn seen(what: &'static str, names: Names) -> Seen {
    Seen { what, names, manifest: None }
}

const fn manifest(
    what: &'static str,
    names: &'static [&'static str],
    manifest: &'static Manifest,
) -> Seen {
    Seen { what, names: Names::File(names), manifest: Some(manifest) }
}

/// Recognises the file at `path`, relative to the root of the image or folder. Ask the formats
/// first: what one of them reads may be in this table for other places. Programs go by [`seen_in`].
#[must_use]
pub fn seen_at(path: &str) -> Option<&'static Seen> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    // Distroless images keep a list of each package's files beside its entry.
    if path.ends_with(".md5sums") {
        return None;
    }
    SEEN.iter().find(|seen| seen.names.fit(path))
}

/// The fewest bytes of a program in which [`seen_in`] is worth looking: 64 KiB. Those of Go have a
/// megabyte and more, those of Rust hundreds of kilobytes.
pub const LEAST_PROGRAM: u64 = 64 << 10;

/// Recognises a program that lists the packages it is built of, by its sections. What was packed or
/// stripped of its section headers is not recognised.
///
/// # Errors
/// When the file cannot be read.
pub fn seen_in(program: &mut (impl Read + Seek)) -> io::Result<Option<&'static Seen>> {
    let sections = programs::sections(program)?;
    let holds = |seen: &&Seen| match seen.names {
        Names::Section(name) => sections.iter().any(|section| section == name),
        _ => false,
    };
    Ok(SEEN.iter().find(holds))
}

impl Seen {
    /// Returns whether people write it: it says what is asked for, and no more.
    #[must_use]
    pub fn is_manifest(&self) -> bool {
        self.manifest.is_some()
    }

    /// Returns the most bytes to read for [`Self::concerns`]; mostly that it is there is enough.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.manifest.map_or(0, |_| MAX_MANIFEST)
    }

    /// Returns whether a manifest of these bytes asks for packages; in doubt it does.
    #[must_use]
    pub fn concerns(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let marks = self.manifest.map_or(&[][..], |manifest| manifest.marks);
        marks.is_empty() || marks.iter().any(|mark| text.contains(mark))
    }

    /// Returns whether a lockfile speaks for the manifest of these bytes at `path`: one beside it, or
    /// one above that lists it as a member. `is_there` says which paths there are, and `is_own`
    /// whether the lockfile at a path lists a name as the project's own. A lockfile that nobody
    /// reads is counted itself, and speaks for all below.
    #[must_use]
    pub fn is_locked(
        &self,
        path: &str,
        bytes: &[u8],
        is_there: &dyn Fn(&str) -> bool,
        is_own: &dyn Fn(&str, &str) -> bool,
    ) -> bool {
        let lockfiles = self.manifest.map_or(&[][..], |manifest| manifest.lockfiles);
        let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if lockfiles.iter().any(|name| is_there(&within(folder, name))) {
            return true;
        }
        let name = project_name(bytes);
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let mut there = lockfiles.iter().map(|it| within(folder, it)).filter(|it| is_there(it));
            let lists = |lockfile: &str| name.as_ref().is_some_and(|it| is_own(lockfile, it));
            if there.any(|lockfile| format_of(&lockfile).is_none() || lists(&lockfile)) {
                return true;
            }
        }
        false
    }
}

fn within(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Reads the name of the project that a `Cargo.toml` or `pyproject.toml` is about.
fn project_name(manifest: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(manifest).ok()?;
    let manifest: toml::Table = toml::from_str(text).ok()?;
    let project = manifest.get("package").or_else(|| manifest.get("project"))?;
    Some(project.get("name")?.as_str()?.to_owned())
}

impl Names {
    fn fit(&self, path: &str) -> bool {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        match self {
            Self::Path(paths) => paths.iter().any(|end| ends_with_path(path, end)),
            Self::File(names) => names.contains(&name),
            Self::Ending(endings) => endings.iter().any(|ending| name.ends_with(ending)),
            Self::Below(folder, endings) => {
                endings.iter().any(|ending| path.ends_with(ending)) && lies_below(path, folder)
            }
            Self::Section(_) => false,
        }
    }
}

fn ends_with_path(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|start| start.is_empty() || start.ends_with('/'))
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.match_indices(folder).any(|(at, _)| {
        let before = path.get(..at).unwrap_or_default();
        let after = path.get(at.saturating_add(folder.len())..).unwrap_or_default();
        (before.is_empty() || before.ends_with('/')) && after.starts_with('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMATS;

    const KNOWN: [(&str, &str); 20] = [
        ("var/lib/rpm/Packages", "rpm packages"),
        ("var/lib/rpm/rpmdb.sqlite", "rpm packages"),
        ("/usr/lib/sysimage/rpm/Packages.db", "rpm packages"),
        ("build/rootfs/var/lib/rpm/rpmdb.sqlite", "rpm packages"),
        ("./lib/apk/db/installed", "apk packages"),
        ("usr/lib/apk/db/installed", "apk packages"),
        ("var/lib/pacman/local/acl-2.3.2-1/desc", "pacman packages"),
        ("var/lib/snapd/snaps/core_1.snap", "snap packages"),
        ("srv/app/node_modules/@scope/left-pad/package.json", "npm packages"),
        ("package-lock.json", "npm packages"),
        ("opt/app/lib/log4j-core-2.14.1.jar", "Java packages"),
        ("usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.gemspec", "Ruby gems"),
        ("usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.gemspec", "Ruby gems"),
        ("srv/vendor/composer/installed.json", "Composer packages"),
        ("go.sum", "Go modules"),
        ("opt/conda/conda-meta/numpy-1.0.json", "conda packages"),
        ("poetry.lock", "Python packages of another lockfile format"),
        ("pylock.toml", "Python packages of another lockfile format"),
        ("chroot/var/lib/dpkg/status", "dpkg packages of a root folder within"),
        ("dist/a-1.0-py3-none-any.whl", "Python packages in archives"),
    ];

    #[test]
    fn what_nothing_reads_is_recognised_by_name() {
        for (path, what) in KNOWN {
            assert_eq!(seen_at(path).map(|seen| seen.what), Some(what), "{path}");
        }
    }

    #[test]
    fn ordinary_files_are_not_recognised() {
        for path in [
            "",
            "/",
            "var/lib/rpm/.rpm.lock",
            "etc/passwd",
            "a/installed.json",
            "my_node_modules/a/packages.json",
            "desc",
            "notes/composer.txt",
        ] {
            assert!(seen_at(path).is_none(), "{path}");
        }
    }

    #[test]
    fn what_a_format_reads_is_not_called_unread() {
        for path in ["Cargo.lock", "uv.lock", "requirements.txt"] {
            assert!(FORMATS.iter().any(|format| format.wants(path).is_some()), "{path}");
            assert!(seen_at(path).is_none(), "{path}");
        }
        for (path, _) in KNOWN {
            assert!(FORMATS.iter().all(|format| format.wants(path).is_none()), "{path}");
        }
    }

    #[test]
    fn a_lockfile_speaks_for_the_manifest_beside_it_and_for_its_members() {
        let there = |path: &str| matches!(path, "a/Cargo.lock" | "w/yarn.lock");
        let own = |lockfile: &str, name: &str| lockfile == "a/Cargo.lock" && name == "x";
        let (x, y) = ("[package]\nname = \"x\"\n", "[package]\nname = \"y\"\n");
        for (path, text, locked) in [
            ("a/Cargo.toml", y, true),
            ("a/crates/x/Cargo.toml", x, true),
            ("a/crates/x/Cargo.toml", y, false),
            ("a/crates/x/Cargo.toml", "[workspace]\n", false),
            ("Cargo.toml", x, false),
            ("ab/Cargo.toml", x, false),
            // Nobody reads the lockfile, so that it is counted for all of them.
            ("w/packages/a/package.json", "{}", true),
        ] {
            let seen = seen_at(path).filter(|seen| seen.is_manifest());
            let is = seen.map(|seen| seen.is_locked(path, text.as_bytes(), &there, &own));
            assert_eq!(is, Some(locked), "{path}");
        }
    }

    #[test]
    fn a_manifest_that_asks_for_nothing_is_no_gap() {
        let asks = |path: &str, text: &str| seen_at(path).map(|it| it.concerns(text.as_bytes()));
        assert_eq!(asks("pyproject.toml", "[tool.ruff]\nline-length = 100\n"), Some(false));
        assert_eq!(asks("pyproject.toml", "[project]\ndependencies = [\"a\"]\n"), Some(true));
        assert_eq!(asks("package.json", "{\"type\": \"module\"}"), Some(false));
        assert_eq!(asks("package.json", "{\"devDependencies\": {}}"), Some(true));
    }
}
