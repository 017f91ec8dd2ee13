use super::words::{compare_numbers, is_number, split_run};
use super::{VersionOrder, compare_parsed};
use std::cmp::Ordering;

/// Ruby's versions: numbers and words between dots; a word makes a pre-release, and `-` means
/// `.pre.` (documentation of Ruby's `Gem::Version`).
#[derive(Debug)]
pub struct RubyGems;

impl VersionOrder for RubyGems {
    fn id(&self) -> &'static str {
        "rubygems"
    }

    fn specification(&self) -> &'static str {
        "Gem::Version"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, |text| Some(Version(segments(text)?)))
    }
}

#[derive(PartialEq, Eq)]
struct Version<'a>(Vec<&'a str>);

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let longer = self.0.len().max(other.0.len());
        let at = |version: &Self, index: usize| *version.0.get(index).unwrap_or(&"0");
        (0..longer)
            .map(|index| {
                let (left, right) = (at(self, index), at(other, index));
                match (is_number(left), is_number(right)) {
                    (true, true) => compare_numbers(left, right),
                    (numeric, other) if numeric != other => numeric.cmp(&other),
                    _ => left.cmp(right),
                }
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Splits into numbers and words, without the zeros at the end of the numbers before the first word
/// and at the end of the whole.
fn segments(text: &str) -> Option<Vec<&str>> {
    let text = text.trim();
    if !is_correct(text) {
        return None;
    }
    let (mut numbers, mut rest) = (Vec::new(), Vec::new());
    let mut push = |segment| {
        if rest.is_empty() && is_number(segment) {
            numbers.push(segment)
        } else {
            rest.push(segment)
        }
    };
    for (index, part) in text.split('-').enumerate() {
        if index > 0 {
            push("pre");
        }
        for word in part.split('.') {
            let mut word = word;
            while let Some(first) = word.chars().next() {
                let digits = first.is_ascii_digit();
                let run;
                (run, word) = split_run(word, |c| c.is_ascii_digit() == digits);
                push(run);
            }
        }
    }
    drop_zeros(&mut numbers);
    drop_zeros(&mut rest);
    numbers.append(&mut rest);
    Some(numbers)
}

fn drop_zeros(segments: &mut Vec<&str>) {
    let is_zero = |segment: &&str| is_number(segment) && segment.bytes().all(|byte| byte == b'0');
    while segments.last().is_some_and(is_zero) {
        segments.pop();
    }
}

/// Says whether Ruby takes the text for a version; nothing at all is one, too: `0`.
fn is_correct(text: &str) -> bool {
    let (core, prerelease) = match text.split_once('-') {
        Some((core, prerelease)) => (core, Some(prerelease)),
        None => (text, None),
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric());
    let mut words = core.split('.');
    let begins = words.next().is_some_and(is_number);
    let is_label = |word: &str| {
        !word.is_empty() && word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    text.is_empty()
        || (begins && words.all(is_word) && prerelease.is_none_or(|it| it.split('.').all(is_label)))
}
