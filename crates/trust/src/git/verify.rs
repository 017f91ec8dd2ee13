use super::commit::{Commit, SignatureHeader};
use super::objects::{ObjectProblem, Objects};
use super::range::Range;
use super::result::{CommitResult, RangeResult};
use super::walk::walk;
use crate::judgement::Claim;
use crate::{Check, Format, Judgement, Policy, Reason, TrustError, TrustMaterial, openpgp, ssh};
use git2::{Odb, Oid};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

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
) -> Result<RangeResult, TrustError> {
    let objects = Objects::open(repo)?;
    let resolved = Range::resolve(&objects, range)?;
    let walked = walk(&objects, &resolved, policy.limits.commits, cancel)?;
    let commits = verify_all(repo, &walked.commits, trust, policy, cancel, progress)?;
    Ok(RangeResult {
        range: range.to_owned(),
        head: resolved.head.to_string(),
        base: resolved.base.map(|base| base.to_string()),
        hash_algorithm: objects.algorithm(),
        commits,
        replace_refs: objects.replace_refs()?,
        grafts: objects.has_grafts()?,
        shallow_boundary: walked.boundary.iter().map(Oid::to_string).collect(),
        beyond_boundary: u64::try_from(walked.beyond.len()).unwrap_or(u64::MAX),
        trust_digest: trust.digest().clone(),
        material_problems: trust.problems().to_vec(),
    })
}

/// Verifies commits on a few threads and returns the results in their order. Each thread opens
/// the repository for itself, because libgit2's handles belong to one thread.
fn verify_all(
    repo: &Path,
    oids: &[Oid],
    trust: &TrustMaterial,
    policy: &Policy,
    cancel: &dyn Fn() -> bool,
    progress: &dyn Fn(u64, u64),
) -> Result<Vec<CommitResult>, TrustError> {
    let batches: Vec<&[Oid]> = oids.chunks(BATCH).collect();
    let workers = policy.limits.workers.get().min(batches.len());
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::sync_channel(workers.saturating_mul(2));
    let mut done: Vec<Option<Vec<CommitResult>>> = vec![None; batches.len()];
    let total = count(oids.len());
    thread::scope(|scope| {
        let (batches, next, stop) = (&batches, &next, &stop);
        for _ in 0..workers {
            let sender = sender.clone();
            scope.spawn(move || {
                let Err(error) = work(repo, batches, next, stop, trust, policy, &sender) else {
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
                outcome = Err(TrustError::Cancelled);
            }
            if outcome.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        outcome
    })?;
    let results: Option<Vec<Vec<CommitResult>>> = done.into_iter().collect();
    // A batch without results would be commits that nobody looked at.
    results.map(|results| results.into_iter().flatten().collect()).ok_or(TrustError::Worker)
}

type Message = Result<(usize, Vec<CommitResult>), TrustError>;

/// Takes batches until none is left.
fn work(
    repo: &Path,
    batches: &[&[Oid]],
    next: &AtomicUsize,
    stop: &AtomicBool,
    trust: &TrustMaterial,
    policy: &Policy,
    sender: &mpsc::SyncSender<Message>,
) -> Result<(), TrustError> {
    let objects = Objects::open(repo)?;
    let odb = objects.database()?;
    while !stop.load(Ordering::Relaxed) {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(batch) = batches.get(index) else { break };
        let results: Vec<CommitResult> =
            batch.iter().map(|oid| verify_guarded(&objects, &odb, *oid, trust, policy)).collect();
        if sender.send(Ok((index, results))).is_err() {
            break;
        }
    }
    Ok(())
}

/// Verifies one commit; a panic of a cryptographic library says nothing about the others.
fn verify_guarded(
    objects: &Objects,
    odb: &Odb<'_>,
    oid: Oid,
    trust: &TrustMaterial,
    policy: &Policy,
) -> CommitResult {
    catch_unwind(AssertUnwindSafe(|| verify(objects, odb, oid, trust, policy))).unwrap_or_else(
        |_| {
            let judgement = Judgement::unknown(Reason::VerifierFailed);
            CommitResult::of(oid.to_string(), objects.algorithm(), judgement)
        },
    )
}

fn verify(
    objects: &Objects,
    odb: &Odb<'_>,
    oid: Oid,
    trust: &TrustMaterial,
    policy: &Policy,
) -> CommitResult {
    let algorithm = objects.algorithm();
    let result = |judgement| CommitResult::of(oid.to_string(), algorithm, judgement);
    let content = match objects.commit(odb, oid) {
        Ok(content) => content,
        Err(problem) => return result(judge_object(&problem).noting(problem.to_string())),
    };
    let commit = match Commit::parse(&content, algorithm) {
        Ok(commit) => commit,
        Err(error) => {
            let judgement = Judgement::of(Reason::MalformedCommit, Check::Unknown, Check::Bad);
            return result(judgement.noting(error.to_string()));
        }
    };
    let (format, judgement) = judge_commit(&commit, trust, policy);
    let mut result = result(judgement);
    result.signature = format;
    result.subject.clone_from(&commit.subject);
    result.times.committer = commit.committer.time;
    result.times.author = commit.author.time;
    result.committer = Some(commit.committer.identity);
    result.author = Some(commit.author.identity);
    result
}

fn judge_object(problem: &ObjectProblem) -> Judgement {
    match problem {
        ObjectProblem::HashMismatch(_) => Judgement::bad(Reason::ObjectHashMismatch),
        ObjectProblem::Collision => Judgement::bad(Reason::Sha1Collision),
        ObjectProblem::Missing
        | ObjectProblem::TooLarge
        | ObjectProblem::NotACommit(_)
        | ObjectProblem::Unreadable(_) => Judgement::unknown(Reason::UnreadableObject),
    }
}

fn judge_commit(
    commit: &Commit,
    trust: &TrustMaterial,
    policy: &Policy,
) -> (Option<Format>, Judgement) {
    let signature = match &commit.signature {
        SignatureHeader::One(signature) => signature,
        SignatureHeader::None => {
            return (None, Judgement::of(Reason::Unsigned, Check::None, Check::None));
        }
        SignatureHeader::OtherHash => {
            let note = "it carries a signature for the other hash algorithm, which covers \
                        another form of the commit";
            let judgement = Judgement::of(Reason::Unsigned, Check::None, Check::None);
            return (None, judgement.noting(note));
        }
        SignatureHeader::Ambiguous(name) => {
            let note = format!("the header `{name}` is the one too many");
            let reason = Reason::DuplicateSignatureHeader;
            return (None, Judgement::of(reason, Check::Unknown, Check::Bad).noting(note));
        }
        SignatureHeader::TooLarge => {
            let note = "the signature is larger than any real one";
            return (None, Judgement::bad(Reason::MalformedSignature).noting(note));
        }
    };
    let format = Format::of(signature);
    (Some(format), judge_signature(format, signature, commit, trust, policy))
}

fn judge_signature(
    format: Format,
    signature: &[u8],
    commit: &Commit,
    trust: &TrustMaterial,
    policy: &Policy,
) -> Judgement {
    let committer = &commit.committer;
    let (Some(email), Some(time)) = (&committer.exact_email, committer.time) else {
        return Judgement::of(Reason::MalformedCommit, Check::Unknown, Check::Bad)
            .noting("the committer's address or date cannot be read in exactly one way");
    };
    let claim = Claim { payload: &commit.payload, email, time };
    let judgement = match format {
        Format::Ssh => ssh::judge(signature, &claim, trust.allowed_signers(), policy),
        Format::Openpgp => openpgp::judge(signature, &claim, trust.keyring(), policy),
        Format::X509 => Judgement::unknown(Reason::X509Unsupported),
        Format::Unrecognised => Judgement::bad(Reason::MalformedSignature)
            .noting("the signature is in no format that git knows"),
    };
    if judgement.reason == Reason::UnknownKey && trust.is_absent() {
        return Judgement { reason: Reason::NoTrustMaterial, trust: Check::Unknown, ..judgement };
    }
    judgement
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
