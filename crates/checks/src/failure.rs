use crate::rules;
use beleg_model::{Finding, Location, Rule};
use beleg_settings::Problem;
use beleg_store::StoreError;
use std::error::Error;

/// Returns an error's message with those of its sources, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        // Some libraries repeat their source in their own message.
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        source = error.source();
    }
    text
}

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
