//! YAML lockfiles as trees whose nodes know their lines.
//!
//! What lockfiles have no use for and readers differ on is refused: doubled keys, keys that are no
//! scalars, merge keys, nesting beyond [`DEEPEST`]. What an alias means is not copied, so that no
//! file is larger in memory than as text.

use super::lines::Lines;
use super::{FormatError, text_within};
use crate::text::shown;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use std::collections::HashSet;

/// How deep a lockfile may be nested.
const DEEPEST: usize = 64;

/// A node of a document, and the line on which it begins, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Yaml {
    pub(super) line: u32,
    pub(super) node: Node,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A scalar as written, and whether it stood in quotes.
    Scalar(String, bool),
    /// What an anchor elsewhere says; no lockfile that is read needs it.
    Alias,
    Sequence(Vec<Yaml>),
    /// Keys with the lines they stand on, in the order of the file.
    Mapping(Vec<Member>),
}

/// A member of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) line: u32,
    pub(super) key: String,
    pub(super) value: Yaml,
}

/// Reads all documents of the file at `path`, of at most `limit` bytes.
pub(super) fn documents(path: &str, bytes: &[u8], limit: u64) -> Result<Vec<Yaml>, FormatError> {
    let text = text_within(path, bytes, limit)?;
    let lines = Lines::of(text);
    let last = lines.line(text.len());
    let mut reader = Reader { path, last, parser: Parser::new_from_str(text) };
    let mut documents = Vec::new();
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), _) => {
                let (event, span) = reader.next()?;
                documents.push(reader.node(event, span, DEEPEST)?);
            }
            (Event::StreamEnd, _) => return Ok(documents),
            _ => {}
        }
    }
}

/// Reads the file at `path` as one document.
pub(super) fn document(path: &str, bytes: &[u8], limit: u64) -> Result<Yaml, FormatError> {
    let mut documents = documents(path, bytes, limit)?;
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok(document),
        (None, _) => Err(FormatError::malformed(path, "the file is empty")),
        (Some(_), false) => Err(FormatError::malformed(path, "it is more than one document")),
    }
}

struct Reader<'a> {
    path: &'a str,
    last: u32,
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), FormatError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                Err(FormatError::at_line(self.path, line.max(1), shown(error.info())))
            }
            None => Err(FormatError::at_line(self.path, self.last, "the file ends in the middle")),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Yaml, FormatError> {
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let Some(depth) = depth.checked_sub(1) else {
            return Err(FormatError::at_line(self.path, line, "it is nested too deep"));
        };
        let node = match event {
            Event::Scalar(text, style, _, _) => {
                Node::Scalar(text.into_owned(), style != ScalarStyle::Plain)
            }
            Event::Alias(_) => Node::Alias,
            Event::SequenceStart(..) => Node::Sequence(self.sequence(depth)?),
            Event::MappingStart(..) => Node::Mapping(self.mapping(depth)?),
            _ => return Err(FormatError::at_line(self.path, line, "a value is missing")),
        };
        Ok(Yaml { line, node })
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Yaml>, FormatError> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, span) => nodes.push(self.node(event, span, depth)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Vec<Member>, FormatError> {
        let mut members = Vec::new();
        let mut keys = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
            let refused = |why: String| Err(FormatError::at_line(self.path, line, why));
            let key = match event {
                Event::MappingEnd => return Ok(members),
                Event::Scalar(key, style, _, _) if key != "<<" || style != ScalarStyle::Plain => {
                    key.into_owned()
                }
                Event::Scalar(..) => return refused("what is merged into it is not read".into()),
                _ => return refused("a key is no scalar".into()),
            };
            if !keys.insert(key.clone()) {
                return refused(format!("the key `{}` is there twice", shown(&key)));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth)?;
            members.push(Member { line, key, value });
        }
    }
}

impl Yaml {
    /// Returns the value of a key, of a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.value)
    }

    /// Returns the members of a mapping; of anything else, none.
    pub(super) fn members(&self) -> &[Member] {
        match &self.node {
            Node::Mapping(members) => members,
            _ => &[],
        }
    }

    /// Returns the nodes of a sequence; of anything else, none.
    pub(super) fn elements(&self) -> &[Self] {
        match &self.node {
            Node::Sequence(nodes) => nodes,
            _ => &[],
        }
    }

    /// Returns a scalar as written; a plain `null`, `~` or nothing is none.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.node {
            Node::Scalar(text, is_quoted) => {
                let is_null = matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL");
                (*is_quoted || !is_null).then_some(text)
            }
            _ => None,
        }
    }

    /// Returns the text of a key's scalar.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Returns whether a key says `true`.
    pub(super) fn says(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.node == Node::Scalar("true".to_owned(), false))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Yaml, String> {
        document("a.yaml", text.as_bytes(), 10_000).map_err(|error| error.to_string())
    }

    #[test]
    fn nodes_know_their_lines() {
        let yaml = read("a: 1\nb:\n  - x\n  - 'null'\nc: null\nd: {e: true}\n").unwrap();
        let lines: Vec<_> = yaml.members().iter().map(|it| (&*it.key, it.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 2), ("c", 5), ("d", 6)]);
        let texts: Vec<_> = yaml.get("b").unwrap().elements().iter().map(Yaml::text).collect();
        assert_eq!(texts, [Some("x"), Some("null")]);
        assert_eq!((yaml.text_of("a"), yaml.text_of("c")), (Some("1"), None));
        assert!(yaml.get("d").unwrap().says("e"));
    }

    #[test]
    fn what_readers_differ_on_is_refused() {
        for (text, why) in [
            ("a: 1\na: 2\n", "`a` is there twice"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", "merged"),
            ("? [a]\n: 1\n", "a key is no scalar"),
            ("a: [1, 2\n", "a.yaml"),
            ("a: 'b\n", "a.yaml"),
            ("", "the file is empty"),
            ("a: 1\n---\nb: 2\n", "more than one document"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        let deep = format!("{}1{}", "[".repeat(80), "]".repeat(80));
        assert!(read(&deep).unwrap_err().contains("nested too deep"));
    }
}
