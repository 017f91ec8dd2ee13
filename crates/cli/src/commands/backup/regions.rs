//! The places that a backup goes to.

use crate::arguments::BackupCreate;
use crate::exit::UsageError;
use beleg_backup::Created;
use beleg_model::chain;
use beleg_store::{Options, Store, StoreError, Stores};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _};

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
    Ok(places.iter().map(open).collect::<Result<_, _>>()?)
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
            Err(error) => failed.push((region.locator(), chain(&error))),
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

/// The manifest comes last: a backup without one was not finished, and is taken back.
fn store_in(
    region: &Store,
    made: &Created,
    backup: &mut File,
    entries: &mut File,
) -> Result<(), StoreError> {
    let object = made.name.object();
    region.upload(&object, backup)?;
    let manifest = &mut made.manifest.as_slice().chain(entries);
    let stored = region.upload(&made.name.manifest_object(), manifest);
    if stored.is_err() {
        // The first error is the one to tell; a backup without manifest is found by its test.
        let _ = region.delete(&object);
    }
    stored.map(|_| ())
}

fn refused(error: &StoreError) -> UsageError {
    UsageError(chain(error))
}
