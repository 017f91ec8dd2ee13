/// A paragraph of `Name: value` lines, as in deb822(5) and in Python's metadata (RFC 822 headers).
/// Continuation lines are passed over: no field that is read here has any.
pub(super) struct Stanza<'a> {
    /// The line it begins on, counted from 1.
    pub(super) line: u32,
    fields: Vec<(&'a str, &'a str)>,
    /// The first line that is neither a field nor the continuation of one.
    pub(super) broken: Option<u32>,
}

impl<'a> Stanza<'a> {
    /// Returns a field's value; field names are case-insensitive.
    ///
    /// # Errors
    /// When the field is there twice: then nobody knows which one another reader takes.
    pub(super) fn field(&self, name: &'static str) -> Result<Option<&'a str>, Doubled> {
        let mut values = self
            .fields
            .iter()
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Doubled(name)),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }
}

/// The name of a field that is there twice.
#[derive(Debug)]
pub(super) struct Doubled(pub(super) &'static str);

/// Splits `text` at its blank lines.
pub(super) fn stanzas(text: &str) -> impl Iterator<Item = Stanza<'_>> {
    let mut lines = (1u32..).zip(text.lines()).peekable();
    std::iter::from_fn(move || {
        while lines.next_if(|(_, line)| line.trim().is_empty()).is_some() {}
        let (first, _) = lines.peek().copied()?;
        let mut stanza = Stanza { line: first, fields: Vec::new(), broken: None };
        while let Some((number, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
            if line.starts_with([' ', '\t']) && !stanza.fields.is_empty() {
                continue;
            }
            match line.split_once(':') {
                Some((name, value)) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                    stanza.fields.push((name, value.trim()));
                }
                _ => stanza.broken = stanza.broken.or(Some(number)),
            }
        }
        Some(stanza)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_split_and_know_their_line() {
        let text = "\n\nA: 1\nB: x\n y\n .\n\nA: 2\n";
        let all: Vec<Stanza<'_>> = stanzas(text).collect();
        let read: Vec<_> = all.iter().map(|s| (s.line, s.field("a").unwrap())).collect();
        assert_eq!(read, [(3, Some("1")), (8, Some("2"))]);
    }

    #[test]
    fn a_doubled_field_is_refused_and_a_broken_line_noticed() {
        let stanza = stanzas("A: 1\nA: 2\nno field here\nB:\n").next().unwrap();
        assert!(stanza.field("A").is_err());
        assert_eq!(stanza.field("B").unwrap(), None);
        assert_eq!(stanza.broken, Some(3));
    }
}
