//! What stands in an archive, and in those within it.

use super::{Contents, Found, Problem, is_java_archive};
use crate::text::shown;
use std::io::{Cursor, Read, Seek};
use zip::ZipArchive;
use zip::read::ZipFile;

/// How deep archives may be nested: a web application in an enterprise one, its libraries, theirs.
const DEEPEST: usize = 4;
const MOST_MEMBERS: usize = 200_000;
/// The most bytes of one archive within another, and of all of them: 128 MiB and 1 GiB.
const MOST_NESTED: u64 = 128 << 20;
const MOST_UNPACKED: u64 = 1 << 30;
/// The most bytes of `pom.properties` and of a manifest: 64 KiB.
const MOST_TEXT: u64 = 64 << 10;
const MANIFEST: &str = "META-INF/MANIFEST.MF";

/// Looks into an archive; nothing of one that is not of Java.
pub(crate) fn found_in(path: &str, file: &mut (impl Read + Seek)) -> Option<Contents> {
    let mut search = Search { contents: Contents::default(), left: MOST_UNPACKED };
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    match ZipArchive::new(file) {
        Ok(mut archive) => {
            if !is_java_archive(path) && !is_of_java(&archive) {
                return None;
            }
            search.archive(&mut archive, "", name, DEEPEST);
        }
        Err(error) if is_java_archive(path) => {
            search.problem("", format!("it is damaged: {error}"))
        }
        Err(_) => return None,
    }
    Some(search.contents)
}

/// An archive of whatever name is of Java if it holds what one has to run.
fn is_of_java<R: Read + Seek>(archive: &ZipArchive<R>) -> bool {
    archive.file_names().filter_map(Result::ok).any(|name| {
        name == MANIFEST
            || (is_java_archive(&name) && (name.contains("-INF/") || name.contains("lib/")))
    })
}

struct Search {
    contents: Contents,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl Search {
    fn problem(&mut self, within: &str, why: impl Into<String>) {
        self.contents.problems.push(Problem { within: within.to_owned(), why: why.into() });
    }

    /// Looks into an archive that is called `name`.
    fn archive<R: Read + Seek>(
        &mut self,
        archive: &mut ZipArchive<R>,
        within: &str,
        name: &str,
        depth: usize,
    ) {
        if archive.len() > MOST_MEMBERS {
            return self.problem(within, format!("it has more than {MOST_MEMBERS} members"));
        }
        let before = self.contents.packages.len();
        let (mut has_code, mut manifest) = (false, None);
        for at in 0..archive.len() {
            let member = match archive.by_index(at) {
                Ok(member) => member,
                Err(error) => {
                    self.problem(within, format!("a member cannot be read: {error}"));
                    continue;
                }
            };
            let path = name_of(&member);
            if path.starts_with("META-INF/maven/") && path.ends_with("/pom.properties") {
                self.properties(member, within);
            } else if path == MANIFEST {
                manifest = self.text(member, within);
            } else if is_java_archive(&path) {
                self.nested(member, within, &path, depth);
            }
            has_code |= path.ends_with(".class");
        }
        if self.contents.packages.len() == before && has_code {
            let called = manifest.as_deref().and_then(called).unwrap_or_else(|| shown(name));
            let why = format!(
                "it says only that it is `{called}`: which package of Maven that is, is not known"
            );
            self.problem(within, why);
        }
    }

    fn properties<R: Read + Seek>(&mut self, member: ZipFile<'_, R>, within: &str) {
        let Some(text) = self.text(member, within) else { return };
        let value = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.unwrap_or_default().trim().to_owned()
        };
        let [group, artifact, version] = ["groupId", "artifactId", "version"].map(value);
        let within = within.to_owned();
        self.contents.packages.push(Found { within, group, artifact, version });
    }

    fn nested<R: Read + Seek>(
        &mut self,
        member: ZipFile<'_, R>,
        within: &str,
        path: &str,
        depth: usize,
    ) {
        let inner = match within {
            "" => path.to_owned(),
            within => format!("{within}!/{path}"),
        };
        let Some(depth) = depth.checked_sub(1) else {
            return self.problem(&inner, "archives are nested too deep");
        };
        let Some(bytes) = self.unpack(member, &inner, MOST_NESTED) else { return };
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        match ZipArchive::new(Cursor::new(bytes)) {
            Ok(mut archive) => self.archive(&mut archive, &inner, name, depth),
            Err(error) => self.problem(&inner, format!("it is damaged: {error}")),
        }
    }

    fn text<R: Read + Seek>(&mut self, member: ZipFile<'_, R>, within: &str) -> Option<String> {
        let bytes = self.unpack(member, within, MOST_TEXT)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn unpack<R: Read + Seek>(
        &mut self,
        member: ZipFile<'_, R>,
        within: &str,
        most: u64,
    ) -> Option<Vec<u8>> {
        let most = most.min(self.left);
        let name = shown(&name_of(&member));
        let mut bytes = Vec::new();
        if let Err(error) = member.take(most.saturating_add(1)).read_to_end(&mut bytes) {
            self.problem(within, format!("`{name}` cannot be unpacked: {error}"));
            return None;
        }
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > most {
            self.problem(within, format!("`{name}` unpacks to more than {most} bytes"));
            return None;
        }
        self.left = self.left.saturating_sub(length);
        Some(bytes)
    }
}

fn name_of<R: Read + Seek>(member: &ZipFile<'_, R>) -> String {
    String::from_utf8_lossy(member.name_raw()).into_owned()
}

/// Says what a manifest calls its archive (Java Archive File Specification, "JAR Manifest").
fn called(manifest: &str) -> Option<String> {
    let value = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let mut values =
                manifest.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            values.next().map(str::trim).filter(|value| !value.is_empty())
        })
    };
    let name = value(&[
        "Bundle-SymbolicName",
        "Implementation-Title",
        "Specification-Title",
        "Bundle-Name",
    ])?;
    let version = value(&["Bundle-Version", "Implementation-Version", "Specification-Version"]);
    Some(shown(&format!("{name} {}", version.unwrap_or("of no stated version"))))
}
