#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::world::{ANN, World, policy, reasons, ssh_trust, verify_at};
use beleg_trust::{Reason, Rules};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::fs;
use std::num::NonZeroUsize;
use std::time::Instant;

const COMMITS: usize = 13_000;
/// One commit in so many is signed, as in the histories that were measured.
const SIGNED_ONE_IN: usize = 6;
/// How many commits git's own check is measured on.
const SAMPLE: &str = "300";

/// A figure for people, measured with `cargo test --release -p beleg-git --test real speed --
/// --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn thirteen_thousand_commits_of_which_two_thousand_are_signed() {
    let world = World::new();
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[3; 32]));
    let expected = history(&world, &key);
    let public = key.public_key().to_openssh().unwrap();
    let allowed = format!("{ANN} {public}\n");
    let trust = ssh_trust(&allowed);
    let rules = "schema = 1\ndefault = \"refuse\"\n[[rule]]\nname = \"code\"\n\
                 paths = [\"src/**\"]\n[[rule]]\nname = \"rest\"\nthreshold = 1\n";
    for workers in [1, 2] {
        let mut policy = policy();
        policy.limits.workers = NonZeroUsize::new(workers).unwrap();
        let ruled =
            policy.clone().with_rules(Rules::parse("policy.toml", rules.as_bytes()).unwrap());
        for (name, policy) in [("plain", policy), ("rules", ruled)] {
            let start = Instant::now();
            let result = verify_at(&world.repo(), "main", &trust, &policy);
            let seconds = start.elapsed().as_secs_f64();
            assert_eq!(reasons(&result), expected);
            let rate = f64::from(u32::try_from(COMMITS).unwrap()) / seconds;
            eprintln!(
                "{workers} threads, {name}: {COMMITS} commits in {seconds:.2} s, {rate:.0}/s"
            );
        }
    }
    let file = world.path("allowed_signers");
    fs::write(&file, allowed).unwrap();
    let file = format!("gpg.ssh.allowedSignersFile={}", file.display());
    let start = Instant::now();
    world.git(&["-c", &file, "log", "--show-signature", "--oneline", "-n", SAMPLE]);
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("git log --show-signature: {SAMPLE} commits in {seconds:.2} s");
    let memory = fs::read_to_string("/proc/self/status").unwrap();
    eprintln!("{}", memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

/// Writes a chain of commits with one run of `git hash-object` and packs it. Returns the expected
/// reasons, the newest commit first.
fn history(world: &World, key: &PrivateKey) -> Vec<Reason> {
    let tree = world.git(&["write-tree"]);
    let mut parent = String::new();
    let mut names = String::new();
    let mut expected = Vec::new();
    let folder = world.path("commits");
    fs::create_dir(&folder).unwrap();
    for number in 0..COMMITS {
        let line = format!("Ann <{ANN}> {} +0000", 1_700_000_000usize.saturating_add(number));
        let head = format!("tree {tree}\n{parent}author {line}\ncommitter {line}\n");
        let message = format!("\ncommit {number}\n\n{}\n", "Why it was made. ".repeat(20));
        let mut content = format!("{head}{message}");
        if number.is_multiple_of(SIGNED_ONE_IN) {
            let signature = key.sign("git", HashAlg::Sha512, content.as_bytes()).unwrap();
            let armor = signature.to_pem(LineEnding::LF).unwrap();
            let folded = armor.trim_end().replace('\n', "\n ");
            content = format!("{head}gpgsig {folded}\n{message}");
            expected.push(Reason::Trusted);
        } else {
            expected.push(Reason::Unsigned);
        }
        let object = format!("commit {}\0{content}", content.len());
        parent = format!("parent {}\n", hex::encode(sha1_checked::Sha1::try_digest(object).hash()));
        let file = folder.join(number.to_string());
        fs::write(&file, content).unwrap();
        names.push_str(&format!("{}\n", file.display()));
    }
    let args = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin-paths"];
    world.run("git", &args, names.as_bytes());
    let head = parent.trim().trim_start_matches("parent ");
    world.git(&["update-ref", "refs/heads/main", head]);
    world.git(&["repack", "-q", "-a", "-d"]);
    expected.reverse();
    expected
}
