use std::borrow::Cow;

/// Reads a byte order mark's encoding, with the size of its units in bytes. The longer marks come
/// first: that of UTF-16 is the beginning of one of UTF-32.
const MARKS: [(&[u8], Encoding); 5] = [
    (b"\xef\xbb\xbf", Encoding::Utf8),
    (b"\xff\xfe\0\0", Encoding::Utf32(u32::from_le_bytes)),
    (b"\0\0\xfe\xff", Encoding::Utf32(u32::from_be_bytes)),
    (b"\xff\xfe", Encoding::Utf16(u16::from_le_bytes)),
    (b"\xfe\xff", Encoding::Utf16(u16::from_be_bytes)),
];

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
    Utf32(fn([u8; 4]) -> u32),
    /// Every byte is a character.
    Latin1,
}

/// Decodes a requirements file as pip does (`pip._internal.req.req_file._decode_req_file`): by its
/// byte order mark, else by a comment `coding: …` in its first two lines (PEP 263), else as UTF-8.
/// Nothing means that it is no text of that encoding.
pub(super) fn decoded(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let marked =
        MARKS.iter().find_map(|(mark, encoding)| Some((bytes.strip_prefix(*mark)?, *encoding)));
    let (bytes, encoding) = match marked {
        Some(marked) => marked,
        None => (bytes, declared(bytes)?),
    };
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Latin1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Encoding::Utf16(unit) => {
            let (units, rest) = bytes.as_chunks::<2>();
            let text = char::decode_utf16(units.iter().map(|bytes| unit(*bytes)));
            rest.is_empty()
                .then(|| text.collect::<Result<String, _>>().ok())
                .flatten()
                .map(Cow::Owned)
        }
        Encoding::Utf32(unit) => {
            let (units, rest) = bytes.as_chunks::<4>();
            let text = units.iter().map(|bytes| char::from_u32(unit(*bytes)));
            rest.is_empty().then(|| text.collect::<Option<String>>()).flatten().map(Cow::Owned)
        }
    }
}

/// Returns the encoding that a comment names, UTF-8 without one, and nothing for one that is not
/// known here.
fn declared(bytes: &[u8]) -> Option<Encoding> {
    let lines = bytes.split(|byte| *byte == b'\n').take(2);
    let comment = lines.filter(|line| line.starts_with(b"#")).find_map(|line| {
        let line = String::from_utf8_lossy(line).into_owned();
        let (_, rest) = line.split_once("coding")?;
        let rest = rest.strip_prefix([':', '='])?.trim_start();
        let belongs = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        rest.get(..end).map(|name| name.to_ascii_lowercase().replace('_', "-"))
    });
    match comment.as_deref() {
        None | Some("" | "utf-8" | "utf8" | "ascii" | "us-ascii") => Some(Encoding::Utf8),
        Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "cp1252" | "windows-1252") => {
            Some(Encoding::Latin1)
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(order).collect()
    }

    fn utf32(text: &str, order: fn(u32) -> [u8; 4]) -> Vec<u8> {
        "\u{feff}".chars().chain(text.chars()).flat_map(|c| order(u32::from(c))).collect()
    }

    #[test]
    fn the_byte_order_mark_says_the_encoding() {
        let text = "jinja2==2.10 # é 🦀\n";
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
            utf32(text, u32::to_le_bytes),
            utf32(text, u32::to_be_bytes),
        ] {
            assert_eq!(decoded(&bytes).as_deref(), Some(text), "{bytes:?}");
        }
    }

    #[test]
    fn a_comment_says_the_encoding_where_no_mark_does() {
        assert_eq!(
            decoded(b"# -*- coding: latin-1 -*-\na==1 # \xe9").as_deref(),
            Some("# -*- coding: latin-1 -*-\na==1 # \u{e9}")
        );
        assert_eq!(decoded(b"# coding=utf_8\na==1").as_deref(), Some("# coding=utf_8\na==1"));
        assert_eq!(decoded(b"# coding: koi8-r\na==1"), None);
        assert_eq!(decoded(b"a==1 # \xe9"), None);
    }

    #[test]
    fn what_is_cut_off_or_no_character_is_no_text() {
        for bytes in
            [&b"\xff\xfea"[..], b"\xff\xfe\0\xd8", b"\xff\xfe\0\0a\0\0", b"\0\0\xfe\xff\0\x11\0\0"]
        {
            assert_eq!(decoded(bytes), None, "{bytes:?}");
        }
    }
}
