use super::{Place, capped};
use crate::LeftOut;
use beleg_model::{Finding, Severity};

/// Tells what a backup does not hold and what changed while it was made. The parts come from a
/// [`crate::Summary`] or a [`crate::Manifest`].
#[must_use]
pub fn created(place: Place<'_>, left_out: &[LeftOut], changed: &[String]) -> Vec<Finding> {
    let left_out = left_out.iter().map(|left_out| {
        Finding::remark(
            "backup-left-out",
            place.entry(&left_out.path),
            format!("The backup does not hold this: {}.", left_out.why.words()),
        )
    });
    let changed = changed.iter().map(|path| {
        Finding::fault(
            "backup-file-changed",
            Severity::Low,
            place.entry(path),
            "The file changed while it was backed up, so what is stored may never have existed.",
            "Back it up from a snapshot, or through the own backup command of what writes to it.",
        )
    });
    capped(place, left_out.chain(changed))
}
