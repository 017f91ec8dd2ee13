use super::words::is_number;
use super::{MAX_VERSION, VersionOrder};
use pep440_rs::Version;
use std::cmp::Ordering;
use std::str::FromStr;

/// Python's versions (PEP 440). Those from before it, such as `2004b-dev`, come before all others
/// and are ordered as setuptools did; [`VersionOrder::is_version`] refuses them, because that place
/// says nothing about which release they are.
#[derive(Debug)]
pub struct Pep440;

impl VersionOrder for Pep440 {
    fn id(&self) -> &'static str {
        "pep440"
    }

    fn specification(&self) -> &'static str {
        "PEP 440"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let parse = |text: &str| Version::from_str(text).ok();
        match (is_short(left).then(|| parse(left))?, is_short(right).then(|| parse(right))?) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            (Some(_), None) => Some(Ordering::Greater),
            (None, Some(_)) => Some(Ordering::Less),
            (None, None) => Some(legacy_key(left).cmp(&legacy_key(right))),
        }
    }

    fn is_version(&self, text: &str) -> bool {
        is_short(text) && Version::from_str(text).is_ok()
    }

    /// A package's local label counts only where the advisory names one, so that `2.0.1+cu118` is
    /// the `2.0.1` that an advisory means (PEP 440, section "Version specifiers").
    fn compare_with_named(&self, version: &str, named: &str) -> Option<Ordering> {
        let local = |text: &str| text.contains('+');
        match version.split_once('+') {
            Some((public, _)) if !local(named) && self.is_version(version) => {
                self.compare(public, named)
            }
            _ => self.compare(version, named),
        }
    }
}

fn is_short(text: &str) -> bool {
    text.len() <= MAX_VERSION && !text.trim().is_empty()
}

/// Returns what setuptools ordered old versions by: numbers padded, words after `*`, and words that
/// come before a release, such as `*alpha`, before `*final`.
fn legacy_key(text: &str) -> Vec<String> {
    let mut key: Vec<String> = Vec::new();
    for part in parts(&text.trim().to_lowercase()) {
        let part = match part.as_str() {
            "pre" | "preview" | "rc" => "c".to_owned(),
            "-" => "final-".to_owned(),
            "dev" => "@".to_owned(),
            "" | "." => continue,
            _ => part,
        };
        push(&mut key, if is_number(&part) { format!("{part:0>8}") } else { format!("*{part}") });
    }
    push(&mut key, "*final".to_owned());
    key
}

fn push(key: &mut Vec<String>, part: String) {
    if part.starts_with('*') {
        if part.as_str() < "*final" {
            while key.last().is_some_and(|last| last == "*final-") {
                key.pop();
            }
        }
        while key.last().is_some_and(|last| last == "00000000") {
            key.pop();
        }
    }
    key.push(part);
}

/// Splits into runs of digits, runs of letters, and single other characters.
fn parts(text: &str) -> Vec<String> {
    let class = |c: char| match c {
        c if c.is_ascii_digit() => 0,
        c if c.is_ascii_lowercase() => 1,
        '.' => 2,
        '-' => 3,
        _ => 4,
    };
    let mut parts: Vec<String> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        let joins = last == Some(class(c)) && !matches!(class(c), 2 | 3);
        match parts.last_mut() {
            Some(part) if joins => part.push(c),
            _ => parts.push(c.to_string()),
        }
        last = Some(class(c));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_from_before_the_specification_are_none_today() {
        for text in ["", "2004b?", "1.0-dev-r42", "0.1-alpha-0.3.2", "dog", "1.0*", "1.0+", "é"] {
            assert!(!Pep440.is_version(text), "{text}");
        }
    }

    #[test]
    fn a_local_label_counts_only_where_the_advisory_names_one() {
        let cases = [
            ("2.0.1+cu118", "2.0.1", Ordering::Equal),
            ("2.0.1+patch1", "2.0.1+patch2", Ordering::Less),
            ("2.0.1", "2.0.1+patch2", Ordering::Less),
        ];
        for (version, named, order) in cases {
            assert_eq!(Pep440.compare_with_named(version, named), Some(order), "{version} {named}");
        }
    }
}
