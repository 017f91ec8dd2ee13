//! A git repository with signed commits, and with faults also a wrongly signed, a foreign and an
//! unsigned one.

use crate::signers::Signers;
use crate::{DemoError, files};
use git2::{Oid, Repository, RepositoryInitOptions, Signature, Time};
use jiff::Timestamp;
use std::path::Path;

const DAY: i64 = 86_400;

/// A commit that a check must object to.
pub(crate) struct FaultyCommit {
    pub(crate) rule: &'static str,
    pub(crate) short: String,
}

/// Who signs a commit, and what is wrong with that.
enum Signing {
    Ssh,
    OpenPgp,
    Nobody,
    Stranger,
    Altered,
}

/// Makes the repository with its working files; returns its faulty commits.
pub(crate) fn write(
    folder: &Path,
    contents: &[(&'static str, String)],
    signers: &Signers,
    faulty: bool,
    now: Timestamp,
) -> Result<Vec<FaultyCommit>, DemoError> {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").external_template(false).no_reinit(true);
    let repository = Repository::init_opts(folder, &options).map_err(git)?;
    let mut history = History { repository: &repository, signers, parent: None, now, age: 5 };

    files::write(&folder.join("README.md"), b"# Demo service\n")?;
    history.commit("Begin the demo service", &Signing::Ssh)?;
    for (name, text) in contents {
        files::write(&folder.join(name), text.as_bytes())?;
    }
    history.commit("Pin the dependencies", &Signing::OpenPgp)?;
    files::write(&folder.join("CHANGELOG.md"), b"# Changes\n\n- The first release.\n")?;
    history.commit("Describe the first release", &Signing::Ssh)?;
    if !faulty {
        return Ok(Vec::new());
    }
    let planted = [
        ("unsigned", "Fix the demo in a hurry", Signing::Nobody),
        ("unknown-key", "Change the release notes", Signing::Stranger),
        ("bad-signature", "Tidy up after the release", Signing::Altered),
    ];
    let mut faults = Vec::new();
    for (rule, message, signing) in planted {
        files::write(&folder.join("NOTES.md"), format!("{message}.\n").as_bytes())?;
        let short = history.commit(message, &signing)?.to_string().chars().take(12).collect();
        faults.push(FaultyCommit { rule, short });
    }
    Ok(faults)
}

struct History<'a> {
    repository: &'a Repository,
    signers: &'a Signers,
    parent: Option<Oid>,
    now: Timestamp,
    age: i64,
}

impl History<'_> {
    fn commit(&mut self, message: &str, signing: &Signing) -> Result<Oid, DemoError> {
        let content = self.content(message)?;
        let signature = match signing {
            Signing::Nobody => None,
            Signing::Ssh => Some(self.signers.ssh(&content)?),
            Signing::Stranger => Some(self.signers.stranger(&content)?),
            Signing::OpenPgp => Some(self.signers.openpgp(&content)?),
            // The signature is a real one, but of another text.
            Signing::Altered => Some(self.signers.ssh(&format!("{content}\naltered\n"))?),
        };
        let oid = match signature {
            Some(signature) => self.repository.commit_signed(&content, &signature, None),
            None => self
                .repository
                .odb()
                .and_then(|odb| odb.write(git2::ObjectType::Commit, content.as_bytes())),
        }
        .map_err(git)?;
        self.repository.reference("refs/heads/main", oid, true, "commit").map_err(git)?;
        self.parent = Some(oid);
        self.age = self.age.saturating_sub(1).max(0);
        Ok(oid)
    }

    fn content(&self, message: &str) -> Result<String, DemoError> {
        let mut index = self.repository.index().map_err(git)?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).map_err(git)?;
        index.write().map_err(git)?;
        let tree =
            index.write_tree().and_then(|oid| self.repository.find_tree(oid)).map_err(git)?;
        let seconds = self.now.as_second().saturating_sub(self.age.saturating_mul(DAY));
        let person = Signature::new(Signers::NAME, Signers::EMAIL, &Time::new(seconds, 60));
        let person = person.map_err(git)?;
        let parent = self.parent.map(|oid| self.repository.find_commit(oid)).transpose();
        let parents: Vec<git2::Commit<'_>> = parent.map_err(git)?.into_iter().collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let buffer = self
            .repository
            .commit_create_buffer(&person, &person, &format!("{message}\n"), &tree, &parents)
            .map_err(git)?;
        buffer
            .as_str()
            .map(str::to_owned)
            .map_err(|_| DemoError::made("a commit", "its text is not UTF-8"))
    }
}

fn git(error: git2::Error) -> DemoError {
    DemoError::made("the git repository", error)
}
