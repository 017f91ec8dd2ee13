//! What in a release's folder speaks for or against its files: signatures beside them, lists of
//! digests, attestations and SBOMs; and which files were of use.

use crate::verify::artifact::{SIDECARS, begins_clear_signed, fact, together};
use crate::verify::files::{Folder, HashedFile};
use crate::verify::list::List;
use crate::verify::signature::{SignatureBytes, SignatureResult, Target};
use crate::verify::signers::Signers;
use beleg_attestation::provenance::Statement;
use beleg_dsse::Envelope;
use beleg_model::Digest;
use beleg_sbom::cyclonedx::Limits;
use beleg_sbom::{SbomSubject, subject_of};
use beleg_signature::{MAX_SIGNATURE_FILE_BYTES, SignatureFile, TrustMaterial};
use beleg_trust::{Format, Policy, Reason};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The largest file that is looked into for evidence: an SBOM.
const MOST_BYTES: u64 = 64 << 20;

/// A list of digests in the release.
struct Listed {
    list: List,
    /// The files of the release that it lists, each with the name that it has there.
    entries: BTreeMap<String, String>,
}

/// An attestation, or several in one file, that stand beside no file.
struct Attestation {
    file: SignatureBytes,
    /// What it states, as far as that can be read before its signature is verified.
    stated: Option<Statement>,
}

/// An SBOM.
pub(super) struct Sbom {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) subject: SbomSubject,
}

/// Everything in the folder that may say something about other files.
pub(super) struct Evidence {
    lists: Vec<Listed>,
    attestations: Vec<Attestation>,
    sidecars: BTreeMap<String, Vec<SignatureBytes>>,
    /// Files that carry their own signature, such as an `InRelease` or a `.dsc`.
    clear_signed: BTreeMap<String, SignatureBytes>,
    pub(super) sboms: Vec<Sbom>,
    /// The files that were of use, with what for.
    pub(super) used: BTreeMap<String, BTreeSet<String>>,
    /// Files that look like evidence and were none, with why.
    pub(super) of_no_use: BTreeMap<String, String>,
}

/// Says which file a name is a sidecar of, if that file is there.
pub(super) fn sidecar_of<'a>(name: &'a str, folder: &Folder) -> Option<&'a str> {
    SIDECARS
        .iter()
        .find_map(|end| name.strip_suffix(end).filter(|stem| folder.files.contains_key(*stem)))
}

impl Evidence {
    /// Reads what may be evidence.
    pub(super) fn read(folder: &Folder, signers: &Signers, policy: &Policy) -> Self {
        let mut evidence = Self {
            lists: Vec::new(),
            attestations: Vec::new(),
            sidecars: BTreeMap::new(),
            clear_signed: BTreeMap::new(),
            sboms: Vec::new(),
            used: BTreeMap::new(),
            of_no_use: BTreeMap::new(),
        };
        let mut lists = Vec::new();
        for (name, file) in &folder.files {
            let sidecar = sidecar_of(name, folder);
            let is_clear_signed = begins_clear_signed(&file.path);
            if sidecar.is_none() && !is_clear_signed && !may_be_evidence(name) {
                continue;
            }
            let bytes = match read(name, file) {
                Ok(bytes) => bytes,
                Err(why) => {
                    evidence.of_no_use.insert(name.clone(), why);
                    continue;
                }
            };
            if is_clear_signed {
                evidence.clear_signed.insert(name.clone(), bytes.clone());
            }
            match sidecar {
                Some(stem) => {
                    evidence.sidecars.entry(stem.to_owned()).or_default().push(bytes);
                }
                None => evidence.sort(bytes, &mut lists),
            }
        }
        let sidecars = &evidence.sidecars;
        let list = |bytes: SignatureBytes| {
            let beside = sidecars.get(&bytes.name).map(Vec::as_slice);
            let list = List::verify(bytes, beside.unwrap_or_default(), signers, policy);
            Listed { entries: entries(&list), list }
        };
        evidence.lists = lists.into_iter().map(list).collect();
        evidence
    }

    fn sort(&mut self, bytes: SignatureBytes, lists: &mut Vec<SignatureBytes>) {
        if let Ok(subject) = subject_of(&bytes.bytes, &Limits::default()) {
            let SignatureBytes { name, bytes } = bytes;
            self.sboms.push(Sbom { name, bytes, subject });
            return;
        }
        match SignatureFile::detect(&bytes.name, &bytes.bytes) {
            Format::Checksums => lists.push(bytes),
            Format::Sigstore | Format::Dsse => self.attestations.push(Attestation::of(bytes)),
            // What is no evidence is of no use, and is reported as such if no rule covers it.
            _ => {}
        }
    }

    /// Judges everything that says something about `target`, of which `needed` signers have to be
    /// trusted, and remembers what was of use.
    pub(super) fn about(
        &mut self,
        name: &str,
        target: &Target,
        needed: u64,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        let mut results = Vec::new();
        let within = self.clear_signed.get(name);
        for sidecar in self.sidecars.get(name).into_iter().flatten().chain(within) {
            results.extend(sidecar.judge(target, signers, policy));
        }
        for attestation in self.attestations.iter().filter(|it| it.may_concern(target)) {
            let judged = attestation.file.judge(target, signers, policy);
            results.extend(judged.into_iter().filter(|result| concerns(result, target)));
        }
        // Whose signature is that of a list: the list is of use through it.
        let mut of_lists = BTreeMap::new();
        for Listed { list, entries } in &self.lists {
            let Some(listed) = entries.get(name) else { continue };
            let judged = list.judge(target, listed);
            let beside = judged.iter().filter(|result| result.source != list.name());
            of_lists.extend(beside.map(|result| (result.source.clone(), list.name().to_owned())));
            results.extend(judged);
        }
        self.remember(name, needed, &results, &of_lists, &signers.material);
        results
    }

    /// Remembers what was of use. Where trusted signatures suffice, nothing else was: whoever
    /// can put a file into the folder could have made it. Where they do not, the others say why.
    fn remember(
        &mut self,
        name: &str,
        needed: u64,
        results: &[SignatureResult],
        of_lists: &BTreeMap<String, String>,
        trust: &TrustMaterial,
    ) {
        let suffices = together(results, needed, trust) == Reason::Trusted;
        for result in results {
            let source = result.source.as_str();
            if !result.is_signature() || (suffices && !result.is_trusted()) {
                self.of_no_use.insert(source.to_owned(), fact(result));
                continue;
            }
            match of_lists.get(source) {
                Some(list) => {
                    note(&mut self.used, list, name);
                    note(&mut self.used, source, list);
                }
                None => note(&mut self.used, source, name),
            }
        }
    }

    /// Notes that one file was of use to another.
    pub(super) fn use_for(&mut self, file: &str, of: &str) {
        note(&mut self.used, file, of);
    }
}

impl Attestation {
    fn of(file: SignatureBytes) -> Self {
        let envelope = serde_json::from_slice::<BTreeMap<String, Value>>(&file.bytes).ok();
        let within = envelope.and_then(|mut members| members.remove("dsseEnvelope"));
        let envelope = match within {
            Some(envelope) => Envelope::read(envelope.to_string().as_bytes()),
            None => Envelope::read(&file.bytes),
        };
        let payload = envelope.and_then(|envelope| envelope.unverified_payload());
        let stated = payload.ok().and_then(|payload| Statement::parse(&payload).ok());
        Self { file, stated }
    }

    /// Says whether it may be about the target. Otherwise it is not verified for it: whatever its
    /// signature is worth, it says nothing here, and it is reported if nowhere else either. Each
    /// attestation with each file would be work without end.
    fn may_concern(&self, target: &Target) -> bool {
        self.stated.as_ref().is_none_or(|stated| stated.covers(&target.digests))
    }
}

/// Returns which files a list names: those below its own folder, as sha256sum(1) reads it there.
fn entries(list: &List) -> BTreeMap<String, String> {
    let place = list.name();
    let own = place.rfind('/').and_then(|at| place.get(..=at)).unwrap_or_default();
    list.entries().map(|listed| (format!("{own}{listed}"), listed.to_owned())).collect()
}

/// Says whether an attestation's result is about the target at all: its statement names it, or
/// the attestation cannot be read so far.
fn concerns(result: &SignatureResult, target: &Target) -> bool {
    if result.is_about_another() || result.judgement.reason == Reason::DigestMismatch {
        return false;
    }
    match super::provenance::statement(result) {
        Some(statement) => statement.covers(&target.digests),
        // Not even its signature fits: it may be about anything, so it must be seen somewhere.
        None => !result.is_trusted(),
    }
}

fn note(used: &mut BTreeMap<String, BTreeSet<String>>, file: &str, of: &str) {
    used.entry(file.to_owned()).or_default().insert(of.to_owned());
}

/// Says whether a file's name is one that SBOMs, attestations and lists of digests have.
fn may_be_evidence(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let ends = [
        ".json",
        ".jsonl",
        ".sigstore",
        ".bundle",
        ".sha256",
        ".sha512",
        ".sha256sum",
        ".sha512sum",
        ".intoto",
        ".att",
        ".attestation",
        ".provenance",
    ];
    let lists = ["sha256sum", "sha512sum", "checksum"];
    ends.iter().any(|end| name.ends_with(end)) || lists.iter().any(|list| name.contains(list))
}

fn read(name: &str, file: &HashedFile) -> Result<SignatureBytes, String> {
    let most = u64::try_from(MAX_SIGNATURE_FILE_BYTES).unwrap_or(u64::MAX).max(MOST_BYTES);
    if file.size > most {
        return Err(format!("it is larger than the {most} bytes that evidence may have"));
    }
    let bytes = std::fs::read(&file.path).map_err(|error| format!("it cannot be read: {error}"))?;
    if Digest::sha256(Sha256::digest(&bytes).into()) != file.sha256 {
        return Err("it changed while it was examined".to_owned());
    }
    Ok(SignatureBytes { name: name.to_owned(), bytes })
}
