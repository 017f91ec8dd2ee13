use crate::{Rule, Severity, Verdict, rules};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing a check has to say about its subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable kebab-case rule code, or the identifier of an advisory such as `RUSTSEC-2024-0001`.
    pub rule: String,
    /// What this finding makes of the check: `Fail` for a fault, `Unknown` for something that
    /// could not be examined, `Pass` for a remark.
    pub verdict: Verdict,
    /// How much it matters.
    pub severity: Severity,
    /// Where in the subject it is.
    pub location: Location,
    /// What is wrong, as a sentence a person understands without the source code.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
    /// URLs and identifiers of further reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Who has decided to live with it, where somebody has; its verdict is `Pass` then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waiver>,
}

/// A decision to live with a finding for a while. The finding keeps its severity and its remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// What the finding would make of the check without the decision.
    pub verdict: Verdict,
    /// Who decided.
    pub by: String,
    /// Why it is safe to wait.
    pub reason: String,
    /// The last day on which the decision holds.
    pub until: Date,
}

impl Finding {
    /// Makes a finding of `rule` at a place: what is so there, as a sentence. Verdict, severity and
    /// remedy are the rule's.
    pub fn of(rule: &Rule, location: impl Into<Location>, message: impl Into<String>) -> Self {
        let Rule { code, grade, remedy, .. } = *rule;
        Self::new(grade.verdict(), code, grade.severity(), location, message, remedy)
    }

    /// Says what to do about this one, where that is more than the rule can know.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: remedy.into(), ..self }
    }

    /// Says how much this one matters, where that depends on more than the rule.
    #[must_use]
    pub fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// Makes a remark of it: here it changes no verdict.
    #[must_use]
    pub fn as_remark(self) -> Self {
        Self { verdict: Verdict::Pass, severity: Severity::Info, ..self }
    }

    /// Gives the finding the name of what it is an instance of, such as an advisory's identifier.
    #[must_use]
    pub fn named(self, rule: impl Into<String>) -> Self {
        Self { rule: rule.into(), ..self }
    }

    /// Makes a finding that fails the check.
    pub fn fault(
        rule: impl Into<String>,
        severity: Severity,
        location: impl Into<Location>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Fail, rule, severity, location, message, remedy)
    }

    /// Makes a finding about something that could not be examined. Its severity is `Medium`:
    /// what nobody has looked at is not harmless.
    pub fn unknown(
        rule: impl Into<String>,
        location: impl Into<Location>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Unknown, rule, Severity::Medium, location, message, remedy)
    }

    /// Makes a remark: worth recording, but it does not change the verdict.
    pub fn remark(
        rule: impl Into<String>,
        location: impl Into<Location>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Verdict::Pass, rule, Severity::Info, location, message, "Nothing to do.")
    }

    /// Makes a remark that the evidence does not serve a control, whatever its job claims, and why:
    /// `the range ends at a tag`.
    pub fn control_not_served(control: impl Into<String>, why: &str) -> Self {
        let control = control.into();
        let message = format!("This evidence does not count for {control}: {why}.");
        Self::of(&rules::CONTROL_NOT_SERVED, control, message)
    }

    /// Makes a finding that somebody has decided to live with; it no longer changes the verdict.
    #[must_use]
    pub fn waived(self, by: impl Into<String>, reason: impl Into<String>, until: Date) -> Self {
        let (by, reason) = (by.into(), reason.into());
        let waiver = Waiver { verdict: self.verdict, by, reason, until };
        Self { verdict: Verdict::Pass, waived: Some(waiver), ..self }
    }

    /// Adds references for further reading.
    #[must_use]
    pub fn with_references(mut self, references: impl IntoIterator<Item = String>) -> Self {
        self.references.extend(references);
        self
    }

    fn new(
        verdict: Verdict,
        rule: impl Into<String>,
        severity: Severity,
        location: impl Into<Location>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            verdict,
            severity,
            location: location.into(),
            message: message.into(),
            remedy: remedy.into(),
            references: Vec::new(),
            waived: None,
        }
    }
}

/// Says where in a subject something is. Paths inside the subject are data: they are shown,
/// never opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// Path, object id or name inside the subject, lossily decoded when it was not UTF-8.
    pub path: String,
    /// Line, counted from 1, where the format has lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The container of the path: an image layer's digest or a backup region's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

impl Location {
    /// Names a line of a file; lines count from 1.
    pub fn line(path: impl Into<String>, line: u32) -> Self {
        Self { path: path.into(), line: Some(line), within: None }
    }

    /// Names a path inside a container such as `layer sha256:…` or `region eu-west`.
    pub fn within(path: impl Into<String>, container: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, within: Some(container.into()) }
    }
}

impl<T: Into<String>> From<T> for Location {
    fn from(path: T) -> Self {
        Self { path: path.into(), line: None, within: None }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(container) = &self.within {
            write!(f, " in {container}")?;
        }
        Ok(())
    }
}
