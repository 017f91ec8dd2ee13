use super::document::{Document, Layout, Link, Step};
use super::fnmatch::Budget;
use super::key::LayoutKey;
use super::metadata::Metadata;
use crate::provenance::Assessment;
use beleg_model::text::shown;
use beleg_trust::Reason;
use std::collections::BTreeSet;

/// A file of the folder that a layout's links lie in.
pub(super) struct Evidence {
    /// The file's name within that folder.
    pub(super) file: String,
    pub(super) metadata: Metadata,
    pub(super) document: Document,
}

/// A link, or a layout in its place, that a functionary of a step signed.
pub(super) struct Signed<'a> {
    /// The id that the layout gives the functionary's key.
    pub(super) key_id: &'a str,
    pub(super) key: &'a LayoutKey,
    pub(super) evidence: &'a Evidence,
}

/// Finds what the functionaries of a step signed. Too few distinct keys are refused; `None` then.
pub(super) fn signed_by_functionaries<'a>(
    step: &'a Step,
    layout: &'a Layout,
    folder: &'a [Evidence],
    budget: &mut Budget,
    assessment: &mut Assessment,
) -> Option<Vec<Signed<'a>>> {
    let name = shown(step.name.as_bytes());
    let mut found: Vec<Signed<'a>> = Vec::new();
    let mut candidates = 0_usize;
    let mut uncheckable: BTreeSet<&str> = BTreeSet::new();
    for evidence in folder {
        if !evidence.is_of(step) {
            continue;
        }
        candidates = candidates.saturating_add(1);
        let mut by_nobody = true;
        for key_id in &step.functionaries {
            if !evidence.metadata.names(key_id) || !evidence.is_of_functionary(step, key_id) {
                continue;
            }
            if budget.spend_signatures(evidence.metadata.signatures()).is_err() {
                let note = format!("the links of the step `{name}` cost too much work");
                assessment.refuse(Reason::UnsupportedFormat, note);
                return None;
            }
            match layout.keys.get(key_id) {
                Some(Ok(key)) if evidence.metadata.is_signed_by(key) => {
                    by_nobody = false;
                    found.push(Signed { key_id, key, evidence });
                }
                Some(Err(error)) => {
                    uncheckable.insert(key_id);
                    by_nobody = false;
                    let file = shown(evidence.file.as_bytes());
                    assessment
                        .note(format!("the signature on `{file}` cannot be checked: {error}"));
                }
                _ => {}
            }
        }
        if by_nobody {
            let file = shown(evidence.file.as_bytes());
            assessment.note(format!(
                "`{file}` does not count: it is signed by nobody whom the layout names for the \
                 step `{name}`"
            ));
        }
    }
    let mut distinct: Vec<&LayoutKey> = Vec::new();
    for signed in &found {
        // One key under two ids is one functionary.
        if !distinct.contains(&signed.key) {
            distinct.push(signed.key);
        }
    }
    if distinct.len() >= step.threshold {
        return Some(found);
    }
    let (good, threshold) = (distinct.len(), step.threshold);
    if candidates == 0 {
        assessment.refuse(Reason::StepMissing, format!("the step `{name}` has no link"));
    } else if good.saturating_add(uncheckable.len()) >= threshold {
        let note = format!("the links of the step `{name}` are signed in a way that is not known");
        assessment.refuse(Reason::UnsupportedSignature, note);
    } else {
        let note = format!(
            "the step `{name}` has links of {good} of its functionaries; {threshold} are demanded"
        );
        assessment.refuse(Reason::ThresholdNotMet, note);
    }
    None
}

/// Reduces what several functionaries say of one step to one link. They have to agree.
pub(super) fn agreed(step: &Step, links: Vec<Link>, assessment: &mut Assessment) -> Option<Link> {
    let mut links = links.into_iter();
    let first = links.next()?;
    let agree = |link: &Link| link.materials == first.materials && link.products == first.products;
    if !links.all(|link| agree(&link)) {
        let name = shown(step.name.as_bytes());
        let note =
            format!("the functionaries of the step `{name}` took in or gave out different things");
        assessment.refuse(Reason::ThresholdNotMet, note);
        return None;
    }
    Some(first)
}

impl Evidence {
    /// Says whether this may be about the step: a link by the name that is signed; a layout has
    /// none, so its file's name counts, and only together with whose key made it.
    fn is_of(&self, step: &Step) -> bool {
        match &self.document {
            Document::Link(link) => link.name == step.name,
            Document::Layout(_) => {
                step.functionaries.iter().any(|key_id| self.file == file_name(step, key_id))
            }
        }
    }

    fn is_of_functionary(&self, step: &Step, key_id: &str) -> bool {
        match &self.document {
            Document::Link(_) => true,
            Document::Layout(_) => self.file == file_name(step, key_id),
        }
    }
}

fn file_name(step: &Step, key_id: &str) -> String {
    format!("{}.link", sublayout_folder(&step.name, key_id))
}

/// The folder of a sublayout's links: the step and the first eight characters of the key's id.
pub(super) fn sublayout_folder(step: &str, key_id: &str) -> String {
    let short: String = key_id.chars().take(8).collect();
    format!("{step}.{short}")
}
