use crate::rules;
use beleg_model::{Finding, Location, Rule};
use beleg_settings::Problem;
use beleg_store::StoreError;

pub(crate) use beleg_model::chain;

/// Makes a finding of each problem of a policy's file.
pub(crate) fn policy_unreadable(problems: &[Problem]) -> Vec<Finding> {
    let finding = |problem: &Problem| {
        let line = u32::try_from(problem.line).ok().filter(|line| *line > 0);
        let location = Location { line, ..Location::from(problem.file.as_str()) };
        let message = format!("The policy cannot be used: {}.", problem.message);
        Finding::of(&rules::POLICY_UNREADABLE, location, message)
            .with_remedy(problem.remedy.as_str())
    };
    problems.iter().map(finding).collect()
}

/// Makes a finding of a subject, or a part of it, that could not be read.
pub(crate) fn unreadable(
    rule: &Rule,
    location: impl Into<Location>,
    error: &StoreError,
) -> Finding {
    let message = format!("It could not be read: {}.", chain(error));
    Finding::of(rule, location, message).with_remedy(error.remedy())
}
