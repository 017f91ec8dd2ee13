//! Files that people write and that say what to install, but not in which versions; and when a
//! lockfile says that for them.

/// A manifest of some package manager.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The lockfiles that can speak for it.
    pub(super) lockfiles: &'static [Lockfile],
    /// Texts of which one stands in it where it asks for packages; none is every file of the name.
    pub(super) marks: &'static [&'static str],
}

/// A lockfile, and for which manifests it speaks.
#[derive(Debug)]
pub(super) enum Lockfile {
    /// One that nothing here reads either: for those beside and below. It counts itself.
    Unread(&'static str),
    /// For the one beside it, and for those below whose project it lists as a member.
    OfMembers(&'static str),
    /// For the one beside it, and for those below whose folder it lists: the second says so of a
    /// lockfile's text, that of the manifest beside it, and a folder, which is relative to its own.
    OfFolders(&'static str, fn(&str, &str, &str) -> bool),
    /// For the one beside it alone.
    Beside(&'static str),
    /// Packages that are installed in a folder of a name: each tells of itself.
    Within(&'static str),
    /// A requirements file, for the one beside it if one names the other or if all that is asked
    /// for stands in it.
    Requirements,
}

/// What stands around a manifest.
pub struct Neighbours<'a> {
    /// Says whether there is a file of this path that lists packages.
    pub is_there: &'a dyn Fn(&str) -> bool,
    /// Reads the file of this path; nothing where it cannot be read.
    pub text: &'a dyn Fn(&str) -> String,
}

impl Manifest {
    pub(super) fn concerns(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.marks.is_empty() || self.marks.iter().any(|mark| text.contains(mark))
    }

    pub(super) fn is_locked(&self, path: &str, bytes: &[u8], beside: &Neighbours<'_>) -> bool {
        let text = String::from_utf8_lossy(bytes);
        self.lockfiles.iter().any(|lockfile| lockfile.speaks_for(path, &text, beside))
    }
}

impl Lockfile {
    fn speaks_for(&self, path: &str, text: &str, beside: &Neighbours<'_>) -> bool {
        let mut folders = folders_of(path).enumerate();
        match self {
            Self::Unread(name) => folders.any(|(_, folder)| (beside.is_there)(&join(folder, name))),
            Self::OfMembers(name) => {
                folders.map(|(up, folder)| (up, join(folder, name))).any(|(up, lockfile)| {
                    (beside.is_there)(&lockfile)
                        && (up == 0 || lists_member(&(beside.text)(&lockfile), text))
                })
            }
            Self::OfFolders(name, lists) => {
                let own = folders_of(path).next().unwrap_or_default();
                folders.any(|(up, folder)| {
                    let lockfile = join(folder, name);
                    let below = own.get(folder.len()..).unwrap_or_default().trim_start_matches('/');
                    let above = || (beside.text)(&join(folder, file_name(path)));
                    (beside.is_there)(&lockfile)
                        && (up == 0 || lists(&(beside.text)(&lockfile), &above(), below))
                })
            }
            Self::Beside(name) => {
                let folder = folders_of(path).next().unwrap_or_default();
                (beside.is_there)(&join(folder, name))
            }
            Self::Within(folder) => path.split('/').any(|part| part == *folder),
            Self::Requirements => {
                let lockfile = requirements_beside(path);
                (beside.is_there)(&lockfile)
                    && requirements_speak(&lockfile, &(beside.text)(&lockfile), path, text)
            }
        }
    }
}

/// Says whether Bundler's lockfile takes gems from a folder.
pub(super) fn gem_lists(lockfile: &str, _above: &str, folder: &str) -> bool {
    let mut remotes = lockfile.lines().filter_map(|line| line.trim().strip_prefix("remote: "));
    remotes.any(|remote| remote.trim_start_matches("./") == folder)
}

/// Says whether npm's lockfile lists a folder as one that it was made for.
pub(super) fn npm_lists(lockfile: &str, _above: &str, folder: &str) -> bool {
    lockfile.contains(&format!("\"{folder}\": {{"))
}

/// Says whether pnpm's lockfile lists a folder as one that it was made for.
pub(super) fn pnpm_lists(lockfile: &str, _above: &str, folder: &str) -> bool {
    lockfile.lines().any(|line| {
        let key = line.strip_prefix("  ").and_then(|key| key.strip_suffix(':'));
        key.is_some_and(|key| key.trim_matches('\'') == folder)
    })
}

/// Says whether Yarn's lockfile lists a folder as one that it was made for. Yarn 1 lists none: the
/// manifest beside it does.
pub(super) fn yarn_lists(lockfile: &str, above: &str, folder: &str) -> bool {
    lockfile.contains(&format!("@workspace:{folder}\""))
        || (lockfile.contains("# yarn lockfile v1") && is_workspace(above, folder))
}

/// Says whether a `package.json` has a folder among its `workspaces`.
fn is_workspace(manifest: &str, folder: &str) -> bool {
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default();
    let stated = manifest.get("workspaces");
    let packages = stated.and_then(|it| it.get("packages")).or(stated);
    let patterns = packages.and_then(|it| it.as_array()).into_iter().flatten();
    patterns.filter_map(|it| it.as_str()).any(|pattern| {
        let pattern: Vec<&str> =
            pattern.trim_start_matches("./").trim_end_matches('/').split('/').collect();
        let parts: Vec<&str> = folder.split('/').collect();
        let alike =
            |(wanted, part): (&&str, &&str)| matches!(*wanted, "*" | "**") || wanted == part;
        let ends_wild = pattern.last() == Some(&"**") && parts.len() >= pattern.len();
        (parts.len() == pattern.len() || ends_wild) && pattern.iter().zip(&parts).all(alike)
    })
}

/// Returns the folder of the file at `path`, and those above it.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    let mut left = Some(path);
    std::iter::from_fn(move || {
        let (above, _) = left?.rsplit_once('/').unwrap_or_default();
        left = Some(above).filter(|above| !above.is_empty());
        Some(above)
    })
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Says whether a `Cargo.lock` or a `uv.lock` lists the manifest's project as one that it was made
/// for, and not as one from elsewhere that has the same name.
fn lists_member(lockfile: &str, manifest: &str) -> bool {
    let Some(name) = project(manifest) else { return false };
    lockfile.split("[[package]]").any(|entry| {
        let value = |key| entry.lines().find_map(|line| line.trim().strip_prefix(key));
        let is_here = value("source = ").is_none_or(|source| {
            ["editable", "virtual", "directory"].iter().any(|kind| source.contains(kind))
        });
        let quoted = value("name = ").map(|name| name.trim_matches('"'));
        is_here && quoted.is_some_and(|it| normal(it) == normal(&name))
    })
}

/// Returns the name of a manifest's own project.
fn project(manifest: &str) -> Option<String> {
    let table: toml::Table = manifest.parse().ok()?;
    let own = table.get("package").or_else(|| table.get("project"))?;
    Some(own.get("name")?.as_str()?.to_owned())
}

/// Writes a name as PyPI compares it (PEP 503). crates.io takes no two that differ in this alone.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// Returns where the requirements stand that were made of the file at `path`.
fn requirements_beside(path: &str) -> String {
    match path.strip_suffix(".in") {
        Some(stem) => format!("{stem}.txt"),
        None => join(folders_of(path).next().unwrap_or_default(), "requirements.txt"),
    }
}

/// pip-compile and uv name the file that requirements are made of, a `setup.py` often the
/// requirements that it reads.
fn requirements_speak(lock_path: &str, lockfile: &str, path: &str, manifest: &str) -> bool {
    let lists = |name: &String| lockfile.lines().any(|line| normal(leading_name(line)) == *name);
    let asked_for = || asked_for(manifest).is_some_and(|names| names.iter().all(lists));
    lockfile.contains(file_name(path))
        || manifest.contains(file_name(lock_path))
        || (file_name(path).eq_ignore_ascii_case("pyproject.toml") && asked_for())
}

/// Lists what the standard tables of a `pyproject.toml` ask for; `None` where others may ask too.
fn asked_for(manifest: &str) -> Option<Vec<String>> {
    let table: toml::Table = manifest.parse().ok()?;
    let project = table.get("project");
    let others = table.get("tool").map(ToString::to_string).unwrap_or_default();
    if others.contains("dependencies") || project.and_then(|it| it.get("dynamic")).is_some() {
        return None;
    }
    let single = project.and_then(|project| project.get("dependencies"));
    let groups = [
        project.and_then(|project| project.get("optional-dependencies")),
        table.get("dependency-groups"),
    ];
    let groups = groups.into_iter().flatten().filter_map(|group| group.as_table());
    let lists = single.into_iter().chain(groups.flat_map(|groups| groups.values()));
    let entries = lists.filter_map(|list| list.as_array()).flatten();
    Some(entries.filter_map(|it| it.as_str()).map(|it| normal(leading_name(it))).collect())
}

/// Returns the name with which a requirement begins (PEP 508).
fn leading_name(requirement: &str) -> &str {
    let text = requirement.trim_start();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    text.split_once(|letter| !is_name(letter)).map_or(text, |(name, _)| name)
}
