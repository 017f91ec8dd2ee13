use super::problem::{Problem, Problems};
use jiff::{Span, SpanRelativeTo};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A configuration file's name and text.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a> {
    /// The name, relative to the project's folder.
    pub file: &'a str,
    /// The text.
    pub text: &'a str,
}

impl SourceText<'_> {
    /// Returns the line of a byte offset, counted from 1.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
    }
}

/// Parses a file and lets `read` take what it knows from the top table. Syntax errors and
/// unknown keys become problems.
pub fn parse<T>(
    source: SourceText<'_>,
    problems: &Problems,
    read: impl FnOnce(&Section<'_>) -> T,
) -> T {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    for error in &errors {
        let line = error.span().map_or(0, |span| source.line(span.start));
        problems.add(Problem {
            file: source.file.to_owned(),
            line,
            message: error.message().trim().to_owned(),
            remedy: "Correct the TOML; see https://toml.io/en/v1.0.0.".to_owned(),
        });
    }
    let section = Section {
        source,
        problems,
        table: table.get_ref(),
        path: String::new(),
        span: 0..0,
        known: RefCell::default(),
    };
    let value = read(&section);
    section.refuse_unknown();
    value
}

/// A table of a configuration file that notes which keys were asked for, so that the others can
/// be reported. Nested sections are finished by the closure that reads them.
pub struct Section<'a> {
    source: SourceText<'a>,
    problems: &'a Problems,
    table: &'a DeTable<'a>,
    path: String,
    span: Range<usize>,
    known: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    /// Returns a text, if there is one.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        self.take(key, "a text in quotes", |value| value.as_str().map(str::to_owned))
    }

    /// Returns a text; its absence is a problem with `remedy`.
    #[must_use]
    pub fn required_text(&self, key: &str, remedy: &str) -> Option<String> {
        self.require(key, remedy);
        self.text(key).filter(|text| {
            let filled = !text.trim().is_empty();
            if !filled {
                self.problem(key, format!("{} is empty", self.named(key)), remedy);
            }
            filled
        })
    }

    /// Returns a list of texts; absent is empty.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<String> {
        let list = |value: &DeValue<'_>| {
            value.as_array()?.iter().map(|item| Some(item.get_ref().as_str()?.to_owned())).collect()
        };
        self.take(key, "a list of texts, such as [\"a\", \"b\"]", list).unwrap_or_default()
    }

    /// Returns a list of texts; its absence or emptiness is a problem with `remedy`.
    #[must_use]
    pub fn required_texts(&self, key: &str, remedy: &str) -> Vec<String> {
        self.require(key, remedy);
        let texts = self.texts(key);
        if self.has(key) && texts.is_empty() {
            self.problem(key, format!("{} names nothing", self.named(key)), remedy);
        }
        if texts.iter().any(|text| text.trim().is_empty()) {
            self.problem(key, format!("{} holds an empty text", self.named(key)), remedy);
        }
        texts
    }

    /// Lets every key pass, where what would say which are known is itself wrong.
    pub fn accept_all(&self) {
        self.known.borrow_mut().extend(self.table.keys().map(|key| key.get_ref().to_string()));
    }

    /// Returns a duration above zero, if there is one.
    #[must_use]
    pub fn positive_duration(&self, key: &str) -> Option<Duration> {
        self.duration(key).filter(|duration| {
            if duration.is_zero() {
                let message = format!("{} is zero, which nothing keeps", self.named(key));
                self.problem(key, message, "Write a time above zero, such as \"90m\".");
            }
            !duration.is_zero()
        })
    }

    /// Returns what the text at `key` stands for, if there is one.
    #[must_use]
    pub fn choice<T: Copy>(&self, key: &str, options: &[(&str, T)]) -> Option<T> {
        let words: Vec<String> = options.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.take(key, &words.join(" or "), |value| meaning(value, options))
    }

    /// Returns what the texts of a list stand for, if there is one.
    #[must_use]
    pub fn choices<T: Copy>(&self, key: &str, options: &[(&str, T)]) -> Option<Vec<T>> {
        let words: Vec<String> = options.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let expected = format!("a list of {}", words.join(" or "));
        let list = |value: &DeValue<'_>| {
            value.as_array()?.iter().map(|item| meaning(item.get_ref(), options)).collect()
        };
        self.take(key, &expected, list)
    }

    /// Says whether there is a `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Returns a yes or no, if there is one.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.take(key, "true or false", DeValue::as_bool)
    }

    /// Returns a whole number that is not negative, if there is one.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u64> {
        self.take(key, "a whole number from 0", |value| {
            value.as_integer().and_then(|number| {
                let digits = number.as_str().replace('_', "");
                u64::from_str_radix(&digits, number.radix()).ok()
            })
        })
    }

    /// Returns a duration such as `"24h"`, `"90d"` or `"1h 30m"`, if there is one. Days have 24
    /// hours.
    #[must_use]
    pub fn duration(&self, key: &str) -> Option<Duration> {
        self.take(key, "a duration such as \"90m\", \"24h\" or \"30d\"", |value| {
            let span: Span = value.as_str()?.parse().ok()?;
            let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
            Duration::try_from(duration).ok()
        })
    }

    /// Returns a table of texts, such as `labels = { team = "platform" }`; absent is empty.
    #[must_use]
    pub fn text_table(&self, key: &str) -> BTreeMap<String, String> {
        self.take(key, "a table of texts", |value| {
            let entries = value.as_table()?.iter();
            entries
                .map(|(key, value)| {
                    Some((key.get_ref().to_string(), value.get_ref().as_str()?.to_owned()))
                })
                .collect()
        })
        .unwrap_or_default()
    }

    /// Lets `read` take what it knows from the table `key`, if there is one.
    pub fn table<T>(&self, key: &str, read: impl FnOnce(&Section<'a>) -> T) -> Option<T> {
        let value = self.value(key)?;
        match value.get_ref().as_table() {
            None => {
                self.problem(key, format!("{} is no table", self.named(key)), "Write a table.");
                None
            }
            Some(table) => {
                let section = self.nested(table, key.to_owned(), value.span());
                let read = read(&section);
                section.refuse_unknown();
                Some(read)
            }
        }
    }

    /// Lets `read` take what it knows from each table of the array `key`; absent is empty.
    pub fn tables<T>(&self, key: &str, mut read: impl FnMut(&Section<'a>) -> T) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let tables: Option<Vec<(&'a DeTable<'a>, Range<usize>)>> =
            value.get_ref().as_array().map(|array| array.iter()).and_then(|items| {
                items.map(|item| Some((item.get_ref().as_table()?, item.span()))).collect()
            });
        let Some(tables) = tables else {
            let remedy = format!("Write one `[[{}]]` for each.", self.path_of(key));
            self.problem(key, format!("{} is no list of tables", self.named(key)), remedy);
            return Vec::new();
        };
        let mut read_all = Vec::new();
        for (index, (table, span)) in tables.into_iter().enumerate() {
            let section = self.nested(table, format!("{key}[{index}]"), span);
            read_all.push(read(&section));
            section.refuse_unknown();
        }
        read_all
    }

    /// Adds a problem at `key`, or at the section where the key is absent.
    pub fn problem(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let offset =
            self.table.get_key_value(key).map_or(self.span.start, |(key, _)| key.span().start);
        self.problems.add(Problem {
            file: self.source.file.to_owned(),
            line: self.source.line(offset),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Returns the file's name, relative to the project's folder.
    #[must_use]
    pub fn file(&self) -> &str {
        self.source.file
    }

    /// Returns the section as JSON, for the plan's hash: every setting counts.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let values = self.table.iter();
        values.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
    }

    fn nested(&self, table: &'a DeTable<'a>, key: String, span: Range<usize>) -> Section<'a> {
        let path = self.path_of(&key);
        let (source, problems) = (self.source, self.problems);
        Section { source, problems, table, path, span, known: RefCell::default() }
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    fn take<T>(
        &self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let converted = convert(value.get_ref());
        if converted.is_none() {
            let message = format!("{} is not {expected}", self.named(key));
            self.problem(key, message, format!("Write {expected}."));
        }
        converted
    }

    fn require(&self, key: &str, remedy: &str) {
        if !self.has(key) {
            self.problem(key, format!("{} is missing", self.named(key)), remedy);
        }
    }

    fn refuse_unknown(&self) {
        let known = self.known.borrow();
        for (key, _) in self.table.iter().filter(|(key, _)| !known.contains(key.get_ref().as_ref()))
        {
            let list: Vec<&str> = known.iter().map(String::as_str).collect();
            let remedy = format!("Remove it, or use one of: {}.", list.join(", "));
            let name = key.get_ref();
            self.problem(name, format!("{} is not known here", self.named(name)), remedy);
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn named(&self, key: &str) -> String {
        format!("`{}`", self.path_of(key))
    }
}

fn meaning<T: Copy>(value: &DeValue<'_>, options: &[(&str, T)]) -> Option<T> {
    let text = value.as_str()?;
    options.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning)
}

fn json(value: &DeValue<'_>) -> serde_json::Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => number.as_str().into(),
        DeValue::Float(number) => number.as_str().into(),
        DeValue::Boolean(yes) => (*yes).into(),
        DeValue::Datetime(instant) => instant.to_string().into(),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str, read: impl FnOnce(&Section<'_>)) -> Vec<Problem> {
        let problems = Problems::default();
        parse(SourceText { file: "f.toml", text }, &problems, read);
        problems.into_sorted()
    }

    #[test]
    fn every_problem_is_reported_with_its_line() {
        let text = "a = 1\nb = \"x\"\nc = \"soon\"\n[[d]]\ne = 1\nf = true\n";
        let found = problems(text, |section| {
            assert_eq!(section.text("a"), None);
            assert_eq!(section.text("b").as_deref(), Some("x"));
            assert_eq!(section.duration("c"), None);
            assert_eq!(section.tables("d", |d| d.count("e")), [Some(1)]);
            assert_eq!(section.required_text("g", "Add it."), None);
        });
        let lines: Vec<(usize, &str)> =
            found.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        assert_eq!(
            lines,
            [
                (1, "`a` is not a text in quotes"),
                (1, "`g` is missing"),
                (3, "`c` is not a duration such as \"90m\", \"24h\" or \"30d\""),
                (6, "`d[0].f` is not known here"),
            ]
        );
    }

    #[test]
    fn words_are_chosen_from_those_that_are_offered() {
        let options = [("yes", true), ("no", false)];
        let found = problems("a = \"no\"\nb = \"maybe\"\nc = [\"no\", \"yes\"]\nd = [1]\n", |it| {
            assert_eq!(it.choice("a", &options), Some(false));
            assert_eq!(it.choice("b", &options), None);
            assert_eq!(it.choices("c", &options), Some(vec![false, true]));
            assert_eq!(it.choices("d", &options), None);
        });
        let lines: Vec<(usize, &str)> =
            found.iter().map(|problem| (problem.line, problem.message.as_str())).collect();
        assert_eq!(
            lines,
            [(2, "`b` is not \"yes\" or \"no\""), (4, "`d` is not a list of \"yes\" or \"no\"")]
        );
    }

    #[test]
    fn broken_toml_is_a_problem_with_its_line() {
        let found = problems("a = \"x\"\nb = = 2\n", |section| {
            let _ = section.text("a");
            let _ = section.count("b");
        });
        assert!(found.iter().any(|problem| problem.line == 2), "{found:?}");
    }

    #[test]
    fn days_and_hours_are_durations() {
        problems("a = \"30d\"\nb = \"1h 30m\"\n", |section| {
            assert_eq!(section.duration("a"), Some(Duration::from_secs(30 * 86_400)));
            assert_eq!(section.duration("b"), Some(Duration::from_secs(5_400)));
        });
        assert_eq!(
            problems("a = \"-1h\"", |section| {
                let _ = section.duration("a");
            })
            .len(),
            1
        );
    }
}
