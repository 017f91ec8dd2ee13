//! What several orders share: numbers of any length, and runs of characters.

use std::cmp::Ordering;

/// Compares digits by value, however many: leading zeros do not count, and none are zero.
pub(super) fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Says whether `text` consists of digits, at least one.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Splits after the characters at the beginning that belong together.
pub(super) fn split_run(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Compares two lists of numbers, of which a shorter one comes before its extensions.
pub(super) fn compare_number_lists<'a>(
    left: impl Iterator<Item = &'a str>,
    right: impl Iterator<Item = &'a str>,
) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) => compare_numbers(left, right),
        };
        if order.is_ne() {
            return order;
        }
    }
}
