//! Every rule of runs: checks that did not come to their own end, and evidence that did not fit.

beleg_model::rules! {
    CHECK_BROKEN = "check-broken", Unknown,
        "The check itself broke.",
        "This is a fault of beleg or of the machine, not of the subject; run it again, and report \
         it if it stays.";
    INTERRUPTED = "interrupted", Unknown,
        "The run was interrupted before the check had ended.",
        "Run it again.";
    TIMED_OUT = "timed-out", Unknown,
        "The check did not end within its time limit.",
        "Find out what was slow, or raise `timeout` in the job file.";
    EVIDENCE_NOT_WHOLE = "evidence-not-whole", Unknown,
        "The ledger refused to record the evidence whole; its verdict and its worst findings are \
         kept.",
        "Examine smaller parts in checks of their own, so that each has less to say.";
}
