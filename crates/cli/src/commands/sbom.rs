use crate::arguments::Sbom as Command;
use crate::destination::Destination;
use crate::exit::{Exit, UsageError};
use crate::system;
use beleg_ecosystem::Registry;
use beleg_model::Digest;
use beleg_sbom::cyclonedx::{NewBom, Party, SubjectKind, write};
use beleg_sbom::formats::format_of;
use beleg_sbom::formats::read_constraints;
use beleg_sbom::{Edge, FORMATS, Parsed, Unread};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Makes an SBOM from lockfiles.
pub(crate) fn sbom(command: Command) -> anyhow::Result<Exit> {
    let Command::Create { lockfiles, name, version, artifact, supplier, timestamp, output } =
        command;
    let mut destination = Destination::open(output.as_deref())?;
    let artifact = artifact.as_deref().map(digest).transpose()?;
    let timestamp: Timestamp = match timestamp {
        Some(text) => text.parse().map_err(|_| {
            UsageError(format!("`{text}` is no instant such as 2026-11-01T02:00:00Z"))
        })?,
        None => system::now(),
    };
    let mut all = Parsed { edges: Some(Vec::new()), ..Parsed::default() };
    for lockfile in &lockfiles {
        append(&mut all, read(lockfile)?);
    }
    read_constraints(&mut all, |path| std::fs::read(path).ok());
    let is_named = |entry: &Unread| {
        let named = |path: &String| lockfiles.iter().any(|lockfile| lockfile == Path::new(path));
        !entry.constrains && entry.includes.as_ref().is_some_and(named)
    };
    all.unread.retain(|entry| !is_named(entry));
    let is_empty = all.packages.is_empty() && all.named_only.is_empty();
    let party = Party { name: &supplier, email: None };
    let bom = NewBom {
        ecosystems: Registry::built_in(),
        name: &name,
        version: version.as_deref(),
        kind: SubjectKind::Application,
        artifact: artifact.as_ref(),
        author: party,
        supplier: party,
        tool_version: env!("CARGO_PKG_VERSION"),
        timestamp,
        distribution: None,
        packages: &all.packages,
        edges: all.edges.as_deref(),
        complete: all.unread.is_empty(),
    };
    destination.write(&write(&bom)?)?;
    if version.is_none() {
        tracing::warn!(
            "the SBOM states no version of `{name}`, so `sbom-verify` fails it; add `--as-version`"
        );
    }
    for entry in &all.unread {
        tracing::warn!("not in the SBOM: {}: {}", entry.location, entry.why);
    }
    if is_empty {
        tracing::warn!("the SBOM lists nothing: the lockfiles name no package");
    }
    Ok(if all.unread.is_empty() && !is_empty { Exit::Pass } else { Exit::Unknown })
}

/// Returns the SHA-256 of a file of any size.
fn digest(path: &Path) -> anyhow::Result<Digest> {
    let unreadable =
        |error: std::io::Error| UsageError(format!("`{}` cannot be read: {error}", path.display()));
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let read = file.read(&mut buffer).map_err(unreadable)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
    }
    Ok(Digest::sha256(hasher.finalize().into()))
}

fn read(path: &PathBuf) -> anyhow::Result<Parsed> {
    let shown = path.to_string_lossy();
    let name = path.file_name().map(Path::new).unwrap_or(path).to_string_lossy();
    let Some(format) = format_of(&name) else {
        let formats: Vec<&str> = FORMATS.iter().map(|format| format.about().id).collect();
        let known = formats.join(", ");
        return Err(
            UsageError(format!("`{shown}` is no lockfile of a known format: {known}")).into()
        );
    };
    let unreadable =
        |error: std::io::Error| UsageError(format!("`{shown}` cannot be read: {error}"));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    let limit = format.about().most_bytes;
    if size > limit {
        return Err(UsageError(format!("`{shown}` has more than the allowed {limit} bytes")).into());
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    format.parse(&shown, &bytes).map_err(|error| UsageError(error.to_string()).into())
}

/// Adds one file's packages; its edges count from where they now begin. One file without edges
/// makes the whole without.
fn append(all: &mut Parsed, mut one: Parsed) {
    let offset = all.packages.len();
    let shifted = one.edges.take().map(|edges| {
        edges.into_iter().map(move |edge| Edge {
            from: edge.from.saturating_add(offset),
            to: edge.to.saturating_add(offset),
        })
    });
    match (&mut all.edges, shifted) {
        (Some(edges), Some(shifted)) => edges.extend(shifted),
        _ => all.edges = None,
    }
    all.extend(one);
}
