//! Whether an image's contents are what its signed manifest says.

use super::finding_of;
use crate::failure::chain;
use beleg_image::{
    AttachmentLimits, ContentProblem, HashedContents, Pinned, Repository, Watch, hash_contents,
};
use beleg_model::{ByteCount, Finding};
use beleg_trust::Reason;
use serde_json::{Value, json};

/// The most that is read of one image, as it is stored: 64 GiB.
const MOST_BYTES: ByteCount = ByteCount::mebibytes(64 << 10);
/// The most parts that one message names; all of them are in the details.
const MOST_NAMED: usize = 5;

/// What is known about the manifests, configs and layers that an image consists of. A signature
/// covers the digest of the manifest, and the others through the digests in it.
pub(super) struct ImageContents(Option<HashedContents>);

impl ImageContents {
    /// Hashes everything that can be reached.
    pub(super) fn hash(
        repository: &dyn Repository,
        pinned: &Pinned,
        limits: &AttachmentLimits,
        watch: &Watch<'_>,
    ) -> Self {
        Self(Some(hash_contents(repository, pinned, MOST_BYTES, limits, watch)))
    }

    /// States that nobody wanted them hashed.
    pub(super) fn not_asked_for() -> Self {
        Self(None)
    }

    /// Says whether each part is known to be what the manifest says or to be something else.
    pub(super) fn is_known(&self) -> bool {
        self.unknown().is_empty()
    }

    pub(super) fn findings(&self, image: &str) -> Vec<Finding> {
        let Some(hashed) = &self.0 else {
            let message =
                "Its layers were not hashed, as was asked for: only its manifest is known.";
            return vec![Finding::of(Reason::ContentsUnhashed.rule(), image, message).as_remark()];
        };
        let kinds = [
            (Reason::DigestMismatch, "are not what its manifest says", self.different()),
            (Reason::ContentsUnhashed, "could not be hashed", self.unknown()),
        ];
        let found = kinds.into_iter().filter(|(_, _, parts)| !parts.is_empty());
        found
            .map(|(reason, what, parts)| {
                let (count, named) = (parts.len(), named(&parts));
                let all = hashed.faults.len().saturating_add(count_of(hashed.blobs));
                let message = format!("{count} of the {all} parts of the image {what}: {named}.");
                finding_of(reason, image, message)
            })
            .collect()
    }

    /// Says in one line what was hashed.
    pub(super) fn fact(&self) -> String {
        let Some(hashed) = &self.0 else { return "not hashed, as was asked for".to_owned() };
        let mut text = format!("{} parts hashed, {}", hashed.blobs, hashed.bytes);
        for (parts, what) in [(self.different(), "different"), (self.unknown(), "not hashed")] {
            if !parts.is_empty() {
                text.push_str(&format!("; {} {what}", parts.len()));
            }
        }
        text
    }

    pub(super) fn details(&self) -> Value {
        let Some(hashed) = &self.0 else { return Value::Null };
        let listed = |parts: Vec<&ContentProblem>| -> Vec<Value> {
            parts
                .into_iter()
                .map(|it| {
                    json!({
                        "what": it.what, "digest": it.digest, "why": chain(&it.fault),
                    })
                })
                .collect()
        };
        json!({
            "hashed": hashed.blobs,
            "bytes": hashed.bytes.0,
            "different": listed(self.different()),
            "not_hashed": listed(self.unknown()),
        })
    }

    fn different(&self) -> Vec<&ContentProblem> {
        self.faults().filter(|problem| problem.fault.is_difference()).collect()
    }

    fn unknown(&self) -> Vec<&ContentProblem> {
        self.faults().filter(|problem| !problem.fault.is_difference()).collect()
    }

    fn faults(&self) -> impl Iterator<Item = &ContentProblem> {
        self.0.iter().flat_map(|hashed| &hashed.faults)
    }
}

fn named(parts: &[&ContentProblem]) -> String {
    let name =
        |it: &&ContentProblem| format!("the {} `{}`: {}", it.what, it.digest, chain(&it.fault));
    let mut names: Vec<String> = parts.iter().take(MOST_NAMED).map(name).collect();
    let more = parts.len().saturating_sub(names.len());
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join("; ")
}

fn count_of(blobs: u64) -> usize {
    usize::try_from(blobs).unwrap_or(usize::MAX)
}
