use super::words::words;
use crate::text::{shown, without_credentials};
use beleg_model::{Digest, Origin};

const PYPI: [&str; 2] = ["https://pypi.org/simple", "https://pypi.python.org/simple"];

/// What an option is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It changes how pip finds or builds a pinned package, but not which packages there are.
    Harmless,
    Index,
    NoIndex,
    /// A further place from which any package may come.
    Further,
    Includes,
    Constrains,
    Editable,
    /// It is about the requirement on its line, and changes nothing of which release that is.
    OfRequirement,
    Hash,
}

/// The options of pip's requirements files, each with whether it takes a value.
const OPTIONS: [(&str, Kind, bool); 30] = [
    ("-i", Kind::Index, true),
    ("--index-url", Kind::Index, true),
    ("--pypi-url", Kind::Index, true),
    ("--no-index", Kind::NoIndex, false),
    ("--extra-index-url", Kind::Further, true),
    ("-f", Kind::Further, true),
    ("--find-links", Kind::Further, true),
    ("-r", Kind::Includes, true),
    ("--requirement", Kind::Includes, true),
    ("--requirements", Kind::Includes, true),
    ("-c", Kind::Constrains, true),
    ("--constraint", Kind::Constrains, true),
    ("--constraints", Kind::Constrains, true),
    ("-e", Kind::Editable, true),
    ("--editable", Kind::Editable, true),
    ("--no-binary", Kind::Harmless, true),
    ("--only-binary", Kind::Harmless, true),
    ("--prefer-binary", Kind::Harmless, false),
    ("--require-hashes", Kind::Harmless, false),
    ("--pre", Kind::Harmless, false),
    ("--trusted-host", Kind::Harmless, true),
    ("--use-feature", Kind::Harmless, true),
    ("--no-use-wheel", Kind::Harmless, false),
    ("--use-wheel", Kind::Harmless, false),
    ("--global-option", Kind::OfRequirement, true),
    ("--install-option", Kind::OfRequirement, true),
    ("--config-settings", Kind::OfRequirement, true),
    ("--config-setting", Kind::OfRequirement, true),
    ("-C", Kind::OfRequirement, true),
    ("--hash", Kind::Hash, true),
];

/// What an option means for the packages of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It changes nothing.
    Harmless,
    /// All packages come from here.
    Index(Origin),
    /// It brings in the packages of this file.
    Includes(String),
    /// It brings in the options of this file, and where it says that its packages come from.
    Constrains(String),
    /// It brings in packages that the file does not name exactly.
    Unread(String),
    /// It is about the requirement on its line.
    OfRequirement(Option<Digest>),
}

/// Splits a line before its first word that begins with `-`, as pip does: what it requires, and
/// options.
pub(super) fn split(line: &str) -> (&str, &str) {
    if line.starts_with('-') {
        return ("", line);
    }
    let at = line.match_indices(" -").next().map_or(line.len(), |(at, _)| at);
    let (requirement, options) = line.split_at_checked(at).unwrap_or((line, ""));
    (requirement.trim_end(), options.trim_start())
}

/// Reads every option of a line. pip has optparse read them: values follow `=`, a space, or a short
/// option at once, and the beginning of a long name is enough where it fits no other.
pub(super) fn meanings(options: &str) -> Vec<Meaning> {
    let Some(words) = words(options) else {
        return vec![Meaning::Unread(format!("a quote of `{}` is not closed", shown(options)))];
    };
    let mut words = words.into_iter();
    let mut meanings = Vec::new();
    while let Some(word) = words.next() {
        meanings.push(option(&word, &mut words));
    }
    meanings
}

fn option(word: &str, words: &mut impl Iterator<Item = String>) -> Meaning {
    if !word.starts_with('-') || word == "-" || word == "--" {
        let why = format!("`{}` stands among options, where pip passes over it", shown(word));
        return Meaning::Unread(why);
    }
    let (name, value) = named(word);
    let Some((kind, takes_value)) = find(name) else {
        return Meaning::Unread(format!("the option `{}` is not known", shown(name)));
    };
    match (takes_value, value) {
        (false, None) => kind.meaning(""),
        (false, Some(_)) => Meaning::Unread(format!("the option `{}` takes no value", shown(name))),
        (true, Some(value)) => kind.meaning(value),
        (true, None) => match words.next() {
            Some(value) => kind.meaning(&value),
            None => Meaning::Unread(format!("the option `{}` has no value", shown(name))),
        },
    }
}

/// Splits `--option=value` and `-ovalue`.
fn named(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    }
    let short = word.char_indices().nth(2).and_then(|(at, _)| word.split_at_checked(at));
    short.map_or((word, None), |(name, value)| (name, Some(value)))
}

fn find(name: &str) -> Option<(Kind, bool)> {
    let of = |(_, kind, takes_value): &(&str, Kind, bool)| (*kind, *takes_value);
    let exact = OPTIONS.iter().find(|(known, ..)| *known == name);
    let begins = |(known, ..): &&(&str, Kind, bool)| name.len() > 2 && known.starts_with(name);
    let mut all = OPTIONS.iter().filter(begins).map(of);
    let abbreviated = all.next().filter(|one| all.all(|other| other == *one));
    exact.map(of).or(abbreviated)
}

impl Kind {
    fn meaning(self, value: &str) -> Meaning {
        let is_pypi = PYPI.contains(&value.trim_end_matches('/'));
        match self {
            Self::Harmless => Meaning::Harmless,
            Self::Index if is_pypi => Meaning::Index(Origin::Registry),
            Self::Index => Meaning::Index(Origin::Elsewhere(without_credentials(value))),
            Self::NoIndex => {
                Meaning::Index(Origin::Elsewhere("folders of `--find-links`".to_owned()))
            }
            Self::Further => Meaning::Unread(format!(
                "any package may come from `{}` instead of PyPI, and no source covers those",
                shown(value)
            )),
            Self::Includes => Meaning::Includes(value.to_owned()),
            Self::Constrains => Meaning::Constrains(value.to_owned()),
            Self::Editable => Meaning::Unread(format!(
                "the editable install `{}` names no released version",
                shown(value)
            )),
            Self::OfRequirement => Meaning::OfRequirement(None),
            Self::Hash => Meaning::OfRequirement(value.to_ascii_lowercase().parse().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_however_they_are_written() {
        for line in [
            "-rother.txt",
            "-r other.txt",
            "--requirement=other.txt",
            "--requirement other.txt",
            "--requirem 'other.txt'",
        ] {
            assert_eq!(meanings(line), [Meaning::Includes("other.txt".to_owned())], "{line}");
        }
    }

    #[test]
    fn every_option_of_a_line_is_read() {
        let includes = |file: &str| Meaning::Includes(file.to_owned());
        assert_eq!(meanings("--pre -r base.txt"), [Meaning::Harmless, includes("base.txt")]);
        assert_eq!(
            meanings("-c c.txt -r base.txt"),
            [Meaning::Constrains("c.txt".to_owned()), includes("base.txt")]
        );
        let read = meanings("--no-binary :all: -e git+https://example.org/a.git#egg=a");
        assert!(matches!(read.as_slice(), [Meaning::Harmless, Meaning::Unread(_)]), "{read:?}");
        let read = meanings("--trusted-host h --index-url https://h/simple");
        assert!(matches!(read.as_slice(), [_, Meaning::Index(Origin::Elsewhere(_))]), "{read:?}");
        let read = meanings("--pre jinja2==2.10");
        assert!(matches!(read.as_slice(), [_, Meaning::Unread(_)]), "{read:?}");
    }

    #[test]
    fn an_unknown_option_is_never_passed_over() {
        let unknown = || Meaning::Unread("the option `--teleport` is not known".to_owned());
        assert_eq!(meanings("--teleport=x"), [unknown()]);
        assert_eq!(meanings("--pre --teleport"), [Meaning::Harmless, unknown()]);
        for odd in ["-", "--", "-ä", "--require", "-r", "-r 'a", "--pre=x"] {
            let read = meanings(odd);
            assert!(matches!(read.as_slice(), [Meaning::Unread(_)]), "{odd} {read:?}");
        }
    }

    #[test]
    fn credentials_of_an_index_are_not_kept() {
        assert_eq!(
            meanings("--index-url https://me:s3cret@pypi.example.org/simple"),
            [Meaning::Index(Origin::Elsewhere("https://pypi.example.org/simple".to_owned()))]
        );
    }
}
