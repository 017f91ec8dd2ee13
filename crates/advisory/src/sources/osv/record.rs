use super::severity::{self, Stated};
use crate::advisory::{Advisory, Affected, Informational, Kind, Listed, Rule};
use crate::range::{Event, Range};
use crate::scope::Scope;
use crate::sources::intake::Record;
use crate::text::{MAX_SUMMARY, one_line, shown};
use crate::versions::Order;
use beleg_ecosystem::{Ecosystem, Registry};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most reference URLs of a record that are kept for reports.
const MAX_REFERENCES: usize = 20;

/// Reads a record of the OSV schema, version 1, as far as it is about packages of one ecosystem.
/// What it says about others is read with their own source, and would only fill memory here.
pub(super) fn parse(
    bytes: &[u8],
    about: &'static Ecosystem,
    known: Registry,
) -> Result<Record, String> {
    let raw: RawRecord = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let version = raw.schema_version.as_deref().unwrap_or("1.0.0");
    if version.split('.').next() != Some("1") {
        return Err(format!("its schema version `{}` is not understood", shown(version)));
    }
    let aliases = aliases(&raw);
    let malicious = [&raw.id].into_iter().chain(&aliases).any(|id| id.starts_with("MAL-"));
    let shared_severity = raw.severity.unwrap_or_default();
    let mut ecosystems = Vec::new();
    let mut affected = Vec::new();
    for entry in raw.affected.unwrap_or_default() {
        let Some(package) = entry.package else { continue };
        let scope = Scope::read(&package.ecosystem, known);
        let Some(scope) = scope.filter(|scope| scope.ecosystem == about) else { continue };
        ecosystems.push(scope.to_string());
        let stated = entry.severity.filter(|stated| !stated.is_empty());
        let specifics = [
            entry.ecosystem_specific.as_ref(),
            entry.database_specific.as_ref(),
            raw.database_specific.as_ref(),
        ];
        affected.push(Affected {
            scope,
            name: package.name,
            kind: kind(malicious, entry.database_specific.as_ref()),
            assessment: severity::assess(stated.as_deref().unwrap_or(&shared_severity), &specifics),
            only_on: Vec::new(),
            rule: Rule::Within {
                versions: Listed::new(&entry.versions.unwrap_or_default()),
                ranges: ranges(entry.ranges.unwrap_or_default(), about),
            },
        });
    }
    let dates = [raw.modified, raw.published];
    let title = raw.summary.filter(|text| !text.trim().is_empty()).or(raw.details);
    Ok(Record {
        withdrawn: raw.withdrawn.is_some(),
        newest: dates.into_iter().flatten().filter_map(|date| date.parse::<Timestamp>().ok()).max(),
        ecosystems,
        advisory: Advisory {
            id: raw.id,
            aliases,
            summary: one_line(title.as_deref().unwrap_or("no summary"), MAX_SUMMARY),
            references: references(raw.references.unwrap_or_default()),
            affected,
        },
    })
}

#[derive(Deserialize)]
struct RawRecord {
    schema_version: Option<String>,
    id: String,
    modified: Option<String>,
    published: Option<String>,
    withdrawn: Option<String>,
    aliases: Option<Vec<String>>,
    upstream: Option<Vec<String>>,
    summary: Option<String>,
    details: Option<String>,
    severity: Option<Vec<Stated>>,
    affected: Option<Vec<RawAffected>>,
    references: Option<Vec<RawReference>>,
    database_specific: Option<Value>,
}

#[derive(Deserialize)]
struct RawAffected {
    package: Option<RawPackage>,
    severity: Option<Vec<Stated>>,
    ranges: Option<Vec<RawRange>>,
    versions: Option<Vec<String>>,
    ecosystem_specific: Option<Value>,
    database_specific: Option<Value>,
}

#[derive(Deserialize)]
struct RawPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct RawRange {
    #[serde(rename = "type")]
    kind: String,
    events: Vec<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RawReference {
    #[serde(rename = "type")]
    kind: Option<String>,
    url: String,
}

/// Returns the names the vulnerability has elsewhere. Distributions put the name into `upstream`
/// where theirs only adds a prefix: `DEBIAN-CVE-2024-1` is `CVE-2024-1`.
fn aliases(raw: &RawRecord) -> Vec<String> {
    let prefixed = |upstream: &&String| {
        let rest = raw.id.strip_suffix(upstream.as_str());
        !upstream.is_empty() && rest.is_some_and(|rest| rest.ends_with('-'))
    };
    let upstream = raw.upstream.iter().flatten().filter(prefixed);
    let mut aliases: Vec<String> =
        raw.aliases.iter().flatten().chain(upstream).map(|alias| shown(alias)).collect();
    aliases.sort();
    aliases.dedup();
    aliases
}

/// Returns what the entry is about; RustSec's records carry their `informational` field along.
fn kind(malicious: bool, specific: Option<&Value>) -> Kind {
    if malicious {
        return Kind::Malicious;
    }
    match specific.and_then(|value| value.get("informational")).and_then(Value::as_str) {
        Some(word) => Kind::Informational(Informational::read(word)),
        None => Kind::Vulnerability,
    }
}

/// Reads the ranges that are about versions. Commits cannot be compared with a package's version
/// and are left to `versions`; a range of a type from a later schema cannot be decided.
fn ranges(raw: Vec<RawRange>, about: &Ecosystem) -> Vec<Range> {
    raw.into_iter()
        .filter_map(|range| {
            let order = match range.kind.as_str() {
                "GIT" => return None,
                "SEMVER" => Some(Order::of_semver_range(about)),
                "ECOSYSTEM" => None,
                other => {
                    let why = format!("its range type `{}` is not understood", shown(other));
                    return Some(unreadable(why));
                }
            };
            Some(match events(range.events) {
                Ok(events) => Range { order, events, unreadable: None },
                Err(why) => unreadable(why),
            })
        })
        .collect()
}

fn unreadable(why: String) -> Range {
    Range { order: None, events: Vec::new(), unreadable: Some(why) }
}

/// Reads events. The schema wants one key an event and one `introduced` a range; without it the
/// range would hold nothing, which nobody can have meant.
fn events(raw: Vec<BTreeMap<String, String>>) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for mut event in raw {
        // Older records write an interval as one event: its begin comes before its end.
        for (key, make) in [
            ("introduced", Event::Introduced as fn(String) -> Event),
            ("fixed", Event::Fixed),
            ("last_affected", Event::LastAffected),
            ("limit", Event::Limit),
        ] {
            events.extend(event.remove(key).map(make));
        }
        if let Some((key, _)) = event.pop_first() {
            return Err(format!("its range event `{}` is not understood", shown(&key)));
        }
    }
    if !events.iter().any(|event| matches!(event, Event::Introduced(_))) {
        return Err("its range does not say where it begins".to_owned());
    }
    Ok(events)
}

/// Returns URLs, advisories first.
fn references(mut raw: Vec<RawReference>) -> Vec<String> {
    raw.sort_by_key(|reference| reference.kind.as_deref() != Some("ADVISORY"));
    raw.iter().take(MAX_REFERENCES).map(|reference| shown(&reference.url)).collect()
}
