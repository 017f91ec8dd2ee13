//! The places that a backup goes to.

use crate::arguments::BackupCreate;
use crate::exit::UsageError;
use beleg_backup::{BackupName, Created};
use beleg_model::chain;
use beleg_store::{Created as Stored, Options, Store, StoreError, Stores};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _};

/// The most bytes of a manifest that are sent in one request.
const AT_ONCE: u64 = 8 << 20;

/// Opens every region that the arguments name.
pub(super) fn open(arguments: &BackupCreate, stores: &Stores) -> anyhow::Result<Vec<Store>> {
    let mut places: Vec<(String, Options)> =
        arguments.to.iter().map(|url| (url.clone(), Options::new())).collect();
    for file in &arguments.regions {
        let refuse = |why: String| UsageError(format!("`{}`: {why}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| refuse(error.to_string()))?;
        places.extend(beleg_checks::backup_regions(&text, &arguments.name).map_err(refuse)?);
    }
    let open = |(url, options): &(String, Options)| {
        stores.open_or_create(url, options).map_err(|error| refused(&error))
    };
    let regions: Vec<Store> = places.iter().map(open).collect::<Result<_, _>>()?;
    require_apart(&regions)?;
    require_outside(arguments, &regions)?;
    Ok(regions)
}

/// Refuses one place under two names: one copy is not two.
fn require_apart(regions: &[Store]) -> Result<(), UsageError> {
    for (at, region) in regions.iter().enumerate() {
        for other in regions.iter().take(at) {
            if let Some(why) = region.is(other) {
                let (one, two) = (other.locator(), region.locator());
                return Err(UsageError(format!(
                    "the regions `{one}` and `{two}` are one place: {why}; name a second place"
                )));
            }
        }
    }
    Ok(())
}

/// Refuses a region within the source, where each backup would hold those before it.
fn require_outside(arguments: &BackupCreate, regions: &[Store]) -> anyhow::Result<()> {
    let exclude = super::exclusions(&arguments.exclude)?;
    let Ok(source) = arguments.source.canonicalize() else { return Ok(()) };
    for region in regions {
        let folder = region.local_folder().and_then(|folder| folder.canonicalize().ok());
        let below = folder.as_deref().and_then(|folder| folder.strip_prefix(&source).ok());
        let Some(below) = below.map(|below| below.to_string_lossy()) else { continue };
        if !exclude.iter().any(|pattern| pattern.covers(&below)) {
            let region = region.locator();
            return Err(UsageError(format!(
                "the region `{region}` lies within the source, so that each backup would hold those before it; name a place outside of it, or leave it out with `--exclude`"
            ))
            .into());
        }
    }
    Ok(())
}

/// Says whether a region holds anything under the names that a backup made at `now` would get.
pub(super) fn hold(regions: &[Store], name: &BackupName) -> Result<bool, StoreError> {
    for region in regions {
        if region.holds(&name.object())? || region.holds(&name.manifest_object())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Stores a backup in every region, whatever becomes of the others, and says whether all have it.
pub(super) fn store(
    regions: &[Store],
    made: &Created,
    backup: &mut File,
    entries: &mut File,
    text: &mut String,
) -> anyhow::Result<bool> {
    let object = made.name.object();
    let mut failed = Vec::new();
    for region in regions {
        backup.rewind()?;
        entries.rewind()?;
        match store_in(region, made, backup, entries) {
            Ok(()) => {
                let _ = writeln!(text, "stored {object} in {}", region.locator());
            }
            Err(error) => failed.push((region.locator(), format!("{error:#}"))),
        }
    }
    for (region, why) in &failed {
        let _ = writeln!(text, "NOT stored {object} in {region}: {why}");
    }
    let stored = regions.len().saturating_sub(failed.len());
    if stored > 0 && !failed.is_empty() {
        let _ = writeln!(
            text,
            "{stored} of {} regions have this backup; copy it and its manifest to the others, or \
             make a new one: restore tests will name the missing copy",
            regions.len()
        );
    }
    Ok(failed.is_empty())
}

/// The manifest comes last: a backup without one was not finished, and is taken back. What bears the
/// name already is another backup, made at the same time, and stays.
fn store_in(
    region: &Store,
    made: &Created,
    backup: &mut File,
    entries: &mut File,
) -> anyhow::Result<()> {
    let _reserved = region.reserved();
    if hold(std::slice::from_ref(region), &made.name)? {
        anyhow::bail!("a backup that was made at the same time bears this name; make a new one");
    }
    let object = made.name.object();
    region.upload(&object, backup)?;
    if let Err(error) = store_manifest(region, made, entries) {
        // The first error is the one to tell; a backup without manifest is found by its test.
        if !error.is::<Overtaken>() {
            let _ = region.delete(&object);
        }
        return Err(error);
    }
    Ok(())
}

/// Stores a manifest if there is none of its name. A large one is looked for first instead, because
/// no store takes a condition for what is sent in parts.
fn store_manifest(region: &Store, made: &Created, entries: &mut File) -> anyhow::Result<()> {
    let name = made.name.manifest_object();
    let manifest = &mut made.manifest.as_slice().chain(entries);
    let mut first = Vec::new();
    manifest.take(AT_ONCE).read_to_end(&mut first)?;
    if u64::try_from(first.len()).is_ok_and(|size| size < AT_ONCE)
        && let Ok(created) = region.create(&name, &first)
    {
        return if created == Stored::New { Ok(()) } else { Err(Overtaken.into()) };
    }
    if region.holds(&name)? {
        return Err(Overtaken.into());
    }
    region.upload(&name, &mut first.as_slice().chain(manifest))?;
    Ok(())
}

/// Another backup of this name came between.
#[derive(Debug)]
struct Overtaken;

impl std::fmt::Display for Overtaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(
            "another backup was made at the same time under this name, and its object may have been \
             replaced; make a new one, and run the restore test",
        )
    }
}

impl std::error::Error for Overtaken {}

fn refused(error: &StoreError) -> UsageError {
    UsageError(chain(error))
}
