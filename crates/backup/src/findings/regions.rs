use super::{Place, plural, region, shown};
use crate::{BackupName, ManifestError};
use beleg_model::{Finding, Severity};
use jiff::Timestamp;
use std::error::Error as _;
use std::time::Duration;

/// A region could not be listed.
#[must_use]
pub fn region_unreadable(name: &str, why: &str) -> Finding {
    Finding::unknown(
        "region-not-readable",
        region(name),
        format!("The region could not be listed: {why}."),
        "Check the region's URL, its credentials and the network, and run again.",
    )
}

/// A region that was promised does not exist.
#[must_use]
pub fn region_absent(name: &str, why: &str) -> Finding {
    Finding::fault(
        "region-absent",
        Severity::Critical,
        region(name),
        format!("The region does not exist: {why}."),
        "Make the folder or bucket and copy the backups there, or set the region's URL right.",
    )
}

/// Two regions are one place, so that one accident takes both.
#[must_use]
pub fn regions_are_one(one: &str, other: &str, why: &str) -> Finding {
    Finding::fault(
        "regions-are-one-place",
        Severity::Critical,
        region(other),
        format!("The region is the same place as the region {one}: {why}. One copy is not two."),
        "Store the backups in a second place, and name that as the region's URL.",
    )
}

/// Nothing that can be read tells two regions apart.
#[must_use]
pub fn regions_untold(one: &str, other: &str, why: &str) -> Finding {
    Finding::unknown(
        "regions-not-told-apart",
        region(other),
        format!("The region and the region {one} may be one place under two names: {why}."),
        "Set `canary = true` for the backup, with credentials that may write, to find out by writing an object; or name places that differ in more than the endpoint.",
    )
}

/// Two regions are prefixes of one bucket.
#[must_use]
pub fn regions_share_bucket(one: &str, other: &str) -> Finding {
    Finding::remark(
        "regions-share-bucket",
        region(other),
        format!(
            "The region is in the same bucket as the region {one}: what takes the bucket takes both."
        ),
    )
}

/// The old versions of a region's objects could not be listed, where the age of everything must
/// be proved.
#[must_use]
pub fn versions_unlisted(name: &str, why: &str) -> Finding {
    Finding::unknown(
        "retention-unproved",
        region(name),
        format!(
            "Whether deleted backups are still kept as old versions could not be found out: {why}."
        ),
        "Allow the credentials to list versions (`s3:ListBucketVersions`, `s3:GetBucketVersioning`); where a store has no such list, this cannot be proved.",
    )
}

/// A backup or manifest that was deleted or replaced is still kept, and is too old.
#[must_use]
pub fn old_version_exceeds(place: Place<'_>, id: &str, age: Duration, limit: Duration) -> Finding {
    Finding::fault(
        "retention-exceeded",
        Severity::High,
        place.whole(),
        format!(
            "The version `{id}` of the object was deleted or replaced and is still kept; its backup is {} old, and none may be older than {}.",
            shown(age),
            shown(limit)
        ),
        "Delete the version, and let the bucket's lifecycle rule expire noncurrent versions too.",
    )
}

/// Old versions are kept that no manifest dates.
#[must_use]
pub fn old_versions_undated(name: &str, count: u64) -> Finding {
    Finding::unknown(
        "retention-unproved",
        region(name),
        format!("The age of {} is not proved by a signed manifest.", plural(count, "old version")),
        "Let the lifecycle rule expire noncurrent versions of backups and manifests together.",
    )
}

/// Old versions are kept of objects that are no backups.
#[must_use]
pub fn old_versions_unrecognised(name: &str, objects: &[&str]) -> Finding {
    Finding::unknown(
        "retention-unproved",
        region(name),
        format!(
            "The region keeps {} of objects that no backup's name fits, such as {}.",
            plural(objects.len() as u64, "old version"),
            examples(objects)
        ),
        "Keep backups under a prefix of their own, so that the age of all of it can be proved.",
    )
}

/// A region holds no backup that can be believed. `listed` counts those that cannot.
#[must_use]
pub fn region_empty(name: &str, backup: &str, listed: usize) -> Finding {
    let message = match listed {
        0 => format!("The region holds no backup `{backup}`."),
        _ => format!(
            "The region holds {} `{backup}`, none of which has a manifest that is believed.",
            plural(listed as u64, "backup")
        ),
    };
    Finding::fault(
        "region-missing-backup",
        Severity::Critical,
        region(name),
        message,
        "Make or copy a backup to this region, and find out why none arrived.",
    )
}

/// A backup is not in a region, and has had time enough to get there.
#[must_use]
pub fn copy_missing(place: Place<'_>, holders: &[&str], age: Duration) -> Finding {
    Finding::fault(
        "region-missing-backup",
        Severity::High,
        place.whole(),
        format!("The backup is {} old and is in {}, but not here.", shown(age), holders.join(", ")),
        "Repair the replication to this region and copy the backup, its manifest included.",
    )
}

/// A backup is not in a region yet, within the recovery point objective. That it will come is not
/// known.
#[must_use]
pub fn copy_on_its_way(place: Place<'_>, holders: &[&str], age: Duration) -> Finding {
    Finding::unknown(
        "region-copy-pending",
        place.whole(),
        format!(
            "The backup is {} old and is in {}, but not here yet.",
            shown(age),
            holders.join(", ")
        ),
        "Run the restore test when the replication has ended; find out why if it does not end.",
    )
}

/// Copies of one backup are neither the same object nor of the same content.
#[must_use]
pub fn copies_differ(object: &str, one: &str, others: &[&str]) -> Finding {
    Finding::fault(
        "region-copies-differ",
        Severity::Critical,
        object,
        format!(
            "The signed manifest in {one} and the one in {} promise different content.",
            others.join(", ")
        ),
        "Find out which copy is the right one by restoring each, and replace the others.",
    )
}

/// The newest backup of a region is too old.
#[must_use]
pub fn rpo_exceeded(place: Place<'_>, age: Duration, target: Duration) -> Finding {
    Finding::fault(
        "rpo-exceeded",
        Severity::High,
        place.whole(),
        format!(
            "The newest backup of the region is {} old; the recovery point objective is {}.",
            shown(age),
            shown(target)
        ),
        "Find out why no newer backup was made or copied, and make one now.",
    )
}

/// A backup has no manifest beside it.
#[must_use]
pub fn manifest_missing(place: Place<'_>) -> Finding {
    Finding::fault(
        "manifest-missing",
        Severity::High,
        place.whole(),
        "The backup has no manifest beside it, so nobody can say what it should hold.",
        "Copy the `.manifest.json` object that was made with the backup, or make a new backup.",
    )
}

/// A manifest is listed and could not be read.
#[must_use]
pub fn manifest_unread(place: Place<'_>, why: &str) -> Finding {
    Finding::unknown(
        "manifest-not-readable",
        place.whole(),
        format!("The backup's manifest could not be read: {why}."),
        "Check the credentials and the network, and run again.",
    )
}

/// A manifest was read and is not believed.
#[must_use]
pub fn manifest_refused(place: Place<'_>, error: &ManifestError) -> Finding {
    let why =
        error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    match error {
        ManifestError::NoTrustedKey => Finding::unknown(
            "manifest-not-checked",
            place.whole(),
            "There is no trusted key to check the manifest's signature with.",
            "Configure the public key of whoever makes the backups.",
        ),
        ManifestError::NotTrusted | ManifestError::Envelope(_) | ManifestError::WrongRoot => {
            Finding::fault(
                "manifest-signature-invalid",
                Severity::Critical,
                place.whole(),
                format!("The manifest has no valid signature: {why}."),
                "Find out who changed the manifest. Until then, believe nothing about this backup.",
            )
        }
        _ => Finding::fault(
            "manifest-refused",
            Severity::High,
            place.whole(),
            format!("A trusted key has signed the manifest, but it is not sound: {why}."),
            "Make a new backup with a current version of beleg, and look at the signing key's use.",
        ),
    }
}

/// A manifest is beside a backup that it is not about.
#[must_use]
pub fn manifest_of_another(place: Place<'_>, signed: &BackupName) -> Finding {
    Finding::fault(
        "manifest-mismatch",
        Severity::Critical,
        place.whole(),
        format!("The manifest beside the backup was signed for `{signed}`."),
        "Find out who gave the objects new names; an old backup may pose as a new one.",
    )
}

/// A manifest has no backup beside it.
#[must_use]
pub fn backup_object_missing(place: Place<'_>) -> Finding {
    Finding::fault(
        "backup-object-missing",
        Severity::High,
        place.whole(),
        "The manifest is here, but the backup that it describes is not.",
        "Copy the backup here again, or delete the manifest if the backup was meant to go.",
    )
}

/// A backup says that it was made after now.
#[must_use]
pub fn from_the_future(place: Place<'_>, created: Timestamp) -> Finding {
    Finding::unknown(
        "backup-from-future",
        place.whole(),
        format!("The manifest says that the backup was made at {created}, which is after now."),
        "Set the clocks of both machines right and make a new backup.",
    )
}

/// A backup's listed size is not the one promised.
#[must_use]
pub fn listed_size(place: Place<'_>, promised: u64, found: u64) -> Finding {
    let rule = if found < promised { "backup-truncated" } else { "backup-trailing-bytes" };
    Finding::fault(
        rule,
        Severity::Critical,
        place.whole(),
        format!("The object has {found} bytes; the manifest promises {promised}."),
        "Copy the backup from a region whose copy restores, and find out what cut or extended it.",
    )
}

/// A backup is older than any may be.
#[must_use]
pub fn retention_exceeded(place: Place<'_>, age: Duration, limit: Duration) -> Finding {
    Finding::fault(
        "retention-exceeded",
        Severity::High,
        place.whole(),
        format!("The backup is {} old; none may be older than {}.", shown(age), shown(limit)),
        "Delete the backup and its manifest, every version of both, and repair the expiry rule.",
    )
}

/// Some backups have no believed manifest, so nothing proves how old they are.
#[must_use]
pub fn retention_unproved(name: &str, undated: usize) -> Finding {
    Finding::unknown(
        "retention-unproved",
        region(name),
        format!(
            "The age of {} is not proved by a signed manifest.",
            plural(undated as u64, "backup")
        ),
        "Mend what is wrong with their manifests, or delete the backups.",
    )
}

/// The backups of a region do not reach back as far as they must.
#[must_use]
pub fn coverage_short(name: &str, reach: Duration, wanted: Duration) -> Finding {
    Finding::fault(
        "coverage-too-short",
        Severity::Medium,
        region(name),
        format!(
            "The oldest backup of the region is {} old; backups must reach back {}.",
            shown(reach),
            shown(wanted)
        ),
        "Find out whether backups are deleted too early. A new region grows into it by itself.",
    )
}

/// There are objects beside the backups that are none. Where a greatest age must be proved, they
/// stand in the way of it.
#[must_use]
pub fn unrecognised(name: &str, objects: &[&str], is_proof_wanted: bool) -> Finding {
    let message = format!(
        "The region holds {} that no backup's name fits, such as {}.",
        plural(objects.len() as u64, "object"),
        examples(objects)
    );
    if is_proof_wanted {
        Finding::unknown(
            "retention-unproved",
            region(name),
            message,
            "Keep backups under a prefix of their own, so that the age of all of it can be proved.",
        )
    } else {
        Finding::remark("unrecognised-objects", region(name), message)
    }
}

fn examples(objects: &[&str]) -> String {
    let some = objects.iter().take(3);
    let some: Vec<String> =
        some.map(|object| format!("`{}`", object.chars().take(100).collect::<String>())).collect();
    some.join(", ")
}
