//! Layouts in tar archives, by GNU tar and skopeo.

use super::{file, layout_of, wanted};
use crate::write::{NewLayer, write_layout};
use crate::{
    AttachmentLimits, Compression, ImageError, Layout, RepositoryError, Selection, Watch, pin,
};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn image() -> TempDir {
    layout_of(vec![NewLayer::new(vec![file("a.txt", "text")], Compression::Gzip).unwrap()])
}

fn text_of(archive: &Path) -> Result<String, ImageError> {
    let image = Layout::open(archive)?.image(&Selection::only())?;
    let contents = image.files(&wanted, &Watch::default())?;
    Ok(String::from_utf8(contents.files[0].bytes.to_vec()).unwrap())
}

#[test]
fn a_layout_in_a_tar_archive_reads_as_in_a_folder() {
    let folder = image();
    for (format, what) in [("gnu", "."), ("posix", "."), ("ustar", ".")] {
        let arguments = ["-C", "image", "--format", format, "-cf", "image.tar", what];
        run(folder.path(), "tar", &arguments);
        assert_eq!(text_of(&folder.path().join("image.tar")).unwrap(), "text", "{format}");
    }
}

#[test]
fn an_archive_and_a_digest_of_skopeo_are_read_alike() {
    let folder = image();
    run(folder.path(), "skopeo", &["copy", "-q", "oci:image", "oci-archive:image.tar:name"]);
    let archive = folder.path().join("image.tar");
    assert_eq!(text_of(&archive).unwrap(), "text");
    let limits = AttachmentLimits::default();
    let pinned = pin(&Layout::open(&archive).unwrap(), Some("name"), None, &limits).unwrap();
    let template = "{{.Digest}}";
    let arguments = ["inspect", "--format", template, "oci-archive:image.tar:name"];
    assert_eq!(run(folder.path(), "skopeo", &arguments).trim(), pinned.digest.to_string());
}

#[test]
fn an_archive_with_a_doubled_index_is_ambiguous() {
    let folder = image();
    run(folder.path(), "tar", &["-C", "image", "-cf", "image.tar", "."]);
    run(folder.path(), "tar", &["-C", "image", "-rf", "image.tar", "./index.json"]);
    let refused = text_of(&folder.path().join("image.tar"));
    assert!(matches!(refused, Err(ImageError::Ambiguous { .. })), "{refused:?}");
}

#[test]
fn an_archive_whose_blob_is_a_link_is_refused() {
    let folder = image();
    let blobs = folder.path().join("image/blobs/sha256");
    let digest = Layout::open(&folder.path().join("image")).unwrap().images()[0].digest.clone();
    let path = blobs.join(digest.hex());
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    run(folder.path(), "tar", &["-C", "image", "-cf", "image.tar", "."]);
    let refused = text_of(&folder.path().join("image.tar"));
    assert!(matches!(refused, Err(ImageError::NotRegular { .. })), "{refused:?}");
}

#[test]
fn damaged_and_truncated_archives_are_refused() {
    let folder = image();
    run(folder.path(), "tar", &["-C", "image", "--sort=name", "-cf", "image.tar", "."]);
    let whole = fs::read(folder.path().join("image.tar")).unwrap();
    let path = folder.path().join("cut.tar");
    fs::write(&path, &whole[..1_000]).unwrap();
    assert!(matches!(text_of(&path), Err(ImageError::NotALayout { .. })));
    fs::write(&path, b"no archive at all").unwrap();
    assert!(matches!(text_of(&path), Err(ImageError::NotALayout { .. })));
    // The archive's own checksums do not cover content; the digests do.
    let at = whole.windows(16).position(|part| part == b"\"architecture\":\"").unwrap();
    let mut damaged = whole;
    damaged[at + 1] ^= 1;
    fs::write(&path, damaged).unwrap();
    assert!(matches!(text_of(&path), Err(ImageError::BlobDigest { .. })));
}

#[test]
fn a_fifo_is_refused_without_waiting() {
    let folder = TempDir::new().unwrap();
    run(folder.path(), "mkfifo", &["pipe"]);
    let refused = Layout::open(&folder.path().join("pipe"));
    assert!(matches!(refused, Err(ImageError::NotALayout { .. })), "{refused:?}");
}

#[test]
fn an_artifact_that_is_no_image_and_no_index_is_not_pinned() {
    let folder = TempDir::new().unwrap();
    let image = crate::write::NewImage::new("a", vec![]);
    write_layout(folder.path(), &image).unwrap();
    let index = folder.path().join("index.json");
    let text = fs::read_to_string(&index).unwrap();
    let other = text.replace("vnd.oci.image.manifest.v1", "vnd.oci.artifact.manifest.v1");
    fs::write(&index, other).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let refused = pin(&layout, Some("a"), None, &AttachmentLimits::default());
    assert!(matches!(refused, Err(RepositoryError::MediaType { .. })), "{refused:?}");
}
