use super::rules::{Approval, Default, Match, Rule, Rules, Scope};
use super::{Glob, GlobError};
use crate::PatternList;
use crate::text::shown;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use toml::{Table, Value};

/// The largest policy file, in bytes.
pub const MAX_POLICY_BYTES: usize = 1 << 20;
/// Most rules.
const MAX_RULES: usize = 1_000;
/// Most items of one list.
const MAX_ITEMS: usize = 1_000;
/// Longest name of a rule, in bytes.
const MAX_NAME: usize = 100;
/// Most problems that are reported.
const MAX_PROBLEMS: usize = 100;

/// Everything that is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy has {} problems; the first: `{}`: {}", problems.len(),
        problems.first().map_or("", |problem| problem.place.as_str()),
        problems.first().map_or("", |problem| problem.message.as_str()))]
pub struct PolicyError {
    /// The problems, in the order of the file; never none.
    pub problems: Vec<PolicyProblem>,
}

/// One thing that is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Which entry, such as `rule[2].signers`, rules being counted from 1; empty for the file.
    pub place: String,
    /// What is wrong with it, without a full stop.
    pub message: String,
    /// What to do, as a sentence.
    pub remedy: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Allowed {
    Allow,
    Refuse,
}

impl Rules {
    /// Reads the rules from TOML.
    ///
    /// # Errors
    /// [`PolicyError`] with every problem at once; no part of a policy with problems is used.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let mut problems = Vec::new();
        let rules = table(bytes, &mut problems).and_then(|table| read(table, &mut problems));
        match rules {
            Some(rules) if problems.is_empty() => Ok(rules),
            _ => Err(PolicyError { problems }),
        }
    }
}

fn table(bytes: &[u8], problems: &mut Vec<PolicyProblem>) -> Option<Table> {
    let mut problem = |message: String, remedy: &str| {
        problems.push(PolicyProblem { place: String::new(), message, remedy: remedy.to_owned() });
    };
    if bytes.len() > MAX_POLICY_BYTES {
        problem(format!("the file is larger than {MAX_POLICY_BYTES} bytes"), "Shorten it.");
        return None;
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        problem("the file is not UTF-8 text".to_owned(), "Save it as UTF-8.");
        return None;
    };
    match text.parse() {
        Ok(table) => Some(table),
        Err(error) => {
            let error: toml::de::Error = error;
            let at = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = at.matches('\n').count().saturating_add(1);
            let message = format!("line {line}: {}", shown(error.message().as_bytes()));
            problem(message, "Correct the TOML.");
            None
        }
    }
}

fn read(table: Table, problems: &mut Vec<PolicyProblem>) -> Option<Rules> {
    let mut section = Section { table, place: String::new(), problems };
    let schema: Option<i64> = section.take("schema", "Write `schema = 1`.");
    if schema != Some(1) {
        section.problem("schema", "the schema is not 1", "Write `schema = 1`.");
    }
    const DEFAULT: &str = "Write `default = \"refuse\"`, or `\"signed\"` to accept what is signed \
                           by anyone in the trust material.";
    let default: Option<Default> = section.take("default", DEFAULT);
    if default.is_none() {
        section.problem("default", "nothing says what holds where no rule matches", DEFAULT);
    }
    let web_flow = section.fingerprints("web-flow");
    let until: Option<String> = section
        .take("weak-algorithms-until", "Write a date or an instant in quotes: `\"2020-01-01\"`.");
    let weak_algorithms_until = until.and_then(|until| section.instant(&until));
    let tables: Vec<Table> =
        section.take("rule", "Write each rule as `[[rule]]`.").unwrap_or_default();
    if tables.len() > MAX_RULES {
        section.problem("rule", format!("there are more than {MAX_RULES} rules"), "Join some.");
        return None;
    }
    section.finish();
    let mut names = BTreeSet::new();
    let mut rules = Vec::new();
    for (number, table) in (1usize..).zip(tables) {
        let place = format!("rule[{number}].");
        let mut section = Section { table, place, problems };
        let Some(rule) = read_rule(&mut section) else { continue };
        if !names.insert(rule.name.clone()) {
            section.problem("name", "another rule has this name", "Give each rule its own name.");
        }
        section.finish();
        rules.push(rule);
    }
    Some(Rules { default: default?, web_flow, weak_algorithms_until, rules })
}

fn read_rule(section: &mut Section<'_>) -> Option<Rule> {
    const NAME: &str = "Give the rule a name of its own, which results will show.";
    let name: Option<String> = section.take("name", NAME);
    let name = name.filter(|name| {
        !name.is_empty() && name.len() <= MAX_NAME && !name.chars().any(char::is_control)
    });
    if name.is_none() {
        section.problem("name", "the rule has no name, or one that is too long", NAME);
    }
    let branches = section.globs("branches");
    let paths = section.globs("paths");
    let tags = section.globs("tags");
    let signers = section.signers();
    const MATCH: &str = "Write `\"committer\"`, `\"author\"`, `\"either\"` or `\"none\"`.";
    let signer_is: Option<Match> = section.take("match", MATCH);
    let merges: Option<Allowed> =
        section.take("web-flow-merges", "Write `\"allow\"` or `\"refuse\"`.");
    const APPROVAL: &str =
        "List some of `\"signature-of-other\"`, `\"trailer\"` and `\"merge-signer\"`.";
    let approval: Option<BTreeSet<Approval>> = section.take("approval", APPROVAL);
    if approval.as_ref().is_some_and(BTreeSet::is_empty) {
        section.problem("approval", "the list is empty", "Leave it out to demand no approval.");
    }
    let threshold: Option<NonZeroU32> =
        section.take("threshold", "Write how many different people must sign, at least 1.");
    let from: Option<String> = section.take("from", "Write a whole commit id in quotes.");
    let from = from.filter(|from| section.is_commit_id(from));
    let approval: Vec<Approval> = approval.unwrap_or_default().into_iter().collect();
    let about_commits = [
        ("branches", branches.is_some()),
        ("paths", paths.is_some()),
        ("web-flow-merges", merges.is_some()),
        ("approval", !approval.is_empty()),
        ("threshold", threshold.is_some()),
        ("from", from.is_some()),
    ];
    let scope = match tags {
        Some(tags) => {
            for (key, _) in about_commits.into_iter().filter(|(_, present)| *present) {
                let remedy = "Write a rule for tags and one for commits.";
                section.problem(key, "it has no meaning for tags", remedy);
            }
            if matches!(signer_is, Some(Match::Author | Match::Either)) {
                section.problem("match", "a tag has no author", "Write `\"committer\"`.");
            }
            Scope::Tags(tags)
        }
        None => Scope::Commits {
            branches: branches.unwrap_or_default(),
            paths: paths.unwrap_or_default(),
        },
    };
    if approval == [Approval::SignatureOfOther] && signer_is == Some(Match::Author) {
        let remedy = "Demand another approval, or another `match`.";
        section.problem("approval", "no author signs as somebody else than the author", remedy);
    }
    Some(Rule {
        name: name?,
        scope,
        signers,
        signer_is: signer_is.unwrap_or(Match::Committer),
        web_flow_merges: matches!(merges, Some(Allowed::Allow)),
        approval,
        threshold: threshold.unwrap_or(NonZeroU32::MIN),
        from,
    })
}

/// Reads a fingerprint, and writes an OpenPGP one as results show it. Key ids are too short to
/// name one key.
fn fingerprint(text: &str) -> Option<String> {
    let packed: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(base64) = packed.strip_prefix("SHA256:") {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        return (base64.len() == 43 && base64.bytes().all(known)).then_some(packed);
    }
    if let Some(hex) = packed.strip_prefix("sha256:") {
        return (hex.len() == 64 && is_hex(hex)).then(|| packed.to_ascii_lowercase());
    }
    let hex = packed.strip_prefix("0x").unwrap_or(&packed);
    (matches!(hex.len(), 40 | 64) && is_hex(hex)).then(|| hex.to_ascii_uppercase())
}

/// One table whose entries are taken out one by one; what is left over is unknown.
struct Section<'a> {
    table: Table,
    place: String,
    problems: &'a mut Vec<PolicyProblem>,
}

impl Section<'_> {
    /// Takes an entry of one type; `None` when it is absent, or is a problem now.
    fn take<T: DeserializeOwned>(&mut self, key: &str, remedy: &str) -> Option<T> {
        let value: Value = self.table.remove(key)?;
        match T::deserialize(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = error.message().lines().next().unwrap_or_default().to_owned();
                self.problem(key, shown(message.as_bytes()), remedy);
                None
            }
        }
    }

    /// Takes a list of texts; an empty one is a problem, because it could mean all or none.
    fn texts(&mut self, key: &str, remedy: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = self.take(key, remedy)?;
        if texts.is_empty() {
            self.problem(key, "the list is empty", "Leave it out, or list something.");
        }
        if texts.len() > MAX_ITEMS {
            self.problem(key, format!("the list is longer than {MAX_ITEMS}"), "Join some.");
        }
        if texts.iter().any(String::is_empty) {
            self.problem(key, "an item is empty", remedy);
        }
        Some(texts)
    }

    fn fingerprints(&mut self, key: &str) -> Vec<String> {
        let remedy = "List whole fingerprints: 40 or 64 hex digits (OpenPGP), `SHA256:…` (SSH), \
                      `sha256:…` (X.509).";
        let texts = self.texts(key, remedy).unwrap_or_default();
        let mut fingerprints = Vec::new();
        for text in texts {
            match fingerprint(&text) {
                Some(fingerprint) => fingerprints.push(fingerprint),
                None => {
                    let message = format!("`{}` is no whole fingerprint", shown(text.as_bytes()));
                    self.problem(key, message, remedy);
                }
            }
        }
        fingerprints
    }

    fn globs(&mut self, key: &str) -> Option<Vec<Glob>> {
        let remedy = "List patterns such as `\"release/*\"`, `\"src/**\"`, `\"**/*.rs\"`.";
        let texts = self.texts(key, remedy)?;
        let parsed: Result<Vec<Glob>, GlobError> =
            texts.iter().map(|text| Glob::parse(text)).collect();
        match parsed {
            Ok(globs) => Some(globs),
            Err(error) => {
                self.problem(key, error.to_string(), remedy);
                None
            }
        }
    }

    fn signers(&mut self) -> Option<PatternList> {
        let remedy = "List principals or addresses, such as `\"*@example.org\"`; exclude some \
                      with `\"!\"` before them.";
        let texts = self.texts("signers", remedy)?;
        if texts.iter().any(|text| text.contains(',')) {
            self.problem("signers", "an item holds a comma", "Write each as an item of its own.");
        }
        match PatternList::parse(&texts.join(",")) {
            Ok(signers) => Some(signers),
            Err(error) => {
                self.problem("signers", error.to_string(), remedy);
                None
            }
        }
    }

    fn instant(&mut self, text: &str) -> Option<Timestamp> {
        let instant = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
        if instant.is_err() {
            let remedy = "Write `\"2020-01-01\"` or `\"2020-01-01T00:00:00Z\"`.";
            self.problem("weak-algorithms-until", "it is neither a date nor an instant", remedy);
        }
        instant.ok()
    }

    fn is_commit_id(&mut self, text: &str) -> bool {
        let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let whole = lower && matches!(text.len(), 40 | 64);
        if !whole {
            let remedy = "Write all 40 or 64 digits, which `git rev-parse` shows.";
            self.problem("from", "it is no whole commit id", remedy);
        }
        whole
    }

    /// Reports what nobody took.
    fn finish(mut self) {
        let unknown: Vec<String> = self.table.keys().map(|key| shown(key.as_bytes())).collect();
        for key in unknown {
            self.problem(&key, "there is no such entry", "Correct its name, or take it out.");
        }
    }

    fn problem(&mut self, key: &str, message: impl Into<String>, remedy: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(PolicyProblem {
                place: format!("{}{key}", self.place),
                message: message.into(),
                remedy: remedy.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "schema = 1\ndefault = \"refuse\"\n";

    fn problems(text: &str) -> Vec<(String, String)> {
        let Err(error) = Rules::parse(text.as_bytes()) else { return Vec::new() };
        assert!(error.problems.iter().all(|problem| problem.remedy.ends_with('.')));
        error.problems.into_iter().map(|problem| (problem.place, problem.message)).collect()
    }

    #[test]
    fn the_example_of_the_documentation_is_accepted() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signatures.md");
        let page = std::fs::read_to_string(path).unwrap();
        let example = page.split("```toml\n").find(|block| block.starts_with("schema = 1"));
        let example = example.unwrap().split("```").next().unwrap();
        let rules = Rules::parse(example.as_bytes()).unwrap();
        assert_eq!(rules.rules.len(), 2);
    }

    #[test]
    fn a_whole_policy_is_read() {
        let rules = Rules::parse(
            br#"
            schema = 1
            default = "signed"
            web-flow = ["9684 79a1 aff9 27e3 7d1a  566b b569 0eee bb95 2194"]
            weak-algorithms-until = "2020-01-01"
            [[rule]]
            name = "release"
            branches = ["main", "release/*"]
            paths = ["src/**"]
            signers = ["*@example.org", "!intern@example.org"]
            match = "either"
            web-flow-merges = "allow"
            approval = ["merge-signer", "trailer"]
            threshold = 2
            from = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
            [[rule]]
            name = "tags"
            tags = ["v*"]
            "#,
        )
        .unwrap();
        assert_eq!(rules.default, Default::Signed);
        assert_eq!(rules.web_flow, ["968479A1AFF927E37D1A566BB5690EEEBB952194"]);
        assert_eq!(rules.weak_algorithms_until.unwrap().to_string(), "2020-01-01T00:00:00Z");
        let rule = &rules.rules[0];
        assert!(rule.signers.as_ref().unwrap().matches("ann@example.org"));
        assert!(!rule.signers.as_ref().unwrap().matches("intern@example.org"));
        assert_eq!((rule.signer_is, rule.web_flow_merges), (Match::Either, true));
        assert_eq!(rule.approval, [Approval::Trailer, Approval::MergeSigner]);
        assert_eq!(rule.threshold.get(), 2);
        assert_eq!(rules.of_tag(b"v1").unwrap().name, "tags");
        assert!(rules.of_tag(b"x").is_none());
        assert_eq!(rules.rules[1].signer_is, Match::Committer);
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let found = problems(
            r#"
            schema = 2
            defualt = "refuse"
            [[rule]]
            name = "a"
            brnaches = ["main"]
            signers = []
            match = "anyone"
            approval = ["nobody"]
            threshold = 0
            from = "abc"
            [[rule]]
            name = "a"
            paths = ["src/"]
            [[rule]]
            tags = ["v*"]
            approval = ["trailer"]
            "#,
        );
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        for place in [
            "schema",
            "default",
            "defualt",
            "rule[1].brnaches",
            "rule[1].signers",
            "rule[1].match",
            "rule[1].approval",
            "rule[1].threshold",
            "rule[1].from",
            "rule[2].name",
            "rule[2].paths",
            "rule[3].name",
            "rule[3].approval",
        ] {
            assert!(places.contains(&place), "{place}: {found:?}");
        }
    }

    #[test]
    fn what_would_weaken_a_rule_unseen_is_a_problem() {
        for (rest, place) in [
            ("signers = [\"a,b\"]", "rule[1].signers"),
            ("signers = \"a\"", "rule[1].signers"),
            ("branches = []", "rule[1].branches"),
            ("approval = []", "rule[1].approval"),
            ("approval = [\"signature-of-other\"]\nmatch = \"author\"", "rule[1].approval"),
            ("from = \"HEAD\"", "rule[1].from"),
            ("tags = [\"v*\"]\nbranches = [\"main\"]", "rule[1].branches"),
            ("tags = [\"v*\"]\nmatch = \"author\"", "rule[1].match"),
            ("threshold = -1", "rule[1].threshold"),
        ] {
            let found = problems(&format!("{HEAD}[[rule]]\nname = \"a\"\n{rest}\n"));
            assert_eq!(found.first().map(|(at, _)| at.as_str()), Some(place), "{rest}: {found:?}");
        }
        for short in ["B5690EEEBB952194", "SHA256:abc", ""] {
            assert!(!problems(&format!("{HEAD}web-flow = [\"{short}\"]\n")).is_empty(), "{short}");
        }
        assert_eq!(problems(&format!("{HEAD}weak-algorithms-until = \"soon\"\n")).len(), 1);
    }

    #[test]
    fn what_is_no_toml_names_its_line() {
        let found = problems("schema = 1\n= 2\n");
        assert!(found[0].1.starts_with("line 2: "), "{found:?}");
        assert_eq!(problems(&" ".repeat(MAX_POLICY_BYTES.saturating_add(1))).len(), 1);
        assert!(Rules::parse(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            let _ = Rules::parse(text.as_bytes());
        }

        #[test]
        fn arbitrary_entries_never_panic(key in "[a-z-]{1,12}", value in "[a-z0-9\\[\\]\"=., -]{0,20}") {
            let _ = Rules::parse(format!("{HEAD}[[rule]]\nname = \"a\"\n{key} = {value}\n").as_bytes());
        }
    }
}
