use super::document::{Document, Layout, LayoutError, Link};
use super::fnmatch::Budget;
use super::key::LayoutKey;
use super::metadata::Metadata;
use super::rule::{Broken, Side, apply};
use super::steps::{Evidence, Signed, agreed, signed_by_functionaries, sublayout_folder};
use crate::provenance::{Assessment, coverage};
use beleg_model::Digest;
use beleg_model::text::shown;
use beleg_trust::Reason;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// The most link files.
pub const MAX_LINKS: usize = 10_000;
/// How deep layouts may stand in layouts.
const MAX_DEPTH: usize = 4;
/// The most paths that a note names.
const MAX_NAMED: usize = 5;

/// Says what is demanded of a layout.
#[derive(Clone, Debug)]
pub struct LayoutPolicy {
    /// The keys of the project's owners.
    pub keys: Vec<LayoutKey>,
    /// How many of them have to have signed the layout; all when `None`.
    pub threshold: Option<NonZeroUsize>,
    /// Lets a layout pass whose inspections nobody ran. What they would have compared, usually
    /// the artifact with a step's products, is then not shown.
    pub skip_inspections_unsafe: bool,
    /// The instant of the check.
    pub now: Timestamp,
}

/// What was released.
#[derive(Clone, Copy, Debug)]
pub struct Released<'a> {
    /// Its path or name. A product of this name is said to have been another.
    pub name: &'a str,
    /// Its digests.
    pub digests: &'a [Digest],
}

/// Verifies that the steps of a layout were carried out as its owners demand.
///
/// `links` are the link files by path: `<step>.<first 8 of the key's id>.link`, those of a
/// sublayout in the folder `<step>.<first 8>/`. `artifact` is what was released: it has to be among
/// the products of the last step. Without it, only the steps themselves are
/// judged, which says nothing about any artifact, and is noted.
#[must_use]
pub fn verify_layout(
    layout: &[u8],
    links: &BTreeMap<String, Vec<u8>>,
    artifact: Option<&Released<'_>>,
    policy: &LayoutPolicy,
) -> Assessment {
    let mut assessment = Assessment::new();
    if links.len() > MAX_LINKS {
        assessment
            .refuse(Reason::UnsupportedFormat, format!("there are more than {MAX_LINKS} links"));
        return assessment;
    }
    let metadata = match Metadata::read(layout) {
        Ok(metadata) => metadata,
        Err(error) => return Assessment::refused(error.reason(), error.to_string()),
    };
    if !owners_signed(&metadata, policy, &mut assessment) {
        return assessment;
    }
    let mut verification =
        Verification { links, policy, budget: Budget::new(), assessment: &mut assessment };
    let summary = match Document::read(&metadata.payload) {
        Ok(Document::Layout(layout)) => verification.layout(&layout, "", 0),
        Ok(Document::Link(_)) => {
            verification.refuse_error("", &LayoutError::UnknownType);
            None
        }
        Err(error) => {
            verification.refuse_error("", &error);
            None
        }
    };
    match (artifact, summary) {
        (Some(artifact), Some(summary)) => judge_artifact(artifact, &summary, &mut assessment),
        (None, Some(_)) => {
            assessment.note("no artifact was compared with the last step's products");
        }
        // Nothing that ended early may look as if it had come to its end.
        (_, None) if assessment.mismatches.is_empty() => {
            assessment.refuse(Reason::VerifierFailed, "the layout was not verified to its end");
        }
        (_, None) => {}
    }
    assessment
}

/// Says whether enough owners signed, and refuses if not. What is in an unsigned layout is not
/// read any further.
fn owners_signed(metadata: &Metadata, policy: &LayoutPolicy, to: &mut Assessment) -> bool {
    let mut keys: Vec<&LayoutKey> = Vec::new();
    for key in &policy.keys {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let good = keys.iter().filter(|key| metadata.is_signed_by(key)).count();
    let demanded = policy.threshold.map_or(keys.len(), NonZeroUsize::get);
    let refusal = if keys.is_empty() {
        (Reason::NoTrustMaterial, "no key of the layout's owners is given".to_owned())
    } else if good >= demanded {
        return true;
    } else if metadata.signatures() == 0 {
        (Reason::Unsigned, "the layout is not signed".to_owned())
    } else if good == 0 && keys.iter().any(|key| key.ids().any(|id| metadata.names(&id))) {
        (Reason::BadSignature, "the signature of an owner does not fit the layout".to_owned())
    } else if good == 0 {
        (Reason::UnknownKey, "the layout is signed by none of its owners' keys".to_owned())
    } else {
        let note = format!("{good} of the owners signed the layout; {demanded} are demanded");
        (Reason::ThresholdNotMet, note)
    };
    to.refuse(refusal.0, refusal.1);
    false
}

fn judge_artifact(released: &Released<'_>, summary: &Link, assessment: &mut Assessment) {
    let mut incomparable = false;
    for digests in summary.products.values() {
        match coverage(digests, released.digests) {
            Some(true) => return,
            Some(false) => {}
            None => incomparable = true,
        }
    }
    if incomparable {
        let note = "the last step of the layout gave out no artifact that can be compared";
        return assessment.refuse(Reason::ContentNeeded, note);
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let of_its_name = |path: &&String| last(path) == last(released.name);
    match summary.products.keys().find(of_its_name) {
        Some(path) => {
            let note = format!("the last step of the layout gave out `{path}` with another digest");
            assessment.refuse(Reason::DigestMismatch, note);
        }
        None => {
            let note = "the last step of the layout gave out no such artifact";
            assessment.refuse(Reason::SubjectNotCovered, note);
        }
    }
}

struct Verification<'a> {
    links: &'a BTreeMap<String, Vec<u8>>,
    policy: &'a LayoutPolicy,
    budget: Budget,
    assessment: &'a mut Assessment,
}

impl Verification<'_> {
    /// Verifies a layout whose signature is good, with the links in `folder` (empty, or with a
    /// slash at its end). Returns what went into its first step and came out of its last one,
    /// or refuses.
    fn layout(&mut self, layout: &Layout, folder: &str, depth: usize) -> Option<Link> {
        if layout.expires <= self.policy.now {
            let note = format!("the layout expired at {}", layout.expires);
            self.assessment.refuse(Reason::LayoutExpired, note);
        }
        self.judge_inspections(layout);
        if layout.steps.is_empty() {
            let note = "the layout has no step, and so demands nothing";
            self.assessment.refuse(Reason::MalformedStatement, note);
            return None;
        }
        let evidence = self.read_folder(folder);
        let mut links = BTreeMap::new();
        for step in &layout.steps {
            let signed =
                signed_by_functionaries(step, layout, &evidence, &mut self.budget, self.assessment);
            let reported = signed.and_then(|signed| {
                let links: Vec<_> = signed
                    .iter()
                    .map(|signed| self.link(signed, &step.name, folder, depth))
                    .collect();
                links.into_iter().collect::<Option<Vec<Link>>>()
            });
            let Some(link) = reported.and_then(|links| agreed(step, links, self.assessment)) else {
                continue;
            };
            if !step.command.is_empty() && link.command != step.command {
                let name = shown(step.name.as_bytes());
                let ran = shown(link.command.join(" ").as_bytes());
                self.assessment.note(format!("the step `{name}` ran another command: `{ran}`"));
            }
            links.insert(step.name.clone(), link);
        }
        if links.len() != layout.steps.len() {
            return None;
        }
        self.judge_rules(layout, &links);
        let first = layout.steps.first().and_then(|step| links.get(&step.name))?;
        let last = layout.steps.last().and_then(|step| links.get(&step.name))?;
        Some(Link {
            name: last.name.clone(),
            materials: first.materials.clone(),
            products: last.products.clone(),
            command: last.command.clone(),
        })
    }

    fn judge_inspections(&mut self, layout: &Layout) {
        if layout.inspections.is_empty() {
            return;
        }
        let names = shown(layout.inspections.join(", ").as_bytes());
        let note = format!("the layout demands inspections, which are never run: {names}");
        if self.policy.skip_inspections_unsafe {
            self.assessment.note(note);
        } else {
            self.assessment.refuse(Reason::UnsupportedFormat, note);
        }
    }

    /// Reads the files of one folder. What is no link does not count, and is noted.
    fn read_folder(&mut self, folder: &str) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        for (path, bytes) in self.links {
            let Some(file) = path.strip_prefix(folder).filter(|file| !file.contains('/')) else {
                continue;
            };
            let read = Metadata::read(bytes)
                .and_then(|metadata| Ok((Document::read(&metadata.payload)?, metadata)));
            match read {
                Ok((document, metadata)) => {
                    evidence.push(Evidence { file: file.to_owned(), metadata, document });
                }
                Err(error) => {
                    let path = shown(path.as_bytes());
                    self.assessment.note(format!("`{path}` does not count: {error}"));
                }
            }
        }
        evidence
    }

    /// Returns what a functionary says of a step. A layout in the place of a link is verified
    /// with the functionary as its owner.
    fn link(
        &mut self,
        signed: &Signed<'_>,
        step: &str,
        folder: &str,
        depth: usize,
    ) -> Option<Link> {
        let layout = match &signed.evidence.document {
            Document::Link(link) => return Some(link.clone()),
            Document::Layout(layout) => layout,
        };
        let depth = depth.saturating_add(1);
        let name = shown(step.as_bytes());
        if depth > MAX_DEPTH {
            let note = format!("layouts stand in layouts more than {MAX_DEPTH} deep, at `{name}`");
            self.assessment.refuse(Reason::UnsupportedFormat, note);
            return None;
        }
        self.assessment.note(format!("the step `{name}` has a layout of its own"));
        let folder = format!("{folder}{}/", sublayout_folder(step, signed.key_id));
        self.layout(layout, &folder, depth)
    }

    fn judge_rules(&mut self, layout: &Layout, links: &BTreeMap<String, Link>) {
        for step in &layout.steps {
            let Some(link) = links.get(&step.name) else { continue };
            let sides =
                [(Side::Materials, &step.material_rules), (Side::Products, &step.product_rules)];
            for (side, rules) in sides {
                let Err(broken) = apply(rules, side, link, links, &mut self.budget) else {
                    continue;
                };
                let name = shown(step.name.as_bytes());
                match broken {
                    Broken::Rule { rule, paths } => {
                        let named: Vec<_> = paths
                            .iter()
                            .take(MAX_NAMED)
                            .map(|path| shown(path.as_bytes()))
                            .collect();
                        let note = format!(
                            "the {} of the step `{name}` break `{}`: {}",
                            side.name(),
                            shown(rule.as_bytes()),
                            named.join(", ")
                        );
                        self.assessment.refuse(Reason::StepRuleBroken, note);
                    }
                    Broken::Exhausted => {
                        let note = format!("the rules of the step `{name}` cost too much work");
                        self.assessment.refuse(Reason::UnsupportedFormat, note);
                        return;
                    }
                }
            }
        }
    }

    fn refuse_error(&mut self, at: &str, error: &LayoutError) {
        self.assessment.refuse(error.reason(), format!("{at}{error}"));
    }
}
