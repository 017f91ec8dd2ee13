//! Go's `go.mod` (Go Modules Reference, "go.mod files"). From Go 1.17 on it lists every module that is
//! needed to build the main module's packages and tests; before, not what those require, which is
//! said. A module that is replaced is the one that it is replaced by, and the project's own where that
//! is a folder. All other modules are of the public registry: whether a proxy stands before it is not
//! said. The version of Go that builds is not said either: `go` names the oldest that may.

use super::golang::{is_folder, is_module, is_version, package};
use super::{
    About, Facts, FileName, Format, FormatError, FormatKind, NamedOnly, Parsed, text_within,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes: 8 MiB. One of 1,000 modules has 60 KiB.
const MAX_BYTES: u64 = 8 << 20;
/// The first minor version of Go 1 whose files list all modules.
const LISTS_ALL_FROM: u32 = 17;

/// The format itself.
pub(super) struct GoMod;

const ABOUT: About = About {
    id: "go-mod",
    describes: "Go modules of a `go.mod`, without the standard library, whose version it does not say; before Go 1.17 those that the project itself requires",
    kind: FormatKind::Lockfile,
    ecosystems: &["Go"],
    syft_metadata_type: "go-module-entry",
    files: &[FileName::Named("go.mod")],
    most_bytes: MAX_BYTES,
};

/// A module that is required.
struct Required<'a> {
    line: u32,
    name: &'a str,
    version: &'a str,
    is_indirect: bool,
}

#[derive(Default)]
struct Module<'a> {
    name: Option<&'a str>,
    /// The language version and its line.
    language: Option<&'a str>,
    required: Vec<Required<'a>>,
    /// By module, and the version where only that is replaced.
    replaced: BTreeMap<Side<'a>, Side<'a>>,
}

/// A module of any version or of one; what replaces one may be a folder.
type Side<'a> = (&'a str, Option<&'a str>);

impl Format for GoMod {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let module = Module::of(path, text)?;
        let Some(name) = module.name else {
            return Err(FormatError::malformed(path, "it names no module"));
        };
        let mut parsed = Parsed::default();
        parsed.named_only.push(NamedOnly::own(Ecosystem::named("Go"), name.to_owned()));
        let mut seen = BTreeSet::new();
        for required in &module.required {
            match module.built(required) {
                Err(why) => parsed.leave_out(path, required.line, why)?,
                Ok(_) if !seen.insert(required.name) => {
                    let why = format!("`{}` is required twice", required.name);
                    parsed.leave_out(path, required.line, why)?;
                }
                Ok((name, version, origin)) => {
                    let direct = Some(!required.is_indirect).filter(|_| origin != Origin::Local);
                    let location = Location::line(path, required.line);
                    let facts = Facts { direct, ..Facts::default() };
                    parsed.add_with(package(name, version, origin, location), facts)?;
                }
            }
        }
        if !module.required.is_empty() && !module.lists_all() {
            let why = "before Go 1.17 it does not list what its modules require".to_owned();
            parsed.leave_out(path, 1, why)?;
        }
        Ok(parsed)
    }
}

impl<'a> Module<'a> {
    fn of(path: &str, text: &'a str) -> Result<Self, FormatError> {
        let mut module = Self::default();
        let mut block: Option<&str> = None;
        for (line, text) in (1..).zip(text.lines()) {
            let (text, comment) = text.split_once("//").unwrap_or((text, ""));
            let mut words = text.split_ascii_whitespace();
            let words: Vec<&str> = match block {
                Some(verb) => std::iter::once(verb).chain(words).collect(),
                None => words.by_ref().collect(),
            };
            let broken = |why: &str| Err(FormatError::at_line(path, line, why));
            match words.as_slice() {
                [] | [_] => {}
                [_, ")"] if block.is_some() => block = None,
                [verb, "("] if block.is_none() => block = Some(*verb),
                ["module", name] => module.name = Some(unquoted(name)),
                ["go", version] => module.language = Some(unquoted(version)),
                ["require", name, version] => module.required.push(Required {
                    line,
                    name: unquoted(name),
                    version: unquoted(version),
                    is_indirect: comment.trim_start().starts_with("indirect"),
                }),
                ["replace", rest @ ..] => {
                    let sides = rest.split(|word| *word == "=>").collect::<Vec<_>>();
                    let [of, by] = sides.as_slice() else { return broken("it is no replacement") };
                    let (Some(of), Some(by)) = (module_of(of), module_of(by)) else {
                        return broken("it is no replacement");
                    };
                    module.replaced.insert(of, by);
                }
                ["require", ..] => return broken("it names no module with one version"),
                // Tools, versions that nobody may take, settings.
                _ => {}
            }
        }
        match block {
            Some(_) => Err(FormatError::malformed(path, "it ends in the middle of a block")),
            None => Ok(module),
        }
    }

    /// Says what is built where a module is required, or why nobody knows.
    fn built(&self, required: &Required<'a>) -> Result<(&'a str, &'a str, Origin), String> {
        let Required { name, version, .. } = *required;
        if !is_module(name) {
            return Err(format!("`{}` cannot name a module", shown(name)));
        }
        if !is_version(version) {
            return Err(format!("`{}` is no exact version of `{name}`", shown(version)));
        }
        let by = self.replaced.get(&(name, Some(version))).or(self.replaced.get(&(name, None)));
        match by.copied() {
            None => Ok((name, version, Origin::Registry)),
            Some((folder, None)) if is_folder(folder) => Ok((name, version, Origin::Local)),
            Some((name, Some(version))) if is_module(name) && is_version(version) => {
                Ok((name, version, Origin::Registry))
            }
            Some((by, _)) => {
                Err(format!("`{name}` is replaced by `{}`, which is no version", shown(by)))
            }
        }
    }

    fn lists_all(&self) -> bool {
        let minor = self.language.and_then(|version| {
            let minor = version.strip_prefix("1.")?;
            minor.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
        });
        minor.is_some_and(|minor| minor >= LISTS_ALL_FROM)
    }
}

fn module_of<'a>(words: &[&'a str]) -> Option<Side<'a>> {
    match words {
        [name] => Some((unquoted(name), None)),
        [name, version] => Some((unquoted(name), Some(unquoted(version)))),
        _ => None,
    }
}

fn unquoted(word: &str) -> &str {
    let inner = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('`')).unwrap_or(word)
}

#[cfg(test)]
mod tests;
