//! Conan 2's `conan.lock` (Conan documentation, "Lockfiles"): references `name/version@user/channel#recipe`.
//! Those of a user and channel are not ConanCenter's; which server a recipe is from is not recorded
//! otherwise, and counts as ConanCenter.

use super::json::{JsonFile, Raw};
use super::{About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, Scope};
use crate::text::shown;
use beleg_model::{Location, Origin, Package};
use serde::Deserialize;

/// The most bytes: 8 MiB. One of 100 references has 10 KiB.
const MAX_BYTES: u64 = 8 << 20;

/// The format itself.
pub(super) struct ConanLock;

const ABOUT: About = About {
    id: "conan-lock",
    describes: "C and C++ packages of a `conan.lock` of Conan 2",
    kind: FormatKind::Lockfile,
    ecosystems: &["ConanCenter"],
    syft_metadata_type: "c-conan-lock-v2-entry",
    files: &[FileName::Named("conan.lock")],
    most_bytes: MAX_BYTES,
};

#[derive(Deserialize)]
struct Lock<'a> {
    version: String,
    #[serde(borrow, default)]
    requires: Vec<Raw<'a>>,
    #[serde(borrow, default)]
    build_requires: Vec<Raw<'a>>,
    #[serde(borrow, default)]
    python_requires: Vec<Raw<'a>>,
    #[serde(borrow, default)]
    config_requires: Vec<Raw<'a>>,
}

impl Format for ConanLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let file = JsonFile::of(path, bytes, MAX_BYTES)?;
        let lock: Lock<'_> = file.read()?;
        // Conan 1 wrote a graph, of version 0.4.
        if !lock.version.starts_with("0.5") {
            let found = shown(&lock.version);
            return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
        }
        let mut parsed = Parsed::default();
        for (references, scope) in [
            (lock.requires, Scope::Runtime),
            (lock.build_requires, Scope::Build),
            (lock.python_requires, Scope::Build),
            (lock.config_requires, Scope::Build),
        ] {
            for raw in references {
                let location = Location::line(path, file.line(raw));
                let read = raw.read::<String>();
                match read.and_then(|reference| package(&reference, location.clone())) {
                    Ok(package) => {
                        let facts = Facts { scope: Some(scope), ..Facts::default() };
                        parsed.add_with(package, facts)?;
                    }
                    Err(why) => parsed.leave_out_at(location, why)?,
                }
            }
        }
        Ok(parsed)
    }
}

fn package(reference: &str, location: Location) -> Result<Package, String> {
    let is_word = |text: &str| {
        (1..=MAX_WORD).contains(&text.len())
            && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.+".contains(&it))
    };
    let recipe = reference.split(['#', '%']).next().unwrap_or_default();
    let (package, user) = recipe.split_once('@').map_or((recipe, None), |(a, b)| (a, Some(b)));
    let (name, version) = package.split_once('/').unwrap_or((package, ""));
    if !is_word(name) || !is_word(version) {
        return Err(format!("`{}` names no exact package", shown(reference)));
    }
    Ok(Package::new(
        "ConanCenter",
        name,
        version,
        match user {
            None => Origin::Registry,
            Some(user) => Origin::Elsewhere(format!("the user and channel {}", shown(user))),
        },
        location,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_lockfile_of_conan_2_is_refused() {
        for text in [
            "",
            "{}",
            "{\"version\": \"0.4\", \"graph_lock\": {}}",
            "{\"version\": \"0.5\", \"requires\": {}}",
        ] {
            assert!(ConanLock.parse("conan.lock", text.as_bytes()).is_err(), "{text}");
        }
        let odd =
            ConanLock.parse("conan.lock", b"{\"version\": \"0.5\", \"requires\": [1, \"a\"]}");
        assert_eq!(odd.map(|parsed| parsed.unread.len()), Ok(2));
    }
}
