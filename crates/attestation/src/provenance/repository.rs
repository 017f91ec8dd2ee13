use beleg_trust::{Glob, GlobError};
use std::fmt;

/// A repository's address in the one form in which two of them are compared: scheme and host in
/// lower case, a path without `.git` and without a slash at its end. Everything that could be
/// read in two ways is refused rather than normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    scheme: String,
    host: String,
    path: String,
}

/// A repository's address, in whose path `*` stands for one part or a piece of it. Scheme and host
/// have to be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RepositoryPattern {
    address: Repository,
    path: Glob,
}

/// Says why a text is no address of a repository that could be compared safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RepositoryError {
    /// No `scheme://`.
    #[error("it has no scheme")]
    NoScheme,
    /// No host, or one with characters that no host has.
    #[error("it has no plain host name")]
    Host,
    /// A name or a password before the host.
    #[error("it carries a user's name")]
    UserInfo,
    /// A path that is empty, or has empty, `.` or `..` parts.
    #[error("its path has an empty part, `.` or `..`")]
    Path,
    /// A query, a fragment, an escape, white space, or anything beyond ASCII.
    #[error("it has characters that can be read in two ways")]
    Characters,
    /// A path that is no pattern.
    #[error("its path is no pattern: {0}")]
    Pattern(GlobError),
}

impl Repository {
    /// Reads an address such as `git+https://host/owner/name.git`.
    ///
    /// # Errors
    /// [`RepositoryError`] for whatever could be read in two ways.
    pub fn parse(text: &str) -> Result<Self, RepositoryError> {
        let text = text.strip_prefix("git+").unwrap_or(text);
        if !text.bytes().all(is_plain) {
            return Err(RepositoryError::Characters);
        }
        let (scheme, rest) = text.split_once("://").ok_or(RepositoryError::NoScheme)?;
        if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(RepositoryError::NoScheme);
        }
        let (host, path) = rest.split_once('/').ok_or(RepositoryError::Path)?;
        if host.contains('@') {
            return Err(RepositoryError::UserInfo);
        }
        let in_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if host.is_empty() || !host.bytes().all(in_host) {
            return Err(RepositoryError::Host);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = path.strip_suffix(".git").unwrap_or(path);
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(RepositoryError::Path);
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }
}

impl RepositoryPattern {
    pub(super) fn parse(text: &str) -> Result<Self, RepositoryError> {
        let address = Repository::parse(text)?;
        let path = Glob::parse(&address.path).map_err(RepositoryError::Pattern)?;
        Ok(Self { address, path })
    }

    pub(super) fn matches(&self, other: &Repository) -> bool {
        self.address.scheme == other.scheme
            && self.address.host == other.host
            && self.path.matches(other.path.as_bytes())
    }

    /// Says whether the two differ in upper and lower case alone.
    pub(super) fn differs_in_case_only(&self, other: &Repository) -> bool {
        let other = other.to_string();
        self.to_string() != other && self.to_string().eq_ignore_ascii_case(&other)
    }
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.host, self.path)
    }
}

/// Splits a source's URI such as `git+https://host/owner/name@refs/tags/v1` into the address and
/// the ref (SPDX download location, as SLSA provenance uses it). An `@` before the path belongs
/// to the address.
pub(super) fn split_ref(uri: &str) -> (&str, Option<&str>) {
    let path = uri.find("://").and_then(|at| {
        let rest = uri.get(at.saturating_add(3)..)?;
        Some(at.saturating_add(3).saturating_add(rest.find('/')?))
    });
    let split = path.and_then(|start| {
        let at = start.saturating_add(uri.get(start..)?.find('@')?);
        Some((uri.get(..at)?, uri.get(at.saturating_add(1)..)?))
    });
    match split {
        Some((address, reference)) => (address, Some(reference)),
        None => (uri, None),
    }
}

/// Says whether a byte can stand in an address without meaning more than itself. `*` is for
/// patterns; no forge has it in a name.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'%' | b'?' | b'#' | b'\\' | b'"' | b'<' | b'>' | b'`' | b'|' | b'^')
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        RepositoryPattern::parse(left).unwrap().matches(&Repository::parse(right).unwrap())
    }

    #[test]
    fn prefix_suffix_and_case_of_the_host_do_not_matter() {
        for text in [
            "https://github.com/org/repo",
            "git+https://github.com/org/repo",
            "https://GitHub.com/org/repo.git",
            "HTTPS://github.com/org/repo/",
        ] {
            assert!(same("https://github.com/org/repo", text), "{text}");
        }
    }

    #[test]
    fn another_repository_never_matches_however_it_begins() {
        for text in [
            "https://github.com/org/repo-evil",
            "https://github.com/org/repo/evil",
            "https://github.com/org/Repo",
            "https://github.com/org/repo.git.git",
            "https://github.com.evil.example/org/repo",
            "https://evil.example/github.com/org/repo",
            "https://github.com:444/org/repo",
            "http://github.com/org/repo",
            "https://github.com/org",
        ] {
            assert!(!same("https://github.com/org/repo", text), "{text}");
        }
    }

    #[test]
    fn a_star_stays_within_one_part() {
        assert!(same("https://github.com/org/*", "https://github.com/org/repo"));
        assert!(!same("https://github.com/org/*", "https://github.com/org/a/b"));
        assert!(!same("https://github.com/org*", "https://github.com/org/repo"));
        assert!(!same("https://github.com/org/*", "https://github.com/org-evil/repo"));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        use RepositoryError::{Characters, Host, NoScheme, Path, UserInfo};
        for (text, error) in [
            ("github.com/org/repo", NoScheme),
            ("git@github.com:org/repo", NoScheme),
            ("https://github.com@evil.example/org/repo", UserInfo),
            ("https://github.com/org/../evil/repo", Path),
            ("https://github.com/org/./repo", Path),
            ("https://github.com/org//repo", Path),
            ("https://github.com/.git", Path),
            ("https://github.com", Path),
            ("https:///org/repo", Host),
            ("https://git_hub/org/repo", Host),
            ("https://github.com/org/re%70o", Characters),
            ("https://github.com/org/repo?x", Characters),
            ("https://github.com/org/repo#x", Characters),
            ("https://github.com\\@evil.example/org/repo", Characters),
            ("https://github.com/org/repo ", Characters),
            ("https://github.com/org/rep\u{43e}", Characters),
        ] {
            assert_eq!(Repository::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn the_ref_begins_after_the_first_at_sign_of_the_path() {
        assert_eq!(
            split_ref("git+https://h/o/r@refs/tags/v1"),
            ("git+https://h/o/r", Some("refs/tags/v1"))
        );
        assert_eq!(
            split_ref("https://h/o/r@refs/tags/p@1"),
            ("https://h/o/r", Some("refs/tags/p@1"))
        );
        assert_eq!(split_ref("https://u@h/o/r"), ("https://u@h/o/r", None));
        assert_eq!(split_ref("https://u@h"), ("https://u@h", None));
        assert_eq!(split_ref("a@b"), ("a@b", None));
    }
}
