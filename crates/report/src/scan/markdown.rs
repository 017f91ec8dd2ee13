//! A comment for a pull request.

use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::visible::{name, prose};
use crate::{RenderError, human};
use beleg_model::AffectedPackage;
use std::fmt::Write as _;

/// How many characters of a name, and of a message, are given.
const NAME_GIVEN: usize = 200;
const PROSE_GIVEN: usize = 500;
/// How many rows a table has; code hosts cut long comments.
const ROWS: usize = 100;

/// The format `markdown`.
pub(super) struct Markdown;

impl ScanFormat for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn render(&self, scan: &ScanRecord, _: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let mut text = String::new();
        let verdict = scan.outcome.verdict.word().to_uppercase();
        let target = escaped(&name(&scan.target, NAME_GIVEN));
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "### {verdict}: {target}\n\n{}.\n", capital(&scan.sentence()));
        packages(&mut text, scan);
        others(&mut text, scan);
        let (counting, all) = scan.advisories();
        if all > counting {
            let silent = all.saturating_sub(counting);
            let _ = writeln!(
                text,
                "{silent} more findings change no verdict: ignored by decision, in the baseline, \
                 or of no consequence.\n"
            );
        }
        for part in &scan.outcome.population.left_out {
            let count = human::count(part.count);
            let (what, why) = (prose(&part.what, PROSE_GIVEN), prose(&part.why, PROSE_GIVEN));
            let _ = writeln!(text, "- Left out: {count} {}: {}", escaped(&what), escaped(&why));
        }
        let kept = text.trim_end().len();
        text.truncate(kept);
        text.push('\n');
        Ok(text.into_bytes())
    }
}

fn packages(text: &mut String, scan: &ScanRecord) {
    let counting: Vec<&AffectedPackage> = scan.counting().collect();
    if counting.is_empty() {
        return;
    }
    text.push_str("| Severity | Package | Installed | Upgrade to | Clears | Advisories |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for package in counting.iter().take(ROWS) {
        text.push_str(&row(package));
    }
    let rest = counting.len().saturating_sub(ROWS);
    if rest > 0 {
        let _ = writeln!(text, "\n… and {rest} more packages.");
    }
    text.push('\n');
}

fn row(package: &AffectedPackage) -> String {
    let severity = package.severity_word();
    let counting = package.advisories.iter().filter(|it| it.counts());
    let ids: Vec<String> =
        counting.map(|it| escaped(&name(it.common_name(), NAME_GIVEN))).collect();
    let (upgrade, clears) = match &package.upgrade {
        Some(upgrade) => {
            let clears = format!("{} of {}", package.cleared_by_upgrade(), ids.len());
            (escaped(&name(&upgrade.version, NAME_GIVEN)), clears)
        }
        None => ("no fix known".to_owned(), String::new()),
    };
    let shown = escaped(&name(&package.name, NAME_GIVEN));
    let version = escaped(&name(&package.version, NAME_GIVEN));
    let ecosystem = escaped(&package.ecosystem.to_string());
    format!(
        "| {severity} | {shown} ({ecosystem}) | {version} | {upgrade} | {clears} | {} |\n",
        ids.join(", ")
    )
}

fn others(text: &mut String, scan: &ScanRecord) {
    let mut any = false;
    for finding in scan.other_findings().take(ROWS) {
        any = true;
        let word = finding.verdict.word();
        let rule = escaped(&name(&finding.rule, NAME_GIVEN));
        let message = escaped(&prose(&finding.message, PROSE_GIVEN));
        let _ = writeln!(text, "- **{word}** {rule}: {message}");
    }
    if any {
        text.push('\n');
    }
}

/// Makes text from outside mean itself: no markup, no mention of a person, no link, no cell of a
/// table begins or ends in it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
