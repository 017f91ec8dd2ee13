use super::files::{self, HashedFile};
use super::list::List;
use super::signature::{CLEAR_SIGNED, FileContent, SignatureBytes, SignatureResult, Target};
use super::signers::Signers;
use super::{Item, SignerLocators, Verified};
use crate::failure::{chain, unreadable};
use crate::rules;
use beleg_engine::{CheckError, Ctx};
use beleg_model::{Digest, Finding, Outcome, Population, Verdict};
use beleg_signature::{
    Artifact, MAX_SIGNATURE_FILE_BYTES, MAX_SIGNED_JSON_BYTES, SignatureFile, TrustMaterial,
    distinct_signers,
};
use beleg_store::Stores;
use beleg_trust::{Check, Format, Policy, Reason};
use serde::Serialize;
use serde_json::json;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// How files that hold signatures are named after what they sign, by what tools write.
pub(crate) const SIDECARS: [&str; 18] = [
    ".sigstore.json",
    ".sigstore",
    ".bundle",
    ".asc",
    ".gpg",
    ".sig",
    ".sign",
    ".minisig",
    ".p7s",
    ".intoto.jsonl",
    ".intoto.json",
    ".attestation",
    ".attestations.json",
    ".npm.json",
    ".publish.attestation",
    ".provenance",
    ".provenance.json",
    ".dsse.json",
];

/// Files to verify.
#[derive(Clone, Debug)]
pub struct ArtifactFiles {
    /// The files, or digests such as `sha256:…`.
    pub files: Vec<String>,
    /// The file with the signature; those beside each file if absent.
    pub signature: Option<String>,
    /// Accepts Sigstore bundles alone: what is in another format demands no log.
    pub bundles_only: bool,
    /// Accepts what no transparency log took in; a certificate then needs a timestamp.
    pub without_log: bool,
    /// Accepts a log's signed promise where there is no proof of inclusion.
    pub promise_suffices: bool,
    /// Who may sign.
    pub signers: SignerLocators,
}

/// What is known about one artifact.
#[derive(Debug, Serialize)]
struct ArtifactResult {
    name: String,
    digest: Option<Digest>,
    reason: Reason,
    verdict: Verdict,
    signatures: Vec<SignatureResult>,
}

impl ArtifactResult {
    fn new(
        name: &str,
        digest: Option<Digest>,
        reason: Reason,
        signatures: Vec<SignatureResult>,
    ) -> Self {
        let verdict = reason.verdict();
        Self { name: name.to_owned(), digest, reason, verdict, signatures }
    }
}

/// Verifies files by the signatures beside them, or by one signature.
///
/// # Errors
/// When the result has no JSON form: a bug.
pub fn verify_artifacts(
    artifacts: &ArtifactFiles,
    stores: &Stores,
    ctx: &Ctx,
) -> Result<Verified, CheckError> {
    let mut signers = match artifacts.signers.load(stores, ctx.now) {
        Ok(signers) => signers,
        Err(finding) => return Ok(Verified::could_not_look(*finding)),
    };
    signers.bundles.without_transparency_log_unsafe |= artifacts.without_log;
    signers.bundles.inclusion_promise_suffices_unsafe = artifacts.promise_suffices;
    let policy = Policy::at(ctx.now);
    let mut findings = signers.problems();
    let mut results = Vec::new();
    for (index, file) in artifacts.files.iter().enumerate() {
        if ctx.cancel.is_cancelled() {
            break;
        }
        let done = u64::try_from(index).unwrap_or(u64::MAX);
        ctx.progress.at(done, u64::try_from(artifacts.files.len()).ok());
        let opened = open(file, stores, ctx).and_then(|(target, path)| {
            let signatures = match &artifacts.signature {
                Some(signature) => Signatures::named(signature, path.as_deref(), stores)?,
                None => Signatures::Files(beside(path.as_deref(), stores)?),
            };
            Ok((target, signatures))
        });
        let (target, signatures) = match opened {
            Ok(opened) => opened,
            Err(finding) => {
                findings.push(*finding);
                results.push(ArtifactResult::new(file, None, Reason::ContentUnreadable, vec![]));
                continue;
            }
        };
        let mut judged = if artifacts.bundles_only {
            signatures.judge_bundles(&target, &signers, &policy)
        } else {
            signatures.judge(&target, &signers, &policy)
        };
        judged.iter_mut().for_each(|result| result.is_named = artifacts.signature.is_some());
        let reason = with_statements(together(&judged, 1, &signers.material), &judged);
        findings.extend(finding(file, reason, &judged));
        let digest = target.digests.first().cloned();
        results.push(ArtifactResult::new(file, digest, reason, judged));
    }
    let expected = u64::try_from(artifacts.files.len()).unwrap_or(u64::MAX);
    let unexamined = |result: &&ArtifactResult| result.verdict != Verdict::Unknown;
    let examined = results.iter().filter(unexamined).count();
    let population = Population {
        unit: "files".to_owned(),
        expected,
        examined: u64::try_from(examined).unwrap_or(u64::MAX),
        left_out: Vec::new(),
    };
    let items = results.iter().map(item).collect();
    let details = serde_json::to_value(&results)
        .map_err(|error| CheckError::new("the result has no JSON form", error))?;
    let outcome = Outcome::judge(population, findings)
        .with_inputs(signers.inputs)
        .with_details(json!({ "artifacts": details }));
    Ok(Verified::new(outcome, items))
}

/// What an artifact's signatures are worth together. One that speaks against it outweighs all
/// that speak for it; otherwise `needed` different people have to be trusted, whom `material`
/// tells apart: two keys of one person are one.
pub(crate) fn together(
    results: &[SignatureResult],
    needed: u64,
    material: &TrustMaterial,
) -> Reason {
    let about: Vec<&SignatureResult> =
        results.iter().filter(|result| !result.is_about_another()).collect();
    let worst = |reasons: &mut dyn Iterator<Item = Reason>| {
        reasons.max_by_key(|reason| (reason.verdict(), reason.severity()))
    };
    let against = worst(
        &mut about.iter().map(|r| &r.judgement).filter(|j| j.speaks_against()).map(|j| j.reason),
    );
    if let Some(reason) = against {
        return reason;
    }
    let trusted = about.iter().filter(|result| result.worth() == Reason::Trusted);
    let signers = trusted.filter_map(|result| result.judgement.signer.as_ref());
    let count = distinct_signers(signers, material);
    if count >= needed {
        return Reason::Trusted;
    }
    if count > 0 {
        return Reason::ThresholdNotMet;
    }
    let best = about.iter().map(|result| result.worth());
    let about_another = || results.first().map(|result| result.judgement.reason);
    worst(&mut best.into_iter()).or_else(about_another).unwrap_or(Reason::Unsigned)
}

/// Adds what trusted statements say about the artifact: the worst counts.
pub(crate) fn with_statements(reason: Reason, results: &[SignatureResult]) -> Reason {
    let said = results.iter().filter_map(SignatureResult::said).map(|(reason, _)| reason);
    let worst = said.chain([reason]).max_by_key(|reason| (reason.verdict(), reason.severity()));
    worst.unwrap_or(reason)
}

/// Opens a file or a digest.
pub(super) fn open(
    file: &str,
    stores: &Stores,
    ctx: &Ctx,
) -> Result<(Target, Option<PathBuf>), Box<Finding>> {
    let refuse = |message: String, remedy: &str| {
        Box::new(Finding::of(&rules::ARTIFACT_UNREADABLE, file, message).with_remedy(remedy))
    };
    if file.starts_with("sha256:") || file.starts_with("sha512:") {
        let digest = file.parse::<Digest>().map_err(|error| {
            refuse(format!("{error}."), "Write the digest's 64 or 128 lower-case hex digits.")
        })?;
        let artifact = Artifact::of_digest(file, &digest).map_err(|error| {
            refuse(format!("{}.", chain(&error)), "Name a SHA-256 or SHA-512 digest.")
        })?;
        return Ok((Target { artifact, digests: vec![digest] }, None));
    }
    let Some(path) = stores.local_path(file) else {
        let remedy = "Fetch it, and name the copy.";
        return Err(refuse("Only files on this machine can be verified.".to_owned(), remedy));
    };
    let hashed = files::hash(&path, &|| ctx.cancel.is_cancelled()).map_err(|error| {
        refuse(format!("It could not be read: {}.", chain(&error)), "Check the path.")
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let target = target(&name.unwrap_or_else(|| file.to_owned()), &hashed)
        .map_err(|message| refuse(message, "Check that nothing writes to it."))?;
    Ok((target, Some(path)))
}

/// Makes a target of a file that was hashed before.
pub(crate) fn target(name: &str, hashed: &HashedFile) -> Result<Target, String> {
    let artifact = Artifact::read(name, Box::new(FileContent(hashed.path.clone())))
        .map_err(|error| format!("It could not be read: {}.", chain(&error)))?;
    if artifact.sha256().as_ref() != Some(&hashed.sha256) {
        return Err("It changed while it was examined.".to_owned());
    }
    Ok(Target { artifact, digests: vec![hashed.sha256.clone(), hashed.sha512.clone()] })
}

/// What a file is judged by.
enum Signatures {
    /// Signature files, each about the file itself.
    Files(Vec<SignatureBytes>),
    /// A list of digests, with the signatures beside it.
    List {
        list: SignatureBytes,
        beside: Vec<SignatureBytes>,
        /// The name that the list knows the file by.
        listed: String,
    },
}

impl Signatures {
    /// Reads the signature that was named; if it is a list of digests, also what lies beside that
    /// one.
    fn named(signature: &str, file: Option<&Path>, stores: &Stores) -> Result<Self, Box<Finding>> {
        let read = read_signature(signature, stores)?;
        if SignatureFile::detect(&read.name, &read.bytes) != Format::Checksums {
            return Ok(Self::Files(vec![read]));
        }
        let place = stores.local_path(signature);
        let listed = file.zip(place.as_deref()).and_then(|(file, list)| name_in_list(file, list));
        // No list holds an empty name.
        let (beside, listed) = (beside(place.as_deref(), stores)?, listed.unwrap_or_default());
        Ok(Self::List { list: read, beside, listed })
    }

    fn judge(&self, target: &Target, signers: &Signers, policy: &Policy) -> Vec<SignatureResult> {
        match self {
            Self::Files(files) => {
                files.iter().flat_map(|file| file.judge(target, signers, policy)).collect()
            }
            Self::List { list, .. } if list.is_clear_signed() && list.is_itself(target) => {
                list.judge(target, signers, policy)
            }
            Self::List { list, beside, listed } => {
                List::verify(list.clone(), beside, signers, policy).judge(target, listed)
            }
        }
    }

    fn judge_bundles(
        &self,
        target: &Target,
        signers: &Signers,
        policy: &Policy,
    ) -> Vec<SignatureResult> {
        let files = match self {
            Self::Files(files) => files.as_slice(),
            Self::List { list, .. } => std::slice::from_ref(list),
        };
        files.iter().flat_map(|file| file.judge_bundle(target, signers, policy)).collect()
    }
}

/// Returns the name by which a list of digests knows a file: relative to the list's own folder, as
/// sha256sum(1) reads it there. `None` for a file outside of it. The file itself may be a link;
/// what is listed is its name.
fn name_in_list(file: &Path, list: &Path) -> Option<String> {
    let folder =
        |path: &Path| std::fs::canonicalize(std::path::absolute(path).ok()?.parent()?).ok();
    let below = folder(file)?.strip_prefix(folder(list)?).ok()?.join(file.file_name()?);
    let parts: Option<Vec<&str>> =
        below.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

fn read_signature(locator: &str, stores: &Stores) -> Result<SignatureBytes, Box<Finding>> {
    let limit = u64::try_from(MAX_SIGNATURE_FILE_BYTES).unwrap_or(u64::MAX);
    let bytes = stores
        .read(locator, limit)
        .map_err(|error| Box::new(unreadable(&rules::SIGNATURE_UNREADABLE, locator, &error)))?;
    Ok(SignatureBytes { name: locator.to_owned(), bytes })
}

/// Reads the signatures that lie beside a file, and the file if it carries one. What is named like
/// one and cannot be read may be the one that speaks against it; what is named `.gpg` may also be
/// the file, encrypted.
fn beside(path: Option<&Path>, stores: &Stores) -> Result<Vec<SignatureBytes>, Box<Finding>> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let path = path.to_str().ok_or_else(|| {
        let (path, remedy) = (path.to_string_lossy(), "Rename the folder or the file.");
        let message = "What lies beside it cannot be named: its path is no Unicode text.";
        Box::new(Finding::of(&rules::SIGNATURE_UNREADABLE, &*path, message).with_remedy(remedy))
    })?;
    let names = SIDECARS.iter().map(|end| format!("{path}{end}"));
    let found = names.filter(|name| is_there(name)).map(|name| read_signature(&name, stores));
    let mut found: Vec<SignatureBytes> = found.collect::<Result<_, _>>()?;
    found.retain(|signature| !signature.is_encrypted_file());
    if may_be_sbom(path) {
        found.extend(Some(read_signature(path, stores)?).filter(SignatureBytes::is_signed_sbom));
    }
    if begins_clear_signed(path) {
        found.push(read_signature(path, stores)?);
    }
    Ok(found)
}

/// Says whether a file begins as a clear-signed text does, such as an `InRelease` or a `.dsc`.
pub(super) fn begins_clear_signed(path: impl AsRef<Path>) -> bool {
    let mut head = Vec::new();
    let most = u64::try_from(CLEAR_SIGNED.len()).unwrap_or(u64::MAX);
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut head));
    read.is_ok() && head == CLEAR_SIGNED
}

/// Says whether a file may be signed within itself, by its name and size.
fn may_be_sbom(path: &str) -> bool {
    let most = u64::try_from(MAX_SIGNED_JSON_BYTES).unwrap_or(u64::MAX);
    path.to_ascii_lowercase().ends_with(".json")
        && std::fs::metadata(path).is_ok_and(|file| file.len() <= most)
}

/// Says whether a file or anything else that is no folder has this name; also when nobody can say.
fn is_there(name: &str) -> bool {
    match std::fs::symlink_metadata(name) {
        Ok(found) => !found.is_dir(),
        // No file can have a name that is too long.
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename),
    }
}

/// Says what is wrong with an artifact, if anything is.
fn finding(name: &str, reason: Reason, signatures: &[SignatureResult]) -> Option<Finding> {
    if reason.verdict() == Verdict::Pass {
        return None;
    }
    let mut message = format!("It {}.", reason.meaning());
    for signature in signatures {
        let (source, reason) = (&signature.source, signature.judgement.reason);
        message.push_str(&format!(" `{source}`: {} {reason}.", signature.signature.word()));
    }
    Some(super::finding_of(reason, name, message))
}

fn item(result: &ArtifactResult) -> Item {
    let digest = result.digest.iter().map(|digest| ("digest", digest.to_string()));
    let signatures = result.signatures.iter().flat_map(|signature| {
        let said = signature.said().map(|(_, text)| ("statement", text));
        std::iter::once(("signature", fact(signature))).chain(said)
    });
    Item {
        name: result.name.clone(),
        verdict: result.verdict,
        facts: digest.chain(signatures).collect(),
    }
}

/// Says in one line what a signature is worth.
pub(crate) fn fact(result: &SignatureResult) -> String {
    let judgement = &result.judgement;
    let mut text = format!("{} {}", result.signature.word(), judgement.reason);
    if let Some(signer) = &judgement.signer {
        let identity = signer.identity.as_deref().unwrap_or("unknown signer");
        // What does not fit is by nobody: it names a key only.
        let by = if judgement.crypto == Check::Bad { "it names the key of" } else { "by" };
        text.push_str(&format!(", {by} {identity}"));
        if let Some(issuer) = &signer.issuer {
            text.push_str(&format!(" (vouched for by {issuer})"));
        }
        text.push_str(&format!(", key {}", signer.fingerprint));
    }
    let times = [("logged", judgement.times.log), ("stamped", judgement.times.authority)];
    for (what, time) in times {
        text.extend(time.map(|time| format!(", {what} {time}")));
    }
    for note in &judgement.notes {
        text.push_str(&format!("; {note}"));
    }
    text
}
