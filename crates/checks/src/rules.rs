//! Every rule of the job kinds: what could not be read, and what they say of a subject beyond what
//! their libraries do.

use beleg_model::Rule;

// The job kinds report these of their own accord too.
pub(crate) use beleg_backup::rules::SCRATCH_UNUSABLE;
pub(crate) use beleg_git::rules::REPOSITORY_UNREADABLE;
pub(crate) use beleg_signature::rules::TRUST_MATERIAL_UNREADABLE;

beleg_model::rules! {
    // What a check needs and cannot have.
    SUBJECT_UNREADABLE = "subject-unreadable", Unknown,
        "The subject, or a file of it, could not be read.",
        "Check the path or URL, that this user may read it, and the network.";
    FOLDER_UNREADABLE = "folder-unreadable", Unknown,
        "A part of a folder was not looked at.",
        "Let this user read it, or name smaller folders.";
    LINK_NOT_FOLLOWED = "link-not-followed", Unknown,
        "A link leads out of the folder that is examined, and was not followed.",
        "Name what it leads to as a subject of its own, if it belongs to the project.";
    POLICY_UNREADABLE = "policy-unreadable", Unknown,
        "The policy could not be read, or has mistakes, so that nothing says what is wanted.",
        "Correct the policy at the line that is named.";
    ARTIFACT_UNREADABLE = "artifact-unreadable", Unknown,
        "A file whose signature is asked for could not be read.",
        "Fetch it, and name the copy.";
    SIGNATURE_UNREADABLE = "signature-unreadable", Unknown,
        "A file that may be a signature could not be read.",
        "Let this user read it, or fetch it anew.";
    IMAGE_UNREADABLE = "image-unreadable", Unknown,
        "The image could not be read.",
        "Check the layout's folder and the image's name, tag and digest; fetch it anew.";
    ATTACHMENT_UNREADABLE = "attachment-unreadable", Unknown,
        "Something that may hang on the image, such as a signature, was not looked at.",
        "Look at the registry or layout; fetch it anew.";
    RELEASE_UNREADABLE = "release-unreadable", Unknown,
        "The release's folder could not be examined.",
        "Check the folder, and that this user may read it.";
    LAYOUT_UNREADABLE = "layout-unreadable", Unknown,
        "The in-toto layout could not be read.",
        "Name the layout's file.";
    LINKS_UNREADABLE = "links-unreadable", Unknown,
        "The folder of in-toto links could not be read.",
        "Name the links' folder.";
    CACHE_UNREADABLE = "cache-unreadable", Unknown,
        "The file that remembers which signatures fit is not one of beleg's, or damaged.",
        "Name another file, or delete this one.";
    CACHE_NOT_WRITTEN = "cache-not-written", Remark,
        "What was verified could not be remembered for the next run.",
        "Let this user write the file that `cache` names.";
    IDENTITY_UNUSABLE = "identity-unusable", Unknown,
        "The identity that opens the backups cannot be used.",
        "Give the job the age identity, from escrow and not from the backup's own machine.",
        ["BAK-3", "ENC-2"];
    TRUSTED_KEY_UNUSABLE = "trusted-key-unusable", Unknown,
        "The key that may sign manifests cannot be used.",
        "Write the public key itself, as `beleg backup create` prints it after `signed by`, or a \
         file of it.",
        ["BAK-3"];

    // What lists packages.
    LOCKFILE_UNREADABLE = "lockfile-unreadable", Unknown,
        "A file that lists packages could not be read.",
        "Make it anew with the tool that owns it.";
    FORMAT_NOT_KNOWN = "format-not-known", Unknown,
        "No format that is read goes by the file's name.",
        "Name a file of a format that is read.";
    NO_PACKAGES_FOUND = "no-packages-found", Unknown,
        "Nothing below the folder lists packages in a format that is read.",
        "Name a folder that holds a list of packages.";
    ENTRY_NOT_READ = "entry-not-read", Unknown,
        "An entry of a list names no package in one exact version.",
        "Pin an exact version, or use a lockfile.";
    NO_RECORD_OF_NAME = "no-record-of-name", Remark,
        "Entries of a list name no exact version, and no advisory source has a record about any version \
         of what they name.",
        "Pin exact versions all the same, so that an advisory of tomorrow can be judged.";
    PACKAGES_NOT_READ = "packages-not-read", Unknown,
        "There are files that list or hold packages and that beleg does not read.",
        "Have another scanner look at them, or name as subjects the lists that you mean instead of \
         the folder; they are not clean because nobody looked.";
    PACKAGES_NOT_COVERED = "packages-not-covered", Unknown,
        "Packages of an ecosystem were found, and no advisory source covers it.",
        "Provide OSV's records of the ecosystem under `[advisories] osv` in `beleg.toml`.";
    PACKAGE_FROM_ELSEWHERE = "package-from-elsewhere", Unknown,
        "A package comes from a place of which no advisory source speaks.",
        "Take it from its registry, or have somebody watch that place.";
    OWN_PACKAGES = "own-packages", Remark,
        "Packages are the project's own, by what their list or what stands beside them says: workspace \
         members, folders, editable installs. They stand in no count; only advisories of their very \
         name and version are said.",
        "Look at the names. A copy of somebody else's package in a folder is not watched: take it \
         from its registry.";
    PACKAGES_OF_SYSTEM = "packages-of-system", Remark,
        "Packages that the distribution's own package manager installed were judged as the \
         distribution's and not as another registry's.",
        "Nothing to do.";
    PYTHON_OF_DPKG = "python-of-dpkg", Remark,
        "Python packages that dpkg installed were judged as the distribution's and not as PyPI's.",
        "Nothing to do.";

    // What advises.
    ADVISORY_SOURCE_MISSING = "advisory-source-missing", Unknown,
        "No advisory source is configured for an ecosystem of which there are packages.",
        "Name a source under `[advisories]` in `beleg.toml`.";
    ADVISORY_SOURCE_UNREADABLE = "advisory-source-unreadable", Unknown,
        "An advisory source could not be read.",
        "Fetch it anew from where it is published.";
    IGNORE_EXPIRED = "ignore-expired", Fault(Low),
        "A decision to ignore an advisory has expired.",
        "Mend what it is about, or decide again and say why.";
    IGNORE_UNUSED = "ignore-unused", Fault(Low),
        "A decision to ignore an advisory is of no use: it waits for what it will hide one day.",
        "Remove it.";
    IGNORE_TOO_LONG = "ignore-too-long", Fault(Low),
        "A decision to ignore an advisory runs further than is allowed, so it does not hold.",
        "Write an earlier day and decide again then, or raise `ignore-max-term` under \
         `[advisories]`.";
    IN_BASELINE = "in-baseline", Remark,
        "Findings that the scan named as the baseline had too do not count.",
        "Mend them where the baseline is watched; name no baseline to see all of them count.";
    UNFIXED_NOT_COUNTED = "unfixed-not-counted", Remark,
        "Vulnerabilities of which no fixed version is known do not count, as was asked for.",
        "Keep what is affected out of reach until there is a fix; scan without `--only-fixable` to \
         see all of them count.";

    // What an image is.
    IMAGE_CORRUPT = "image-corrupt", Fault(High),
        "The image is not what its manifest promises.",
        "Pull or build the image anew; its blobs are not what its manifest promises.";
    IMAGE_LAYER_DIFFERS = "image-layer-differs", Fault(High),
        "A layer does not unpack to what the image's config promises; its packages were judged as \
         they are.",
        "Find out what packed the layer anew, such as skopeo with `zstd:chunked`, and have the \
         image built or copied so that config and layers agree.";
    IMAGE_HOSTILE_ENTRY = "image-hostile-entry", Fault(High),
        "A layer holds what no honest layer has.",
        "Find out who built this layer, and do not run the image until you know.";
    IMAGE_FILE_UNREAD = "image-file-unread", Unknown,
        "A file of the image that lists packages was not read.",
        "Find out why the image stores it like this, and build it anew.";
    PACKAGE_DATABASE_UNREADABLE = "package-database-unreadable", Unknown,
        "The image's package database is refused, so that its packages are not known.",
        "Build the image anew; do not edit its package database.";
    PACKAGE_DATABASE_MISSING = "package-database-missing", Unknown,
        "The operating system says what it is, and there is no database of its packages, or an empty \
         one.",
        "Find out which layer or step deleted the database, and keep it: without it nobody can say \
         what is installed.";
    PACKAGE_DATABASE_CUT = "package-database-cut", Unknown,
        "There are records of packages that the package database does not name.",
        "Build the image anew; do not edit its package database.";
    IMAGE_ODD_ENTRIES = "image-odd-entries", Remark,
        "Entries of the image are unusual but harmless.",
        "Nothing to do.";
    IMAGE_ODD_ENTRIES_UNLISTED = "image-odd-entries-unlisted", Unknown,
        "The image has more odd entries than are listed.",
        "Find out what built this image.";
    IMAGE_SCOPE = "image-scope", Remark,
        "What was looked for in the image, and what was not.",
        "Nothing to do.";
    IMAGE_LOCKFILES = "image-lockfiles", Remark,
        "Lockfiles in the image say what was asked for and not what is installed; they were not \
         judged.",
        "Scan the sources that they belong to.";
    OS_RELEASE = "os-release", Remark,
        "Which operating system it is, and how long that is supported.",
        "Nothing to do.";
    OS_RELEASE_LONG_TERM_SUPPORT = "os-release-long-term-support", Remark,
        "The operating system's release has only long-term support left.",
        "Move to a release with regular security support.";
    OS_RELEASE_END_OF_LIFE = "os-release-end-of-life", Fault(High),
        "The operating system's release gets no security fixes any more.",
        "Move to a release that still gets security fixes.";
    OS_RELEASE_SUPPORT_UNKNOWN = "os-release-support-unknown", Unknown,
        "How long the operating system's release is supported is not known.",
        "Look the release's end of support up at its distribution.";
    OS_RELEASE_MISSING = "os-release-missing", Unknown,
        "The image does not say which operating system it is, so nobody can say whether it is \
         still supported.",
        "Build the image from a base that has `/etc/os-release`.";
    OS_RELEASE_UNREADABLE = "os-release-unreadable", Unknown,
        "What says which operating system it is cannot be read.",
        "Repair `/etc/os-release`.";

    // What an SBOM and a release are.
    SBOM_UNREADABLE = "sbom-unreadable", Unknown,
        "The SBOM could not be read.",
        "Check the path or URL, and that this user may read it.";
    SBOM_NOTHING_COMPARED = "sbom-nothing-compared", Unknown,
        "Neither the SBOM nor what it describes names a package, so that nothing was compared.",
        "Name the lockfiles of what is shipped; if it really depends on nothing, say so by hand.";
    SBOM_MALFORMED = "sbom-malformed", Fault(High),
        "The SBOM is refused: it is not what its format demands.",
        "Make the SBOM anew, as CycloneDX JSON 1.2 to 1.7.";
    ENTRY_NOT_COMPARED = "entry-not-compared", Unknown,
        "An entry of the SBOM or of what it describes could not be compared.",
        "Give the component a package URL, and pin exact versions.";
    EXEMPTION_EXPIRED = "exemption-expired", Fault(Low),
        "A decision to exempt something from a demand has expired.",
        "Mend what it is about, or decide again and say why.";
    EXEMPTION_UNUSED = "exemption-unused", Fault(Low),
        "A decision to exempt something from a demand is of no use: it waits for what it will hide \
         one day.",
        "Remove it.";
    EXEMPTION_TOO_LONG = "exemption-too-long", Fault(Low),
        "A decision to exempt something from a demand runs further than is allowed, so it does not \
         hold.",
        "Write an earlier day and decide again then.";
    TAG_NOT_OF_COMMIT = "tag-not-of-commit", Fault(High),
        "The release's tag names no commit, so that nothing says from which source it was built.",
        "Tag the commit that was built (`git tag -s NAME COMMIT`), and have the release made anew.";
    TAG_MISSING = "tag-missing", Fault(High),
        "The release's tag is not in the repository.",
        "Fetch the tags, or correct `[tag]` in the policy: its `name` is the whole name.";
}

/// The tables of the job kinds and of all libraries below them, each under what it is about.
pub const TABLES: &[(&str, &[Rule])] = &[
    ("Job kinds", RULES),
    ("Advisories", beleg_advisory::rules::RULES),
    ("SBOMs and lists of packages", beleg_sbom::rules::RULES),
    ("Signatures", beleg_trust::RULES),
    ("Trust material", beleg_signature::rules::RULES),
    ("Git repositories", beleg_git::rules::RULES),
    ("Backups", beleg_backup::rules::RULES),
];
