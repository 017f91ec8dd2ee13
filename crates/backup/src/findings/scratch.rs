use crate::{ScratchError, Swept, rules};
use beleg_model::{ByteCount, Finding, chain};

/// The scratch folder could not be wiped after a restore.
#[must_use]
pub fn not_wiped(error: &ScratchError) -> Finding {
    let why = chain(error);
    Finding::of(
        &rules::SCRATCH_NOT_WIPED,
        location(error),
        format!("Restored data may be left on this machine: {why}."),
    )
}

/// Tells what a sweep found of killed runs.
#[must_use]
pub fn swept(swept: &Swept) -> Vec<Finding> {
    let wiped = swept.wiped.iter().map(|(folder, wiped)| {
        Finding::of(
            &rules::SCRATCH_LEFT_BEHIND,
            folder.display().to_string(),
            format!(
                "A run that was killed had left {} files of {} here. They are wiped now.",
                wiped.files,
                ByteCount(wiped.bytes)
            ),
        )
    });
    let unmarked = swept.unmarked.iter().map(|folder| {
        Finding::of(
            &rules::SCRATCH_LEFT_BEHIND,
            folder.display().to_string(),
            "The folder has the name of a scratch folder and no marker, so it was left alone.",
        )
    });
    wiped.chain(unmarked).chain(swept.failed.iter().map(not_wiped)).collect()
}

fn location(error: &ScratchError) -> String {
    let (ScratchError::Create { path, .. }
    | ScratchError::Wipe { path, .. }
    | ScratchError::Sweep { path, .. }) = error;
    path.display().to_string()
}
