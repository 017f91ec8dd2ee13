//! Every rule of backups: regions, copies, retention, restore and what is made.

beleg_model::rules! {
    // What makes a backup.
    BACKUP_INCOMPLETE = "backup-incomplete", Unknown,
        "Data that was meant to be in the backup is not.",
        "Let whoever makes the backups read it, or leave it out with `--exclude`.",
        ["BAK-1"];
    BACKUP_FILE_CHANGED = "backup-file-changed", Fault(Low),
        "A file changed while it was backed up, so that what is stored may never have existed.",
        "Back it up from a snapshot, or through the own backup command of what writes to it.",
        ["BAK-1"];
    BACKUP_LEFT_OUT = "backup-left-out", Remark,
        "Something in the source is not in the backup, as was asked or because it holds no data.",
        "Nothing to do.";
    BACKUP_ATTRIBUTES_NOT_KEPT = "backup-attributes-not-kept", Remark,
        "Entries have extended attributes, access control lists or capabilities that the backup \
         does not keep.",
        "Nothing to do, unless what is restored needs them: set them again after a restore.";
    BACKUP_EMPTY = "backup-empty", Unknown,
        "The backup holds not one file, so that nothing was restored.",
        "Find out whether the source was mounted when the backup was made, and make a new one.",
        ["BAK-1", "BAK-3"];

    // What is in the regions.
    REGION_UNREADABLE = "region-unreadable", Unknown,
        "A region could not be listed.",
        "Check the region's URL, its credentials and the network, and run again.",
        ["BAK-2"];
    REGION_ABSENT = "region-absent", Fault(Critical),
        "A region that was promised does not exist.",
        "Make the folder or bucket and copy the backups there, or set the region's URL right.",
        ["BAK-2"];
    REGIONS_ARE_ONE_PLACE = "regions-are-one-place", Fault(Critical),
        "Two regions are one place, so that one accident takes both copies.",
        "Store the backups in a second place, and name that as the region's URL.",
        ["BAK-2"];
    REGIONS_NOT_TOLD_APART = "regions-not-told-apart", Unknown,
        "Two regions may be one place under two names.",
        "Set `canary = true` for the backup, with credentials that may write, to find out by \
         writing an object; or name places that differ in more than the endpoint.",
        ["BAK-2"];
    REGIONS_SHARE_BUCKET = "regions-share-bucket", Remark,
        "Two regions are prefixes of one bucket: what takes the bucket takes both.",
        "Use a bucket in another region, where the promise is two regions.",
        ["BAK-2"];
    REGION_MISSING_BACKUP = "region-missing-backup", Fault(High),
        "A region lacks a backup that it must hold.",
        "Repair the replication to this region and copy the backup, its manifest included.",
        ["BAK-1", "BAK-2"];
    REGION_COPY_PENDING = "region-copy-pending", Unknown,
        "A young backup is not in every region yet; that it will come is not known.",
        "Run the restore test when the replication has ended; find out why if it does not end.",
        ["BAK-2"];
    REGION_COPIES_DIFFER = "region-copies-differ", Fault(Critical),
        "Copies of one backup have signed manifests that promise different content.",
        "Find out which copy is the right one by restoring each, and replace the others.",
        ["BAK-2"];
    UNRECOGNISED_OBJECTS = "unrecognised-objects", Remark,
        "There are objects beside the backups that no backup's name fits.",
        "Keep backups under a prefix of their own.";
    RPO_EXCEEDED = "rpo-exceeded", Fault(High),
        "The newest backup of a region is older than the recovery point objective.",
        "Find out why no newer backup was made or copied, and make one now.",
        ["BAK-1"];
    RETENTION_EXCEEDED = "retention-exceeded", Fault(High),
        "A backup, or an old version of one, is older than any may be.",
        "Delete the backup and its manifest, every version of both, and repair the expiry rule.",
        ["RET-1"];
    RETENTION_UNPROVED = "retention-unproved", Unknown,
        "The age of something stored is not proved.",
        "Mend what is wrong with the manifests, or delete what has none.",
        ["RET-1"];
    COVERAGE_TOO_SHORT = "coverage-too-short", Fault(Medium),
        "The backups of a region do not reach back as far as they must.",
        "Find out whether backups are deleted too early. A new region grows into it by itself.",
        ["RET-1"];

    // What a manifest promises.
    MANIFEST_MISSING = "manifest-missing", Fault(High),
        "A backup has no manifest beside it, so that nobody can say what it should hold.",
        "Copy the `.manifest.json` object that was made with the backup, or make a new backup.",
        ["BAK-3"];
    MANIFEST_UNREADABLE = "manifest-unreadable", Unknown,
        "A manifest is listed and could not be fetched.",
        "Check the credentials and the network, and run again.",
        ["BAK-3"];
    MANIFEST_NOT_CHECKED = "manifest-not-checked", Unknown,
        "There is no trusted key to check a manifest's signature with.",
        "Configure the public key of whoever makes the backups.",
        ["BAK-3"];
    MANIFEST_SIGNATURE_INVALID = "manifest-signature-invalid", Fault(Critical),
        "No trusted key has signed a manifest.",
        "Find out who changed the manifest. Until then, believe nothing about this backup.",
        ["BAK-3"];
    MANIFEST_REFUSED = "manifest-refused", Fault(High),
        "A trusted key has signed a manifest that is not sound.",
        "Make a new backup with a current version of beleg, and look at the signing key's use.",
        ["BAK-3"];
    MANIFEST_MISMATCH = "manifest-mismatch", Fault(Critical),
        "The manifest beside a backup was signed for another one.",
        "Find out who gave the objects new names; an old backup may pose as a new one.",
        ["BAK-3"];
    BACKUP_OBJECT_MISSING = "backup-object-missing", Fault(High),
        "A manifest is here, and the backup that it describes is not.",
        "Copy the backup here again, or delete the manifest if the backup was meant to go.",
        ["BAK-3"];
    BACKUP_FROM_FUTURE = "backup-from-future", Unknown,
        "A manifest says that its backup was made after now.",
        "Set the clocks of both machines right and make a new backup.",
        ["BAK-1"];

    // What a restore shows.
    BACKUP_UNREADABLE = "backup-unreadable", Unknown,
        "A backup could not be fetched to its end.",
        "Check the region's URL, its credentials and the network, and run again.",
        ["BAK-3"];
    BACKUP_NOT_DECRYPTABLE = "backup-not-decryptable", Fault(Critical),
        "The identities do not open the backup.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3", "ENC-2"];
    BACKUP_TAMPERED = "backup-tampered", Fault(Critical),
        "A part of the backup was changed after it was encrypted.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3", "ENC-2"];
    BACKUP_TRUNCATED = "backup-truncated", Fault(Critical),
        "The backup ends too early.",
        "Replace this copy with one that restores, and find out what cut it.",
        ["BAK-3"];
    BACKUP_TRAILING_BYTES = "backup-trailing-bytes", Fault(Critical),
        "The backup goes on where it should end.",
        "Replace this copy with one that restores, and find out what extended it.",
        ["BAK-3"];
    ARCHIVE_DAMAGED = "archive-damaged", Fault(Critical),
        "What was decrypted is no whole archive.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3"];
    ARCHIVE_NOT_JUDGED = "archive-not-judged", Unknown,
        "What was decrypted could not be judged to its end, through a fault of beleg's own.",
        "Report this as a bug of beleg.",
        ["BAK-3"];
    ARCHIVE_OVER_LIMIT = "archive-over-limit", Fault(Critical),
        "The archive holds more than any backup of beleg can: names, headers or entries beyond \
         what the format allows.",
        "A backup made by beleg never holds this. Find out who made the archive and how it got here.",
        ["BAK-3"];
    RESTORE_OVER_LIMIT = "restore-over-limit", Unknown,
        "The backup is larger than the limits of the machine that restores it.",
        "Raise the limit of restored bytes and provide that much scratch space.",
        ["BAK-3"];
    RESTORE_CANCELLED = "restore-cancelled", Unknown,
        "The restore was cancelled.",
        "Run the restore test again.",
        ["BAK-3"];
    RESTORE_DIGEST_MISMATCH = "restore-digest-mismatch", Fault(Critical),
        "Restored bytes are not those that the manifest promises.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3"];
    RESTORE_MISSING_ENTRY = "restore-missing-entry", Fault(Critical),
        "An entry that the manifest promises is not in the backup.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3"];
    RESTORE_EXTRA_ENTRY = "restore-extra-entry", Fault(Critical),
        "The backup holds an entry that the manifest does not promise.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3"];
    RESTORE_METADATA_MISMATCH = "restore-metadata-mismatch", Fault(High),
        "An entry is not of the kind, mode, owner, time or target promised.",
        "Replace this copy with one that restores, and find out what changed it since it was made.",
        ["BAK-3"];
    RESTORE_REFUSED_ENTRY = "restore-refused-entry", Fault(Critical),
        "An entry of the backup is not safe to restore.",
        "A backup made by beleg never holds this. Find out who made the archive and how it got here.",
        ["BAK-3"];
    RESTORE_OWNERS_NOT_KEPT = "restore-owners-not-kept", Remark,
        "The backup keeps neither owners nor hard links: an earlier version of beleg made it.",
        "Make new backups with a current version of beleg.";
    RESTORE_LINK_OUTSIDE = "restore-link-outside", Remark,
        "A symbolic link leads out of the backup, as promised.",
        "Nothing to do, if what it leads to is backed up elsewhere.";
    RESTORE_CASE_CLASH = "restore-case-clash", Remark,
        "Two paths differ only in case: a file system that ignores case would lose one.",
        "Restore to a file system that keeps case.";
    RTO_EXCEEDED = "rto-exceeded", Fault(High),
        "The restore took longer than the recovery time objective.",
        "Look at the timings for the slowest stage: move the backup nearer, or make it smaller.",
        ["BAK-4"];
    DATABASE_CORRUPT = "database-corrupt", Fault(Critical),
        "A restored database fails its integrity check.",
        "If the file is as promised, the original was broken or copied while in use: check it, and \
         back it up through the database's own backup command.",
        ["BAK-3"];
    DATABASE_NOT_CHECKED = "database-not-checked", Unknown,
        "A restored database could not be checked.",
        "Back databases up through their own backup command, such as `VACUUM INTO`.",
        ["BAK-3"];
    DUMP_TRUNCATED = "dump-truncated", Fault(Critical),
        "A restored database dump does not come to its end, or does not unpack.",
        "If the file is as promised, the dump was cut off when it was made: look at the exit code \
         and the disk space of what makes it, and make a new one.",
        ["BAK-3"];
    DUMP_NOT_CHECKED = "dump-not-checked", Unknown,
        "Whether a restored database dump comes to its end could not be found out.",
        "Load it into a database by hand, or make a new one with the database's own command.",
        ["BAK-3"];
    DUMP_NOT_PROBED = "dump-not-probed", Remark,
        "There are database dumps in the backup, and none was loaded into a database.",
        "Load them into a database now and then: only that shows that they restore.";

    // What a restore leaves.
    SCRATCH_UNUSABLE = "scratch-unusable", Unknown,
        "The scratch folder could not be used.",
        "Give the scratch folder a Linux file system with enough space, and run again.",
        ["BAK-3"];
    SCRATCH_NOT_WIPED = "scratch-not-wiped", Fault(High),
        "Restored data may be left in the scratch folder.",
        "Delete the folder by hand, and give the job a scratch folder that it may delete in.",
        ["ENC-2"];
    SCRATCH_LEFT_BEHIND = "scratch-left-behind", Remark,
        "A run that was killed had left something in the scratch folder.",
        "Nothing to do where it was wiped; delete by hand what was left alone.";
}
