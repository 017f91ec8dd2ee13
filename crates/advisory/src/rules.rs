//! Every rule of advisories: what they say of a package, and what is wrong with their sources.

beleg_model::rules! {
    PACKAGE_AFFECTED = "package-affected", Fault(High),
        "An advisory names the package in this version. A finding of it bears the advisory's own \
         identifier, such as `RUSTSEC-2024-0001`, and its severity.",
        "Upgrade to a fixed version, or decide to live with it for a while and say why.";
    ADVISORY_DATA_STALE = "advisory-data-stale", Unknown,
        "The newest record of an advisory source is too old, bears no date, or is from the future.",
        "Fetch the advisory source anew, and mend the job that should have done so.";
    ADVISORY_RECORDS_UNREADABLE = "advisory-records-unreadable", Unknown,
        "Records of an advisory source could not be read: nobody knows what they are about.",
        "Fetch the advisory source anew; if the records stay unreadable, report them to the source \
         or update beleg.";
}
