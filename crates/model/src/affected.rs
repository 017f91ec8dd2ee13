use crate::{Ecosystem, Finding, Package, Severity, Verdict};
use serde::{Deserialize, Serialize};

/// A package in one version with everything that advisories say of it, wherever it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AffectedPackage {
    /// Whose advisories speak of it.
    pub ecosystem: Ecosystem,
    /// Its name as advisories have it: the source package's, where they speak of those.
    pub name: String,
    /// The version of what `name` names.
    pub version: String,
    /// The packages that are meant, each where it was found.
    pub packages: Vec<FoundPackage>,
    /// What is said of it: what counts first, the worst first.
    pub advisories: Vec<PackageAdvisory>,
    /// The one version that helps most, if any does.
    pub upgrade: Option<Upgrade>,
}

/// A package where it was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundPackage {
    /// The package.
    #[serde(flatten)]
    pub package: Package,
    /// Its package URL, where it has one.
    pub purl: Option<String>,
}

/// What one advisory says of a package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageAdvisory {
    /// Its identifier.
    pub id: String,
    /// The identifiers that others know it by, sorted.
    pub aliases: Vec<String>,
    /// What is wrong, on one line.
    pub summary: String,
    /// Whether it is a vulnerability whose severity no record states; the finding's is a guess then.
    pub unscored: bool,
    /// The highest CVSS base score that a record states, 0.0 to 10.0.
    pub score: Option<f64>,
    /// Later versions that it does not speak of, in order; `> 1.2` is the unnamed first after 1.2.
    pub fixed: Vec<String>,
    /// Whether an earlier scan that was named as the baseline had it too, so that it does not count.
    pub in_baseline: bool,
    /// What it makes of the check, and who has decided to live with it.
    pub finding: Finding,
}

/// A version to which a package may be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// The version.
    pub version: String,
    /// The advisories that do not speak of it, and of the installed version do.
    pub clears: Vec<String>,
    /// The advisories that speak of it.
    pub leaves: Vec<String>,
}

impl AffectedPackage {
    /// Returns the worst that any of its advisories makes of the check.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.advisories.iter().map(|it| it.finding.verdict);
        verdicts.max().unwrap_or(Verdict::Pass)
    }

    /// Returns the worst severity of what counts; of all, where nothing counts.
    #[must_use]
    pub fn severity(&self) -> Severity {
        let verdict = self.verdict();
        let counting = self.advisories.iter().filter(|it| it.finding.verdict == verdict);
        counting.map(|it| it.finding.severity).max().unwrap_or(Severity::Info)
    }

    /// Returns that severity in one word: `unknown` where nobody can say whether it is affected,
    /// `unscored` where no record states how bad it is.
    #[must_use]
    pub fn severity_word(&self) -> &'static str {
        let severity = self.severity();
        let worst = |it: &&PackageAdvisory| it.counts() && it.finding.severity == severity;
        let mut words = self.advisories.iter().filter(worst).map(PackageAdvisory::severity_word);
        // What somebody states says more than what nobody does.
        let stated = words.clone().find(|word| *word == severity.word());
        stated.or_else(|| words.next()).unwrap_or(severity.word())
    }

    /// Counts the advisories that change the verdict and do not speak of the upgrade.
    #[must_use]
    pub fn cleared_by_upgrade(&self) -> usize {
        let Some(upgrade) = &self.upgrade else { return 0 };
        let counting = self.advisories.iter().filter(|it| it.counts());
        counting.filter(|it| upgrade.clears.contains(&it.id)).count()
    }

    /// Counts the advisories that change the verdict.
    #[must_use]
    pub fn counting(&self) -> usize {
        self.advisories.iter().filter(|it| it.counts()).count()
    }
}

impl PackageAdvisory {
    /// Returns how bad it is, as [`AffectedPackage::severity_word`].
    #[must_use]
    pub fn severity_word(&self) -> &'static str {
        match self.finding.verdict {
            Verdict::Unknown => Verdict::Unknown.word(),
            _ if self.unscored => "unscored",
            _ => self.finding.severity.word(),
        }
    }

    /// Returns the identifier that most people know it by: CVE's, else its own.
    #[must_use]
    pub fn common_name(&self) -> &str {
        let mut all = [&self.id].into_iter().chain(&self.aliases);
        all.find(|id| id.starts_with("CVE-")).unwrap_or(&self.id)
    }

    /// Says whether it changes the verdict.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.finding.verdict != Verdict::Pass
    }
}
