use crate::{Severity, Verdict};

/// A kind of thing that beleg can say of a subject: everything about it that does not depend on
/// where it was seen. Each crate declares its own in one table, with [`rules!`](crate::rules); no
/// other place spells a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What a finding of it makes of the check, and how much that matters.
    pub grade: Grade,
    /// What is so where it is found: one sentence for people who know neither subject nor source.
    pub meaning: &'static str,
    /// What to do about it, where the finding knows nothing better.
    pub remedy: &'static str,
    /// The controls whose promise it touches; empty for those of the job that found it.
    pub controls: &'static [&'static str],
}

/// What a rule makes of a check, before anybody decides about a single finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Something is wrong.
    Fault(Severity),
    /// Something could not be examined.
    Unknown,
    /// Worth recording, and nothing more.
    Remark,
}

impl Grade {
    /// Returns what a finding of this grade makes of its check.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Fault(_) => Verdict::Fail,
            Self::Unknown => Verdict::Unknown,
            Self::Remark => Verdict::Pass,
        }
    }

    /// Returns how much a finding of this grade matters. What nobody has looked at is not
    /// harmless: it is `Medium`.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Fault(severity) => severity,
            Self::Unknown => Severity::Medium,
            Self::Remark => Severity::Info,
        }
    }
}

/// Declares a table of rules: a constant for each and `RULES`, all of them in order.
///
/// ```
/// beleg_model::rules! {
///     DOOR_OPEN = "door-open", Fault(High),
///         "A door that must be shut stands open.",
///         "Shut it.",
///         ["PHY-1"];
///     DOOR_NOT_SEEN = "door-not-seen", Unknown,
///         "A door could not be looked at.",
///         "Turn the light on.";
/// }
/// assert_eq!(RULES.len(), 2);
/// assert_eq!(RULES[0].controls, ["PHY-1"]);
/// ```
#[macro_export]
macro_rules! rules {
    ($($name:ident = $code:literal, $grade:ident $(($severity:ident))?, $meaning:literal,
        $remedy:literal $(, [$($control:literal),+])?;)+) => {
        $(
            #[doc = concat!("`", $code, "`: ", $meaning)]
            pub const $name: $crate::Rule = $crate::Rule {
                code: $code,
                grade: $crate::Grade::$grade $(($crate::Severity::$severity))?,
                meaning: $meaning,
                remedy: $remedy,
                controls: &[$($($control),+)?],
            };
        )+

        /// Every rule of this table, in the order of the documentation.
        pub const RULES: &[$crate::Rule] = &[$($name),+];
    };
}

#[cfg(test)]
mod tests {
    #![expect(unreachable_pub, reason = "the macro's table is for a module at a crate's root")]
    use super::*;

    crate::rules! {
        OPEN = "door-open", Fault(High), "A door stands open.", "Shut it.", ["PHY-1", "PHY-2"];
        UNSEEN = "door-unseen", Unknown, "A door was not looked at.", "Turn the light on.";
        SHUT = "door-shut", Remark, "A door is shut.", "Nothing to do.";
    }

    #[test]
    fn a_table_holds_its_rules_in_order_with_what_they_say() {
        assert_eq!(RULES, [OPEN, UNSEEN, SHUT]);
        assert_eq!(OPEN.controls, ["PHY-1", "PHY-2"]);
        assert_eq!(SHUT.controls, [""; 0]);
    }

    #[test]
    fn only_a_remark_passes_and_what_was_not_examined_is_not_harmless() {
        let grades = [OPEN, UNSEEN, SHUT].map(|rule| (rule.grade.verdict(), rule.grade.severity()));
        let wanted = [
            (Verdict::Fail, Severity::High),
            (Verdict::Unknown, Severity::Medium),
            (Verdict::Pass, Severity::Info),
        ];
        assert_eq!(grades, wanted);
    }
}
