//! A registry after the OCI distribution specification 1.1, for reading.

use super::peer::{Asked, Reply};
use super::{MANIFEST, sha256};
use crate::registry::OCI_INDEX;
use beleg_model::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Clone)]
pub(super) struct Conforming {
    manifests: BTreeMap<String, (String, Vec<u8>)>,
    blobs: BTreeMap<String, Vec<u8>>,
    /// Referrers of one page.
    pub(super) page: usize,
    /// Whether it knows the referrers API.
    pub(super) has_referrers: bool,
}

impl Conforming {
    pub(super) fn new() -> Self {
        let (manifests, blobs) = (BTreeMap::new(), BTreeMap::new());
        Self { manifests, blobs, page: 2, has_referrers: true }
    }

    /// Stores a manifest or index, under a tag if one is given; returns its descriptor.
    pub(super) fn push(&mut self, tag: Option<&str>, manifest: &Value) -> Value {
        let bytes = manifest.to_string().into_bytes();
        let (digest, size) = (sha256(&bytes), bytes.len());
        let media_type = manifest["mediaType"].as_str().unwrap().to_owned();
        let names = [Some(digest.to_string()), tag.map(str::to_owned)];
        for name in names.into_iter().flatten() {
            self.manifests.insert(name, (media_type.clone(), bytes.clone()));
        }
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    }

    pub(super) fn push_blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        self.blobs.insert(digest.to_string(), bytes.to_vec());
        json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
    }

    /// Stores something small of a type, on a subject if one is given.
    pub(super) fn attach(
        &mut self,
        tag: Option<&str>,
        artifact_type: &str,
        content: &str,
        subject: Option<&Value>,
    ) -> Value {
        let config = self.push_blob("application/vnd.oci.empty.v1+json", b"{}");
        let layer = self.push_blob(artifact_type, content.as_bytes());
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": artifact_type,
            "config": config,
            "layers": [layer],
        });
        if let Some(subject) = subject {
            manifest["subject"] = subject.clone();
        }
        self.push(tag, &manifest)
    }

    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let Some((kind, name)) =
            asked.path.strip_prefix("/v2/app/").and_then(|rest| rest.split_once('/'))
        else {
            return Reply::status(404);
        };
        match kind {
            "manifests" => self.manifests.get(name).map_or(Reply::status(404), |(kind, bytes)| {
                Reply::ok(kind, bytes.clone())
                    .with("Docker-Content-Digest", sha256(bytes).to_string())
            }),
            "blobs" => self.blobs.get(name).map_or(Reply::status(404), |bytes| {
                Reply::ok("application/octet-stream", bytes.clone())
            }),
            "referrers" if self.has_referrers => self.referrers(asked, name),
            _ => Reply::status(404),
        }
    }

    fn referrers(&self, asked: &Asked, subject: &str) -> Reply {
        let wanted = asked.query.get("artifactType");
        let all: Vec<Value> = self
            .manifests
            .iter()
            .filter(|(name, _)| name.parse::<Digest>().is_ok())
            .filter_map(|(name, (media_type, bytes))| {
                let manifest: Value = serde_json::from_slice(bytes).unwrap();
                let kind = manifest["artifactType"].clone();
                let fits = manifest["subject"]["digest"] == subject
                    && wanted.is_none_or(|wanted| kind == *wanted.as_str());
                fits.then(|| {
                    json!({
                        "mediaType": media_type,
                        "digest": name,
                        "size": bytes.len(),
                        "artifactType": kind,
                    })
                })
            })
            .collect();
        let from: usize = asked.query.get("from").map_or(0, |from| from.parse().unwrap());
        let page = &all[from..all.len().min(from + self.page)];
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": page });
        let mut reply = Reply::ok(OCI_INDEX, index.to_string());
        if from + self.page < all.len() {
            let next = from + self.page;
            let filter = wanted
                .map(|kind| format!("&artifactType={}", kind.replace('+', "%2B")))
                .unwrap_or_default();
            let link = format!("<{}?from={next}{filter}>; rel=\"next\"", asked.path);
            reply = reply.with("Link", link);
        }
        if wanted.is_some() {
            reply = reply.with("OCI-Filters-Applied", "artifactType");
        }
        reply
    }
}
