//! `restore-test`: the newest backup of every region, really restored, probed, timed and wiped;
//! of the older ones some, read whole.

mod check;
mod report;
mod targets;
mod tell_apart;
mod visit;

use crate::World;
use beleg_backup::{Limits, Policy};
use beleg_engine::{Kind, Project, Unit};
use beleg_model::Subject;
use beleg_settings::Section;
use beleg_store::{Options, Store};
use std::sync::Arc;
use std::time::Duration;
use targets::Targets;

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_RTO: Duration = Duration::from_secs(4 * 3600);
/// How many older backups of each region a run reads, unless its job says otherwise.
const DEFAULT_OLDER: usize = 1;

pub(super) struct RestoreTest(pub(super) Arc<World>);

impl Kind for RestoreTest {
    fn name(&self) -> &'static str {
        "restore-test"
    }

    fn summary(&self) -> &'static str {
        "restores the newest backup of every region, compares every entry and opens its databases"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["BAK-1", "BAK-2", "BAK-3", "BAK-4", "ENC-2", "RET-1"]
    }

    fn read(&self, job: &Section<'_>, _: &Project) -> Vec<Unit> {
        let remedy = "Write one `[[backup]]` with `name`, `identity`, `trusted-keys` and regions.";
        let units = job.tables("backup", |section| self.unit(section));
        if units.is_empty() {
            job.problem("backup", "the job names no backup", remedy);
        }
        units.into_iter().flatten().collect()
    }
}

impl RestoreTest {
    fn unit(&self, section: &Section<'_>) -> Option<Unit> {
        let name = section.required_text("name", "Write the name that the backups begin with.");
        let identity = section.required_text(
            "identity",
            "Name the file of the age identity that opens them, or `env:VARIABLE`.",
        );
        let trusted = section.required_texts(
            "trusted-keys",
            "Name the public keys, or files of them, that may sign manifests.",
        );
        let regions = section.tables("region", |region| self.region(region));
        if regions.is_empty() {
            section.problem(
                "region",
                "the backup names no region",
                "Write one `[[backup.region]]` with `name` and `url` for each.",
            );
        }
        let policy = Policy {
            name: name.clone().unwrap_or_default(),
            rpo: section.positive_duration("rpo").unwrap_or(DAY),
            max_age: section.duration("max-age"),
            min_coverage: section.duration("min-coverage"),
            copies_for: section.duration("copies-for"),
        };
        let rto = section.positive_duration("rto").unwrap_or(DEFAULT_RTO);
        let older = section
            .count("read-older")
            .map_or(DEFAULT_OLDER, |count| usize::try_from(count).unwrap_or(usize::MAX));
        let canary = section.boolean("canary").unwrap_or(false);
        let window_log = window_log(section);
        let subject = Subject::at(name?);
        let regions: Vec<Copies> = regions.into_iter().flatten().collect();
        let buckets = self.buckets(section, &regions);
        let (world, identity) = (Arc::clone(&self.0), identity?);
        let targets = Targets { policy, rto, regions: regions.len(), buckets };
        let reading = Reading { older, canary, window_log };
        let check = Arc::new(RestoreCheck { world, identity, trusted, regions, targets, reading });
        Some(Unit { subject, check })
    }

    fn region(&self, region: &Section<'_>) -> Option<Copies> {
        let name = region.required_text("name", "Write the region's name.");
        let url =
            region.required_text("url", "Write a folder, or a URL such as `s3://bucket/backups`.");
        let options = region.text_table("options");
        refuse_secrets(region, &options);
        if let Some(Err(error)) = url.as_ref().map(|url| self.0.stores.check(url)) {
            region.problem("url", error.to_string(), error.remedy());
        }
        Some(Copies { name: name?, url: url?, options })
    }

    /// Refuses regions that are certainly one place, and returns how many buckets or folders they
    /// are in. What cannot be opened here is told of by the run.
    fn buckets(&self, section: &Section<'_>, regions: &[Copies]) -> usize {
        let open = |region: &Copies| self.0.stores.open(&region.url, &region.options).ok();
        let stores: Vec<Option<Store>> = regions.iter().map(open).collect();
        let mut buckets = 0_usize;
        for (at, (region, store)) in regions.iter().zip(&stores).enumerate() {
            let before = || regions.iter().zip(&stores).take(at);
            if let Some((other, _)) = before().find(|(other, _)| other.name == region.name) {
                let message = format!("two regions bear the name `{}`", other.name);
                section.problem("region", message, "Give each region a name of its own.");
            }
            let known = || before().filter_map(|(other, seen)| Some((other, seen.as_ref()?)));
            let Some(store) = store else {
                buckets = buckets.saturating_add(1);
                continue;
            };
            if let Some((other, why)) =
                known().find_map(|(other, seen)| Some((other, store.is(seen)?)))
            {
                let message = format!(
                    "the regions `{}` and `{}` are one place: {why}",
                    other.name, region.name
                );
                section.problem("region", message, "Name a second place: one copy is not two.");
            }
            if !known().any(|(_, seen)| store.shares_bucket_with(seen)) {
                buckets = buckets.saturating_add(1);
            }
        }
        buckets
    }
}

/// Secrets are named by reference, so that no configuration file holds one.
fn refuse_secrets(section: &Section<'_>, options: &Options) {
    if let Some(key) = crate::backup_regions::secret(options) {
        section.problem(
            "options",
            format!("the option `{key}` holds a secret"),
            "Put it into an environment variable and write `env:VARIABLE`.",
        );
    }
}

fn window_log(section: &Section<'_>) -> u32 {
    let Some(given) = section.count("max-window") else { return Limits::WINDOW_LOG };
    match u32::try_from(given) {
        Ok(log) if (10..=Limits::MAX_WINDOW_LOG).contains(&log) => log,
        _ => {
            let message = format!("`max-window` is not between 10 and {}", Limits::MAX_WINDOW_LOG);
            let remedy = "Write a power of two of bytes, as `zstd --long` takes it: 27 is 128 MiB.";
            section.problem("max-window", message, remedy);
            Limits::WINDOW_LOG
        }
    }
}

/// Where one region's copies are.
struct Copies {
    name: String,
    url: String,
    options: Options,
}

/// How much is read.
struct Reading {
    /// How many older backups of each region are read whole.
    older: usize,
    /// Whether an object may be written to tell two regions apart.
    canary: bool,
    /// The greatest window of zstd, as a power of two.
    window_log: u32,
}

struct RestoreCheck {
    world: Arc<World>,
    identity: String,
    trusted: Vec<String>,
    regions: Vec<Copies>,
    targets: Targets,
    reading: Reading,
}
