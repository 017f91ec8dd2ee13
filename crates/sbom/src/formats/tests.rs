//! What holds for every format, whichever there are.

use super::testdata::{Case, cases, format_in};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A path and its bytes of every tree of testdata, for those who change them.
static SAMPLES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let wanted = |case: &Case| {
        let files = case.files().into_iter().filter(|path| format_in(path).is_some());
        files.map(|path| (path.clone(), case.bytes(&path))).collect::<Vec<_>>()
    };
    cases().iter().flat_map(wanted).collect()
});

#[test]
fn formats_are_ordered_and_named_once() {
    let ids: Vec<_> = FORMATS.iter().map(|format| format.about().id).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for id in ids {
        assert!(format_by_id(id).is_some_and(|format| format.about().id == id));
    }
}

#[test]
fn every_file_is_wanted_by_one_format_alone() {
    for (path, _) in SAMPLES.iter() {
        let wanting = FORMATS.iter().filter(|format| format.wants(path)).count();
        let is_named = format_in(path).is_some_and(|format| !format.about().files.is_empty());
        assert_eq!(wanting, usize::from(is_named), "{path}");
    }
    for format in FORMATS {
        for file in format.about().files {
            let path = match file {
                FileName::Named(name) | FileName::Beneath(name) | FileName::At(name) => {
                    (*name).to_owned()
                }
                FileName::Ending(end) => format!("a{end}"),
                FileName::Within(folder, name) => format!("a{folder}/{name}"),
                FileName::Directly(folder, end) => format!("{folder}/a{end}"),
                FileName::Between(start, end) => format!("{start}a{end}"),
            };
            assert!(format.wants(&path), "{path}");
            assert_eq!(format_of(&path).map(|it| it.about().id), Some(format.about().id), "{path}");
        }
    }
}

#[test]
fn every_format_refuses_more_bytes_than_it_reads() {
    let mut met = BTreeSet::new();
    for (path, _) in SAMPLES.iter() {
        let Some(format) = format_in(path).filter(|format| met.insert(format.about().id)) else {
            continue;
        };
        let limit = usize::try_from(format.about().most_bytes).unwrap_or_default();
        // Of the largest there would be too much memory to ask for.
        if limit > 300 << 20 {
            continue;
        }
        let bytes = vec![b'#'; limit.saturating_add(1)];
        let refused = format.parse(path, &bytes);
        assert!(matches!(refused, Err(FormatError::TooLarge { .. })), "{path}");
    }
}

/// What is replaced further down cannot be known where that is cut off.
const REPLACED_BELOW: [&str; 1] = ["go-mod"];

/// A file cut off behind a line lists no package that is not in the whole.
#[test]
fn what_is_cut_off_names_no_other_package() {
    for case in cases() {
        for path in case.files() {
            let Some(format) = format_in(&path) else { continue };
            if REPLACED_BELOW.contains(&format.about().id) {
                continue;
            }
            let bytes = case.bytes(&path);
            let Ok(whole) = format.parse_in(&path, &bytes, &case) else { continue };
            let key = |it: &beleg_model::Package| (it.name.clone(), it.version.clone());
            let all: BTreeSet<_> = whole.packages.iter().map(key).collect();
            let ends = (1..).zip(&bytes).filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end);
            for end in ends.take(400) {
                let Some(cut) = bytes.get(..end) else { continue };
                let Ok(parsed) = format.parse_in(&path, cut, &case) else { continue };
                let is_marked = !parsed.unread.is_empty();
                let other = parsed.packages.iter().map(key).find(|it| !all.contains(it));
                assert!(other.is_none() || is_marked, "{path} cut at {end}: {other:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in FORMATS {
            let _ = format.parse("a", &bytes);
        }
    }

    #[test]
    fn arbitrary_lines_never_panic(text in "([a-zA-Z0-9=<>!~;,@# .:/$\\[\\]{}()'\"\\\\-]{0,30}\n){0,12}") {
        for format in FORMATS {
            let _ = format.parse("a", text.as_bytes());
        }
    }

    #[test]
    fn mutated_files_never_panic_and_name_only_whole_packages(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        keep in any::<prop::sample::Index>(),
    ) {
        let Some((path, whole)) = SAMPLES.get(sample.index(SAMPLES.len())) else { return Ok(()) };
        let Some(format) = format_in(path) else { return Ok(()) };
        if whole.is_empty() { return Ok(()) }
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at.index(whole.len())) {
                *place = byte;
            }
        }
        bytes.truncate(keep.index(whole.len()).saturating_add(1));
        let Ok(parsed) = format.parse(path, &bytes) else { return Ok(()) };
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
