//! Yarn 2 and later: YAML, in which `resolution` says what an entry is: `name@protocol:reference`.

use super::{Entry, MAX_BYTES, Request, is_archive, parts};
use crate::formats::FormatError;
use crate::formats::yaml::{Member, Yaml, document};
use crate::text::{shown, without_credentials};
use beleg_model::Origin;

/// The newest version of the form that is known.
const NEWEST_VERSION: u32 = 8;
/// What stands in the place of a version of the project's own packages.
const OWN_VERSION: &str = "0.0.0-use.local";

/// Reads all entries.
pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Entry>, FormatError> {
    let document = document(path, bytes, MAX_BYTES)?;
    let version = document.get("__metadata").and_then(|metadata| metadata.text_of("version"));
    let is_known =
        version.and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it <= NEWEST_VERSION);
    if !is_known {
        let found = shown(version.unwrap_or("none"));
        return Err(FormatError::UnknownVersion { path: path.to_owned(), found });
    }
    let entries = document.members().iter().filter(|member| member.key != "__metadata");
    Ok(entries.map(entry).collect())
}

fn entry(member: &Member) -> Entry {
    let Member { line, key, value } = member;
    let requests = key.split(", ").map(|request| bare(request).to_owned()).collect();
    let resolution = value.text_of("resolution").unwrap_or_default();
    let (name, reference) = parts(resolution).unwrap_or((resolution, ""));
    let version = value.text_of("version").filter(|version| *version != OWN_VERSION);
    Entry {
        line: *line,
        requests,
        name: name.to_owned(),
        version: version.map(str::to_owned),
        origin: origin(reference),
        is_project: reference.starts_with("workspace:"),
        patches: patched(reference),
        digests: Vec::new(),
        asks: asks(value),
    }
}

/// Takes what binds a request or a reference to a place off its end.
fn bare(reference: &str) -> &str {
    reference.split_once("::").map_or(reference, |(bare, _)| bare)
}

fn origin(reference: &str) -> Option<Origin> {
    let (protocol, place) = reference.split_once(':')?;
    let elsewhere = |place: &str| Some(Origin::Elsewhere(without_credentials(place)));
    match protocol {
        // The address is that of another registry.
        "npm" if place.contains("__archiveUrl=") => {
            let (_, url) = place.split_once("__archiveUrl=")?;
            elsewhere(&decoded(url.split('&').next()?))
        }
        "npm" => Some(Origin::Registry),
        "workspace" | "link" | "portal" => Some(Origin::Local),
        "file" if !is_archive(bare(place)) => Some(Origin::Local),
        "file" => elsewhere(&format!("file {}", bare(place))),
        _ => elsewhere(bare(reference)),
    }
}

/// Returns the request of what a patch is of: `patch:name@npm%3A1.0.0#…`.
fn patched(reference: &str) -> Option<String> {
    let of = reference.strip_prefix("patch:")?;
    Some(decoded(of.split_once('#').map_or(of, |(of, _)| of)))
}

/// Undoes what is encoded of an address (RFC 3986, section 2.1); what is no text stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        match after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Lists what an entry asks for. What may be absent stands beside it.
fn asks(value: &Yaml) -> Vec<Request> {
    let meta = value.get("dependenciesMeta");
    let may =
        |name: &str| meta.and_then(|meta| meta.get(name)).is_some_and(|it| it.says("optional"));
    let all = value.get("dependencies").map(Yaml::members).unwrap_or_default();
    let request = |member: &Member| {
        let range = bare(member.value.text().unwrap_or_default()).to_owned();
        Request { name: member.key.clone(), range, must: !may(&member.key) }
    };
    all.iter().map(request).collect()
}
