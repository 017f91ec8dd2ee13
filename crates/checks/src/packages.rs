//! Packages against advisories: the part that lockfiles, folders and images have in common.

use crate::found::Found;
use crate::ignores::{self, Ignore, Ignores, Part};
use crate::rules;
use crate::scan::{Affected, Baseline, Said};
use crate::sources::Advised;
use crate::weakness::Weakness;
use crate::world::World;
use beleg_advisory::{Coverage, Match, Policy};
use beleg_engine::Advisories;
use beleg_model::{Finding, Input, LeftOut, Origin, Package, Population, Severity, Verdict};
use beleg_sbom::{NamedOnly, Unread};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many single findings of one rule are worth a person's time; the rest is summed up.
const MOST_ALIKE: usize = 20;

/// How many of the project's own packages are named.
const NAMED: usize = 5;

/// What the advisory sources say about some packages.
pub(crate) struct Judged {
    pub(crate) population: Population,
    pub(crate) findings: Vec<Finding>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) affected: Affected,
}

const DAY: Duration = Duration::from_secs(86_400);
/// What a scan must know by: advisories of the last month.
const KNOWN_WITHIN: Duration = DAY.saturating_mul(31);
/// The longest that somebody may have decided to live with an advisory, where a control counts on it.
const DECIDED_WITHIN: Duration = DAY.saturating_mul(366);

impl Judged {
    /// Says whether everything was looked up, and nothing is unknown.
    pub(crate) fn is_whole(&self) -> bool {
        let Population { expected, examined, .. } = self.population;
        examined == expected && self.findings.iter().all(|it| it.verdict != Verdict::Unknown)
    }
}

/// By what packages are judged.
pub(crate) struct Rules {
    pub(crate) advisories: Advisories,
    pub(crate) policy: Policy,
    pub(crate) ignores: Vec<Ignore>,
    /// What does not count because it was found before.
    pub(crate) baseline: Option<Baseline>,
    /// How many subjects are judged by them.
    pub(crate) subjects: usize,
}

impl Rules {
    /// Names the settings by which vulnerabilities pass that others would not let pass; the worst
    /// leave nothing of `control`.
    pub(crate) fn weaknesses(&self, control: Option<&'static str>) -> Vec<Weakness> {
        let Policy { fail_from, .. } = self.policy;
        let Advisories { max_age, ignore_max_term, .. } = self.advisories;
        let usual = (Policy::default().fail_from, Advisories::default());
        let gate = format!("vulnerabilities below {fail_from} do not fail (`fail-from`)");
        let old = format!("advisories of {} ago count as known (`max-age`)", days(max_age));
        let long =
            format!("a decision to ignore may run {} (`ignore-max-term`)", days(ignore_max_term));
        [
            (gate, fail_from > usual.0, fail_from > Severity::High),
            (old, max_age > usual.1.max_age, max_age > KNOWN_WITHIN),
            (long, ignore_max_term > usual.1.ignore_max_term, ignore_max_term > DECIDED_WITHIN),
        ]
        .into_iter()
        .filter(|(_, is_weak, _)| *is_weak)
        .map(|(words, _, voids)| Weakness { words, voids: control.filter(|_| voids) })
        .collect()
    }

    /// Returns what a verdict depends on, in words.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        let Policy { fail_from, unmaintained, unsound, notice, .. } = &self.policy;
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

    /// Makes the decisions ready to be applied to a part of what they are about.
    pub(crate) fn ignores<'a>(&'a self, part: Part<'a>, now: Timestamp) -> Ignores<'a> {
        let today = now.to_zoned(TimeZone::UTC).date();
        Ignores::new(&self.ignores, part, today, self.advisories.ignore_max_term)
    }

    /// Judges one match of a package.
    fn say(&self, found: Match, package: &Package, ignores: &mut Ignores<'_>) -> Said {
        let finding = ignores.apply(found.to_finding(package, &self.policy), &found, package);
        let is_known =
            self.baseline.as_ref().is_some_and(|it| it.knows(&found, package, finding.verdict));
        let in_baseline = is_known && finding.verdict != Verdict::Pass;
        let verdict = if in_baseline { Verdict::Pass } else { finding.verdict };
        Said { found, in_baseline, finding: Finding { verdict, ..finding } }
    }

    /// Names what was found and does not count, so that nobody takes the rest for all there is.
    pub(crate) fn what_does_not_count(&self, judged: &Judged) -> Vec<Finding> {
        let mut remarks = Vec::new();
        let known = judged.affected.in_baseline();
        if let Some(baseline) = self.baseline.as_ref().filter(|_| known > 0) {
            let message = format!("{known} findings are in the baseline and do not count.");
            remarks.push(Finding::of(&rules::IN_BASELINE, baseline.name(), message));
        }
        let unfixed = judged.affected.unfixed_remarks();
        if self.policy.only_fixable && unfixed > 0 {
            let message = format!("{unfixed} findings without a fixed version do not count.");
            remarks.push(Finding::of(&rules::UNFIXED_NOT_COUNTED, "advisories", message));
        }
        remarks
    }

    /// Returns the sources that are reached over the network.
    pub(crate) fn remote_sources(&self, world: &World) -> Vec<String> {
        let sources = self.advisories.rustsec.iter().chain(&self.advisories.osv);
        sources.filter(|locator| world.stores.local_path(locator).is_none()).cloned().collect()
    }
}

fn days(duration: Duration) -> String {
    format!("{} days", duration.as_secs() / 86_400)
}

/// Looks up everything that was found in one subject of a job, and judges the decisions with it.
pub(crate) fn judge_subject(
    found: Found,
    subject: &str,
    world: &World,
    rules: &Rules,
    now: Timestamp,
) -> Judged {
    let part = if rules.subjects > 1 { Part::Subject(subject) } else { Part::Whole };
    let mut ignores = rules.ignores(part, now);
    let mut judged = judge(&found.packages, &found.unread, world, rules, &mut ignores, now);
    judged.population.left_out.extend(found.left_out);
    judged.findings.extend(found.findings);
    judged.findings.extend(own(&found.packages));
    judged.findings.extend(ignores.findings(judged.is_whole()));
    judged
}

/// Names the packages that are the project's own: they stand in no count.
fn own(packages: &[Package]) -> Option<Finding> {
    let all: Vec<&Package> = packages.iter().filter(|it| it.origin == Origin::Local).collect();
    let first = all.first()?;
    let named = |it: &&Package| format!("`{}` {}", it.name, it.version);
    let names = all.iter().take(NAMED).map(named).collect::<Vec<_>>().join(", ");
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message =
        format!("{} packages are the project's own and not counted: {names}{more}.", all.len());
    Some(Finding::of(&rules::OWN_PACKAGES, first.location.clone(), message))
}

/// Looks every package up. What no source covers is left out of the population and said.
pub(crate) fn judge(
    packages: &[Package],
    unread: &[Unread],
    world: &World,
    rules: &Rules,
    ignores: &mut Ignores<'_>,
    now: Timestamp,
) -> Judged {
    let mut judging = Judging::new(world, &rules.advisories, now);
    let mut uncovered: BTreeMap<String, u64> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    for package in packages {
        let is_own = package.origin == Origin::Local;
        let advised = judging.advised(package);
        // Apart, so that a decision about one record silences no other that shares an alias with it.
        let matches = advised.index.matches_apart(package, &ignores.of(package));
        let covered = matches!(advised.index.covers(&package.ecosystem), Coverage::By(_));
        let said: Vec<Said> =
            matches.into_iter().map(|found| rules.say(found, package, ignores)).collect();
        judging.findings.extend(said.iter().map(|it| it.finding.clone()));
        judging.affected.take(package, &said, &advised.index, world.ecosystems);
        if is_own {
            continue;
        }
        judging.expected = judging.expected.saturating_add(1);
        count_one(&mut judging.counts, package.ecosystem.to_string());
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
    let (without_record, unread): (Vec<&Unread>, Vec<&Unread>) =
        unread.iter().partition(|entry| judging.is_without_record(entry));
    judging.pass_without_record(&without_record);
    judging.leave_unread(&unread);
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
    affected: Affected,
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
            affected: Affected::default(),
        }
    }

    fn advised(&mut self, package: &Package) -> Arc<Advised> {
        self.advised_of(&package.ecosystem.name)
    }

    fn advised_of(&mut self, ecosystem: &str) -> Arc<Advised> {
        let (world, settings, now) = (self.world, self.settings, self.now);
        let load = || world.sources().of(ecosystem, world, settings, now);
        Arc::clone(self.advised.entry(ecosystem.to_owned()).or_insert_with(load))
    }

    fn leave_uncovered(&mut self, ecosystem: &str, count: u64) {
        let why = format!("no advisory source covers {ecosystem}");
        self.findings.push(Finding::of(&rules::PACKAGES_NOT_COVERED, ecosystem, format!(
                "{count} packages of {ecosystem} were found, and no advisory source covers them."
            )).with_remedy(format!(
                "Provide OSV's `{ecosystem}` records under `[advisories] osv` in `beleg.toml`."
            )));
        self.left_out.push(LeftOut { what: format!("packages of {ecosystem}"), count, why });
    }

    fn leave_elsewhere(&mut self, packages: &[(&Package, String)]) {
        for (package, place) in packages.iter().take(MOST_ALIKE) {
            self.findings.push(Finding::of(
                &rules::PACKAGE_FROM_ELSEWHERE,
                package.location.clone(),
                format!(
                    "`{}` {} comes from {place}, of which no advisory source speaks.",
                    package.name, package.version
                ),
            ));
        }
        self.sum_up(
            packages.len(),
            "packages from elsewhere",
            "no advisory source speaks of their place",
        );
    }

    /// Says whether an entry names a package of which no record speaks in any version, by sources that
    /// cover its ecosystem: no version is needed to know that.
    fn is_without_record(&mut self, entry: &Unread) -> bool {
        let Some(NamedOnly { ecosystem: Some(ecosystem), name, .. }) = &entry.names else {
            return false;
        };
        let advised = self.advised_of(&ecosystem.name);
        matches!(advised.index.covers(ecosystem), Coverage::By(_))
            && !advised.index.names(&ecosystem.name, name)
    }

    fn pass_without_record(&mut self, entries: &[&Unread]) {
        let Some(first) = entries.first() else { return };
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        self.expected = self.expected.saturating_add(count);
        self.examined = self.examined.saturating_add(count);
        let names: Vec<&NamedOnly> = entries.iter().filter_map(|it| it.names.as_ref()).collect();
        for ecosystem in names.iter().filter_map(|it| it.ecosystem.as_ref()) {
            count_one(&mut self.counts, ecosystem.to_string());
        }
        let named: Vec<String> =
            names.iter().take(NAMED).map(|it| format!("`{}`", it.name)).collect();
        let more = entries.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "{count} entries name no exact version, and no advisory speaks of any version of what they name: {}{more}.",
            named.join(", ")
        );
        let location = first.location.clone();
        self.findings.push(Finding::of(&rules::NO_RECORD_OF_NAME, location, message));
    }

    fn leave_unread(&mut self, unread: &[&Unread]) {
        for entry in unread.iter().take(MOST_ALIKE) {
            self.findings.push(Finding::of(
                &rules::ENTRY_NOT_READ,
                entry.location.clone(),
                format!("This names no package in one exact version: {}.", entry.why),
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
        let Self { findings, counts, affected, .. } = self;
        Judged { population, findings, inputs, counts, affected }
    }
}
