use super::artifact::open;
use super::{Item, Verified, finding_of};
use crate::failure::unreadable;
use crate::rules;
use beleg_attestation::layout::{
    LayoutKey, LayoutPolicy, MAX_LINKS, Released, verify_layout as verify,
};
use beleg_attestation::provenance::Assessment;
use beleg_engine::{CheckError, Ctx};
use beleg_model::{Finding, Outcome, Population, Verdict};
use beleg_store::Stores;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest layout or link, in bytes.
const MAX_METADATA: u64 = 16 << 20;
/// How deep the folders of sublayouts' links go.
const DEEPEST: usize = 8;

/// Files, and the in-toto layout that they have to come from.
#[derive(Clone, Debug)]
pub struct LaidOut {
    /// The final products.
    pub files: Vec<String>,
    /// The layout.
    pub layout: String,
    /// The folder of the links; the layout's own if absent.
    pub links: Option<String>,
    /// Public keys of the layout's owners.
    pub keys: Vec<String>,
}

/// Verifies files against a layout and the links of its steps. No inspection is run.
///
/// # Errors
/// When the result has no JSON form: a bug.
pub fn verify_layout(laid: &LaidOut, stores: &Stores, ctx: &Ctx) -> Result<Verified, CheckError> {
    match read(laid, stores, ctx) {
        Ok(read) => judge(laid, &read, stores, ctx),
        Err(finding) => Ok(Verified::could_not_look(*finding)),
    }
}

struct Read {
    layout: Vec<u8>,
    links: BTreeMap<String, Vec<u8>>,
    policy: LayoutPolicy,
}

fn read(laid: &LaidOut, stores: &Stores, ctx: &Ctx) -> Result<Read, Box<Finding>> {
    let bytes = |locator: &str, rule| {
        stores
            .read(locator, MAX_METADATA)
            .map_err(|error| Box::new(unreadable(rule, locator, &error)))
    };
    let layout = bytes(&laid.layout, &rules::LAYOUT_UNREADABLE)?;
    let mut keys = Vec::new();
    for locator in &laid.keys {
        let pem = bytes(locator, &rules::TRUST_MATERIAL_UNREADABLE)?;
        let key = LayoutKey::from_pem(&String::from_utf8_lossy(&pem)).map_err(|error| {
            let message = format!("The public key is refused: {error}.");
            let remedy = "Name a public key in PEM: Ed25519, RSA or ECDSA.";
            let of = Finding::of(&rules::TRUST_MATERIAL_UNREADABLE, locator.as_str(), message);
            Box::new(of.with_remedy(remedy))
        })?;
        keys.push(key);
    }
    let folder = match &laid.links {
        Some(links) => stores.local_path(links),
        None => stores.local_path(&laid.layout).and_then(|path| path.parent().map(Path::to_owned)),
    };
    let mut links = BTreeMap::new();
    let collected = folder.ok_or_else(|| "it is no folder on this machine".to_owned());
    collected.and_then(|folder| collect(&folder, "", 0, &mut links)).map_err(|why| {
        let place = laid.links.as_deref().unwrap_or(&laid.layout);
        let message = format!("The links cannot be read: {why}.");
        Box::new(Finding::of(&rules::LINKS_UNREADABLE, place, message))
    })?;
    let policy =
        LayoutPolicy { keys, threshold: None, skip_inspections_unsafe: false, now: ctx.now };
    Ok(Read { layout, links, policy })
}

/// Reads every file `*.link` below a folder, and layouts of sublayouts beside them.
fn collect(
    folder: &PathBuf,
    prefix: &str,
    depth: usize,
    links: &mut BTreeMap<String, Vec<u8>>,
) -> Result<(), String> {
    let unreadable = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let kind = entry.file_type().map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() && depth < DEEPEST {
            let below = format!("{prefix}{name}/");
            collect(&entry.path(), &below, depth.saturating_add(1), links)?;
        } else if kind.is_file() && name.ends_with(".link") {
            if links.len() >= MAX_LINKS {
                return Err(format!("there are more than {MAX_LINKS}"));
            }
            if entry.metadata().map_err(unreadable)?.len() > MAX_METADATA {
                return Err(format!("`{prefix}{name}` has more than {MAX_METADATA} bytes"));
            }
            let bytes = std::fs::read(entry.path()).map_err(unreadable)?;
            links.insert(format!("{prefix}{name}"), bytes);
        }
    }
    Ok(())
}

fn judge(laid: &LaidOut, read: &Read, stores: &Stores, ctx: &Ctx) -> Result<Verified, CheckError> {
    let mut findings = Vec::new();
    let mut items = Vec::new();
    let mut details = Vec::new();
    let mut examined = 0u64;
    for file in &laid.files {
        let target = match open(file, stores, ctx) {
            Ok((target, _)) => target,
            Err(finding) => {
                findings.push(*finding);
                continue;
            }
        };
        let released = Released { name: file, digests: &target.digests };
        let assessment = verify(&read.layout, &read.links, Some(&released), &read.policy);
        let verdict = assessment.reason.verdict();
        examined = examined.saturating_add(u64::from(verdict != Verdict::Unknown));
        if verdict != Verdict::Pass {
            let reason = assessment.reason;
            let message = format!("It {}: {}.", reason.meaning(), notes(&assessment));
            findings.push(finding_of(reason, file.as_str(), message));
        }
        let notes = Some(notes(&assessment)).filter(|notes| !notes.is_empty());
        let said: Vec<String> =
            std::iter::once(assessment.reason.to_string()).chain(notes).collect();
        let facts = vec![("layout", said.join("; "))];
        items.push(Item { name: file.clone(), verdict, facts });
        details.push(json!({ "name": file, "digests": target.digests, "assessment": assessment }));
    }
    let population = Population {
        unit: "files".to_owned(),
        expected: u64::try_from(laid.files.len()).unwrap_or(u64::MAX),
        examined,
        left_out: Vec::new(),
    };
    let outcome =
        Outcome::judge(population, findings).with_details(json!({ "artifacts": details }));
    Ok(Verified::new(outcome, items))
}

fn notes(assessment: &Assessment) -> String {
    let mismatches = assessment.mismatches.iter().map(|mismatch| mismatch.note.as_str());
    let notes: Vec<&str> = mismatches.chain(assessment.notes.iter().map(String::as_str)).collect();
    notes.join("; ")
}
