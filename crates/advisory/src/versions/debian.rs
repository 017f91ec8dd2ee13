use std::cmp::Ordering;

/// A version of a Debian package: `[epoch:]upstream[-revision]` (deb-version(7)).
#[derive(Clone, Debug)]
pub(crate) struct Version {
    epoch: u32,
    upstream: String,
    revision: String,
}

impl Version {
    /// Reads a version as dpkg does; nothing means that dpkg would refuse it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (parse_epoch(epoch)?, rest),
            None => (0, text),
        };
        let (upstream, revision) = match rest.rsplit_once('-') {
            Some((_, "")) => return None,
            Some((upstream, revision)) => (upstream, revision),
            None => (rest, ""),
        };
        let upstream_fits = |c: char| c.is_ascii_alphanumeric() || ".-+~:".contains(c);
        let revision_fits = |c: char| c.is_ascii_alphanumeric() || ".+~".contains(c);
        let fits = !upstream.is_empty()
            && upstream.chars().all(upstream_fits)
            && revision.chars().all(revision_fits);
        fits.then(|| Self { epoch, upstream: upstream.to_owned(), revision: revision.to_owned() })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare(&self.upstream, &other.upstream))
            .then_with(|| compare(&self.revision, &other.revision))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

fn parse_epoch(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|epoch| i32::try_from(*epoch).is_ok())
}

/// Compares an upstream version or a revision: in turn a part without digits, by character, and
/// a part of digits, by number (deb-version(7), section "Sorting algorithm").
fn compare(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_word, right_word);
        (left_word, left) = split(left, |c| !c.is_ascii_digit());
        (right_word, right) = split(right, |c| !c.is_ascii_digit());
        let (left_number, right_number);
        (left_number, left) = split(left, |c| c.is_ascii_digit());
        (right_number, right) = split(right, |c| c.is_ascii_digit());
        let order = compare_words(left_word, right_word)
            .then_with(|| compare_numbers(left_number, right_number));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Letters come before other characters, a tilde before everything, even before the end.
fn compare_words(left: &str, right: &str) -> Ordering {
    let weight = |c: char| match c {
        '~' => 0_u32,
        c if c.is_ascii_alphabetic() => u32::from(c),
        c => u32::from(c).saturating_add(256),
    };
    const END: u32 = 1;
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        let pair = (left.next(), right.next());
        if pair == (None, None) {
            return Ordering::Equal;
        }
        let order = pair.0.map_or(END, weight).cmp(&pair.1.map_or(END, weight));
        if order.is_ne() {
            return order;
        }
    }
}

/// Compares by value, however long: leading zeros do not count and no digits are zero.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::super::Order::Debian;
    use super::*;
    use std::process::Command;

    const VERSIONS: &[&str] = &[
        "0",
        "0~",
        "0~~",
        "0~~a",
        "0~a",
        "0a",
        "0+",
        "0.0",
        "00",
        "0-0",
        "0-1",
        "0-0~",
        "1",
        "1.0",
        "1.0-1",
        "1.0-1+b1",
        "1.0-1~bpo12+1",
        "1.0-1.1",
        "1.0+dfsg-1",
        "1.0~rc1-1",
        "1.0a-1",
        "1.0.1-1",
        "1:0.1",
        "0:1.0-1",
        "2:1.0",
        "10:0",
        "1.2.3-4-5",
        "1.2:3-4",
        "1:1.2:3-4",
        "1.1.1w-0+deb11u1",
        "3.0.11-1~deb12u2",
        "3.0.13-1~deb12u1",
        "3.0.9-1",
        "2.36-9+deb12u4",
        "2.36-9+deb12u10",
        "99999999999999999999999",
        "100000000000000000000000",
        "1.0-a",
        "1.0-A",
        "1.0-~",
        "a",
        "z1",
        "1.-",
        "1-",
        "2147483647:1",
        "2147483648:1",
        ":1",
        "x:1",
        "1_0",
        "-1",
        "1:",
        "1:-1",
    ];

    #[test]
    #[expect(clippy::unwrap_used, reason = "a test may panic")]
    fn every_pair_is_ordered_as_dpkg_orders_it() {
        let script = r#"while read -r a b; do
            if dpkg --compare-versions "$a" lt "$b" 2>/dev/null; then echo lt
            elif dpkg --compare-versions "$a" gt "$b" 2>/dev/null; then echo gt
            elif dpkg --compare-versions "$a" eq "$b" 2>/dev/null; then echo eq
            fi
        done"#;
        let readable: Vec<&str> =
            VERSIONS.iter().copied().filter(|text| Version::parse(text).is_some()).collect();
        let from = |index| readable.iter().skip(index);
        let pairs: Vec<_> = readable
            .iter()
            .enumerate()
            .flat_map(|(index, a)| from(index).map(move |b| (*a, *b)))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("pairs");
        let lines: String = pairs.iter().map(|(a, b)| format!("{a} {b}\n")).collect();
        std::fs::write(&input, lines).unwrap();
        let output = Command::new("bash")
            .args(["-c", script])
            .stdin(std::fs::File::open(&input).unwrap())
            .output()
            .unwrap();
        let answers = String::from_utf8(output.stdout).unwrap();
        assert_eq!(answers.lines().count(), pairs.len(), "is dpkg installed?");
        for ((a, b), answer) in pairs.iter().zip(answers.lines()) {
            let ours = match Debian.compare(a, b) {
                Some(Ordering::Less) => "lt",
                Some(Ordering::Equal) => "eq",
                Some(Ordering::Greater) => "gt",
                None => "none",
            };
            assert_eq!(ours, answer, "{a} {b}");
        }
    }

    #[test]
    fn what_dpkg_refuses_is_not_comparable() {
        for text in ["", "1-", "2147483648:1", ":1", "x:1", "1_0", "1:", "-1", "1:-1", "1 0", "é"]
        {
            assert_eq!(Debian.compare(text, "1"), None, "{text}");
        }
    }

    #[test]
    fn a_missing_epoch_or_revision_is_zero() {
        assert_eq!(Debian.compare("1.0", "0:1.0-0"), Some(Ordering::Equal));
    }
}
