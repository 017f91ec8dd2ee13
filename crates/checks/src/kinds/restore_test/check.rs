use super::RestoreCheck;
use super::report::Report;
use super::visit::{self, Unopened, Visited};
use crate::failure::chain;
use crate::rules;
use beleg_backup::findings::{self, Place};
use beleg_backup::keys::{self, Identity};
use beleg_backup::probes::{self, ProbeLimits};
use beleg_backup::{
    Facts, Limits, Manifest, Measure, Older, RegionFacts, Restored, Scratch, Watch, restore,
    sampled, survey,
};
use beleg_dsse::Verifier;
use beleg_engine::{Check, CheckError, Ctx, Needs, Unearned};
use beleg_model::{Digest, Finding, Input, Outcome, Subject};
use beleg_store::{Store, StoreError};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const MAX_KEY_FILE: u64 = 1 << 20;

impl Check for RestoreCheck {
    fn needs(&self) -> Needs {
        let remote = self
            .regions
            .iter()
            .filter(|region| self.world.stores.local_path(&region.url).is_none());
        Needs {
            network: remote.map(|region| region.url.clone()).collect(),
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
        let regions: Vec<&str> = self.regions.iter().map(|it| it.name.as_str()).collect();
        let mut settings = self.targets.settings();
        settings.extend(
            [
                ("regions", regions.join(", ")),
                ("trusted-keys", self.trusted.join(", ")),
                ("read-older", self.reading.older.to_string()),
                ("canary", self.reading.canary.to_string()),
                ("max-window", self.reading.window_log.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        settings
    }

    fn least_time(&self) -> Option<Duration> {
        Some(self.targets.least_time())
    }

    fn unearned(&self) -> Vec<Unearned> {
        self.targets.unearned()
    }

    fn run(&self, ctx: &Ctx, _: &Subject) -> Result<Outcome, CheckError> {
        let keys = self.identities().and_then(|identities| Ok((identities, self.trusted()?)));
        let (identities, trusted) = match keys {
            Ok(keys) => keys,
            Err(finding) => return Ok(Outcome::could_not_look(*finding)),
        };
        let mut report = Report { findings: self.world.swept(&ctx.scratch), ..Report::default() };
        let (mut regions, mut stores) = (Vec::new(), Vec::new());
        // One region after the other, so that what one shows outlives what another takes.
        for place in &self.regions {
            if ctx.cancel.is_cancelled() {
                break;
            }
            let Visited { region, store } = self.visit(place, &trusted);
            regions.push(region);
            stores.push(store);
            let survey = survey(&regions, &self.targets.policy, ctx.now);
            ctx.so_far.keep(self.judge(&report, &survey));
            let of_place = survey.regions.iter().find(|facts| facts.region == place.name);
            if let (Some(facts), Some(Some(store))) = (of_place, stores.last()) {
                self.restore(facts, store, &trusted, &identities, ctx, &mut report);
                ctx.so_far.keep(self.judge(&report, &survey));
            }
        }
        report.findings.extend(self.tell_apart(&regions, &stores, ctx));
        let survey = survey(&regions, &self.targets.policy, ctx.now);
        let older = sampled(&survey.regions, self.reading.older, &ctx.now);
        report.chosen = older.len() as u64;
        ctx.so_far.keep(self.judge(&report, &survey));
        for Older { region, facts } in older {
            let Some(region) = survey.regions.get(region) else { continue };
            let place = regions.iter().position(|listed| listed.name == region.region);
            let store = place.and_then(|place| stores.get(place)).and_then(Option::as_ref);
            if let Some(store) = store {
                read_older(region, store, facts, ctx, &mut report);
                ctx.so_far.keep(self.judge(&report, &survey));
            }
        }
        Ok(self.judge(&report, &survey))
    }
}

impl RestoreCheck {
    fn identities(&self) -> Result<Vec<Identity>, Box<Finding>> {
        let unusable = |why: String| {
            Box::new(Finding::of(
                &rules::IDENTITY_UNUSABLE,
                self.identity.as_str(),
                format!("The identity that opens the backups cannot be used: {why}."),
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
                Box::new(Finding::of(
                    &rules::TRUSTED_KEY_UNUSABLE,
                    key.as_str(),
                    format!("The key that may sign manifests cannot be used: {why}."),
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
        let manifest = match visit::manifest(facts, store, trusted, ctx) {
            Ok(manifest) => manifest,
            Err(Unopened::Unread(why)) => {
                return report.findings.push(findings::manifest_unread(place, &why));
            }
            Err(Unopened::Refused(error)) => {
                return report.findings.push(findings::manifest_refused(place, &error));
            }
        };
        let reader = match store.reader(&object) {
            Ok(reader) => reader,
            Err(error) => {
                return report.findings.push(findings::unread(place, &chain(&error)));
            }
        };
        let scratch = match Scratch::create(&ctx.scratch) {
            Ok(scratch) => scratch,
            Err(error) => return report.findings.push(no_scratch(&chain(&error))),
        };
        report.findings.extend(findings::created(place, &manifest.omissions));
        let fetched = Arc::new(AtomicU64::new(0));
        let reader = Box::new(Counted { inner: reader, count: Arc::clone(&fetched) });
        let tried = self.tried(reader, identities, &manifest, &scratch, place, ctx, report);
        let taken = (ctx.monotonic)().saturating_sub(began);
        if taken > self.targets.rto {
            report.findings.push(findings::rto_exceeded(place, taken, self.targets.rto));
        }
        report.slowest = report.slowest.max(taken);
        report.newest_age = report.newest_age.max(region.newest_age);
        let wiped = wiped(scratch, report);
        let (read, probes) = match tried {
            Some((restored, probes)) => (Some(restored.ciphertext.digest), probes),
            None => (None, Value::Null),
        };
        report.inputs.push(input("backup", region, store, &object, facts, read.clone()));
        report.details.push(json!({
            "attributes": "mode, time and owner compared in the archive, not set in scratch",
            "backup": object,
            "bytes-promised": facts.ciphertext.size.0,
            "bytes-read": fetched.load(Ordering::Relaxed),
            "content-root": facts.root,
            "digest-promised": facts.ciphertext.digest,
            "digest-read": read,
            "entries": facts.entries,
            "manifest-signed-by": facts.signer,
            "milliseconds": u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
            "older-listed": region.older(),
            "probes": probes,
            "region": region.region,
            "scratch-wiped": wiped,
        }));
    }

    /// Restores and probes; returns what was restored to its end.
    #[expect(clippy::too_many_arguments, reason = "each is one of the things a restore needs")]
    fn tried(
        &self,
        reader: Box<dyn Read + Send>,
        identities: &[Identity],
        manifest: &Manifest,
        scratch: &Scratch,
        place: Place<'_>,
        ctx: &Ctx,
        report: &mut Report,
    ) -> Option<(Restored, Value)> {
        let cancelled = || ctx.cancel.is_cancelled();
        let progress = |done, total| ctx.progress.at(done, total);
        let watch = Watch { cancelled: &cancelled, progress: &progress, clock: &*ctx.monotonic };
        let limits =
            Limits { window_log: self.reading.window_log, ..Limits::promised_by(manifest) };
        let restored = match restore(reader, identities, manifest, scratch, &limits, &watch) {
            Ok(restored) => restored,
            Err(error) => {
                report.findings.push(findings::stopped(place, &error));
                return None;
            }
        };
        let probed = probes::run(&restored, scratch, &ProbeLimits::default(), &watch);
        report.findings.extend(findings::restored(place, &restored));
        report.findings.extend(findings::probed(place, &probed));
        report.entries = report.entries.saturating_add(restored.equal);
        report.bytes = report.bytes.saturating_add(restored.written);
        match manifest.holds_a_file() {
            Ok(true) => report.restored = report.restored.saturating_add(1),
            Ok(false) => report.findings.push(findings::empty(place)),
            Err(error) => {
                report.findings.push(findings::manifest_unread(place, &error.to_string()));
            }
        }
        let results = probed.results.iter().map(|result| {
            json!({
                "facts": result.examined.facts,
                "looked": result.examined.looked.word(),
                "message": result.examined.message,
                "path": result.path,
                "probe": result.probe,
                "verdict": result.examined.verdict,
            })
        });
        let results = results.collect();
        Some((restored, results))
    }
}

/// Reads an older backup whole and compares its digest with the one that its manifest promises.
/// That shows that the copy is the object that was made, and nothing about its inside.
fn read_older(region: &RegionFacts, store: &Store, facts: &Facts, ctx: &Ctx, report: &mut Report) {
    let object = facts.name.object();
    let place = Place { region: &region.region, object: &object };
    let cancelled = || ctx.cancel.is_cancelled();
    let progress = |done, total| ctx.progress.at(done, total);
    let watch = Watch { cancelled: &cancelled, progress: &progress, clock: &*ctx.monotonic };
    if cancelled() {
        return;
    }
    let read = store.reader(&object).map_err(|error| chain(&error)).and_then(|mut reader| {
        Measure::of_stream(&mut reader, facts.ciphertext.size, &watch)
            .map_err(|error| error.to_string())
    });
    let found = match read {
        Ok(found) => found,
        Err(why) => return report.findings.push(findings::unread(place, &why)),
    };
    if found != facts.ciphertext {
        report.findings.push(findings::other_bytes(place, &facts.ciphertext, &found));
    }
    let digest = Some(found.digest);
    report.inputs.push(input("older backup", region, store, &object, facts, digest));
    report.read.entry(region.region.clone()).or_default().push(object);
}

fn no_scratch(why: &str) -> Finding {
    Finding::of(
        &rules::SCRATCH_UNUSABLE,
        "the scratch folder",
        format!("There is no room to restore in: {why}."),
    )
    .with_remedy("Make the scratch folder writable, or name another under `[limits]`.")
}

fn wiped(scratch: Scratch, report: &mut Report) -> Value {
    match scratch.wipe() {
        Ok(wiped) => json!({ "bytes": wiped.bytes, "files": wiped.files, "how": wiped.how.word() }),
        Err(error) => {
            report.findings.push(findings::not_wiped(&error));
            json!("failed")
        }
    }
}

/// Says what was read, with the digest of what was read and not of what was promised.
fn input(
    what: &str,
    region: &RegionFacts,
    store: &Store,
    object: &str,
    facts: &Facts,
    digest: Option<Digest>,
) -> Input {
    Input {
        name: format!("{what} in region {}", region.region),
        locator: format!("{}/{object}", store.locator().trim_end_matches('/')),
        digest,
        as_of: Some(facts.name.created()),
    }
}

/// Counts what goes by, so that evidence says how much of an object was read when a restore
/// stopped.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
