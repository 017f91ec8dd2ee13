#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn parse(sources: &str, entry: &str) -> Parsed {
    let text = format!(
        "{{\"_meta\": {{\"pipfile-spec\": 6, \"sources\": [{sources}]}}, \"default\": {{\"a\": {entry}}}}}"
    );
    PipfileLock.parse("Pipfile.lock", text.as_bytes()).unwrap()
}

#[test]
fn what_is_not_from_pypi_is_never_taken_for_it() {
    let pypi = "{\"name\": \"pypi\", \"url\": \"https://pypi.org/simple\"}";
    let own = "{\"name\": \"own\", \"url\": \"https://u:p@index.example/simple\"}";
    let both = format!("{pypi}, {own}");
    let elsewhere = |place: &str| Some(Origin::Elsewhere(place.to_owned()));
    for (sources, entry, origin) in [
        (pypi, "{\"version\": \"==1.0\"}", Some(Origin::Registry)),
        (&both, "{\"version\": \"==1.0\", \"index\": \"pypi\"}", Some(Origin::Registry)),
        (
            &both,
            "{\"version\": \"==1.0\", \"index\": \"own\"}",
            elsewhere("https://index.example/simple"),
        ),
        (&both, "{\"version\": \"==1.0\"}", elsewhere("https://index.example/simple")),
        (
            pypi,
            "{\"version\": \"==1.0\", \"index\": \"gone\"}",
            elsewhere("an index that it does not say"),
        ),
        (
            pypi,
            "{\"version\": \"==1.0\", \"git\": \"https://git.example/a\", \"ref\": \"0123\"}",
            elsewhere("git+https://git.example/a@0123"),
        ),
        (pypi, "{\"git\": \"https://git.example/a\", \"ref\": \"0123\"}", None),
        (pypi, "{\"version\": \">=1.0\"}", None),
        (pypi, "{}", None),
    ] {
        let parsed = parse(sources, entry);
        let origins: Vec<_> = parsed.packages.into_iter().map(|it| it.origin).collect();
        assert_eq!(origins, origin.into_iter().collect::<Vec<_>>(), "{sources} {entry}");
        assert_eq!(parsed.unread.len() + origins.len(), 1, "{entry}");
    }
}

#[test]
fn what_is_no_lockfile_is_refused() {
    for text in [
        "",
        "{}",
        "[]",
        "{\"_meta\": {\"pipfile-spec\": 7}}",
        "{\"_meta\": {\"pipfile-spec\": 6}, \"default\": []}",
    ] {
        assert!(PipfileLock.parse("Pipfile.lock", text.as_bytes()).is_err(), "{text}");
    }
}
