use super::{Place, plural, region, shown};
use crate::{BackupName, ManifestError, rules};
use beleg_model::{Finding, Severity, chain};
use jiff::Timestamp;
use std::time::Duration;

/// A region could not be listed.
#[must_use]
pub fn region_unreadable(name: &str, why: &str) -> Finding {
    Finding::of(
        &rules::REGION_UNREADABLE,
        region(name),
        format!("The region could not be listed: {why}."),
    )
}

/// A region that was promised does not exist.
#[must_use]
pub fn region_absent(name: &str, why: &str) -> Finding {
    Finding::of(&rules::REGION_ABSENT, region(name), format!("The region does not exist: {why}."))
}

/// Two regions are one place, so that one accident takes both.
#[must_use]
pub fn regions_are_one(one: &str, other: &str, why: &str) -> Finding {
    Finding::of(
        &rules::REGIONS_ARE_ONE_PLACE,
        region(other),
        format!("The region is the same place as the region {one}: {why}. One copy is not two."),
    )
}

/// Nothing that can be read tells two regions apart.
#[must_use]
pub fn regions_untold(one: &str, other: &str, why: &str) -> Finding {
    Finding::of(
        &rules::REGIONS_NOT_TOLD_APART,
        region(other),
        format!("The region and the region {one} may be one place under two names: {why}."),
    )
}

/// Two regions are prefixes of one bucket.
#[must_use]
pub fn regions_share_bucket(one: &str, other: &str) -> Finding {
    Finding::of(
        &rules::REGIONS_SHARE_BUCKET,
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
    Finding::of(&rules::RETENTION_UNPROVED, region(name), format!(
            "Whether deleted backups are still kept as old versions could not be found out: {why}."
        )).with_remedy("Allow the credentials to list versions (`s3:ListBucketVersions`, `s3:GetBucketVersioning`); where a store has no such list, this cannot be proved.")
}

/// A backup or manifest that was deleted or replaced is still kept, and is too old.
#[must_use]
pub fn old_version_exceeds(place: Place<'_>, id: &str, age: Duration, limit: Duration) -> Finding {
    Finding::of(&rules::RETENTION_EXCEEDED, place.whole(), format!(
            "The version `{id}` of the object was deleted or replaced and is still kept; its backup is {} old, and none may be older than {}.",
            shown(age),
            shown(limit)
        )).with_remedy("Delete the version, and let the bucket's lifecycle rule expire noncurrent versions too.")
}

/// Old versions are kept that no manifest dates.
#[must_use]
pub fn old_versions_undated(name: &str, count: u64) -> Finding {
    Finding::of(
        &rules::RETENTION_UNPROVED,
        region(name),
        format!("The age of {} is not proved by a signed manifest.", plural(count, "old version")),
    )
    .with_remedy(
        "Let the lifecycle rule expire noncurrent versions of backups and manifests together.",
    )
}

/// Old versions are kept of objects that are no backups.
#[must_use]
pub fn old_versions_unrecognised(name: &str, objects: &[&str]) -> Finding {
    Finding::of(
        &rules::RETENTION_UNPROVED,
        region(name),
        format!(
            "The region keeps {} of objects that no backup's name fits, such as {}.",
            plural(objects.len() as u64, "old version"),
            examples(objects)
        ),
    )
    .with_remedy(
        "Keep backups under a prefix of their own, so that the age of all of it can be proved.",
    )
}

/// A region holds no backup that can be believed. `listed` counts those that cannot, `dated` those of
/// them whose manifest is believed and whose object is not what it promises.
#[must_use]
pub fn region_empty(name: &str, backup: &str, listed: usize, dated: usize) -> Finding {
    let message = match (listed, dated) {
        (0, _) => format!("The region holds no backup `{backup}`."),
        (_, 1..) => format!(
            "The region holds {} `{backup}`, none of which is whole: of {} the manifest is believed, and the object has another size.",
            plural(listed as u64, "backup"),
            plural(dated as u64, "backup")
        ),
        _ => format!(
            "The region holds {} `{backup}`, none of which has a manifest that is believed.",
            plural(listed as u64, "backup")
        ),
    };
    Finding::of(&rules::REGION_MISSING_BACKUP, region(name), message)
        .with_severity(Severity::Critical)
        .with_remedy("Make or copy a backup to this region, and find out why none arrived.")
}

/// A backup is not in a region, and has had time enough to get there.
#[must_use]
pub fn copy_missing(place: Place<'_>, holders: &[&str], age: Duration) -> Finding {
    Finding::of(
        &rules::REGION_MISSING_BACKUP,
        place.whole(),
        format!("The backup is {} old and is in {}, but not here.", shown(age), holders.join(", ")),
    )
}

/// A backup is not in a region yet, within the recovery point objective. That it will come is not
/// known.
#[must_use]
pub fn copy_on_its_way(place: Place<'_>, holders: &[&str], age: Duration) -> Finding {
    Finding::of(
        &rules::REGION_COPY_PENDING,
        place.whole(),
        format!(
            "The backup is {} old and is in {}, but not here yet.",
            shown(age),
            holders.join(", ")
        ),
    )
}

/// Copies of one backup are neither the same object nor of the same content.
#[must_use]
pub fn copies_differ(object: &str, one: &str, others: &[&str]) -> Finding {
    Finding::of(
        &rules::REGION_COPIES_DIFFER,
        object,
        format!(
            "The signed manifest in {one} and the one in {} promise different content.",
            others.join(", ")
        ),
    )
}

/// The newest backup of a region is too old.
#[must_use]
pub fn rpo_exceeded(place: Place<'_>, age: Duration, target: Duration) -> Finding {
    Finding::of(
        &rules::RPO_EXCEEDED,
        place.whole(),
        format!(
            "The newest backup of the region is {} old; the recovery point objective is {}.",
            shown(age),
            shown(target)
        ),
    )
}

/// A backup has no manifest beside it.
#[must_use]
pub fn manifest_missing(place: Place<'_>) -> Finding {
    Finding::of(
        &rules::MANIFEST_MISSING,
        place.whole(),
        "The backup has no manifest beside it, so nobody can say what it should hold.",
    )
}

/// A manifest is listed and could not be read.
#[must_use]
pub fn manifest_unread(place: Place<'_>, why: &str) -> Finding {
    Finding::of(
        &rules::MANIFEST_UNREADABLE,
        place.whole(),
        format!("The backup's manifest could not be read: {why}."),
    )
}

/// A manifest was read and is not believed.
#[must_use]
pub fn manifest_refused(place: Place<'_>, error: &ManifestError) -> Finding {
    let why = chain(error);
    match error {
        ManifestError::NoTrustedKey => Finding::of(
            &rules::MANIFEST_NOT_CHECKED,
            place.whole(),
            "There is no trusted key to check the manifest's signature with.",
        ),
        ManifestError::NotTrusted | ManifestError::Envelope(_) | ManifestError::WrongRoot => {
            Finding::of(
                &rules::MANIFEST_SIGNATURE_INVALID,
                place.whole(),
                format!("The manifest has no valid signature: {why}."),
            )
        }
        _ => Finding::of(
            &rules::MANIFEST_REFUSED,
            place.whole(),
            format!("A trusted key has signed the manifest, but it is not sound: {why}."),
        ),
    }
}

/// A manifest is beside a backup that it is not about.
#[must_use]
pub fn manifest_of_another(place: Place<'_>, signed: &BackupName) -> Finding {
    Finding::of(
        &rules::MANIFEST_MISMATCH,
        place.whole(),
        format!("The manifest beside the backup was signed for `{signed}`."),
    )
}

/// A manifest has no backup beside it.
#[must_use]
pub fn backup_object_missing(place: Place<'_>) -> Finding {
    Finding::of(
        &rules::BACKUP_OBJECT_MISSING,
        place.whole(),
        "The manifest is here, but the backup that it describes is not.",
    )
}

/// A backup says that it was made after now.
#[must_use]
pub fn from_the_future(place: Place<'_>, created: Timestamp) -> Finding {
    Finding::of(
        &rules::BACKUP_FROM_FUTURE,
        place.whole(),
        format!("The manifest says that the backup was made at {created}, which is after now."),
    )
}

/// A backup's listed size is not the one promised.
#[must_use]
pub fn listed_size(place: Place<'_>, promised: u64, found: u64) -> Finding {
    let rule =
        if found < promised { rules::BACKUP_TRUNCATED } else { rules::BACKUP_TRAILING_BYTES };
    let message = format!("The object has {found} bytes; the manifest promises {promised}.");
    Finding::of(&rule, place.whole(), message)
}

/// A backup is older than any may be.
#[must_use]
pub fn retention_exceeded(place: Place<'_>, age: Duration, limit: Duration) -> Finding {
    Finding::of(
        &rules::RETENTION_EXCEEDED,
        place.whole(),
        format!("The backup is {} old; none may be older than {}.", shown(age), shown(limit)),
    )
}

/// Some backups have no believed manifest, so nothing proves how old they are.
#[must_use]
pub fn retention_unproved(name: &str, undated: usize) -> Finding {
    Finding::of(
        &rules::RETENTION_UNPROVED,
        region(name),
        format!(
            "The age of {} is not proved by a signed manifest.",
            plural(undated as u64, "backup")
        ),
    )
    .with_remedy("Mend what is wrong with their manifests, or delete the backups.")
}

/// The backups of a region do not reach back as far as they must.
#[must_use]
pub fn coverage_short(name: &str, reach: Duration, wanted: Duration) -> Finding {
    Finding::of(
        &rules::COVERAGE_TOO_SHORT,
        region(name),
        format!(
            "The oldest backup of the region is {} old; backups must reach back {}.",
            shown(reach),
            shown(wanted)
        ),
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
        Finding::of(&rules::RETENTION_UNPROVED, region(name), message).with_remedy(
            "Keep backups under a prefix of their own, so that the age of all of it can be proved.",
        )
    } else {
        Finding::of(&rules::UNRECOGNISED_OBJECTS, region(name), message)
    }
}

fn examples(objects: &[&str]) -> String {
    let some = objects.iter().take(3);
    let some: Vec<String> =
        some.map(|object| format!("`{}`", object.chars().take(100).collect::<String>())).collect();
    some.join(", ")
}
