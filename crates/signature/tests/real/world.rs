#![expect(clippy::unwrap_used, reason = "a test may panic")]

//! A folder of their own for the tools that people sign with. The tests of `git` include this file.

use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::Policy;
use jiff::Timestamp;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The committer of every commit, unless a test says otherwise.
pub(crate) const ANN: &str = "ann@example.org";
/// When gpg believes that it signs.
pub(crate) const GPG_THEN: &str = "20240101T000000";

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

    /// Writes a file into the folder in which the tools run.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        fs::write(self.repo().join(name), content).unwrap();
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        fs::read(self.repo().join(name)).unwrap()
    }

    pub(crate) fn gpg_at(&self, args: &[&str]) -> Vec<u8> {
        let time = format!("--faked-system-time={GPG_THEN}!");
        let fixed = ["--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", &time];
        self.run("gpg", &[&fixed[..], args].concat(), b"")
    }

    /// Makes an OpenPGP key for an address.
    pub(crate) fn gpg_user(&self, email: &str) {
        self.gpg_at(&["--quick-generate-key", email, "ed25519", "sign", "0"]);
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

pub(crate) fn ssh_trust(allowed: &str) -> TrustMaterial {
    let trust = TrustMaterial::parse(&TrustFiles {
        allowed_signers: Some(allowed.as_bytes()),
        ..TrustFiles::default()
    })
    .unwrap();
    assert_eq!(trust.problems(), []);
    trust
}
