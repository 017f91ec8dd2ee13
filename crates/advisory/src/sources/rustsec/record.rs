use super::place::Collection;
use super::{SCOPE, Span};
use crate::advisory::{Advisory, Affected, Informational, Kind, Rule};
use crate::sources::intake::Record;
use crate::sources::osv::assess_vector;
use crate::text::{MAX_SUMMARY, one_line, shown};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The most reference URLs of a record that are kept for reports.
const MAX_REFERENCES: usize = 20;

/// Reads the record at `<collection>/<package>/<id>.md`: TOML between fences, then Markdown whose
/// first line is the title ("Advisory Format" in RustSec's README).
pub(super) fn parse(
    collection: Collection,
    package: &str,
    id: &str,
    bytes: &[u8],
) -> Result<Record, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let (front_matter, title) = split(text)?;
    let front: FrontMatter = read_front_matter(front_matter)?;
    let meta = front.advisory;
    if meta.id != id {
        return Err(format!("it calls itself `{}`", shown(&meta.id)));
    }
    if meta.package != package {
        return Err(format!("it is about the package `{}`", shown(&meta.package)));
    }
    if meta.id == "RUSTSEC-0000-0000" {
        return Err("it is a draft".to_owned());
    }
    let patched = read_spans(&front.versions.patched)?;
    let mut unaffected = read_spans(&front.versions.unaffected)?;
    unaffected.extend(patched.iter().cloned());
    let limited = front.affected.unwrap_or_default();
    let affected = Affected {
        scope: SCOPE,
        name: meta.package,
        kind: meta
            .informational
            .map_or(Kind::Vulnerability, |word| Kind::Informational(Informational::read(&word))),
        assessment: meta.cvss.as_deref().and_then(assess_vector).unwrap_or_default(),
        only_on: limited.os.iter().chain(&limited.arch).map(|word| shown(word)).collect(),
        rule: Rule::Outside { unaffected, patched },
    };
    let on_crates_io = collection == Collection::Crates
        && meta.source.as_deref().is_none_or(|source| source.contains("crates.io-index"));
    let dates = [Some(meta.date), meta.withdrawn.clone()];
    let urls = meta.url.into_iter().chain(meta.references);
    Ok(Record {
        withdrawn: meta.withdrawn.is_some(),
        newest: dates.into_iter().flatten().filter_map(|date| midnight(&date)).max(),
        ecosystems: on_crates_io.then(|| SCOPE.to_string()).into_iter().collect(),
        advisory: Advisory {
            id: meta.id,
            aliases: meta.aliases.iter().map(|alias| shown(alias)).collect(),
            summary: one_line(title, MAX_SUMMARY),
            references: urls.take(MAX_REFERENCES).map(|url| shown(&url)).collect(),
            affected: on_crates_io.then_some(affected).into_iter().collect(),
        },
    })
}

#[derive(Deserialize)]
struct FrontMatter {
    advisory: Meta,
    versions: Versions,
    affected: Option<Limited>,
}

#[derive(Deserialize)]
struct Meta {
    id: String,
    package: String,
    date: String,
    #[serde(default)]
    aliases: Vec<String>,
    cvss: Option<String>,
    informational: Option<String>,
    url: Option<String>,
    #[serde(default)]
    references: Vec<String>,
    source: Option<String>,
    withdrawn: Option<String>,
}

#[derive(Deserialize)]
struct Versions {
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Limited {
    #[serde(default)]
    os: Vec<String>,
    #[serde(default)]
    arch: Vec<String>,
}

/// Splits a record into its TOML and its title.
fn split(text: &str) -> Result<(&str, &str), String> {
    let rest = text.strip_prefix("```toml").ok_or("it does not begin with a TOML block")?;
    let (front_matter, rest) = rest.split_once("\n```").ok_or("its TOML block does not end")?;
    let title = rest.trim_start().strip_prefix("# ").ok_or("it has no title")?;
    Ok((front_matter.trim(), title.lines().next().unwrap_or_default()))
}

/// Reads the TOML; newer records leave the `[advisory]` line out.
fn read_front_matter(text: &str) -> Result<FrontMatter, String> {
    let headed;
    let whole = if text.starts_with("[advisory]") {
        text
    } else {
        headed = format!("[advisory]\n{text}");
        &headed
    };
    toml::from_str(whole).map_err(|error| shown(error.message()))
}

fn read_spans(requirements: &[String]) -> Result<Vec<Span>, String> {
    requirements.iter().map(|text| Span::read(text)).collect()
}

fn midnight(date: &str) -> Option<Timestamp> {
    let date: Date = date.parse().ok()?;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
