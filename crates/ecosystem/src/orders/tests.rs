#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use proptest::prelude::*;

/// Tables of versions as the program named in them orders them; `testdata/make` writes them.
const TABLES: &[(&str, &str)] = &[
    ("apk", include_str!("../../testdata/apk.tsv")),
    ("bitnami", include_str!("../../testdata/bitnami.tsv")),
    ("conda", include_str!("../../testdata/conda.tsv")),
    ("cran", include_str!("../../testdata/cran.tsv")),
    ("dpkg", include_str!("../../testdata/dpkg.tsv")),
    ("go", include_str!("../../testdata/go.tsv")),
    ("hackage", include_str!("../../testdata/hackage.tsv")),
    ("hex", include_str!("../../testdata/hex.tsv")),
    ("maven", include_str!("../../testdata/maven.tsv")),
    ("nuget", include_str!("../../testdata/nuget.tsv")),
    ("packagist", include_str!("../../testdata/packagist.tsv")),
    ("pacman", include_str!("../../testdata/pacman.tsv")),
    ("pep440", include_str!("../../testdata/pep440.tsv")),
    ("rpm", include_str!("../../testdata/rpm.tsv")),
    ("rubygems", include_str!("../../testdata/rubygems.tsv")),
    ("semver", include_str!("../../testdata/semver.tsv")),
];

fn order(id: &str) -> &'static dyn VersionOrder {
    *ORDERS.iter().find(|order| order.id() == id).unwrap()
}

#[test]
fn every_pair_is_ordered_as_the_real_program_orders_it() {
    let mut wrong = Vec::new();
    for (id, table) in TABLES {
        let pairs: Vec<_> = table.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(pairs.len() > 100, "{id}");
        let order = order(id);
        for line in pairs {
            let [left, sign, right] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let there = order.compare(left, right).map(shown);
            let back = order.compare(right, left).map(|it| shown(it.reverse()));
            if (there, back) != (Some(sign), Some(sign)) {
                wrong.push(format!("{id}: {left} {sign} {right}, not {there:?} and {back:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn shown(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}

#[test]
fn what_extends_semantic_versions_orders_them_alike() {
    let orders: Vec<_> = ORDERS.iter().filter(|order| order.extends_semver()).collect();
    assert!(orders.len() > 1);
    let (_, table) = TABLES.iter().find(|(id, _)| *id == "semver").unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [left, sign, right] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        for order in &orders {
            assert_eq!(order.compare(left, right).map(shown), Some(sign), "{}: {line}", order.id());
        }
    }
}

#[test]
fn orders_are_named_once_and_sorted() {
    let ids: Vec<_> = ORDERS.iter().map(|order| order.id()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn what_is_too_long_or_empty_of_sense_is_no_version_and_nothing_hangs() {
    for order in ORDERS {
        let long = "1".repeat(MAX_VERSION + 1);
        assert_eq!(order.compare(&long, "1.0.0"), None, "{}", order.id());
        let deep = "1-".repeat(MAX_VERSION / 2);
        let _ = order.compare(&deep, &deep);
    }
}

proptest! {
    #[test]
    fn an_order_is_an_order(
        texts in prop::array::uniform3("[v]?[0-9]{1,3}([.~^_+-]?[0-9a-c]{1,2}|[.-](rc|beta|dev|p)[0-9]?){0,4}"),
    ) {
        for order in ORDERS {
            let [a, b, c] = &texts;
            prop_assert_eq!(order.compare(a, b), order.compare(b, a).map(Ordering::reverse));
            let (ab, bc) = (order.compare(a, b), order.compare(b, c));
            if let (Some(ab), Some(bc)) = (ab, bc) {
                let ac = order.compare(a, c);
                if ab == bc || bc.is_eq() {
                    prop_assert_eq!(ac, Some(ab), "{} {} {} {}", order.id(), a, b, c);
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_an_order(a in any::<String>(), b in any::<String>()) {
        for order in ORDERS {
            let _ = (order.compare(&a, &b), order.is_version(&a), order.compare_with_named(&a, &b));
        }
    }
}
