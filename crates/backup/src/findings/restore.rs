use super::{Place, capped, shown};
use crate::probes::{Dump, Looked, Probe as _, Probed};
use crate::{Cause, Difference, Measure, Remark, RestoreError, Restored, paths, rules};
use beleg_model::{Finding, Verdict, chain};
use std::time::Duration;

const RAISE_WINDOW: &str =
    "Raise `max-window` of the backup, if the machine that restores has the memory for it.";
const ESCROW: &str = "Test with the identity that is kept in escrow; if that is what you did, make \
                      a new backup to its recipient now.";

/// How many dumps are named.
const NAMED: usize = 10;

/// Tells everything in which a restored backup is not as promised. No finding means none.
#[must_use]
pub fn restored(place: Place<'_>, restored: &Restored) -> Vec<Finding> {
    let differences = restored.differences.iter().map(|difference| of(place, difference));
    let remarks = restored.remarks.iter().map(|remark| remarked(place, remark));
    capped(place, differences.chain(remarks))
}

/// A backup restored to nothing: its source may not have been mounted when it was made.
#[must_use]
pub fn empty(place: Place<'_>) -> Finding {
    Finding::of(
        &rules::BACKUP_EMPTY,
        place.whole(),
        "The backup holds not one file, so that nothing was restored.",
    )
}

/// An older backup was read, and is not the object that its manifest promises.
#[must_use]
pub fn other_bytes(place: Place<'_>, promised: &Measure, found: &Measure) -> Finding {
    Finding::of(
        &rules::RESTORE_DIGEST_MISMATCH,
        place.whole(),
        format!("The object read is {found}; the manifest promises {promised}."),
    )
}

/// An older backup could not be read to its end.
#[must_use]
pub fn unread(place: Place<'_>, why: &str) -> Finding {
    Finding::of(
        &rules::BACKUP_UNREADABLE,
        place.whole(),
        format!("The backup could not be read to its end: {why}."),
    )
}

/// Tells why a restore did not come to its end.
#[must_use]
pub fn stopped(place: Place<'_>, error: &RestoreError) -> Finding {
    let cause = &error.cause;
    let why = chain(cause);
    let message = format!("The restore stopped after {} entries: {why}.", error.examined);
    let of = |rule| Finding::of(rule, place.whole(), message);
    match cause {
        Cause::Source(_) => of(&rules::BACKUP_UNREADABLE),
        Cause::Scratch(_) => of(&rules::SCRATCH_UNUSABLE),
        Cause::TooMuch { .. } => of(&rules::RESTORE_OVER_LIMIT),
        Cause::WindowTooLarge { .. } => of(&rules::RESTORE_OVER_LIMIT).with_remedy(RAISE_WINDOW),
        Cause::Cancelled => of(&rules::RESTORE_CANCELLED),
        Cause::UnknownFormat | Cause::NotReadToTheEnd => of(&rules::ARCHIVE_NOT_JUDGED),
        Cause::NotAge | Cause::HeaderTooLong => of(&rules::BACKUP_NOT_DECRYPTABLE),
        Cause::NoMatchingIdentity => of(&rules::BACKUP_NOT_DECRYPTABLE).with_remedy(ESCROW),
        Cause::NotAuthentic => of(&rules::BACKUP_TAMPERED),
        Cause::Truncated { .. } => of(&rules::BACKUP_TRUNCATED),
        Cause::TrailingBytes { .. } | Cause::ArchiveTooLong { .. } => {
            of(&rules::BACKUP_TRAILING_BYTES)
        }
        Cause::Decompress(_) | Cause::Archive(_) => of(&rules::ARCHIVE_DAMAGED),
        Cause::OverLimit { .. } => of(&rules::ARCHIVE_OVER_LIMIT),
    }
}

/// Tells what probes found wrong, what they could not find out, and which dumps none has loaded.
#[must_use]
pub fn probed(place: Place<'_>, probed: &Probed) -> Vec<Finding> {
    let findings = probed.results.iter().filter_map(|result| {
        let location = place.entry(&result.path);
        let message = sentence(&result.examined.message);
        let is_dump = result.probe == Dump.name();
        let rule = match result.examined.verdict {
            Verdict::Pass => return None,
            Verdict::Unknown if is_dump => &rules::DUMP_NOT_CHECKED,
            Verdict::Unknown => &rules::DATABASE_NOT_CHECKED,
            Verdict::Fail if is_dump => &rules::DUMP_TRUNCATED,
            Verdict::Fail => &rules::DATABASE_CORRUPT,
        };
        Some(Finding::of(rule, location, message))
    });
    let mut findings = capped(place, findings);
    findings.extend(not_loaded(place, probed));
    findings
}

/// Names the dumps that were seen and not loaded, by how far they were looked at.
fn not_loaded(place: Place<'_>, probed: &Probed) -> Option<Finding> {
    let of = |looked| {
        let results = probed.results.iter().filter(move |it| it.examined.looked == looked);
        let names: Vec<&str> = results.map(|it| it.path.as_str()).collect();
        (!names.is_empty()).then(|| counted(&names))
    };
    let at_end = of(Looked::AtItsEnd).map(|names| format!("the end is there of {names}"));
    let nowhere = of(Looked::Nowhere).map(|names| format!("nothing was looked at of {names}"));
    let parts: Vec<String> = at_end.into_iter().chain(nowhere).collect();
    let message = format!("Database dumps were not loaded into a database: {}.", parts.join("; "));
    (!parts.is_empty()).then(|| Finding::of(&rules::DUMP_NOT_PROBED, place.whole(), message))
}

fn counted(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).map(|name| format!("`{}`", paths::shown(name)));
    let list = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => format!("{} ({list})", names.len()),
        more => format!("{} ({list} and {more} more)", names.len()),
    }
}

/// The restore took too long: `taken` is everything from the request to the last probe.
#[must_use]
pub fn rto_exceeded(place: Place<'_>, taken: Duration, target: Duration) -> Finding {
    Finding::of(
        &rules::RTO_EXCEEDED,
        place.whole(),
        format!(
            "The restore took {}; the recovery time objective is {}.",
            shown(taken),
            shown(target)
        ),
    )
}

fn of(place: Place<'_>, difference: &Difference) -> Finding {
    let entry = |rule, path: &str, message: String| Finding::of(rule, place.entry(path), message);
    let metadata = |path, message| entry(&rules::RESTORE_METADATA_MISMATCH, path, message);
    match difference {
        Difference::Ciphertext { promised, found } => Finding::of(
            &rules::RESTORE_DIGEST_MISMATCH,
            place.whole(),
            format!("The object has the digest {found}; the manifest promises {promised}."),
        ),
        Difference::Archive { promised, found } => Finding::of(
            &rules::RESTORE_DIGEST_MISMATCH,
            place.whole(),
            format!("The archive inside has the digest {found}; the manifest promises {promised}."),
        ),
        Difference::Missing { path } => entry(
            &rules::RESTORE_MISSING_ENTRY,
            path,
            "The manifest promises this entry, and the backup does not hold it.".to_owned(),
        ),
        Difference::Extra { path } => entry(
            &rules::RESTORE_EXTRA_ENTRY,
            path,
            "The backup holds this entry, and the manifest does not promise it.".to_owned(),
        ),
        Difference::Size { path, promised, found } => entry(
            &rules::RESTORE_DIGEST_MISMATCH,
            path,
            format!("The file has {found} bytes; the manifest promises {promised}."),
        ),
        Difference::Digest { path, promised, found } => entry(
            &rules::RESTORE_DIGEST_MISMATCH,
            path,
            format!("The file has the digest {found}; the manifest promises {promised}."),
        ),
        Difference::Kind { path, promised, found } => {
            metadata(path, format!("The entry is a {found}; the manifest promises a {promised}."))
        }
        Difference::Mode { path, promised, found } => metadata(
            path,
            format!("The entry has the mode {found:04o}; the manifest promises {promised:04o}."),
        ),
        Difference::Modified { path, promised, found } => metadata(
            path,
            format!(
                "The entry was changed {found} seconds after 1970; the manifest promises {promised}."
            ),
        ),
        Difference::Owner { path, promised, found } => metadata(
            path,
            format!("The entry belongs to {found}; the manifest promises {promised}."),
        ),
        Difference::FirstName { path, promised, found } => metadata(
            path,
            format!(
                "The entry is a further name of `{}`; the manifest promises one of `{}`, restored before it.",
                paths::shown(found),
                paths::shown(promised)
            ),
        ),
        Difference::Target { path, promised, found } => metadata(
            path,
            format!(
                "The link leads to `{}`; the manifest promises `{}`.",
                paths::shown(found),
                paths::shown(promised)
            ),
        ),
        Difference::Refused { path, refusal } => Finding::of(
            &rules::RESTORE_REFUSED_ENTRY,
            place.entry(path),
            format!("The entry was not restored: {refusal}."),
        ),
    }
}

fn remarked(place: Place<'_>, remark: &Remark) -> Finding {
    match remark {
        Remark::OwnersNotKept => Finding::of(
            &rules::RESTORE_OWNERS_NOT_KEPT,
            place.whole(),
            "The backup keeps neither owners nor hard links: an earlier version made it.",
        ),
        Remark::LinkLeaves { path, target } => Finding::of(
            &rules::RESTORE_LINK_OUTSIDE,
            place.entry(path),
            format!(
                "The link leads out of the backup, to `{}`, as promised.",
                paths::shown(target)
            ),
        ),
        Remark::CaseClash { path, other } => Finding::of(
            &rules::RESTORE_CASE_CLASH,
            place.entry(path),
            format!(
                "`{}` differs only in case: a file system that ignores case would lose one.",
                paths::shown(other)
            ),
        ),
    }
}

/// Makes a sentence of a message: a capital first and a full stop last.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase);
    let text: String = first.into_iter().flatten().chain(letters).collect();
    format!("{}.", text.trim_end_matches('.'))
}
