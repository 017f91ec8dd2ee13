use super::commit::Commit;
use super::objects::Objects;
use super::range::Range;
use super::result::{CommitResult, EmbeddedTag, RangeResult};
use super::ruling::{Facts, Rulings, Subject};
use super::signature::{self, Signed};
use super::walk::{Graph, Wanted, walk};
use super::{approval, embedded};
use crate::GitError;
use beleg_signature::TrustMaterial;
use beleg_trust::{Check, DefaultRule, Judgement, Policy, Reason, Scope};
use git2::{Odb, Oid};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// What the whole name of a branch begins with.
const BRANCHES: &str = "refs/heads/";
/// How many commits a thread takes at once.
const BATCH: usize = 64;

/// Verifies every commit of `range` (`A..B`, `A..`, `..B` or `B`) in the repository at `repo`.
/// The ends are resolved to ids once, before anything else. `cancel` and `progress` (done, total)
/// are asked and told on the calling thread. A range without commits is no error: its result
/// names none, which is nobody's pass.
///
/// # Errors
/// When the repository, the range or the whole walk fails, or on cancellation; what is wrong
/// with a single commit is in its result.
pub fn verify_range(
    repo: &Path,
    range: &str,
    trust: &TrustMaterial,
    policy: &Policy,
    cancel: &dyn Fn() -> bool,
    progress: &dyn Fn(u64, u64),
) -> Result<RangeResult, GitError> {
    let objects = Objects::open(repo)?;
    let resolved = Range::resolve(&objects, range)?;
    let branch = branch(&resolved, range, policy)?;
    if let (Some(name), Some(_)) = (&branch, &policy.branch)
        && !objects.has_branch(name)?
    {
        return Err(GitError::NoBranch { name: beleg_model::text::shown(name.as_bytes()) });
    }
    let starts = starts(&objects, policy);
    let start_oids: Vec<Oid> = starts.values().copied().collect();
    let wanted = Wanted { starts: &start_oids, whole: policy.rules.is_some() };
    let walked = walk(&objects, &resolved, &wanted, policy.limits.commits, cancel)?;
    let rulings = policy
        .rules
        .as_ref()
        .map(|rules| Rulings::new(trust, policy, rules, branch.as_deref(), &starts, &walked.older));
    let tag_policy = match policy.rules {
        Some(_) => Policy { require_signer_is_committer: true, signers: None, ..policy.clone() },
        None => policy.clone(),
    };
    let work = Work {
        repo,
        trust,
        policy,
        tag_policy,
        rulings: rulings.as_ref(),
        contents: &walked.contents,
        graph: &walked.graph,
    };
    let (mut commits, facts): (Vec<CommitResult>, Vec<Option<Facts>>) =
        verify_all(&work, &walked.commits, cancel, progress)?.into_iter().unzip();
    if let Some(rulings) = &rulings {
        approval::demand(&mut commits, &facts, &walked.commits, &walked.brought_in_by, rulings);
    }
    Ok(RangeResult {
        range: range.to_owned(),
        head: resolved.head.oid.to_string(),
        head_name: resolved.head.name,
        base: resolved.base.as_ref().map(|base| base.oid.to_string()),
        base_name: resolved.base.map(|base| base.name),
        hash_algorithm: objects.algorithm(),
        submodules: objects.submodules(resolved.head.oid),
        unused_rules: unused_rules(policy, &commits, &facts),
        commits,
        replace_refs: objects.replace_refs()?,
        grafts: objects.has_grafts()?,
        shallow_boundary: walked.boundary.iter().map(Oid::to_string).collect(),
        beyond_boundary: u64::try_from(walked.beyond.len()).unwrap_or(u64::MAX),
        trust_digest: trust.digest().clone(),
        material_problems: trust.problems().to_vec(),
        policy_digest: policy.digest(),
        branch,
        unknown_starts: unknown_starts(policy, &starts, &walked.older),
    })
}

/// What the threads share.
struct Work<'a> {
    repo: &'a Path,
    trust: &'a TrustMaterial,
    policy: &'a Policy,
    /// What is demanded of merged tags.
    tag_policy: Policy,
    rulings: Option<&'a Rulings<'a>>,
    /// Commits that were read and hashed during the walk.
    contents: &'a HashMap<Oid, Vec<u8>>,
    graph: &'a Graph,
}

type Verified = (CommitResult, Option<Facts>);

/// Returns the branch that the rules are applied for, without `refs/heads/`: the one that is named,
/// or the one that the range ends in.
fn branch(range: &Range, text: &str, policy: &Policy) -> Result<Option<String>, GitError> {
    let Some(rules) = &policy.rules else { return Ok(None) };
    // A whole name of another kind would fall under the default instead of its branch's rules.
    let named = policy.branch.as_deref().filter(|name| {
        name.starts_with(BRANCHES) || !(name.starts_with("refs/") || *name == "HEAD")
    });
    let of_range = || range.head.reference.as_deref().filter(|name| name.starts_with(BRANCHES));
    let branch = if policy.branch.is_some() { named } else { of_range() };
    let branch = branch.map(|name| name.strip_prefix(BRANCHES).unwrap_or(name).to_owned());
    if branch.is_none() && rules.ask_for_branch() {
        return Err(GitError::Branch { range: beleg_model::text::shown(text.as_bytes()) });
    }
    Ok(branch)
}

/// Returns the starts of rules, as they are written, that are ids of this repository's kind.
fn starts(objects: &Objects, policy: &Policy) -> HashMap<String, Oid> {
    let rules = policy.rules.iter().flat_map(|rules| &rules.rules);
    rules
        .filter_map(|rule| rule.from.as_ref())
        .filter_map(|from| Some((from.clone(), objects.parse_oid(from)?)))
        .collect()
}

/// Returns the rules for commits that held for none, where the default held for some: whoever wrote
/// them may have meant just those.
fn unused_rules(policy: &Policy, commits: &[CommitResult], facts: &[Option<Facts>]) -> Vec<String> {
    let within: HashSet<Option<usize>> =
        facts.iter().flatten().flat_map(|facts| facts.within.iter().copied()).collect();
    // What a default refuses is seen anyway.
    let accepts = policy.rules.as_ref().is_some_and(|rules| rules.default == DefaultRule::Signed);
    if !accepts || !within.contains(&None) {
        return Vec::new();
    }
    // Of what is older than its rule only the name of that is kept.
    let named: HashSet<&str> =
        commits.iter().filter_map(|commit| commit.judgement.rule.as_deref()).collect();
    let rules = policy.rules.iter().flat_map(|rules| rules.rules.iter().enumerate());
    let unused = rules.filter(|(index, rule)| {
        matches!(rule.scope, Scope::Commits { .. })
            && !within.contains(&Some(*index))
            && !named.contains(rule.name.as_str())
    });
    unused.map(|(_, rule)| rule.name.clone()).collect()
}

fn unknown_starts(
    policy: &Policy,
    starts: &HashMap<String, Oid>,
    older: &HashMap<Oid, Option<HashSet<Oid>>>,
) -> Vec<String> {
    let known = |from: &&String| {
        starts.get(*from).is_some_and(|oid| older.get(oid).is_some_and(Option::is_some))
    };
    let rules = policy.rules.iter().flat_map(|rules| &rules.rules);
    let starts: BTreeSet<&String> = rules.filter_map(|rule| rule.from.as_ref()).collect();
    starts.into_iter().filter(|from| !known(from)).cloned().collect()
}

/// Verifies commits on a few threads and returns the results in their order. Each thread opens
/// the repository for itself, because libgit2's handles belong to one thread.
fn verify_all(
    shared: &Work<'_>,
    oids: &[Oid],
    cancel: &dyn Fn() -> bool,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<Verified>, GitError> {
    let batches: Vec<&[Oid]> = oids.chunks(BATCH).collect();
    let workers = shared.policy.limits.workers.get().min(batches.len());
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::sync_channel(workers.saturating_mul(2));
    let mut done: Vec<Option<Vec<Verified>>> = batches.iter().map(|_| None).collect();
    let total = count(oids.len());
    thread::scope(|scope| {
        let (batches, next, stop) = (&batches, &next, &stop);
        for _ in 0..workers {
            let sender = sender.clone();
            scope.spawn(move || {
                let Err(error) = work(shared, batches, next, stop, &sender) else {
                    return;
                };
                // Nobody listens any more once another thread has failed.
                let _ = sender.send(Err(error));
            });
        }
        drop(sender);
        let mut finished = 0u64;
        let mut outcome = Ok(());
        progress(0, total);
        // The channel is emptied even after a failure, so that no thread waits for it.
        for message in receiver {
            match message {
                Ok((index, results)) => {
                    finished = finished.saturating_add(count(Vec::len(&results)));
                    if let Some(place) = done.get_mut(index) {
                        *place = Some(results);
                    }
                    progress(finished, total);
                }
                Err(error) if outcome.is_ok() => outcome = Err(error),
                Err(_) => {}
            }
            if outcome.is_ok() && cancel() {
                outcome = Err(GitError::Cancelled);
            }
            if outcome.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        outcome
    })?;
    let results: Option<Vec<Vec<Verified>>> = done.into_iter().collect();
    // A batch without results would be commits that nobody looked at.
    results.map(|results| results.into_iter().flatten().collect()).ok_or(GitError::Worker)
}

type Message = Result<(usize, Vec<Verified>), GitError>;

/// Takes batches until none is left.
fn work(
    shared: &Work<'_>,
    batches: &[&[Oid]],
    next: &AtomicUsize,
    stop: &AtomicBool,
    sender: &mpsc::SyncSender<Message>,
) -> Result<(), GitError> {
    let objects = Objects::open(shared.repo)?;
    let odb = objects.database()?;
    while !stop.load(Ordering::Relaxed) {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(batch) = batches.get(index) else { break };
        let results: Vec<Verified> =
            batch.iter().map(|oid| verify_guarded(shared, &objects, &odb, *oid)).collect();
        if sender.send(Ok((index, results))).is_err() {
            break;
        }
    }
    Ok(())
}

/// Verifies one commit; a panic of a cryptographic library says nothing about the others.
fn verify_guarded(work: &Work<'_>, objects: &Objects, odb: &Odb<'_>, oid: Oid) -> Verified {
    catch_unwind(AssertUnwindSafe(|| verify(work, objects, odb, oid))).unwrap_or_else(|_| {
        let judgement = Judgement::unknown(Reason::VerifierFailed);
        (CommitResult::of(oid.to_string(), objects.algorithm(), judgement), None)
    })
}

fn verify(work: &Work<'_>, objects: &Objects, odb: &Odb<'_>, oid: Oid) -> Verified {
    let algorithm = objects.algorithm();
    let result = |judgement| CommitResult::of(oid.to_string(), algorithm, judgement);
    let read = match work.contents.get(&oid) {
        Some(content) => Ok(Cow::Borrowed(content.as_slice())),
        None => objects.commit(odb, oid).map(Cow::Owned),
    };
    let content = match read {
        Ok(content) => content,
        Err(problem) => return (result(signature::judge_object(&problem)), None),
    };
    let commit = match Commit::parse(&content, algorithm) {
        Ok(commit) => commit,
        Err(error) => {
            let judgement = Judgement::of(Reason::MalformedCommit, Check::Unknown, Check::Bad);
            return (result(judgement.noting(error.to_string())), None);
        }
    };
    let merge_tags: Vec<EmbeddedTag> = commit
        .merge_tags
        .iter()
        .map(|tag| embedded::merged(tag, &commit, algorithm, work.trust, &work.tag_policy))
        .collect();
    let (format, judgement, facts) = match work.rulings {
        Some(rulings) => {
            let merge_tags = &merge_tags;
            let (contents, graph) = (work.contents, work.graph);
            let subject =
                Subject { objects, odb, oid, commit: &commit, merge_tags, contents, graph };
            let (format, judgement, facts) = rulings.judge(&subject);
            (format, judgement, Some(facts))
        }
        None => {
            let signed = Signed {
                signature: &commit.signature,
                payload: &commit.payload,
                by: &commit.committer,
                time: commit.committer.time,
                malformed: Reason::MalformedCommit,
            };
            let (format, judgement) = signature::judge(&signed, work.trust, work.policy);
            (format, judgement, None)
        }
    };
    let mut result = result(judgement);
    result.signature = format;
    result.merge_tags = merge_tags;
    result.judgement.times.committer = commit.committer.time;
    result.judgement.times.author = commit.author.time;
    result.unsigned_header = commit.has_unsigned_header;
    result.subject = commit.subject;
    result.committer = Some(commit.committer.identity);
    result.author = Some(commit.author.identity);
    (result, facts)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
