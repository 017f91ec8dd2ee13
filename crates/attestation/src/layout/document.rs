use super::key::{LayoutKey, LayoutKeyError};
use super::rule::Rule;
use crate::provenance::{JsonError, Object, ShapeError};
use beleg_model::text::shown;
use beleg_trust::Reason;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most steps, inspections, keys and functionaries of one layout.
const MAX_STEPS: usize = 1_000;
/// The most rules of one layout.
const MAX_RULES: usize = 10_000;
/// The most materials, and the most products, of one link.
const MAX_ARTIFACTS: usize = 100_000;

/// Says why bytes are no layout or link that could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// No JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A field is absent or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Neither a metablock nor an envelope with in-toto metadata.
    #[error("it is neither a layout nor a link")]
    UnknownType,
    /// A number that is no integer, over which no signature can be.
    #[error("it has a number that is no integer")]
    NotCanonical,
    /// More than the limit.
    #[error("it has more {0} than the limit allows")]
    TooMany(&'static str),
    /// Two steps or inspections of one name.
    #[error("the name `{0}` stands for two steps or inspections")]
    DuplicateName(String),
    /// A rule that is none.
    #[error("`{0}` is no artifact rule")]
    Rule(String),
}

impl LayoutError {
    /// Returns the reason that a judgement carries for it.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::UnknownType => Reason::UnsupportedFormat,
            _ => Reason::MalformedStatement,
        }
    }
}

/// What a project's owner demands (in-toto specification v1.0, section 4.3).
pub(super) struct Layout {
    pub(super) expires: Timestamp,
    pub(super) keys: BTreeMap<String, Result<LayoutKey, LayoutKeyError>>,
    pub(super) steps: Vec<Step>,
    /// The names of the inspections; their commands are not run.
    pub(super) inspections: Vec<String>,
}

pub(super) struct Step {
    pub(super) name: String,
    pub(super) functionaries: Vec<String>,
    pub(super) threshold: usize,
    pub(super) command: Vec<String>,
    pub(super) material_rules: Vec<Rule>,
    pub(super) product_rules: Vec<Rule>,
}

/// Paths and what they held, as digests by algorithm.
pub(super) type Artifacts = BTreeMap<String, BTreeMap<String, String>>;

/// What a functionary says to have done in one step (section 4.4).
#[derive(Clone)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) materials: Artifacts,
    pub(super) products: Artifacts,
    pub(super) command: Vec<String>,
}

/// Either of the two kinds of metadata.
pub(super) enum Document {
    Layout(Layout),
    Link(Link),
}

impl Document {
    pub(super) fn read(payload: &Value) -> Result<Self, LayoutError> {
        let payload = Object::of(payload, "signed")?;
        match payload.required_text("_type")? {
            "layout" => Ok(Self::Layout(Layout::read(payload)?)),
            "link" => Ok(Self::Link(Link::read(payload)?)),
            _ => Err(LayoutError::UnknownType),
        }
    }
}

impl Layout {
    fn read(layout: Object<'_>) -> Result<Self, LayoutError> {
        let mut keys = BTreeMap::new();
        for (id, key) in layout.required_object("keys")?.map() {
            keys.insert(id.clone(), LayoutKey::read(Object::of(key, "key")?));
        }
        let steps = layout.list("steps")?;
        let inspections = layout.list("inspect")?;
        if steps.len() > MAX_STEPS || inspections.len() > MAX_STEPS || keys.len() > MAX_STEPS {
            return Err(LayoutError::TooMany("steps or keys"));
        }
        let mut rules = 0;
        let steps =
            steps.iter().map(|step| Step::read(step, &mut rules)).collect::<Result<Vec<_>, _>>()?;
        let inspections = inspections
            .iter()
            .map(|it| Ok(Object::of(it, "inspect")?.required_text("name")?.to_owned()))
            .collect::<Result<Vec<_>, LayoutError>>()?;
        let mut names = BTreeSet::new();
        for name in steps.iter().map(|step| &step.name).chain(&inspections) {
            if !names.insert(name) {
                return Err(LayoutError::DuplicateName(shown(name.as_bytes())));
            }
        }
        let expires = layout.time("expires")?;
        let expires = expires.ok_or_else(|| layout.wrong("expires", "a time (RFC 3339)"))?;
        Ok(Self { expires, keys, steps, inspections })
    }
}

impl Step {
    fn read(value: &Value, rules: &mut usize) -> Result<Self, LayoutError> {
        let step = Object::of(value, "step")?;
        let threshold = match step.get("threshold") {
            None => 1,
            Some(value) => value
                .as_u64()
                .and_then(|threshold| usize::try_from(threshold).ok())
                .filter(|threshold| *threshold > 0)
                .ok_or_else(|| step.wrong("threshold", "a whole number from 1"))?,
        };
        let functionaries = step.texts("pubkeys")?;
        if functionaries.len() > MAX_STEPS {
            return Err(LayoutError::TooMany("functionaries"));
        }
        Ok(Self {
            name: step.required_text("name")?.to_owned(),
            functionaries,
            threshold,
            command: step.texts("expected_command")?,
            material_rules: read_rules(step.list("expected_materials")?, rules)?,
            product_rules: read_rules(step.list("expected_products")?, rules)?,
        })
    }
}

impl Link {
    fn read(link: Object<'_>) -> Result<Self, LayoutError> {
        Ok(Self {
            name: link.required_text("name")?.to_owned(),
            materials: read_artifacts(link.required_object("materials")?)?,
            products: read_artifacts(link.required_object("products")?)?,
            command: link.texts("command")?,
        })
    }
}

fn read_artifacts(object: Object<'_>) -> Result<Artifacts, LayoutError> {
    if object.map().len() > MAX_ARTIFACTS {
        return Err(LayoutError::TooMany("artifacts"));
    }
    let mut artifacts = Artifacts::new();
    for (path, value) in object.map() {
        let set = Object::of(value, "digests")?;
        let digests = set
            .map()
            .iter()
            .map(|(algorithm, digest)| Some((algorithm.clone(), digest.as_str()?.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| object.wrong(path, "a set of digests"))?;
        artifacts.insert(path.clone(), digests);
    }
    Ok(artifacts)
}

fn read_rules(list: &[Value], count: &mut usize) -> Result<Vec<Rule>, LayoutError> {
    *count = count.saturating_add(list.len());
    if *count > MAX_RULES {
        return Err(LayoutError::TooMany("rules"));
    }
    let read = |value: &Value| {
        let words: Option<Vec<&str>> =
            value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        words
            .and_then(|words| Rule::parse(&words))
            .ok_or_else(|| LayoutError::Rule(shown(value.to_string().as_bytes())))
    };
    list.iter().map(read).collect()
}
