use super::words::{compare_numbers, is_number, split_run};
use super::{MAX_VERSION, VersionOrder};
use std::cmp::Ordering;

/// Composer's versions: brought into one form, then compared as PHP's `version_compare` does
/// (Composer's documentation, "Versions and constraints"). Branches have no order.
#[derive(Debug)]
pub struct Packagist;

impl VersionOrder for Packagist {
    fn id(&self) -> &'static str {
        "packagist"
    }

    fn specification(&self) -> &'static str {
        "Composer"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        if left.len() > MAX_VERSION || right.len() > MAX_VERSION {
            return None;
        }
        Some(compare_words(&normalize(left)?, &normalize(right)?))
    }
}

/// What follows a release's numbers, in PHP's order; a number there stands between `rc` and `patch`.
const STABILITIES: [(&str, &str); 9] = [
    ("stable", ""),
    ("beta", "beta"),
    ("b", "beta"),
    ("rc", "RC"),
    ("alpha", "alpha"),
    ("a", "alpha"),
    ("patch", "patch"),
    ("pl", "patch"),
    ("p", "patch"),
];

/// Returns the words of the version in Composer's one form: four numbers, or a date, and then the
/// stability.
fn normalize(text: &str) -> Option<Vec<String>> {
    let text = text.trim().to_ascii_lowercase();
    let text = text.split('+').next()?;
    let text = text.strip_prefix('v').unwrap_or(text);
    let (numbers, rest) = split_numbers(text);
    let mut words: Vec<String> = numbers.iter().map(|it| (*it).to_owned()).collect();
    let dated = numbers.first().is_some_and(|first| first.len() > 5);
    let fits = !numbers.is_empty() && numbers.len() <= 4 && numbers.iter().all(|it| is_number(it));
    if !fits {
        return None;
    }
    if !dated {
        words.resize(4, "0".to_owned());
    }
    words.extend(stability(rest)?);
    Some(words)
}

/// Splits the numbers between dots from what follows them.
fn split_numbers(text: &str) -> (Vec<&str>, &str) {
    let (mut numbers, mut rest) = (Vec::new(), text);
    loop {
        let (number, after) = split_run(rest, |c| c.is_ascii_digit());
        if number.is_empty() {
            return (numbers, rest);
        }
        numbers.push(number);
        match after.strip_prefix('.') {
            Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
            _ => return (numbers, after),
        }
    }
}

/// Reads `-beta.2`, `RC1`, `_p3`, `-dev`, or nothing.
fn stability(text: &str) -> Option<Vec<String>> {
    let separators = ['.', '-', '_'];
    let mut words = Vec::new();
    let (word, rest) =
        split_run(text.strip_prefix(separators).unwrap_or(text), |c| c.is_ascii_lowercase());
    let mut rest = rest;
    match STABILITIES.iter().find(|(written, _)| *written == word) {
        Some((_, "")) if rest.is_empty() => return Some(words),
        Some((_, stability)) if !stability.is_empty() => words.push((*stability).to_owned()),
        _ => rest = text,
    }
    while !words.is_empty() {
        let (number, after) =
            split_run(rest.strip_prefix(['.', '-']).unwrap_or(rest), |c| c.is_ascii_digit());
        if number.is_empty() {
            break;
        }
        words.push(number.to_owned());
        rest = after;
    }
    match rest.strip_prefix(['.', '-']).unwrap_or(rest) {
        "" => Some(words),
        "dev" => {
            words.push("dev".to_owned());
            Some(words)
        }
        _ => None,
    }
}

fn compare_words(left: &[String], right: &[String]) -> Ordering {
    let longer = left.len().max(right.len());
    let at = |words: &[String], index: usize| words.get(index).cloned();
    (0..longer)
        .map(|index| match (at(left, index), at(right, index)) {
            (Some(left), Some(right)) => compare_word(&left, &right),
            (Some(left), None) => compare_with_end(&left),
            (None, Some(right)) => compare_with_end(&right).reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_word(left: &str, right: &str) -> Ordering {
    match (is_number(left), is_number(right)) {
        (true, true) => compare_numbers(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Compares a word with the end of the other version: a number comes after it, a word by its rank.
fn compare_with_end(word: &str) -> Ordering {
    if is_number(word) { Ordering::Greater } else { rank(word).cmp(&NUMBER) }
}

const NUMBER: u8 = 4;

fn rank(word: &str) -> u8 {
    match word {
        "dev" => 0,
        "alpha" => 1,
        "beta" => 2,
        "RC" => 3,
        "patch" => 5,
        _ => NUMBER,
    }
}
