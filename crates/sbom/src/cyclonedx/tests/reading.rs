use super::super::*;
use beleg_ecosystem::Registry;
use beleg_model::{ByteCount, Ecosystem, Origin, Verdict};
use proptest::prelude::*;

/// Shortened output of syft 1.x on a Debian image.
const SYFT: &str = r#"{
  "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
  "bomFormat": "CycloneDX", "specVersion": "1.7", "version": 1,
  "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
  "metadata": {
    "timestamp": "2026-01-02T03:04:05Z",
    "tools": {"components": [{"type": "application", "author": "anchore", "name": "syft", "version": "1.40.0"}]},
    "component": {"bom-ref": "img", "type": "container", "name": "debian:12", "version": "sha256:00"}
  },
  "components": [
    {"bom-ref": "pkg:deb/debian/bash@5.2.15?package-id=1", "type": "library", "publisher": "Matthias",
     "name": "bash", "version": "5.2.15",
     "purl": "pkg:deb/debian/bash@5.2.15?arch=amd64&distro=debian-12",
     "licenses": [{"license": {"id": "GPL-3.0"}}],
     "properties": [{"name": "syft:package:type", "value": "deb"}]},
    {"bom-ref": "os:debian@12", "type": "operating-system", "name": "debian", "version": "12",
     "swid": {"tagId": "debian", "name": "debian", "version": "12"}},
    {"bom-ref": "f", "type": "file", "name": "/bin/bash"}
  ],
  "dependencies": [{"ref": "pkg:deb/debian/bash@5.2.15?package-id=1", "dependsOn": ["os:debian@12"]}]
}"#;

fn try_read(text: &str) -> Result<Bom, BomError> {
    read(text.as_bytes(), &Limits::default())
}

fn with_components(components: &str) -> String {
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{components}]}}"#)
}

#[test]
fn an_sbom_of_syft_is_read() {
    let bom = try_read(SYFT).unwrap();
    assert_eq!(bom.spec_version, "1.7");
    assert_eq!(bom.components.len(), 3);
    assert_eq!(bom.authors, [""; 0]);
    assert_eq!(bom.components.first().unwrap().supplier.as_deref(), Some("Matthias"));
    let parsed = bom.packages("sbom.json", Registry::built_in());
    assert_eq!(parsed.unread, []);
    let read: Vec<_> = parsed.packages.iter().map(|p| (p.name.as_str(), &p.ecosystem)).collect();
    assert_eq!(read, [("bash", &Ecosystem::named("Debian").in_release(Some("12")))]);
    assert!(bom.findings("sbom.json").is_empty());
}

#[test]
fn every_known_version_is_read_with_its_own_kind_of_tools() {
    for version in ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let tools = if version < "1.5" { r#"[{"name":"x"}]"# } else { r#"{"components":[]}"# };
        let text = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"{version}","version":1,
                "metadata":{{"tools":{tools},"manufacture":{{"name":"Example"}}}},"components":[]}}"#
        );
        assert_eq!(try_read(&text).unwrap().authors, ["Example"], "{version}");
    }
}

#[test]
fn nested_components_are_flattened_and_none_is_lost() {
    let text = with_components(
        r#"{"name":"a","components":[{"name":"b","components":[{"name":"c"}]}]},{"name":"d"}"#,
    );
    let bom = try_read(&text).unwrap();
    let names: Vec<_> =
        bom.components.iter().map(|c| (c.name.as_deref().unwrap(), c.place)).collect();
    let (b, c) = (Place::Component(0), Place::Component(1));
    assert_eq!(names, [("a", Place::Bom), ("b", b), ("c", c), ("d", Place::Bom)]);
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.5",
        "metadata":{"component":{"name":"r","components":[{"name":"inner"}]}}}"#;
    assert_eq!(try_read(text).unwrap().components.len(), 1);
}

#[test]
fn components_that_name_no_package_are_unread() {
    let text = with_components(
        r#"{"type":"library","name":"a","version":"1"},
           {"type":"library","name":"b","purl":"nonsense"},
           {"type":"library","name":"c","purl":"pkg:hex/c@1"},
           {"type":"library","name":"x","purl":"pkg:generic/x@1"},
           {"type":"library","name":"d","purl":"pkg:cargo/d"},
           {"type":"library","name":"e","purl":"pkg:cargo/e@1"}"#,
    );
    let parsed = try_read(&text).unwrap().packages("sbom.json", Registry::built_in());
    assert_eq!(parsed.packages.len(), 1);
    let why: Vec<_> = parsed.unread.iter().map(|unread| unread.why.as_str()).collect();
    assert_eq!(
        why,
        [
            "the component `a 1` has no package URL",
            "the component `b` names no package: `nonsense` is no package URL: missing scheme",
            "the component `c` names no package: `pkg:hex/c@1` is of Hex, of which nothing is read here",
            "the component `x` names no package: `pkg:generic/x@1` is of a type that is not known here",
            "the component `d` names no package: `pkg:cargo/d` names no version",
        ]
    );
}

#[test]
fn what_the_sbom_describes_is_a_package_of_its_own() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "metadata":{"component":{"name":"app","purl":"pkg:cargo/app@1.0.0"}}}"#;
    let parsed = try_read(text).unwrap().packages("sbom.json", Registry::built_in());
    assert!(parsed.packages.iter().all(|p| p.name == "app" && p.origin == Origin::Local));
    assert_eq!(parsed.packages.len(), 1);
}

#[test]
fn doubled_and_dangling_references_are_faults() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "components":[{"bom-ref":"a","name":"a"},{"bom-ref":"a","name":"b"}],
        "dependencies":[{"ref":"a","dependsOn":["gone","urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#x"]}]}"#;
    let findings = try_read(text).unwrap().findings("sbom.json");
    let found: Vec<_> = findings.iter().map(|f| (f.rule.as_str(), f.verdict)).collect();
    assert_eq!(
        found,
        [("sbom-doubled-reference", Verdict::Fail), ("sbom-dangling-reference", Verdict::Fail)]
    );
}

#[test]
fn a_doubled_key_is_refused_wherever_it_could_mislead() {
    let key = |text: &str| match try_read(text) {
        Err(BomError::DoubledKey { key }) => key,
        other => panic!("{other:?}"),
    };
    let start = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","#;
    assert_eq!(key(&format!(r#"{start}"components":[],"components":[]}}"#)), "components");
    assert_eq!(
        key(&format!(r#"{start}"vulnerabilities":[],"vulnerabilities":[]}}"#)),
        "vulnerabilities"
    );
    assert_eq!(key(&format!(r#"{start}"components":[],"c\u006fmponents":[]}}"#)), "components");
    let inner = with_components(r#"{"name":"a","purl":"pkg:cargo/a@1","purl":"pkg:cargo/a@2"}"#);
    assert!(matches!(try_read(&inner), Err(BomError::Malformed(_))));
}

#[test]
fn other_documents_are_refused_by_name() {
    for text in ["", "{", "[]", "null", "<bom/>", "{\"components\": 1}"] {
        assert!(matches!(try_read(text), Err(BomError::Malformed(_))), "{text}");
    }
    for text in ["{}", r#"{"spdxVersion":"SPDX-2.3"}"#, r#"{"bomFormat":"SPDX"}"#] {
        assert!(matches!(try_read(text), Err(BomError::WrongFormat { .. })), "{text}");
    }
    for version in ["1.1", "1.8", "2.0", "", "1.6.0"] {
        let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"{version}"}}"#);
        assert!(matches!(try_read(&text), Err(BomError::UnknownVersion { .. })), "{version}");
    }
    let truncated = SYFT.get(..SYFT.len() / 2).unwrap();
    assert!(matches!(try_read(truncated), Err(BomError::Malformed(_))));
    let twice = format!("{SYFT}{SYFT}");
    assert!(matches!(try_read(&twice), Err(BomError::Malformed(_))));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert!(try_read(&format!("\u{feff}{SYFT}")).is_ok());
}

#[test]
fn gigantic_and_deep_documents_are_refused_before_they_are_built() {
    let small = Limits { bytes: ByteCount(1000), components: 3, objects: 10, values: 30, depth: 8 };
    let refused = |text: String| read(text.as_bytes(), &small).unwrap_err();
    assert!(matches!(refused(" ".repeat(1001)), BomError::TooLarge { .. }));
    assert!(matches!(refused("{".repeat(9)), BomError::TooDeep { limit: 8 }));
    assert!(matches!(
        refused(with_components(&["{}"; 10].join(","))),
        BomError::TooManyValues { .. }
    ));
    assert!(matches!(
        refused(with_components(&format!(r#"{{"authors":[{}]}}"#, ["{}"; 10].join(",")))),
        BomError::TooManyValues { .. }
    ));
    assert!(matches!(
        refused(with_components(&["{}"; 4].join(","))),
        BomError::TooManyComponents { limit: 3 }
    ));
    let deep = format!("{}{}", r#"{"components":["#.repeat(500_000), "]}".repeat(500_000));
    assert!(matches!(try_read(&with_components(&deep)), Err(BomError::TooDeep { .. })));
}

#[test]
fn braces_within_text_are_not_counted() {
    let limits = Limits { objects: 2, depth: 3, ..Limits::default() };
    let text = with_components(r#"{"name":"{{{{[[[[\"{{,,,,"}"#);
    assert!(read(text.as_bytes(), &limits).is_ok());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn mutated_sboms_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        keep in any::<prop::sample::Index>(),
        cut: bool,
    ) {
        let mut bytes = SYFT.as_bytes().to_vec();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at.index(SYFT.len())) {
                *place = byte;
            }
        }
        if cut {
            bytes.truncate(keep.index(SYFT.len()));
        }
        if let Ok(bom) = read(&bytes, &Limits::default()) {
            let _ = bom.packages("sbom.json", Registry::built_in());
            let _ = bom.findings("sbom.json");
            let _ = crate::ntia::check(&bom, "sbom.json");
        }
    }
}

/// A crate as syft writes it, with the source of its entry in `Cargo.lock`.
fn crate_of_syft(name: &str, purl: bool, source: &str) -> String {
    let purl = if purl { format!(r#""purl": "pkg:cargo/{name}@1.0.0","#) } else { String::new() };
    let references = match source {
        "" => String::new(),
        source => {
            format!(r#""externalReferences": [{{"url": "{source}", "type": "distribution"}}],"#)
        }
    };
    format!(
        r#"{{"bom-ref": "{name}-{}", "type": "library", "name": "{name}", "version": "1.0.0",
            "cpe": "cpe:2.3:a:{name}:{name}:1.0.0:*:*:*:*:*:*:*", {purl} {references} "properties": [
            {{"name": "syft:package:foundBy", "value": "rust-cargo-lock-cataloger"}},
            {{"name": "syft:package:language", "value": "rust"}},
            {{"name": "syft:package:type", "value": "rust-crate"}},
            {{"name": "syft:package:metadataType", "value": "rust-cargo-lock-entry"}},
            {{"name": "syft:location:0:path", "value": "/Cargo.lock"}}]}}"#,
        source.len()
    )
}

fn origins(components: &[String]) -> Vec<Origin> {
    let bom = try_read(&with_components(&components.join(","))).unwrap();
    let parsed = bom.packages("sbom.json", Registry::built_in());
    assert_eq!(parsed.unread, []);
    parsed.packages.into_iter().map(|package| package.origin).collect()
}

fn elsewhere(place: &str) -> Origin {
    Origin::Elsewhere(place.to_owned())
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[test]
fn a_crate_of_syft_is_from_where_its_lockfile_says() {
    let git = "git+https://github.com/x/a?rev=12#1234";
    let company = "registry+https://crates.shop.example/index";
    let components = [CRATES_IO, "sparse+https://index.crates.io/", git, company];
    assert_eq!(
        origins(&components.map(|source| crate_of_syft("a", true, source))),
        [Origin::Registry, Origin::Registry, elsewhere(git), elsewhere(company)]
    );
}

#[test]
fn a_crate_without_a_source_among_others_with_one_is_the_projects_own() {
    let registry = crate_of_syft("a", true, CRATES_IO);
    // Since 1.4x syft writes no package URL for it, before it did.
    for purl in [true, false] {
        let own = crate_of_syft("app", purl, "");
        assert_eq!(origins(&[own, registry.clone()]), [Origin::Local, Origin::Registry]);
    }
    // Tools that state no source of any crate do not say that it is their own.
    assert_eq!(origins(&[crate_of_syft("a", true, "")]), [Origin::Registry]);
}

#[test]
fn the_property_of_older_syft_says_the_source_too() {
    let component = r#"{"type": "library", "name": "a", "version": "1", "purl": "pkg:cargo/a@1",
        "properties": [{"name": "syft:metadata:source", "value": "git+https://h/a#12"}]}"#;
    assert_eq!(origins(&[component.to_owned()]), [elsewhere("git+https://h/a#12")]);
}

#[test]
fn other_references_are_believed_as_far_as_they_say_whence() {
    let component = |purl: &str, kind: &str, url: &str, syft: &str| {
        format!(
            r#"{{"type": "library", "name": "a", "version": "1", "purl": "{purl}", "properties":
                [{{"name": "syft:package:metadataType", "value": "{syft}"}}],
                "externalReferences": [{{"type": "{kind}", "url": "{url}"}}]}}"#
        )
    };
    let (python, rust) = ("pkg:pypi/a@1", "pkg:cargo/a@1");
    let debian = "pkg:deb/debian/a@1?distro=debian-12";
    for (purl, kind, url, syft, origin) in [
        (python, "distribution", "https://files.pythonhosted.org/packages/1/a.whl", "", None),
        (python, "distribution", "https://pypi.org/simple/a/", "", None),
        (rust, "distribution", "https://static.crates.io/crates/a/a-1.crate", "", None),
        (
            python,
            "distribution",
            "https://pypi.shop.example/a.whl",
            "",
            Some("https://pypi.shop.example/a.whl"),
        ),
        (python, "vcs", "https://github.com/x/a", "", None),
        (python, "website", "https://a.example", "", None),
        (
            python,
            "vcs",
            "https://github.com/x/a",
            "python-package",
            Some("git+https://github.com/x/a"),
        ),
        (debian, "distribution", "https://deb.shop.example/a.deb", "", None),
    ] {
        let origin = origin.map_or(Origin::Registry, elsewhere);
        assert_eq!(origins(&[component(purl, kind, url, syft)]), [origin], "{kind} {url}");
    }
}
