//! The verdict, where to start, a row a package, and what could not be judged.

use super::{ScanFormat, ScanOptions, ScanRecord};
use crate::terminal::{Paint, Row, columns, table, wrap};
use crate::visible::{name, prose};
use crate::{RenderError, human};
use beleg_model::{AffectedPackage, Finding, Input, PackageAdvisory, Verdict};

/// How many characters of a message, and of a name, are shown.
const PROSE_SHOWN: usize = 1_000;
const NAME_SHOWN: usize = 200;
/// How many advisories a row names.
const NAMED: usize = 3;
/// How many other findings of one kind are told unless all are; of the rest the places are.
const ALIKE: usize = 2;
/// How many places, and how many packages that do not count, are shown unless all are.
const ASIDES: usize = 10;

/// The format `text`.
pub(super) struct Text;

impl ScanFormat for Text {
    fn id(&self) -> &'static str {
        "text"
    }

    fn render(&self, scan: &ScanRecord, options: &ScanOptions) -> Result<Vec<u8>, RenderError> {
        let width = options.width.clamp(40, 400);
        let paint = Paint { on: options.colour };
        let mut page = Page { width, paint, options, text: String::new() };
        page.verdict(scan);
        page.packages(scan);
        if options.details {
            scan.affected.iter().for_each(|it| page.package(it));
        }
        page.other_findings(scan);
        page.not_counting(scan);
        page.left_out(scan);
        page.sources(scan);
        Ok(page.text.into_bytes())
    }
}

struct Page<'a> {
    width: usize,
    paint: Paint,
    options: &'a ScanOptions,
    text: String,
}

impl Page<'_> {
    fn verdict(&mut self, scan: &ScanRecord) {
        let verdict = scan.outcome.verdict;
        let word = format!("{}  ", verdict.word().to_uppercase());
        let painted = self.paint.verdict(verdict, &word);
        let target = format!("{} ({})", name(&scan.target, NAME_SHOWN), scan.kind);
        self.hanging(&word, &painted, &format!("{target}: {}", scan.sentence()));
        let (counting, _) = scan.advisories();
        if let Some((package, clears)) = scan.most_helpful() {
            let upgrade = package.upgrade.as_ref().map_or("", |it| it.version.as_str());
            self.line("");
            let text = format!(
                "Start here: upgrade {} from {} to {}, which clears {clears} of {counting}.",
                shown_name(package),
                name(&package.version, NAME_SHOWN),
                name(upgrade, NAME_SHOWN)
            );
            self.hanging("", "", &text);
        }
    }

    fn packages(&mut self, scan: &ScanRecord) {
        let counting: Vec<&AffectedPackage> = scan.counting().collect();
        if counting.is_empty() {
            return;
        }
        let head = ["SEVERITY", "PACKAGE", "INSTALLED", "UPGRADE TO", "CLEARS", "ADVISORIES"];
        let mut rows = vec![Row { verdict: None, cells: head.map(str::to_owned) }];
        let most = self.options.rows.unwrap_or(usize::MAX);
        rows.extend(counting.iter().take(most).map(|it| row(it)));
        self.line("");
        for line in table(&rows, self.width, self.paint) {
            self.line(&line);
        }
        let rest = counting.len().saturating_sub(most);
        if rest > 0 {
            self.line(&format!("… and {rest} more packages: `--all` shows them"));
        }
    }

    /// Tells everything about one package.
    fn package(&mut self, package: &AffectedPackage) {
        self.line("");
        let heading = format!("{} {}", shown_name(package), name(&package.version, NAME_SHOWN));
        self.hanging("", "", &self.paint.strong(&heading));
        let mut places: Vec<String> =
            package.packages.iter().map(|it| it.package.location.to_string()).collect();
        places.dedup();
        for place in places.iter().take(ASIDES) {
            self.hanging("  at ", "  at ", &name(place, NAME_SHOWN));
        }
        if places.len() > ASIDES {
            self.line(&format!("  and at {} more places", places.len().saturating_sub(ASIDES)));
        }
        for advisory in &package.advisories {
            self.advisory(advisory);
        }
    }

    fn advisory(&mut self, advisory: &PackageAdvisory) {
        let finding = &advisory.finding;
        let word = advisory.severity_word();
        let score = advisory.score.map(|it| format!(" {it:.1}")).unwrap_or_default();
        let label = format!("  {:<13}  ", format!("{word}{score}"));
        let painted = self.paint.verdict(finding.verdict, &label);
        let ids: Vec<&str> =
            [&advisory.id].into_iter().chain(&advisory.aliases).map(String::as_str).collect();
        self.hanging(&label, &painted, &name(&ids.join(", "), PROSE_SHOWN));
        let indent = " ".repeat(columns(&label));
        self.hanging(&indent, &indent, &prose(&finding.message, PROSE_SHOWN));
        let arrow = format!("{indent}→ ");
        let todo = match &finding.waived {
            Some(waiver) => human::waiver(waiver),
            None if advisory.in_baseline => "It is in the baseline and does not count.".to_owned(),
            None => finding.remedy.clone(),
        };
        self.hanging(&arrow, &arrow, &prose(&todo, PROSE_SHOWN));
    }

    /// Shows what changes the verdict and is no advisory.
    fn other_findings(&mut self, scan: &ScanRecord) {
        let others: Vec<&Finding> = scan.other_findings().collect();
        if others.is_empty() {
            return;
        }
        self.line("");
        self.line(&self.paint.strong("What else is wrong, or could not be judged"));
        // One of a kind tells what to do about all of them.
        let most = if self.options.details { usize::MAX } else { ALIKE };
        let mut by_rule: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in others {
            match by_rule.iter_mut().find(|(rule, _)| *rule == finding.rule) {
                Some((_, alike)) => alike.push(finding),
                None => by_rule.push((&finding.rule, vec![finding])),
            }
        }
        for (rule, alike) in &by_rule {
            alike.iter().take(most).for_each(|it| self.finding(it));
            let rest: Vec<String> = alike.iter().skip(most).map(|it| place(it)).collect();
            if !rest.is_empty() {
                let named = rest.iter().take(ASIDES).map(String::as_str).collect::<Vec<_>>();
                let more = rest.len().saturating_sub(named.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let rule = name(rule, NAME_SHOWN);
                let indent = " ".repeat(12);
                let text = format!("{rule} too: {}{more} (`--details`)", named.join(", "));
                self.hanging(&indent, &indent, &prose(&text, PROSE_SHOWN));
            }
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let word = match finding.verdict {
            Verdict::Fail => finding.severity.word(),
            other => other.word(),
        };
        let label = format!("  {word:<8}  ");
        let painted = self.paint.verdict(finding.verdict, &label);
        let place = place(finding);
        let at = if place.is_empty() { place } else { format!(" at {place}") };
        self.hanging(&label, &painted, &format!("{}{at}", name(&finding.rule, NAME_SHOWN)));
        let indent = " ".repeat(columns(&label));
        self.hanging(&indent, &indent, &prose(&finding.message, PROSE_SHOWN));
        let arrow = format!("{indent}→ ");
        self.hanging(&arrow, &arrow, &prose(&finding.remedy, PROSE_SHOWN));
    }

    /// Names what was found and changes no verdict, so that nobody takes it for absent.
    fn not_counting(&mut self, scan: &ScanRecord) {
        let silent: Vec<Silent<'_>> = scan.affected.iter().flat_map(silent).collect();
        if silent.is_empty() || self.options.details {
            return;
        }
        self.line("");
        self.line(&self.paint.strong("Found, and without effect on the verdict"));
        for Silent { package, why, ids } in silent.iter().take(ASIDES) {
            let version = name(&package.version, NAME_SHOWN);
            let what = format!("{} {version}, {why}: {}", shown_name(package), some_of(ids));
            self.hanging("  ", "  ", &prose(&what, PROSE_SHOWN));
        }
        let rest = silent.len().saturating_sub(ASIDES);
        if rest > 0 {
            self.line(&format!("  … and {rest} more: `--details` shows them"));
        }
    }

    fn left_out(&mut self, scan: &ScanRecord) {
        let left_out = &scan.outcome.population.left_out;
        if !left_out.is_empty() {
            self.line("");
            self.line(&self.paint.strong("Left out"));
        }
        for part in left_out {
            let (what, why) = (prose(&part.what, PROSE_SHOWN), prose(&part.why, PROSE_SHOWN));
            self.hanging("  ", "  ", &format!("{} {what}: {why}", human::count(part.count)));
        }
    }

    fn sources(&mut self, scan: &ScanRecord) {
        let source = |input: &Input| {
            let name = name(input.name.strip_prefix("advisory source ")?, NAME_SHOWN);
            Some(match input.as_of {
                Some(as_of) => format!("{name} of {}", as_of.strftime("%Y-%m-%d")),
                None => name,
            })
        };
        let sources: Vec<String> = scan.outcome.inputs.iter().filter_map(source).collect();
        if !sources.is_empty() {
            self.line("");
            let text = format!("Advisories: {}.", sources.join(", "));
            for line in wrap(&text, self.width) {
                self.line(&self.paint.faint(&line));
            }
        }
    }

    /// Writes `text` behind a label; further lines stand below its beginning.
    fn hanging(&mut self, label: &str, painted: &str, text: &str) {
        let indent = columns(label);
        for (position, line) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let before = if position == 0 { painted } else { &" ".repeat(indent) };
            self.line(&format!("{before}{line}"));
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

fn row(package: &AffectedPackage) -> Row<6> {
    let counting: Vec<&PackageAdvisory> =
        package.advisories.iter().filter(|it| it.counts()).collect();
    let (upgrade, clears) = match &package.upgrade {
        Some(upgrade) => {
            let clears = format!("{} of {}", package.cleared_by_upgrade(), counting.len());
            (name(&upgrade.version, NAME_SHOWN), clears)
        }
        None => (unnamed_fix(&counting), String::new()),
    };
    let ids: Vec<&str> = counting.iter().map(|it| it.common_name()).collect();
    Row {
        verdict: Some(package.verdict()),
        cells: [
            package.severity_word().to_owned(),
            shown_name(package),
            name(&package.version, NAME_SHOWN),
            upgrade,
            clears,
            some_of(&ids),
        ],
    }
}

/// What of a package changes no verdict, for one reason.
struct Silent<'a> {
    package: &'a AffectedPackage,
    why: String,
    ids: Vec<&'a str>,
}

fn silent(package: &AffectedPackage) -> Vec<Silent<'_>> {
    let mut all: Vec<Silent<'_>> = Vec::new();
    for advisory in package.advisories.iter().filter(|it| !it.counts()) {
        let why = match &advisory.finding.waived {
            Some(waiver) => human::waiver(waiver),
            None if advisory.in_baseline => "in the baseline".to_owned(),
            None => advisory.severity_word().to_owned(),
        };
        let id = advisory.common_name();
        match all.iter_mut().find(|it| it.why == why) {
            Some(silent) => silent.ids.push(id),
            None => all.push(Silent { package, why, ids: vec![id] }),
        }
    }
    all
}

/// Names the first of some identifiers, and counts the rest.
fn some_of(ids: &[&str]) -> String {
    let mut named: Vec<String> = ids.iter().take(NAMED).map(|it| name(it, NAME_SHOWN)).collect();
    if ids.len() > NAMED {
        named.push(format!("{} more", ids.len().saturating_sub(NAMED)));
    }
    named.join(", ")
}

/// Says what is known of a fix where no version helps by its name.
fn unnamed_fix(advisories: &[&PackageAdvisory]) -> String {
    let mut fixed = advisories.iter().flat_map(|it| &it.fixed).peekable();
    match fixed.peek() {
        None => "no fix known".to_owned(),
        Some(fixed) => match fixed.strip_prefix("> ") {
            Some(last) => format!("after {}", name(last, NAME_SHOWN)),
            None => "none helps".to_owned(),
        },
    }
}

fn place(finding: &Finding) -> String {
    name(&finding.location.to_string(), NAME_SHOWN)
}

fn shown_name(package: &AffectedPackage) -> String {
    format!("{} ({})", name(&package.name, NAME_SHOWN), package.ecosystem)
}
