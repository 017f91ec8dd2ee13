//! A registry as what `beleg-image` searches.

use crate::{ReferrerPages, Registry, RegistryError, RegistryManifest};
use beleg_image::{EachPiece, FetchedManifest, Referrers, Repository, RepositoryError};
use beleg_model::{ByteCount, Digest};

pub(super) struct Searched(pub(super) Registry);

impl Repository for Searched {
    fn place(&self) -> String {
        let locator = self.0.locator();
        format!("{}/{}", locator.registry(), locator.repository())
    }

    fn tagged(
        &self,
        tag: &str,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        found(self.0.tagged(tag, limit.0).map(fetched))
    }

    fn manifest(
        &self,
        digest: &Digest,
        limit: ByteCount,
    ) -> Result<Option<FetchedManifest>, RepositoryError> {
        found(self.0.manifest(digest, limit.0).map(fetched))
    }

    fn blob(&self, digest: &Digest, size: ByteCount) -> Result<Option<Vec<u8>>, RepositoryError> {
        found(self.0.blob(digest, size.0))
    }

    fn stream(&self, digest: &Digest, each: &mut EachPiece<'_>) -> Result<bool, RepositoryError> {
        Ok(found(self.0.stream_blob(digest, each))?.is_some())
    }

    fn referrers(&self, subject: &Digest) -> Result<Referrers, RepositoryError> {
        match self.0.referrers(subject, None) {
            Ok(ReferrerPages::Pages { documents, unfinished }) => {
                Ok(Referrers::Documents { documents, unfinished: unfinished.map(refused) })
            }
            Ok(ReferrerPages::Unsupported) => Ok(Referrers::Unsupported),
            Err(error) => Err(refused(error)),
        }
    }

    fn only(&self, _limit: ByteCount) -> Result<FetchedManifest, RepositoryError> {
        let why = "a registry is not searched for the only image".to_owned();
        Err(RepositoryError::Unnamed { why })
    }
}

fn fetched(manifest: RegistryManifest) -> FetchedManifest {
    FetchedManifest { media_type: manifest.media_type, bytes: manifest.bytes }
}

/// Only the registry's own word that there is no such thing counts as absence.
fn found<T>(result: Result<T, RegistryError>) -> Result<Option<T>, RepositoryError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

fn refused(error: RegistryError) -> RepositoryError {
    match error {
        RegistryError::TooLarge { what, limit } => {
            RepositoryError::TooLarge { what, limit: ByteCount(limit) }
        }
        RegistryError::WrongDigest { asked, found, .. } => {
            RepositoryError::WrongDigest { asked, found }
        }
        error => {
            RepositoryError::Unreadable { what: "the registry".to_owned(), source: Box::new(error) }
        }
    }
}
