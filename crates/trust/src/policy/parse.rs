use super::rules::{Approval, Default, Match, Rule, Rules, Scope};
use crate::{Glob, GlobError, PatternList};
use beleg_model::text::shown;
use beleg_settings::{Problem, Problems, Section, SourceText, parse};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::num::NonZeroU32;

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

const DEFAULTS: [(&str, Default); 2] = [("refuse", Default::Refuse), ("signed", Default::Signed)];
const MATCHES: [(&str, Match); 4] = [
    ("committer", Match::Committer),
    ("author", Match::Author),
    ("either", Match::Either),
    ("none", Match::None),
];
const APPROVALS: [(&str, Approval); 3] = [
    ("signature-of-other", Approval::SignatureOfOther),
    ("trailer", Approval::Trailer),
    ("merge-signer", Approval::MergeSigner),
];

/// Everything that is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy has {} problems", problems.len())]
pub struct PolicyError {
    /// The problems, in the order of the file; never none.
    pub problems: Vec<Problem>,
}

impl Rules {
    /// Reads the rules from TOML. `file` is the name that problems show.
    ///
    /// # Errors
    /// [`PolicyError`] with every problem at once; no part of a policy with problems is used.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, PolicyError> {
        let problems = Problems::default();
        let rules = text(file, bytes, &problems)
            .and_then(|text| parse(SourceText { file, text }, &problems, read));
        let mut problems = problems.into_sorted();
        problems.truncate(MAX_PROBLEMS);
        match rules {
            Some(rules) if problems.is_empty() => Ok(rules),
            _ => Err(PolicyError { problems }),
        }
    }
}

fn text<'a>(file: &str, bytes: &'a [u8], problems: &Problems) -> Option<&'a str> {
    if bytes.len() > MAX_POLICY_BYTES {
        let message = format!("the file is larger than {MAX_POLICY_BYTES} bytes");
        problems.with_file(file, message, "Shorten it.");
        return None;
    }
    let text = std::str::from_utf8(bytes).ok();
    if text.is_none() {
        problems.with_file(file, "the file is not UTF-8 text", "Save it as UTF-8.");
    }
    text
}

fn read(top: &Section<'_>) -> Option<Rules> {
    const DEFAULT: &str = "Write `default = \"refuse\"`, or `\"signed\"` to accept what is signed \
                           by anyone in the trust material.";
    if top.count("schema") != Some(1) {
        top.problem("schema", "the schema is not 1", "Write `schema = 1`.");
    }
    let default = top.choice("default", &DEFAULTS);
    if !top.has("default") {
        top.problem("default", "nothing says what holds where no rule matches", DEFAULT);
    }
    let web_flow = fingerprints(top, "web-flow");
    let weak_algorithms_until = instant(top, "weak-algorithms-until");
    let mut names = BTreeSet::new();
    let rules = top.tables("rule", |section| {
        let rule = read_rule(section)?;
        if !names.insert(rule.name.clone()) {
            section.problem("name", "another rule has this name", "Give each rule its own name.");
        }
        Some(rule)
    });
    if rules.len() > MAX_RULES {
        top.problem("rule", format!("there are more than {MAX_RULES} rules"), "Join some.");
    }
    let rules = rules.into_iter().collect::<Option<Vec<Rule>>>()?;
    Some(Rules { default: default?, web_flow, weak_algorithms_until, rules })
}

fn read_rule(section: &Section<'_>) -> Option<Rule> {
    let name = section.required_text("name", "Give the rule a name, which results will show.");
    if name.as_ref().is_some_and(|name| name.len() > MAX_NAME || name.contains(char::is_control)) {
        section.problem("name", "the name is too long, or not plain text", "Shorten it.");
    }
    let branches = globs(section, "branches");
    let paths = globs(section, "paths");
    let tags = globs(section, "tags");
    let signers = signers(section);
    let signer_is = section.choice("match", &MATCHES);
    let merges = section.choice("web-flow-merges", &[("allow", true), ("refuse", false)]);
    let approval = section.choices("approval", &APPROVALS);
    if approval.as_ref().is_some_and(Vec::is_empty) {
        let remedy = "List some, or leave it out to demand no approval.";
        section.problem("approval", "`approval` names nothing", remedy);
    }
    let approval: BTreeSet<Approval> = approval.into_iter().flatten().collect();
    let approval: Vec<Approval> = approval.into_iter().collect();
    let threshold = threshold(section);
    let from = section.text("from").filter(|from| is_commit_id(section, from));
    let scope = match tags {
        Some(tags) => {
            about_tags_only(section, signer_is);
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
        web_flow_merges: merges.unwrap_or(false),
        approval,
        threshold: threshold.unwrap_or(NonZeroU32::MIN),
        from,
    })
}

/// Refuses what has no meaning for tags: it might be taken for a demand.
fn about_tags_only(section: &Section<'_>, signer_is: Option<Match>) {
    for key in ["branches", "paths", "web-flow-merges", "approval", "threshold", "from"] {
        if section.has(key) {
            let message = format!("`{key}` has no meaning for tags");
            section.problem(key, message, "Write a rule for tags and one for commits.");
        }
    }
    if matches!(signer_is, Some(Match::Author | Match::Either)) {
        section.problem("match", "a tag has no author", "Write `\"committer\"`.");
    }
}

/// Reads a list of texts, if there is one; an empty one is a problem, because it could mean all
/// or none.
fn texts(section: &Section<'_>, key: &str, remedy: &str) -> Option<Vec<String>> {
    if !section.has(key) {
        // It is asked for all the same, so that it is known.
        let _ = section.texts(key);
        return None;
    }
    let texts = section.required_texts(key, remedy);
    if texts.len() > MAX_ITEMS {
        section.problem(key, format!("`{key}` is longer than {MAX_ITEMS}"), "Join some.");
    }
    if texts.iter().any(String::is_empty) {
        section.problem(key, format!("an item of `{key}` is empty"), remedy);
    }
    Some(texts)
}

fn globs(section: &Section<'_>, key: &str) -> Option<Vec<Glob>> {
    let remedy = "List patterns such as `\"release/*\"`, `\"src/**\"`, `\"**/*.rs\"`.";
    let texts = texts(section, key, remedy)?;
    for text in &texts {
        if let Some(why) = never_matches(key, text) {
            section.problem(key, format!("`{}` {why}", shown(text.as_bytes())), remedy_of(key));
            return None;
        }
    }
    let parsed: Result<Vec<Glob>, GlobError> = texts.iter().map(|text| Glob::parse(text)).collect();
    parsed.map_err(|error| section.problem(key, format!("`{key}`: {error}"), remedy)).ok()
}

/// Says why a pattern could never match: its rule would hold for nothing, and the default instead.
fn never_matches(key: &str, text: &str) -> Option<&'static str> {
    let begins = |with: &[&str]| with.iter().any(|with| text.starts_with(with));
    match key {
        "branches" if begins(&["refs/heads/", "refs/tags/", "refs/remotes/"]) => {
            Some("is a whole name, or one of another kind of ref; branches go by their own names")
        }
        "tags" if begins(&["refs/heads/", "refs/tags/", "refs/remotes/"]) => {
            Some("is a whole name, or one of another kind of ref; tags go by their own names")
        }
        "branches" | "tags"
            if text == "HEAD"
                || text.ends_with('.')
                || text.split('/').any(is_no_part_of_a_ref) =>
        {
            Some("is no name that git lets a branch or a tag have")
        }
        "paths" if text.split('/').any(|part| matches!(part, "." | "..")) => {
            Some("is no path as git keeps it, which begins at the repository's top without `./`")
        }
        _ => None,
    }
}

/// Says whether no part of a ref's name may be so (git-check-ref-format(1)).
fn is_no_part_of_a_ref(part: &str) -> bool {
    part.starts_with('.')
        || part.ends_with(".lock")
        || part.contains("..")
        || part.contains("@{")
        || part.contains([' ', '~', '^', ':'])
}

fn remedy_of(key: &str) -> &'static str {
    match key {
        "branches" => "Write `\"main\"` for `refs/heads/main`.",
        "tags" => "Write `\"v*\"` for `refs/tags/v*`.",
        _ => "Write `\"src/**\"` for `./src`.",
    }
}

fn signers(section: &Section<'_>) -> Option<PatternList> {
    let remedy = "List principals or addresses, such as `\"*@example.org\"`; exclude some with \
                  `\"!\"` before them.";
    let texts = texts(section, "signers", remedy)?;
    if texts.iter().any(|text| text.contains(',')) {
        let remedy = "Write each as an item of its own.";
        section.problem("signers", "an item of `signers` holds a comma", remedy);
    }
    let parsed = PatternList::parse(&texts.join(","));
    parsed.map_err(|error| section.problem("signers", error.to_string(), remedy)).ok()
}

fn fingerprints(section: &Section<'_>, key: &str) -> Vec<String> {
    let remedy = "List whole fingerprints: 40 or 64 hex digits (OpenPGP), `SHA256:…` (SSH), \
                  `sha256:…` (X.509).";
    let read = |text: String| {
        let fingerprint = fingerprint(&text);
        if fingerprint.is_none() {
            let message = format!("`{}` is no whole fingerprint", shown(text.as_bytes()));
            section.problem(key, message, remedy);
        }
        fingerprint
    };
    texts(section, key, remedy).unwrap_or_default().into_iter().filter_map(read).collect()
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

fn threshold(section: &Section<'_>) -> Option<NonZeroU32> {
    let count = section.count("threshold")?;
    let threshold = u32::try_from(count).ok().and_then(NonZeroU32::new);
    if threshold.is_none() {
        let remedy = "Write how many different people must sign, at least 1.";
        section.problem("threshold", format!("`threshold` cannot be {count}"), remedy);
    }
    threshold
}

fn instant(section: &Section<'_>, key: &str) -> Option<Timestamp> {
    let text = section.text(key)?;
    let instant = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    if instant.is_err() {
        let remedy = "Write `\"2020-01-01\"` or `\"2020-01-01T00:00:00Z\"`.";
        section.problem(key, format!("`{key}` is neither a date nor an instant"), remedy);
    }
    instant.ok()
}

fn is_commit_id(section: &Section<'_>, text: &str) -> bool {
    let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let whole = lower && matches!(text.len(), 40 | 64);
    if !whole {
        let remedy = "Write all 40 or 64 digits, which `git rev-parse` shows.";
        section.problem("from", "`from` is no whole commit id", remedy);
    }
    whole
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "schema = 1\ndefault = \"refuse\"\n";

    fn problems(text: &str) -> Vec<(usize, String)> {
        let Err(error) = Rules::parse("policy.toml", text.as_bytes()) else { return Vec::new() };
        assert!(error.problems.iter().all(|problem| problem.remedy.ends_with('.')));
        error.problems.into_iter().map(|problem| (problem.line, problem.message)).collect()
    }

    #[test]
    fn the_example_of_the_documentation_is_accepted() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signatures.md");
        let page = std::fs::read_to_string(path).unwrap();
        let example = page.split("```toml\n").find(|block| block.starts_with("schema = 1"));
        let example = example.unwrap().split("```").next().unwrap();
        let rules = Rules::parse("policy.toml", example.as_bytes()).unwrap();
        assert_eq!(rules.rules.len(), 2);
    }

    #[test]
    fn a_whole_policy_is_read() {
        let rules = Rules::parse(
            "policy.toml",
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
            from = "3c4e9cd789d88d8d89c1073707c3585e41b0e614"
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
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        for line in [1, 2, 3, 6, 7, 8, 9, 10, 11, 13, 14, 15, 17] {
            assert!(lines.contains(&line), "{line}: {found:?}");
        }
    }

    #[test]
    fn what_would_weaken_a_rule_unseen_is_a_problem() {
        for (rest, line) in [
            ("signers = [\"a,b\"]", 5),
            ("signers = \"a\"", 5),
            ("branches = []", 5),
            ("approval = []", 5),
            ("approval = [\"signature-of-other\"]\nmatch = \"author\"", 5),
            ("from = \"HEAD\"", 5),
            ("branches = [\"refs/heads/main\"]", 5),
            ("branches = [\"main\", \"refs/tags/x\"]", 5),
            ("branches = [\"refs/remotes/origin/main\"]", 5),
            ("branches = [\"HEAD\"]", 5),
            ("branches = [\"a..b\"]", 5),
            ("paths = [\"./src/**\"]", 5),
            ("paths = [\"src/../x\"]", 5),
            ("tags = [\"refs/tags/v*\"]", 5),
            ("tags = [\"v1.\"]", 5),
            ("tags = [\"v*\"]\nbranches = [\"main\"]", 6),
            ("tags = [\"v*\"]\nmatch = \"author\"", 6),
            ("threshold = -1", 5),
            ("threshold = 4294967297", 5),
        ] {
            let found = problems(&format!("{HEAD}[[rule]]\nname = \"a\"\n{rest}\n"));
            assert_eq!(found.first().map(|(at, _)| *at), Some(line), "{rest}: {found:?}");
        }
        for short in ["B5690EEEBB952194", "SHA256:abc", ""] {
            assert!(!problems(&format!("{HEAD}web-flow = [\"{short}\"]\n")).is_empty(), "{short}");
        }
        assert_eq!(problems(&format!("{HEAD}weak-algorithms-until = \"soon\"\n")).len(), 1);
    }

    #[test]
    fn what_is_no_toml_names_its_line() {
        let found = problems("schema = 1\n= 2\n");
        assert!(found.iter().any(|(line, _)| *line == 2), "{found:?}");
        assert_eq!(problems(&" ".repeat(MAX_POLICY_BYTES.saturating_add(1))).len(), 1);
        assert!(Rules::parse("policy.toml", b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            let _ = Rules::parse("policy.toml", text.as_bytes());
        }

        #[test]
        fn arbitrary_entries_never_panic(key in "[a-z-]{1,12}", value in "[a-z0-9\\[\\]\"=., -]{0,20}") {
            let _ = Rules::parse("policy.toml", format!("{HEAD}[[rule]]\nname = \"a\"\n{key} = {value}\n").as_bytes());
        }
    }
}
