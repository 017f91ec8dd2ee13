#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::world::{ANN, World, policy, reasons, ssh_trust, verify_at};
use beleg_git::{GitError, RangeResult, findings, verify_range};
use beleg_model::{Outcome, Verdict};
use beleg_signature::TrustMaterial;
use beleg_trust::{Check, Reason, ResultCache, Rules};
use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex};

const BOB: &str = "bob@example.org";
const FORGE: &str = "noreply@forge.example";

/// A repository with the keys of Ann, Bob and a forge.
struct Team {
    world: World,
    trust: TrustMaterial,
    forge: String,
}

impl Team {
    fn new() -> Self {
        let world = World::new();
        let mut allowed = String::new();
        for (name, email) in [("ann", ANN), ("bob", BOB), ("forge", FORGE)] {
            let key = world.ssh_key(name, &["-t", "ed25519"]);
            allowed.push_str(&format!("{email} {}\n", world.public(&key)));
        }
        let public = world.path("forge.pub").display().to_string();
        let line = world.run("ssh-keygen", &["-l", "-f", &public], b"");
        let line = String::from_utf8(line).unwrap();
        let forge = line.split(' ').nth(1).unwrap().to_owned();
        Self { trust: ssh_trust(&allowed), world, forge }
    }

    /// Runs git with a signing key; the committer and the author are given by their addresses.
    fn git(&self, key: &str, author: &str, args: &[&str]) -> String {
        let committer = match key {
            "ann" => ANN,
            "bob" => BOB,
            _ => FORGE,
        };
        let key = format!("user.signingkey={}", self.world.path(key).display());
        let committer = format!("GIT_COMMITTER_EMAIL={committer}");
        let author = format!("GIT_AUTHOR_EMAIL={author}");
        let start = [&committer, &author, "git", "-c", "gpg.format=ssh", "-c", &key];
        let start = start.map(ToString::to_string);
        let all: Vec<&str> = start.iter().map(String::as_str).chain(args.iter().copied()).collect();
        String::from_utf8(self.world.run("env", &all, b"")).unwrap().trim().to_owned()
    }

    /// Writes a file and commits it; returns the commit's id.
    fn change(&self, key: &str, author: &str, path: &str, message: &str) -> String {
        let file = self.world.repo().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("{message}\n")).unwrap();
        self.world.git(&["add", "-A"]);
        self.git(key, author, &["commit", "-q", "-S", "-m", message]);
        self.world.git(&["rev-parse", "HEAD"])
    }

    /// Ann changes a file on a branch of her own and `key` merges it into `main`.
    fn merged(&self, path: &str, key: &str) -> (String, String) {
        self.world.git(&["checkout", "-q", "-b", &format!("side-{path}")]);
        let change = self.change("ann", ANN, path, path);
        self.world.git(&["checkout", "-q", "main"]);
        (change, self.merge(&format!("side-{path}"), key))
    }

    fn merge(&self, branch: &str, key: &str) -> String {
        let author = if key == "ann" { ANN } else { BOB };
        self.git(key, author, &["merge", "-q", "-S", "--no-ff", "-m", "merge", branch]);
        self.world.git(&["rev-parse", "HEAD"])
    }

    fn verify(&self, range: &str, rules: &str) -> RangeResult {
        let rules = Rules::parse("policy.toml", format!("schema = 1\n{rules}").as_bytes()).unwrap();
        verify_at(&self.world.repo(), range, &self.trust, &policy().with_rules(rules))
    }

    /// Verifies and returns each commit's reason by its id.
    fn reason(&self, rules: &str, oid: &str) -> Reason {
        let result = self.verify("main", rules);
        result.commits.iter().find(|commit| commit.oid == oid).unwrap().judgement.reason
    }
}

fn rule(rest: &str) -> String {
    format!("default = \"refuse\"\n[[rule]]\nname = \"all\"\n{rest}\n")
}

#[test]
fn the_first_rule_for_each_changed_path_decides_and_all_of_them_must_be_satisfied() {
    let team = Team::new();
    let docs = team.change("bob", BOB, "docs/a.md", "docs");
    let source = team.change("bob", BOB, "src/a.rs", "source");
    fs::write(team.world.repo().join("docs/a.md"), "again").unwrap();
    let both = team.change("bob", BOB, "src/b.rs", "both");
    let allowed = team.change("ann", ANN, "src/c.rs", "ann");
    let rules = format!(
        "default = \"refuse\"\n[[rule]]\nname = \"docs\"\npaths = [\"docs/**\"]\n\
         [[rule]]\nname = \"code\"\nsigners = [\"{ANN}\"]\n"
    );
    let result = team.verify("main", &rules);
    let found: HashMap<&str, (Reason, &str)> = result
        .commits
        .iter()
        .map(|commit| {
            let judgement = &commit.judgement;
            (commit.oid.as_str(), (judgement.reason, judgement.rule.as_deref().unwrap()))
        })
        .collect();
    assert_eq!(found[docs.as_str()], (Reason::Trusted, "docs"));
    assert_eq!(found[source.as_str()], (Reason::PrincipalNotAllowed, "code"));
    assert_eq!(found[both.as_str()], (Reason::PrincipalNotAllowed, "code"));
    assert_eq!(found[allowed.as_str()], (Reason::Trusted, "code"));
    assert_eq!(result.branch.as_deref(), Some("main"));
}

/// A file that was deleted or became a folder was changed too.
#[test]
fn deletions_links_and_mode_changes_are_changes() {
    let team = Team::new();
    team.change("ann", ANN, "src/a.rs", "1");
    let rules = format!(
        "default = \"refuse\"\n[[rule]]\nname = \"code\"\npaths = [\"src/**\"]\n\
         signers = [\"{ANN}\"]\n[[rule]]\nname = \"rest\"\n"
    );
    let change = |work: &dyn Fn(&std::path::Path)| {
        work(&team.world.repo());
        team.change("bob", BOB, "other", &format!("{:?}", std::time::Instant::now()))
    };
    let mode = change(&|repo| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(repo.join("src/a.rs"), fs::Permissions::from_mode(0o755)).unwrap();
    });
    let deleted = change(&|repo| fs::remove_dir_all(repo.join("src")).unwrap());
    let link = change(&|repo| std::os::unix::fs::symlink("other", repo.join("src")).unwrap());
    let harmless = change(&|_| {});
    for (oid, reason) in [
        (mode, Reason::PrincipalNotAllowed),
        (deleted, Reason::PrincipalNotAllowed),
        (link, Reason::PrincipalNotAllowed),
        (harmless, Reason::Trusted),
    ] {
        assert_eq!(team.reason(&rules, &oid), reason);
    }
}

#[test]
fn a_tree_swapped_to_hide_a_change_is_unknown_not_pass() {
    let team = Team::new();
    team.change("ann", ANN, "src/a.rs", "1");
    let old = team.world.git(&["rev-parse", "HEAD^{tree}"]);
    let head = team.change("bob", BOB, "src/b.rs", "2");
    let new = team.world.git(&["rev-parse", "HEAD^{tree}"]);
    let file = |oid: &str| team.world.repo().join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    fs::remove_file(file(&new)).unwrap();
    fs::copy(file(&old), file(&new)).unwrap();
    let rules = format!(
        "default = \"signed\"\n[[rule]]\nname = \"code\"\npaths = [\"src/**\"]\n\
         signers = [\"{ANN}\"]\n"
    );
    assert_eq!(team.reason(&rules, &head), Reason::UnreadableObject);
}

#[test]
fn rules_for_branches_need_a_branch() {
    let team = Team::new();
    let head = team.change("bob", BOB, "a", "1");
    let text = format!(
        "default = \"signed\"\n[[rule]]\nname = \"main\"\nbranches = [\"main\"]\n\
         signers = [\"{ANN}\"]\n"
    );
    assert_eq!(reasons(&team.verify("main", &text)), [Reason::PrincipalNotAllowed]);
    assert_eq!(reasons(&team.verify("HEAD", &text)), [Reason::PrincipalNotAllowed]);
    team.world.git(&["branch", "feature"]);
    assert_eq!(reasons(&team.verify("feature", &text)), [Reason::Trusted]);
    let rules = Rules::parse("policy.toml", format!("schema = 1\n{text}").as_bytes()).unwrap();
    let mut policy = policy().with_rules(rules);
    let run = |policy: &_| {
        verify_range(&team.world.repo(), &head, &team.trust, policy, &|| false, &|_, _| {})
    };
    assert!(matches!(run(&policy), Err(GitError::Branch { .. })));
    policy.branch = Some("main".to_owned());
    assert_eq!(reasons(&run(&policy).unwrap()), [Reason::PrincipalNotAllowed]);
}

#[test]
fn the_default_refuses_or_demands_a_signature() {
    let team = Team::new();
    team.change("ann", ANN, "a", "1");
    team.world.commit_unsigned("2");
    assert_eq!(
        reasons(&team.verify("main", "default = \"refuse\"\n")),
        [Reason::Unsigned, Reason::NoRule]
    );
    assert_eq!(
        reasons(&team.verify("main", "default = \"signed\"\n")),
        [Reason::Unsigned, Reason::Trusted]
    );
}

#[test]
fn the_signer_is_matched_with_whom_the_rule_says() {
    let team = Team::new();
    let own = team.change("ann", ANN, "a", "1");
    let for_ann = team.change("bob", ANN, "a", "2");
    for (who, expected) in [
        ("committer", [Reason::Trusted, Reason::Trusted]),
        ("author", [Reason::Trusted, Reason::SignerNotAuthor]),
        ("either", [Reason::Trusted, Reason::Trusted]),
        ("none", [Reason::Trusted, Reason::Trusted]),
    ] {
        let rules = rule(&format!("match = \"{who}\""));
        let found = [team.reason(&rules, &own), team.reason(&rules, &for_ann)];
        assert_eq!(found, expected, "{who}");
    }
    // Bob signs with Ann as the committer: only as `none`, or as the author's own signature.
    let key = format!("user.signingkey={}", team.world.path("bob").display());
    let as_ann = ["-c", "gpg.format=ssh", "-c", &key, "commit", "-q", "-S", "--allow-empty"];
    team.world.git(&[&as_ann[..], &["-m", "3", "--author", "Bob <bob@example.org>"]].concat());
    let head = team.world.git(&["rev-parse", "HEAD"]);
    for (who, expected) in [
        ("committer", Reason::SignerNotCommitter),
        ("author", Reason::Trusted),
        ("either", Reason::Trusted),
        ("none", Reason::Trusted),
    ] {
        assert_eq!(team.reason(&rule(&format!("match = \"{who}\"")), &head), expected, "{who}");
    }
}

#[test]
fn a_forges_own_key_is_accepted_for_merges_alone_and_never_as_a_person() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    let (change, merge) = team.merged("x", "forge");
    let edit = team.change("forge", ANN, "y", "web edit");
    let head = format!("web-flow = [\"{}\"]\n", team.forge);
    let with = |rest: &str| format!("{head}{}", rule(rest));
    let refuse = with("");
    assert_eq!(team.reason(&refuse, &merge), Reason::WebFlowNotAllowed);
    assert_eq!(team.reason(&refuse, &edit), Reason::WebFlowNotAllowed);
    let allow = with(&format!("web-flow-merges = \"allow\"\nsigners = [\"{ANN}\"]"));
    assert_eq!(team.reason(&allow, &merge), Reason::Trusted);
    assert_eq!(team.reason(&allow, &edit), Reason::WebFlowNotAllowed);
    // Without a person's signature on the merge, nobody approved the change.
    let eyes = with("web-flow-merges = \"allow\"\napproval = [\"merge-signer\"]");
    assert_eq!(team.reason(&eyes, &merge), Reason::Trusted);
    assert_eq!(team.reason(&eyes, &change), Reason::NotApproved);
    let two = with("web-flow-merges = \"allow\"\nthreshold = 2");
    assert_eq!(team.reason(&two, &change), Reason::ThresholdNotMet);
    // Known to nobody as a forge's, the same key counts as anyone's.
    assert_eq!(team.reason(&rule(""), &merge), Reason::Trusted);
    let default = format!("{head}default = \"signed\"\n");
    assert_eq!(team.reason(&default, &merge), Reason::WebFlowNotAllowed);
}

#[test]
fn four_eyes_need_a_merge_signed_by_somebody_else() {
    let team = Team::new();
    let direct = team.change("ann", ANN, "base", "base");
    let (by_bob, merge) = team.merged("x", "bob");
    let (by_herself, own_merge) = team.merged("y", "ann");
    let rules = rule("approval = [\"merge-signer\"]");
    for (oid, reason) in [
        (&direct, Reason::NotApproved),
        (&by_bob, Reason::Trusted),
        (&merge, Reason::Trusted),
        (&by_herself, Reason::NotApproved),
        (&own_merge, Reason::Trusted),
    ] {
        assert_eq!(team.reason(&rules, oid), reason);
    }
    // Bob may not sign here, so that his merge approves nothing.
    let only_ann = rule(&format!("approval = [\"merge-signer\"]\nsigners = [\"{ANN}\"]"));
    assert_eq!(team.reason(&only_ann, &by_bob), Reason::NotApproved);
    let two = rule("threshold = 2");
    assert_eq!(team.reason(&two, &by_bob), Reason::Trusted);
    assert_eq!(team.reason(&two, &by_herself), Reason::ThresholdNotMet);
    assert_eq!(team.reason(&rule("threshold = 3"), &by_bob), Reason::ThresholdNotMet);
}

/// Ann merges `main` into her branch and moves `main` to it: her commits are then on the
/// first-parent line, and no merge by Bob brought them in.
#[test]
fn a_merge_the_wrong_way_round_approves_nothing() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    team.world.git(&["checkout", "-q", "-b", "side"]);
    let change = team.change("ann", ANN, "evil", "evil");
    team.world.git(&["checkout", "-q", "main"]);
    team.merged("x", "bob");
    team.world.git(&["checkout", "-q", "side"]);
    team.merge("main", "ann");
    team.world.git(&["checkout", "-q", "main"]);
    team.world.git(&["merge", "-q", "--ff-only", "side"]);
    let rules = rule("approval = [\"merge-signer\"]");
    assert_eq!(team.reason(&rules, &change), Reason::NotApproved);
}

#[test]
fn a_merge_that_changes_something_itself_needs_approval_itself() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    team.world.git(&["checkout", "-q", "-b", "side"]);
    team.change("ann", ANN, "x", "x");
    team.world.git(&["checkout", "-q", "main"]);
    team.git("bob", BOB, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    let merge = team.change("bob", BOB, "evil", "evil merge");
    assert_eq!(team.world.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
    let rules = rule("approval = [\"merge-signer\"]");
    assert_eq!(team.reason(&rules, &merge), Reason::NotApproved);
}

#[test]
fn signatures_of_others_and_trailers_count_only_where_the_policy_says_so() {
    let team = Team::new();
    let own = team.change("ann", ANN, "a", "1");
    let other = team.change("bob", ANN, "a", "2");
    let trailer = team.change("ann", ANN, "a", "3\n\nReviewed-by: Bob <bob@example.org>");
    let itself = team.change("ann", ANN, "a", "4\n\nReviewed-by: Ann <ANN@example.org>");
    let signature = rule("approval = [\"signature-of-other\"]");
    let claim = rule("approval = [\"trailer\"]");
    let both = rule("approval = [\"trailer\", \"signature-of-other\"]");
    for (oid, by_signature, by_claim, by_both) in [
        (&own, false, false, false),
        (&other, true, false, true),
        (&trailer, false, true, true),
        (&itself, false, false, false),
    ] {
        let reason = |good| if good { Reason::Trusted } else { Reason::NotApproved };
        assert_eq!(team.reason(&signature, oid), reason(by_signature));
        assert_eq!(team.reason(&claim, oid), reason(by_claim));
        assert_eq!(team.reason(&both, oid), reason(by_both));
    }
    let listed = rule("approval = [\"trailer\"]\nsigners = [\"ann@example.org\"]");
    assert_eq!(team.reason(&listed, &trailer), Reason::NotApproved);
}

#[test]
fn a_rule_holds_from_its_start_on_and_what_is_older_is_left_out() {
    let team = Team::new();
    let old = team.world.commit_unsigned("old");
    let start = team.change("ann", ANN, "a", "start");
    let new = team.change("ann", ANN, "a", "new");
    let rules = rule(&format!("from = \"{start}\""));
    let result = team.verify("main", &rules);
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::Trusted, Reason::OutsideRule]);
    let (population, found) = findings(&result);
    assert_eq!((population.expected, population.examined), (2, 2));
    assert_eq!(population.left_out[0].count, 1);
    assert_eq!(Outcome::judge(population, found).verdict, Verdict::Pass);
    // A branch that left the history before the start is not older than it.
    team.world.git(&["checkout", "-q", "-b", "late", &old]);
    let late = team.world.commit_unsigned("late");
    team.world.git(&["checkout", "-q", "main"]);
    team.merge("late", "ann");
    assert_eq!(team.reason(&rules, &late), Reason::Unsigned);
    // A start within a range that does not hold it, and one that nobody knows.
    let result = team.verify(&format!("{old}..{new}"), &rules);
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::Trusted]);
    let result = team.verify(&old, &rules);
    assert_eq!(reasons(&result), [Reason::OutsideRule]);
    let (population, found) = findings(&result);
    assert_eq!(Outcome::judge(population, found).verdict, Verdict::Unknown);
    let result = team.verify(&old, &rule(&format!("from = \"{}\"", "0".repeat(40))));
    assert_eq!(reasons(&result), [Reason::Unsigned]);
    assert_eq!(result.unknown_starts.len(), 1);
}

#[test]
fn what_is_forged_stays_so_before_a_rules_start() {
    let team = Team::new();
    let good = team.change("ann", ANN, "a", "good");
    let raw = String::from_utf8(team.world.raw(&good)).unwrap();
    team.world.write(raw.replace("good", "evil").as_bytes());
    let start = team.change("ann", ANN, "a", "start");
    let result = team.verify("main", &rule(&format!("from = \"{start}\"")));
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::BadSignature]);
}

#[test]
fn merged_tags_are_verified_and_count_as_signatures() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    team.world.git(&["checkout", "-q", "-b", "side"]);
    let change = team.change("ann", ANN, "x", "x");
    team.git("bob", BOB, &["tag", "-s", "-m", "pull me", "pull"]);
    team.world.git(&["checkout", "-q", "main"]);
    let merge = team.merge("pull", "ann");
    let result = team.verify("main", &rule("approval = [\"signature-of-other\"]"));
    let commit = result.commits.iter().find(|commit| commit.oid == merge).unwrap();
    let tag = &commit.merge_tags[0];
    assert_eq!(tag.judgement.reason, Reason::Trusted, "{tag:?}");
    assert_eq!(tag.oid, team.world.git(&["rev-parse", "pull"]));
    assert_eq!(tag.target, Some(team.world.git(&["rev-parse", "side"])));
    let shown = team.world.git(&["cat-file", "commit", &merge]);
    assert!(shown.contains("mergetag object"));
    // It stands for what it names.
    assert_eq!(team.reason(&rule("approval = [\"signature-of-other\"]"), &change), Reason::Trusted);
    assert_eq!(team.reason(&rule("threshold = 2"), &change), Reason::Trusted);
    // Signed again by Ann, with a tag that was made for another commit.
    let raw = String::from_utf8(team.world.raw(&merge)).unwrap();
    let side = team.world.git(&["rev-parse", "side"]);
    let base = team.world.git(&["rev-parse", "main^1"]);
    let moved = raw.replace(&format!("mergetag object {side}"), &format!("mergetag object {base}"));
    let forged = team.world.write(moved.as_bytes());
    let result = team.verify(&forged, &rule("match = \"none\""));
    let commit = result.commits.iter().find(|commit| commit.oid == forged).unwrap();
    assert_eq!(commit.merge_tags[0].judgement.reason, Reason::BadSignature);
    assert_eq!(commit.merge_tags[0].judgement.crypto, Check::Bad);
    let swapped = raw
        .replace(&format!("parent {side}"), "parent 0")
        .replace(&format!("parent {base}\nparent 0"), &format!("parent {side}\nparent {base}"));
    let swapped = team.world.write(swapped.as_bytes());
    let result = team.verify(&swapped, &rule("match = \"none\""));
    let commit = result.commits.iter().find(|commit| commit.oid == swapped).unwrap();
    assert_eq!(commit.merge_tags[0].judgement.reason, Reason::TagNotMerged);
}

#[derive(Debug, Default)]
struct Memory(Mutex<HashMap<[u8; 32], Vec<u8>>>);

impl ResultCache for Memory {
    fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        self.0.lock().unwrap().get(key).cloned()
    }
    fn put(&self, key: &[u8; 32], entry: &[u8]) {
        self.0.lock().unwrap().insert(*key, entry.to_vec());
    }
}

/// What is remembered is the mathematics alone: with other trust or another policy the same
/// entries lead to other results, and forged commits stay forged.
#[test]
fn a_cache_changes_no_result() {
    let team = Team::new();
    let good = team.change("ann", ANN, "a", "good");
    let raw = String::from_utf8(team.world.raw(&good)).unwrap();
    team.world.write(raw.replace("good", "evil").as_bytes());
    team.change("bob", BOB, "b", "2");
    let cache = Arc::new(Memory::default());
    let repo = team.world.repo();
    let plain = verify_at(&repo, "main", &team.trust, &policy());
    let mut cached = policy();
    cached.cache = Some(Arc::clone(&cache) as Arc<dyn ResultCache>);
    for _ in 0..2 {
        assert_eq!(verify_at(&repo, "main", &team.trust, &cached), plain);
    }
    assert_eq!(reasons(&plain), [Reason::Trusted, Reason::BadSignature]);
    assert_eq!(cache.0.lock().unwrap().len(), 1);
    let nobody = ssh_trust("");
    assert_eq!(reasons(&verify_at(&repo, "main", &nobody, &cached))[0], Reason::NoTrustMaterial);
    for entry in cache.0.lock().unwrap().values_mut() {
        entry.truncate(3);
    }
    assert_eq!(verify_at(&repo, "main", &team.trust, &cached), plain);
}

/// Bob signed a tag once. Ann merges what it names, which `main` has long held, and changes in the
/// merge what she likes.
#[test]
fn an_old_tag_in_a_merge_approves_nothing_that_the_merge_changes() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    let old = team.change("bob", BOB, "x", "x");
    team.git("bob", BOB, &["tag", "-s", "-m", "release", "v1"]);
    let tip = team.change("bob", BOB, "y", "y");
    fs::write(team.world.repo().join("evil"), "evil").unwrap();
    team.world.git(&["add", "-A"]);
    let tree = team.world.git(&["write-tree"]);
    let tag = team.world.git(&["cat-file", "tag", "v1"]).replace('\n', "\n ");
    let ann = format!("Ann <{ANN}> 1714564800 +0000");
    let payload = format!(
        "tree {tree}\nparent {tip}\nparent {old}\nauthor {ann}\ncommitter {ann}\n\
         mergetag {tag}\n\nmerge\n"
    );
    let key = team.world.path("ann").display().to_string();
    let sign = ["-Y", "sign", "-q", "-n", "git", "-f", &key];
    let armor = team.world.run("ssh-keygen", &sign, payload.as_bytes());
    let unsigned = team.world.write(payload.as_bytes());
    let merge = team.world.write_signed(&unsigned, &String::from_utf8(armor).unwrap());
    let result = team.verify("main", &rule(""));
    assert_eq!(result.commits[0].oid, merge);
    assert_eq!(result.commits[0].merge_tags[0].judgement.reason, Reason::Trusted);
    let four_eyes = rule("approval = [\"signature-of-other\"]");
    assert_eq!(team.reason(&four_eyes, &merge), Reason::NotApproved);
    assert_eq!(team.reason(&rule("threshold = 2"), &merge), Reason::ThresholdNotMet);
}

/// A flaw, its fix on `main`, and a branch that left in between.
fn fixed(team: &Team) -> [String; 3] {
    team.change("ann", ANN, "src/a", "flaw");
    let base = team.change("ann", ANN, "docs/b", "docs");
    team.world.git(&["checkout", "-q", "-b", "side"]);
    let side = team.change("ann", ANN, "docs/c", "side");
    team.world.git(&["checkout", "-q", "main"]);
    let fix = team.change("ann", ANN, "src/a", "fix");
    [base, side, fix]
}

impl Team {
    /// Bob signs a merge of `parents` with the tree of `like`.
    fn merge_as(&self, like: &str, parents: &[&str]) -> String {
        let tree = format!("{like}^{{tree}}");
        let mut args = vec!["commit-tree", "-S", &tree, "-m", "merge"];
        args.extend(parents.iter().flat_map(|parent| ["-p", parent]));
        let oid = self.git("bob", BOB, &args);
        self.world.git(&["update-ref", "refs/heads/main", &oid]);
        oid
    }
}

#[test]
fn a_merge_that_brings_a_flaw_back_from_another_parent_needs_approval_itself() {
    let team = Team::new();
    let [base, side, fix] = fixed(&team);
    let rules = rule("approval = [\"merge-signer\"]");
    // An ancestor; a branch without the fix; the same the wrong way round; three parents.
    for (like, parents) in [
        (&base, vec![fix.as_str(), &base]),
        (&side, vec![&fix, &side]),
        (&side, vec![&side, &fix]),
        (&side, vec![&fix, &base, &side]),
    ] {
        let merge = team.merge_as(like, &parents);
        assert_eq!(team.reason(&rules, &merge), Reason::NotApproved, "{parents:?}");
    }
    // What git itself makes of them needs none.
    team.world.git(&["reset", "-q", "--hard", &fix]);
    let merge = team.merge("side", "bob");
    assert_eq!(team.reason(&rules, &merge), Reason::Trusted);
    let other_way = team.merge_as(&merge, &[&side, &fix]);
    assert_eq!(team.reason(&rules, &other_way), Reason::Trusted);
}

#[test]
fn an_octopus_that_joins_separate_changes_needs_no_approval_itself() {
    let team = Team::new();
    team.change("ann", ANN, "base", "base");
    for name in ["x", "y", "z"] {
        team.world.git(&["checkout", "-q", "-b", name, "main"]);
        team.change("ann", ANN, name, name);
    }
    team.world.git(&["checkout", "-q", "main"]);
    team.change("ann", ANN, "main", "main");
    team.git("bob", BOB, &["merge", "-q", "-S", "-m", "octopus", "x", "y", "z"]);
    let result = team.verify("main~1..main", &rule("approval = [\"merge-signer\"]"));
    assert_eq!(reasons(&result), [Reason::Trusted; 4]);
}

/// Bob may not change `src`, and merges so that nothing differs from the first parent.
#[test]
fn a_merge_the_wrong_way_round_changes_the_paths_that_it_throws_away() {
    let team = Team::new();
    let [_, side, fix] = fixed(&team);
    let rules = format!(
        "default = \"refuse\"\n[[rule]]\nname = \"code\"\npaths = [\"src/**\"]\n\
         signers = [\"{ANN}\"]\n[[rule]]\nname = \"rest\"\n"
    );
    let merge = team.merge_as(&side, &[&side, &fix]);
    assert_eq!(team.reason(&rules, &merge), Reason::PrincipalNotAllowed);
    team.world.git(&["reset", "-q", "--hard", &fix]);
    let merge = team.merge("side", "bob");
    assert_eq!(team.reason(&rules, &merge), Reason::Trusted);
}

/// Ann has short-lived certificates, each over a key of its own and with two names, and commits as
/// a machine. With `match = "none"` her identity is the list of both names.
#[test]
fn a_person_whose_certificates_bear_several_names_is_one_person_and_the_author() {
    let team = Team::new();
    let world = &team.world;
    let authority = world.ssh_key("authority", &["-t", "ed25519"]);
    let allowed = format!("*@example.org cert-authority {}\n", world.public(&authority));
    let certified = |name: &str| {
        let key = world.ssh_key(name, &["-t", "ed25519"]);
        let names = format!("{ANN},lead@example.org");
        let sign = ["-q", "-s", &authority, "-I", "ann", "-n", &names];
        world.run("ssh-keygen", &[&sign[..], &[&format!("{key}.pub")]].concat(), b"");
        format!("user.signingkey={key}-cert.pub")
    };
    let git = |key: &str, args: &[&str]| {
        let all = ["GIT_COMMITTER_EMAIL=bot@example.org", "git", "-c", "gpg.format=ssh", "-c", key];
        world.run("env", &[&all[..], args].concat(), b"");
        world.git(&["rev-parse", "HEAD"])
    };
    let (first, second) = (certified("first"), certified("second"));
    git(&first, &["commit", "-q", "-S", "--allow-empty", "-m", "base"]);
    world.git(&["checkout", "-q", "-b", "side"]);
    let change = git(&first, &["commit", "-q", "-S", "--allow-empty", "-m", "change"]);
    world.git(&["checkout", "-q", "main"]);
    git(&second, &["merge", "-q", "-S", "--no-ff", "-m", "merge", "side"]);
    let team = Team { trust: ssh_trust(&allowed), ..team };
    let rules = |rest: &str| rule(&format!("match = \"none\"\n{rest}"));
    assert_eq!(team.reason(&rules(""), &change), Reason::Trusted);
    for kind in ["signature-of-other", "merge-signer"] {
        let rules = rules(&format!("approval = [\"{kind}\"]"));
        assert_eq!(team.reason(&rules, &change), Reason::NotApproved, "{kind}");
    }
    assert_eq!(team.reason(&rules("threshold = 2"), &change), Reason::ThresholdNotMet);
}

/// Bob was the lead until 2020; what he signs in 2024 he signs as Bob.
#[test]
fn a_name_that_is_no_longer_somebodys_makes_nobody_a_listed_signer() {
    let team = Team::new();
    let key = |name: &str| team.world.public(&team.world.path(name).display().to_string());
    let (ann, bob) = (key("ann"), key("bob"));
    team.change("ann", ANN, "base", "base");
    team.world.git(&["checkout", "-q", "-b", "side"]);
    let change = team.change("ann", ANN, "x", "x");
    team.git("bob", BOB, &["tag", "-s", "-m", "pull me", "pull"]);
    team.world.git(&["checkout", "-q", "main"]);
    team.merge("pull", "ann");
    let signers = format!("signers = [\"{ANN}\", \"lead@example.org\"]");
    let rules = rule(&format!("approval = [\"signature-of-other\"]\n{signers}"));
    let reason = |until: &str| {
        let lead = format!("lead@example.org valid-before=\"{until}\" {bob}");
        let trust = ssh_trust(&format!("{ANN} {ann}\n{BOB} {bob}\n{lead}\n"));
        let policy = policy().with_rules(
            Rules::parse("policy.toml", format!("schema = 1\n{rules}").as_bytes()).unwrap(),
        );
        let result = verify_at(&team.world.repo(), "main", &trust, &policy);
        let commit = result.commits.iter().find(|commit| commit.oid == change);
        commit.unwrap().judgement.reason
    };
    assert_eq!(reason("20250101Z"), Reason::Trusted);
    assert_eq!(reason("20200101Z"), Reason::NotApproved);
}
