use super::words::{compare_numbers, is_number, split_run};
use super::{VersionOrder, compare_parsed, ordered_by};
use std::cmp::Ordering;

/// Debian's and Ubuntu's versions: `[epoch:]upstream[-revision]` (deb-version(7)).
#[derive(Debug)]
pub struct Dpkg;

impl VersionOrder for Dpkg {
    fn id(&self) -> &'static str {
        "dpkg"
    }

    fn specification(&self) -> &'static str {
        "deb-version(7)"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        compare_parsed(left, right, Version::parse)
    }
}

#[derive(Clone, Copy, Debug)]
struct Version<'a> {
    epoch: u32,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Version<'a> {
    /// Reads a version as dpkg does; nothing means that dpkg would refuse it.
    fn parse(text: &'a str) -> Option<Self> {
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
        let upstream_fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-+~:".contains(&byte);
        let revision_fits = |byte: u8| byte.is_ascii_alphanumeric() || b".+~".contains(&byte);
        let fits = !upstream.is_empty()
            && upstream.bytes().all(upstream_fits)
            && revision.bytes().all(revision_fits);
        fits.then_some(Self { epoch, upstream, revision })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_parts(self.upstream, other.upstream))
            .then_with(|| compare_parts(self.revision, other.revision))
    }
}

ordered_by!(Version, Version::compare);

fn parse_epoch(text: &str) -> Option<u32> {
    if !is_number(text) {
        return None;
    }
    text.parse().ok().filter(|epoch| i32::try_from(*epoch).is_ok())
}

/// Compares in turn a part without digits, by character, and a part of digits, by number
/// (deb-version(7), section "Sorting algorithm").
fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_word, right_word);
        (left_word, left) = split_run(left, |c| !c.is_ascii_digit());
        (right_word, right) = split_run(right, |c| !c.is_ascii_digit());
        let (left_number, right_number);
        (left_number, left) = split_run(left, |c| c.is_ascii_digit());
        (right_number, right) = split_run(right, |c| c.is_ascii_digit());
        let order = compare_words(left_word, right_word)
            .then_with(|| compare_numbers(left_number, right_number));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Letters come before other characters, a tilde before everything, even before the end.
fn compare_words(left: &str, right: &str) -> Ordering {
    let weight = |byte: u8| match byte {
        b'~' => 0_u32,
        byte if byte.is_ascii_alphabetic() => u32::from(byte),
        byte => u32::from(byte).saturating_add(256),
    };
    const END: u32 = 1;
    let (mut left, mut right) = (left.bytes(), right.bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dpkg_refuses_is_not_comparable() {
        for text in ["", "1-", "2147483648:1", ":1", "x:1", "1_0", "1:", "-1", "1:-1", "1 0", "é"]
        {
            assert_eq!(Dpkg.compare(text, "1"), None, "{text}");
        }
    }
}
