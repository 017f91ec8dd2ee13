#![expect(clippy::unwrap_used, reason = "a test may panic")]

use beleg_trust::{
    CommitResult, Policy, RangeResult, Reason, TrustFiles, TrustMaterial, verify_range,
};
use jiff::Timestamp;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The committer of every commit, unless a test says otherwise.
pub(crate) const ANN: &str = "ann@example.org";

/// A folder with one repository, a home of its own and the keys of a test.
pub(crate) struct World {
    dir: TempDir,
    /// The committer's and author's address.
    pub(crate) email: String,
    /// The committer's and author's date.
    pub(crate) date: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_format("sha1")
    }

    pub(crate) fn with_format(object_format: &str) -> Self {
        let world = Self {
            dir: tempfile::Builder::new().prefix("beleg").tempdir_in("/tmp").unwrap(),
            email: ANN.to_owned(),
            date: "2024-05-01T12:00:00Z".to_owned(),
        };
        for folder in ["repo", "home", "gnupg"] {
            fs::create_dir(world.path(folder)).unwrap();
        }
        Command::new("chmod").args(["700"]).arg(world.path("gnupg")).status().unwrap();
        let format = format!("--object-format={object_format}");
        world.git(&["init", "-q", "-b", "main", &format]);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn repo(&self) -> PathBuf {
        self.path("repo")
    }

    /// Runs a program isolated from the machine's and the user's configuration.
    pub(crate) fn output(&self, program: &str, args: &[&str], stdin: &[u8]) -> Output {
        let mut child = Command::new(program)
            .args(args)
            .current_dir(self.repo())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("home"))
            .env("GNUPGHOME", self.path("gnupg"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .env("GIT_AUTHOR_NAME", "Ann")
            .env("GIT_AUTHOR_EMAIL", &self.email)
            .env("GIT_AUTHOR_DATE", &self.date)
            .env("GIT_COMMITTER_NAME", "Ann")
            .env("GIT_COMMITTER_EMAIL", &self.email)
            .env("GIT_COMMITTER_DATE", &self.date)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`{program}` must be installed: {error}"));
        // Written beside the reading: either pipe may fill up before the other is done.
        let mut pipe = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || pipe.write_all(stdin));
            child.wait_with_output().unwrap()
        })
    }

    pub(crate) fn run(&self, program: &str, args: &[&str], stdin: &[u8]) -> Vec<u8> {
        let output = self.output(program, args, stdin);
        assert!(
            output.status.success(),
            "{program} {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        String::from_utf8(self.run("git", args, b"")).unwrap().trim().to_owned()
    }

    /// Makes an SSH key pair and returns the private key's path.
    pub(crate) fn ssh_key(&self, name: &str, kind: &[&str]) -> String {
        let path = self.path(name).display().to_string();
        self.run("ssh-keygen", &[&["-q", "-N", "", "-C", name, "-f", &path], kind].concat(), b"");
        path
    }

    /// Returns a public key as it stands in an allowed-signers line.
    pub(crate) fn public(&self, key: &str) -> String {
        let text = fs::read_to_string(format!("{key}.pub")).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

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

impl Drop for World {
    fn drop(&mut self) {
        // Ends the agent that gpg started for this home.
        let mut gpgconf = Command::new("gpgconf");
        let _ = gpgconf.env("GNUPGHOME", self.path("gnupg")).args(["--kill", "all"]).status();
    }
}

pub(crate) fn policy() -> Policy {
    Policy::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap())
}

pub(crate) fn verify_at(
    repo: &Path,
    range: &str,
    trust: &TrustMaterial,
    policy: &Policy,
) -> RangeResult {
    verify_range(repo, range, trust, policy, &|| false, &|_, _| {}).unwrap()
}

pub(crate) fn ssh_trust(allowed: &str) -> TrustMaterial {
    let trust = TrustMaterial::parse(&TrustFiles {
        allowed_signers: Some(allowed.as_bytes()),
        ..TrustFiles::default()
    })
    .unwrap();
    assert_eq!(trust.problems(), []);
    trust
}

pub(crate) fn first(result: RangeResult) -> CommitResult {
    result.commits.into_iter().next().unwrap()
}

pub(crate) fn reasons(result: &RangeResult) -> Vec<Reason> {
    result.commits.iter().map(|commit| commit.judgement.reason).collect()
}
