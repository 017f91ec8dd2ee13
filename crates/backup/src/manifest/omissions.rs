use super::LeftOut;
use serde::{Deserialize, Serialize};

/// How many bytes of paths are named one by one. Beyond that they are counted.
const NAMED: usize = 8 << 20;

/// What was in the source and is not in the backup, or not as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Omissions {
    /// What is not in the backup.
    pub left_out: Vec<LeftOut>,
    /// How much more is not, for which there was no room above.
    pub more_left_out: u64,
    /// Files that changed while they were read: what is in the backup may never have existed.
    pub changed: Vec<String>,
    /// How many more changed.
    pub more_changed: u64,
    /// How many entries have extended attributes, access control lists or capabilities, which no
    /// backup keeps.
    pub attributes: u64,
}

impl Omissions {
    /// Says whether data that was meant to be in the backup is not, or not as it was.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        let more = self.more_left_out.max(self.more_changed) > 0;
        more || !self.changed.is_empty() || self.left_out.iter().any(|l| l.why.is_loss())
    }
}

/// Gathers omissions, of which a large tree may have more than a manifest should name.
#[derive(Default)]
pub(crate) struct Gathered {
    named: usize,
    omissions: Omissions,
}

impl Gathered {
    pub(crate) fn left_out(&mut self, left_out: LeftOut) {
        if self.has_room(&left_out.path) {
            self.omissions.left_out.push(left_out);
        } else {
            self.omissions.more_left_out = self.omissions.more_left_out.saturating_add(1);
        }
    }

    pub(crate) fn changed(&mut self, path: &str) {
        if self.has_room(path) {
            self.omissions.changed.push(path.to_owned());
        } else {
            self.omissions.more_changed = self.omissions.more_changed.saturating_add(1);
        }
    }

    pub(crate) fn has_attributes(&mut self) {
        self.omissions.attributes = self.omissions.attributes.saturating_add(1);
    }

    pub(crate) fn finish(self) -> Omissions {
        self.omissions
    }

    fn has_room(&mut self, path: &str) -> bool {
        // What JSON needs around a path counts too.
        self.named = self.named.saturating_add(path.len()).saturating_add(64);
        self.named <= NAMED
    }
}
