//! Lists a region and reads what its manifests say, one after the other: of each only the facts
//! are kept.

use super::tell_apart::CANARY;
use super::{Copies, RestoreCheck};
use crate::failure::chain;
use beleg_backup::{
    BackupName, Facts, ListedObject, Manifest, ManifestError, ManifestState, OldVersion, Region,
    Unlisted,
};
use beleg_dsse::Verifier;
use beleg_engine::Ctx;
use beleg_model::ByteCount;
use beleg_store::{Object, ObjectVersion, Store, StoreError};
use std::collections::BTreeMap;

/// The most old manifests that are read; of what is beyond, the age is not proved.
const MAX_OLD_MANIFESTS: usize = 1000;
/// The content of a canary.
const CANARY_BYTES: u64 = 16;

/// A region with the way to its objects.
pub(super) struct Visited {
    pub(super) region: Region,
    pub(super) store: Option<Store>,
}

impl RestoreCheck {
    pub(super) fn visit(&self, place: &Copies, trusted: &[Verifier]) -> Visited {
        let listed = self
            .world
            .stores
            .open(&place.url, &place.options)
            .and_then(|store| Ok((store.everything()?, store)));
        match listed {
            Ok((objects, store)) => self.listed(place, objects, store, trusted),
            Err(error) => {
                let why = chain(&error);
                let listing = Err(match error.is_not_found() {
                    true => Unlisted::Absent(why),
                    false => Unlisted::Unreadable(why),
                });
                let region = Region {
                    name: place.name.clone(),
                    listing,
                    versions: Ok(Vec::new()),
                    manifests: BTreeMap::new(),
                };
                Visited { region, store: None }
            }
        }
    }

    fn listed(
        &self,
        place: &Copies,
        mut objects: Vec<Object>,
        store: Store,
        trusted: &[Verifier],
    ) -> Visited {
        objects.retain(|object| !is_canary(&object.name, object.size));
        let mut manifests = BTreeMap::new();
        for object in &objects {
            // A listed object may not be one that `object_store` can name; a backup's always is.
            let Ok(name) = BackupName::parse(&object.name) else { continue };
            let manifest = name.manifest_object();
            if name.name() == self.targets.policy.name
                && objects.binary_search_by(|o| o.name.as_str().cmp(&manifest)).is_ok()
            {
                let state = match store.reader(&manifest) {
                    Err(error) => ManifestState::Unread(chain(&error)),
                    Ok(reader) => match Facts::read(reader, trusted) {
                        Err(ManifestError::Read(error)) => ManifestState::Unread(chain(&error)),
                        Err(error) => ManifestState::Refused(error),
                        Ok(facts) => ManifestState::Opened(Box::new(facts)),
                    },
                };
                manifests.insert(object.name.clone(), state);
            }
        }
        let versions = match self.targets.policy.max_age {
            None => Ok(Vec::new()),
            Some(_) => old_versions(&store, &self.targets.policy.name, &manifests, trusted)
                .map_err(|error| chain(&error)),
        };
        let objects = objects.into_iter();
        let listing = objects.map(|o| ListedObject { name: o.name, size: ByteCount(o.size) });
        let name = place.name.clone();
        let region = Region { name, listing: Ok(listing.collect()), versions, manifests };
        Visited { region, store: Some(store) }
    }
}

/// Says why the manifest of the backup to restore did not open.
pub(super) enum Unopened {
    Unread(String),
    Refused(ManifestError),
}

/// Reads the whole manifest of a backup that the survey has chosen by its beginning. The entries of
/// a large one are kept in the scratch folder, in a file without a name.
pub(super) fn manifest(
    facts: &Facts,
    store: &Store,
    trusted: &[Verifier],
    ctx: &Ctx,
) -> Result<Manifest, Unopened> {
    let reader = store
        .reader(&facts.name.manifest_object())
        .map_err(|error| Unopened::Unread(chain(&error)))?;
    let spool = || {
        std::fs::create_dir_all(&ctx.scratch)?;
        tempfile::tempfile_in(&ctx.scratch)
    };
    match Manifest::read(reader, trusted, spool) {
        // What was surveyed must be what is restored.
        Ok(manifest) if manifest.facts == *facts => Ok(manifest),
        Ok(_) => Err(Unopened::Unread("it was replaced while it was looked at".to_owned())),
        Err(ManifestError::Read(error) | ManifestError::Spool(error)) => {
            Err(Unopened::Unread(chain(&error)))
        }
        Err(error) => Err(Unopened::Refused(error)),
    }
}

/// Lists what a store keeps of objects that were replaced or deleted, with the ages that signed
/// manifests prove.
fn old_versions(
    store: &Store,
    backup: &str,
    manifests: &BTreeMap<String, ManifestState>,
    trusted: &[Verifier],
) -> Result<Vec<OldVersion>, StoreError> {
    let is_old = |version: &ObjectVersion| {
        let is_nothing = version.is_deletion || is_canary(&version.name, version.size);
        let is_folder =
            version.size == 0 && (version.name.is_empty() || version.name.ends_with('/'));
        !(version.is_latest || is_nothing || is_folder)
    };
    let mut versions = store.versions()?;
    versions.retain(is_old);
    let mut said: Vec<Facts> = manifests
        .values()
        .filter_map(|state| match state {
            ManifestState::Opened(facts) => Some(facts.as_ref().clone()),
            _ => None,
        })
        .collect();
    let mut dated = BTreeMap::new();
    let is_ours = |version: &&ObjectVersion| {
        BackupName::of_manifest(&version.name).is_ok_and(|name| name.name() == backup)
    };
    for version in versions.iter().filter(is_ours).take(MAX_OLD_MANIFESTS) {
        let reader = store.version_reader(&version.name, &version.id).ok();
        let facts = reader.and_then(|reader| Facts::read(reader, trusted).ok());
        if let Some(facts) = facts.filter(|facts| facts.name.manifest_object() == version.name) {
            dated.insert((&version.name, &version.id), facts.name.created());
            said.push(facts);
        }
    }
    let created = |version: &ObjectVersion| {
        let of_manifest = dated.get(&(&version.name, &version.id)).copied();
        // Another object under the name of a backup is not what its manifest dates.
        of_manifest.or_else(|| {
            let facts = said.iter().find(|facts| {
                facts.name.object() == version.name && facts.ciphertext.size.0 == version.size
            });
            facts.map(|facts| facts.name.created())
        })
    };
    let old = versions.iter().map(|version| OldVersion {
        name: version.name.clone(),
        id: version.id.clone(),
        created: created(version),
    });
    Ok(old.collect())
}

fn is_canary(name: &str, size: u64) -> bool {
    name.starts_with(CANARY) && size <= CANARY_BYTES
}
