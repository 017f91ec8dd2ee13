use super::{Place, capped};
use crate::{LeftOut, Omissions, WhyLeftOut, rules};
use beleg_model::Finding;

const SNAPSHOT: &str = "Back it up from a snapshot, so that nothing comes or goes meanwhile, or leave out with `--exclude` what always does.";
const MORE: &str = "more, which the manifest counts and does not name";

/// Tells what a backup does not hold and what changed while it was made. The omissions come from a
/// [`crate::Summary`] or a [`crate::Manifest`].
#[must_use]
pub fn created(place: Place<'_>, omissions: &Omissions) -> Vec<Finding> {
    let left_out = omissions.left_out.iter().map(|left_out| one(place, left_out));
    let changed = omissions.changed.iter().map(|path| {
        Finding::of(
            &rules::BACKUP_FILE_CHANGED,
            place.entry(path),
            "The file changed while it was backed up, so what is stored may never have existed.",
        )
    });
    let counted = [
        (omissions.more_left_out, "not in the backup"),
        (omissions.more_changed, "changed while it was backed up"),
    ];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        incomplete(place.whole(), format!("There are {count} {MORE}: {what}."))
    });
    let attributes = (omissions.attributes > 0).then(|| {
        Finding::of(&rules::BACKUP_ATTRIBUTES_NOT_KEPT, place.whole(), format!(
                "Extended attributes, access control lists or capabilities of {} entries are not in the backup.",
                omissions.attributes
            ))
    });
    capped(place, left_out.chain(changed).chain(counted).chain(attributes))
}

fn one(place: Place<'_>, left_out: &LeftOut) -> Finding {
    let message = format!("The backup does not hold this: {}.", left_out.why.words());
    if left_out.why.is_loss() {
        let finding = incomplete(place.entry(&left_out.path), message);
        match left_out.why {
            WhyLeftOut::Vanished | WhyLeftOut::CameLater => finding.with_remedy(SNAPSHOT),
            _ => finding,
        }
    } else {
        Finding::of(&rules::BACKUP_LEFT_OUT, place.entry(&left_out.path), message)
    }
}

fn incomplete(location: beleg_model::Location, message: String) -> Finding {
    Finding::of(&rules::BACKUP_INCOMPLETE, location, message)
}
