mod table;

use beleg_model::{Severity, Verdict};
use std::fmt;

pub use table::{RULES, Reason};

impl Reason {
    /// Returns the stable kebab-case code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.rule().code
    }

    /// Returns what this reason makes of a check.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        self.rule().grade.verdict()
    }

    /// Returns how much it matters. What could not be examined is `Medium`.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.rule().grade.severity()
    }

    /// Returns what to do about it.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.rule().remedy
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_its_own_and_is_the_one_in_json() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let json = serde_json::to_string(reason).unwrap();
            assert_eq!(json, format!("\"{reason}\""));
        }
    }

    #[test]
    fn only_trusted_passes() {
        let passing: Vec<_> =
            Reason::ALL.iter().filter(|reason| reason.verdict() == Verdict::Pass).collect();
        assert_eq!(passing, [&Reason::Trusted]);
    }

    #[test]
    fn every_reason_is_documented_as_it_is() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signatures.md");
        let text = std::fs::read_to_string(path).unwrap();
        for reason in Reason::ALL {
            let verdict = match reason.verdict() {
                Verdict::Fail => format!("fail, {}", reason.severity().word()),
                verdict => verdict.to_string(),
            };
            let (meaning, remedy) = (reason.meaning(), reason.remedy());
            let row = format!("| `{reason}` | {verdict} | {meaning} | {remedy} |");
            assert!(text.lines().any(|line| line == row), "docs/signatures.md lacks: {row}");
        }
    }
}
