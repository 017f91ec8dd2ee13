//! Which commit a revision names (gitrevisions(7)). Commits and tags on the way are read as any
//! other object is: libgit2 does not return from one that was cut off.

use super::commit;
use super::objects::{Kind, ObjectProblem, Objects};
use super::tag::Tag;
use crate::GitError;
use beleg_model::text::shown;
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

/// What a revision names in this repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The commit; annotated tags are peeled.
    pub(crate) oid: Oid,
    /// The revision again, with the whole name of its ref or the whole id of its object.
    pub(crate) name: String,
    /// The ref that the revision names, without steps; a symbolic one is followed.
    pub(crate) reference: Option<String>,
}

/// Something that a name may stand for.
struct Candidate {
    /// The whole name of the ref, or the whole id of the object.
    name: String,
    /// What it names; `None` when it is there and cannot be read.
    oid: Option<Oid>,
    is_ref: bool,
}

/// Resolves a revision to a commit. A name that could mean two things is refused: git would take
/// one of them and warn. What is named is not read beyond its kind, so that a damaged or swapped
/// commit becomes a result instead of an error.
pub(crate) fn resolve(objects: &Objects, revision: &str) -> Result<Resolved, GitError> {
    let refuse = |source| GitError::Revision { name: shown(revision.as_bytes()), source };
    let odb = objects.database()?;
    let (name, rest) = revision.split_at(end_of_name(revision));
    let found = only_candidate(name, candidates(objects, &odb, name))?;
    let steps = steps(rest);
    let (Some(steps), Some(found)) = (steps, found) else {
        // Reflogs, upstreams and searches are left to libgit2.
        let object = objects.revparse(revision).map_err(refuse)?;
        let oid = peel(objects, &odb, object).map_err(refuse)?;
        return Ok(Resolved { oid, name: oid.to_string(), reference: None });
    };
    let unreadable = || refuse(git2::Error::from_str(&format!("`{}` is broken", found.name)));
    let mut oid = peel(objects, &odb, found.oid.ok_or_else(unreadable)?).map_err(refuse)?;
    for step in &steps {
        oid = step.from(objects, &odb, oid).map_err(refuse)?;
    }
    let oid = peel(objects, &odb, oid).map_err(refuse)?;
    let target = found.is_ref.then(|| objects.target_name(&found.name));
    let full = target.clone().unwrap_or(found.name);
    Ok(Resolved {
        oid,
        name: shown(format!("{full}{rest}").as_bytes()),
        reference: target.filter(|_| steps.is_empty()),
    })
}

/// Refuses a name that could mean several things.
fn only_candidate(name: &str, mut found: Vec<Candidate>) -> Result<Option<Candidate>, GitError> {
    if found.len() > 1 {
        let candidates = found.iter().map(Candidate::shown).collect::<Vec<_>>();
        let name = shown(name.as_bytes());
        return Err(GitError::Ambiguous { name, candidates: candidates.join(", ") });
    }
    Ok(found.pop())
}

impl Candidate {
    fn shown(&self) -> String {
        let oid = self.oid.map_or_else(|| "broken".to_owned(), |oid| oid.to_string());
        match self.is_ref {
            true => format!("`{}` ({oid})", shown(self.name.as_bytes())),
            false => format!("the object `{}`", self.name),
        }
    }
}

/// Returns where the name ends that a revision begins with.
fn end_of_name(revision: &str) -> usize {
    let ends = [revision.find(['~', '^', ':']), revision.find("@{")];
    ends.into_iter().flatten().min().unwrap_or(revision.len())
}

/// Reads the steps behind a name; `None` when one is of another kind.
fn steps(behind: &str) -> Option<Vec<Step>> {
    let mut rest = behind;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("^{commit}").or_else(|| rest.strip_prefix("^{}")) {
            rest = after;
            continue;
        }
        let (kind, after) = rest.split_at(1);
        if !matches!(kind, "~" | "^") {
            return None;
        }
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
    Some(steps)
}

/// Returns everything that a name may stand for (gitrevisions(7)). A whole id, the whole name of a
/// ref and `HEAD` mean one thing whatever else is called so.
fn candidates(objects: &Objects, odb: &Odb<'_>, name: &str) -> Vec<Candidate> {
    let name = if name == "@" { "HEAD" } else { name };
    if let Some(oid) = objects.parse_oid(name) {
        return vec![Candidate { name: oid.to_string(), oid: Some(oid), is_ref: false }];
    }
    let reference = |name: String| {
        let oid = objects.reference(&name)?.ok();
        Some(Candidate { name, oid, is_ref: true })
    };
    if name == "HEAD" || name.starts_with("refs/") {
        return reference(name.to_owned()).into_iter().collect();
    }
    let places = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];
    let mut names: Vec<String> = places.iter().map(|place| format!("{place}{name}")).collect();
    names.push(format!("refs/remotes/{name}/HEAD"));
    let mut found: Vec<Candidate> = names.into_iter().filter_map(reference).collect();
    found.extend(abbreviated(objects, odb, name));
    found
}

/// Returns the object whose id begins with a name, or with the end of what git-describe(1) wrote.
fn abbreviated(objects: &Objects, odb: &Odb<'_>, name: &str) -> Option<Candidate> {
    let digits = objects.algorithm().length().saturating_mul(2);
    let described = name.rsplit_once("-g").map_or(name, |(_, id)| id);
    let short = [name, described].into_iter().find(|short| {
        (MIN_ABBREVIATION..digits).contains(&short.len())
            && short.bytes().all(|byte| byte.is_ascii_hexdigit())
    })?;
    let prefix = objects.parse_oid(&format!("{short:0<digits$}").to_ascii_lowercase())?;
    let candidate = |name, oid| Candidate { name, oid, is_ref: false };
    match odb.exists_prefix(prefix, short.len()) {
        Ok(oid) => Some(candidate(oid.to_string(), Some(oid))),
        Err(error) if error.code() == git2::ErrorCode::Ambiguous => {
            Some(candidate(format!("{short}…"), None))
        }
        Err(_) => None,
    }
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
        let split = |text: &'static str| {
            let (name, rest) = text.split_at(end_of_name(text));
            steps(rest).map(|steps| (name, steps))
        };
        assert_eq!(split("main"), Some(("main", vec![])));
        assert_eq!(split("@~2^"), Some(("@", vec![Step::Back(2), Step::Parent(1)])));
        assert_eq!(split("v1^{}^{commit}~"), Some(("v1", vec![Step::Back(1)])));
        assert_eq!(split("a^0"), Some(("a", vec![Step::Parent(0)])));
        for other in
            ["a^{tree}", "a^{/text}", "a~x", "a^-", "a~99999999999999999999999", "a@{1}", "a:b"]
        {
            assert_eq!(split(other), None, "{other}");
        }
    }
}
