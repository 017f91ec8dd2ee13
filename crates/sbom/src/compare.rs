use crate::address::Place;
use crate::comparable::{Comparable, canonical, comparable};
use crate::formats::{NamedOnly, Parsed};
use crate::rules;
use crate::text::shown;
use beleg_ecosystem::{Registry, normalized_name};
use beleg_model::{Digest, Finding, Origin, Package};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How an SBOM differs from what it claims to describe. Everything is ordered by registry, name
/// and version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Packages that are there and that the SBOM does not list.
    pub missing: Vec<Package>,
    /// Packages that the SBOM lists and that are not there.
    pub extra: Vec<Package>,
    /// Packages that both have, in different versions.
    pub different_version: Vec<Difference>,
    /// Packages that both have in one version, from different places.
    pub different_origin: Vec<Difference>,
    /// Packages that both have in one version, with hashes of which none agrees.
    pub different_hash: Vec<Difference>,
}

/// A package that is there otherwise than the SBOM says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The package as the SBOM lists it.
    pub claimed: Package,
    /// The package as it is.
    pub actual: Package,
}

/// Compares what an SBOM claims with what is there.
///
/// Packages are matched by registry and name, whatever the release of the distribution. One name
/// may be there in several versions, and one version from several places; each must be listed.
/// A version that the SBOM lists more often than it is there is no difference: tools list a
/// package once for each file they found it in.
///
/// The project's own packages ([`Origin::Local`]) are what the SBOM is about: they may be listed
/// or not, and what the SBOM describes may bear a name of its own. Where both sides name one,
/// the versions must agree.
///
/// A package of the public registry is not one of another place, though both bear one name and
/// version. Many SBOMs do not tell the project's own from others, so that these may be claimed as
/// either; but what is of a registry is not the project's own.
///
/// What one side has by name alone ([`Parsed::named_only`]) is neither missing nor extra on the
/// other. Nobody can say whether it is the same; the caller says so where that leaves something out.
///
/// What is one version and one name, the ecosystem says; of one that is not `known` both compare
/// as written.
#[must_use]
pub fn compare(claimed: &Parsed, actual: &Parsed, known: Registry) -> Differences {
    let claimed_names = Names::of(&claimed.named_only, known);
    let actual_names = Names::of(&actual.named_only, known);
    let mut differences = whole_packages(&claimed.packages, &actual.packages, known);
    differences.missing.retain(claimed_names.others());
    differences.extra.retain(actual_names.others());
    differences.different_hash = different_hashes(claimed, actual, known);
    differences
}

/// What both sides say of the files of one version. Either may name a part of them.
fn different_hashes(claimed: &Parsed, actual: &Parsed, known: Registry) -> Vec<Difference> {
    let by_version = |parsed: &'_ Parsed| {
        let mut all: BTreeMap<_, (usize, BTreeSet<Digest>)> = BTreeMap::new();
        for (place, facts) in &parsed.facts {
            let Some(package) = parsed.packages.get(*place) else { continue };
            let Package { ecosystem, name, version, .. } = package;
            let folded = canonical(ecosystem, name, known).into_owned();
            let key = (ecosystem.name.clone(), folded, version.clone());
            let (_, known) = all.entry(key).or_insert_with(|| (*place, BTreeSet::new()));
            known.extend(facts.digests.iter().cloned());
        }
        all
    };
    let actual_hashes = by_version(actual);
    let differ = |says: &BTreeSet<Digest>, is: &BTreeSet<Digest>| {
        let comparable = says.iter().any(|a| is.iter().any(|b| a.algorithm() == b.algorithm()));
        comparable && says.is_disjoint(is)
    };
    let pairs = by_version(claimed).into_iter().filter_map(|(key, (place, says))| {
        let (other, _) = actual_hashes.get(&key).filter(|(_, is)| differ(&says, is))?;
        Some(Difference::between(claimed.packages.get(place)?, actual.packages.get(*other)?))
    });
    pairs.collect()
}

fn whole_packages(claimed: &[Package], actual: &[Package], known: Registry) -> Differences {
    let claimed = by_name(claimed, known);
    let actual = by_name(distinct(actual, known), known);
    let nothing = Versions::new();
    let mut differences = Differences::default();
    let keys: BTreeSet<&Key<'_>> = claimed.keys().chain(actual.keys()).collect();
    for key in keys {
        let claimed = claimed.get(key).unwrap_or(&nothing);
        let actual = actual.get(key).unwrap_or(&nothing);
        differences.compare_one_name(claimed, actual);
    }
    differences
}

impl Differences {
    /// Returns whether the SBOM lists exactly what is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
            && self.extra.is_empty()
            && self.different_version.is_empty()
            && self.different_origin.is_empty()
            && self.different_hash.is_empty()
    }

    /// Makes one finding of each difference; `sbom` is where the SBOM was read.
    #[must_use]
    pub fn findings(&self, sbom: &str) -> Vec<Finding> {
        let missing = self.missing.iter().map(|package| {
            Finding::of(
                &rules::SBOM_MISSING_COMPONENT,
                sbom,
                format!("{} is in `{}` but not in the SBOM.", named(package), package.location),
            )
        });
        let extra = self.extra.iter().map(|package| {
            Finding::of(
                &rules::SBOM_EXTRA_COMPONENT,
                sbom,
                format!("{} is in the SBOM but not in what it describes.", named(package)),
            )
        });
        let different = self.different_version.iter().map(|Difference { claimed, actual }| {
            Finding::of(
                &rules::SBOM_DIFFERENT_VERSION,
                sbom,
                format!(
                    "The SBOM lists {}, but `{}` has version {}.",
                    named(claimed),
                    actual.location,
                    shown(&actual.version)
                ),
            )
        });
        let origins = self.different_origin.iter().map(|it| it.of_origin(sbom));
        let hashes = self.different_hash.iter().map(|Difference { claimed, actual }| {
            let message = format!(
                "No hash that the SBOM has of {} is one of those in `{}`.",
                named(claimed),
                actual.location
            );
            Finding::of(&rules::SBOM_DIFFERENT_HASH, sbom, message)
        });
        missing.chain(extra).chain(different).chain(origins).chain(hashes).collect()
    }

    /// Pairs what is claimed and what is there in one version, and returns what no claim is left for.
    fn compare_one_version<'a>(
        &mut self,
        claimed: &[&Package],
        actual: &[&'a Package],
    ) -> Vec<&'a Package> {
        let (mut claims, mut left) = (claimed.to_vec(), actual.to_vec());
        if claims.is_empty() {
            return left;
        }
        take_pairs(&mut claims, &mut left);
        // Many SBOMs do not tell the project's own from others: what is may be claimed as any.
        let own = |package: &&Package| package.origin == Origin::Local;
        claims.sort_by_key(own);
        left.sort_by_key(own);
        let differ = left.iter().zip(&claims).filter(|(is, _)| !own(is));
        self.different_origin.extend(differ.map(|(is, says)| Difference::between(says, is)));
        left.into_iter().skip(claims.len()).collect()
    }

    /// Takes away what agrees, pairs what is left in the order of the versions, and reports the
    /// rest.
    fn compare_one_name(&mut self, claimed: &Versions<'_>, actual: &Versions<'_>) {
        let mut unclaimed = Vec::new();
        for (version, packages) in actual {
            let listed = claimed.get(version).map_or(&[][..], Vec::as_slice);
            unclaimed.extend(self.compare_one_version(listed, packages));
        }
        let mut free = claimed
            .iter()
            .filter(|(version, _)| !actual.contains_key(version))
            .filter_map(|(_, claims)| claims.first());
        for package in unclaimed {
            match free.next() {
                Some(claim) => self.different_version.push(Difference::between(claim, package)),
                None if package.origin == Origin::Local => {}
                None => self.missing.push((*package).clone()),
            }
        }
        // A claim to be the project's own excuses only a name that is not there at all.
        let excused = |claim: &Package| claim.origin == Origin::Local && actual.is_empty();
        self.extra.extend(free.filter(|claim| !excused(claim)).map(|claim| (*claim).clone()));
    }
}

impl Difference {
    fn between(claimed: &Package, actual: &Package) -> Self {
        Self { claimed: claimed.clone(), actual: actual.clone() }
    }

    /// Makes the finding that the package is of another place. An SBOM that names no place means the
    /// registry, by the rules of package URLs; but most tools just do not say it.
    fn of_origin(&self, sbom: &str) -> Finding {
        let Self { claimed, actual } = self;
        let is = format!("`{}` has it from {}", actual.location, in_words(&actual.origin));
        match &claimed.origin {
            Origin::Registry => Finding::of(
                &rules::SBOM_ORIGIN_UNSTATED,
                sbom,
                format!("The SBOM does not say where {} is from; {is}.", named(claimed)),
            ),
            origin => Finding::of(
                &rules::SBOM_DIFFERENT_ORIGIN,
                sbom,
                format!(
                    "The SBOM says that {} is from {}; {is}.",
                    named(claimed),
                    in_words(origin)
                ),
            ),
        }
    }
}

fn in_words(origin: &Origin) -> String {
    match origin {
        Origin::Registry => "the public registry".to_owned(),
        Origin::Local => "the project itself".to_owned(),
        Origin::Elsewhere(place) => format!("`{}`", shown(place)),
    }
}

/// Takes from `claims` one of the same origin for each package; both keep what is left over.
fn take_pairs(claims: &mut Vec<&Package>, packages: &mut Vec<&Package>) {
    let mut paired: BTreeMap<Whence, (usize, usize)> = BTreeMap::new();
    for claim in &*claims {
        let counts = paired.entry(Whence::of(claim)).or_default();
        counts.0 = counts.0.saturating_add(1);
    }
    packages.retain(|package| {
        let counts = paired.get_mut(&Whence::of(package)).filter(|(left, _)| *left > 0);
        let taken = counts.map(|(left, taken)| {
            (*left, *taken) = (left.saturating_sub(1), taken.saturating_add(1));
        });
        taken.is_none()
    });
    claims.retain(|claim| {
        let counts = paired.get_mut(&Whence::of(claim)).filter(|(_, taken)| *taken > 0);
        counts.map(|(_, taken)| *taken = taken.saturating_sub(1)).is_none()
    });
}

/// An origin, as far as two sides can agree on it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Whence {
    Registry,
    Local,
    Elsewhere(Place),
}

impl Whence {
    fn of(package: &Package) -> Self {
        match &package.origin {
            Origin::Registry => Self::Registry,
            Origin::Local => Self::Local,
            Origin::Elsewhere(place) => Self::Elsewhere(Place::of(place)),
        }
    }
}

/// What is there by name alone. Each of them answers for one package.
struct Names<'a> {
    /// By the name in its coarsest form, so that one look-up is quick however many there are.
    left: HashMap<String, Vec<&'a NamedOnly>>,
    known: Registry,
}

impl<'a> Names<'a> {
    fn of(names: &'a [NamedOnly], known: Registry) -> Self {
        let mut left: HashMap<String, Vec<&NamedOnly>> = HashMap::new();
        for name in names {
            left.entry(coarsest(&name.name)).or_default().push(name);
        }
        Self { left, known }
    }

    /// Returns whether a package is none of these, and takes the one that answers for it away.
    fn others(mut self) -> impl FnMut(&Package) -> bool + use<'a> {
        move |package| {
            let alike = self.left.get_mut(&coarsest(&package.name));
            let answering = alike.and_then(|alike| {
                let place = alike.iter().position(|name| may_be(name, package, self.known))?;
                Some(alike.swap_remove(place))
            });
            answering.is_none()
        }
    }
}

/// Folds at least what any ecosystem folds, and so needs none.
fn coarsest(name: &str) -> String {
    normalized_name(name).into_owned()
}

fn may_be(named: &NamedOnly, package: &Package, known: Registry) -> bool {
    let ecosystem = &package.ecosystem;
    let version = |text| comparable(ecosystem, text, known);
    named.ecosystem.as_ref().is_none_or(|it| it.name == ecosystem.name)
        && canonical(ecosystem, &named.name, known) == package.name
        && named.version.as_deref().is_none_or(|named| version(named) == version(&package.version))
}

/// An ecosystem and a name.
type Key<'a> = (&'a str, &'a str);
/// The packages of one name by version.
type Versions<'a> = BTreeMap<Comparable<'a>, Vec<&'a Package>>;

fn by_name<'a>(
    packages: impl IntoIterator<Item = &'a Package>,
    known: Registry,
) -> BTreeMap<Key<'a>, Versions<'a>> {
    let mut groups: BTreeMap<Key<'a>, Versions<'a>> = BTreeMap::new();
    for package in packages {
        let group = groups.entry((&*package.ecosystem.name, &package.name)).or_default();
        let version = comparable(&package.ecosystem, &package.version, known);
        group.entry(version).or_default().push(package);
    }
    groups
}

/// Counts the same version from the same place for the same machine once, however many lines
/// name it.
fn distinct(packages: &[Package], known: Registry) -> impl Iterator<Item = &Package> {
    let mut seen = BTreeSet::new();
    packages.iter().filter(move |package| {
        let Package { ecosystem, name, origin, architecture, .. } = package;
        let version = comparable(ecosystem, &package.version, known);
        seen.insert((&*ecosystem.name, name, version, origin, architecture))
    })
}

fn named(package: &Package) -> String {
    format!("`{}` {}", shown(&package.name), shown(&package.version))
}

#[cfg(test)]
mod tests;
