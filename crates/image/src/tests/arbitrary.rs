//! Nothing that stands in a layout makes reading it panic.

use super::{file, folder, hard_link, layout_of, link, opaque, raw, read, tar_of, whiteout};
use crate::archive::Archive;
use crate::config::ImageConfig;
use crate::manifest::{Index, Manifest};
use crate::write::{NewEntry, NewLayer};
use crate::{Compression, ImageFile, Layout, Selection, Watch};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fs;

fn walked(bytes: &[u8]) -> usize {
    let mut archive = Archive::new(bytes);
    let mut count = 0;
    while let Ok(Some(entry)) = archive.next() {
        count += 1;
        if entry.size < 10_000 {
            let _ = archive.content();
        }
    }
    let _ = archive.trailing_content();
    count
}

/// Paths of two or three parts out of few names, so that they meet one another.
fn path() -> impl Strategy<Value = String> {
    vec(prop::sample::select(vec!["a", "b", "c", "x.txt"]), 1..4).prop_map(|parts| parts.join("/"))
}

fn target() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "..", ".", "", "x.txt"]);
    vec(part, 1..5).prop_map(|parts| parts.join("/")).prop_filter("empty", |text| !text.is_empty())
}

fn entry() -> impl Strategy<Value = NewEntry> {
    prop_oneof![
        (path(), "[a-z]{0,9}").prop_map(|(path, text)| file(&path, &text)),
        path().prop_map(|path| folder(&path)),
        (path(), target()).prop_map(|(path, target)| link(&path, &target)),
        (path(), path()).prop_map(|(path, source)| hard_link(&path, &source)),
        path().prop_map(|path| whiteout(&path)),
        path().prop_map(|path| opaque(&path)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_no_archive_and_no_panic(bytes in vec(any::<u8>(), 0..2_000)) {
        walked(&bytes);
    }

    #[test]
    fn changed_archives_never_panic(
        kinds in vec((any::<u8>(), vec(any::<u8>(), 0..99), vec(any::<u8>(), 0..700)), 1..6),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let entries: Vec<_> =
            kinds.iter().map(|(kind, path, content)| raw(*kind, path, path, content)).collect();
        let mut bytes = tar_of(&entries);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert!(walked(&bytes) <= entries.len());
    }

    #[test]
    fn arbitrary_documents_never_panic(text in "\\PC{0,300}") {
        let _ = Index::read("index", text.as_bytes(), None);
        let _ = Manifest::read("manifest", text.as_bytes(), "");
        let _ = ImageConfig::read("config", text.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_the_layers_hold_reading_ends_and_names_real_layers(
        layers in vec(vec(entry(), 0..12), 1..4),
    ) {
        let layers: Vec<_> = layers
            .into_iter()
            .map(|entries| NewLayer::new(entries, Compression::None).unwrap())
            .collect();
        let count = layers.len();
        let contents = read(layout_of(layers).path()).unwrap();
        prop_assert!(contents.files.iter().all(|file| file.layer < count));
        prop_assert!(contents.files.iter().all(|file| super::wanted(&file.path).is_some()));
        prop_assert!(contents.unread.iter().all(|file| super::wanted(&file.path).is_some()));
    }

    #[test]
    fn a_file_is_the_same_whether_wanted_alone_or_with_all_others(
        layers in vec(vec(entry(), 0..12), 1..4),
        names in vec(path(), 1..12),
    ) {
        let layers: Vec<_> = layers
            .into_iter()
            .map(|entries| NewLayer::new(entries, Compression::None).unwrap())
            .collect();
        let folder = layout_of(layers);
        let layout = Layout::open(&folder.path().join("image")).unwrap();
        let image = layout.image(&Selection::only()).unwrap();
        let all = image.files(&|_| Some(1_000), &Watch::default()).unwrap();
        for name in names {
            let want = |path: &str| (path == name).then_some(1_000);
            let alone = image.files(&want, &Watch::default()).unwrap();
            let content = |file: &ImageFile| (file.real_path.clone(), file.layer, file.bytes.clone());
            prop_assert_eq!(alone.file(&name).map(content), all.file(&name).map(content), "{}", name);
            prop_assert!(alone.files.len() <= 1);
        }
    }

    #[test]
    fn a_changed_layout_never_panics_and_never_gives_other_files(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let layer = NewLayer::new(vec![file("a.txt", "a"), file("b", "b")], Compression::Gzip);
        let folder = layout_of(vec![layer.unwrap()]);
        let whole = super::shown(&read(folder.path()).unwrap());
        let files: Vec<_> = super::listing(folder.path())
            .into_iter()
            .filter(|(path, _)| path.is_file())
            .collect();
        let (path, _) = &files[which.index(files.len())];
        let mut bytes = fs::read(path).unwrap();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(length.index(bytes.len()));
        }
        fs::write(path, bytes).unwrap();
        if let Ok(contents) = read(folder.path()) {
            prop_assert_eq!(super::shown(&contents), whole);
        }
    }
}
