//! A project as commands use it: its configuration, with what flags and environment say, and the
//! way to its bytes.

use crate::arguments::Global;
use crate::system::{self, StoreRuntime};
use anyhow::Context as _;
use beleg_checks::{World, kinds};
use beleg_engine::Configuration;
use beleg_store::Stores;

pub(crate) struct OpenProject {
    pub(crate) configuration: Configuration,
    pub(crate) stores: Stores,
    pub(crate) runtime: StoreRuntime,
}

impl OpenProject {
    /// Reads the project in the folder that the command line names.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        let runtime = StoreRuntime::start()?;
        let root = std::path::absolute(&global.directory)
            .with_context(|| format!("`{}` is no folder", global.directory.display()))?;
        let environment = system::environment();
        let stores = Stores::new(runtime.handle(), &root, environment, global.offline);
        let kinds = kinds::all(&World::new(stores.clone()));
        let configuration = Configuration::load(&root, &kinds, |project| {
            if let Some(mirror) = &global.advisories {
                let mirror = std::path::absolute(mirror).unwrap_or_else(|_| mirror.clone());
                let (rustsec, osv) = beleg_checks::in_mirror(&mirror);
                project.advisories.rustsec = rustsec;
                project.advisories.osv = osv;
            }
        })?;
        Ok(Self { configuration, stores, runtime })
    }
}
