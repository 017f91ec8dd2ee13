use super::{Place, capped, shown};
use crate::probes::Probed;
use crate::{Cause, Difference, Measure, Remark, RestoreError, Restored, paths};
use beleg_model::{Finding, Severity, Verdict};
use std::error::Error as _;
use std::time::Duration;

const REPLACE: &str =
    "Replace this copy with one that restores, and find out what changed it since it was made.";
const NEVER_BELEG: &str =
    "A backup made by beleg never holds this. Find out who made the archive and how it got here.";

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
    Finding::unknown(
        "backup-empty",
        place.whole(),
        "The backup holds not one file, so that nothing was restored.",
        "Find out whether the source was mounted when the backup was made, and make a new one.",
    )
}

/// An older backup was read, and is not the object that its manifest promises.
#[must_use]
pub fn other_bytes(place: Place<'_>, promised: &Measure, found: &Measure) -> Finding {
    Finding::fault(
        "restore-digest-mismatch",
        Severity::Critical,
        place.whole(),
        format!("The object read is {found}; the manifest promises {promised}."),
        REPLACE,
    )
}

/// An older backup could not be read to its end.
#[must_use]
pub fn unread(place: Place<'_>, why: &str) -> Finding {
    Finding::unknown(
        "backup-not-readable",
        place.whole(),
        format!("The backup could not be read to its end: {why}."),
        "Check the region's URL, its credentials and the network, and run again.",
    )
}

/// Tells why a restore did not come to its end.
#[must_use]
pub fn stopped(place: Place<'_>, error: &RestoreError) -> Finding {
    let cause = &error.cause;
    let why =
        cause.source().map_or_else(|| cause.to_string(), |source| format!("{cause}: {source}"));
    let message = format!("The restore stopped after {} entries: {why}.", error.examined);
    let unknown = |rule, remedy| Finding::unknown(rule, place.whole(), message.clone(), remedy);
    let fault = |rule, remedy| {
        Finding::fault(rule, Severity::Critical, place.whole(), message.clone(), remedy)
    };
    match cause {
        Cause::Source(_) => unknown(
            "backup-not-readable",
            "Check the region's URL, its credentials and the network, and run again.",
        ),
        Cause::Scratch(_) => unknown(
            "scratch-not-usable",
            "Give the scratch folder a Linux file system with enough space, and run again.",
        ),
        Cause::TooMuch { .. } => unknown(
            "restore-over-limit",
            "Raise the limit of restored bytes and provide that much scratch space.",
        ),
        Cause::WindowTooLarge { .. } => unknown(
            "restore-over-limit",
            "Raise `max-window` of the backup, if the machine that restores has the memory for it.",
        ),
        Cause::Cancelled => unknown("restore-cancelled", "Run the restore test again."),
        Cause::UnknownFormat | Cause::NotReadToTheEnd => {
            unknown("archive-damaged", "Report this as a bug of beleg.")
        }
        Cause::NotAge | Cause::HeaderTooLong => fault("backup-not-decryptable", REPLACE),
        Cause::NoMatchingIdentity => fault(
            "backup-not-decryptable",
            "Test with the identity that is kept in escrow; if that is what you did, make a new backup to its recipient now.",
        ),
        Cause::NotAuthentic => fault("backup-tampered", REPLACE),
        Cause::Truncated { .. } => fault("backup-truncated", REPLACE),
        Cause::TrailingBytes { .. } | Cause::ArchiveTooLong { .. } => {
            fault("backup-trailing-bytes", REPLACE)
        }
        Cause::Decompress(_) | Cause::Archive(_) => fault("archive-damaged", REPLACE),
        Cause::OverLimit { .. } => fault("restore-over-limit", NEVER_BELEG),
    }
}

/// Tells what probes found wrong, and what they could not find out.
#[must_use]
pub fn probed(place: Place<'_>, probed: &Probed) -> Vec<Finding> {
    let findings = probed.results.iter().filter_map(|result| {
        let location = place.entry(&result.path);
        let message = sentence(&result.examined.message);
        match result.examined.verdict {
            Verdict::Pass => None,
            Verdict::Unknown => Some(Finding::unknown(
                "database-not-checked",
                location,
                message,
                "Back databases up through their own backup command, such as `VACUUM INTO`.",
            )),
            Verdict::Fail => Some(Finding::fault(
                "database-corrupt",
                Severity::Critical,
                location,
                message,
                "If the file is as promised, the original was broken or copied while in use: check it, and back it up through the database's own backup command.",
            )),
        }
    });
    capped(place, findings)
}

/// The restore took too long: `taken` is everything from the request to the last probe.
#[must_use]
pub fn rto_exceeded(place: Place<'_>, taken: Duration, target: Duration) -> Finding {
    Finding::fault(
        "rto-exceeded",
        Severity::High,
        place.whole(),
        format!(
            "The restore took {}; the recovery time objective is {}.",
            shown(taken),
            shown(target)
        ),
        "Look at the timings for the slowest stage: move the backup nearer, or make it smaller.",
    )
}

fn of(place: Place<'_>, difference: &Difference) -> Finding {
    let fault = |rule, path: &str, message: String| {
        Finding::fault(rule, Severity::Critical, place.entry(path), message, REPLACE)
    };
    let metadata = |path: &str, message: String| {
        let rule = "restore-metadata-mismatch";
        Finding::fault(rule, Severity::High, place.entry(path), message, REPLACE)
    };
    match difference {
        Difference::Ciphertext { promised, found } => Finding::fault(
            "restore-digest-mismatch",
            Severity::Critical,
            place.whole(),
            format!("The object has the digest {found}; the manifest promises {promised}."),
            REPLACE,
        ),
        Difference::Archive { promised, found } => Finding::fault(
            "restore-digest-mismatch",
            Severity::Critical,
            place.whole(),
            format!("The archive inside has the digest {found}; the manifest promises {promised}."),
            REPLACE,
        ),
        Difference::Missing { path } => fault(
            "restore-missing-entry",
            path,
            "The manifest promises this entry, and the backup does not hold it.".to_owned(),
        ),
        Difference::Extra { path } => fault(
            "restore-extra-entry",
            path,
            "The backup holds this entry, and the manifest does not promise it.".to_owned(),
        ),
        Difference::Size { path, promised, found } => fault(
            "restore-digest-mismatch",
            path,
            format!("The file has {found} bytes; the manifest promises {promised}."),
        ),
        Difference::Digest { path, promised, found } => fault(
            "restore-digest-mismatch",
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
        Difference::Refused { path, refusal } => Finding::fault(
            "restore-refused-entry",
            Severity::Critical,
            place.entry(path),
            format!("The entry was not restored: {refusal}."),
            NEVER_BELEG,
        ),
    }
}

fn remarked(place: Place<'_>, remark: &Remark) -> Finding {
    match remark {
        Remark::OwnersNotKept => Finding::remark(
            "restore-owners-not-kept",
            place.whole(),
            "The backup keeps neither owners nor hard links: an earlier version made it.",
        ),
        Remark::LinkLeaves { path, target } => Finding::remark(
            "restore-link-outside",
            place.entry(path),
            format!(
                "The link leads out of the backup, to `{}`, as promised.",
                paths::shown(target)
            ),
        ),
        Remark::CaseClash { path, other } => Finding::remark(
            "restore-case-clash",
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
