//! The reasons of an outcome that no finding explains: how much was looked at.

crate::rules! {
    ALL_EXAMINED = "all-examined", Remark,
        "Everything that was expected was examined.",
        "Nothing to do.";
    PARTLY_EXAMINED = "partly-examined", Unknown,
        "Less was examined than was expected.",
        "Make what was not examined available to the check, or take it out of the job, then run \
         it again.";
    NOTHING_EXAMINED = "nothing-examined", Unknown,
        "Nothing was examined.",
        "Make what was not examined available to the check, or take it out of the job, then run \
         it again.";
}
