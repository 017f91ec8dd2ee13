//! Every rule of SBOMs and of files that list packages.

beleg_model::rules! {
    // NTIA's minimum elements.
    NTIA_MISSING_AUTHOR = "ntia-missing-author", Fault(Medium),
        "The SBOM does not say who made it.",
        "Fill in `metadata.authors`, `metadata.manufacturer` or `metadata.supplier`; the tool alone \
         is no author.";
    NTIA_MISSING_TIMESTAMP = "ntia-missing-timestamp", Fault(Medium),
        "The SBOM does not say when it was made.",
        "Fill in `metadata.timestamp` as RFC 3339, with its offset from UTC.";
    NTIA_MISSING_COMPONENT_NAME = "ntia-missing-component-name", Fault(High),
        "Components of the SBOM have no name.",
        "Give every component its name.";
    NTIA_MISSING_COMPONENT_VERSION = "ntia-missing-component-version", Fault(Medium),
        "Components of the SBOM have no version.",
        "Give every component its version; of the described software itself as well \
         (`metadata.component`).";
    NTIA_MISSING_IDENTIFIER = "ntia-missing-identifier", Fault(Medium),
        "Components of the SBOM have no unique identifier.",
        "Give every component a package URL, a CPE or a SWID tag.";
    NTIA_MISSING_RELATIONSHIPS = "ntia-missing-relationships", Fault(Medium),
        "Components of the SBOM have no relationship to what it describes.",
        "State in `dependencies` what the described software depends on, directly and through \
         others.";
    NTIA_MISSING_SUPPLIER = "ntia-missing-supplier", Fault(Low),
        "Components of the SBOM have no supplier.",
        "Fill in `supplier`, `manufacturer`, `publisher` or `authors` of every component, or set \
         `require-component-supplier = false` in the job, with `by`, `reason` and `until`.";
    NTIA_NOTHING_LISTED = "ntia-nothing-listed", Unknown,
        "The SBOM lists no component, so that there is nothing to check.",
        "Make the SBOM again; if the software really has no dependency, say so by hand.";

    // The SBOM against what it describes.
    SBOM_MISSING_COMPONENT = "sbom-missing-component", Fault(Medium),
        "What is described holds a package that the SBOM does not list.",
        "Make the SBOM again from the lockfile or image that is shipped.";
    SBOM_EXTRA_COMPONENT = "sbom-extra-component", Fault(Medium),
        "The SBOM lists a package that what is described does not hold.",
        "Make the SBOM again from the lockfile or image that is shipped.";
    SBOM_DIFFERENT_VERSION = "sbom-different-version", Fault(Medium),
        "The SBOM lists a package in another version than what is described holds.",
        "Make the SBOM again from the lockfile or image that is shipped.";
    SBOM_DIFFERENT_ORIGIN = "sbom-different-origin", Fault(Medium),
        "The SBOM says that a package is from elsewhere than it is.",
        "Make the SBOM again from the lockfile or image that is shipped.";
    SBOM_DIFFERENT_HASH = "sbom-different-hash", Fault(Medium),
        "The SBOM and what it describes name no file of a package in common: their hashes differ.",
        "Make the SBOM again from the lockfile or image that is shipped; if it differs again, find \
         out where the package was taken from.";
    SBOM_ORIGIN_UNSTATED = "sbom-origin-unstated", Unknown,
        "The SBOM does not say where a package is from that is from no public registry.",
        "Make the SBOM with a tool that states the source of each package, such as \
         `beleg sbom create`.";

    // The SBOM against itself.
    SBOM_IDENTITY_MISMATCH = "sbom-identity-mismatch", Fault(Medium),
        "A component bears another name or version than its package URL.",
        "Make the SBOM again; people read the name, and programs the package URL.";
    SBOM_SAYS_INCOMPLETE = "sbom-says-incomplete", Remark,
        "The SBOM says of its own list that it is incomplete.",
        "Find out what it leaves out; what was compared with it is listed.";
    SBOM_EXCLUDED_COMPONENTS = "sbom-excluded-components", Remark,
        "The SBOM says of components that they are of no use at run time; they were compared all the \
         same.",
        "Nothing to do, if they are.";
    SBOM_DOUBLED_REFERENCE = "sbom-doubled-reference", Fault(Medium),
        "One identifier (`bom-ref`) stands for more than one component or service.",
        "Give every component an identifier of its own.";
    SBOM_DANGLING_REFERENCE = "sbom-dangling-reference", Fault(Medium),
        "The dependencies name components or services that the SBOM does not hold.",
        "Make the SBOM again; components were left out or the file was edited.";
}
