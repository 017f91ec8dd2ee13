use super::bom::{Bom, Place};
use std::collections::{HashMap, HashSet};

/// What leads from one component to others: dependencies, and parts that stand within it.
struct Graph<'a> {
    depends_on: HashMap<&'a str, Vec<&'a str>>,
    named: HashMap<&'a str, Vec<usize>>,
    parts: HashMap<usize, Vec<usize>>,
}

impl Bom {
    /// Returns the places of the components that what the SBOM describes consists of or depends
    /// on, directly or through others. Without [`Bom::root`] there are none.
    #[must_use]
    pub fn reached(&self) -> HashSet<usize> {
        let graph = Graph::of(self);
        let mut reached = HashSet::new();
        let mut pending = self.parts_of_root();
        let mut names: Vec<&str> =
            self.root.iter().filter_map(super::bom::Component::reference).collect();
        let mut seen: HashSet<&str> = names.iter().copied().collect();
        loop {
            while let Some(name) = names.pop() {
                pending.extend(graph.named.get(name).into_iter().flatten());
                let targets = graph.depends_on.get(name).into_iter().flatten();
                names.extend(targets.copied().filter(|target| seen.insert(target)));
            }
            let Some(at) = pending.pop() else { return reached };
            if reached.insert(at) {
                pending.extend(graph.parts.get(&at).into_iter().flatten());
                let name = self.components.get(at).and_then(super::bom::Component::reference);
                names.extend(name.filter(|name| seen.insert(name)));
            }
        }
    }

    fn parts_of_root(&self) -> Vec<usize> {
        let places = self.components.iter().map(|component| component.place);
        places.zip(0..).filter(|(place, _)| *place == Place::Root).map(|(_, at)| at).collect()
    }
}

impl<'a> Graph<'a> {
    fn of(bom: &'a Bom) -> Self {
        let mut graph =
            Self { depends_on: HashMap::new(), named: HashMap::new(), parts: HashMap::new() };
        for dependency in &bom.dependencies {
            let targets = graph.depends_on.entry(&dependency.reference).or_default();
            targets.extend(dependency.depends_on.iter().map(String::as_str));
        }
        for (component, at) in bom.components.iter().zip(0..) {
            if let Some(name) = component.reference() {
                graph.named.entry(name).or_default().push(at);
            }
            if let Place::Component(outer) = component.place {
                graph.parts.entry(outer).or_default().push(at);
            }
        }
        graph
    }
}
