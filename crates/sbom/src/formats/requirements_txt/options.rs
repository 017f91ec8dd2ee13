use crate::text::{shown, without_credentials};
use beleg_model::Origin;

const PYPI: [&str; 2] = ["https://pypi.org/simple", "https://pypi.python.org/simple"];
/// Options that change how pip finds or builds a pinned package, but not which packages there are.
const HARMLESS: [&str; 11] = [
    "-c",
    "--constraint",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--trusted-host",
    "--use-feature",
    "--no-use-wheel",
    "--use-wheel",
];

/// What an option line means for the packages of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    /// It changes nothing.
    Harmless,
    /// All packages come from here.
    Index(Origin),
    /// It brings in the packages of this file.
    Includes(&'a str),
    /// It brings in packages that the file does not name exactly.
    Unread(String),
}

/// Reads a line that begins with `-`; any other line is `Harmless`.
pub(super) fn meaning(line: &str) -> Meaning<'_> {
    if !line.starts_with('-') {
        return Meaning::Harmless;
    }
    let (option, value) = split(line);
    match option {
        _ if HARMLESS.contains(&option) => Meaning::Harmless,
        "-i" | "--index-url" | "--pypi-url" if PYPI.contains(&value.trim_end_matches('/')) => {
            Meaning::Index(Origin::Registry)
        }
        "-i" | "--index-url" | "--pypi-url" => {
            Meaning::Index(Origin::Elsewhere(without_credentials(value)))
        }
        "--no-index" => Meaning::Index(Origin::Elsewhere("folders of `--find-links`".to_owned())),
        "--extra-index-url" | "-f" | "--find-links" => Meaning::Unread(format!(
            "any package may come from `{}` instead of PyPI, and no source covers those",
            shown(value)
        )),
        "-r" | "--requirement" | "--requirements" => Meaning::Includes(value),
        "-e" | "--editable" => Meaning::Unread(format!(
            "the editable install `{}` names no released version",
            shown(value)
        )),
        _ => Meaning::Unread(format!("the option `{}` is not known", shown(option))),
    }
}

/// Splits `--option=value`, `--option value`, `-o value` and `-ovalue`.
fn split(line: &str) -> (&str, &str) {
    let ends_option = |c: char| c.is_whitespace() || c == '=';
    let is_short = !line.starts_with("--");
    let at = if is_short && line.is_char_boundary(2) { Some(2) } else { line.find(ends_option) };
    let (option, rest) = at.and_then(|at| line.split_at_checked(at)).unwrap_or((line, ""));
    (option, rest.trim_start_matches(ends_option).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_however_they_are_written() {
        for line in
            ["-rother.txt", "-r other.txt", "--requirement=other.txt", "--requirement other.txt"]
        {
            assert_eq!(split(line).1, "other.txt", "{line}");
            assert_eq!(meaning(line), Meaning::Includes("other.txt"), "{line}");
        }
        assert_eq!(split("-"), ("-", ""));
        assert_eq!(split("-ä"), ("-ä", ""));
    }

    #[test]
    fn an_unknown_option_is_never_passed_over() {
        assert_eq!(
            meaning("--teleport=x"),
            Meaning::Unread("the option `--teleport` is not known".to_owned())
        );
        assert!(matches!(meaning("-"), Meaning::Unread(_)));
    }

    #[test]
    fn credentials_of_an_index_are_not_kept() {
        assert_eq!(
            meaning("--index-url https://me:s3cret@pypi.example.org/simple"),
            Meaning::Index(Origin::Elsewhere("https://pypi.example.org/simple".to_owned()))
        );
    }
}
