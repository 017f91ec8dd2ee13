//! What holds for every format, whichever there are.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A path and a well-formed file of every format; a new format adds its own.
const SAMPLES: [(&str, &str); 6] = [
    (
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde\",\n]\n\n\
         [[package]]\nname = \"serde\"\nversion = \"1.0.200\"\n\
         source = \"registry+https://github.com/rust-lang/crates.io-index\"\n",
    ),
    (
        "var/lib/dpkg/status",
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36)\n\
         Version: 2.36-9\nDescription: C\n more\n\n",
    ),
    ("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\n"),
    ("a-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\nText\n"),
    (
        "requirements.txt",
        "# c\nDjango[x]==3.2.0 \\\n --hash=sha256:00\n-e git+https://u:p@h/a#egg=a\na>=1;python_version<'3'\n",
    ),
    (
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = { virtual = \".\" }\n\
         dependencies = [{ name = \"a\" }]\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n\
         source = { registry = \"https://pypi.org/simple\" }\n",
    ),
];

#[test]
fn formats_are_ordered_and_named_once() {
    let ids: Vec<_> = FORMATS.iter().map(|format| format.id()).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for id in ids {
        assert!(format_by_id(id).is_some_and(|format| format.id() == id));
    }
}

#[test]
fn every_format_has_a_sample_that_it_alone_wants_and_reads() {
    let mut met = BTreeSet::new();
    for (path, text) in SAMPLES {
        let wanting: Vec<_> = FORMATS.iter().filter(|f| f.wants(path).is_some()).collect();
        assert_eq!(wanting.len(), 1, "{path}");
        for format in wanting {
            met.insert(format.id());
            let parsed = format.parse(path, text.as_bytes());
            assert!(parsed.is_ok_and(|parsed| !parsed.packages.is_empty()), "{path}");
        }
    }
    assert_eq!(met.len(), FORMATS.len());
}

#[test]
fn every_format_refuses_more_bytes_than_it_wants() {
    for (path, _) in SAMPLES {
        for format in FORMATS.iter().filter(|f| f.wants(path).is_some()) {
            let limit = format.wants(path).and_then(|limit| usize::try_from(limit).ok());
            let bytes = vec![b'#'; limit.map_or(0, |limit| limit.saturating_add(1))];
            let refused = format.parse(path, &bytes);
            assert!(matches!(refused, Err(FormatError::TooLarge { .. })), "{path}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for (path, _) in SAMPLES {
            for format in FORMATS {
                let _ = format.parse(path, &bytes);
            }
        }
    }

    #[test]
    fn arbitrary_lines_never_panic(text in "([a-zA-Z0-9=<>!~;,@# .:/$\\[\\]{}()'\"\\\\-]{0,30}\n){0,12}") {
        for (path, _) in SAMPLES {
            for format in FORMATS {
                let _ = format.parse(path, text.as_bytes());
            }
        }
    }

    #[test]
    fn mutated_files_never_panic_and_name_only_whole_packages(
        sample in 0..SAMPLES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep in any::<prop::sample::Index>(),
    ) {
        let Some((path, text)) = SAMPLES.get(sample) else { return Ok(()) };
        let mut bytes = text.as_bytes().to_vec();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at.index(text.len())) {
                *place = byte;
            }
        }
        bytes.truncate(keep.index(text.len()).saturating_add(1));
        for format in FORMATS {
            let Ok(parsed) = format.parse(path, &bytes) else { continue };
            for package in &parsed.packages {
                prop_assert!(!package.name.is_empty() && !package.version.is_empty());
                prop_assert!(!package.name.contains(char::is_whitespace));
                prop_assert!(!package.version.contains(char::is_whitespace));
            }
            for edge in parsed.edges.iter().flatten() {
                prop_assert!(edge.from.max(edge.to) < parsed.packages.len());
            }
        }
    }
}
