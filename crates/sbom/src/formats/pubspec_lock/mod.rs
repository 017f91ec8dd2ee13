//! Pub's `pubspec.lock` (Dart documentation, "Lockfiles"). Packages of pub.dev are `Registry`; folders are
//! the project's own, repositories and other servers `Elsewhere`. What comes with Flutter itself
//! (`sdk`) has no version of its own.

use super::yaml::{Yaml, document};
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, NamedOnly, Parsed, Scope,
};
use crate::text::{shown, without_credentials};
use beleg_model::{Digest, Ecosystem, Location, Origin, Package};

/// The most bytes: 8 MiB. One of 200 packages has 60 KiB.
const MAX_BYTES: u64 = 8 << 20;
const SERVERS: [&str; 2] = ["https://pub.dev", "https://pub.dartlang.org"];

/// The format itself.
pub(super) struct PubspecLock;

const ABOUT: About = About {
    id: "pubspec-lock",
    describes: "Dart packages of a `pubspec.lock`",
    kind: FormatKind::Lockfile,
    ecosystems: &["Pub"],
    syft_metadata_type: "dart-pubspec-lock-entry",
    files: &[FileName::Named("pubspec.lock")],
    most_bytes: MAX_BYTES,
};

impl Format for PubspecLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let document = document(path, bytes, MAX_BYTES)?;
        let Some(packages) = document.get("packages") else {
            return Err(FormatError::malformed(path, "it has no `packages`"));
        };
        let mut parsed = Parsed::default();
        for member in packages.members() {
            let location = Location::line(path, member.line);
            match package(&member.key, &member.value, location) {
                Ok(Found::Package(package, facts)) => parsed.add_with(*package, facts)?,
                Ok(Found::Named(named)) => parsed.named_only.push(named),
                Err(why) => parsed.leave_out(path, member.line, why)?,
            }
        }
        // pub ends the file with the versions of Dart and Flutter that it was made for.
        if document.get("sdks").is_none() {
            let last = document.members().last().map_or(1, |member| member.line);
            parsed.leave_out(path, last, "its end is missing: it has no `sdks`".to_owned())?;
        }
        Ok(parsed)
    }
}

enum Found {
    Package(Box<Package>, Facts),
    Named(NamedOnly),
}

fn package(name: &str, entry: &Yaml, location: Location) -> Result<Found, String> {
    let is_word = |text: &str, signs: &[u8]| {
        (1..=MAX_WORD).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || signs.contains(&it))
    };
    if !is_word(name, b"_") {
        return Err(format!("`{}` cannot name a Dart package", shown(name)));
    }
    let described = |key: &str| entry.get("description").and_then(|it| it.text_of(key));
    let elsewhere = |place: Option<&str>| {
        place.map(without_credentials).ok_or_else(|| format!("where `{name}` is from is not said"))
    };
    let origin = match entry.text_of("source") {
        Some("hosted") => {
            let server = elsewhere(described("url"))?;
            match SERVERS.contains(&server.trim_end_matches('/')) {
                true => Origin::Registry,
                false => Origin::Elsewhere(server),
            }
        }
        Some("git") => {
            let commit = described("resolved-ref").map(|it| format!("@{}", shown(it)));
            let place = elsewhere(described("url"))?;
            Origin::Elsewhere(format!("git+{place}{}", commit.unwrap_or_default()))
        }
        Some("path") => Origin::Local,
        Some("sdk") => {
            return Ok(Found::Named(NamedOnly {
                ecosystem: Some(Ecosystem::named("Pub")),
                name: name.to_owned(),
                version: None,
            }));
        }
        source => {
            return Err(format!("the source `{}` is not known", shown(source.unwrap_or("none"))));
        }
    };
    let version = entry.text_of("version").unwrap_or("none");
    if !is_word(version, b".-+") || !version.starts_with(|it: char| it.is_ascii_digit()) {
        return Err(format!("`{}` is no exact version of `{name}`", shown(version)));
    }
    let dependency = entry.text_of("dependency").unwrap_or_default();
    let is_foreign = origin != Origin::Local;
    let digest = described("sha256").and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok());
    let facts = Facts {
        digests: digest.into_iter().collect(),
        scope: (is_foreign && dependency == "direct dev").then_some(Scope::Development),
        direct: is_foreign.then(|| dependency.starts_with("direct")),
        ..Facts::default()
    };
    let package = Package::new("Pub", name, version, origin, location);
    Ok(Found::Package(Box::new(package), facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_no_exact_package_of_a_known_place_is_left_out() {
        for entry in [
            "{source: hosted, version: '1.0.0'}",
            "{source: hosted, version: '^1.0.0', description: {url: 'https://pub.dev'}}",
            "{source: teleport, version: '1.0.0'}",
            "1",
        ] {
            let text = format!("packages:\n  a: {entry}\nsdks:\n  dart: '3'\n");
            let parsed = PubspecLock.parse("pubspec.lock", text.as_bytes()).unwrap_or_default();
            assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{entry}");
        }
        let cut = PubspecLock
            .parse("pubspec.lock", b"packages:\n  a: {source: path, version: '1.0.0'}\n");
        assert_eq!(cut.map(|it| (it.packages.len(), it.unread.len())), Ok((1, 1)));
    }
}
