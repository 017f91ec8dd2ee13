//! Which commit a revision names (gitrevisions(7)). Commits and tags on the way are read as any
//! other object is: libgit2 does not return from one that was cut off.

use super::HashAlgorithm;
use super::commit;
use super::objects::{Kind, ObjectProblem, Objects};
use super::tag::Tag;
use crate::TrustError;
use git2::{Odb, Oid};

/// Most tags that name each other.
const MAX_NESTED: usize = 10;
/// The shortest abbreviation of an id, in digits, as in git.
const MIN_ABBREVIATION: usize = 4;

/// A step from a commit to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// That many first parents back.
    Back(usize),
    /// This one of its parents, counted from 1; 0 is itself.
    Parent(usize),
}

/// Returns the commit that a revision names; an annotated tag is peeled. What is named is not read
/// beyond its kind, so that a damaged or swapped commit becomes a result instead of an error.
pub(crate) fn resolve(objects: &Objects, revision: &str) -> Result<Oid, TrustError> {
    let refuse = |source| TrustError::Revision { name: revision.to_owned(), source };
    let odb = objects.database()?;
    let stepwise =
        steps(revision).and_then(|(name, steps)| Some((named(objects, &odb, name)?, steps)));
    let Some((named, steps)) = stepwise else {
        // Reflogs, upstreams and searches are left to libgit2.
        let object = objects.revparse(revision).map_err(refuse)?;
        return peel(objects, &odb, object).map_err(refuse);
    };
    let mut oid = peel(objects, &odb, named).map_err(refuse)?;
    for step in steps {
        oid = step.from(objects, &odb, oid).map_err(refuse)?;
    }
    peel(objects, &odb, oid).map_err(refuse)
}

/// Splits a revision into a name and the steps behind it; `None` when a step is of another kind.
fn steps(revision: &str) -> Option<(&str, Vec<Step>)> {
    let (name, mut rest) = revision.split_at(revision.find(['~', '^']).unwrap_or(revision.len()));
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("^{commit}").or_else(|| rest.strip_prefix("^{}")) {
            rest = after;
            continue;
        }
        let (kind, after) = rest.split_at(1);
        let digits = after
            .len()
            .saturating_sub(after.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (number, after) = after.split_at(digits);
        let number = if number.is_empty() { 1 } else { number.parse().ok()? };
        steps.push(if kind == "~" { Step::Back(number) } else { Step::Parent(number) });
        if !after.is_empty() && !after.starts_with(['~', '^']) {
            return None;
        }
        rest = after;
    }
    Some((name, steps))
}

/// Returns what an id, a ref or an abbreviated id names.
fn named(objects: &Objects, odb: &Odb<'_>, name: &str) -> Option<Oid> {
    let digits = match objects.algorithm() {
        HashAlgorithm::Sha1 => 40,
        HashAlgorithm::Sha256 => 64,
    };
    let name = if name == "@" { "HEAD" } else { name };
    let found = objects.parse_oid(name).or_else(|| objects.reference(name));
    let is_short = (MIN_ABBREVIATION..digits).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    found.or_else(|| {
        let short = objects.parse_oid(&format!("{name:0<digits$}")).filter(|_| is_short)?;
        odb.exists_prefix(short, name.len()).ok()
    })
}

impl Step {
    fn from(self, objects: &Objects, odb: &Odb<'_>, oid: Oid) -> Result<Oid, git2::Error> {
        let (times, place) = match self {
            Self::Parent(0) => return Ok(oid),
            Self::Parent(number) => (1, number.saturating_sub(1)),
            Self::Back(times) => (times, 0),
        };
        let mut oid = oid;
        for _ in 0..times {
            let content = objects.commit(odb, oid).map_err(|problem| because(oid, &problem))?;
            let parents = commit::parents(&content, objects.algorithm()).unwrap_or_default();
            let parent = parents.get(place).and_then(|hex| objects.parse_oid(hex));
            oid = parent.ok_or_else(|| {
                git2::Error::from_str(&format!("`{oid}` has not so many parents"))
            })?;
        }
        Ok(oid)
    }
}

/// Follows tags to a commit.
fn peel(objects: &Objects, odb: &Odb<'_>, from: Oid) -> Result<Oid, git2::Error> {
    let mut oid = from;
    for _ in 0..MAX_NESTED {
        match objects.is_a(Kind::Commit, odb, oid) {
            Ok(true) => return Ok(oid),
            Ok(false) => {}
            Err(problem @ ObjectProblem::Missing) => return Err(because(oid, &problem)),
            Err(_) => return Ok(oid),
        }
        let content =
            objects.read(odb, oid, Kind::Tag).map_err(|problem| because(oid, &problem))?;
        let tag = Tag::parse(&content, objects.algorithm());
        let tag = tag.map_err(|error| git2::Error::from_str(&format!("tag `{oid}`: {error}")))?;
        let object = objects.parse_oid(&tag.object);
        oid = object.ok_or_else(|| because(oid, &ObjectProblem::Missing))?;
    }
    Err(git2::Error::from_str(&format!("more than {MAX_NESTED} tags name each other")))
}

fn because(oid: Oid, problem: &ObjectProblem) -> git2::Error {
    git2::Error::from_str(&format!("`{oid}`: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_split_from_names_and_other_kinds_are_left_to_libgit2() {
        let split = |text| steps(text);
        assert_eq!(split("main"), Some(("main", vec![])));
        assert_eq!(split("@~2^"), Some(("@", vec![Step::Back(2), Step::Parent(1)])));
        assert_eq!(split("v1^{}^{commit}~"), Some(("v1", vec![Step::Back(1)])));
        assert_eq!(split("a^0"), Some(("a", vec![Step::Parent(0)])));
        for other in ["a^{tree}", "a^{/text}", "a~x", "a^-", "a~99999999999999999999999"] {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
