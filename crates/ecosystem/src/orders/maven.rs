use super::words::compare_numbers;
use super::{MAX_VERSION, VersionOrder};
use std::cmp::Ordering;

/// Maven's versions: numbers, qualifiers, and lists of them that begin at each `-` and at each
/// change between digits and letters (POM Reference, "Version Order Specification").
#[derive(Debug)]
pub struct Maven;

impl VersionOrder for Maven {
    fn id(&self) -> &'static str {
        "maven"
    }

    fn specification(&self) -> &'static str {
        "Maven's ComparableVersion"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let fits = |text: &str| !text.trim().is_empty() && text.len() <= MAX_VERSION;
        (fits(left) && fits(right)).then(|| compare_lists(&read(left), &read(right)))
    }
}

/// Qualifiers that come before a release, the release itself, and a service pack.
const QUALIFIERS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

#[derive(Clone, Debug)]
enum Item {
    Number(String),
    Qualifier(String),
    List(Vec<Item>),
}

fn read(text: &str) -> Vec<Item> {
    let mut reader = Reader { lists: vec![Vec::new()] };
    let text = text.trim().to_lowercase();
    let (mut start, mut in_digits) = (0, false);
    for (at, c) in text.char_indices() {
        let part = text.get(start..at).unwrap_or("");
        match c {
            '.' | '-' => {
                reader.push(part, in_digits);
                start = at.saturating_add(1);
                if c == '-' {
                    reader.open();
                }
            }
            '0'..='9' => {
                if !in_digits && !part.is_empty() {
                    reader.push_before_digit(part);
                    start = at;
                }
                in_digits = true;
            }
            _ => {
                if in_digits && !part.is_empty() {
                    reader.push(part, true);
                    start = at;
                    reader.open();
                }
                in_digits = false;
            }
        }
    }
    let part = text.get(start..).unwrap_or("");
    if !part.is_empty() {
        // `.x` is `-x` for any word at the end.
        if !in_digits {
            reader.open_unless_empty();
        }
        reader.push(part, in_digits);
    }
    reader.finish()
}

/// Collects items into the innermost list that is open.
struct Reader {
    lists: Vec<Vec<Item>>,
}

impl Reader {
    fn push(&mut self, part: &str, digits: bool) {
        self.add(match (part, digits) {
            ("", _) => Item::Number(String::new()),
            (part, true) => Item::Number(part.to_owned()),
            (part, false) => Item::Qualifier(qualifier(part, false)),
        });
    }

    /// Adds a word that a number follows, such as `rc` of `rc1`: `.rc1` is `-rc1`.
    fn push_before_digit(&mut self, word: &str) {
        self.open_unless_empty();
        self.add(Item::Qualifier(qualifier(word, true)));
        self.open();
    }

    fn add(&mut self, item: Item) {
        if let Some(list) = self.lists.last_mut() {
            list.push(item);
        }
    }

    /// Begins a list within the innermost one.
    fn open(&mut self) {
        self.lists.push(Vec::new());
    }

    fn open_unless_empty(&mut self) {
        if self.lists.last().is_some_and(|list| !list.is_empty()) {
            self.open();
        }
    }

    fn finish(mut self) -> Vec<Item> {
        let mut inner: Option<Vec<Item>> = None;
        while let Some(mut list) = self.lists.pop() {
            list.extend(inner.take().map(Item::List));
            normalize(&mut list);
            inner = Some(list);
        }
        inner.unwrap_or_default()
    }
}

fn qualifier(word: &str, followed_by_digit: bool) -> String {
    let word = match word {
        "a" if followed_by_digit => "alpha",
        "b" if followed_by_digit => "beta",
        "m" if followed_by_digit => "milestone",
        "ga" | "final" | "release" => "",
        "cr" => "rc",
        word => word,
    };
    word.to_owned()
}

/// Leaves out what is nothing at the end and before lists: `1.0.0` is `1`, `1.0-rc` is `1-rc`.
fn normalize(list: &mut Vec<Item>) {
    for index in (0..list.len()).rev() {
        match list.get(index) {
            Some(item) if item.is_null() => {
                list.remove(index);
            }
            Some(Item::List(_)) => {}
            _ => break,
        }
    }
}

impl Item {
    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => number.bytes().all(|byte| byte == b'0'),
            Self::Qualifier(word) => word.is_empty(),
            Self::List(list) => list.is_empty(),
        }
    }

    /// Words are older than lists, and lists than numbers.
    fn kind(&self) -> u8 {
        match self {
            Self::Qualifier(_) => 0,
            Self::List(_) => 1,
            Self::Number(_) => 2,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => compare_numbers(left, right),
            (Self::List(left), Self::List(right)) => compare_lists(left, right),
            (Self::Qualifier(left), Self::Qualifier(right)) => compare_words(left, right),
            (left, right) => left.kind().cmp(&right.kind()),
        }
    }

    /// Compares with the end of the other version.
    fn compare_with_end(&self) -> Ordering {
        match self {
            Self::Number(_) if self.is_null() => Ordering::Equal,
            Self::Number(_) => Ordering::Greater,
            Self::Qualifier(word) => compare_words(word, ""),
            Self::List(list) => list
                .iter()
                .map(Self::compare_with_end)
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
        }
    }
}

fn compare_lists(left: &[Item], right: &[Item]) -> Ordering {
    let longer = left.len().max(right.len());
    (0..longer)
        .map(|index| match (left.get(index), right.get(index)) {
            (Some(left), Some(right)) => left.compare(right),
            (Some(left), None) => left.compare_with_end(),
            (None, Some(right)) => right.compare_with_end().reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Compares words: those that Maven knows by their place, others after them and as text.
fn compare_words(left: &str, right: &str) -> Ordering {
    let (left_place, right_place) = (place_of(left), place_of(right));
    left_place.cmp(&right_place).then_with(|| match left_place {
        UNKNOWN => left.cmp(right),
        _ => Ordering::Equal,
    })
}

const UNKNOWN: usize = QUALIFIERS.len();

fn place_of(word: &str) -> usize {
    QUALIFIERS.iter().position(|it| *it == word).unwrap_or(UNKNOWN)
}
