//! Every rule of git repositories. What is wrong with one commit or tag is a reason of `trust`.

beleg_model::rules! {
    REVISION_AMBIGUOUS = "revision-ambiguous", Unknown,
        "A name means several things in the repository, so that it is not said what to verify.",
        "Write the whole name of the ref, such as `refs/heads/main`, or the whole id.";
    REPOSITORY_UNSUPPORTED = "repository-unsupported", Unknown,
        "The repository is in a form that is not read.",
        "Verify a whole clone of it: `git clone` does not take the extension over.";
    REPOSITORY_UNREADABLE = "repository-unreadable", Unknown,
        "The repository, or what was asked for in it, could not be read.",
        "Check the path, and that this user may read the repository.";
    SHALLOW_BOUNDARY = "shallow-boundary", Unknown,
        "The clone is shallow: a part of its history is absent and was not examined.",
        "Run `git fetch --unshallow`, or start the range within the clone.";
    BRANCH_NOT_FOUND = "branch-not-found", Unknown,
        "The branch whose rules are to hold is not in the repository, so that the policy's default \
         would have held instead.",
        "Write the branch's own name, such as `main`, without its remote's; fetch it where the \
         clone lacks it.";
    RULE_UNUSED = "policy-rule-unused", Remark,
        "Rules of the policy held for nothing that was verified.",
        "Nothing to do where nothing of what they are about was to be verified; otherwise correct \
         their branches, paths or tags.";
    SUBMODULES_NOT_EXAMINED = "submodules-not-examined", Remark,
        "The commit names commits of other repositories (submodules), which were not looked at.",
        "Verify each submodule's repository up to the commit that is named.";
    TAG_NOT_FOUND = "tag-not-found", Unknown,
        "No tag of the repository matches a name or pattern.",
        "Fetch the tags (`git fetch --tags`), or correct the name.";
    MERGE_TAGS_UNTRUSTED = "merge-tags-untrusted", Remark,
        "Tags that were merged carry no good signature of an allowed signer; the merge's own \
         signature covers them.",
        "Nothing to do.";
    UNSIGNED_HEADER = "unsigned-header", Remark,
        "Signed objects carry a second signature header, for the other hash algorithm, which their \
         signature does not cover and nothing here verifies.",
        "Find out which tool wrote it, where the repository does not use both hash algorithms.";
    RULE_START_UNKNOWN = "rule-start-unknown", Remark,
        "The repository does not hold the commit at which a rule of the policy starts; the rule \
         holds for all.",
        "Correct the policy's `from`, or fetch what it names.";
    REPLACE_REFS_IGNORED = "replace-refs-ignored", Remark,
        "The repository holds replace refs: objects were verified as their ids name them, but git \
         shows the replacements.",
        "Find out who made them (`git replace --list`).";
    GRAFTS_IGNORED = "grafts-ignored", Remark,
        "The repository holds a grafts file; parents were taken from the commits themselves.",
        "Remove `info/grafts`: git has given grafts up.";
}
