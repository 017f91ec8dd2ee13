//! What GitHub's workflows and composite actions use (GitHub documentation, "Workflow syntax",
//! `jobs.<job_id>.steps[*].uses` and `jobs.<job_id>.uses`; "Metadata syntax", `runs.steps[*].uses`):
//! `owner/repository/path@reference`.
//!
//! A tag of three numbers is a version; shorter tags and branches move, and are left out. A commit is
//! no version: where a comment behind it says one, the package is listed with that, and the place is
//! left out all the same, for nothing proves the comment. Advisories name the repository or the path
//! within it, so that both are listed. What stands in the project itself (`./`) is read there; images
//! are no packages of a registry. What actions use in turn no workflow lists, as no manifest does.

use super::yaml::{Node, Yaml, document};
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, NamedOnly, Parsed, Scope,
    text_within,
};
use crate::text::shown;
use beleg_model::{Location, Origin, Package};
use std::collections::BTreeSet;

/// The most bytes: 1 MiB. GitHub itself takes no more than 512 KiB.
const MAX_BYTES: u64 = 1 << 20;

/// The format itself.
pub(super) struct WorkflowUses;

const ABOUT: About = About {
    id: "workflow-uses",
    describes: "Actions and workflows that GitHub's workflows and composite actions use themselves",
    kind: FormatKind::Lockfile,
    ecosystems: &["GitHub Actions"],
    syft_metadata_type: "github-actions-use-statement",
    files: &[
        FileName::Directly(".github/workflows", ".yml"),
        FileName::Directly(".github/workflows", ".yaml"),
        FileName::Named("action.yml"),
        FileName::Named("action.yaml"),
    ],
    most_bytes: MAX_BYTES,
};

impl Format for WorkflowUses {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        // Other programs have files of these names, too.
        if !text.contains("uses") {
            return Ok(Parsed::default());
        }
        let document = document(path, bytes, MAX_BYTES)?;
        let lines = text.lines().collect();
        let mut listing = Listing { path, lines, seen: BTreeSet::new(), parsed: Parsed::default() };
        if let Some(jobs) = document.get("jobs") {
            listing.no_alias(jobs)?;
            for job in jobs.members() {
                listing.uses(&job.value)?;
                listing.steps(&job.value)?;
            }
        }
        if let Some(runs) = document.get("runs") {
            listing.steps(runs)?;
        }
        Ok(listing.parsed)
    }
}

struct Listing<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    /// The names and versions that are listed; many a file uses one often.
    seen: BTreeSet<(String, String)>,
    parsed: Parsed,
}

impl Listing<'_> {
    fn steps(&mut self, of: &Yaml) -> Result<(), FormatError> {
        let Some(steps) = of.get("steps") else { return self.no_alias(of) };
        self.no_alias(steps)?;
        for step in steps.elements() {
            self.no_alias(step)?;
            self.uses(step)?;
        }
        Ok(())
    }

    fn no_alias(&mut self, node: &Yaml) -> Result<(), FormatError> {
        if node.node != Node::Alias {
            return Ok(());
        }
        let why = "what is said by an alias is not read".to_owned();
        self.parsed.leave_out(self.path, node.line, why)
    }

    fn uses(&mut self, of: &Yaml) -> Result<(), FormatError> {
        let Some(uses) = of.get("uses") else { return Ok(()) };
        self.no_alias(uses)?;
        let Some(text) = uses.text().map(str::trim) else { return Ok(()) };
        if text.starts_with("./") {
            return Ok(());
        }
        let used = match used(text) {
            Ok(used) => used,
            Err(why) => return self.parsed.leave_out(self.path, uses.line, why),
        };
        let Used { repository, reference, .. } = used;
        let commented = || self.comment(uses.line).filter(|_| is_commit(reference));
        let version = match (is_release(reference), commented()) {
            (true, _) => reference,
            (false, Some(version)) => {
                let why = format!(
                    "that the commit of `{repository}` is `{version}` is said by a comment alone"
                );
                let version = version.to_owned();
                self.leave_out(used, uses.line, &why)?;
                return self.list(used, &version, uses.line);
            }
            (false, None) => {
                let what = if is_commit(reference) { "a commit" } else { "no exact version" };
                let why = format!("`{}` of `{repository}` is {what}", shown(reference));
                return self.leave_out(used, uses.line, &why);
            }
        };
        self.list(used, version, uses.line)
    }

    /// Leaves out each name by which an advisory may speak of what is used.
    fn leave_out(&mut self, used: Used<'_>, line: u32, why: &str) -> Result<(), FormatError> {
        for name in used.names() {
            let names = NamedOnly::of("GitHub Actions", name);
            self.parsed.leave_out_named(self.path, line, why.to_owned(), names)?;
        }
        Ok(())
    }

    fn list(&mut self, used: Used<'_>, version: &str, line: u32) -> Result<(), FormatError> {
        for name in used.names() {
            if !self.seen.insert((name.clone(), version.to_owned())) {
                continue;
            }
            let location = Location::line(self.path, line);
            let package = Package::new("GitHub Actions", name, version, Origin::Registry, location);
            let scope = Some(Scope::Build);
            let facts = Facts { scope, direct: Some(true), ..Facts::default() };
            self.parsed.add_with(package, facts)?;
        }
        Ok(())
    }

    /// Returns the version that a comment at the end of a line begins with.
    fn comment(&self, line: u32) -> Option<&str> {
        let at = usize::try_from(line).ok()?.checked_sub(1)?;
        let (_, comment) = self.lines.get(at)?.rsplit_once(" #")?;
        let comment = comment.trim().trim_start_matches("tag=").trim_start_matches("pin@");
        comment.split_whitespace().next().filter(|word| is_release(word))
    }
}

/// What is used, taken apart.
#[derive(Clone, Copy)]
struct Used<'a> {
    /// `owner/repository`.
    repository: &'a str,
    /// The path within it; often none.
    within: &'a str,
    reference: &'a str,
}

impl Used<'_> {
    /// Returns the names by which advisories may speak of it.
    fn names(self) -> impl Iterator<Item = String> {
        let Self { repository, within, .. } = self;
        let path = (!within.is_empty()).then(|| format!("{repository}/{within}"));
        [Some(repository.to_owned()), path].into_iter().flatten()
    }
}

fn used(text: &str) -> Result<Used<'_>, String> {
    if text.starts_with("docker://") {
        return Err(format!("`{}` is an image: its packages are not looked at", shown(text)));
    }
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
    };
    let taken_apart = || {
        let (name, reference) = text.split_once('@')?;
        let (owner, rest) = name.split_once('/')?;
        let (repository, within) = rest.split_once('/').unwrap_or((rest, ""));
        let end = owner.len().checked_add(1)?.checked_add(repository.len())?;
        let is_reference = !reference.is_empty()
            && reference.bytes().all(|it| it.is_ascii_graphic() && !b"@${}".contains(&it));
        let is_name = text.len() <= MAX_WORD
            && [owner, repository].into_iter().all(is_part)
            && (within.is_empty() || within.split('/').all(is_part));
        let used = Used { repository: name.get(..end)?, within, reference };
        (is_name && is_reference).then_some(used)
    };
    taken_apart().ok_or_else(|| format!("`{}` names no action with its version", shown(text)))
}

/// Says whether a reference is a release's tag: three numbers (SemVer 2.0.0), often behind a `v`.
fn is_release(reference: &str) -> bool {
    super::npm::is_version(reference.strip_prefix('v').unwrap_or(reference))
}

fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64) && reference.bytes().all(|it| it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const COMMIT: &str = "11bd71901bbe5b1630ceea73d27597364c9af683";

    fn read(uses: &str) -> (Vec<String>, Vec<String>) {
        let text = format!("jobs:\n  a:\n    steps:\n      - uses: {uses}\n");
        let parsed = WorkflowUses.parse(".github/workflows/a.yml", text.as_bytes()).unwrap();
        let packages = parsed.packages.iter().map(|it| format!("{} {}", it.name, it.version));
        (packages.collect(), parsed.unread.into_iter().map(|it| it.why).collect())
    }

    #[test]
    fn only_a_releases_tag_is_a_version() {
        for (uses, why) in [
            ("a/b@v4", "no exact version"),
            ("a/b@main", "no exact version"),
            ("a/b@release/v1.2.3", "no exact version"),
            (COMMIT, "names no action"),
            (&format!("a/b@{COMMIT}"), "is a commit"),
            (&format!("a/b@{COMMIT} # latest"), "is a commit"),
            (&format!("a/b@{COMMIT} # v4"), "is a commit"),
            ("a/b@main # v1.2.3", "no exact version"),
            ("a/b", "names no action"),
            ("a@v1.2.3", "names no action"),
            ("a/../b@v1.2.3", "names no action"),
            ("a/b@${{ env.V }}", "names no action"),
            ("'a/b@v1.2.3@v1.2.4'", "names no action"),
            ("docker://alpine:3.19.0", "is an image"),
            ("*anchor", "an alias"),
        ] {
            let uses = uses.replace("*anchor", "&x a/b@v1\n      - uses: *x");
            let (packages, unread) = read(&uses);
            assert_eq!(packages, Vec::<String>::new(), "{uses}");
            assert!(unread.iter().any(|it| it.contains(why)), "{uses}: {unread:?}");
        }
        assert_eq!(read("./local"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn an_alias_is_named_wherever_it_stands() {
        for text in [
            "x: &x {a: {steps: [{uses: a/b@v1.2.3}]}}\njobs: *x\n",
            "x: &x {steps: [{uses: a/b@v1.2.3}]}\njobs: {a: *x}\n",
            "x: &x [{uses: a/b@v1.2.3}]\njobs: {a: {steps: *x}}\n",
            "x: &x {uses: a/b@v1.2.3}\njobs: {a: {steps: [*x]}}\n",
            "x: &x {steps: [{uses: a/b@v1.2.3}]}\nruns: *x\n",
        ] {
            let parsed = WorkflowUses.parse("action.yml", text.as_bytes()).unwrap();
            assert_eq!((parsed.packages.len(), parsed.unread.len()), (0, 1), "{text}");
        }
    }

    #[test]
    fn what_a_comment_says_is_listed_and_not_believed() {
        let (packages, unread) = read(&format!("a/b/c@{COMMIT} # v1.2.3"));
        assert_eq!(packages, ["a/b v1.2.3", "a/b/c v1.2.3"]);
        assert!(unread.iter().any(|it| it.contains("a comment alone")), "{unread:?}");
    }

    #[test]
    fn what_is_of_another_program_or_broken_is_not_taken_for_it() {
        let parse = |text: &str| WorkflowUses.parse("action.yml", text.as_bytes());
        assert_eq!(parse("a: [\n"), Ok(Parsed::default()));
        assert_eq!(parse("with:\n  uses: a/b@v1.2.3\n"), Ok(Parsed::default()));
        assert!(parse("runs:\n  steps: [{uses: a/b@v1.2.3}\n").is_err());
    }
}
