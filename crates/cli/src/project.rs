//! A project as commands use it: its configuration, with what flags and environment say, and the
//! way to its bytes.

use crate::arguments::Global;
use crate::exit::UsageError;
use crate::output;
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
        let world = World::new(stores.clone());
        let kinds = kinds::all(&world);
        let configuration = Configuration::load(&root, &kinds, |project| {
            if let Some(mirror) = &global.advisories {
                let mirror = std::path::absolute(mirror).unwrap_or_else(|_| mirror.clone());
                let (rustsec, osv) = beleg_checks::in_mirror(&mirror);
                project.advisories.rustsec = rustsec;
                project.advisories.osv = osv;
            }
        })?;
        let settings = &configuration.project;
        let locators = [
            Some(&settings.ledger),
            settings.advisories.rustsec.as_ref(),
            settings.advisories.osv.as_ref(),
        ];
        for locator in locators.into_iter().flatten() {
            stores
                .check(locator)
                .map_err(|error| UsageError(format!("{error}. {}", error.remedy())))?;
        }
        // Restored data must not wait for the next restore test, which may be a quarter away.
        for swept in world.sweep(&settings.limits.scratch) {
            output::hint(global, &format!("{}: {}", swept.location, swept.message));
        }
        Ok(Self { configuration, stores, runtime })
    }
}
