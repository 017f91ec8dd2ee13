use crate::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The thing a check looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The name people know it by, unique within its job.
    pub name: String,
    /// Where it is: a path or a URL, as configured; never with credentials in it.
    pub locator: String,
    /// The digest it must have, where the configuration states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Facts for people and reports, such as `team` or `environment`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Subject {
    /// Names a subject by its locator alone.
    pub fn at(locator: impl Into<String>) -> Self {
        let locator = locator.into();
        Self { name: locator.clone(), locator, digest: None, labels: BTreeMap::new() }
    }
}
