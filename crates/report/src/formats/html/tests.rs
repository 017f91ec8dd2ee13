#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::sample;

fn rendered(run: &RunRecord) -> String {
    String::from_utf8(Html.render(run, &Options::default()).unwrap()).unwrap()
}

#[test]
fn the_verdict_comes_before_what_to_do_and_that_before_the_detail() {
    let page = rendered(&sample::faulty());
    let body = page.split_once("<body>").unwrap().1;
    let places = ["<h1>", "3 of 6 checks failed", "What to do<", "The checks<", "The evidence<"]
        .map(|text| body.find(text).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    for (name, run) in sample::all() {
        let page = rendered(&run);
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
        let tags: Vec<_> = page
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split_once('>').map(|(tag, _)| format!("<{tag}")))
            .collect();
        for load in ["<script", "<img", "<iframe", "<object", "<form", " src=", " onclick="] {
            assert!(!tags.iter().any(|tag| tag.contains(load)), "{load} in {name}");
        }
        for load in ["@import", "url(", "image-set("] {
            assert!(!STYLE.contains(load), "{load} in the style");
        }
    }
}

#[test]
fn hostile_strings_are_text() {
    let page = rendered(&sample::hostile());
    assert!(
        page.contains("&lt;script&gt;alert('message')&lt;/script&gt;&lt;U+001B&gt;[2J"),
        "{page}"
    );
    assert!(!page.contains("javascript:alert(1)\""), "{page}");
}

#[test]
fn findings_that_one_remedy_mends_are_one_action() {
    let page = rendered(&sample::many_findings());
    assert_eq!(page.matches("<h3><bdi>Sign the commit again").count(), 1);
    assert!(page.contains("… and 395 more, with the check below."), "{page}");
    let faulty = rendered(&sample::faulty());
    assert_eq!(faulty.matches("<h3><bdi>Upgrade to 3.2.1 or later.").count(), 2);
}

#[test]
fn a_healthy_run_has_nothing_to_do() {
    let page = rendered(&sample::healthy());
    assert!(page.contains("All 5 checks passed."), "{page}");
    assert!(page.contains("Nothing. Come back after the next run."), "{page}");
}

#[test]
fn restore_times_stand_against_their_targets() {
    let page = rendered(&sample::healthy());
    assert!(page.contains("4 min 12 s"), "{page}");
    assert!(page.contains("within the target of 1 h"), "{page}");
    let mut late = sample::healthy();
    for check in &mut late.checks {
        let slow = beleg_model::Metric::Milliseconds(4_000_000);
        check.evidence.outcome.metrics.insert("restore-time".to_owned(), slow);
        let target = beleg_model::Metric::Seconds(3_600);
        check.evidence.outcome.metrics.insert("restore-time-target".to_owned(), target);
    }
    assert!(rendered(&late).contains("over the target of 1 h"));
}

#[test]
fn every_inner_link_leads_somewhere_and_no_id_stands_twice() {
    for (name, run) in sample::all() {
        let page = rendered(&run);
        let ids: Vec<_> =
            page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}");
        for target in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(&target), "{target} in {name}");
        }
    }
}

#[test]
fn every_column_head_has_a_scope_and_headings_do_not_skip_a_level() {
    let page = rendered(&sample::faulty());
    assert_eq!(page.matches("<th ").count(), page.matches("<th scope=\"").count());
    assert_eq!(page.matches("<th>").count(), 0);
    let levels: Vec<u32> = page
        .match_indices("<h")
        .filter_map(|(at, _)| page.get(at..)?.chars().nth(2)?.to_digit(10))
        .collect();
    assert_eq!(levels.first(), Some(&1));
    for pair in levels.windows(2) {
        let [before, after] = pair else { continue };
        assert!(*after <= before.saturating_add(1), "{levels:?}");
    }
}
