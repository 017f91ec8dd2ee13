//! What the keys of packages say, and how a reference leads to one.

/// The forms that keys have had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Version 5: `/name/1.0.0_peer@2.0.0`.
    Slashes,
    /// Version 6: `/name@1.0.0(peer@2.0.0)`.
    Slash,
    /// Version 9: `name@1.0.0(peer@2.0.0)`.
    Plain,
}

/// A key, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    /// Where it says that the package is from, if not from the registry.
    pub(super) elsewhere: Option<&'a str>,
}

impl Form {
    pub(super) fn of(version: &str) -> Option<Self> {
        match version.split('.').next()? {
            "5" => Some(Self::Slashes),
            "6" => Some(Self::Slash),
            "9" => Some(Self::Plain),
            _ => None,
        }
    }

    /// Takes the peers off a key or reference.
    pub(super) fn bare(self, key: &str) -> &str {
        match self {
            Self::Slashes => {
                let version = key.rfind('/').map_or(0, |at| at.saturating_add(1));
                let tail = key.get(version..).unwrap_or_default();
                let peers = tail.find('_').map(|at| at.saturating_add(version));
                key.get(..peers.unwrap_or(key.len())).unwrap_or(key)
            }
            Self::Slash | Self::Plain => key.split_once('(').map_or(key, |(key, _)| key),
        }
    }

    /// Takes a key apart.
    pub(super) fn key(self, key: &str) -> Key<'_> {
        let bare = self.bare(key);
        let of_registry = match self {
            Self::Plain => Some(bare),
            Self::Slashes | Self::Slash => bare.strip_prefix('/'),
        };
        let separator = if self == Self::Slashes { '/' } else { '@' };
        let parts = of_registry.and_then(|key| {
            let (name, version) = match self {
                // A reference may hold the sign again, a name none but that of its scope.
                Self::Plain => {
                    let at = key.get(1..)?.find('@')?.checked_add(1)?;
                    (key.get(..at)?, key.get(at..)?.strip_prefix('@')?)
                }
                _ => key.rsplit_once(separator)?,
            };
            Some((name, version))
        });
        match parts {
            Some((name, version)) if !version.contains([':', '/']) => {
                Key { name: Some(name), version: Some(version), elsewhere: None }
            }
            Some((name, place)) => Key { name: Some(name), version: None, elsewhere: Some(place) },
            // An archive, a repository, or a package of another registry: `registry/name/version`.
            None => Key { name: None, version: None, elsewhere: Some(bare) },
        }
    }

    /// Lists the keys that a reference to a package of a name may mean, the peers left out.
    pub(super) fn keys(self, name: &str, reference: &str) -> [String; 2] {
        let bare = self.bare(reference);
        let built = match self {
            Self::Slashes => format!("/{name}/{bare}"),
            Self::Slash => format!("/{name}@{bare}"),
            Self::Plain => format!("{name}@{bare}"),
        };
        [built, bare.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_form_are_taken_apart() {
        let whole =
            |name, version| Key { name: Some(name), version: Some(version), elsewhere: None };
        for (form, key, parts) in [
            (Form::Slashes, "/ms/2.1.3", whole("ms", "2.1.3")),
            (Form::Slashes, "/@s/a/1.0.0_react@18.2.0", whole("@s/a", "1.0.0")),
            (Form::Slash, "/@s/a@1.0.0(react@18.2.0)", whole("@s/a", "1.0.0")),
            (Form::Plain, "@s/a@1.0.0-x.1(@s/b@18.2.0(c@1.0.0))", whole("@s/a", "1.0.0-x.1")),
            (
                Form::Plain,
                "a@https://u@h/a.tgz",
                Key { name: Some("a"), version: None, elsewhere: Some("https://u@h/a.tgz") },
            ),
            (
                Form::Plain,
                "a@file:local",
                Key { name: Some("a"), version: None, elsewhere: Some("file:local") },
            ),
            (
                Form::Slashes,
                "github.com/x/y/0123",
                Key { name: None, version: None, elsewhere: Some("github.com/x/y/0123") },
            ),
            (Form::Plain, "", Key { name: None, version: None, elsewhere: Some("") }),
        ] {
            assert_eq!(form.key(key), parts, "{form:?} {key}");
        }
    }
}
