//! Registries: Debian's, a small one that follows the specification, and hostile ones.

mod adapter;
mod authorized;
mod conforming;
mod debian;
mod hostile;
mod locators;
mod peer;
mod referrers;

use crate::{Credentials, ImageLocator, Registry, RegistrySettings, Stores};
use beleg_model::Digest;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const LIMIT: u64 = 4 << 20;

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

fn settings(credentials: Option<Credentials>) -> RegistrySettings {
    RegistrySettings {
        credentials,
        deadline: Duration::from_secs(20),
        pause: Duration::ZERO,
        ..RegistrySettings::default()
    }
}

fn open(runtime: &Runtime, locator: &str, settings: RegistrySettings) -> Registry {
    let locator: ImageLocator = locator.parse().unwrap();
    let stores = Stores::new(runtime.handle().clone(), Path::new("."), BTreeMap::new(), false);
    stores.registry(&locator, settings).unwrap()
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::sha256(Sha256::digest(bytes).into())
}
