//! Checks a pack with nothing but its bytes and what it is compared with.

mod order;
mod runs;

use crate::checkpoint::{Checkpoint, MAX_CHECKPOINT};
use crate::log::key_text;
use crate::pack::format::{
    MANIFEST, MANIFEST_TYPE, Manifest, MemberDigest, PAYLOADS, README, SCHEMA, SIGNED_MANIFEST,
    readme,
};
use crate::pack::payloads::Places;
use crate::pack::report::PackReport;
use crate::pack::{Render, zip};
use crate::payload;
use crate::problem::Problems;
use crate::{CHECKPOINT, KEY};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use beleg_dsse::{Envelope, Verifier};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

/// This build, as the manifests of the packs it makes name it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a pack is compared with.
#[derive(Default)]
pub struct Expectation<'a> {
    /// The key of the ledger that it must come from; without, the key in the pack is taken.
    pub key: Option<&'a Verifier>,
    /// Earlier checkpoints, each with a name, that its ledger must go on from.
    pub since: Vec<(String, Checkpoint)>,
    /// Makes the reports that must be in it. Without, they are not compared.
    pub render: Option<&'a dyn Render>,
}

/// Returns the signed checkpoint of a pack, be it as it may otherwise.
///
/// # Errors
/// When it cannot be read.
pub fn checkpoint<S: Read + Seek>(source: &mut S) -> io::Result<Option<Vec<u8>>> {
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let mut found = None;
    zip::scan(source, size, |member| {
        if member.name == CHECKPOINT && member.data.len() <= MAX_CHECKPOINT {
            found = Some(member.data.to_vec());
        }
    })?;
    Ok(found)
}

/// Checks a pack with nothing but its bytes and what it is compared with. All entries are held in
/// memory, but never more payloads than one run has.
///
/// # Errors
/// When it cannot be read.
pub fn verify<S: Read + Seek>(
    source: &mut S,
    expected: &Expectation<'_>,
) -> io::Result<PackReport> {
    let size = source.seek(SeekFrom::End(0))?;
    source.rewind()?;
    let (mut problems, mut members, mut places) =
        (Problems::default(), BTreeMap::new(), Places::default());
    let broken = zip::scan(source, size, |member| {
        if !member.intact {
            problems.add(member.name, "the bytes do not have the checksum before them");
        }
        if member.name.starts_with(PAYLOADS)
            && let Err(line) = places.scan(member.data, member.offset)
        {
            let what =
                format!("line {} is no payload, or one that comes twice", line.saturating_add(1));
            problems.add(member.name, what);
        }
        members.insert(member.name.to_owned(), Member::of(&member));
    })?;
    if let Some(broken) = broken {
        problems.add(format!("zip structure at offset {}", broken.offset), broken.what);
    }
    let (anomalies, report) = (Problems::default(), PackReport::default());
    let mut check = Check { source, members, places, problems, anomalies, report, expected };
    check.all()?;
    check.report.problems = check.problems.into_vec();
    check.report.anomalies = check.anomalies.into_vec();
    Ok(check.report)
}

/// A member as it was found.
struct Member {
    offset: u64,
    bytes: usize,
    sha256: String,
}

impl Member {
    fn of(member: &zip::Member<'_>) -> Self {
        let sha256 = hex::encode(Sha256::digest(member.data));
        Self { offset: member.offset, bytes: member.data.len(), sha256 }
    }
}

struct Check<'a, S> {
    source: &'a mut S,
    members: BTreeMap<String, Member>,
    places: Places,
    problems: Problems,
    anomalies: Problems,
    report: PackReport,
    expected: &'a Expectation<'a>,
}

impl<S: Read + Seek> Check<'_, S> {
    fn all(&mut self) -> io::Result<()> {
        let Some(verifier) = self.key()? else { return Ok(()) };
        let manifest = self.manifest(&verifier)?;
        let checkpoint = self.checkpoint(&verifier, manifest.as_ref())?;
        let (Some(manifest), Some(checkpoint)) = (manifest, checkpoint) else { return Ok(()) };
        self.digests(&manifest);
        self.readme(&manifest, &verifier)?;
        self.consistency(&checkpoint, &verifier)?;
        let entries = self.entries(&checkpoint, &manifest)?;
        self.window(&entries, &manifest, &checkpoint);
        self.runs(&entries, &manifest, &checkpoint, &verifier)
    }

    fn key(&mut self) -> io::Result<Option<Verifier>> {
        let text = self.required(KEY)?;
        let utf8 = text.as_deref().and_then(|text| std::str::from_utf8(text).ok());
        let packed = utf8.and_then(|text| Verifier::parse(text).ok());
        let packed = packed.filter(|key| utf8 == Some(key_text(key).as_str()));
        let expected = self.expected.key;
        match (&packed, expected) {
            (None, _) => self.problems.add(KEY, "this is no public key"),
            (Some(packed), Some(expected)) if packed != expected => {
                self.problems.add(KEY, format!("the key is not `{expected}`"));
            }
            _ => {}
        }
        self.report.key_compared = expected.is_some();
        self.report.key = expected.cloned().or(packed);
        Ok(self.report.key.clone())
    }

    fn manifest(&mut self, verifier: &Verifier) -> io::Result<Option<Manifest>> {
        let (Some(plain), Some(signed)) =
            (self.required(MANIFEST)?, self.required(SIGNED_MANIFEST)?)
        else {
            return Ok(None);
        };
        // The key id is not signed, so it is asked for by name; it would be free otherwise.
        let envelope = payload::parse::<Envelope>("envelope", &signed);
        let by_key = |envelope: &Envelope| matches!(envelope.signatures(), [one] if one.keyid == verifier.to_string());
        match envelope {
            Ok(envelope) if !by_key(&envelope) => {
                self.problems.add(SIGNED_MANIFEST, "it does not name the ledger's key alone");
            }
            Ok(envelope) => match envelope.verify(MANIFEST_TYPE, verifier) {
                Ok(payload) if payload == plain => {}
                Ok(_) => self.problems.add(MANIFEST, "this is not what was signed"),
                Err(error) => self.problems.add_error(SIGNED_MANIFEST, &error),
            },
            Err(error) => self.problems.add_error(SIGNED_MANIFEST, &error),
        }
        if let Some(other) = other_schema(&plain) {
            self.problems.add(MANIFEST, other);
            return Ok(None);
        }
        let manifest = match payload::parse::<Manifest>("manifest", &plain) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problems.add_error(MANIFEST, &error);
                return Ok(None);
            }
        };
        self.report.version.clone_from(&manifest.tool.version);
        self.report.from = Some(manifest.from);
        self.report.to = Some(manifest.to);
        Ok(Some(manifest))
    }

    fn checkpoint(
        &mut self,
        verifier: &Verifier,
        manifest: Option<&Manifest>,
    ) -> io::Result<Option<Checkpoint>> {
        let Some(note) = self.required(CHECKPOINT)? else { return Ok(None) };
        let checkpoint = match Checkpoint::verify(&note, verifier) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.problems.add_error(CHECKPOINT, &error);
                return Ok(None);
            }
        };
        let root_hash = BASE64_STANDARD.encode(checkpoint.root);
        if let Some(manifest) = manifest
            && (manifest.origin != checkpoint.origin
                || manifest.tree_size != checkpoint.size
                || manifest.root_hash != root_hash)
        {
            self.problems.add(CHECKPOINT, "this is not the checkpoint that the manifest states");
        }
        self.report.origin.clone_from(&checkpoint.origin);
        self.report.tree_size = checkpoint.size;
        self.report.root_hash = root_hash;
        Ok(Some(checkpoint))
    }

    /// Compares the members with the manifest: all of them, and no others.
    fn digests(&mut self, manifest: &Manifest) {
        let mut listed = BTreeSet::from([MANIFEST, SIGNED_MANIFEST]);
        for MemberDigest { name, bytes, sha256 } in &manifest.members {
            if !listed.insert(name) {
                self.problems.add(MANIFEST, format!("`{name}` is listed twice"));
            }
            let Some(member) = self.members.get(name) else {
                self.problems.add(name, "the manifest lists it, but it is not in the pack");
                continue;
            };
            if u64::try_from(member.bytes) != Ok(*bytes) || member.sha256 != *sha256 {
                self.problems.add(name, "the bytes are not those that the manifest lists");
            }
        }
        for name in self.members.keys().filter(|name| !listed.contains(name.as_str())) {
            self.problems.add(name, "the manifest does not list it");
        }
    }

    /// Compares the README with what this build would write. That of another build has its words.
    fn readme(&mut self, manifest: &Manifest, verifier: &Verifier) -> io::Result<()> {
        let Some(text) = self.required(README)? else { return Ok(()) };
        let is_ours = manifest.tool.version == VERSION;
        if is_ours && text != readme(manifest, &verifier.to_string()).as_bytes() {
            self.problems.add(README, "it does not say what the manifest says");
        }
        Ok(())
    }

    fn required(&mut self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(member) = self.members.get(name) else {
            self.problems.add(name, "it is not in the pack");
            return Ok(None);
        };
        self.source.seek(SeekFrom::Start(member.offset))?;
        let mut bytes = vec![0; member.bytes];
        self.source.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}

/// Says, where a manifest is of another form, which it is.
fn other_schema(manifest: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(manifest).ok()?;
    let schema = value.get("schema")?.as_u64()?;
    let by = value.pointer("/tool/version").and_then(|version| version.as_str()).unwrap_or("?");
    (schema != u64::from(SCHEMA)).then(|| {
        format!(
            "the pack has form {schema}, made by beleg {by}; this build reads form {SCHEMA}: verify it with the build that made it, or make it again from the ledger"
        )
    })
}
