//! XML files as trees whose elements know their lines.
//!
//! Names are taken without their prefix. Attributes and what stands between the children of an element
//! are passed over: no file that is read here says anything by them. A document type is refused, for
//! what it can define may be of any size.

use super::lines::Lines;
use super::{FormatError, text_within};
use crate::text::shown;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

/// How deep a file may be nested.
const DEEPEST: usize = 64;

/// An element, and the line on which it begins, counted from 1.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) line: u32,
    pub(super) name: String,
    text: String,
    pub(super) children: Vec<Element>,
}

/// Reads the file at `path`, of at most `limit` bytes, and returns its outermost element.
pub(super) fn root(path: &str, bytes: &[u8], limit: u64) -> Result<Element, FormatError> {
    let text = text_within(path, bytes, limit)?;
    let lines = Lines::of(text);
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut whole = None;
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = lines.line(at);
        let refused = |why: &str| Err(FormatError::at_line(path, line, why));
        let event = reader
            .read_event()
            .map_err(|error| FormatError::at_line(path, line, shown(&error.to_string())))?;
        let closed = match event {
            Event::Start(start) => {
                if whole.is_some() || open.len() >= DEEPEST {
                    return refused("an element is nested too deep or behind the last");
                }
                open.push(Element::named(start.local_name().as_ref(), line));
                None
            }
            Event::Empty(start) => Some(Element::named(start.local_name().as_ref(), line)),
            Event::End(_) => open.pop(),
            Event::Text(text) => match (text.decode(), open.last_mut()) {
                (Ok(text), Some(element)) => {
                    element.text.push_str(&text);
                    None
                }
                (Ok(text), None) if text.trim().is_empty() => None,
                _ => return refused("a text stands outside of every element"),
            },
            Event::CData(text) => match (text.decode(), open.last_mut()) {
                (Ok(text), Some(element)) => {
                    element.text.push_str(&text);
                    None
                }
                _ => return refused("a text stands outside of every element"),
            },
            Event::GeneralRef(reference) => match (letter(&reference), open.last_mut()) {
                (Some(letter), Some(element)) => {
                    element.text.push(letter);
                    None
                }
                _ => return refused("an entity is not one that XML itself defines"),
            },
            Event::DocType(_) => return refused("it has a document type"),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
            Event::Eof => break,
        };
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None if whole.is_none() => whole = Some(element),
                None => return refused("an element stands behind the last"),
            }
        }
    }
    match (whole, open.last()) {
        (Some(whole), None) => Ok(whole),
        (_, Some(open)) => {
            let why = format!("the element `{}` does not end", shown(&open.name));
            Err(FormatError::at_line(path, open.line, why))
        }
        (None, None) => Err(FormatError::malformed(path, "it has no element")),
    }
}

/// Returns the letter that a reference stands for (XML 1.0, sections 4.1 and 4.6).
fn letter(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(letter) = reference.resolve_char_ref().ok()? {
        return Some(letter);
    }
    match reference.decode().ok()?.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

impl Element {
    fn named(name: &[u8], line: u32) -> Self {
        let name = String::from_utf8_lossy(name).into_owned();
        Self { line, name, ..Self::default() }
    }

    /// Returns the text of the element, without the spaces around it; `None` where that is empty.
    pub(super) fn text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// Returns the children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the child of a name.
    ///
    /// # Errors
    /// When there are two: readers differ on which of them counts.
    pub(super) fn one(&self, name: &str) -> Result<Option<&Self>, String> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(format!("`{}` has the element `{name}` twice", shown(&self.name))),
            (found, None) => Ok(found),
        }
    }

    /// Returns the text of the child of a name.
    ///
    /// # Errors
    /// As for [`Self::one`].
    pub(super) fn text_of(&self, name: &str) -> Result<Option<&str>, String> {
        Ok(self.one(name)?.and_then(Self::text))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Element, String> {
        root("a.xml", text.as_bytes(), 10_000).map_err(|error| error.to_string())
    }

    #[test]
    fn elements_know_their_lines_and_texts() {
        let text = "<?xml version=\"1.0\"?>\n<!-- c -->\n<p:a xmlns:p=\"x\">\n <b> x<!-- y -->&amp;&#65;\n \
                    <![CDATA[<z>]]></b>\n <c/>\n <c>2</c></p:a>\n";
        let root = read(text).unwrap();
        assert_eq!((root.name.as_str(), root.line), ("a", 3));
        let b = root.one("b").unwrap().unwrap();
        assert_eq!((b.line, b.text()), (4, Some("x&A\n <z>")));
        assert_eq!(
            root.all("c").map(|c| (c.line, c.text())).collect::<Vec<_>>(),
            [(6, None), (7, Some("2"))]
        );
        assert!(root.one("c").unwrap_err().contains("twice"));
    }

    #[test]
    fn what_is_cut_off_or_can_grow_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(80), "</a>".repeat(80));
        for (text, why) in [
            ("", "no element"),
            ("<a>", "does not end"),
            ("<a></b>", "a.xml"),
            ("<a/><b/>", "behind the last"),
            ("<a></a><b></b>", "behind the last"),
            ("<a/>text", "outside"),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "document type"),
            ("<a>&b;</a>", "an entity"),
            (&deep, "too deep"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }
}
