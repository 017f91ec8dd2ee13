//! Packages against advisories: the part that lockfiles, folders and images have in common.

use crate::ignores::{self, Ignore, Ignores};
use crate::sources::Advised;
use crate::world::World;
use beleg_advisory::{Coverage, Policy};
use beleg_engine::Advisories;
use beleg_model::{Finding, Input, LeftOut, Origin, Package, Population};
use beleg_sbom::Unread;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many single findings of one rule are worth a person's time; the rest is summed up.
const MOST_ALIKE: usize = 20;

/// What the advisory sources say about some packages.
pub(crate) struct Judged {
    pub(crate) population: Population,
    pub(crate) findings: Vec<Finding>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) counts: BTreeMap<String, u64>,
}

/// By what packages are judged.
pub(crate) struct Rules {
    pub(crate) advisories: Advisories,
    pub(crate) policy: Policy,
    pub(crate) ignores: Vec<Ignore>,
}

impl Rules {
    /// Returns what a verdict depends on, in words.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let Policy { fail_from, unmaintained, unsound, notice, .. } = &self.policy;
        let days = |duration: Duration| format!("{} days", duration.as_secs() / 86_400);
        let source = |locator: &Option<String>| locator.as_deref().unwrap_or("none").to_owned();
        let informational =
            format!("unmaintained {unmaintained}, unsound {unsound}, notice {notice}");
        [
            ("fail-from", fail_from.to_string()),
            ("informational", informational),
            ("ignored", ignores::in_words(&self.ignores)),
            ("ignore-max-term", days(self.advisories.ignore_max_term)),
            ("advisories-max-age", days(self.advisories.max_age)),
            ("advisories-rustsec", source(&self.advisories.rustsec)),
            ("advisories-osv", source(&self.advisories.osv)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Returns the sources that are reached over the network.
    pub(crate) fn remote_sources(&self, world: &World) -> Vec<String> {
        let sources = self.advisories.rustsec.iter().chain(&self.advisories.osv);
        sources.filter(|locator| world.stores.local_path(locator).is_none()).cloned().collect()
    }
}

/// Looks every package up. What no source covers is left out of the population and said.
pub(crate) fn judge(
    packages: &[Package],
    unread: &[Unread],
    world: &World,
    rules: &Rules,
    now: Timestamp,
) -> Judged {
    let mut judging = Judging::new(world, &rules.advisories, now);
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut ignores = Ignores::new(&rules.ignores, today, rules.advisories.ignore_max_term);
    let mut uncovered: BTreeMap<String, u64> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    for package in packages {
        if package.origin == Origin::Local {
            continue;
        }
        judging.expected = judging.expected.saturating_add(1);
        count_one(&mut judging.counts, package.ecosystem.to_string());
        let advised = judging.advised(package);
        let matches = advised.index.matches(package);
        let covered = matches!(advised.index.covers(&package.ecosystem), Coverage::By(_));
        judging.findings.extend(
            matches.iter().map(|found| {
                ignores.apply(found.to_finding(package, &rules.policy), found, package)
            }),
        );
        match &package.origin {
            Origin::Elsewhere(place) => elsewhere.push((package, place.clone())),
            _ if covered => judging.examined = judging.examined.saturating_add(1),
            _ => count_one(&mut uncovered, package.ecosystem.to_string()),
        }
    }
    for (ecosystem, count) in uncovered {
        judging.leave_uncovered(&ecosystem, count);
    }
    judging.leave_elsewhere(&elsewhere);
    judging.leave_unread(unread);
    judging.findings.extend(ignores.findings());
    judging.finish()
}

fn count_one(counts: &mut BTreeMap<String, u64>, what: String) {
    let count = counts.entry(what).or_default();
    *count = count.saturating_add(1);
}

struct Judging<'a> {
    world: &'a World,
    settings: &'a Advisories,
    now: Timestamp,
    advised: BTreeMap<String, Arc<Advised>>,
    expected: u64,
    examined: u64,
    left_out: Vec<LeftOut>,
    findings: Vec<Finding>,
    counts: BTreeMap<String, u64>,
}

impl<'a> Judging<'a> {
    fn new(world: &'a World, settings: &'a Advisories, now: Timestamp) -> Self {
        Self {
            world,
            settings,
            now,
            advised: BTreeMap::new(),
            expected: 0,
            examined: 0,
            left_out: Vec::new(),
            findings: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    fn advised(&mut self, package: &Package) -> Arc<Advised> {
        let ecosystem = &*package.ecosystem.name;
        let (world, settings, now) = (self.world, self.settings, self.now);
        let load = || world.sources().of(ecosystem, world, settings, now);
        Arc::clone(self.advised.entry(ecosystem.to_owned()).or_insert_with(load))
    }

    fn leave_uncovered(&mut self, ecosystem: &str, count: u64) {
        let why = format!("no advisory source covers {ecosystem}");
        self.findings.push(Finding::unknown(
            "packages-not-covered",
            ecosystem,
            format!(
                "{count} packages of {ecosystem} were found, and no advisory source covers them."
            ),
            format!(
                "Provide OSV's `{ecosystem}` records under `[advisories] osv` in `beleg.toml`."
            ),
        ));
        self.left_out.push(LeftOut { what: format!("packages of {ecosystem}"), count, why });
    }

    fn leave_elsewhere(&mut self, packages: &[(&Package, String)]) {
        for (package, place) in packages.iter().take(MOST_ALIKE) {
            self.findings.push(Finding::unknown(
                "package-from-elsewhere",
                package.location.clone(),
                format!(
                    "`{}` {} comes from {place}, of which no advisory source speaks.",
                    package.name, package.version
                ),
                "Take it from its registry, or have somebody watch that place.",
            ));
        }
        self.sum_up(
            packages.len(),
            "packages from elsewhere",
            "no advisory source speaks of their place",
        );
    }

    fn leave_unread(&mut self, unread: &[Unread]) {
        for entry in unread.iter().take(MOST_ALIKE) {
            self.findings.push(Finding::unknown(
                "entry-not-read",
                entry.location.clone(),
                format!("This names no package in one exact version: {}.", entry.why),
                "Pin an exact version, or use a lockfile.",
            ));
        }
        let count = u64::try_from(unread.len()).unwrap_or(u64::MAX);
        self.expected = self.expected.saturating_add(count);
        self.sum_up(unread.len(), "entries", "they name no package in one exact version");
    }

    fn sum_up(&mut self, count: usize, what: &str, why: &str) {
        if count > 0 {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.left_out.push(LeftOut { what: what.to_owned(), count, why: why.to_owned() });
        }
    }

    fn finish(mut self) -> Judged {
        let mut inputs = Vec::new();
        let mut said = BTreeSet::new();
        for advised in self.advised.values() {
            inputs.extend(advised.inputs.iter().cloned());
            for finding in &advised.findings {
                if said.insert((finding.rule.clone(), finding.location.clone())) {
                    self.findings.push(finding.clone());
                }
            }
        }
        let population = Population {
            unit: "packages".to_owned(),
            expected: self.expected,
            examined: self.examined,
            left_out: self.left_out,
        };
        Judged { population, findings: self.findings, inputs, counts: self.counts }
    }
}
