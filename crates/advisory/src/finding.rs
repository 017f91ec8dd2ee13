use crate::advisory::{Informational, Kind};
use crate::matched::{Certainty, Match};
use crate::rules;
use beleg_model::{Finding, Package, Severity, Verdict};

/// Says what matches mean for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The verdict of an unmaintained package.
    pub unmaintained: Verdict,
    /// The verdict of an unsound package.
    pub unsound: Verdict,
    /// The verdict of a security notice, and of informational records of other kinds.
    pub notice: Verdict,
    /// The least severity of a vulnerability that fails; below it, it is a remark. A
    /// vulnerability whose severity nobody states is `Unknown` if `Medium` would be a remark.
    /// Malicious packages always fail.
    pub fail_from: Severity,
    /// Whether a vulnerability of which no fixed version is known is a remark.
    pub only_fixable: bool,
}

impl Default for Policy {
    /// Every vulnerability fails; informational records are remarks.
    fn default() -> Self {
        Self {
            unmaintained: Verdict::Pass,
            unsound: Verdict::Pass,
            notice: Verdict::Pass,
            fail_from: Severity::Info,
            only_fixable: false,
        }
    }
}

impl Policy {
    fn verdict(&self, found: &Match) -> Verdict {
        let certain = match &found.kind {
            Kind::Malicious => Verdict::Fail,
            Kind::Informational(Informational::Unmaintained) => self.unmaintained,
            Kind::Informational(Informational::Unsound) => self.unsound,
            Kind::Informational(_) => self.notice,
            Kind::Vulnerability if self.only_fixable && found.fixed.is_empty() => Verdict::Pass,
            Kind::Vulnerability if found.severity >= self.fail_from => Verdict::Fail,
            Kind::Vulnerability if found.unscored => Verdict::Unknown,
            Kind::Vulnerability => Verdict::Pass,
        };
        match found.certainty {
            Certainty::Affected => certain,
            Certainty::Undecided { .. } => certain.min(Verdict::Unknown),
        }
    }
}

impl Match {
    /// Makes the finding about `package`, whose location it takes; the rule is the advisory's
    /// identifier.
    #[must_use]
    pub fn to_finding(&self, package: &Package, policy: &Policy) -> Finding {
        let verdict = policy.verdict(self);
        let severity = match (&self.kind, verdict) {
            (Kind::Informational(_), Verdict::Pass) => Severity::Info,
            (Kind::Informational(_), _) => self.severity.max(Severity::Medium),
            _ => self.severity,
        };
        let mut references = self.aliases.clone();
        references.extend(page(&self.advisory));
        references.extend(self.references.iter().cloned());
        let of =
            Finding::of(&rules::PACKAGE_AFFECTED, package.location.clone(), self.message(package));
        let of = of.named(self.advisory.as_str()).with_remedy(self.remedy());
        Finding { verdict, severity, references, ..of }
    }

    fn message(&self, package: &Package) -> String {
        let mut subject = format!("`{}` {}", package.name, package.version);
        if self.package != package.name {
            subject.push_str(&format!(", built from `{}`,", self.package));
        }
        let said = match (&self.certainty, &self.kind) {
            (Certainty::Undecided { why }, _) => {
                format!("may be affected, which could not be decided because {why}")
            }
            (_, Kind::Malicious) => "is malicious".to_owned(),
            (_, Kind::Vulnerability) => "is affected".to_owned(),
            (_, Kind::Informational(Informational::Notice)) => "carries a notice".to_owned(),
            (_, Kind::Informational(kind)) => format!("is {}", kind.word()),
        };
        let limited = match self.only_on.as_slice() {
            [] => String::new(),
            limits => format!(" (only on {})", limits.join(", ")),
        };
        let unscored = if self.unscored { " (unscored)" } else { "" };
        format!("{subject} {said}: {}{limited}{unscored}", self.summary)
    }

    fn remedy(&self) -> String {
        let name = &self.package;
        if self.kind == Kind::Malicious {
            return format!(
                "Remove `{name}`, and treat every machine that installed it and every secret it \
                 could read as compromised."
            );
        }
        let upgrade = match self.fixed.first() {
            Some(fixed) => match fixed.strip_prefix("> ") {
                Some(last) => format!("Upgrade `{name}` to a version after {last}."),
                None => format!("Upgrade `{name}` to {fixed} or later."),
            },
            None if matches!(self.kind, Kind::Informational(_)) => {
                format!("Look for a replacement of `{name}`, or accept the advisory with a reason.")
            }
            None => format!(
                "No fixed version of `{name}` is known: remove or replace it, or keep what is \
                 affected out of reach."
            ),
        };
        match &self.certainty {
            Certainty::Affected => upgrade,
            Certainty::Undecided { .. } => {
                format!("Find out by hand whether the advisory applies. If so: {upgrade}")
            }
        }
    }
}

/// Returns the page people read an advisory on, for the databases that have one.
fn page(id: &str) -> Option<String> {
    match id.split('-').next()? {
        "RUSTSEC" => Some(format!("https://rustsec.org/advisories/{id}.html")),
        "GHSA" => Some(format!("https://github.com/advisories/{id}")),
        "CVE" => Some(format!("https://www.cve.org/CVERecord?id={id}")),
        "PYSEC" | "MAL" | "DSA" | "DLA" | "DEBIAN" | "UBUNTU" | "USN" => {
            Some(format!("https://osv.dev/vulnerability/{id}"))
        }
        _ => None,
    }
}
