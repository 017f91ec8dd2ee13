use beleg_settings::Section;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The project's settings: `beleg.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The folder that holds `beleg.toml`; relative paths start here.
    pub root: PathBuf,
    /// Where the ledger is: a path or URL.
    pub ledger: String,
    /// The ledger's origin: a name of one's own, such as `beleg.example/platform`.
    pub origin: String,
    /// The file with the private key that signs evidence and checkpoints.
    pub key_file: PathBuf,
    /// Where reports are written.
    pub reports: PathBuf,
    /// Where advisories come from.
    pub advisories: Advisories,
    /// What a run may use.
    pub limits: Limits,
}

/// Where advisories come from, and how old they may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisories {
    /// A RustSec advisory database: a folder or archive, as path or URL.
    pub rustsec: Option<String>,
    /// OSV records: a folder, bucket or site with `<ecosystem>/all.zip`.
    pub osv: Option<String>,
    /// The age of the newest record from which a source counts as stale.
    pub max_age: Duration,
    /// How far from the day of a check the decision to ignore an advisory may run.
    pub ignore_max_term: Duration,
}

/// What a run may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many checks run at once.
    pub parallel: usize,
    /// How long one check may take, unless its job says otherwise.
    pub timeout: Duration,
    /// Below which folder checks may write.
    pub scratch: PathBuf,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Project {
    /// Reads `beleg.toml`. What it does not say has a default that suits a first try.
    pub(super) fn read(section: &Section<'_>, root: &Path) -> Self {
        let mut project = Self {
            root: root.to_owned(),
            ledger: ".beleg/ledger".to_owned(),
            origin: "beleg.local/ledger".to_owned(),
            key_file: root.join(".beleg/keys/ledger.key"),
            reports: root.join(".beleg/reports"),
            advisories: Advisories::default(),
            limits: Limits {
                parallel: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
                timeout: Duration::from_secs(30 * 60),
                scratch: root.join(".beleg/scratch"),
            },
        };
        section.table("ledger", |ledger| project.read_ledger(ledger));
        section.table("reports", |reports| {
            if let Some(folder) = reports.text("folder") {
                project.reports = root.join(folder);
            }
        });
        section.table("advisories", |advisories| project.advisories.read(advisories));
        section.table("limits", |limits| project.limits.read(limits, root));
        project
    }

    fn read_ledger(&mut self, section: &Section<'_>) {
        if let Some(url) = section.text("url") {
            self.ledger = url;
        }
        if let Some(origin) = section.text("origin") {
            if origin.is_empty() || origin.contains(|c: char| c.is_whitespace() || c == '+') {
                let remedy = "Write a name such as \"beleg.example/platform\".";
                section.problem("origin", "`ledger.origin` is empty or has spaces or `+`", remedy);
            }
            self.origin = origin;
        }
        if let Some(file) = section.text("key-file") {
            self.key_file = self.root.join(file);
        }
    }
}

impl Default for Advisories {
    /// No source; a source is stale after seven days, and a decision holds for half a year.
    fn default() -> Self {
        let (max_age, ignore_max_term) = (DAY.saturating_mul(7), DAY.saturating_mul(180));
        Self { rustsec: None, osv: None, max_age, ignore_max_term }
    }
}

impl Advisories {
    /// Takes over what a section says: `rustsec`, `osv`, `max-age` and `ignore-max-term`.
    pub fn read(&mut self, section: &Section<'_>) {
        self.rustsec = section.text("rustsec");
        self.osv = section.text("osv");
        if let Some(age) = section.duration("max-age") {
            self.max_age = age;
        }
        if let Some(term) = section.duration("ignore-max-term") {
            self.ignore_max_term = term;
        }
    }
}

impl Limits {
    fn read(&mut self, section: &Section<'_>, root: &Path) {
        if let Some(parallel) = section.count("parallel") {
            if parallel == 0 || parallel > 256 {
                let remedy = "Write the number of processors beleg may use.";
                section.problem("parallel", "`limits.parallel` is not between 1 and 256", remedy);
            }
            self.parallel = usize::try_from(parallel).unwrap_or(1).clamp(1, 256);
        }
        if let Some(timeout) = section.positive_duration("timeout") {
            self.timeout = timeout;
        }
        if let Some(scratch) = section.text("scratch") {
            self.scratch = root.join(scratch);
        }
    }
}
