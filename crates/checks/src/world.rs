use crate::sources::Sources;
use beleg_store::Stores;
use std::sync::Arc;

/// What all checks of a run share: how to reach bytes, and the advisories once they are read.
pub struct World {
    /// Opens locators.
    pub stores: Stores,
    sources: Sources,
}

impl World {
    /// Makes the world of one run.
    #[must_use]
    pub fn new(stores: Stores) -> Arc<Self> {
        Arc::new(Self { stores, sources: Sources::default() })
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }
}
