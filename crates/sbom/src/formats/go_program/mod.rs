//! The build information that Go writes into programs (Go, `debug/buildinfo` and `runtime/debug`), as it
//! stands in their section `.go.buildinfo`: the version of Go, which is that of the standard library,
//! and every module that is linked into it. A module that is replaced is the one that it is replaced
//! by; one that a folder replaces is the project's own, and so is the program's own module unless
//! Go took it from a proxy, which shows by its checksum.
//!
//! Programs of Go before 1.18 have it elsewhere, and programs built without modules list none: both
//! are said.

use super::golang::{STANDARD_LIBRARY, is_folder, is_module, is_version, package};
use super::{About, Format, FormatError, FormatKind, NamedOnly, Parsed, within_limit};
use crate::programs::GO;
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin};

/// The most bytes of the section: 16 MiB. A program of 1,000 modules has 100 KiB.
const MAX_BYTES: u64 = 16 << 20;
/// What begins the section; behind it stand the size of a pointer and flags.
const MAGIC: &[u8] = b"\xff Go buildinf:";
const FLAGS: usize = 15;
/// The flag that all of it stands in the section, from here on.
const IN_PLACE: u8 = 2;
const TEXT: usize = 32;
/// What stands before and behind the list of modules, in bytes.
const MARK: usize = 16;

/// The format itself.
pub(super) struct GoProgram;

const ABOUT: About = About {
    id: "go-program",
    describes: "Go modules and the standard library that a program is built of, by its build information",
    kind: FormatKind::Installed,
    ecosystems: &["Go"],
    syft_metadata_type: "go-module-buildinfo-entry",
    files: &[],
    most_bytes: MAX_BYTES,
};

impl Format for GoProgram {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn section(&self) -> Option<&'static str> {
        Some(GO)
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        within_limit(path, bytes, MAX_BYTES)?;
        if !bytes.starts_with(MAGIC) {
            return Err(FormatError::malformed(path, "its build information is damaged"));
        }
        let flags = bytes.get(FLAGS).copied().unwrap_or_default();
        if flags & IN_PLACE == 0 {
            let why = "it is of Go before 1.18, whose build information is not read";
            return Err(FormatError::malformed(path, why));
        }
        let cut = || FormatError::malformed(path, "its build information is cut off");
        let (version, rest) = bytes.get(TEXT..).and_then(text).ok_or_else(cut)?;
        let (modules, _) = text(rest).ok_or_else(cut)?;
        let mut parsed = Parsed::default();
        let go = String::from_utf8_lossy(version).into_owned();
        let number = go.strip_prefix("go").and_then(|it| it.split([' ', '-']).next()).unwrap_or("");
        if number.starts_with(|it: char| it.is_ascii_digit()) && is_version(&semver(number)) {
            let location = Location::from(path);
            parsed.add(package(STANDARD_LIBRARY, number, Origin::Registry, location))?;
        } else {
            let why = format!("`{}` is no released version of Go", shown(&go));
            parsed.leave_out_at(Location::from(path), why)?;
        }
        read_modules(path, &String::from_utf8_lossy(unmarked(modules)), &mut parsed)?;
        Ok(parsed)
    }
}

/// Reads lines of tabs: `dep`, path, version, checksum, and `=>` for what replaces the line above.
fn read_modules(path: &str, text: &str, parsed: &mut Parsed) -> Result<(), FormatError> {
    let mut lines = text.lines().peekable();
    let mut has_modules = false;
    while let Some(line) = lines.next() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind @ ("mod" | "dep"), name, version, rest @ ..] = fields.as_slice() else {
            continue;
        };
        has_modules = true;
        let by = lines.next_if(|next| next.starts_with("=>\t"));
        let by: Vec<&str> = by.map(|line| line.split('\t').skip(1).collect()).unwrap_or_default();
        let is_from_proxy = rest.first().is_some_and(|sum| sum.starts_with("h1:"));
        let (name, version, origin) = match by.as_slice() {
            [folder, ..] if is_folder(folder) => (*name, *version, Origin::Local),
            [by, version, ..] => (*by, *version, Origin::Registry),
            _ if *kind == "mod" && !is_from_proxy => (*name, *version, Origin::Local),
            _ => (*name, *version, Origin::Registry),
        };
        if !is_module(name) {
            let why = format!("`{}` cannot name a module", shown(name));
            parsed.leave_out_at(Location::from(path), why)?;
        } else if is_version(version) {
            parsed.add(package(name, version, origin, Location::from(path)))?;
        } else if origin == Origin::Local {
            parsed.named_only.push(NamedOnly::own(Ecosystem::named("Go"), name.to_owned()));
        } else {
            let why = format!("`{}` is no exact version of `{name}`", shown(version));
            parsed.leave_out_at(Location::from(path), why)?;
        }
    }
    if !has_modules {
        let why = "its build information lists no module, so that nobody knows what it is built of";
        parsed.leave_out_at(Location::from(path), why.to_owned())?;
    }
    Ok(())
}

/// Takes a text off the front: its length in as many bytes as that takes (protobuf's varint), then it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        let bits = usize::from(byte & 0x7f).checked_shl(u32::try_from(at.checked_mul(7)?).ok()?)?;
        length |= bits;
        if byte & 0x80 == 0 {
            return bytes.get(at.checked_add(1)?..)?.split_at_checked(length);
        }
    }
    None
}

fn unmarked(modules: &[u8]) -> &[u8] {
    let inner = || modules.get(MARK..modules.len().checked_sub(MARK)?);
    inner().filter(|inner| inner.ends_with(b"\n")).unwrap_or(modules)
}

/// Writes Go's own version as modules have theirs: `1.22` is its first, `1.23rc1` comes before.
fn semver(number: &str) -> String {
    let (numbers, rest) =
        number.split_at(number.find(|it: char| it.is_ascii_alphabetic()).unwrap_or(number.len()));
    let zeros = match numbers.split('.').count() {
        2 => ".0",
        _ => "",
    };
    let dash = if rest.is_empty() { "" } else { "-" };
    format!("v{numbers}{zeros}{dash}{rest}")
}

#[cfg(test)]
mod tests;
