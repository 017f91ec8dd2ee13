//! What `composer.lock` and Composer's list of installed packages have in common: objects of one form
//! (Composer documentation, "The composer.json schema", and `ArrayDumper`).

use super::json::{JsonFile, Raw};
use super::{Edge, Facts, FormatError, MAX_WORD, Parsed, Scope};
use crate::text::{shown, without_credentials};
use beleg_model::{Location, Origin, Package};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whom Composer tells of an installation: Packagist of its own packages.
const PACKAGIST: &str = "https://packagist.org/";

/// A package as Composer writes it down.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: String,
    version: Option<String>,
    notification_url: Option<String>,
    source: Option<Source>,
    dist: Option<Source>,
    #[serde(default)]
    license: Licences,
    #[serde(default)]
    require: Names,
    #[serde(default)]
    replace: Names,
    #[serde(default)]
    provide: Names,
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    #[serde(default)]
    url: String,
    reference: Option<String>,
}

/// PHP writes an empty map as an empty list.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    Some(BTreeMap<String, IgnoredAny>),
    None([IgnoredAny; 0]),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Licences {
    Several(Vec<String>),
    One(String),
}

impl Default for Names {
    fn default() -> Self {
        Self::None([])
    }
}

impl Default for Licences {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Names {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Self::Some(names) => Some(names.keys().map(String::as_str)),
            Self::None(_) => None,
        };
        names.into_iter().flatten()
    }
}

/// Reads lists of packages, each with what its packages are for.
pub(super) fn read<'a>(
    path: &str,
    file: &JsonFile<'a>,
    lists: impl IntoIterator<Item = (Vec<Raw<'a>>, Option<Scope>)>,
) -> Result<Parsed, FormatError> {
    let mut parsed = Parsed::default();
    let mut placed = Vec::new();
    let mut seen = BTreeSet::new();
    let parts =
        lists.into_iter().flat_map(|(list, scope)| list.into_iter().map(move |it| (it, scope)));
    for (raw, scope) in parts {
        let line = file.line(raw);
        let entry: Entry = match raw.read() {
            Ok(entry) => entry,
            Err(why) => {
                parsed.leave_out(path, line, format!("a package cannot be read: {why}"))?;
                continue;
            }
        };
        match entry.package(path, line) {
            Err(why) => parsed.leave_out(path, line, why)?,
            Ok(package) if !seen.insert(package.name.clone()) => {
                parsed.leave_out(path, line, format!("`{}` is listed twice", package.name))?;
            }
            Ok(package) => {
                let licences = match &entry.license {
                    Licences::Several(all) => all.iter().map(|it| shown(it)).collect(),
                    Licences::One(one) => vec![shown(one)],
                };
                let scope = scope.filter(|_| package.origin != Origin::Local);
                placed.push((parsed.packages.len(), line, entry));
                parsed.add_with(package, Facts { licences, scope, ..Facts::default() })?;
            }
        }
    }
    parsed.edges = Some(edges(path, &placed, &mut parsed)?);
    Ok(parsed)
}

/// Resolves what is required, by the names that packages have or stand for. PHP itself, its
/// extensions and Composer are no packages.
fn edges(
    path: &str,
    placed: &[(usize, u32, Entry)],
    parsed: &mut Parsed,
) -> Result<Vec<Edge>, FormatError> {
    let mut names = HashMap::new();
    for (place, _, entry) in placed {
        for name in entry.replace.iter().chain(entry.provide.iter()) {
            names.entry(name.to_lowercase()).or_insert(*place);
        }
    }
    names.extend(placed.iter().map(|(place, _, entry)| (entry.name.to_lowercase(), *place)));
    let mut edges = BTreeSet::new();
    for (from, line, entry) in placed {
        for wanted in entry.require.iter().filter(|name| name.contains('/')) {
            match names.get(&wanted.to_lowercase()) {
                Some(to) => {
                    edges.insert(Edge { from: *from, to: *to });
                }
                None => {
                    let (wanted, name) = (shown(wanted), shown(&entry.name));
                    let why = format!("the dependency `{wanted}` of `{name}` is not listed");
                    parsed.leave_out(path, *line, why)?;
                }
            }
        }
    }
    Ok(edges.into_iter().collect())
}

impl Entry {
    fn package(&self, path: &str, line: u32) -> Result<Package, String> {
        let name = &self.name;
        if !is_name(name) {
            return Err(format!("`{}` cannot name a Composer package", shown(name)));
        }
        let version = self.version.as_deref().unwrap_or("none");
        if !is_version(version) {
            return Err(format!("`{}` is no version of `{name}`", shown(version)));
        }
        Ok(Package::new(
            "Packagist",
            name.to_lowercase(),
            version,
            self.origin(version)?,
            Location::line(path, line),
        ))
    }

    /// Says where it is from. A branch is of a repository, whoever lists it.
    fn origin(&self, version: &str) -> Result<Origin, String> {
        let is_path =
            |source: &Option<Source>| source.as_ref().is_some_and(|it| it.r#type == "path");
        if is_path(&self.source) || is_path(&self.dist) {
            return Ok(Origin::Local);
        }
        let is_branch = version.starts_with("dev-") || version.ends_with("-dev");
        let is_told = |url: &String| url.starts_with(PACKAGIST);
        if !is_branch && self.notification_url.as_ref().is_some_and(is_told) {
            return Ok(Origin::Registry);
        }
        let Some(source) = self.source.as_ref().or(self.dist.as_ref()) else {
            return Err(format!("where `{}` is from is not said", self.name));
        };
        let reference = source.reference.as_deref().map(|it| format!("@{}", shown(it)));
        let (kind, url) = (shown(&source.r#type), without_credentials(&source.url));
        Ok(Origin::Elsewhere(format!("{kind}+{url}{}", reference.unwrap_or_default())))
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|it: char| it.is_ascii_alphanumeric())
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
    };
    name.len() <= MAX_WORD
        && name.split_once('/').is_some_and(|(vendor, name)| is_part(vendor) && is_part(name))
}

/// A release (`1.2.3`, `v1.2.3-RC1`) or a branch (`dev-main`, `1.x-dev`).
fn is_version(version: &str) -> bool {
    (1..=MAX_WORD).contains(&version.len())
        && version.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+_/#".contains(&it))
        && (version.starts_with("dev-") || version.contains(|it: char| it.is_ascii_digit()))
        && !version.contains("/../")
}
