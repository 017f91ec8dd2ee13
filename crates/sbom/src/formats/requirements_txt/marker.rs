use crate::text::shown;

/// The variables of an environment marker, in today's and older spellings.
const VARIABLES: [&str; 18] = [
    "python_version",
    "python_full_version",
    "os_name",
    "os.name",
    "sys_platform",
    "sys.platform",
    "platform_machine",
    "platform.machine",
    "platform_python_implementation",
    "platform.python_implementation",
    "python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform.version",
    "implementation_name",
    "implementation_version",
    "extra",
];
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Checks that `text` is an environment marker (PEP 508, "Grammar"), of which nothing is evaluated:
/// pip refuses the whole file for one that is none.
///
/// # Errors
/// Says that it is none.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut rest = text.trim();
    let whole = alternatives(&mut rest, 32).filter(|()| rest.is_empty());
    whole.ok_or_else(|| format!("`{}` is no environment marker", shown(text.trim())))
}

/// Reads operands that `and` and `or` join, however these bind.
fn alternatives(rest: &mut &str, depth: u8) -> Option<()> {
    loop {
        operand(rest, depth)?;
        if !(keyword(rest, "and") || keyword(rest, "or")) {
            return Some(());
        }
    }
}

fn operand(rest: &mut &str, depth: u8) -> Option<()> {
    if take(rest, "(") {
        alternatives(rest, depth.checked_sub(1)?)?;
        return take(rest, ")").then_some(());
    }
    value(rest)?;
    let compares = OPERATORS.iter().any(|it| take(rest, it))
        || keyword(rest, "in")
        || (keyword(rest, "not") && keyword(rest, "in"));
    compares.then_some(())?;
    value(rest)
}

/// Reads a variable or a text in quotes.
fn value(rest: &mut &str) -> Option<()> {
    for quote in ["'", "\""] {
        if let Some(text) = rest.strip_prefix(quote) {
            let (_, after) = text.split_once(quote)?;
            *rest = after.trim_start();
            return Some(());
        }
    }
    // The longest first: one name may begin another.
    let fits = VARIABLES.iter().filter(|name| rest.starts_with(**name));
    let name = fits.max_by_key(|name| name.len())?;
    keyword(rest, name).then_some(())
}

fn take(rest: &mut &str, token: &str) -> bool {
    let after = rest.strip_prefix(token);
    *rest = after.map_or(*rest, str::trim_start);
    after.is_some()
}

/// Takes a word that no further letter follows.
fn keyword(rest: &mut &str, word: &str) -> bool {
    let ends = |after: &str| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    rest.strip_prefix(word).is_some_and(ends) && take(rest, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_told_from_what_only_stands_there() {
        for marker in [
            "python_version < '3.8'",
            "extra=='x'",
            "python_version>='3' and (os_name == \"nt\" or sys_platform not in 'a b')",
            "'linux' in sys_platform",
            "python_full_version!='3.1' and platform.python_implementation == 'CPython'",
        ] {
            assert_eq!(check(marker), Ok(()), "{marker}");
        }
        for text in [
            "",
            "jinja2==2.10",
            "python_version",
            "python_version < 3",
            "(extra == 'a'",
            "extra == 'a' extra",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
