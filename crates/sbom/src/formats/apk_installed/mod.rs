//! apk's database of installed packages: `lib/apk/db/installed`, and `usr/lib/apk/db/installed` of
//! systems whose `/lib` is a link (apk-tools, apk-package(5), "INSTALLED DATABASE"). Lines of a letter,
//! a colon and a value; a blank line ends a package. Its folders and files stand in it too (`F:`,
//! `R:`): of those the ones that other formats read are kept, so that what the distribution installed
//! is not taken for another registry's.
//!
//! The database does not say which distribution it belongs to: see
//! [`with_distribution`](crate::with_distribution).

use super::{
    About, Edge, Facts, FileName, Format, FormatError, FormatKind, MAX_WORD, Parsed, may_list,
    text_within,
};
use crate::text::shown;
use beleg_model::{Ecosystem, Location, Origin, Package};
use std::collections::{BTreeMap, BTreeSet};

/// The most bytes of the database: 64 MiB. One of 1,500 packages with all files has 10 MiB.
const MAX_BYTES: u64 = 64 << 20;

/// The format itself.
pub(super) struct ApkInstalled;

const ABOUT: About = About {
    id: "apk-installed",
    describes: "Installed packages of Alpine and other distributions with apk",
    kind: FormatKind::Installed,
    ecosystems: &["Alpine"],
    syft_metadata_type: "apk-db-entry",
    files: &[FileName::At("lib/apk/db/installed"), FileName::At("usr/lib/apk/db/installed")],
    most_bytes: MAX_BYTES,
};

impl Format for ApkInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn parse(&self, path: &str, bytes: &[u8]) -> Result<Parsed, FormatError> {
        let text = text_within(path, bytes, MAX_BYTES)?;
        let mut reader = Reader { path, ..Reader::default() };
        for (line, text) in (1..).zip(text.lines()) {
            match text.trim_end_matches('\r') {
                "" => reader.end()?,
                text => reader.line(line, text)?,
            }
        }
        // apk ends every entry with a blank line.
        let is_cut = !bytes.is_empty() && !bytes.ends_with(b"\n\n");
        if is_cut {
            let line = std::mem::take(&mut reader.entry).line.max(1);
            let why = "the file ends in the middle of an entry".to_owned();
            reader.parsed.leave_out(path, line, why)?;
        }
        reader.settle_edges();
        Ok(reader.parsed)
    }
}

#[derive(Default)]
struct Reader<'a> {
    path: &'a str,
    parsed: Parsed,
    entry: Entry<'a>,
    /// What each package needs, and the package that provides what; by words of the database.
    needs: Vec<(usize, Vec<&'a str>)>,
    provided: BTreeMap<&'a str, usize>,
    seen: BTreeSet<&'a str>,
}

/// The lines of one package.
#[derive(Default)]
struct Entry<'a> {
    line: u32,
    fields: BTreeMap<char, &'a str>,
    folder: &'a str,
    owned: Vec<String>,
    broken: Option<String>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: u32, text: &'a str) -> Result<(), FormatError> {
        let entry = &mut self.entry;
        if entry.line == 0 {
            entry.line = line;
        }
        let mut characters = text.chars();
        let (letter, colon) = (characters.next(), characters.next());
        let (Some(letter), Some(':')) = (letter, colon) else {
            entry.broken = entry.broken.take().or_else(|| Some(format!("line {line} is no field")));
            return Ok(());
        };
        let value = characters.as_str();
        match letter {
            'F' => entry.folder = value,
            'R' => entry.own(value),
            // Of a file or folder, not of the package.
            'M' | 'a' | 'Z' => {}
            letter => {
                if entry.fields.insert(letter, value).is_some() {
                    let why = format!("the field `{letter}` is there twice");
                    entry.broken = entry.broken.take().or(Some(why));
                }
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), FormatError> {
        let entry = std::mem::take(&mut self.entry);
        if entry.line == 0 {
            return Ok(());
        }
        match entry.package(self.path) {
            Err(why) => self.parsed.leave_out(self.path, entry.line, why),
            Ok((name, _)) if !self.seen.insert(name) => {
                self.parsed.leave_out(self.path, entry.line, format!("`{name}` is listed twice"))
            }
            Ok((name, package)) => {
                let place = self.parsed.packages.len();
                self.provided.insert(name, place);
                for word in entry.words('p') {
                    self.provided.entry(bare(word)).or_insert(place);
                }
                self.needs.push((place, entry.words('D').collect()));
                self.parsed.owned.extend(entry.owned.iter().cloned());
                let licences = entry.fields.get(&'L').filter(|text| !text.is_empty());
                let licences = licences.map(|text| shown(text)).into_iter().collect();
                self.parsed.add_with(package, Facts { licences, ..Facts::default() })
            }
        }
    }

    /// Resolves what packages need. A conflict (`!name`) is no need, and a need that nothing provides
    /// is met by nothing that apk knows.
    fn settle_edges(&mut self) {
        let mut edges = BTreeSet::new();
        for (from, words) in &self.needs {
            let met = words.iter().filter(|word| !word.starts_with('!'));
            let met = met.filter_map(|word| self.provided.get(bare(word)));
            edges.extend(met.filter(|to| *to != from).map(|to| Edge { from: *from, to: *to }));
        }
        self.parsed.edges = Some(edges.into_iter().collect());
    }
}

impl<'a> Entry<'a> {
    fn own(&mut self, file: &str) {
        let path = match self.folder {
            "" => file.to_owned(),
            folder => format!("{folder}/{file}"),
        };
        if may_list(&path) {
            self.owned.push(path);
        }
    }

    fn words(&self, field: char) -> impl Iterator<Item = &'a str> {
        self.fields.get(&field).copied().unwrap_or_default().split_ascii_whitespace()
    }

    fn package(&self, path: &str) -> Result<(&'a str, Package), String> {
        if let Some(why) = &self.broken {
            return Err(why.clone());
        }
        let required = |letter: char| {
            let value = self.fields.get(&letter).copied().filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("the field `{letter}` is missing"))
        };
        let (name, version) = (required('P')?, required('V')?);
        if !is_word(name) {
            return Err(format!("`{}` cannot name a package", shown(name)));
        }
        if !is_word(version) || !version.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("`{}` is no version of `{name}`", shown(version)));
        }
        let field = |letter| self.fields.get(&letter).copied().filter(|text| is_word(text));
        let package = Package {
            ecosystem: Ecosystem::named("Alpine"),
            name: name.to_owned(),
            version: version.to_owned(),
            source_name: field('o').filter(|origin| *origin != name).map(str::to_owned),
            source_version: None,
            architecture: field('A').map(str::to_owned),
            origin: Origin::Registry,
            location: Location::line(path, self.line),
        };
        Ok((name, package))
    }
}

/// Takes the version and the repository's tag off what is needed or provided.
fn bare(word: &str) -> &str {
    word.split(['<', '>', '=', '~', '@']).next().unwrap_or(word)
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte))
}

#[cfg(test)]
mod tests;
