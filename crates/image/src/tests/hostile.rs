use super::{
    blob_starting, contents_of_tars, file, has, layout_of, odd, raw, read, read_within, shown,
    tar_of,
};
use crate::write::NewLayer;
use crate::{
    ArchiveError, Compression, ImageError, Layout, Limits, Selection, UnreadReason, Watch, What,
};
use beleg_model::ByteCount;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

fn zeros(count: usize, compression: Compression) -> NewLayer {
    NewLayer { tar: tar_of(&[raw(b'0', b"zeros", b"", &vec![0; count])]), compression }
}

#[test]
fn a_bomb_is_refused_by_its_size() {
    let limits = Limits { layer: ByteCount::mebibytes(1), ..Limits::default() };
    for compression in [Compression::Gzip, Compression::Zstd] {
        let folder = layout_of(vec![zeros(4 << 20, compression)]);
        let refused = read_within(folder.path(), limits.clone());
        assert!(matches!(refused, Err(ImageError::LayerTooLarge { .. })), "{refused:?}");
        assert!(read(folder.path()).is_ok(), "a few zeros are no bomb");
    }
}

#[test]
fn a_bomb_is_refused_by_its_ratio() {
    let limits = Limits { ratio_from: ByteCount::mebibytes(1), ratio: 100, ..Limits::default() };
    for compression in [Compression::Gzip, Compression::Zstd] {
        let folder = layout_of(vec![zeros(32 << 20, compression)]);
        let refused = read_within(folder.path(), limits.clone());
        assert!(matches!(refused, Err(ImageError::Bomb { .. })), "{refused:?}");
    }
}

#[test]
fn a_zstd_window_beyond_the_limit_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(24).unwrap();
    let tar = tar_of(&[raw(b'0', b"a.txt", b"", b"a")]);
    std::io::Write::write_all(&mut encoder, &tar).unwrap();
    let folder = layout_of(vec![NewLayer {
        tar: encoder.finish().unwrap(),
        compression: Compression::None,
    }]);
    let refused = read_within(folder.path(), Limits { zstd_window_log: 20, ..Limits::default() });
    assert!(matches!(refused, Err(ImageError::Decompress { .. })), "{refused:?}");
}

#[test]
fn paths_out_of_the_root_are_hostile_and_not_applied() {
    let tar = tar_of(&[
        raw(b'0', b"../a.txt", b"", b"x"),
        raw(b'0', b"d/../../b.txt", b"", b"x"),
        raw(b'0', b"/../c.txt", b"", b"x"),
        raw(b'0', b"d/../inside.txt", b"", b"y"),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["inside.txt=y"]);
    let expected = [
        "parent-traversal! ../a.txt",
        "parent-traversal! d/../../b.txt",
        "parent-traversal! /../c.txt",
        "parent-traversal d/../inside.txt",
    ];
    assert_eq!(odd(&contents), expected);
    assert!(contents.is_hostile());
}

#[test]
fn absolute_paths_are_odd_and_relative_to_the_root() {
    let contents = contents_of_tars(vec![tar_of(&[raw(b'0', b"/a.txt", b"", b"x")])]).unwrap();
    assert_eq!(
        (shown(&contents), odd(&contents)),
        (vec!["a.txt=x".to_owned()], vec!["absolute-path /a.txt".to_owned()])
    );
}

#[test]
fn device_nodes_and_pipes_are_odd_and_hostile_in_a_wanted_place() {
    let tar = tar_of(&[
        raw(b'3', b"dev/null", b"", b""),
        raw(b'4', b"dev/sda", b"", b""),
        raw(b'6', b"run/initctl", b"", b""),
        raw(b'6', b"var/lib/dpkg/status", b"", b""),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    let expected =
        ["device dev/null", "device dev/sda", "fifo run/initctl", "fifo! var/lib/dpkg/status"];
    assert_eq!(odd(&contents), expected);
    assert_eq!(contents.unread[0].why, UnreadReason::NotAFile);
}

#[test]
fn doubled_entries_are_odd_and_hostile_when_they_differ() {
    let tar = tar_of(&[
        raw(b'0', b"same.txt", b"", b"x"),
        raw(b'0', b"./same.txt", b"", b"x"),
        raw(b'0', b"other.txt", b"", b"for the scanner"),
        raw(b'0', b"other.txt", b"", b"for the runtime"),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["other.txt=for the runtime", "same.txt=x"]);
    assert_eq!(odd(&contents), ["duplicate-entry ./same.txt", "duplicate-entry! other.txt"]);
}

#[test]
fn a_truncated_layer_is_an_error_and_not_a_shorter_answer() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let tar = tar_of(&[raw(b'0', b"a.txt", b"", b"a"), raw(b'0', b"b.txt", b"", b"b")]);
        let folder = layout_of(vec![NewLayer { tar, compression }]);
        let start: &[u8] = match compression {
            Compression::None => b"a.txt",
            Compression::Gzip => &[0x1f, 0x8b],
            Compression::Zstd => &[0x28, 0xb5],
        };
        let blob = blob_starting(folder.path(), start);
        let bytes = fs::read(&blob).unwrap();
        fs::write(&blob, &bytes[..bytes.len() / 2]).unwrap();
        let refused = read(folder.path());
        assert!(matches!(refused, Err(ImageError::BlobSize { .. })), "{refused:?}");
    }
}

#[test]
fn a_layer_truncated_before_it_was_named_is_an_error() {
    let whole = tar_of(&[raw(b'0', b"a.txt", b"", b"a"), raw(b'0', b"b.txt", b"", &[b'b'; 600])]);
    for length in [100, 700, 1024 + 512 + 100, 1024 + 512 + 512] {
        let refused = contents_of_tars(vec![whole[..length].to_vec()]);
        let truncated = matches!(
            refused,
            Err(ImageError::Archive { source: ArchiveError::Truncated { .. }, .. })
        );
        assert!(truncated, "{length}: {refused:?}");
    }
}

#[test]
fn a_compressed_stream_that_ends_early_is_an_error() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let tar = tar_of(&[raw(b'0', b"a.txt", b"", &vec![b'a'; 90_000])]);
        let whole = layout_of(vec![NewLayer { tar, compression }]);
        let start: &[u8] =
            if compression == Compression::Gzip { &[0x1f, 0x8b] } else { &[0x28, 0xb5] };
        let mut bytes = fs::read(blob_starting(whole.path(), start)).unwrap();
        bytes.truncate(bytes.len() - 5);
        let refused = contents_of_tars(vec![bytes]);
        assert!(matches!(refused, Err(ImageError::Decompress { .. })), "{refused:?}");
    }
}

#[test]
fn changed_bytes_are_a_wrong_digest_whatever_else_they_break() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let tar = tar_of(&[raw(b'0', b"a.txt", b"", &vec![b'a'; 9_000])]);
        let folder = layout_of(vec![NewLayer { tar, compression }]);
        let start: &[u8] = match compression {
            Compression::None => b"a.txt",
            Compression::Gzip => &[0x1f, 0x8b],
            Compression::Zstd => &[0x28, 0xb5],
        };
        let blob = blob_starting(folder.path(), start);
        let bytes = fs::read(&blob).unwrap();
        for at in [4, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&blob, changed).unwrap();
            let refused = read(folder.path());
            assert!(matches!(refused, Err(ImageError::BlobDigest { .. })), "{at}: {refused:?}");
        }
    }
}

#[test]
fn a_layer_that_unpacks_to_something_else_is_read_and_said_to() {
    let layer = |text: &str| NewLayer::new(vec![file("a.txt", text)], Compression::None).unwrap();
    let folder = layout_of(vec![layer("one")]);
    let other = layout_of(vec![layer("two")]);
    // The manifest names the other image's layer, the config still names this one's content.
    let [from, to] = [&folder, &other].map(|layout| {
        let blob = blob_starting(layout.path(), b"a.txt");
        blob.file_name().unwrap().to_str().unwrap().to_owned()
    });
    let blobs = folder.path().join("image/blobs/sha256");
    fs::copy(blob_starting(other.path(), b"a.txt"), blobs.join(&to)).unwrap();
    let manifest = manifest_of(folder.path());
    let text = fs::read_to_string(&manifest).unwrap().replace(&from, &to);
    replace_manifest(folder.path(), &manifest, &text);
    let contents = read(folder.path()).unwrap();
    assert!(contents.layers.iter().all(|layer| !layer.is_as_stated()));
    assert_eq!(&*contents.file("a.txt").unwrap().bytes, b"two");
    let whole = read(other.path()).unwrap();
    assert!(whole.layers.iter().all(|layer| layer.is_as_stated()));
}

#[test]
fn a_missing_layer_is_an_error() {
    let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
    fs::remove_file(blob_starting(folder.path(), &[0x1f, 0x8b])).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::BlobMissing { .. })), "{refused:?}");
}

#[test]
fn a_blob_that_is_a_link_or_a_pipe_is_refused() {
    let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
    let blob = blob_starting(folder.path(), &[0x1f, 0x8b]);
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&blob, &elsewhere).unwrap();
    symlink(&elsewhere, &blob).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::NotRegular { .. })), "{refused:?}");
    fs::remove_file(&blob).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&blob).status().unwrap();
    assert!(made.success());
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::NotRegular { .. })), "{refused:?}");
}

#[test]
fn a_blob_folder_that_is_a_link_is_refused() {
    let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
    let (blobs, elsewhere) = (folder.path().join("image/blobs"), folder.path().join("elsewhere"));
    fs::rename(&blobs, &elsewhere).unwrap();
    symlink(&elsewhere, &blobs).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::NotRegular { .. })), "{refused:?}");
}

#[test]
fn a_gigantic_manifest_index_or_config_is_refused_unread() {
    let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
    let refused =
        read_within(folder.path(), Limits { document: ByteCount(200), ..Limits::default() });
    assert!(matches!(refused, Err(ImageError::DocumentTooLarge { .. })), "{refused:?}");
    let index = folder.path().join("image/index.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, format!("{text}{}", " ".repeat(5 << 20))).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::DocumentTooLarge { .. })), "{refused:?}");
    // A descriptor may also claim the size.
    let at = text.find("\"size\":").unwrap() + 7;
    let end = at + text[at..].find(|c: char| !c.is_ascii_digit()).unwrap();
    fs::write(&index, format!("{}99999999999{}", &text[..at], &text[end..])).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::DocumentTooLarge { .. })), "{refused:?}");
}

#[test]
fn too_many_entries_layers_files_and_links_are_refused() {
    let folder = layout_of(vec![
        NewLayer::new(vec![file("a.txt", "12345"), file("b.txt", "12345")], Compression::None)
            .unwrap(),
        NewLayer::new(vec![super::link("c", "a.txt")], Compression::None).unwrap(),
    ]);
    let limits = Limits::default;
    let refused = |limits| read_within(folder.path(), limits).unwrap_err();
    assert!(matches!(
        refused(Limits { entries: 2, ..limits() }),
        ImageError::TooManyEntries { .. }
    ));
    assert!(matches!(refused(Limits { layers: 1, ..limits() }), ImageError::TooManyLayers { .. }));
    let held = Limits { held: ByteCount(9), ..limits() };
    assert!(matches!(refused(held), ImageError::HeldTooMuch { .. }));
    let tracked = Limits { tracked: ByteCount(300), ..limits() };
    assert!(matches!(refused(tracked), ImageError::TooManyLinks { .. }));
}

#[test]
fn a_file_larger_than_wanted_is_unread_and_not_missing() {
    let tar = tar_of(&[raw(b'0', b"a.txt", b"", &vec![b'a'; 1_001])]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert!(contents.files.is_empty());
    let why = UnreadReason::TooLarge { size: ByteCount(1_001), limit: ByteCount(1_000) };
    assert_eq!((contents.unread[0].path.as_str(), contents.unread[0].why), ("a.txt", why));
}

#[test]
fn a_file_that_is_unread_and_then_deleted_is_nothing() {
    let older = tar_of(&[raw(b'0', b"a.txt", b"", &vec![b'a'; 1_001])]);
    let newer = tar_of(&[raw(b'0', b".wh.a.txt", b"", b"")]);
    let contents = contents_of_tars(vec![older, newer]).unwrap();
    assert!(contents.unread.is_empty() && contents.files.is_empty());
}

#[test]
fn what_stands_behind_the_end_of_an_archive_is_hostile() {
    let mut tar = tar_of(&[raw(b'0', b"a.txt", b"", b"a")]);
    tar.extend(tar_of(&[raw(b'0', b"b.txt", b"", b"b")]));
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["a.txt=a"]);
    assert!(has(&contents, &What::TrailingContent, true));
}

#[test]
fn extended_headers_are_bounded_and_well_formed() {
    let after = raw(b'0', b"a.txt", b"", b"a");
    let cases = [
        (vec![raw(b'x', b"pax", b"", b"nonsense"), after.clone()], "is malformed"),
        (vec![raw(b'x', b"pax", b"", &vec![b' '; (1 << 20) + 1])], "claims 1048577 bytes"),
        (vec![raw(b'L', b"long", b"", b"b.txt"), raw(b'L', b"long", b"", b"c.txt")], "second time"),
        (vec![raw(b'L', b"long", b"", b"b.txt")], "ends after an extended header"),
    ];
    for (entries, expected) in cases {
        match contents_of_tars(vec![tar_of(&entries)]) {
            Err(ImageError::Archive { source, .. }) => {
                assert!(source.to_string().contains(expected), "{source}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn nul_bytes_in_paths_are_hostile_and_not_applied() {
    let tar = tar_of(&[
        raw(b'x', b"pax", b"", b"15 path=a\0.txt\n"),
        raw(b'0', b"b.txt", b"", b"b"),
        raw(b'0', b"c.txt", b"", b"c"),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["c.txt=c"]);
    assert!(has(&contents, &What::NulInPath, true));
}

#[test]
fn paths_beyond_the_limit_are_hostile_and_not_applied() {
    let path = format!("{}.txt", "d/".repeat(3_000));
    let tar = tar_of(&[raw(b'L', b"long", b"", path.as_bytes()), raw(b'0', b"short", b"", b"x")]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert!(contents.files.is_empty() && has(&contents, &What::PathTooLong, true));
    assert!(contents.oddities[0].path.len() <= 512);
}

#[test]
fn global_headers_that_would_rename_entries_are_hostile_and_not_applied() {
    let tar = tar_of(&[
        raw(b'g', b"pax", b"", b"14 path=x.txt\n"),
        raw(b'0', b"a.txt", b"", b"a"),
        raw(b'0', b"b.txt", b"", b"b"),
    ]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["a.txt=a", "b.txt=b"]);
    assert!(has(&contents, &What::GlobalOverride, true));
    let comment = tar_of(&[raw(b'g', b"pax", b"", b"13 comment=x\n")]);
    assert!(contents_of_tars(vec![comment]).unwrap().oddities.is_empty());
}

#[test]
fn content_of_something_without_content_is_hostile() {
    let mut link = raw(b'2', b"link", b"target", b"");
    let mut header = tar::Header::from_byte_slice(&link).clone();
    header.set_size(512);
    header.set_cksum();
    link = header.as_bytes().to_vec();
    let tar = tar_of(&[link, raw(b'0', b"a.txt", b"", b"a")]);
    let contents = contents_of_tars(vec![tar]).unwrap();
    assert_eq!(shown(&contents), ["a.txt=a"]);
    assert!(has(&contents, &What::SizeWithoutContent, true));
}

#[test]
fn names_that_are_not_utf8_are_kept_apart() {
    let tar = tar_of(&[
        raw(b'0', b"\xff/a.txt", b"", b"1"),
        raw(b'0', b"\xfe/a.txt", b"", b"2"),
        raw(b'0', b"\xef\xbf\xbd/a.txt", b"", b"3"),
    ]);
    assert_eq!(contents_of_tars(vec![tar]).unwrap().files.len(), 3);
}

#[test]
fn a_contradicted_media_type_is_odd_and_the_content_counts() {
    let tar = tar_of(&[raw(b'0', b"a.txt", b"", b"a")]);
    let gzipped = layout_of(vec![NewLayer { tar, compression: Compression::Gzip }]);
    let blob = blob_starting(gzipped.path(), &[0x1f, 0x8b]);
    let manifest = manifest_of(gzipped.path());
    let text = fs::read_to_string(&manifest).unwrap().replace("tar+gzip", "tar+zstd");
    assert!(blob.exists());
    replace_manifest(gzipped.path(), &manifest, &text);
    let contents = read(gzipped.path()).unwrap();
    assert_eq!(shown(&contents), ["a.txt=a"]);
    let (stated, found) = (Compression::Zstd, Compression::Gzip);
    assert!(has(&contents, &What::CompressedOtherwise { stated, found }, false));
}

#[test]
fn a_layer_of_an_unknown_kind_is_unsupported_and_not_empty() {
    for media_type in [
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "text/plain",
    ] {
        let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
        let manifest = manifest_of(folder.path());
        let text = fs::read_to_string(&manifest)
            .unwrap()
            .replace("application/vnd.oci.image.layer.v1.tar+gzip", media_type);
        replace_manifest(folder.path(), &manifest, &text);
        let refused = read(folder.path());
        assert!(matches!(refused, Err(ImageError::Unsupported { .. })), "{refused:?}");
    }
}

#[test]
fn documents_that_tools_read_differently_are_refused() {
    for (from, to) in [
        ("\"layers\":", "\"Layers\":[],\"layers\":"),
        ("\"layers\":", "\"manifests\":[],\"layers\":"),
        ("\"layers\":", "\"layer\u{17f}\":[],\"layers\":"),
        ("{\"digest\":", "{\"Digest\":\"x\",\"digest\":"),
        ("image.manifest.v1", "image.index.v1"),
    ] {
        let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
        let manifest = manifest_of(folder.path());
        let before = fs::read_to_string(&manifest).unwrap();
        let text = before.replacen(from, to, 1);
        assert_ne!(before, text);
        replace_manifest(folder.path(), &manifest, &text);
        let refused = read(folder.path());
        assert!(matches!(refused, Err(ImageError::Ambiguous { .. })), "{to}: {refused:?}");
    }
    let folder = layout_of(vec![zeros(10, Compression::Gzip)]);
    let manifest = manifest_of(folder.path());
    let text =
        fs::read_to_string(&manifest).unwrap().replace("\"layers\":", "\"layers\":[],\"layers\":");
    replace_manifest(folder.path(), &manifest, &text);
    assert!(matches!(read(folder.path()), Err(ImageError::Json { .. })));
}

#[test]
fn reading_stops_when_asked_to() {
    let folder = layout_of(vec![zeros(1 << 20, Compression::Zstd)]);
    let image =
        Layout::open(&folder.path().join("image")).unwrap().image(&Selection::only()).unwrap();
    let calls = std::cell::Cell::new(0);
    let cancelled = || {
        calls.set(calls.get() + 1);
        calls.get() > 3
    };
    let stopped = image.files(&super::wanted, &Watch::cancelled_by(&cancelled));
    assert!(matches!(stopped, Err(ImageError::Cancelled)), "{stopped:?}");
}

#[test]
fn mild_oddities_do_not_displace_hostile_ones() {
    let mut entries: Vec<_> =
        (0..1_500).map(|n| raw(b'3', format!("dev/{n}").as_bytes(), b"", b"")).collect();
    entries.push(raw(b'0', b"../x", b"", b""));
    let contents = contents_of_tars(vec![tar_of(&entries)]).unwrap();
    assert_eq!((contents.oddities.len(), contents.further_oddities), (1_001, 500));
    assert!(contents.is_hostile());
}

/// Returns the path of the only manifest.
fn manifest_of(folder: &Path) -> PathBuf {
    let blobs = fs::read_dir(folder.join("image/blobs/sha256")).unwrap();
    let is_manifest = |path: &PathBuf| {
        String::from_utf8_lossy(&fs::read(path).unwrap()).contains("\"schemaVersion\"")
    };
    blobs.map(|entry| entry.unwrap().path()).find(is_manifest).unwrap()
}

/// Stores another manifest and lets the index name it.
fn replace_manifest(folder: &Path, old: &Path, text: &str) {
    let size = fs::metadata(old).unwrap().len();
    let (digest, new_size) =
        crate::write::write_blob(&folder.join("image"), text.as_bytes()).unwrap();
    let index = folder.join("image/index.json");
    let json = fs::read_to_string(&index)
        .unwrap()
        .replace(old.file_name().unwrap().to_str().unwrap(), digest.hex())
        .replace(&format!("\"size\":{size}"), &format!("\"size\":{new_size}"));
    fs::write(index, json).unwrap();
}
