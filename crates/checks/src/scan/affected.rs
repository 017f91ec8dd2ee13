//! Matches by package: one upgrade clears many of them.

use beleg_advisory::{Index, Match};
use beleg_ecosystem::Registry;
use beleg_model::{AffectedPackage, Finding, FoundPackage, Package, PackageAdvisory};
use beleg_sbom::purl_of;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was said of a package, and what came of it.
pub(crate) struct Said {
    pub(crate) found: Match,
    pub(crate) in_baseline: bool,
    pub(crate) finding: Finding,
}

/// Gathers what was said of packages while they were judged.
#[derive(Default)]
pub(crate) struct Affected(BTreeMap<(String, String, String), AffectedPackage>);

impl Affected {
    /// Takes what the index said of one package, with the findings that came of it.
    pub(crate) fn take(
        &mut self,
        package: &Package,
        said: &[Said],
        index: &Index,
        known: Registry,
    ) {
        if said.is_empty() {
            return;
        }
        let (name, version) = index.advised(package);
        let key = (package.ecosystem.to_string(), name.to_owned(), version.to_owned());
        let affected = self.0.entry(key).or_insert_with(|| {
            let matches: Vec<Match> = said.iter().map(|it| it.found.clone()).collect();
            AffectedPackage {
                ecosystem: package.ecosystem.clone(),
                name: name.to_owned(),
                version: version.to_owned(),
                packages: Vec::new(),
                advisories: Vec::new(),
                upgrade: index.upgrade(package, &matches),
            }
        });
        let purl = purl_of(package, known).ok();
        affected.packages.push(FoundPackage { package: package.clone(), purl });
        for said in said {
            let id = &said.found.advisory;
            match affected.advisories.iter_mut().find(|known| known.id == *id) {
                // A decision about one of the packages does not speak for the others.
                Some(known) if known.finding.verdict < said.finding.verdict => {
                    *known = advisory(said);
                }
                Some(_) => {}
                None => affected.advisories.push(advisory(said)),
            }
        }
    }

    /// Counts the vulnerabilities of which no fixed version is known and that change no verdict.
    pub(crate) fn unfixed_remarks(&self) -> usize {
        let all = self.0.values().flat_map(|it| &it.advisories);
        let counts = |it: &&PackageAdvisory| it.counts() || it.finding.waived.is_some();
        all.filter(|it| it.fixed.is_empty() && !it.in_baseline && !counts(it)).count()
    }

    /// Counts what an earlier scan had too.
    pub(crate) fn in_baseline(&self) -> usize {
        self.0.values().flat_map(|it| &it.advisories).filter(|it| it.in_baseline).count()
    }

    /// Returns the packages: what counts first, then the worst, then what most is said of.
    pub(crate) fn sorted(self) -> Vec<AffectedPackage> {
        let mut all: Vec<AffectedPackage> = self.0.into_values().collect();
        for affected in &mut all {
            let rank = |it: &PackageAdvisory| Reverse((it.finding.verdict, it.finding.severity));
            affected.advisories.sort_by(|a, b| (rank(a), &a.id).cmp(&(rank(b), &b.id)));
        }
        all.sort_by_key(|it| Reverse((it.verdict(), it.severity(), it.counting())));
        all
    }
}

fn advisory(Said { found, in_baseline, finding }: &Said) -> PackageAdvisory {
    PackageAdvisory {
        id: found.advisory.clone(),
        aliases: found.aliases.clone(),
        summary: found.summary.clone(),
        unscored: found.unscored,
        score: found.score,
        fixed: found.fixed.clone(),
        in_baseline: *in_baseline,
        finding: finding.clone(),
    }
}
