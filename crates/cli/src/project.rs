//! A project as commands use it: its configuration, with what flags and environment say, and the
//! way to its bytes.

use crate::arguments::Global;
use crate::exit::UsageError;
use crate::output;
use crate::system::{self, StoreRuntime};
use anyhow::Context as _;
use beleg_checks::{World, kinds};
use beleg_engine::{Advisories, Configuration, ConfigurationError, Project};
use beleg_store::{StoreError, Stores};

/// How much of a project is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Settings,
}

pub(crate) struct OpenProject {
    pub(crate) configuration: Configuration,
    pub(crate) stores: Stores,
    pub(crate) runtime: StoreRuntime,
}

impl OpenProject {
    /// Reads the project in the folder that the command line names.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Self> {
        Self::opened(global, Part::All)
    }

    /// Reads of the project what is needed to read its ledger: a mistake in a job hides no evidence.
    pub(crate) fn open_to_read(global: &Global) -> anyhow::Result<Self> {
        Self::opened(global, Part::Settings)
    }

    fn opened(global: &Global, part: Part) -> anyhow::Result<Self> {
        let runtime = StoreRuntime::start()?;
        let root = std::path::absolute(&global.directory)
            .with_context(|| format!("`{}` is no folder", global.directory.display()))?;
        let environment = system::environment();
        let stores = Stores::new(runtime.handle(), &root, environment, global.offline);
        let world = World::new(stores.clone());
        let kinds = kinds::all(&world);
        let adjust = |project: &mut Project| take_mirror(global, &mut project.advisories);
        let configuration = match part {
            Part::All => Configuration::load(&root, &kinds, adjust)?,
            Part::Settings => Configuration::load_project(&root, adjust)?,
        };
        for file in &configuration.unread {
            output::warning(&format!("`{file}` is not read: only names that end in `.toml` are"));
        }
        let settings = &configuration.project;
        check(&stores, [&settings.ledger])?;
        check(&stores, sources(&settings.advisories))?;
        // Restored data must not wait for the next restore test, which may be a quarter away.
        for swept in world.sweep(&settings.limits.scratch) {
            output::hint(global, &format!("{}: {}", swept.location, swept.message));
        }
        Ok(Self { configuration, stores, runtime })
    }
}

/// Returns the advisory sources for a command that needs no project: those that flags and
/// environment name, or else the project's, if the folder is one.
pub(crate) fn advisories(global: &Global, stores: &Stores) -> anyhow::Result<Advisories> {
    let root = std::path::absolute(&global.directory)
        .with_context(|| format!("`{}` is no folder", global.directory.display()))?;
    let mut advisories = match Configuration::load_project(&root, |_| {}) {
        Ok(configuration) => configuration.project.advisories,
        Err(ConfigurationError::Absent(_)) => Advisories::default(),
        Err(error) => return Err(error.into()),
    };
    take_mirror(global, &mut advisories);
    check(stores, sources(&advisories))?;
    Ok(advisories)
}

fn take_mirror(global: &Global, advisories: &mut Advisories) {
    let Some(mirror) = &global.advisories else { return };
    let mirror = std::path::absolute(mirror).unwrap_or_else(|_| mirror.clone());
    if !mirror.is_dir() {
        output::warning(&format!(
            "`{}`, which `--advisories` or `BELEG_ADVISORIES` names, is no folder",
            mirror.display()
        ));
    }
    let (rustsec, osv) = beleg_checks::in_mirror(&mirror);
    advisories.rustsec = rustsec;
    advisories.osv = osv;
}

fn sources(advisories: &Advisories) -> impl Iterator<Item = &String> {
    advisories.rustsec.iter().chain(&advisories.osv)
}

fn check<'a>(
    stores: &Stores,
    locators: impl IntoIterator<Item = &'a String>,
) -> Result<(), UsageError> {
    for locator in locators {
        let refuse = |error: StoreError| UsageError(format!("{error}. {}", error.remedy()));
        stores.check(locator).map_err(refuse)?;
    }
    Ok(())
}
