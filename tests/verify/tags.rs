//! `beleg verify tags`: signed, unsigned, lightweight, renamed.

use super::commits::Repository;
use super::world::{Judged, Sigstore};
use crate::company::text;

/// A repository with a commit and the signed tag `v1`.
fn tagged() -> Repository {
    let repository = Repository::new();
    repository.allow("ann");
    repository.commit("ann", "a", "");
    repository.git("ann", "tag -s -m release v1");
    repository
}

#[track_caller]
fn judged(repository: &Repository, words: &str, code: i32) -> Judged {
    let all = format!("tags --repo source --allowed-signers allowed_signers {words}");
    repository.workshop.judged(&all, code)
}

#[test]
fn a_signed_tag_passes_and_names_its_commit() {
    let repository = tagged();
    for words in ["", "v1", "v*"] {
        let judged = judged(&repository, words, 0);
        let tag = judged.entry("tags", "name", "v1");
        assert_eq!((&tag["signature"], &tag["reason"]), (&"ssh".into(), &"trusted".into()));
        assert_eq!((&tag["crypto"], &tag["trust"]), (&"good".into(), &"good".into()));
        assert_eq!(tag["signer"]["identity"], "ann@example.org");
        assert_eq!(tag["tagger"]["email"], "ann@example.org");
        assert_eq!(tag["peeled"]["oid"], repository.head());
        assert_eq!(tag["peeled"]["kind"], "commit");
        assert_eq!(judged.0["population"]["expected"], 1);
    }
    let words = "tags --repo source --allowed-signers allowed_signers";
    let shown = repository.workshop.verify(words).run().expect(0).stdout;
    for part in ["PASS  v1", "commit ", &repository.head(), "ann@example.org", "PASS: "] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
}

#[test]
fn unsigned_and_lightweight_tags_fail() {
    let repository = tagged();
    repository.git("ann", "tag -a -m release v2");
    repository.git("ann", "tag v3");
    let all = judged(&repository, "", 1);
    let mut rules = all.rules();
    rules.sort();
    assert_eq!(rules, ["lightweight-tag", "unsigned"]);
    assert!(text(&all.finding("lightweight-tag")["remedy"]).contains("git tag -s"));
    assert_eq!(all.0["population"]["expected"], 3);
    // Only what was asked for counts.
    judged(&repository, "v1", 0);
    assert_eq!(judged(&repository, "v1 v2", 1).rules(), ["unsigned"]);
}

#[test]
fn a_tag_under_another_name_fails() {
    let repository = tagged();
    let tag = repository.git("ann", "rev-parse v1");
    repository.git("ann", &format!("update-ref refs/tags/v2 {tag}"));
    let judged = judged(&repository, "v2", 1);
    assert_eq!(judged.rules(), ["tag-name-mismatch"]);
    assert_eq!(judged.finding("tag-name-mismatch")["severity"], "critical");
    // The oracle sees nothing.
    let file = repository.workshop.path("allowed_signers");
    let config = format!("-c gpg.ssh.allowedSignersFile={}", file.display());
    repository.git("ann", &format!("{config} verify-tag v2"));
}

#[test]
fn a_changed_tag_and_one_of_a_stranger_fail() {
    let repository = tagged();
    let raw = repository.workshop.tool("git", "-C source cat-file tag v1");
    let changed = String::from_utf8(raw).unwrap().replace("\n\nrelease", "\n\nanother");
    let words = ["-C", "source", "hash-object", "-t", "tag", "-w", "--stdin"];
    let oid = repository.workshop.tool_with("git", &words, changed.as_bytes());
    let oid = String::from_utf8(oid).unwrap();
    repository.git("ann", &format!("update-ref refs/tags/v1 {oid}"));
    let forged = judged(&repository, "", 1);
    assert_eq!(forged.rules(), ["bad-signature"]);
    assert_eq!(forged.0["tags"][0]["crypto"], "bad");
    let message = text(&forged.finding("bad-signature")["message"]);
    assert!(message.contains("it names the key of ann@example.org"), "{message}");

    let repository = tagged();
    repository.key("mallory");
    repository.git("mallory", "tag -s -m release v2");
    assert_eq!(judged(&repository, "", 1).rules(), ["unknown-key"]);
    let nobody = repository.workshop.judged("tags --repo source v1", 3);
    assert_eq!(nobody.reason(), "no-trust-material");
}

#[test]
fn rules_hold_for_tags() {
    let repository = tagged();
    repository.allow("bob");
    let policy = "schema = 1\ndefault = \"refuse\"\n\
                  [[rule]]\nname = \"releases\"\ntags = [\"v*\"]\nsigners = [\"ann@*\"]\n";
    repository.workshop.write("policy.toml", policy);
    let passed = judged(&repository, "--policy policy.toml", 0);
    assert_eq!(passed.0["tags"][0]["rule"], "releases");
    repository.git("bob", "tag -s -m release v2");
    let refused = judged(&repository, "--policy policy.toml", 1);
    assert_eq!(refused.rules(), ["principal-not-allowed"]);
    repository.git("ann", "tag -s -m nightly nightly");
    assert_eq!(judged(&repository, "--policy policy.toml nightly", 1).rules(), ["no-rule"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_no_pass() {
    let repository = tagged();
    let nothing = judged(&repository, "v9", 3);
    assert!(nothing.0["findings"].to_string().contains("v9"), "{:#}", nothing.0["findings"]);
    let one = judged(&repository, "v1 v9", 3);
    let population = &one.0["population"];
    assert_eq!((&population["expected"], &population["examined"]), (&2.into(), &1.into()));
    assert_eq!(population["left_out"][0]["count"], 1);
    let empty = Repository::new();
    judged(&empty, "", 3);
    let absent = repository.workshop.judged("tags --repo absent", 3);
    assert_eq!(absent.reason(), "repository-unreadable");
    assert_eq!(absent.0["population"]["expected"], 1);
}

#[test]
fn a_gitsign_tag_passes_with_its_log_entry() {
    let repository = Repository::new();
    let workshop = &repository.workshop;
    repository.git("ann", "commit -q --allow-empty --no-gpg-sign -m first");
    let payload = format!(
        "object {}\ntype commit\ntag v1\ntagger Alice <alice@world.test> 1700000000 +0000\n\n\
         release\n",
        repository.head()
    );
    let (unsigned, armor) = (workshop.write("payload", &payload), workshop.path("signature"));
    let files = ["--payload", unsigned.to_str().unwrap(), "--out", armor.to_str().unwrap()];
    Sigstore::shared().run("cms", &[&files[..], &["--embed-log"]].concat());
    let signed = format!("{payload}{}", String::from_utf8(workshop.read("signature")).unwrap());
    let words = ["-C", "source", "hash-object", "-t", "tag", "-w", "--stdin"];
    let oid = String::from_utf8(workshop.tool_with("git", &words, signed.as_bytes())).unwrap();
    repository.git("ann", &format!("update-ref refs/tags/v1 {oid}"));
    let alice = Sigstore::shared().trusting_alice();
    let judged = workshop.judged(&format!("tags --repo source {alice}"), 0);
    assert_eq!(judged.0["tags"][0]["signature"], "x509");
}
