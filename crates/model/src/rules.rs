//! The reasons of an outcome that no finding explains: how much was looked at, and for what it is no
//! evidence.

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
    CONTROL_NOT_SERVED = "control-not-served", Remark,
        "The evidence does not count for a control, whatever its job claims.",
        "Test what the control is about, or do not claim it in the job.";
}
