//! The terminal table: the verdict first, one row a check, then what to do.
//!
//! It reads the same without colour, fits the terminal's width, and shows the worst findings of
//! each check; what it leaves away it counts.

use super::{Format, Options, RenderError};
use crate::human;
use crate::terminal::{Paint, Row, columns, table, wrap};
use crate::view::{Check, Gap, View, number};
use crate::visible::{name, prose};
use beleg_model::{Finding, RunRecord, Verdict, WEAKENED};
use std::collections::BTreeMap;

/// How many findings of one check are shown.
const FINDINGS_SHOWN: usize = 10;

/// How many remarks are shown in all, and how many parts left out of one population.
const ASIDES_SHOWN: usize = 10;

/// How many characters of a message or a remedy are shown.
const PROSE_SHOWN: usize = 1_000;

/// How many characters of a name, path or identifier are shown.
const NAME_SHOWN: usize = 300;

/// Rules whose remarks a reader wants to see even when nothing is wrong: which operating system
/// an image holds, and for how long it is supported.
const REMARKS_SHOWN: [&str; 3] = ["os-release", "end-of-life", "operating-system"];

/// The format `text`.
pub(super) struct Text;

impl Format for Text {
    fn id(&self) -> &'static str {
        "text"
    }

    fn describes(&self) -> &'static str {
        "a table for the terminal, then what to do"
    }

    fn file_name(&self) -> &'static str {
        "report.txt"
    }

    fn render(&self, run: &RunRecord, options: &Options) -> Result<Vec<u8>, RenderError> {
        let view = View::of(run);
        let width = options.width.clamp(40, 400);
        let mut page = Page { width, paint: Paint { on: options.colour }, text: String::new() };
        page.verdict(&view);
        page.checks(&view);
        page.what_to_do(&view);
        page.waived(&view);
        page.weakened(&view);
        page.left_out_of_passes(&view);
        page.remarks(&view);
        page.ledger(&view);
        Ok(page.text.into_bytes())
    }
}

struct Page {
    width: usize,
    paint: Paint,
    text: String,
}

impl Page {
    fn verdict(&mut self, view: &View<'_>) {
        let word = format!("{}  ", view.verdict.word().to_uppercase());
        let sentence = format!("{}: {}", name(&view.run.run, NAME_SHOWN), view.sentence());
        let painted = self.paint.verdict(view.verdict, &word);
        self.hanging(&word, &painted, &sentence);
    }

    fn checks(&mut self, view: &View<'_>) {
        if view.total() == 0 {
            return;
        }
        let head = ["VERDICT", "JOB", "SUBJECT", "REASON", "EXAMINED"].map(str::to_owned);
        let mut rows = vec![Row { verdict: None, cells: head }];
        rows.extend(view.checks.iter().map(|check| {
            let evidence = &check.record.evidence;
            let cells = [
                check.verdict.word().to_uppercase(),
                name(&evidence.job, NAME_SHOWN),
                name(&evidence.subject.name, NAME_SHOWN),
                name(check.reason, NAME_SHOWN),
                prose(&human::population(&evidence.outcome.population), NAME_SHOWN),
            ];
            Row { verdict: Some(check.verdict), cells }
        }));
        if view.missing > 0 {
            let cells = [
                Verdict::Unknown.word().to_uppercase(),
                human::number_of(view.missing, "planned check", "planned checks"),
                String::new(),
                "no evidence recorded".to_owned(),
                "nothing".to_owned(),
            ];
            rows.push(Row { verdict: Some(Verdict::Unknown), cells });
        }
        self.line("");
        for line in table(&rows, self.width, self.paint) {
            self.line(&line);
        }
    }

    fn what_to_do(&mut self, view: &View<'_>) {
        self.line("");
        self.line(&self.paint.strong("What to do"));
        if view.verdict == Verdict::Pass {
            self.line("");
            let nothing = match view.waived().count() {
                0 => "Nothing.",
                _ => "Nothing before the decisions below end.",
            };
            self.line(nothing);
            return;
        }
        for (_, check) in view.worst_first() {
            if check.verdict != Verdict::Pass {
                self.check(check);
            }
        }
        if let Some(gap) = view.gap() {
            self.line("");
            self.hanging("", "", &format!("{}:", name(&view.run.run, NAME_SHOWN)));
            self.gap(&gap);
        }
    }

    fn check(&mut self, check: &Check<'_>) {
        let evidence = &check.record.evidence;
        let counts: Vec<_> =
            [(Verdict::Fail, "fault", "faults"), (Verdict::Unknown, "unknown", "unknown")]
                .into_iter()
                .map(|(verdict, one, many)| (check.problems_of(verdict), one, many))
                .filter(|(count, ..)| *count > 0)
                .map(|(count, one, many)| human::number_of(count, one, many))
                .collect();
        let counts = if counts.is_empty() { "unknown".to_owned() } else { counts.join(", ") };
        self.line("");
        let job = name(&evidence.job, NAME_SHOWN);
        let subject = name(&evidence.subject.name, NAME_SHOWN);
        self.hanging("", "", &format!("{job}, {subject}: {counts}"));
        for finding in check.problems.iter().take(FINDINGS_SHOWN) {
            self.finding(finding);
        }
        self.more(check.problems.len(), FINDINGS_SHOWN);
        if let Some(gap) = check.gap() {
            self.gap(&gap);
        }
        self.left_out(check);
    }

    fn left_out(&mut self, check: &Check<'_>) {
        let left_out = &check.outcome().population.left_out;
        for part in left_out.iter().take(ASIDES_SHOWN) {
            let what = prose(&part.what, PROSE_SHOWN);
            let why = prose(&part.why, PROSE_SHOWN);
            let label = "  left out  ";
            self.hanging(label, label, &format!("{} {what}: {why}", human::count(part.count)));
        }
        self.more(left_out.len(), ASIDES_SHOWN);
    }

    /// Shows what a check that passed did not look at: its verdict says nothing about that.
    fn left_out_of_passes(&mut self, view: &View<'_>) {
        let passed = |check: &&Check<'_>| check.verdict == Verdict::Pass;
        for check in view.checks.iter().filter(passed) {
            if check.outcome().population.left_out.is_empty() {
                continue;
            }
            let evidence = &check.record.evidence;
            let (job, subject) = (&evidence.job, &evidence.subject.name);
            let whose = format!("{}, {}", name(job, NAME_SHOWN), name(subject, NAME_SHOWN));
            self.line("");
            self.hanging("", "", &format!("{whose} passed without:"));
            self.left_out(check);
        }
    }

    /// Shows what somebody has decided to live with, as bad as it is.
    fn waived(&mut self, view: &View<'_>) {
        let waived: Vec<_> = view.waived().collect();
        if waived.is_empty() {
            return;
        }
        self.line("");
        self.line(&self.paint.strong("Ignored by decision"));
        for (_, finding) in waived.iter().take(FINDINGS_SHOWN) {
            let Some(waiver) = &finding.waived else { continue };
            let place = name(&finding.location.to_string(), NAME_SHOWN);
            let heading = format!("{} at {place}", name(&finding.rule, NAME_SHOWN));
            let decided = human::waiver(waiver);
            let word = finding.severity.word();
            self.problem(Verdict::Unknown, word, &heading, &finding.message, &decided);
        }
        self.more(waived.len(), FINDINGS_SHOWN);
    }

    /// Shows by which settings checks show less than they could: once for all subjects of a job.
    fn weakened(&mut self, view: &View<'_>) {
        let mut by_job: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for evidence in view.checks.iter().map(|check| &check.record.evidence) {
            if let Some(words) = evidence.settings.get(WEAKENED) {
                let count = by_job.entry((&evidence.job, words)).or_default();
                *count = count.saturating_add(1);
            }
        }
        if by_job.is_empty() {
            return;
        }
        self.line("");
        self.line(&self.paint.strong("Weakened by settings"));
        for ((job, words), count) in by_job.iter().take(ASIDES_SHOWN) {
            let checks = human::number_of(*count, "check", "checks");
            let (job, words) = (name(job, NAME_SHOWN), prose(words, PROSE_SHOWN));
            self.hanging("  ", "  ", &format!("{job}, {checks}: {words}"));
        }
        self.more(by_job.len(), ASIDES_SHOWN);
    }

    fn finding(&mut self, finding: &Finding) {
        let place = match finding.location.to_string() {
            location if location.is_empty() => String::new(),
            location => format!(" at {}", name(&location, NAME_SHOWN)),
        };
        let word = match finding.verdict {
            Verdict::Fail => finding.severity.word(),
            other => other.word(),
        };
        let heading = format!("{}{place}", name(&finding.rule, NAME_SHOWN));
        self.problem(finding.verdict, word, &heading, &finding.message, &finding.remedy);
    }

    fn gap(&mut self, gap: &Gap) {
        let rule = name(&gap.rule, NAME_SHOWN);
        self.problem(Verdict::Unknown, "unknown", &rule, &gap.message, &gap.remedy);
    }

    fn problem(
        &mut self,
        verdict: Verdict,
        word: &str,
        heading: &str,
        message: &str,
        remedy: &str,
    ) {
        let label = format!("  {word:<8}  ");
        let painted = self.paint.verdict(verdict, &label);
        self.hanging(&label, &painted, heading);
        let indent = " ".repeat(columns(&label));
        self.hanging(&indent, &indent, &prose(message, PROSE_SHOWN));
        let arrow = format!("{indent}→ ");
        self.hanging(&arrow, &arrow, &prose(remedy, PROSE_SHOWN));
    }

    /// Counts what is not shown, and says where it is.
    fn more(&mut self, all: usize, shown: usize) {
        let rest = number(all.saturating_sub(shown));
        if rest > 0 {
            let rest = human::count(rest);
            let label = "  … ";
            self.hanging(
                label,
                label,
                &format!("and {rest} more: beleg report --format html|json"),
            );
        }
    }

    fn remarks(&mut self, view: &View<'_>) {
        let remarks: Vec<_> = view
            .checks
            .iter()
            .flat_map(|check| check.remarks.iter().map(move |remark| (check, *remark)))
            .collect();
        if remarks.is_empty() {
            return;
        }
        let wanted = |rule: &str| REMARKS_SHOWN.iter().any(|shown| rule.contains(shown));
        let count = human::number_of(number(remarks.len()), "remark", "remarks");
        self.line("");
        self.hanging(
            "",
            "",
            &format!("{count} without effect on a verdict: beleg report --format html|json"),
        );
        let shown: Vec<_> = remarks.iter().filter(|(_, remark)| wanted(&remark.rule)).collect();
        for (check, remark) in shown.iter().take(ASIDES_SHOWN) {
            let subject = name(&check.record.evidence.subject.name, NAME_SHOWN);
            let message = prose(&remark.message, PROSE_SHOWN);
            self.hanging("  ", "  ", &format!("{subject}: {message}"));
        }
        self.more(shown.len(), ASIDES_SHOWN);
    }

    fn ledger(&mut self, view: &View<'_>) {
        let run = view.run;
        let ledger = format!(
            "Evidence: ledger {}, {}, root {}; run {} planned {}",
            name(&run.origin, NAME_SHOWN),
            human::number_of(run.tree_size, "entry", "entries"),
            name(&run.root_hash, NAME_SHOWN),
            name(&run.run_id, NAME_SHOWN),
            human::instant(run.planned),
        );
        self.line("");
        for line in wrap(&ledger, self.width) {
            self.line(&self.paint.faint(&line));
        }
    }

    /// Writes `text` behind a label; further lines are indented to stand below the first. The
    /// label is short and ours; `painted` is the same label in colour.
    fn hanging(&mut self, label: &str, painted: &str, text: &str) {
        let indent = columns(label);
        for (position, line) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let before = if position == 0 { painted } else { &" ".repeat(indent) };
            self.line(&format!("{before}{line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end_matches(' '));
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests;
