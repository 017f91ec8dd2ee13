use crate::ImageError;
use crate::manifest::{Platform, parse};
use beleg_model::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What an image says about itself (OCI image specification, "Image Configuration").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageConfig {
    /// The machine it is for.
    pub platform: Platform,
    /// When it was built, as written (RFC 3339), where it says so.
    pub created: Option<String>,
    /// The user its process runs as; absent or empty means root.
    pub user: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether it states a program to start: an entrypoint or a command.
    pub starts_something: bool,
    /// The commands that made its layers, oldest first, where it has them.
    pub history: Vec<String>,
    /// SHA-256 of each layer's uncompressed tar, oldest first.
    pub(crate) diff_ids: Vec<Digest>,
}

#[derive(Deserialize)]
struct Raw {
    architecture: String,
    os: String,
    variant: Option<String>,
    created: Option<String>,
    config: Option<RawProcess>,
    rootfs: RawRoot,
    history: Option<Vec<RawHistory>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawProcess {
    user: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct RawRoot {
    diff_ids: Vec<Digest>,
}

#[derive(Deserialize)]
struct RawHistory {
    created_by: Option<String>,
}

impl ImageConfig {
    pub(crate) fn read(what: &str, bytes: &[u8]) -> Result<Self, ImageError> {
        let raw: Raw = parse(what, bytes)?;
        let process = raw.config.unwrap_or_default();
        let stated = |words: &Option<Vec<String>>| words.as_ref().is_some_and(|w| !w.is_empty());
        Ok(Self {
            platform: Platform { os: raw.os, architecture: raw.architecture, variant: raw.variant },
            created: raw.created,
            user: process.user,
            starts_something: stated(&process.entrypoint) || stated(&process.cmd),
            labels: process.labels.unwrap_or_default(),
            history: raw
                .history
                .unwrap_or_default()
                .into_iter()
                .filter_map(|step| step.created_by)
                .collect(),
            diff_ids: raw.rootfs.diff_ids,
        })
    }
}
