use crate::advisory::{Advisory, Affected, Decision};
use crate::matched::Match;
use crate::merge::{Hit, merge_apart};
use crate::scope::advised_name_and_version;
use crate::sources::Source;
use crate::text::shown;
use beleg_ecosystem::Ecosystem as Known;
use beleg_model::{Ecosystem, Origin, Package};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Every advisory of every source, by package.
#[derive(Clone, Debug, Default)]
pub struct Index {
    sources: Vec<Source>,
    /// The advisories with the position of their source.
    advisories: Vec<(usize, Advisory)>,
    /// By ecosystem and folded name: positions of an advisory and of an entry in it.
    by_name: HashMap<(&'static str, String), Vec<(usize, usize)>>,
}

/// Says which sources could know about an ecosystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// These do, by name, sorted.
    By(Vec<String>),
    /// None does: that nothing matches a package of it says nothing.
    None,
}

impl Index {
    /// Builds an index over `sources`.
    #[must_use]
    pub fn build(sources: impl IntoIterator<Item = Source>) -> Self {
        let mut index = Self::default();
        for mut source in sources {
            let position = index.sources.len();
            for advisory in std::mem::take(&mut source.advisories) {
                for (entry, affected) in advisory.affected.iter().enumerate() {
                    let name = folded(affected.scope.ecosystem, &affected.name);
                    let places = index.by_name.entry(name).or_default();
                    places.push((index.advisories.len(), entry));
                }
                index.advisories.push((position, advisory));
            }
            index.sources.push(source);
        }
        index
    }

    /// Returns the sources it was built over, in the order given.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Says which sources cover an ecosystem. One that has releases is covered by release, and an
    /// unknown release by none.
    #[must_use]
    pub fn covers(&self, ecosystem: &Ecosystem) -> Coverage {
        let wanted = ecosystem.to_string();
        let is_placed = |known: &Known| known.releases.is_none() || ecosystem.release.is_some();
        let covering = self.sources.iter().filter(|source| {
            source.ecosystem.name == ecosystem.name
                && is_placed(source.ecosystem)
                && source.ecosystems.contains(&wanted)
        });
        let mut names: Vec<String> = covering.map(|source| source.name.clone()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { Coverage::None } else { Coverage::By(names) }
    }

    /// Returns what is known about a package, worst first, then by identifier. Records that mean
    /// the same vulnerability are one match.
    ///
    /// Where advisories speak of source packages, those are looked up. A package from elsewhere
    /// than its registry, or that is called the project's own, gets `Undecided` matches, because
    /// only the name is known to be the same.
    #[must_use]
    pub fn matches(&self, package: &Package) -> Vec<Match> {
        self.matches_apart(package, &BTreeSet::new())
    }

    /// Returns what [`Self::matches`] does, with the records that `named` identifiers mean kept
    /// apart from the others, though these may share a further identifier with them.
    #[must_use]
    pub fn matches_apart(&self, package: &Package, named: &BTreeSet<&str>) -> Vec<Match> {
        let Ecosystem { name, release } = &package.ecosystem;
        let Some(ecosystem) = self.known(name) else { return Vec::new() };
        let (name, version) = advised_name_and_version(ecosystem, package);
        let places = self.by_name.get(&folded(ecosystem, name));
        let mut entries: BTreeMap<usize, Vec<&Affected>> = BTreeMap::new();
        for (advisory, entry) in places.into_iter().flatten() {
            let found = self.advisories.get(*advisory).and_then(|it| it.1.affected.get(*entry));
            entries.entry(*advisory).or_default().extend(found);
        }
        let mut hits = Vec::new();
        for (position, entries) in entries {
            let Some((source, advisory)) = self.advisories.get(position) else { continue };
            let (entries, decision) = if ecosystem.releases.is_some() {
                decide_in_release(entries, release.as_deref(), version)
            } else {
                let decision = decide(&entries, version);
                (entries, decision)
            };
            let decision = match (&package.origin, decision) {
                (_, Decision::NotAffected) => continue,
                (Origin::Elsewhere(place), _) => Decision::Undecided(format!(
                    "it comes from {} and may be another package of the same name",
                    shown(place)
                )),
                (Origin::Local, _) => Decision::Undecided(
                    "it is called the project's own and bears the name and version of a release"
                        .to_owned(),
                ),
                (_, decision) => decision,
            };
            let source = self.sources.get(*source).map_or("", |source| source.name.as_str());
            hits.push(Hit { advisory, source, entries, decision });
        }
        merge_apart(hits, named, name, version)
    }

    /// Returns the name and the version by which advisories speak of a package.
    #[must_use]
    pub fn advised<'a>(&self, package: &'a Package) -> (&'a str, &'a str) {
        match self.known(&package.ecosystem.name) {
            Some(ecosystem) => advised_name_and_version(ecosystem, package),
            None => (&package.name, &package.version),
        }
    }

    /// Says whether a record speaks of a package of this name, in whatever version. Where advisories
    /// speak of source packages, a binary package's name does not tell.
    #[must_use]
    pub fn names(&self, ecosystem: &str, name: &str) -> bool {
        self.known(ecosystem).is_none_or(|known| {
            known.advises_sources || self.by_name.contains_key(&folded(known, name))
        })
    }

    pub(crate) fn known(&self, name: &str) -> Option<&'static Known> {
        let mut known = self.sources.iter().map(|source| source.ecosystem);
        known.find(|known| known.name == name)
    }
}

fn folded(ecosystem: &Known, name: &str) -> (&'static str, String) {
    (ecosystem.name, (ecosystem.fold_name)(name).into_owned())
}

fn decide(entries: &[&Affected], version: &str) -> Decision {
    let decisions = entries.iter().map(|entry| entry.decide(version));
    decisions.max().unwrap_or(Decision::NotAffected)
}

/// Decides about a version of a release: by the entries about that release, where there are any.
/// Entries about no release in particular can clear a version but not condemn it, because a
/// release may hold the mended code under an older version. For a package of an unknown release
/// the same goes for all entries.
fn decide_in_release<'a>(
    entries: Vec<&'a Affected>,
    release: Option<&str>,
    version: &str,
) -> (Vec<&'a Affected>, Decision) {
    let Some(release) = release else {
        let why = "the release of the distribution is not known".to_owned();
        let decision = at_most_undecided(decide(&entries, version), why);
        return (entries, decision);
    };
    let of = |wanted: Option<&str>| -> Vec<&'a Affected> {
        entries.iter().copied().filter(|it| it.scope.release.as_deref() == wanted).collect()
    };
    let exact = of(Some(release));
    if !exact.is_empty() {
        let decision = decide(&exact, version);
        return (exact, decision);
    }
    let general = of(None);
    let why = "the advisory names no release of the distribution".to_owned();
    let decision = at_most_undecided(decide(&general, version), why);
    (general, decision)
}

fn at_most_undecided(decision: Decision, why: String) -> Decision {
    match decision {
        Decision::Affected => Decision::Undecided(why),
        other => other,
    }
}
