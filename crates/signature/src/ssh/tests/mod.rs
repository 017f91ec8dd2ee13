//! Verdicts compared with those of the real `ssh-keygen`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod certificates;
mod fido;
mod files;
mod lines;
mod revoked;

use super::judge;
use crate::artifact::Payload;
use crate::claim::Claim;
use crate::{TrustFiles, TrustMaterial};
use beleg_trust::{Check, DecidedBy, Judgement, Policy};
use jiff::Timestamp;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The signed content, unless a test says otherwise.
const CONTENT: &[u8] = b"the content of a file\n";
/// When signatures are judged, unless a test says otherwise.
const NOW: &str = "2026-01-01T00:00:00Z";
const ANN: &str = "ann@example.org";

/// A folder with the keys of a test.
struct Bench {
    dir: TempDir,
}

/// A signature and everything that it is judged against.
#[derive(Clone, Copy)]
struct Case<'a> {
    armor: &'a [u8],
    allowed: &'a str,
    revoked: Option<&'a [u8]>,
    /// Who is claimed to have signed; anyone if `None`.
    email: Option<&'a str>,
    content: &'a [u8],
    namespace: &'a str,
    time: &'a str,
}

impl<'a> Case<'a> {
    fn new(armor: &'a [u8], allowed: &'a str) -> Self {
        Self {
            armor,
            allowed,
            revoked: None,
            email: None,
            content: CONTENT,
            namespace: "file",
            time: NOW,
        }
    }

    fn by(self, email: &'a str) -> Self {
        Self { email: Some(email), ..self }
    }

    fn revoking(self, revoked: &'a [u8]) -> Self {
        Self { revoked: Some(revoked), ..self }
    }

    fn at(self, time: &'a str) -> Self {
        Self { time, ..self }
    }

    fn trust(&self) -> TrustMaterial {
        TrustMaterial::parse(&TrustFiles {
            allowed_signers: Some(self.allowed.as_bytes()),
            revoked_keys: self.revoked,
            ..TrustFiles::default()
        })
        .unwrap()
    }

    /// Judges, and holds every judgement to what all of them must be.
    fn judge(&self) -> Judgement {
        let judgement = self.judge_with(&policy(self.time));
        let trusted = judgement.reason == beleg_trust::Reason::Trusted;
        assert_eq!(trusted, judgement.trust == Check::Good, "{judgement:?}");
        assert!(!trusted || judgement.crypto == Check::Good, "{judgement:?}");
        judgement
    }

    fn judge_with(&self, policy: &Policy) -> Judgement {
        let claim = Claim {
            payload: Payload::Bytes(self.content),
            namespace: self.namespace,
            email: self.email,
            time: self.time.parse().unwrap(),
            time_is: DecidedBy::CheckTime,
        };
        judge(self.armor, &claim, &self.trust(), policy)
    }
}

fn policy(time: &str) -> Policy {
    Policy::at(time.parse::<Timestamp>().unwrap())
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("beleg").tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).display().to_string()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn output(&self, args: &[&str], stdin: &[u8]) -> Output {
        let mut child = Command::new("ssh-keygen")
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.dir.path())
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`ssh-keygen` must be installed: {error}"));
        // A program that refuses its arguments does not read its input.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        child.wait_with_output().unwrap()
    }

    fn run(&self, args: &[&str], stdin: &[u8]) -> Vec<u8> {
        let output = self.output(args, stdin);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ssh-keygen {args:?}: {error}");
        output.stdout
    }

    /// Makes a key pair and returns the public key as it stands in a line.
    fn key(&self, name: &str, kind: &[&str]) -> String {
        self.run(&[&["-q", "-N", "", "-C", name, "-f", name], kind].concat(), b"");
        self.public(name)
    }

    fn ed25519(&self, name: &str) -> String {
        self.key(name, &["-t", "ed25519"])
    }

    fn public(&self, name: &str) -> String {
        let text = String::from_utf8(self.read(&format!("{name}.pub"))).unwrap();
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// Certifies the key `name` by `authority`; `name-cert.pub` is the certificate.
    fn certify(&self, authority: &str, name: &str, args: &[&str]) {
        let public = format!("{name}.pub");
        self.run(&[&["-q", "-s", authority, "-I", "an id"], args, &[&public]].concat(), b"");
    }

    /// Signs for files with the key, or the certificate `name-cert.pub`, of that name.
    fn sign(&self, key: &str) -> Vec<u8> {
        self.sign_with(key, "file", CONTENT)
    }

    fn sign_with(&self, key: &str, namespace: &str, content: &[u8]) -> Vec<u8> {
        self.run(&["-q", "-Y", "sign", "-n", namespace, "-f", key], content)
    }

    /// Returns what `ssh-keygen -Y find-principals` says of a case, in its order.
    fn principals(&self, case: &Case<'_>) -> Vec<String> {
        let allowed = self.write("oracle-allowed", case.allowed.as_bytes());
        let armor = self.write("oracle.sig", case.armor);
        let time = verify_time(case.time);
        let args = ["-q", "-Y", "find-principals", "-f", &allowed, "-s", &armor, &time];
        let output = self.output(&args, b"");
        String::from_utf8(output.stdout).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    /// Says whether `ssh-keygen -Y verify` accepts a case, as signed by its claimed signer or,
    /// as git does it, by one of those whom `find-principals` names.
    fn accepts(&self, case: &Case<'_>) -> bool {
        let allowed = self.write("oracle-allowed", case.allowed.as_bytes());
        let armor = self.write("oracle.sig", case.armor);
        let time = verify_time(case.time);
        let found = self.principals(case);
        let principals = case.email.map_or(found, |email| vec![email.to_owned()]);
        let revoked = case.revoked.map(|revoked| self.write("oracle-revoked", revoked));
        principals.iter().any(|principal| {
            let mut args = vec!["-q", "-Y", "verify", "-f", &allowed, "-s", &armor, &time];
            args.extend(["-n", case.namespace, "-I", principal]);
            args.extend(revoked.iter().flat_map(|revoked| ["-r", revoked]));
            self.output(&args, case.content).status.success()
        })
    }
}

/// The option that tells ssh-keygen when it is: `2026-01-01T00:00:00Z` as `20260101000000Z`.
fn verify_time(time: &str) -> String {
    format!("-Overify-time={}", time.replace(['-', 'T', ':'], ""))
}
