//! Layers made by GNU tar, gzip and zstd, in every format that GNU tar writes.

use super::{contents_of_tars, shown, wanted};
use crate::write::{NewImage, NewLayer, write_layout};
use crate::{Compression, Layout, Selection, UnreadReason, Watch};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    output.stdout
}

/// Makes a folder with files, long names, links and a pipe.
fn source() -> TempDir {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let long = format!("{}/{}", "d".repeat(150), "e".repeat(150));
    fs::create_dir_all(path(&long)).unwrap();
    fs::write(path(&format!("{long}/long.txt")), "long").unwrap();
    fs::create_dir_all(path("usr/lib")).unwrap();
    fs::create_dir_all(path("etc")).unwrap();
    fs::write(path("usr/lib/os-release"), "ID=test").unwrap();
    fs::write(path("größe.txt"), "unicode").unwrap();
    run(folder.path(), "ln", &["-s", "../usr/lib/os-release", "etc/os-release"]);
    run(folder.path(), "ln", &["usr/lib/os-release", "a.txt"]);
    run(folder.path(), "mkfifo", &["pipe"]);
    folder
}

#[test]
fn every_format_of_gnu_tar_is_read() {
    let source = source();
    for format in ["gnu", "oldgnu", "posix"] {
        let tar = run(source.path(), "tar", &["-c", "--sort=name", "--format", format, "."]);
        let contents = contents_of_tars(vec![tar]).unwrap();
        let mut found = shown(&contents);
        assert!(found.remove(1).ends_with("/long.txt=long"), "{format}");
        assert_eq!(found, ["a.txt=ID=test", "größe.txt=unicode", "usr/lib/os-release=ID=test"]);
        assert_eq!(contents.file("etc/os-release").unwrap().path, "usr/lib/os-release");
        assert_eq!(contents.oddities.len(), 1, "the pipe alone is odd");
    }
}

/// An incremental archive holds times where others hold the path's first part, and lists folders in
/// entries of a type of their own.
#[test]
fn times_in_an_incremental_archive_are_no_part_of_a_path() {
    let source = source();
    let beside = TempDir::new().unwrap();
    let snapshot = format!("--listed-incremental={}", beside.path().join("snapshot").display());
    for format in ["gnu", "oldgnu"] {
        let arguments = ["-c", "--sort=name", "--format", format, "--level=0", &snapshot, "."];
        let tar = run(source.path(), "tar", &arguments);
        let header = tar.chunks(512).find(|block| block.starts_with(b"./usr/lib/os-rel")).unwrap();
        assert!(&header[257..265] == b"ustar  \0" && header[345] != 0, "{format}");
        let contents = contents_of_tars(vec![tar]).unwrap();
        assert_eq!(contents.file("etc/os-release").unwrap().path, "usr/lib/os-release");
        assert_eq!(shown(&contents).iter().filter(|it| it.ends_with("=ID=test")).count(), 2);
    }
}

#[test]
fn compressed_files_of_the_real_programs_are_read() {
    let source = source();
    run(source.path(), "tar", &["-cf", "../layer.tar", "./usr", "./etc"]);
    let tar = source.path().parent().unwrap().join("layer.tar");
    let text = tar.to_str().unwrap();
    let compressions: [&[&str]; 4] = [
        &["gzip", "-9", "-c"],
        &["zstd", "-19", "-c", "-q"],
        &["zstd", "--long=27", "-c", "-q"],
        &["cat"],
    ];
    for command in compressions {
        let arguments = [&command[1..], &[text]].concat();
        let mut bytes = run(source.path(), command[0], &arguments);
        // Several members or frames in one file are one stream.
        if command[0] != "cat" {
            let empty = source.path().join("empty");
            File::create(&empty).unwrap();
            let arguments = [&command[1..], &["empty"]].concat();
            bytes.extend(run(source.path(), command[0], &arguments));
        }
        let layout = super::layout_of(vec![crate::write::NewLayer {
            tar: fs::read(&tar).unwrap(),
            compression: crate::Compression::None,
        }]);
        swap_layer(layout.path(), &tar, &bytes);
        let contents = super::read(layout.path()).unwrap();
        assert_eq!(shown(&contents), ["usr/lib/os-release=ID=test"], "{command:?}");
        let odd = usize::from(command[0] != "cat");
        assert_eq!(contents.oddities.len(), odd, "the media type still says plain tar");
    }
    fs::remove_file(tar).unwrap();
}

#[test]
fn files_stored_with_holes_are_unread_and_never_misread() {
    let folder = TempDir::new().unwrap();
    let file = File::create(folder.path().join("holes.txt")).unwrap();
    file.set_len(900).unwrap();
    let file = File::create(folder.path().join("more.txt")).unwrap();
    for at in 0..60_u64 {
        std::os::unix::fs::FileExt::write_at(&file, b"data", at * (1 << 16)).unwrap();
    }
    fs::write(folder.path().join("whole.txt"), "whole").unwrap();
    let formats: [&[&str]; 4] = [
        &["--format=gnu"],
        &["--format=posix", "--sparse-version=0.0"],
        &["--format=posix", "--sparse-version=0.1"],
        &["--format=posix", "--sparse-version=1.0"],
    ];
    for format in formats {
        let arguments = [format, &["-S", "-c", "holes.txt", "more.txt", "whole.txt"]].concat();
        let tar = run(folder.path(), "tar", &arguments);
        let contents = contents_of_tars(vec![tar]).unwrap();
        assert_eq!(shown(&contents), ["whole.txt=whole"], "{format:?}");
        let unread: Vec<_> =
            contents.unread.iter().map(|file| (file.path.as_str(), file.why)).collect();
        let sparse = UnreadReason::Sparse;
        assert_eq!(unread, [("holes.txt", sparse), ("more.txt", sparse)], "{format:?}");
    }
}

/// Stores other bytes as the layer, under the same `diff_id`.
fn swap_layer(folder: &Path, old: &Path, bytes: &[u8]) {
    let image = folder.join("image");
    let (old, old_size) = crate::write::write_blob(&image, &fs::read(old).unwrap()).unwrap();
    let (new, new_size) = crate::write::write_blob(&image, bytes).unwrap();
    let index = fs::read_to_string(image.join("index.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&index).unwrap();
    let name = value["manifests"][0]["digest"].as_str().unwrap();
    let size = value["manifests"][0]["size"].as_u64().unwrap();
    let path = image.join("blobs/sha256").join(name.strip_prefix("sha256:").unwrap());
    let manifest = fs::read_to_string(path)
        .unwrap()
        .replace(old.hex(), new.hex())
        .replace(&format!("\"size\":{old_size}"), &format!("\"size\":{new_size}"));
    let (digest, manifest_size) = crate::write::write_blob(&image, manifest.as_bytes()).unwrap();
    let index = index
        .replace(name, &digest.to_string())
        .replace(&format!("\"size\":{size}"), &format!("\"size\":{manifest_size}"));
    fs::write(image.join("index.json"), index).unwrap();
}

/// skopeo packs a layer anew for `zstd:chunked` and leaves the config as it was: the new layer
/// unpacks to another tar than the config promises. Its files are read, and the layer is named.
#[test]
fn a_layer_that_skopeo_packed_anew_is_read_and_known_to_differ() {
    let folder = TempDir::new().unwrap();
    let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
    let source = source();
    let tar = run(source.path(), "tar", &["-c", "--sort=name", "a.txt", "usr"]);
    let layer = NewLayer { tar, compression: Compression::None };
    write_layout(&from, &NewImage::new("a", vec![layer])).unwrap();
    let policy = folder.path().join("policy.json");
    fs::write(&policy, r#"{"default":[{"type":"insecureAcceptAnything"}]}"#).unwrap();
    let copied = Command::new("skopeo")
        .arg("--policy")
        .arg(&policy)
        .args(["copy", "-q", "--dest-compress-format", "zstd:chunked"])
        .args([&from, &to].map(|layout| format!("oci:{}:a", layout.display())))
        .output()
        .unwrap();
    assert!(copied.status.success(), "{copied:?}");
    let image = Layout::open(&to).unwrap().image(&Selection::only()).unwrap();
    let contents = image.files(&wanted, &Watch::default()).unwrap();
    assert_eq!(shown(&contents), ["a.txt=ID=test", "usr/lib/os-release=ID=test"]);
    let unpacked = contents.layers.iter().filter(|layer| layer.is_as_stated()).count();
    eprintln!("layers as the config states: {unpacked} of {}", contents.layers.len());
}
