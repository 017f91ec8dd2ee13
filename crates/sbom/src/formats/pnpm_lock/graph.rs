//! Which package asks for which, and what each is needed for.

use super::key::Form;
use crate::formats::{Edge, Parsed, Scope};
use crate::text::shown;
use beleg_model::Origin;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Something that is asked for.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) reference: &'a str,
    pub(super) scope: Scope,
}

/// Packages by their places, and what asks for them.
#[derive(Default)]
pub(super) struct Graph {
    /// The keys that are listed; one that became no package has no place.
    places: HashMap<String, Option<usize>>,
    edges: BTreeMap<(usize, usize), Scope>,
    /// What the project itself asks for.
    direct: BTreeMap<usize, Scope>,
    /// What is asked for by something that is no package of the file.
    by_others: BTreeMap<usize, Scope>,
    missing: Vec<(u32, String)>,
}

impl Graph {
    pub(super) fn known(&mut self, key: &str, place: Option<usize>) {
        self.places.insert(key.to_owned(), place);
    }

    pub(super) fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied().flatten()
    }

    /// Notes that the package of a key asks for another.
    pub(super) fn ask(
        &mut self,
        form: Form,
        line: u32,
        key: &str,
        from: Option<usize>,
        wanted: Wanted<'_>,
    ) {
        let Some(to) = self.answer(form, line, key, &wanted) else { return };
        let scope = match from {
            Some(from) => self.edges.entry((from, to)).or_insert(wanted.scope),
            None => self.by_others.entry(to).or_insert(wanted.scope),
        };
        *scope = wanted.scope.min(*scope);
    }

    /// Notes that a project of a folder asks for a package.
    pub(super) fn want(&mut self, form: Form, line: u32, folder: &str, wanted: Wanted<'_>) {
        if let Some(to) = self.answer(form, line, folder, &wanted) {
            let scope = self.direct.entry(to).or_insert(wanted.scope);
            *scope = wanted.scope.min(*scope);
        }
    }

    /// Finds what is meant. What is linked is no package of the file.
    fn answer(&mut self, form: Form, line: u32, by: &str, wanted: &Wanted<'_>) -> Option<usize> {
        let Wanted { name, reference, .. } = wanted;
        if reference.starts_with("link:") || reference.starts_with("workspace:") {
            return None;
        }
        let keys = form.keys(name, reference);
        match keys.iter().find_map(|key| self.places.get(key)) {
            Some(place) => *place,
            None => {
                let why =
                    format!("the dependency `{}` of `{}` is not listed", shown(name), shown(by));
                self.missing.push((line, why));
                None
            }
        }
    }

    /// Takes what is asked for and not listed: the file was cut off or edited.
    pub(super) fn missing(&mut self) -> Vec<(u32, String)> {
        std::mem::take(&mut self.missing)
    }

    /// Says of every package what asks for it and what for: for what is least to be done without.
    pub(super) fn settle(self, parsed: &mut Parsed) {
        let mut asks: BTreeMap<usize, Vec<(usize, Scope)>> = BTreeMap::new();
        for ((from, to), scope) in &self.edges {
            asks.entry(*from).or_default().push((*to, *scope));
        }
        let mut scopes: BTreeMap<usize, Scope> = BTreeMap::new();
        let mut left: BTreeSet<(Scope, usize)> =
            self.direct.iter().chain(&self.by_others).map(|(place, it)| (*it, *place)).collect();
        while let Some((scope, place)) = left.pop_first() {
            if scopes.contains_key(&place) {
                continue;
            }
            scopes.insert(place, scope);
            let asked = asks.get(&place).into_iter().flatten();
            left.extend(asked.map(|(to, of)| (scope.max(*of), *to)));
        }
        for (place, package) in parsed.packages.iter().enumerate() {
            if package.origin != Origin::Local {
                let facts = parsed.facts.entry(place).or_default();
                facts.scope = scopes.get(&place).copied();
                facts.direct = Some(self.direct.contains_key(&place));
            }
        }
        let edges = self.edges.keys().map(|(from, to)| Edge { from: *from, to: *to });
        parsed.edges = Some(edges.collect());
    }
}
