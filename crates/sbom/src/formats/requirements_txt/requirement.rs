use super::marker;
use crate::pep508::{is_project_name, is_version};
use crate::text::shown;

/// The operators of PEP 440, longest first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Reads `name[extras] ==version ; marker` and returns name and version, as written.
///
/// # Errors
/// Says why it names no single exact version of a package.
pub(super) fn pin(requirement: &str) -> Result<(&str, &str), String> {
    let (name, specifiers) = of_index(requirement)?;
    Ok((name, exact_version(name, specifiers)?))
}

/// Reads what asks for a release of an index: its name, and what versions are allowed.
///
/// # Errors
/// Says why it is none.
pub(super) fn of_index(requirement: &str) -> Result<(&str, &str), String> {
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at_checked(end).unwrap_or((requirement, ""));
    if !is_project_name(name) || is_archive(requirement) {
        return Err(not_a_release(requirement));
    }
    let specifiers = match without_extras(rest.trim_start()) {
        Some(rest) => rest.trim_start(),
        None => return Err(format!("the extras of `{}` are not closed", shown(requirement))),
    };
    if specifiers.starts_with('@') {
        return Err(not_a_release(requirement));
    }
    let (specifiers, marker) = match specifiers.split_once(';') {
        Some((specifiers, marker)) => (specifiers.trim(), Some(marker)),
        None => (specifiers.trim(), None),
    };
    if !specifiers.is_empty() && !specifiers.starts_with(['(', '=', '~', '!', '<', '>']) {
        return Err(not_a_release(requirement));
    }
    marker.map_or(Ok(()), marker::check)?;
    Ok((name, specifiers))
}

/// Passes over `[extra, …]`.
fn without_extras(rest: &str) -> Option<&str> {
    match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map(|(_, rest)| rest),
        None => Some(rest),
    }
}

fn exact_version<'a>(name: &str, specifiers: &'a str) -> Result<&'a str, String> {
    if specifiers.is_empty() {
        return Err(format!("`{name}` is not pinned to any version"));
    }
    let inner = match specifiers.strip_prefix('(') {
        Some(inner) => inner
            .strip_suffix(')')
            .ok_or_else(|| format!("the parenthesis after `{name}` is not closed"))?,
        None => specifiers,
    };
    let mut exact: Option<&str> = None;
    for specifier in inner.split(',') {
        let specifier = specifier.trim();
        let (operator, version) = OPERATORS
            .iter()
            .find_map(|operator| Some((*operator, specifier.strip_prefix(operator)?.trim())))
            .ok_or_else(|| format!("`{}` is no version of `{name}`", shown(specifier)))?;
        let pinned = match operator {
            "===" if is_arbitrary(version) => version,
            "==" if version.ends_with(".*") => continue,
            "==" if is_version(version) => version,
            "===" | "==" => return Err(format!("`{}` is no version of `{name}`", shown(version))),
            _ => continue,
        };
        if exact.is_some_and(|other| other != pinned) {
            return Err(format!("`{name}` is pinned to two versions at once: `{}`", shown(inner)));
        }
        exact = Some(pinned);
    }
    exact.ok_or_else(|| {
        format!("`{name}` is not pinned to one exact version but to `{}`", shown(inner))
    })
}

/// Arbitrary equality (PEP 440) takes any text without white space.
fn is_arbitrary(version: &str) -> bool {
    (1..=255).contains(&version.len()) && !version.contains(char::is_whitespace)
}

fn is_archive(requirement: &str) -> bool {
    let name = requirement.split([' ', ';']).next().unwrap_or_default();
    [".whl", ".tar.gz", ".tar.bz2", ".tgz", ".zip"].iter().any(|end| name.ends_with(end))
}

fn not_a_release(requirement: &str) -> String {
    format!("`{}` is an address or path, not a release of an index", shown(requirement))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_pins_are_read() {
        for (line, name, version) in [
            ("Django==3.2.0", "Django", "3.2.0"),
            ("a == 1.0", "a", "1.0"),
            ("a===weird_1~x", "a", "weird_1~x"),
            ("a[b,c] == 1.0+local.1", "a", "1.0+local.1"),
            ("a (==1.0)", "a", "1.0"),
            ("a >=0.9, ==1.0 , !=1.1", "a", "1.0"),
            ("a==1!2.0rc1 ; python_version < '3.8'", "a", "1!2.0rc1"),
            ("a==1.0;extra=='x'", "a", "1.0"),
            ("zope.interface==5", "zope.interface", "5"),
        ] {
            assert_eq!(pin(line), Ok((name, version)), "{line}");
        }
    }

    #[test]
    fn what_is_not_exact_says_why() {
        for (line, why) in [
            ("a", "`a` is not pinned to any version"),
            ("a[b] ; python_version<'3'", "`a` is not pinned to any version"),
            ("a>=1,<2", "`a` is not pinned to one exact version but to `>=1,<2`"),
            ("a==1.*", "`a` is not pinned to one exact version but to `==1.*`"),
            ("a~=1.4", "`a` is not pinned to one exact version but to `~=1.4`"),
            ("a==1,==2", "`a` is pinned to two versions at once: `==1,==2`"),
            ("a==", "`` is no version of `a`"),
            ("a==1 or 2", "`1 or 2` is no version of `a`"),
            ("a=1", "`=1` is no version of `a`"),
            ("a(==1", "the parenthesis after `a` is not closed"),
            ("a[b==1", "the extras of `a[b==1` are not closed"),
            ("./a", "`./a` is an address or path, not a release of an index"),
            (
                "a @ https://h/a.whl",
                "`a @ https://h/a.whl` is an address or path, not a release of an index",
            ),
            (
                "git+https://u:p@h/a#egg=a",
                "`git+https://h/a#egg=a` is an address or path, not a release of an index",
            ),
            (
                "a-1.0-py3-none-any.whl",
                "`a-1.0-py3-none-any.whl` is an address or path, not a release of an index",
            ),
            ("a==1;b==2", "`b==2` is no environment marker"),
            ("a==${VERSION}", "`${VERSION}` is no version of `a`"),
        ] {
            assert_eq!(pin(line), Err(why.to_owned()), "{line}");
        }
    }
}
