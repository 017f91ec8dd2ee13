use super::document::{Artifacts, Link};
use super::fnmatch::{Budget, Exhausted, Fnmatch};
use crate::provenance::is_well_formed_digest;
use std::collections::{BTreeMap, BTreeSet};

/// What a step may take in or give out (in-toto specification v1.0, section 4.3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// The rule as it was written, for people.
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Match(Match),
    Create(Fnmatch),
    Delete(Fnmatch),
    Modify(Fnmatch),
    Allow(Fnmatch),
    Disallow(Fnmatch),
    Require(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Match {
    pattern: Fnmatch,
    /// A prefix with a slash at its end, or nothing.
    source_prefix: String,
    side: Side,
    destination_prefix: String,
    step: String,
}

/// One side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Materials,
    Products,
}

/// Says which rule is broken by which paths, or that the work was too much.
pub(super) enum Broken {
    Rule { rule: String, paths: Vec<String> },
    Exhausted,
}

impl From<Exhausted> for Broken {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Materials => "materials",
            Self::Products => "products",
        }
    }

    fn of(self, link: &Link) -> &Artifacts {
        match self {
            Self::Materials => &link.materials,
            Self::Products => &link.products,
        }
    }
}

impl Rule {
    /// Reads a rule; its keywords are in any case.
    pub(super) fn parse(words: &[&str]) -> Option<Self> {
        let [keyword, pattern, rest @ ..] = words else { return None };
        let keyword = keyword.to_ascii_uppercase();
        let kind = if keyword == "MATCH" {
            Kind::Match(Match::parse(pattern, rest)?)
        } else if !rest.is_empty() {
            return None;
        } else if keyword == "REQUIRE" {
            Kind::Require((*pattern).to_owned())
        } else {
            let glob = Fnmatch::parse(pattern)?;
            match keyword.as_str() {
                "CREATE" => Kind::Create(glob),
                "DELETE" => Kind::Delete(glob),
                "MODIFY" => Kind::Modify(glob),
                "ALLOW" => Kind::Allow(glob),
                "DISALLOW" => Kind::Disallow(glob),
                _ => return None,
            }
        };
        Some(Self { text: words.join(" "), kind })
    }
}

impl Match {
    /// Reads `[IN <prefix>] WITH (MATERIALS|PRODUCTS) [IN <prefix>] FROM <step>`.
    fn parse(pattern: &str, words: &[&str]) -> Option<Self> {
        let (source_prefix, words) = prefix(words);
        let (side, words) = match words {
            [with, side, rest @ ..] if with.eq_ignore_ascii_case("WITH") => (*side, rest),
            _ => return None,
        };
        let (destination_prefix, words) = prefix(words);
        let [from, step] = words else { return None };
        if !from.eq_ignore_ascii_case("FROM") {
            return None;
        }
        let side = if side.eq_ignore_ascii_case("MATERIALS") {
            Side::Materials
        } else if side.eq_ignore_ascii_case("PRODUCTS") {
            Side::Products
        } else {
            return None;
        };
        Some(Self {
            pattern: Fnmatch::parse(pattern)?,
            source_prefix,
            side,
            destination_prefix,
            step: (*step).to_owned(),
        })
    }

    /// Returns the paths of the queue whose content is that of their counterpart.
    fn consumed<'a>(
        &self,
        queue: &BTreeSet<&'a str>,
        source: &Artifacts,
        links: &BTreeMap<String, Link>,
        budget: &mut Budget,
    ) -> Result<BTreeSet<&'a str>, Exhausted> {
        let mut consumed = BTreeSet::new();
        let Some(destination) = links.get(&self.step).map(|link| self.side.of(link)) else {
            return Ok(consumed);
        };
        for path in queue {
            let Some(rest) = path.strip_prefix(&self.source_prefix) else { continue };
            if !self.pattern.matches(rest, budget)? {
                continue;
            }
            let counterpart = destination.get(&format!("{}{rest}", self.destination_prefix));
            if source.get(*path).zip(counterpart).is_some_and(|(one, other)| same(one, other)) {
                consumed.insert(*path);
            }
        }
        Ok(consumed)
    }
}

fn prefix<'a, 'b>(words: &'b [&'a str]) -> (String, &'b [&'a str]) {
    match words {
        [keyword, prefix, rest @ ..] if keyword.eq_ignore_ascii_case("IN") => {
            let mut prefix = prefix.replace('\\', "/");
            if !prefix.is_empty() && !prefix.ends_with('/') {
                prefix.push('/');
            }
            (prefix, rest)
        }
        _ => (String::new(), words),
    }
}

/// Says whether two artifacts are the same by all their digests, a strong one among them: equal
/// sets without any would make anything the same.
fn same(one: &BTreeMap<String, String>, other: &BTreeMap<String, String>) -> bool {
    let strong = |algorithm: &str| {
        one.get(algorithm).is_some_and(|digest| is_well_formed_digest(algorithm, digest))
    };
    one == other && ["sha256", "sha512", "sha384"].into_iter().any(strong)
}

/// Applies rules one after the other to a queue of the link's materials or products: each takes
/// out what it allows; `DISALLOW` and `REQUIRE` look at what is left.
pub(super) fn apply(
    rules: &[Rule],
    side: Side,
    link: &Link,
    links: &BTreeMap<String, Link>,
    budget: &mut Budget,
) -> Result<(), Broken> {
    let artifacts = side.of(link);
    let mut queue: BTreeSet<&str> = artifacts.keys().map(String::as_str).collect();
    for rule in rules {
        let mut filtered = |glob: &Fnmatch, keep: &dyn Fn(&str) -> bool| {
            let mut found = BTreeSet::new();
            for path in &queue {
                if keep(path) && glob.matches(path, budget)? {
                    found.insert(*path);
                }
            }
            Ok::<_, Exhausted>(found)
        };
        let (materials, products) = (&link.materials, &link.products);
        let broken = |paths: BTreeSet<&str>| Broken::Rule {
            rule: rule.text.clone(),
            paths: paths.into_iter().map(str::to_owned).collect(),
        };
        let consumed = match &rule.kind {
            Kind::Match(rule) => rule.consumed(&queue, artifacts, links, budget)?,
            Kind::Create(glob) => filtered(glob, &|path| {
                products.contains_key(path) && !materials.contains_key(path)
            })?,
            Kind::Delete(glob) => filtered(glob, &|path| {
                materials.contains_key(path) && !products.contains_key(path)
            })?,
            Kind::Modify(glob) => filtered(glob, &|path| {
                materials.get(path).zip(products.get(path)).is_some_and(|(old, new)| old != new)
            })?,
            Kind::Allow(glob) => filtered(glob, &|_| true)?,
            Kind::Disallow(glob) => {
                let found = filtered(glob, &|_| true)?;
                if !found.is_empty() {
                    return Err(broken(found));
                }
                found
            }
            Kind::Require(path) => {
                if !queue.contains(path.as_str()) {
                    return Err(broken(BTreeSet::from([path.as_str()])));
                }
                BTreeSet::new()
            }
        };
        queue.retain(|path| !consumed.contains(path));
    }
    Ok(())
}
