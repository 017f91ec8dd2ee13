/// Numbers at places of a file, none where the file does not reach.
pub(super) fn number(bytes: &[u8], at: usize, length: usize, is_big: bool) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    let push = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
    Some(match is_big {
        true => bytes.iter().fold(0, push),
        false => bytes.iter().rev().fold(0, push),
    })
}

/// A number that is a place or a length.
pub(super) fn place(bytes: &[u8], at: usize, length: usize, is_big: bool) -> Option<usize> {
    usize::try_from(number(bytes, at, length, is_big)?).ok()
}
