use crate::range::Range;
use crate::scope::Scope;
use crate::sources::rustsec::Span;
use crate::versions::Order;
use beleg_model::Severity;

/// What an advisory is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Worth knowing, but no vulnerability by itself.
    Informational(Informational),
    /// A vulnerability.
    Vulnerability,
    /// The package does harm on purpose.
    Malicious,
}

/// What an advisory that is no vulnerability has to say (RustSec's `informational` field).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Informational {
    /// A security notice.
    Notice,
    /// Nobody maintains the package any more.
    Unmaintained,
    /// Safe code can cause undefined behaviour through its interface.
    Unsound,
    /// A word this version of beleg does not know.
    Other(String),
}

impl Informational {
    /// Reads RustSec's word.
    pub(crate) fn read(word: &str) -> Self {
        match word.trim() {
            "notice" => Self::Notice,
            "unmaintained" => Self::Unmaintained,
            "unsound" => Self::Unsound,
            other => Self::Other(crate::text::shown(other)),
        }
    }

    /// Returns RustSec's word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Notice => "notice",
            Self::Unmaintained => "unmaintained",
            Self::Unsound => "unsound",
            Self::Other(word) => word,
        }
    }
}

/// One record of a source, as far as matching and reporting need it.
#[derive(Clone, Debug)]
pub(crate) struct Advisory {
    pub(crate) id: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) summary: String,
    pub(crate) references: Vec<String>,
    pub(crate) affected: Vec<Affected>,
}

/// What an advisory says about one package.
#[derive(Clone, Debug)]
pub(crate) struct Affected {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) assessment: Assessment,
    /// Conditions nobody can decide from a version, such as `windows`.
    pub(crate) only_on: Vec<String>,
    pub(crate) rule: Rule,
}

/// How bad somebody said it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Assessment {
    pub(crate) severity: Option<Severity>,
    pub(crate) score: Option<f64>,
}

/// Which versions are affected.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    /// RustSec: every version outside the unaffected spans; `patched` are those of the spans
    /// that mend it.
    Outside { unaffected: Vec<Span>, patched: Vec<Span> },
    /// OSV: every version that is listed or in a range.
    Within { versions: Listed, ranges: Vec<Range> },
}

/// Versions an advisory lists, in one piece of memory: PyPI's advisories list 140,000.
#[derive(Clone, Debug)]
pub(crate) struct Listed(Box<str>);

impl Listed {
    /// Keeps versions as written. None contains the separator: no order accepts a line feed.
    pub(crate) fn new(versions: &[String]) -> Self {
        Self(versions.join("\n").into_boxed_str())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n').filter(|version| !version.is_empty())
    }

    /// Says whether `text` is one of them, as written or as ordered: `3.2` is `3.2.0`.
    fn contains(&self, order: Order, text: &str) -> bool {
        if self.iter().any(|version| version == text) {
            return true;
        }
        let Some(version) = order.parse(text) else { return false };
        self.iter()
            .filter_map(|listed| order.parse(listed))
            .any(|listed| version.against(&listed).is_eq())
    }
}

/// What a rule says about a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decision {
    NotAffected,
    Undecided(String),
    Affected,
}

impl Affected {
    /// Decides about a package's version, following the OSV schema's section "Evaluation".
    pub(crate) fn decide(&self, text: &str) -> Decision {
        let order = Order::of(self.scope.ecosystem);
        match &self.rule {
            Rule::Outside { unaffected, .. } => match order.parse(text) {
                Some(version) if unaffected.iter().any(|span| span.contains(&version)) => {
                    Decision::NotAffected
                }
                Some(_) => Decision::Affected,
                None => Decision::Undecided(order.not_comparable(text)),
            },
            Rule::Within { versions, ranges } => {
                let worst = ranges.iter().map(|range| range.decide(order, text)).max();
                if worst == Some(Decision::Affected) || versions.contains(order, text) {
                    return Decision::Affected;
                }
                if let Some(Decision::Undecided(why)) = worst {
                    return Decision::Undecided(why);
                }
                if worst.is_none() && versions.0.is_empty() {
                    return Decision::Undecided("the advisory names no versions".to_owned());
                }
                if order.parse(text).is_none() {
                    return Decision::Undecided(order.not_comparable(text));
                }
                Decision::NotAffected
            }
        }
    }

    /// Returns the versions that mend it and come after `text`, unordered; `> 1.2` stands for
    /// the unnamed first version after 1.2.
    pub(crate) fn fixes(&self, text: &str) -> Vec<String> {
        let order = Order::of(self.scope.ecosystem);
        match &self.rule {
            Rule::Outside { patched, .. } => {
                let Some(version) = order.parse(text) else { return Vec::new() };
                patched.iter().filter_map(|span| span.begin_after(&version)).collect()
            }
            Rule::Within { ranges, .. } => {
                ranges.iter().flat_map(|range| range.fixes(order, text)).collect()
            }
        }
    }
}
