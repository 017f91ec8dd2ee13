use crate::sources::Sources;
use beleg_backup::{Scratch, findings};
use beleg_ecosystem::Registry;
use beleg_model::Finding;
use beleg_store::Stores;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What all checks of a run share: how to reach bytes, and the advisories once they are read.
pub struct World {
    /// Opens locators.
    pub stores: Stores,
    /// The ecosystems that packages may be of.
    pub ecosystems: Registry,
    sources: Sources,
    /// What was swept and no check has recorded yet.
    swept: Mutex<Vec<Finding>>,
}

impl World {
    /// Makes the world of one run.
    #[must_use]
    pub fn new(stores: Stores) -> Arc<Self> {
        let (sources, swept) = (Sources::default(), Mutex::default());
        Arc::new(Self { stores, ecosystems: Registry::built_in(), sources, swept })
    }

    /// Wipes what killed runs left below a scratch folder, and says what it was. The next restore
    /// test records it.
    pub fn sweep(&self, scratch: &Path) -> Vec<Finding> {
        let found = match Scratch::sweep(scratch) {
            Ok(swept) => findings::swept(&swept),
            Err(error) => vec![findings::not_wiped(&error)],
        };
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<Finding> = found.into_iter().filter(|one| !swept.contains(one)).collect();
        swept.extend(new.iter().cloned());
        new
    }

    /// Sweeps again and hands out everything that is not recorded yet.
    pub(crate) fn swept(&self, scratch: &Path) -> Vec<Finding> {
        self.sweep(scratch);
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *swept)
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }
}
