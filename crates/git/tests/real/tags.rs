#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::world::{ANN, World, policy, ssh_trust};
use beleg_git::{GitError, HashAlgorithm, TagResult, TagsResult, tag_findings, verify_tags};
use beleg_model::{Outcome, Verdict};
use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::{Check, Format, Policy, Reason, Rules};
use std::fs;

impl World {
    /// Makes a tag signed with an SSH key and returns the tag object's id.
    fn tag_ssh(&self, key: &str, name: &str, target: &str) -> String {
        let key = format!("user.signingkey={key}");
        let ssh = ["-c", "gpg.format=ssh", "-c", &key];
        self.git(&[&ssh[..], &["tag", "-s", "-m", "release", name, target]].concat());
        self.git(&["rev-parse", name])
    }

    fn tags(&self, patterns: &[&str], trust: &TrustMaterial, policy: &Policy) -> TagsResult {
        verify_tags(&self.repo(), patterns, trust, policy, &|| false, &|_, _| {}).unwrap()
    }

    fn tag(&self, name: &str, allowed: &str) -> TagResult {
        self.tags(&[name], &ssh_trust(allowed), &policy()).tags.into_iter().next().unwrap()
    }

    /// Whether `git verify-tag` accepts a tag.
    fn git_accepts(&self, name: &str, allowed: &str) -> bool {
        let file = self.path("allowed_signers");
        fs::write(&file, allowed).unwrap();
        let file = format!("gpg.ssh.allowedSignersFile={}", file.display());
        self.output("git", &["-c", &file, "verify-tag", name], b"").status.success()
    }

    /// Writes a tag object as it is and puts it under `name`.
    fn write_tag(&self, name: &str, content: &[u8]) -> String {
        let args = ["hash-object", "-t", "tag", "-w", "--literally", "--stdin"];
        let oid = String::from_utf8(self.run("git", &args, content)).unwrap().trim().to_owned();
        self.git(&["update-ref", &format!("refs/tags/{name}"), &oid]);
        oid
    }
}

fn world() -> (World, String, String) {
    keyed(World::new())
}

fn keyed(world: World) -> (World, String, String) {
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let allowed = format!("{ANN} {}\n", world.public(&key));
    world.commit_ssh(&key, "1");
    (world, key, allowed)
}

fn verdict(result: &TagsResult) -> (Verdict, String) {
    let (population, findings) = tag_findings(result);
    let outcome = Outcome::judge(population, findings);
    (outcome.verdict, outcome.reason)
}

#[test]
fn a_signed_tag_is_trusted_in_repositories_of_either_hash() {
    for format in ["sha1", "sha256"] {
        let (world, key, allowed) = keyed(World::with_format(format));
        let oid = world.tag_ssh(&key, "v1", "HEAD");
        assert!(world.git_accepts("v1", &allowed));
        let result = world.tags(&["v*"], &ssh_trust(&allowed), &policy());
        let tag = &result.tags[0];
        assert_eq!(tag.judgement.reason, Reason::Trusted, "{tag:?}");
        assert_eq!((&tag.name, &tag.oid), (&"v1".to_owned(), &oid));
        assert_eq!(tag.signature, Some(Format::Ssh));
        let peeled = tag.peeled.as_ref().unwrap();
        assert_eq!(peeled.oid, world.git(&["rev-parse", "HEAD"]));
        assert_eq!(peeled.kind, "commit");
        assert_eq!(tag.judgement.signer_matches_committer, Some(true));
        assert_eq!(tag.hash_algorithm == HashAlgorithm::Sha256, format == "sha256");
        assert_eq!(verdict(&result).0, Verdict::Pass);
        let json = serde_json::to_value(&result).unwrap();
        assert_eq!(serde_json::from_value::<TagsResult>(json).unwrap(), result);
    }
}

#[test]
fn an_openpgp_tag_is_trusted() {
    let (world, _, _) = world();
    let gpg = ["--batch", "--pinentry-mode", "loopback", "--passphrase", ""];
    let user = "Ann <ann@example.org>";
    let generate = ["--quick-generate-key", user, "ed25519", "sign", "0"];
    let then = ["--faked-system-time=20230101T000000!"];
    world.run("gpg", &[&gpg[..], &then, &generate].concat(), b"");
    world.git(&["-c", "user.signingkey=ann@example.org", "tag", "-s", "-m", "x", "v1"]);
    let keyring = world.run("gpg", &["--batch", "--export"], b"");
    let files = TrustFiles { keyring: Some(&keyring), ..TrustFiles::default() };
    let trust = TrustMaterial::parse(&files).unwrap();
    // The signature is of today.
    let policy = Policy::at("2100-01-01T00:00:00Z".parse().unwrap());
    let result = world.tags(&["v1"], &trust, &policy);
    assert_eq!(result.tags[0].judgement.reason, Reason::Trusted, "{result:?}");
    assert!(world.git_accepts("v1", ""));
}

#[test]
fn lightweight_and_unsigned_tags_are_named_so() {
    let (world, _, allowed) = world();
    world.git(&["tag", "light"]);
    world.git(&["tag", "-a", "-m", "x", "plain"]);
    let light = world.tag("light", &allowed);
    assert_eq!(light.judgement.reason, Reason::LightweightTag);
    assert_eq!(light.peeled.unwrap().oid, world.git(&["rev-parse", "HEAD"]));
    assert_eq!(world.tag("plain", &allowed).judgement.reason, Reason::Unsigned);
    assert!(!world.git_accepts("plain", &allowed));
}

/// `git verify-tag` does not look at the name.
#[test]
fn an_old_tag_under_a_new_name_is_a_mismatch_though_git_takes_it() {
    let (world, key, allowed) = world();
    let oid = world.tag_ssh(&key, "v1", "HEAD");
    world.git(&["update-ref", "refs/tags/v2", &oid]);
    assert!(world.git_accepts("v2", &allowed));
    let tag = world.tag("v2", &allowed);
    assert_eq!(
        (tag.judgement.reason, tag.judgement.crypto, tag.judgement.trust),
        (Reason::TagNameMismatch, Check::Good, Check::Bad)
    );
    assert_eq!(world.tag("v1", &allowed).judgement.reason, Reason::Trusted);
}

#[test]
fn forged_tags_are_refused_by_name() {
    let (world, key, allowed) = world();
    let eve = world.ssh_key("eve", &["-t", "ed25519"]);
    let good = world.tag_ssh(&key, "v1", "HEAD");
    let raw = String::from_utf8(world.run("git", &["cat-file", "tag", &good], b"")).unwrap();
    world.write_tag("changed", raw.replace("release", "hostile").as_bytes());
    assert!(!world.git_accepts("changed", &allowed));
    assert_eq!(world.tag("changed", &allowed).judgement.reason, Reason::BadSignature);
    world.tag_ssh(&eve, "eve", "HEAD");
    assert!(!world.git_accepts("eve", &allowed));
    assert_eq!(world.tag("eve", &allowed).judgement.reason, Reason::UnknownKey);
    // A second signature block: git and beleg check the last, over everything before it.
    let at = raw.find("-----BEGIN").unwrap();
    world.write_tag("doubled", format!("{raw}{}", &raw[at..]).as_bytes());
    assert!(!world.git_accepts("doubled", &allowed));
    assert_eq!(world.tag("doubled", &allowed).judgement.reason, Reason::BadSignature);
    world.write_tag("trailing", format!("{raw}more\n").as_bytes());
    assert_eq!(world.tag("trailing", &allowed).judgement.reason, Reason::MalformedSignature);
    // A header that git strips before it verifies: another id under the same signature.
    let stripped = raw.replacen("\n\n", "\ngpgsig-sha256 x\n\n", 1);
    world.write_tag("v1", stripped.as_bytes());
    assert!(world.git_accepts("v1", &allowed));
    assert_eq!(world.tag("v1", &allowed).judgement.reason, Reason::Trusted);
    world.write_tag("v1", stripped.replace("gpgsig-sha256", "gpgsig").as_bytes());
    let ambiguous = world.tag("v1", &allowed).judgement.reason;
    assert_eq!(ambiguous, Reason::DuplicateSignatureHeader);
    let untagged = raw.lines().filter(|line| !line.starts_with("tagger")).collect::<Vec<_>>();
    world.write_tag("untagged", untagged.join("\n").as_bytes());
    assert_eq!(world.tag("untagged", &allowed).judgement.reason, Reason::MalformedTag);
}

#[test]
fn nested_tags_are_followed_and_a_forged_one_within_fails() {
    let (world, key, allowed) = world();
    let inner = world.tag_ssh(&key, "inner", "HEAD");
    world.tag_ssh(&key, "outer", "inner");
    let tag = world.tag("outer", &allowed);
    assert_eq!(tag.judgement.reason, Reason::Trusted);
    assert_eq!(tag.nested[0].oid, inner);
    assert_eq!(tag.nested[0].name.as_deref(), Some("inner"));
    assert_eq!(tag.nested[0].judgement.reason, Reason::Trusted);
    assert_eq!(tag.peeled.unwrap().oid, world.git(&["rev-parse", "HEAD"]));
    let raw = String::from_utf8(world.run("git", &["cat-file", "tag", &inner], b"")).unwrap();
    world.write_tag("forged", raw.replace("release", "hostile").as_bytes());
    world.tag_ssh(&key, "around", "forged");
    let tag = world.tag("around", &allowed);
    assert_eq!((tag.judgement.reason, tag.judgement.crypto), (Reason::BadSignature, Check::Good));
}

#[test]
fn what_a_tag_names_must_be_there_as_its_id_says() {
    let (world, key, allowed) = world();
    world.tag_ssh(&key, "v1", "HEAD");
    let named = world.git(&["rev-parse", "HEAD"]);
    let other = world.commit_ssh(&key, "other");
    let file = |oid: &str| world.repo().join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    fs::remove_file(file(&named)).unwrap();
    let tag = world.tag("v1", &allowed);
    assert_eq!((tag.judgement.reason, tag.peeled), (Reason::UnreadableObject, None));
    fs::copy(file(&other), file(&named)).unwrap();
    assert!(world.git_accepts("v1", &allowed));
    assert_eq!(world.tag("v1", &allowed).judgement.reason, Reason::ObjectHashMismatch);
}

#[test]
fn a_name_or_pattern_without_a_tag_is_unknown_not_pass() {
    let (world, key, allowed) = world();
    world.tag_ssh(&key, "v1", "HEAD");
    let result = world.tags(&["v1", "v2", "w*"], &ssh_trust(&allowed), &policy());
    assert_eq!(result.unmatched, ["v2", "w*"]);
    assert_eq!(verdict(&result), (Verdict::Unknown, "tag-not-found".to_owned()));
    let none = world.tags(&[], &ssh_trust(&allowed), &policy());
    assert_eq!(verdict(&none).0, Verdict::Unknown);
    let error = verify_tags(
        &world.repo(),
        &["a**"],
        &ssh_trust(&allowed),
        &policy(),
        &|| false,
        &|_, _| {},
    );
    assert!(matches!(error, Err(GitError::Pattern { .. })));
}

/// libgit2 and git pass over such files; git warns at least.
#[test]
fn a_ref_that_cannot_be_read_is_unknown_not_left_out() {
    let (world, key, allowed) = world();
    world.tag_ssh(&key, "v1", "HEAD");
    let refs = world.repo().join(".git/refs/tags");
    fs::create_dir_all(refs.join("a/b")).unwrap();
    fs::write(refs.join("v9.lock"), "").unwrap();
    let found = |name: &str| {
        let result = world.tags(&["**"], &ssh_trust(&allowed), &policy());
        let reasons: Vec<(String, Reason)> =
            result.tags.iter().map(|tag| (tag.name.clone(), tag.judgement.reason)).collect();
        let mut wanted = vec![("v1".to_owned(), Reason::Trusted)];
        wanted.push((name.to_owned(), Reason::UnreadableObject));
        wanted.sort();
        assert_eq!(reasons, wanted);
        assert_eq!(verdict(&result), (Verdict::Unknown, "unreadable-object".to_owned()));
        let (population, _) = tag_findings(&result);
        assert_eq!((population.expected, population.examined), (2, 1));
        fs::remove_file(refs.join(name)).unwrap();
    };
    for content in ["", "garbage", "ref: refs/heads/none"] {
        for name in ["v2", "a/b/v2"] {
            fs::write(refs.join(name), content).unwrap();
            found(name);
        }
    }
    world.run("mkfifo", &[&refs.join("v2").display().to_string()], b"");
    found("v2");
}

#[test]
fn rules_say_who_may_sign_which_tags() {
    let (world, key, allowed) = world();
    world.tag_ssh(&key, "v1", "HEAD");
    world.tag_ssh(&key, "nightly/1", "HEAD");
    let text = "schema = 1\ndefault = \"refuse\"\n[[rule]]\nname = \"releases\"\ntags = [\"v*\"]\n";
    let rules = Rules::parse("policy.toml", text.as_bytes()).unwrap();
    let result = world.tags(&["**"], &ssh_trust(&allowed), &policy().with_rules(rules));
    let reasons: Vec<_> = result.tags.iter().map(|tag| tag.judgement.reason).collect();
    assert_eq!(reasons, [Reason::NoRule, Reason::Trusted]);
    assert_eq!(result.tags[1].judgement.rule.as_deref(), Some("releases"));
    let text = format!("{text}signers = [\"bob@example.org\"]\n");
    let rules = Rules::parse("policy.toml", text.as_bytes()).unwrap();
    let result = world.tags(&["v1"], &ssh_trust(&allowed), &policy().with_rules(rules));
    assert_eq!(result.tags[0].judgement.reason, Reason::PrincipalNotAllowed);
}
