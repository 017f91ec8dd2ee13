//! What one scan found, in the formats that people and other programs read.

mod cyclonedx;
mod gitlab;
mod identified;
mod json;
mod markdown;
mod sarif;
mod text;

use crate::RenderError;
use beleg_model::{AffectedPackage, Finding, Outcome, Rule, Verdict};
use jiff::Timestamp;
use std::collections::HashSet;

/// A scan of one target, of which nothing is recorded.
#[derive(Clone, Debug)]
pub struct ScanRecord {
    /// What was scanned, as it was named.
    pub target: String,
    /// What that is, in one word, such as `folder`.
    pub kind: &'static str,
    /// When the scan began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The build of beleg that looked.
    pub tool_version: &'static str,
    /// What was found out.
    pub outcome: Outcome,
    /// The packages that advisories speak of, worst first.
    pub affected: Vec<AffectedPackage>,
}

/// How the result of a scan looks.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions {
    /// Whether terminal colours may be used.
    pub colour: bool,
    /// The terminal's width in columns.
    pub width: usize,
    /// The most rows that a table for people has; all if absent.
    pub rows: Option<usize>,
    /// Whether every advisory is told, and not only how many there are.
    pub details: bool,
    /// Returns what is declared of a rule by its code; advisories have none.
    pub explains: fn(&str) -> Option<&'static Rule>,
}

/// A way to write a scan down.
pub trait ScanFormat: Sync {
    /// Returns the name that `--format` takes.
    fn id(&self) -> &'static str;

    /// Renders the scan: UTF-8 that ends with a line feed.
    ///
    /// # Errors
    /// When it cannot be expressed in this format.
    fn render(&self, scan: &ScanRecord, options: &ScanOptions) -> Result<Vec<u8>, RenderError>;
}

/// Every format of scans, in the order in which help lists them.
pub const SCAN_FORMATS: &[&dyn ScanFormat] = &[
    &text::Text,
    &json::Json,
    &sarif::Sarif,
    &markdown::Markdown,
    &cyclonedx::CycloneDx,
    &gitlab::GitLab,
];

/// Returns the format that `--format id` means.
#[must_use]
pub fn scan_format(id: &str) -> Option<&'static dyn ScanFormat> {
    SCAN_FORMATS.iter().copied().find(|format| format.id() == id)
}

impl ScanRecord {
    /// Returns the packages of which something changes the verdict.
    fn counting(&self) -> impl Iterator<Item = &AffectedPackage> {
        self.affected.iter().filter(|it| it.verdict() != Verdict::Pass)
    }

    /// Counts the advisories that change the verdict, and all.
    fn advisories(&self) -> (usize, usize) {
        let counting = self.affected.iter().map(AffectedPackage::counting);
        let all = self.affected.iter().map(|it| it.advisories.len());
        (counting.sum(), all.sum())
    }

    /// Returns the package whose upgrade clears the most of what counts.
    fn most_helpful(&self) -> Option<(&AffectedPackage, usize)> {
        let helps = |it: &AffectedPackage| it.cleared_by_upgrade();
        let first = self.counting().map(|it| (it, helps(it))).filter(|(_, count)| *count > 0);
        // The first of equals is the worst.
        first.fold(None, |best: Option<(&AffectedPackage, usize)>, one| match best {
            Some(best) if best.1 >= one.1 => Some(best),
            _ => Some(one),
        })
    }

    /// Returns what changes the verdict and speaks of no single advisory, worst first.
    fn other_findings(&self) -> impl Iterator<Item = &Finding> {
        let advisories = self.affected.iter().flat_map(|it| &it.advisories);
        let told: HashSet<&str> = advisories.map(|it| it.id.as_str()).collect();
        let findings = self.outcome.findings.iter();
        findings.filter(move |it| it.verdict != Verdict::Pass && !told.contains(it.rule.as_str()))
    }

    /// Says in a sentence what was found.
    fn sentence(&self) -> String {
        let packages = self.counting().count();
        let (counting, _) = self.advisories();
        let examined = match crate::human::population(&self.outcome.population) {
            nothing if nothing == "nothing" => String::new(),
            examined => format!(" ({examined})"),
        };
        let (_, all) = self.advisories();
        let found = match packages {
            0 if all > 0 => format!("nothing counts, {} without effect", advisories(all)),
            0 if self.outcome.population.examined == 0 => "nothing was judged".to_owned(),
            0 => "no package is known to be affected".to_owned(),
            _ => format!("{} by {}", affected(packages), advisories(counting)),
        };
        let doubt = match self.outcome.verdict {
            Verdict::Unknown if self.outcome.population.examined > 0 => {
                ", and not everything could be judged"
            }
            _ => "",
        };
        format!("{found}{doubt}{examined}")
    }
}

fn affected(count: usize) -> String {
    match count {
        1 => "1 package is affected".to_owned(),
        _ => format!("{count} packages are affected"),
    }
}

fn advisories(count: usize) -> String {
    if count == 1 { "1 advisory".to_owned() } else { format!("{count} advisories") }
}

#[cfg(test)]
mod tests;
