//! `restore-test`: the newest backup of every region, really restored, probed, timed and wiped.

use crate::World;
use crate::failure::chain;
use beleg_backup::findings::{self, Place};
use beleg_backup::keys::{self, Identity};
use beleg_backup::probes::{self, ProbeLimits};
use beleg_backup::{
    BackupName, Facts, Limits, ListedObject, Manifest, ManifestError, ManifestState, Policy,
    Region, RegionFacts, Scratch, Watch, restore, survey,
};
use beleg_dsse::Verifier;
use beleg_engine::{Check, CheckError, Ctx, Kind, Needs, Project, Unit};
use beleg_model::{ByteCount, Finding, Input, LeftOut, Metric, Outcome, Population, Subject};
use beleg_settings::Section;
use beleg_store::{Options, Store, StoreError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_RTO: Duration = Duration::from_secs(4 * 3600);
const MAX_KEY_FILE: u64 = 1 << 20;

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
        let regions = section.tables("region", |region| {
            let name = region.required_text("name", "Write the region's name.");
            let url = region
                .required_text("url", "Write a folder, or a URL such as `s3://bucket/backups`.");
            let options = region.text_table("options");
            refuse_secrets(region, &options);
            Some(Copies { name: name?, url: url?, options })
        });
        if regions.is_empty() {
            section.problem(
                "region",
                "the backup names no region",
                "Write one `[[backup.region]]` with `name` and `url` for each.",
            );
        }
        let policy = Policy {
            name: name.clone().unwrap_or_default(),
            rpo: section.duration("rpo").unwrap_or(DAY),
            max_age: section.duration("max-age"),
            min_coverage: section.duration("min-coverage"),
            copies_for: section.duration("copies-for"),
        };
        let rto = section.duration("rto").unwrap_or(DEFAULT_RTO);
        let subject = Subject::at(name?);
        let regions: Vec<Copies> = regions.into_iter().flatten().collect();
        let (world, identity) = (Arc::clone(&self.0), identity?);
        let check = Arc::new(RestoreCheck { world, identity, trusted, regions, policy, rto });
        Some(Unit { subject, check })
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

/// Where one region's copies are.
struct Copies {
    name: String,
    url: String,
    options: Options,
}

struct RestoreCheck {
    world: Arc<World>,
    identity: String,
    trusted: Vec<String>,
    regions: Vec<Copies>,
    policy: Policy,
    rto: Duration,
}

/// A region, and the way to what it holds where that could be listed.
struct Visited {
    region: Region,
    store: Option<Store>,
}

impl Check for RestoreCheck {
    fn needs(&self) -> Needs {
        let remote = |region: &&Copies| self.world.stores.local_path(&region.url).is_none();
        Needs {
            network: self.regions.iter().filter(remote).map(|region| region.url.clone()).collect(),
            scratch: true,
            credentials: vec![self.identity.clone()],
        }
    }

    /// A region that is not there is a fault of the backup and not of the job.
    fn files(&self, _: &Subject) -> Vec<String> {
        let is_file = |key: &&String| !key.starts_with("env:") && Verifier::parse(key).is_err();
        [&self.identity].into_iter().chain(&self.trusted).filter(is_file).cloned().collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let said = |time: Option<Duration>| match time {
            Some(time) => format!("{} s", time.as_secs()),
            None => "none".to_owned(),
        };
        let regions: Vec<&str> = self.regions.iter().map(|it| it.name.as_str()).collect();
        [
            ("rpo", said(Some(self.policy.rpo))),
            ("rto", said(Some(self.rto))),
            ("max-age", said(self.policy.max_age)),
            ("min-coverage", said(self.policy.min_coverage)),
            ("copies-for", said(self.policy.copies_for)),
            ("regions", regions.join(", ")),
            ("trusted-keys", self.trusted.join(", ")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        let mut report = Report::default();
        let identities = match self.identities() {
            Ok(identities) => identities,
            Err(finding) => return Ok(Outcome::could_not_look(*finding)),
        };
        let trusted = match self.trusted() {
            Ok(trusted) => trusted,
            Err(finding) => return Ok(Outcome::could_not_look(*finding)),
        };
        match Scratch::sweep(&ctx.scratch) {
            Ok(swept) => report.findings.extend(findings::swept(&swept)),
            Err(error) => report.findings.push(findings::not_wiped(&error)),
        }
        let visited: Vec<Visited> =
            self.regions.iter().map(|region| self.visit(region, &trusted)).collect();
        let (regions, stores): (Vec<Region>, Vec<Option<Store>>) =
            visited.into_iter().map(|visited| (visited.region, visited.store)).unzip();
        let survey = survey(&regions, &self.policy, ctx.now);
        report.findings.extend(survey.findings);
        for facts in &survey.regions {
            let place = regions.iter().position(|region| region.name == facts.region);
            let Some(Some(store)) = place.and_then(|place| stores.get(place)) else { continue };
            self.restore(facts, store, &trusted, &identities, ctx, &mut report);
        }
        Ok(self.judge(report, &survey.population))
    }
}

/// What the restores of all regions have brought to light.
#[derive(Default)]
struct Report {
    restored: u64,
    findings: Vec<Finding>,
    inputs: Vec<Input>,
    details: Vec<Value>,
    slowest: Duration,
    entries: u64,
    bytes: u64,
    newest_age: Option<Duration>,
}

impl RestoreCheck {
    fn identities(&self) -> Result<Vec<Identity>, Box<Finding>> {
        let unusable = |why: String| {
            Box::new(Finding::unknown(
                "identity-unusable",
                self.identity.as_str(),
                format!("The identity that opens the backups cannot be used: {why}."),
                "Give the job the age identity, from escrow and not from the backup's own machine.",
            ))
        };
        let text = match self.identity.strip_prefix("env:") {
            Some(variable) => self
                .world
                .stores
                .variable(variable)
                .ok_or_else(|| unusable(format!("`{variable}` is not set")))?,
            None => self.text(&self.identity).map_err(|error| unusable(chain(&error)))?,
        };
        keys::identities(&text).map_err(|error| unusable(error.to_string()))
    }

    fn trusted(&self) -> Result<Vec<Verifier>, Box<Finding>> {
        let read = |key: &String| match Verifier::parse(key) {
            Ok(verifier) => Ok(verifier),
            Err(_) => {
                let text = self.text(key).map_err(|error| chain(&error))?;
                Verifier::parse(&text).map_err(|error| error.to_string())
            }
        };
        let one = |key: &String| {
            read(key).map_err(|why| {
                Box::new(Finding::unknown(
                    "trusted-key-unusable",
                    key.as_str(),
                    format!("The key that may sign manifests cannot be used: {why}."),
                    "Name a public key, or a file of one, as `beleg backup create` prints it.",
                ))
            })
        };
        self.trusted.iter().map(one).collect()
    }

    fn text(&self, locator: &str) -> Result<String, StoreError> {
        let bytes = self.world.stores.read(locator, MAX_KEY_FILE)?;
        // What is no text is no key either; its reader says so.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Lists a region and reads the manifests of the backups in it.
    fn visit(&self, place: &Copies, trusted: &[Verifier]) -> Visited {
        let mut visited = Visited {
            region: Region {
                name: place.name.clone(),
                listing: Ok(Vec::new()),
                manifests: BTreeMap::new(),
            },
            store: None,
        };
        let listed = self
            .world
            .stores
            .open(&place.url, &place.options)
            .and_then(|store| Ok((store.list("")?, store)));
        let (objects, store) = match listed {
            Ok(listed) => listed,
            Err(error) => {
                visited.region.listing = Err(chain(&error));
                return visited;
            }
        };
        for object in &objects {
            let is_ours =
                BackupName::parse(&object.name).is_ok_and(|name| name.name() == self.policy.name);
            let manifest = format!("{}.manifest.json", object.name);
            if !is_ours || objects.iter().all(|object| object.name != manifest) {
                continue;
            }
            let state = match store.reader(&manifest) {
                Err(error) => ManifestState::Unread(chain(&error)),
                Ok(reader) => match Facts::read(reader, trusted) {
                    Err(ManifestError::Read(error)) => ManifestState::Unread(chain(&error)),
                    Err(error) => ManifestState::Refused(error),
                    Ok(facts) => ManifestState::Opened(Box::new(facts)),
                },
            };
            visited.region.manifests.insert(object.name.clone(), state);
        }
        let objects = objects.into_iter();
        let listed = objects.map(|o| ListedObject { name: o.name, size: ByteCount(o.size) });
        visited.region.listing = Ok(listed.collect());
        visited.store = Some(store);
        visited
    }

    /// Restores the newest sound backup of a region, if it has one; the survey has said so if not.
    fn restore(
        &self,
        region: &RegionFacts,
        store: &Store,
        trusted: &[Verifier],
        identities: &[Identity],
        ctx: &Ctx,
        report: &mut Report,
    ) {
        let Some(facts) = &region.newest else { return };
        let object = facts.name.object();
        let place = Place { region: &region.region, object: &object };
        let began = (ctx.monotonic)();
        let manifest = match manifest(facts, store, trusted, ctx) {
            Ok(manifest) => manifest,
            Err(Unopened::Unread(why)) => {
                report.findings.push(findings::manifest_unread(place, &why));
                return;
            }
            Err(Unopened::Refused(error)) => {
                report.findings.push(findings::manifest_refused(place, &error));
                return;
            }
        };
        let reader = match store.reader(&object) {
            Ok(reader) => reader,
            Err(error) => {
                report.findings.push(findings::region_unreadable(&region.region, &chain(&error)));
                return;
            }
        };
        let scratch = match Scratch::create(&ctx.scratch) {
            Ok(scratch) => scratch,
            Err(error) => {
                report.findings.push(Finding::unknown(
                    "scratch-unusable",
                    "the scratch folder",
                    format!("There is no room to restore in: {}.", chain(&error)),
                    "Make the scratch folder writable, or name another under `[limits]`.",
                ));
                return;
            }
        };
        let cancelled = || ctx.cancel.is_cancelled();
        let progress = |done, total| ctx.progress.at(done, total);
        let watch = Watch { cancelled: &cancelled, progress: &progress, clock: &*ctx.monotonic };
        report.findings.extend(findings::created(place, &manifest.omissions));
        let limits = Limits::promised_by(&manifest);
        let mut probes = Value::Null;
        match restore(reader, identities, &manifest, &scratch, &limits, &watch) {
            Err(error) => report.findings.push(findings::stopped(place, &error)),
            Ok(restored) => {
                let probed = probes::run(&restored, &scratch, &ProbeLimits::default(), &watch);
                report.findings.extend(findings::restored(place, &restored));
                report.findings.extend(findings::probed(place, &probed));
                report.restored = report.restored.saturating_add(1);
                report.entries = report.entries.saturating_add(restored.equal);
                report.bytes = report.bytes.saturating_add(restored.written);
                probes = probed
                    .results
                    .iter()
                    .map(|result| {
                        json!({
                            "facts": result.examined.facts,
                            "message": result.examined.message,
                            "path": result.path,
                            "probe": result.probe,
                            "verdict": result.examined.verdict,
                        })
                    })
                    .collect();
            }
        }
        let taken = (ctx.monotonic)().saturating_sub(began);
        if taken > self.rto {
            report.findings.push(findings::rto_exceeded(place, taken, self.rto));
        }
        report.slowest = report.slowest.max(taken);
        report.newest_age = report.newest_age.max(region.newest_age);
        let wiped = match scratch.wipe() {
            Ok(wiped) => {
                json!({ "bytes": wiped.bytes, "files": wiped.files, "how": wiped.how.word() })
            }
            Err(error) => {
                report.findings.push(findings::not_wiped(&error));
                json!("failed")
            }
        };
        report.inputs.push(input(region, store, facts));
        report.details.push(json!({
            "backup": object,
            "attributes": "mode, time and owner compared in the archive, not set in scratch",
            "content-root": facts.root,
            "entries": facts.entries,
            "manifest-signed-by": facts.signer,
            "milliseconds": u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
            "probes": probes,
            "region": region.region,
            "scratch-wiped": wiped,
        }));
    }

    fn judge(&self, report: Report, backups: &Population) -> Outcome {
        let expected = u64::try_from(self.regions.len()).unwrap_or(u64::MAX);
        let missing = expected.saturating_sub(report.restored);
        let left_out = (missing > 0).then(|| LeftOut {
            what: "regions".to_owned(),
            count: missing,
            why: "no backup of theirs was restored to its end".to_owned(),
        });
        let population = Population {
            unit: "regions".to_owned(),
            expected,
            examined: report.restored,
            left_out: left_out.into_iter().chain(backups.left_out.iter().cloned()).collect(),
        };
        let milliseconds = u64::try_from(report.slowest.as_millis()).unwrap_or(u64::MAX);
        let mut outcome = Outcome::judge(population, report.findings)
            .with_inputs(report.inputs)
            .with_metric("recovery-time", Metric::Milliseconds(milliseconds))
            .with_metric("recovery-time-target", Metric::Seconds(self.rto.as_secs()))
            .with_metric("recovery-point-age-target", Metric::Seconds(self.policy.rpo.as_secs()))
            .with_metric("backups-listed", Metric::Count(backups.expected))
            .with_metric("entries-equal", Metric::Count(report.entries))
            .with_metric("bytes-restored", Metric::Bytes(report.bytes))
            .with_details(json!({ "regions": report.details }));
        if let Some(age) = report.newest_age {
            outcome = outcome.with_metric("recovery-point-age", Metric::Seconds(age.as_secs()));
        }
        outcome
    }
}

/// Says why the manifest of the backup to restore did not open.
enum Unopened {
    Unread(String),
    Refused(ManifestError),
}

/// Reads the whole manifest of a backup that the survey has chosen by its beginning. The entries of
/// a large one are kept in the scratch folder, in a file without a name.
fn manifest(
    facts: &Facts,
    store: &Store,
    trusted: &[Verifier],
    ctx: &Ctx,
) -> Result<Manifest, Unopened> {
    let reader = store
        .reader(&facts.name.manifest_object())
        .map_err(|error| Unopened::Unread(chain(&error)))?;
    let spool = || {
        std::fs::create_dir_all(&ctx.scratch)?;
        tempfile::tempfile_in(&ctx.scratch)
    };
    match Manifest::read(reader, trusted, spool) {
        // What was surveyed must be what is restored.
        Ok(manifest) if manifest.facts == *facts => Ok(manifest),
        Ok(_) => Err(Unopened::Unread("it was replaced while it was looked at".to_owned())),
        Err(ManifestError::Read(error) | ManifestError::Spool(error)) => {
            Err(Unopened::Unread(chain(&error)))
        }
        Err(error) => Err(Unopened::Refused(error)),
    }
}

fn input(region: &RegionFacts, store: &Store, facts: &Facts) -> Input {
    Input {
        name: format!("backup in region {}", region.region),
        locator: format!("{}/{}", store.locator().trim_end_matches('/'), facts.name.object()),
        digest: Some(facts.ciphertext.digest.clone()),
        as_of: Some(facts.name.created()),
    }
}
