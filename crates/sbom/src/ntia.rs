//! The minimum elements of an SBOM (NTIA, "The Minimum Elements For a Software Bill of Materials",
//! July 2021, section "Data Fields"): supplier, component name, version, unique identifier,
//! dependency relationship, author of the SBOM data, timestamp.
//!
//! One finding tells of one element, however many components lack it.

use crate::cyclonedx::{Bom, Component};
use crate::rules;
use crate::text::{listed, shown};
use beleg_model::{Finding, Rule};
use jiff::Timestamp;

/// Components of these types are content, not software: only their names are asked for.
const CONTENT: [&str; 3] = ["file", "data", "cryptographic-asset"];

/// Checks an SBOM for the minimum elements; `path` is where it was read. An SBOM without any
/// component is unknown, not clean.
#[must_use]
pub fn check(bom: &Bom, path: &str) -> Vec<Finding> {
    let check = Check { bom, path };
    if bom.components.is_empty() {
        return [check.author(), check.timestamp(), Some(check.nothing_listed())]
            .into_iter()
            .flatten()
            .collect();
    }
    [
        check.author(),
        check.timestamp(),
        check.names(),
        check.versions(),
        check.identifiers(),
        check.relationships(),
        check.suppliers(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Check<'a> {
    bom: &'a Bom,
    path: &'a str,
}

impl<'a> Check<'a> {
    fn author(&self) -> Option<Finding> {
        let named = !self.bom.authors.is_empty() || self.bom.supplier.is_some();
        (!named)
            .then(|| self.fault(&rules::NTIA_MISSING_AUTHOR, "The SBOM does not say who made it."))
    }

    fn timestamp(&self) -> Option<Finding> {
        let problem = match self.bom.timestamp.as_deref() {
            None => "The SBOM does not say when it was made.".to_owned(),
            Some(text) if text.parse::<Timestamp>().is_err() => {
                format!("The SBOM's timestamp `{}` is no instant.", shown(text))
            }
            Some(_) => return None,
        };
        Some(self.fault(&rules::NTIA_MISSING_TIMESTAMP, problem))
    }

    fn names(&self) -> Option<Finding> {
        self.of_components(
            &rules::NTIA_MISSING_COMPONENT_NAME,
            "no name",
            self.bom.root.iter().chain(&self.bom.components),
            |component| component.name.is_some(),
        )
    }

    fn versions(&self) -> Option<Finding> {
        self.of_components(
            &rules::NTIA_MISSING_COMPONENT_VERSION,
            "no version",
            self.bom.root.iter().chain(self.software()),
            |component| component.version.is_some(),
        )
    }

    fn identifiers(&self) -> Option<Finding> {
        self.of_components(
            &rules::NTIA_MISSING_IDENTIFIER,
            "no unique identifier",
            self.software(),
            |c| c.purl.is_some() || c.cpe.is_some() || c.swid.is_some(),
        )
    }

    fn suppliers(&self) -> Option<Finding> {
        // The supplier of what is described may stand beside it.
        let root = self.bom.root.iter().filter(|_| self.bom.supplier.is_none());
        self.of_components(
            &rules::NTIA_MISSING_SUPPLIER,
            "no supplier",
            root.chain(self.software()),
            |component| component.supplier.is_some(),
        )
    }

    fn relationships(&self) -> Option<Finding> {
        let rule = &rules::NTIA_MISSING_RELATIONSHIPS;
        if self.bom.root.is_none() {
            let problem = "The SBOM does not say what it describes (`metadata.component`), so that \
                           no component has a relationship to it.";
            return Some(self.fault(rule, problem));
        }
        let reached = self.bom.reached();
        if reached.is_empty() {
            let problem = "Nothing says that what the SBOM describes contains or depends on \
                           anything.";
            return Some(self.fault(rule, problem));
        }
        let (mut count, mut bad) = (0usize, Vec::new());
        for (at, component) in self.software_at() {
            count = count.saturating_add(1);
            if !reached.contains(&at) {
                bad.push(component.label());
            }
        }
        let what = "no relationship to what the SBOM describes";
        self.lacking(rule, what, count, &bad)
    }

    fn nothing_listed(&self) -> Finding {
        Finding::of(
            &rules::NTIA_NOTHING_LISTED,
            self.path,
            "The SBOM lists no component, so that there is nothing to check.",
        )
    }

    fn software(&self) -> impl Iterator<Item = &'a Component> + use<'a> {
        self.software_at().map(|(_, component)| component)
    }

    /// Returns the components that are software, each with its place in the SBOM.
    fn software_at(&self) -> impl Iterator<Item = (usize, &'a Component)> + use<'a> {
        let is_software = |component: &Component| !CONTENT.contains(&component.kind.as_str());
        (0..).zip(&self.bom.components).filter(move |(_, component)| is_software(component))
    }

    /// Makes one finding of all `components` that are not as they should be.
    fn of_components(
        &self,
        rule: &Rule,
        lack: &str,
        components: impl Iterator<Item = &'a Component>,
        is_good: impl Fn(&Component) -> bool,
    ) -> Option<Finding> {
        let mut count = 0usize;
        let mut bad: Vec<String> = Vec::new();
        for component in components {
            count = count.saturating_add(1);
            if !is_good(component) {
                bad.push(component.label());
            }
        }
        self.lacking(rule, lack, count, &bad)
    }

    /// Makes one finding of the components `bad` out of `count`, if there are any.
    fn lacking(&self, rule: &Rule, lack: &str, count: usize, bad: &[String]) -> Option<Finding> {
        if bad.is_empty() {
            return None;
        }
        let verb = if bad.len() == 1 { "has" } else { "have" };
        let names = listed(bad.iter().map(String::as_str));
        let problem = format!("{} of {count} components {verb} {lack}: {names}.", bad.len());
        Some(self.fault(rule, problem))
    }

    fn fault(&self, rule: &Rule, problem: impl Into<String>) -> Finding {
        Finding::of(rule, self.path, problem)
    }
}

#[cfg(test)]
mod tests;
