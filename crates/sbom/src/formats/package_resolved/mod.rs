//! Swift's `Package.resolved`, versions 1 to 3 (Swift Package Manager, `PinsStorage`). A package is named
//! by where its repository is, as advisories name it. One at a branch or a commit is `Elsewhere`, and
//! one of a folder the project's own.

use super::json::{JsonFile, Raw};
use super::{About, FileName, Format, FormatError, FormatKind, MAX_WORD, NamedOnly, Parsed};
use crate::text::{shown, without_credentials};
use beleg_model::{Ecosystem, Location, Origin, Package};
use serde::Deserialize;

/// The most bytes: 8 MiB. One of 100 packages has 30 KiB.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct PackageResolved;

const ABOUT: About = About {
    id: "package-resolved",
    describes: "Swift packages of a `Package.resolved`, versions 1 to 3",
    kind: FormatKind::Lockfile,
    ecosystems: &["SwiftURL"],
    syft_metadata_type: "swift-package-manager-lock-entry",
    files: &[FileName::Named("Package.resolved")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock<'a> {
    version: u64,
    #[serde(borrow)]
    pins: Option<Vec<Raw<'a>>>,
    /// Where they stand in version 1.
    #[serde(borrow)]
    object: Option<Object<'a>>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    pins: Vec<Raw<'a>>,
}

#[derive(Deserialize)]
struct Pin {
    kind: Option<String>,
    #[serde(alias = "repositoryURL")]
    location: String,
    state: State,
}

#[derive(Deserialize)]
struct State {
    version: Option<String>,
    branch: Option<String>,
    revision: Option<String>,
}

impl Format for PackageResolved {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        if !(1..=3).contains(&lock.version) {
            let found = lock.version.to_string();
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let Some(pins) = lock.pins.or(lock.object.map(|object| object.pins)) else {
            return Err(FormatError::malformed(path, "it has no `pins`"));
        };
        let mut parsed = Parsed::default();
        for raw in pins {
            let line = file.line(raw);
            match raw.read::<Pin>().and_then(|pin| pin.read(Location::line(path, line))) {
                Ok(Found::Package(package)) => parsed.add(*package)?,
                Ok(Found::Named(named)) => parsed.named_only.push(named),
                Err(why) => parsed.leave_out(path, line, why)?,
            }
        }
        Ok(parsed)
    }
}

enum Found {
    Package(Box<Package>),
    Named(NamedOnly),
}

impl Pin {
    fn read(&self, location: Location) -> Result<Found, String> {
        let place = without_credentials(&self.location);
        let name = repository(&place);
        if self.kind.as_deref() == Some("localSourceControl") || name.is_none() {
            let last = place.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            if self.location.contains(':') || last.is_empty() {
                return Err(format!("`{}` names no repository", shown(&place)));
            }
            let named = NamedOnly::own(Ecosystem::named("SwiftURL"), shown(last));
            return Ok(Found::Named(named));
        }
        let name = name.unwrap_or_default();
        let State { version, branch, revision } = &self.state;
        let commit = revision.as_deref().unwrap_or_default();
        let (version, origin) = match (version, branch) {
            (Some(version), _) => (version.as_str(), Origin::Registry),
            (None, branch) => {
                let branch = branch.as_deref().map(|it| format!("#{}", shown(it)));
                let branch = branch.unwrap_or_default();
                (commit, Origin::Elsewhere(format!("git+{place}@{}{branch}", shown(commit))))
            }
        };
        let is_word = |text: &str| {
            (1..=MAX_WORD).contains(&text.len())
                && text.bytes().all(|it| it.is_ascii_alphanumeric() || b".-+".contains(&it))
        };
        if !is_word(version) {
            return Err(format!("`{}` is no exact version of `{name}`", shown(version)));
        }
        Ok(Found::Package(Box::new(Package::new("SwiftURL", name, version, origin, location))))
    }
}

/// Returns host and path of a repository's address, as advisories write it.
fn repository(place: &str) -> Option<String> {
    let rest = match place.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // `git@host:owner/name.git`.
        None => {
            let (host, path) = place.split_once(':')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{host}/{path}")
        }
    };
    let rest = rest.trim_end_matches('/');
    let name = rest.strip_suffix(".git").unwrap_or(rest);
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~:".contains(&it))
    };
    let parts = name.split('/').count();
    (name.len() <= MAX_WORD && parts > 1 && name.split('/').all(is_part)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_named_by_host_and_path() {
        for (place, name) in [
            ("https://github.com/apple/swift-nio.git", Some("github.com/apple/swift-nio")),
            ("https://github.com/apple/swift-nio", Some("github.com/apple/swift-nio")),
            ("git@github.com:apple/swift-nio.git", Some("github.com/apple/swift-nio")),
            ("ssh://github.com/apple/swift-nio.git", Some("github.com/apple/swift-nio")),
            ("../own", None),
            ("https://github.com", None),
            ("https://github.com/../a", None),
        ] {
            assert_eq!(repository(place).as_deref(), name, "{place}");
        }
    }

    #[test]
    fn what_is_no_lockfile_is_refused() {
        for text in ["", "{}", "{\"version\": 4, \"pins\": []}", "{\"version\": 2}"] {
            assert!(PackageResolved.parse("Package.resolved", text.as_bytes()).is_err(), "{text}");
        }
    }
}
