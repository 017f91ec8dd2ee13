use beleg_trust::KeyState;
use beleg_trust::{PatternError, PatternList};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::DateTime};

/// The options of an allowed-signers line (ssh-keygen(1), "ALLOWED SIGNERS").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) cert_authority: bool,
    pub(crate) namespaces: Option<PatternList>,
    pub(crate) valid_after: Option<Timestamp>,
    pub(crate) valid_before: Option<Timestamp>,
}

/// Says why the options of a line cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionError {
    #[error("the option `{0}` is unknown")]
    Unknown(String),
    #[error("the option `{0}` is given twice")]
    Twice(&'static str),
    #[error("the value of `{0}` must stand in double quotes")]
    Unquoted(&'static str),
    #[error("an option is not followed by a comma")]
    NoComma,
    #[error("`namespaces` is no pattern list: {0}")]
    Namespaces(#[from] PatternError),
    #[error("`{0}` is no time of the form YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]")]
    Time(String),
    #[error("`valid-before` is not after `valid-after`")]
    EmptyValidity,
}

impl Options {
    pub(crate) fn parse(text: &str) -> Result<Self, OptionError> {
        let mut options = Self::default();
        let mut rest = text;
        loop {
            rest = options.take_one(rest)?;
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix(',').ok_or(OptionError::NoComma)?;
        }
        match (options.valid_after, options.valid_before) {
            (Some(after), Some(before)) if before <= after => Err(OptionError::EmptyValidity),
            _ => Ok(options),
        }
    }

    /// Says whether signatures count from or until some instant only.
    pub(crate) fn is_bounded(&self) -> bool {
        self.valid_after.is_some() || self.valid_before.is_some()
    }

    /// Returns whether signatures count at `time`; both ends belong to the validity, as in
    /// OpenSSH.
    pub(crate) fn state_at(&self, time: Timestamp) -> KeyState {
        if self.valid_after.is_some_and(|after| time < after) {
            KeyState::NotYetValid
        } else if self.valid_before.is_some_and(|before| time > before) {
            KeyState::Expired
        } else {
            KeyState::Valid
        }
    }

    /// Takes the first option and returns what follows it.
    fn take_one<'a>(&mut self, text: &'a str) -> Result<&'a str, OptionError> {
        if let Some(rest) = after_word(text, "cert-authority") {
            self.cert_authority = true;
            return Ok(rest);
        }
        if let Some(rest) = after_word(text, "namespaces=") {
            let (value, rest) = unquote(rest, "namespaces")?;
            set(&mut self.namespaces, PatternList::parse(&value)?, "namespaces")?;
            return Ok(rest);
        }
        if let Some(rest) = after_word(text, "valid-after=") {
            let (value, rest) = unquote(rest, "valid-after")?;
            set(&mut self.valid_after, parse_time(&value)?, "valid-after")?;
            return Ok(rest);
        }
        if let Some(rest) = after_word(text, "valid-before=") {
            let (value, rest) = unquote(rest, "valid-before")?;
            set(&mut self.valid_before, parse_time(&value)?, "valid-before")?;
            return Ok(rest);
        }
        let name = text.split([',', '=']).next().unwrap_or_default();
        Err(OptionError::Unknown(beleg_model::text::shown(name.as_bytes())))
    }
}

fn set<T>(place: &mut Option<T>, value: T, name: &'static str) -> Result<(), OptionError> {
    match place.replace(value) {
        Some(_) => Err(OptionError::Twice(name)),
        None => Ok(()),
    }
}

/// Strips `word`, whose letters' case does not matter.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| text.get(word.len()..)).flatten()
}

/// Strips `end`, whose letters' case does not matter.
fn without_end<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    tail.eq_ignore_ascii_case(end).then_some(head)
}

/// Takes a double-quoted value, in which `\"` stands for a quote.
fn unquote<'a>(text: &'a str, name: &'static str) -> Result<(String, &'a str), OptionError> {
    let inner = text.strip_prefix('"').ok_or(OptionError::Unquoted(name))?;
    let mut value = String::new();
    let mut characters = inner.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let rest = inner.get(at.saturating_add(1)..).unwrap_or_default();
                return Ok((value, rest));
            }
            '\\' if characters.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            other => value.push(other),
        }
    }
    Err(OptionError::Unquoted(name))
}

/// Reads a time. Without `Z`, ssh-keygen takes the machine's time zone; here it is UTC, so that
/// a verdict does not depend on where it is made.
fn parse_time(text: &str) -> Result<Timestamp, OptionError> {
    let refuse = || OptionError::Time(beleg_model::text::shown(text.as_bytes()));
    let digits = ["Z", "UTC"].iter().find_map(|zone| without_end(text, zone)).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    let part = |from: usize, to: usize| -> Result<i16, OptionError> {
        digits.get(from..to).and_then(|part| part.parse().ok()).ok_or_else(refuse)
    };
    let small = |from: usize, to: usize| -> Result<i8, OptionError> {
        part(from, to).and_then(|number| i8::try_from(number).map_err(|_| refuse()))
    };
    let (hour, minute, second) = match digits.len() {
        8 => (0, 0, 0),
        12 => (small(8, 10)?, small(10, 12)?, 0),
        14 => (small(8, 10)?, small(10, 12)?, small(12, 14)?),
        _ => return Err(refuse()),
    };
    let date = Date::new(part(0, 4)?, small(4, 6)?, small(6, 8)?).map_err(|_| refuse())?;
    let time = Time::new(hour, minute, second, 0).map_err(|_| refuse())?;
    let instant =
        DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).map_err(|_| refuse())?.timestamp();
    // OpenSSH keeps zero for "not set" and refuses what lies before it.
    if instant <= Timestamp::UNIX_EPOCH { Err(refuse()) } else { Ok(instant) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn all_options_are_read_in_any_case_and_order() {
        let options = Options::parse(
            r#"Namespaces="git,file",VALID-BEFORE="20300101Z",cert-authority,valid-after="20200102030405""#,
        )
        .unwrap();
        assert!(options.cert_authority);
        assert!(options.namespaces.unwrap().matches("git"));
        assert_eq!(options.valid_after.unwrap().to_string(), "2020-01-02T03:04:05Z");
        assert_eq!(options.valid_before.unwrap().to_string(), "2030-01-01T00:00:00Z");
    }

    #[test]
    fn every_time_form_is_read_as_utc() {
        for (text, time) in [
            ("20240229", "2024-02-29T00:00:00Z"),
            ("20240229Z", "2024-02-29T00:00:00Z"),
            ("202402291203", "2024-02-29T12:03:00Z"),
            ("202402291203Z", "2024-02-29T12:03:00Z"),
            ("20240229120359z", "2024-02-29T12:03:59Z"),
            ("202402291203utc", "2024-02-29T12:03:00Z"),
        ] {
            assert_eq!(parse_time(text).unwrap().to_string(), time);
        }
    }

    #[test]
    fn impossible_times_are_refused() {
        for text in [
            "",
            "Z",
            "2024",
            "20230229",
            "20241301",
            "202401012460",
            "-0240101",
            "+0240101",
            "20240101ZZ",
            "20240101ZUTC",
            "20240101+0100",
            "2024010112",
            "19691231",
            "19700101",
            "２０２４０１０１",
            "20240101 ",
        ] {
            assert!(matches!(parse_time(text), Err(OptionError::Time(_))), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        let refused = |text: &str| Options::parse(text).unwrap_err();
        assert_eq!(refused("no-touch"), OptionError::Unknown("no-touch".to_owned()));
        assert_eq!(refused("namespaces=git"), OptionError::Unquoted("namespaces"));
        assert_eq!(refused(r#"namespaces="git"#), OptionError::Unquoted("namespaces"));
        assert_eq!(refused(r#"namespaces="""#), OptionError::Namespaces(PatternError::Empty));
        assert_eq!(
            refused(r#"valid-after="20200101",valid-after="20200101""#),
            OptionError::Twice("valid-after")
        );
        assert_eq!(
            refused(r#"valid-after="20300101",valid-before="20200101""#),
            OptionError::EmptyValidity
        );
        assert_eq!(refused("cert-authorityx"), OptionError::NoComma);
        assert_eq!(refused("cert-authority,"), OptionError::Unknown(String::new()));
    }
}
