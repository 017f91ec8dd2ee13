use super::words::{compare_numbers, is_number, split_run};
use super::{MAX_VERSION, VersionOrder};
use std::cmp::Ordering;

/// Conda's versions: `[epoch!]version[+local]`, of parts that are runs of digits and letters
/// (documentation of conda's `VersionOrder`).
#[derive(Debug)]
pub struct Conda;

impl VersionOrder for Conda {
    fn id(&self) -> &'static str {
        "conda"
    }

    fn specification(&self) -> &'static str {
        "conda's VersionOrder"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        if left.len() > MAX_VERSION || right.len() > MAX_VERSION {
            return None;
        }
        Some(Version::parse(left)?.compare(&Version::parse(right)?))
    }
}

struct Version {
    epoch: String,
    version: Vec<Vec<Word>>,
    local: Vec<Vec<Word>>,
}

/// A run of letters or digits. `dev` comes before all other words, `post` after all numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Dev,
    Text(String),
    Number(String),
    Post,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (epoch, text) = text.split_once('!').unwrap_or(("0", &text));
        let (version, local) = match text.split_once('+') {
            Some((version, local)) => (version, Some(local)),
            None => (text, None),
        };
        let local = match local {
            Some(local) => parts(local)?,
            None => Vec::new(),
        };
        is_number(epoch).then_some(())?;
        Some(Self { epoch: epoch.to_owned(), version: parts(version)?, local })
    }

    fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(&self.epoch, &other.epoch)
            .then_with(|| compare_parts(&self.version, &other.version))
            .then_with(|| compare_parts(&self.local, &other.local))
    }
}

/// Splits at `.`, `-` and `_`; a `_` at the end belongs to the last part, as in `1.0.1_`.
fn parts(text: &str) -> Option<Vec<Vec<Word>>> {
    let (body, last) = match text.strip_suffix('_') {
        Some(body) => (body, "_"),
        None => (text, ""),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-*".contains(c);
    if body.is_empty() || !body.chars().all(fits) {
        return None;
    }
    let mut parts = Vec::new();
    for part in body.split(['.', '_', '-']) {
        parts.push(words(part)?);
    }
    if let (Some(part), "_") = (parts.last_mut(), last) {
        part.push(Word::Text("_".to_owned()));
    }
    Some(parts)
}

fn words(mut part: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    while let Some(first) = part.chars().next() {
        let digits = first.is_ascii_digit();
        let run;
        (run, part) = split_run(part, |c| c.is_ascii_digit() == digits);
        // A part is thought to begin with a number.
        if !digits && words.is_empty() {
            words.push(Word::Number("0".to_owned()));
        }
        words.push(match run {
            "dev" => Word::Dev,
            "post" => Word::Post,
            run if digits => Word::Number(run.to_owned()),
            run => Word::Text(run.to_owned()),
        });
    }
    (!words.is_empty()).then_some(words)
}

fn compare_parts(left: &[Vec<Word>], right: &[Vec<Word>]) -> Ordering {
    let longer = left.len().max(right.len());
    let zero = [Word::Number("0".to_owned())];
    let at = |parts: &[Vec<Word>], index: usize| {
        parts.get(index).map_or_else(|| zero.to_vec(), Clone::clone)
    };
    (0..longer)
        .map(|index| compare_runs(&at(left, index), &at(right, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_runs(left: &[Word], right: &[Word]) -> Ordering {
    let longer = left.len().max(right.len());
    let zero = Word::Number("0".to_owned());
    (0..longer)
        .map(|index| left.get(index).unwrap_or(&zero).cmp(right.get(index).unwrap_or(&zero)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl Ord for Word {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => compare_numbers(left, right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Word {
    fn rank(&self) -> u8 {
        match self {
            Self::Dev => 0,
            Self::Text(_) => 1,
            Self::Number(_) => 2,
            Self::Post => 3,
        }
    }
}
