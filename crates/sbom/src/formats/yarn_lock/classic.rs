//! Yarn 1: lines of two spaces more for what belongs to the line above, values in quotes or not.

use super::{Entry, Request, is_archive, parts};
use crate::formats::{FormatError, npm};
use crate::text::without_credentials;
use beleg_model::Origin;

/// Reads all entries.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Entry>, FormatError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut resolved = None;
    // Whether the lines below ask for what must be there.
    let mut must = None;
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim_end();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let broken = |why: &str| Err(FormatError::at_line(path, line, why));
        let depth = text.len().saturating_sub(text.trim_start_matches(' ').len());
        let text = text.trim_start_matches(' ');
        if depth == 0 {
            let Some(requests) = text.strip_suffix(':') else {
                return broken("it is no beginning of an entry");
            };
            if let Some(last) = entries.last_mut() {
                last.settle(resolved.take());
            }
            must = None;
            let requests = requests.split(", ").map(|it| unquoted(it).to_owned()).collect();
            entries.push(Entry { line, requests, ..Entry::default() });
            continue;
        }
        let Some(entry) = entries.last_mut() else { return broken("it is of no entry") };
        match (depth, text, must) {
            (2, "dependencies:", _) => must = Some(true),
            (2, "optionalDependencies:", _) => must = Some(false),
            (2, _, _) => {
                must = None;
                match text.split_once(' ') {
                    Some(("version", value)) => entry.version = Some(unquoted(value).to_owned()),
                    Some(("resolved", value)) => resolved = Some(unquoted(value)),
                    Some(("integrity", value)) => entry.digests = npm::digests(unquoted(value)),
                    _ => {}
                }
            }
            (4, _, Some(must)) => match text.split_once("\" ").or_else(|| text.split_once(' ')) {
                Some((name, range)) => entry.asks.push(Request {
                    name: name.trim_matches('"').to_owned(),
                    range: unquoted(range).to_owned(),
                    must,
                }),
                None => return broken("it names no range"),
            },
            (4, _, None) => {}
            _ => return broken("it is indented in no known way"),
        }
    }
    if let Some(last) = entries.last_mut() {
        last.settle(resolved.take());
    }
    Ok(entries)
}

impl Entry {
    /// Says what the entry is by the first request that it answers and where it was taken from.
    fn settle(&mut self, resolved: Option<&str>) {
        let request = self.requests.first().map(String::as_str).unwrap_or_default();
        let (name, range) = parts(request).unwrap_or((request, ""));
        let alias =
            range.strip_prefix("npm:").map(|alias| parts(alias).map_or(alias, |(name, _)| name));
        self.name = alias.unwrap_or(name).to_owned();
        // What stands before the digest of SHA-1; of a repository it is the commit.
        let place = resolved.map(|url| match url.split_once('#') {
            Some((archive, _)) if archive.starts_with("https://") && is_archive(archive) => archive,
            _ => url,
        });
        let folder = range.strip_prefix("file:").or_else(|| range.strip_prefix("link:"));
        self.origin = Some(match (place, folder) {
            (None, Some(folder)) if !is_archive(folder) => Origin::Local,
            (None, Some(archive)) => {
                Origin::Elsewhere(format!("file {}", without_credentials(archive)))
            }
            // A mirror on the disk holds what the registry had.
            (Some(file), None) if !file.contains(':') => Origin::Registry,
            (place, _) => npm::origin(place),
        });
    }
}

fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word)
}
