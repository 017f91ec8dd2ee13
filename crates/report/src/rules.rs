//! Every rule of reports: what is wrong with a run that no finding of it says.

beleg_model::rules! {
    NO_CHECKS = "no-checks", Unknown,
        "No check was planned, so nothing was looked at.",
        "Add a job with at least one subject to the schedule.";
    NO_EVIDENCE = "no-evidence", Unknown,
        "A planned check left no evidence: the run was interrupted, or is still going on.",
        "Run it again, and let it come to its end.";
    CONTRADICTORY_EVIDENCE = "contradictory-evidence", Unknown,
        "The evidence states a better verdict than its own findings and population bear; the worse \
         one is shown.",
        "Find out which build recorded it and run it again.";
}
