use crate::advisory::Decision;
use crate::text::shown;
use crate::versions::{Order, Version};

/// A range of the OSV schema: events along a version order (section "affected[].ranges[]").
#[derive(Clone, Debug)]
pub(crate) struct Range {
    /// `SEMVER` ranges have their own order; `ECOSYSTEM` ranges have the package's.
    pub(crate) order: Option<Order>,
    /// The events as the record lists them.
    pub(crate) events: Vec<Event>,
    /// Why the range cannot be decided at all.
    pub(crate) unreadable: Option<String>,
}

/// Something that happens at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
    Limit(String),
}

/// What an event means for the versions from it on. The order is that of several at one version:
/// what ends there ends before something else begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Fixed,
    LastAffected,
    Introduced,
}

impl Range {
    /// Decides whether the version `text` is in the range, as the OSV schema's section
    /// "Evaluation" says.
    pub(crate) fn decide(&self, order: Order, text: &str) -> Decision {
        if let Some(why) = &self.unreadable {
            return Decision::Undecided(why.clone());
        }
        let order = self.order.unwrap_or(order);
        if self.holds_everything() {
            return Decision::Affected;
        }
        let Some(version) = order.parse(text) else {
            return Decision::Undecided(order.not_comparable(text));
        };
        match self
            .before_limits(order, &version)
            .and_then(|before| Ok(before && self.is_affected(order, &version)?))
        {
            Ok(true) => Decision::Affected,
            Ok(false) => Decision::NotAffected,
            Err(why) => Decision::Undecided(why),
        }
    }

    /// Returns the fixed versions that come after `text`.
    pub(crate) fn fixes(&self, order: Order, text: &str) -> Vec<String> {
        let order = self.order.unwrap_or(order);
        let Some(version) = order.parse(text) else { return Vec::new() };
        let fixed = self.events.iter().filter_map(|event| match event {
            Event::Fixed(fixed) => Some(fixed),
            _ => None,
        });
        fixed
            .filter(|fixed| order.parse(fixed).is_some_and(|fixed| version.against(&fixed).is_lt()))
            .map(|fixed| shown(fixed))
            .collect()
    }

    /// A range that begins before every version and never ends holds even versions that cannot
    /// be ordered.
    fn holds_everything(&self) -> bool {
        !self.events.is_empty()
            && self.events.iter().all(|event| *event == Event::Introduced("0".to_owned()))
    }

    fn before_limits(&self, order: Order, version: &Version) -> Result<bool, String> {
        let mut limited = false;
        for event in &self.events {
            let Event::Limit(limit) = event else { continue };
            if limit == "*" || version.against(&parse(order, limit)?).is_lt() {
                return Ok(true);
            }
            limited = true;
        }
        Ok(!limited)
    }

    fn is_affected(&self, order: Order, version: &Version) -> Result<bool, String> {
        let mut edges = Vec::new();
        for event in &self.events {
            match event {
                Event::Introduced(at) if at == "0" => edges.push((None, Edge::Introduced)),
                Event::Introduced(at) => edges.push((Some(parse(order, at)?), Edge::Introduced)),
                Event::Fixed(at) => edges.push((Some(parse(order, at)?), Edge::Fixed)),
                Event::LastAffected(at) => {
                    edges.push((Some(parse(order, at)?), Edge::LastAffected));
                }
                Event::Limit(_) => {}
            }
        }
        let (mut edges, points) = without_points(edges);
        if points.iter().any(|point| version.against(point).is_eq()) {
            return Ok(true);
        }
        // `None` is before every version, and that is how `Option` orders it.
        edges.sort();
        let mut affected = false;
        for (at, edge) in &edges {
            let side = at.as_ref().map_or(std::cmp::Ordering::Greater, |at| version.against(at));
            match edge {
                Edge::Introduced if side.is_ge() => affected = true,
                Edge::Fixed if side.is_ge() => affected = false,
                Edge::LastAffected if side.is_gt() => affected = false,
                _ => {}
            }
        }
        Ok(affected)
    }
}

type Edges = Vec<(Option<Version>, Edge)>;

/// Takes out the intervals that begin and end at one version, because sorting would tear them
/// apart: `introduced` and `fixed` at once hold nothing, `introduced` and `last_affected` at once
/// hold that one version, which is returned.
fn without_points(edges: Edges) -> (Edges, Vec<Version>) {
    let mut rest = Edges::new();
    let mut points = Vec::new();
    for (at, edge) in edges {
        let opened_here = edge != Edge::Introduced
            && rest.last().is_some_and(|(open, last)| *last == Edge::Introduced && *open == at);
        if !opened_here {
            rest.push((at, edge));
            continue;
        }
        rest.pop();
        if edge == Edge::LastAffected {
            points.extend(at);
        }
    }
    (rest, points)
}

fn parse(order: Order, text: &str) -> Result<Version, String> {
    order.parse(text).ok_or_else(|| order.not_comparable(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Event::{Fixed, Introduced, LastAffected, Limit};

    type MakeEvent = fn(String) -> Event;

    fn range(events: &[(MakeEvent, &str)]) -> Range {
        let events = events.iter().map(|(event, at)| event((*at).to_owned())).collect();
        Range { order: None, events, unreadable: None }
    }

    fn affected(range: &Range, order: Order, version: &str) -> bool {
        match range.decide(order, version) {
            Decision::Affected => true,
            Decision::NotAffected => false,
            Decision::Undecided(why) => panic!("{why}"),
        }
    }

    #[test]
    fn a_fixed_version_is_the_first_that_is_not_affected() {
        let range = range(&[(Introduced, "1.0.0"), (Fixed, "1.2.0")]);
        for (version, expected) in
            [("0.9.9", false), ("1.0.0", true), ("1.1.9", true), ("1.2.0", false), ("2.0.0", false)]
        {
            assert_eq!(affected(&range, Order::SEMVER, version), expected, "{version}");
        }
    }

    #[test]
    fn a_last_affected_version_is_affected_itself() {
        let range = range(&[(Introduced, "0"), (LastAffected, "1.2")]);
        assert!(affected(&range, Order::PEP440, "1.2.0"));
        assert!(affected(&range, Order::PEP440, "1.2+cpu"), "a local build is the same version");
        assert!(!affected(&range, Order::PEP440, "1.2.post1"));
    }

    #[test]
    fn the_order_of_events_in_the_record_does_not_matter() {
        let range =
            range(&[(Fixed, "3.0"), (Introduced, "2.0"), (Fixed, "1.5"), (Introduced, "0")]);
        for (version, expected) in [("1.4", true), ("1.5", false), ("2.5", true), ("3.0", false)] {
            assert_eq!(affected(&range, Order::PEP440, version), expected, "{version}");
        }
    }

    #[test]
    fn ranges_that_touch_hold_the_version_between_them() {
        let later_first = range(&[
            (Introduced, "0.13.0"),
            (Fixed, "0.14.0rc1"),
            (Introduced, "0.12.2"),
            (Fixed, "0.13.0"),
        ]);
        assert!(affected(&later_first, Order::PEP440, "0.13.0"));
        assert!(affected(&later_first, Order::PEP440, "0.13.5"));
        assert!(!affected(&later_first, Order::PEP440, "0.14"));
    }

    #[test]
    fn an_interval_of_no_length_holds_its_last_affected_version_alone() {
        let one = range(&[(Introduced, "1.0"), (LastAffected, "1.0.0")]);
        let none = range(&[(Introduced, "1.0"), (Fixed, "1.0.0")]);
        for (version, expected) in [("0.9", false), ("1.0", true), ("1.1", false)] {
            assert_eq!(affected(&one, Order::PEP440, version), expected, "{version}");
            assert!(!affected(&none, Order::PEP440, version), "{version}");
        }
    }

    #[test]
    fn a_limit_ends_the_range_and_a_star_does_not() {
        let limited = range(&[(Introduced, "1.0"), (Limit, "2.0")]);
        assert!(affected(&limited, Order::PEP440, "1.9"));
        assert!(!affected(&limited, Order::PEP440, "2.0"));
        let free = range(&[(Introduced, "1.0"), (Limit, "*")]);
        assert!(affected(&free, Order::PEP440, "9.0"));
    }

    #[test]
    fn introduced_zero_holds_pre_releases_of_the_first_version() {
        let range = range(&[(Introduced, "0"), (Fixed, "0.1.0")]);
        assert!(affected(&range, Order::SEMVER, "0.0.0-alpha"));
        assert!(affected(&range, Order::SEMVER, "0.1.0-alpha"), "a pre-release is before its fix");
        assert!(affected(&range, Order::DPKG, "0~~"));
    }

    #[test]
    fn a_version_nobody_can_order_is_undecided_not_clear() {
        let bounded = range(&[(Introduced, "0"), (Fixed, "2.0")]);
        assert!(matches!(bounded.decide(Order::PEP440, "2004b?"), Decision::Undecided(_)));
        let odd = range(&[(Introduced, "0"), (Fixed, "r1234!")]);
        assert!(matches!(odd.decide(Order::PEP440, "1.0"), Decision::Undecided(_)));
        let all = range(&[(Introduced, "0")]);
        assert_eq!(all.decide(Order::PEP440, "2004b?"), Decision::Affected);
    }

    #[test]
    fn only_fixes_after_the_version_are_offered() {
        let range = range(&[
            (Introduced, "0"),
            (Fixed, "1.5"),
            (Introduced, "2.0"),
            (Fixed, "2.3"),
            (Introduced, "3.0"),
        ]);
        assert_eq!(range.fixes(Order::PEP440, "2.1"), ["2.3"]);
    }
}
