#![expect(clippy::unwrap_used, reason = "a test may panic")]

use beleg_git::{CommitResult, RangeResult, verify_range};
use beleg_signature::TrustMaterial;
use beleg_trust::{Policy, Reason};
use std::fs;
use std::path::Path;

#[path = "../../../signature/tests/real/world.rs"]
mod tools;

pub(crate) use tools::{ANN, World, policy, ssh_trust};

impl World {
    /// Commits with an SSH signature and returns the commit's id.
    pub(crate) fn commit_ssh(&self, key: &str, subject: &str) -> String {
        let key = format!("user.signingkey={key}");
        self.git(&[
            "-c",
            "gpg.format=ssh",
            "-c",
            &key,
            "commit",
            "-q",
            "--allow-empty",
            "-S",
            "-m",
            subject,
        ]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn commit_unsigned(&self, subject: &str) -> String {
        self.git(&["commit", "-q", "--allow-empty", "--no-gpg-sign", "-m", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn raw(&self, commit: &str) -> Vec<u8> {
        self.run("git", &["cat-file", "commit", commit], b"")
    }

    /// Writes a commit object as it is and moves `main` to it.
    pub(crate) fn write(&self, content: &[u8]) -> String {
        let args = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"];
        let oid = String::from_utf8(self.run("git", &args, content)).unwrap().trim().to_owned();
        self.git(&["update-ref", "refs/heads/main", &oid]);
        oid
    }

    /// Writes the commit `of` again with a signature header made from `armor`.
    pub(crate) fn write_signed(&self, of: &str, armor: &str) -> String {
        let raw = String::from_utf8(self.raw(of)).unwrap();
        let (header, message) = raw.split_once("\n\n").unwrap();
        let folded = armor.trim_end().replace('\n', "\n ");
        self.write(format!("{header}\ngpgsig {folded}\n\n{message}").as_bytes())
    }

    /// Returns git's letter for a commit (git-log(1), `%G?`), with this allowed-signers file.
    pub(crate) fn letter(&self, commit: &str, allowed: &str) -> String {
        let file = self.path("allowed_signers");
        fs::write(&file, allowed).unwrap();
        let file = format!("gpg.ssh.allowedSignersFile={}", file.display());
        self.git(&["-c", &file, "log", "-1", "--format=%G?", commit])
    }

    pub(crate) fn verify(&self, range: &str, trust: &TrustMaterial) -> RangeResult {
        verify_at(&self.repo(), range, trust, &policy())
    }

    /// Verifies one commit against an allowed-signers file.
    pub(crate) fn verify_ssh(&self, commit: &str, allowed: &str) -> CommitResult {
        first(self.verify(commit, &ssh_trust(allowed)))
    }
}

pub(crate) fn verify_at(
    repo: &Path,
    range: &str,
    trust: &TrustMaterial,
    policy: &Policy,
) -> RangeResult {
    verify_range(repo, range, trust, policy, &|| false, &|_, _| {}).unwrap()
}

pub(crate) fn first(result: RangeResult) -> CommitResult {
    result.commits.into_iter().next().unwrap()
}

pub(crate) fn reasons(result: &RangeResult) -> Vec<Reason> {
    result.commits.iter().map(|commit| commit.judgement.reason).collect()
}
