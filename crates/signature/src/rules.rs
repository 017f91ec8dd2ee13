//! Every rule of trust material. What is wrong with one signature is a reason of `trust`.

beleg_model::rules! {
    TRUST_MATERIAL_UNREADABLE = "trust-material-unreadable", Unknown,
        "What says who may sign could not be read, or not be understood whole.",
        "Name the right files, and correct what is wrong with them.";
    TRUST_MATERIAL_PASSED_OVER = "trust-material-passed-over", Remark,
        "Something in the trust material says nothing about signers and was passed over.",
        "Nothing to do, or take it out.";
}
