#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::world::{ANN, World, first, policy, reasons, ssh_trust, verify_at};
use beleg_git::{GitError, HashAlgorithm, findings, verify_range};
use beleg_model::{Outcome, Verdict};
use beleg_signature::{TrustFiles, TrustMaterial};
use beleg_trust::{Check, Format, Reason};
use std::cell::Cell;
use std::fs;
use std::io::Write as _;

/// A world with one allowed key.
fn signed_world() -> (World, String, String) {
    with_key(World::new())
}

fn with_key(world: World) -> (World, String, String) {
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let allowed = format!("{ANN} {}\n", world.public(&key));
    (world, key, allowed)
}

#[test]
fn a_range_holds_what_its_end_reaches_and_its_start_does_not() {
    let (mut world, key, allowed) = signed_world();
    let trust = ssh_trust(&allowed);
    let first = world.commit_ssh(&key, "1");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.date = "2024-05-02T12:00:00Z".to_owned();
    let side = world.commit_unsigned("side");
    world.git(&["checkout", "-q", "main"]);
    world.date = "2024-05-03T12:00:00Z".to_owned();
    let second = world.commit_ssh(&key, "2");
    let config = format!("user.signingkey={key}");
    world.git(&[
        "-c",
        "gpg.format=ssh",
        "-c",
        &config,
        "merge",
        "-q",
        "-S",
        "--no-ff",
        "-m",
        "merge",
        "side",
    ]);
    let merge = world.git(&["rev-parse", "HEAD"]);
    for (range, expected) in [
        ("main", vec![&merge, &second, &side, &first]),
        ("HEAD", vec![&merge, &second, &side, &first]),
        (&format!("{first}..main"), vec![&merge, &second, &side]),
        (&format!("{second}.."), vec![&merge, &side]),
        ("side..main", vec![&merge, &second]),
        ("main~1..main^2", vec![&side]),
        ("main..side", vec![]),
        ("main..main", vec![]),
    ] {
        let result = world.verify(range, &trust);
        let oids: Vec<&String> = result.commits.iter().map(|commit| &commit.oid).collect();
        assert_eq!(oids, expected, "{range}");
        let count = world.git(&["rev-list", "--count", range]);
        assert_eq!(count, expected.len().to_string(), "{range}");
        assert_eq!(world.verify(range, &trust), result, "the order is always the same");
    }
    let result = world.verify("main", &trust);
    assert_eq!(
        reasons(&result),
        [Reason::Trusted, Reason::Trusted, Reason::Unsigned, Reason::Trusted]
    );
    assert_eq!((&result.head, &result.base), (&merge, &None));
    let (population, findings) = findings(&result);
    assert_eq!((population.expected, population.examined), (4, 4));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "unsigned");
    assert_eq!(findings[0].location.path, format!("{} side", &side[..12]));
    assert!(findings[0].message.contains("ann@example.org"), "{}", findings[0].message);
}

#[test]
fn a_tag_and_a_merged_signed_tag_are_followed_to_their_commits() {
    let (world, key, allowed) = signed_world();
    let config = format!("user.signingkey={key}");
    let ssh = ["-c", "gpg.format=ssh", "-c", &config];
    world.commit_ssh(&key, "1");
    world.git(&["checkout", "-q", "-b", "side"]);
    let side = world.commit_ssh(&key, "side");
    world.git(&[&ssh[..], &["tag", "-s", "-m", "release", "v1"]].concat());
    world.git(&["checkout", "-q", "main"]);
    world.commit_ssh(&key, "2");
    world.git(&[&ssh[..], &["merge", "-q", "-S", "--no-ff", "-m", "merge", "v1"]].concat());
    assert!(String::from_utf8(world.raw("HEAD")).unwrap().contains("mergetag"));
    assert_eq!(world.letter("HEAD", &allowed), "G");
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Trusted; 4]);
    assert_eq!(world.verify("v1", &ssh_trust(&allowed)).head, side);
}

#[test]
fn an_empty_range_is_unknown_not_pass() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let result = world.verify("main..main", &ssh_trust(&allowed));
    let (population, findings) = findings(&result);
    assert_eq!(Outcome::judge(population, findings).verdict, Verdict::Unknown);
}

#[test]
fn a_sha256_repository_is_verified() {
    let (world, key, allowed) = with_key(World::with_format("sha256"));
    let commit = world.commit_ssh(&key, "1");
    assert_eq!(commit.len(), 64);
    assert!(String::from_utf8(world.raw(&commit)).unwrap().contains("\ngpgsig-sha256 "));
    assert_eq!(world.letter(&commit, &allowed), "G");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(result.judgement.reason, Reason::Trusted);
    assert_eq!(result.hash_algorithm, HashAlgorithm::Sha256);
    // A `gpgsig` header is for the SHA-1 form of the commit, which does not exist here.
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let other = world.write(raw.replace("gpgsig-sha256", "gpgsig").as_bytes());
    assert_eq!(world.letter(&other, &allowed), "N");
    assert_eq!(world.verify_ssh(&other, &allowed).judgement.reason, Reason::Unsigned);
}

/// Git uses both blocks at once: with two SSH blocks, ssh-keygen reads the first and git says G,
/// so that anyone can make copies of a signed commit under new ids.
#[test]
fn a_second_signature_header_is_refused_though_git_takes_it() {
    let (world, key, allowed) = signed_world();
    let commit = world.commit_ssh(&key, "1");
    let raw = String::from_utf8(world.raw(&commit)).unwrap();
    let (start, end) = (raw.find("gpgsig").unwrap(), raw.find("\n\n").unwrap());
    let signature = &raw[start..=end];
    let doubled = raw.replacen(signature, &format!("{signature}{signature}"), 1);
    let commit = world.write(doubled.as_bytes());
    assert_eq!(world.letter(&commit, &allowed), "G");
    let result = world.verify_ssh(&commit, &allowed);
    assert_eq!(
        (result.judgement.reason, result.judgement.trust),
        (Reason::DuplicateSignatureHeader, Check::Bad)
    );
    let odd = raw.replacen(signature, &format!("{signature}gpgsig-extra x\n"), 1);
    let odd = world.write(odd.as_bytes());
    assert_eq!(world.letter(&odd, &allowed), "G");
    assert_eq!(world.verify_ssh(&odd, &allowed).judgement.reason, Reason::DuplicateSignatureHeader);
}

/// `git verify-commit` looks at the replacement and accepts the unsigned commit.
#[test]
fn a_replaced_commit_is_judged_as_it_is() {
    let (world, key, allowed) = signed_world();
    let unsigned = world.commit_unsigned("1");
    let signed = world.commit_ssh(&key, "2");
    world.git(&["replace", &unsigned, &signed]);
    assert_eq!(world.letter(&unsigned, &allowed), "G");
    let result = world.verify(&unsigned, &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Unsigned]);
    assert_eq!(result.replace_refs, [format!("refs/replace/{unsigned}")]);
    assert!(findings(&result).1.iter().any(|finding| finding.rule == "replace-refs-ignored"));
}

/// `git log` does not hash what it reads and says G.
#[test]
fn an_object_swapped_under_its_id_is_found() {
    let (world, key, allowed) = signed_world();
    let victim = world.commit_unsigned("1");
    let head = world.commit_ssh(&key, "2");
    world.git(&["checkout", "-q", "--orphan", "other"]);
    let signed = world.commit_ssh(&key, "signed");
    let file = |oid: &str| world.repo().join(".git/objects").join(&oid[..2]).join(&oid[2..]);
    fs::remove_file(file(&victim)).unwrap();
    fs::copy(file(&signed), file(&victim)).unwrap();
    assert_eq!(world.letter(&victim, &allowed), "G");
    for range in [&victim, &head] {
        let result = world.verify(range, &ssh_trust(&allowed));
        let swapped = result.commits.iter().find(|commit| commit.oid == victim).unwrap();
        assert_eq!(
            (swapped.judgement.reason, swapped.judgement.crypto),
            (Reason::ObjectHashMismatch, Check::Bad)
        );
        let (population, findings) = findings(&result);
        assert_eq!(Outcome::judge(population, findings).verdict, Verdict::Fail);
    }
}

#[test]
fn a_grafts_file_hides_nothing() {
    let (world, key, allowed) = signed_world();
    world.commit_unsigned("1");
    let head = world.commit_ssh(&key, "2");
    fs::create_dir_all(world.repo().join(".git/info")).unwrap();
    fs::write(world.repo().join(".git/info/grafts"), format!("{head}\n")).unwrap();
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), "1");
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::Unsigned]);
    assert!(result.grafts);
}

#[test]
fn a_shallow_clone_says_where_its_history_ends() {
    let (world, key, allowed) = signed_world();
    let parent = world.commit_ssh(&key, "1");
    let head = world.commit_ssh(&key, "2");
    let (from, to) = (format!("file://{}", world.repo().display()), world.path("clone"));
    world.git(&["clone", "-q", "--depth", "1", &from, &to.display().to_string()]);
    let result = verify_at(&to, "HEAD", &ssh_trust(&allowed), &policy());
    assert_eq!(reasons(&result), [Reason::Trusted]);
    assert_eq!((&result.shallow_boundary, result.beyond_boundary), (&vec![head], 1));
    let (population, findings) = findings(&result);
    let outcome = Outcome::judge(population, findings);
    assert_eq!((outcome.verdict, outcome.reason.as_str()), (Verdict::Unknown, "shallow-boundary"));
    let error = verify_range(&to, &parent, &ssh_trust(&allowed), &policy(), &|| false, &|_, _| {});
    assert!(matches!(error, Err(GitError::Revision { .. })));
}

/// Anyone who can write the file could end the history where he likes.
#[test]
fn a_forged_list_of_shallow_commits_hides_nothing() {
    let (world, key, allowed) = signed_world();
    world.commit_unsigned("1");
    let head = world.commit_ssh(&key, "2");
    fs::write(world.repo().join(".git/shallow"), format!("{head}\n")).unwrap();
    assert_eq!(world.git(&["rev-list", "--count", "HEAD"]), "1");
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::Unsigned]);
    assert_eq!(result.beyond_boundary, 0);
}

#[test]
fn a_missing_parent_is_unknown_not_pass() {
    let (world, key, allowed) = signed_world();
    let parent = world.commit_ssh(&key, "1");
    world.commit_ssh(&key, "2");
    let file = world.repo().join(".git/objects").join(&parent[..2]).join(&parent[2..]);
    fs::remove_file(file).unwrap();
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Trusted, Reason::UnreadableObject]);
    let (population, findings) = findings(&result);
    assert_eq!((population.expected, population.examined), (2, 1));
    assert_eq!(Outcome::judge(population, findings).verdict, Verdict::Unknown);
}

#[test]
fn damaged_objects_are_unknown_and_the_rest_is_examined() {
    let (world, key, allowed) = signed_world();
    let parent = world.commit_ssh(&key, "1");
    world.commit_ssh(&key, "2");
    let file = world.repo().join(".git/objects").join(&parent[..2]).join(&parent[2..]);
    for content in [&b""[..], b"x", b"\x78\x01garbage"] {
        fs::remove_file(&file).unwrap();
        fs::write(&file, content).unwrap();
        let result = world.verify("HEAD", &ssh_trust(&allowed));
        assert_eq!(reasons(&result), [Reason::Trusted, Reason::UnreadableObject], "{content:?}");
    }
}

/// libgit2 did not return from some damaged loose objects when it was asked for a parent, for what a
/// tag names, or for an abbreviated id; so it is never asked. The damage here is harmless to it: a
/// byte behind the content, which git passes over.
#[test]
fn ends_that_lead_over_a_damaged_object_are_errors_and_end() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let middle = world.commit_ssh(&key, "2");
    world.git(&["tag", "-a", "-m", "1", "v1", &middle]);
    let head = world.commit_ssh(&key, "3");
    let trust = ssh_trust(&allowed);
    let ends =
        ["HEAD~2", "@^^", "main~1^1", "v1~1", &format!("{}^", &middle[..9]), "HEAD^0~2^{commit}"];
    for end in ends {
        let range = format!("{end}..main");
        assert_eq!(world.verify(&range, &trust).commits.len(), 2, "{end}");
        assert_eq!(world.git(&["rev-list", "--count", &range]), "2", "{end}");
    }
    let file = world.repo().join(".git/objects").join(&middle[..2]).join(&middle[2..]);
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, [whole.as_slice(), b"x"].concat()).unwrap();
    for end in ends {
        let range = format!("{end}..main");
        let result = verify_range(&world.repo(), &range, &trust, &policy(), &|| false, &|_, _| {});
        assert!(matches!(result, Err(GitError::Revision { .. })), "{end}");
    }
    for end in ["v1", &middle[..9], "main~1"] {
        assert_eq!(reasons(&world.verify(end, &trust)), [Reason::UnreadableObject], "{end}");
    }
    assert_eq!(world.verify(&head, &trust).commits.len(), 2);
}

/// What is loose is read here and not by libgit2, wherever it lies; git passes over the byte behind
/// the content.
#[test]
fn a_damaged_object_in_a_borrowed_repository_is_unknown_and_ends() {
    let (world, key, allowed) = signed_world();
    let parent = world.commit_ssh(&key, "1");
    world.commit_ssh(&key, "2");
    let (near, far) = (world.path("near.git"), world.path("far.git"));
    let shared = ["clone", "-q", "--bare", "--shared"];
    world.git(&[&shared[..], &[".", &near.display().to_string()]].concat());
    let near_path = near.display().to_string();
    world.git(&[&shared[..], &[&near_path, &far.display().to_string()]].concat());
    let verify = || verify_at(&far, "main", &ssh_trust(&allowed), &policy());
    assert_eq!(reasons(&verify()), [Reason::Trusted, Reason::Trusted]);
    let file = world.repo().join(".git/objects").join(&parent[..2]).join(&parent[2..]);
    let whole = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, [whole.as_slice(), b"x"].concat()).unwrap();
    assert_eq!(reasons(&verify()), [Reason::Trusted, Reason::UnreadableObject]);
}

#[test]
fn bare_repositories_worktrees_and_packs_are_read() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let (bare, tree) = (world.path("bare.git"), world.path("tree"));
    world.git(&["clone", "-q", "--bare", ".", &bare.display().to_string()]);
    world.git(&["worktree", "add", "-q", "-b", "work", &tree.display().to_string()]);
    world.git(&["repack", "-q", "-a", "-d"]);
    world.git(&["pack-refs", "--all"]);
    let trust = ssh_trust(&allowed);
    for (repo, range) in
        [(&bare, "main"), (&tree, "work"), (&tree, "HEAD"), (&world.repo().join(".git"), "main")]
    {
        let result = verify_at(repo, range, &trust, &policy());
        assert_eq!(reasons(&result), [Reason::Trusted], "{}", repo.display());
    }
}

/// Continuous integration often runs as root on a folder of another user; git refuses that.
#[test]
fn a_repository_of_another_user_is_read() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    if let Err(error) = std::os::unix::fs::chown(world.repo(), Some(12_345), None) {
        writeln!(std::io::stderr(), "SKIPPED: only root gives files away: {error}").unwrap();
        return;
    }
    std::os::unix::fs::chown(world.repo().join(".git"), Some(12_345), None).unwrap();
    assert!(!world.output("git", &["log"], b"").status.success());
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    assert_eq!(reasons(&result), [Reason::Trusted]);
}

#[test]
fn a_folder_within_a_repository_is_none() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let inner = world.repo().join("inner");
    fs::create_dir(&inner).unwrap();
    let trust = ssh_trust(&allowed);
    for path in [&inner, &world.path("nowhere"), &world.path("home")] {
        let result = verify_range(path, "HEAD", &trust, &policy(), &|| false, &|_, _| {});
        assert!(
            matches!(result, Err(GitError::Repository { .. } | GitError::Unreadable { .. })),
            "{}",
            path.display()
        );
    }
}

#[test]
fn hostile_ranges_are_errors() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let trust = ssh_trust(&allowed);
    for range in ["", "nowhere", "a...b", "--all", "HEAD:", "HEAD^{tree}", "0000000", "x..HEAD"] {
        let result = verify_range(&world.repo(), range, &trust, &policy(), &|| false, &|_, _| {});
        assert!(
            matches!(result, Err(GitError::Range { .. } | GitError::Revision { .. })),
            "{range}"
        );
    }
}

#[test]
fn too_many_commits_and_cancellation_are_errors_and_progress_is_told() {
    let (world, key, allowed) = signed_world();
    for subject in ["1", "2", "3"] {
        world.commit_ssh(&key, subject);
    }
    let trust = ssh_trust(&allowed);
    let mut policy = policy();
    let seen = Cell::new((0, 0));
    let run = |policy: &_, cancel: bool| {
        verify_range(&world.repo(), "HEAD", &trust, policy, &|| cancel, &|done, total| {
            seen.set((done, total));
        })
    };
    assert!(run(&policy, false).is_ok());
    assert_eq!(seen.get(), (3, 3));
    assert!(matches!(run(&policy, true), Err(GitError::Cancelled)));
    policy.limits.commits = 2;
    assert!(matches!(run(&policy, false), Err(GitError::TooManyCommits { limit: 2 })));
}

#[test]
fn every_format_is_recognised_and_garbage_in_it_is_malformed() {
    let (world, _, allowed) = signed_world();
    let unsigned = world.commit_unsigned("1");
    for (armor, format, reason) in [
        (
            "-----BEGIN SIGNED MESSAGE-----\nMII=\n-----END SIGNED MESSAGE-----",
            Format::X509,
            Reason::MalformedSignature,
        ),
        (
            "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
            Format::Ssh,
            Reason::MalformedSignature,
        ),
        (
            "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----",
            Format::Openpgp,
            Reason::MalformedSignature,
        ),
        ("trust me", Format::Unrecognised, Reason::MalformedSignature),
    ] {
        let commit = world.write_signed(&unsigned, armor);
        let result = world.verify_ssh(&commit, &allowed);
        assert_eq!(
            (result.signature, result.judgement.reason),
            (Some(format), reason),
            "{result:?}"
        );
    }
}

/// The committer's line can be read in two ways: git takes the first address, others the last.
#[test]
fn a_signed_commit_with_two_addresses_is_malformed() {
    let (world, key, allowed) = signed_world();
    let unsigned = world.commit_unsigned("1");
    let raw = String::from_utf8(world.raw(&unsigned)).unwrap();
    let raw = raw.replace(
        "committer Ann <ann@example.org>",
        "committer Ann <ann@example.org> <eve@example.org>",
    );
    let payload = world.write(raw.as_bytes());
    let armor =
        world.run("ssh-keygen", &["-q", "-Y", "sign", "-n", "git", "-f", &key], raw.as_bytes());
    let commit = world.write_signed(&payload, &String::from_utf8(armor).unwrap());
    assert_eq!(world.verify_ssh(&commit, &allowed).judgement.reason, Reason::MalformedCommit);
}

#[test]
fn a_gigantic_commit_is_unknown_and_not_read() {
    let (world, _, allowed) = signed_world();
    let unsigned = world.commit_unsigned("1");
    let mut content = world.raw(&unsigned);
    content.resize(17 << 20, b'a');
    let commit = world.write(&content);
    assert_eq!(world.verify_ssh(&commit, &allowed).judgement.reason, Reason::UnreadableObject);
}

#[test]
fn a_result_is_plain_json() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let result = world.verify("HEAD", &ssh_trust(&allowed));
    let json = serde_json::to_value(&result).unwrap();
    let commit = &json["commits"][0];
    for (name, value) in
        [("signature", "ssh"), ("crypto", "good"), ("trust", "good"), ("reason", "trusted")]
    {
        assert_eq!(commit[name], value);
    }
    assert_eq!(commit["times"]["decided_by"], "nothing");
    assert_eq!(serde_json::from_value::<beleg_git::RangeResult>(json).unwrap(), result);
}

#[test]
fn a_broken_trust_file_is_unknown_not_pass() {
    let (world, key, allowed) = signed_world();
    world.commit_ssh(&key, "1");
    let allowed = format!("{allowed}bob@example.org ssh-ed25519 broken\n");
    let trust = TrustMaterial::parse(&TrustFiles {
        allowed_signers: Some(allowed.as_bytes()),
        ..TrustFiles::default()
    })
    .unwrap();
    let result = world.verify("HEAD", &trust);
    assert_eq!(first(result.clone()).judgement.reason, Reason::Trusted);
    let (population, findings) = findings(&result);
    let outcome = Outcome::judge(population, findings);
    assert_eq!(outcome.verdict, Verdict::Unknown);
    assert_eq!(outcome.findings[0].location.line, Some(2));
}
