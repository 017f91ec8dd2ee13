#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::world::{ANN, World, policy, reasons, ssh_trust, verify_at};
use beleg_trust::Reason;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::fs;
use std::num::NonZeroUsize;
use std::time::Instant;

const COMMITS: usize = 10_000;

/// A figure for people, measured with `cargo test --release -p beleg-trust --test real speed --
/// --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn ten_thousand_ssh_commits() {
    let world = World::new();
    let key = PrivateKey::from(Ed25519Keypair::from_seed(&[3; 32]));
    history(&world, &key);
    let public = key.public_key().to_openssh().unwrap();
    let trust = ssh_trust(&format!("{ANN} {public}\n"));
    for workers in [1, 2] {
        let mut policy = policy();
        policy.limits.workers = NonZeroUsize::new(workers).unwrap();
        let start = Instant::now();
        let result = verify_at(&world.repo(), "main", &trust, &policy);
        let seconds = start.elapsed().as_secs_f64();
        assert_eq!(reasons(&result), vec![Reason::Trusted; COMMITS]);
        let rate = f64::from(u32::try_from(COMMITS).unwrap()) / seconds;
        eprintln!("{workers} threads: {COMMITS} commits in {seconds:.2} s, {rate:.0}/s");
    }
}

/// Writes a chain of signed commits with one run of `git hash-object` and packs it.
fn history(world: &World, key: &PrivateKey) {
    let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let mut parent = String::new();
    let mut names = String::new();
    let folder = world.path("commits");
    fs::create_dir(&folder).unwrap();
    for number in 0..COMMITS {
        let line = format!("Ann <{ANN}> {} +0000", 1_700_000_000usize.saturating_add(number));
        let head = format!("tree {tree}\n{parent}author {line}\ncommitter {line}\n");
        let message = format!("\ncommit {number}\n");
        let signature = key.sign("git", HashAlg::Sha512, format!("{head}{message}").as_bytes());
        let armor = signature.unwrap().to_pem(LineEnding::LF).unwrap();
        let folded = armor.trim_end().replace('\n', "\n ");
        let content = format!("{head}gpgsig {folded}\n{message}");
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
}
