use super::{file, layout_of, read, wanted};
use crate::write::{NewImage, NewLayer, write_blob, write_images, write_layout};
use crate::{Compression, ImageError, Layout, Limits, Selection, Watch};
use serde_json::json;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn image(reference: &str, text: &str) -> NewImage {
    let layer = NewLayer::new(vec![file("a.txt", text)], Compression::Zstd).unwrap();
    NewImage::new(reference, vec![layer])
}

fn text_of(layout: &Layout, selection: &Selection) -> Result<String, ImageError> {
    let contents = layout.image(selection)?.files(&wanted, &Watch::default())?;
    Ok(String::from_utf8(contents.files[0].bytes.to_vec()).unwrap())
}

#[test]
fn the_writer_makes_the_same_bytes_each_time() {
    let [one, two] = [(), ()].map(|()| TempDir::new().unwrap());
    let digests = [&one, &two].map(|folder| write_layout(folder.path(), &image("a", "x")).unwrap());
    assert_eq!(digests[0], digests[1]);
    let index = |folder: &TempDir| fs::read(folder.path().join("index.json")).unwrap();
    assert_eq!(index(&one), index(&two));
    assert!(write_layout(one.path(), &image("a", "x")).is_err(), "a layout is never overwritten");
}

#[test]
fn an_image_says_what_it_is() {
    let folder = TempDir::new().unwrap();
    let mut new = image("beleg/demo:1", "x");
    new.user = "nobody".to_owned();
    new.entrypoint = vec!["/app".to_owned()];
    new.labels.insert("team".to_owned(), "supply".to_owned());
    let digest = write_layout(folder.path(), &new).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!(layout.images()[0].platform.as_ref().unwrap().to_string(), "linux/amd64");
    let image = layout.image(&Selection::only()).unwrap();
    assert_eq!((image.digest(), image.reference()), (&digest, Some("beleg/demo:1")));
    let config = image.config();
    assert_eq!(config.platform.to_string(), "linux/amd64");
    assert_eq!(config.user.as_deref(), Some("nobody"));
    assert_eq!(config.created.as_deref(), Some("2026-01-01T00:00:00Z"));
    assert_eq!(config.labels.get("team").map(String::as_str), Some("supply"));
    assert!(config.starts_something);
    assert_eq!(image.layers().len(), 1);
    assert_eq!(image.size(), image.layers()[0].size);
}

/// The platform of every image in the index, as written there; `null` takes it out.
fn state_platform(folder: &Path, platform: &serde_json::Value) {
    let path = folder.join("index.json");
    let mut index: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for manifest in index["manifests"].as_array_mut().unwrap() {
        manifest["platform"] = platform.clone();
    }
    fs::write(path, index.to_string()).unwrap();
}

#[test]
fn the_usual_variant_of_a_platform_need_not_be_named() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("a", "x")).unwrap();
    let finds = |wanted: &str| {
        let selection = Selection { platform: Some(wanted.to_owned()), ..Selection::only() };
        Layout::open(folder.path()).unwrap().image(&selection).is_ok()
    };
    let platform = |architecture: &str, variant: Option<&str>| json!({ "os": "linux", "architecture": architecture, "variant": variant });
    for (stated, fitting, other) in [
        (
            platform("arm64", Some("v8")),
            ["linux/arm64", "linux/arm64/v8", "linux/aarch64"],
            "linux/arm64/v9",
        ),
        (platform("arm64", None), ["linux/arm64", "linux/arm64/v8", "linux/arm64/8"], "linux/arm"),
        (platform("arm", Some("v7")), ["linux/arm", "linux/arm/v7", "linux/armhf"], "linux/arm/v6"),
        (
            platform("amd64", None),
            ["linux/amd64", "linux/x86_64", "linux/amd64/v1"],
            "linux/amd64/v3",
        ),
    ] {
        state_platform(folder.path(), &stated);
        assert!(fitting.iter().all(|wanted| finds(wanted)), "{stated}");
        assert!(!finds(other) && !finds("linux") && !finds("windows/amd64/v1/x"), "{stated}");
    }
}

/// `skopeo copy` of one image writes an index that states no platform.
#[test]
fn a_platform_that_the_index_does_not_state_is_the_configs() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("a", "x")).unwrap();
    state_platform(folder.path(), &json!(null));
    let layout = Layout::open(folder.path()).unwrap();
    let wanted = |text: &str| Selection { platform: Some(text.to_owned()), ..Selection::only() };
    assert!(layout.image(&wanted("linux/amd64")).is_ok());
    assert!(matches!(layout.image(&wanted("linux/arm64")), Err(ImageError::NotFound { .. })));
}

#[test]
fn an_image_is_selected_by_name_digest_or_platform() {
    let folder = TempDir::new().unwrap();
    let mut arm = image("b", "two");
    arm.architecture = "arm64".to_owned();
    let digests = write_images(folder.path(), &[image("a", "one"), arm]).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!(text_of(&layout, &Selection::reference("b")).unwrap(), "two");
    assert_eq!(text_of(&layout, &Selection::digest(digests[0].clone())).unwrap(), "one");
    let platform = Selection { platform: Some("linux/arm64".to_owned()), ..Selection::only() };
    assert_eq!(text_of(&layout, &platform).unwrap(), "two");
    let several = layout.image(&Selection::only()).unwrap_err();
    assert!(matches!(&several, ImageError::Several { choices } if choices.len() == 2));
    assert!(several.to_string().contains("`b` linux/arm64 sha256:"), "{several}");
    let absent = layout.image(&Selection::reference("c")).unwrap_err();
    assert!(matches!(&absent, ImageError::NotFound { choices, .. } if choices.len() == 2));
}

#[test]
fn one_image_under_two_names_is_one_image() {
    let folder = TempDir::new().unwrap();
    write_images(folder.path(), &[image("a", "x"), image("b", "x")]).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!(layout.images().len(), 2);
    assert_eq!(text_of(&layout, &Selection::only()).unwrap(), "x");
}

#[test]
fn a_folder_that_is_no_layout_is_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |path: &Path| Layout::open(path).unwrap_err().to_string();
    assert!(refused(&folder.path().join("nothing")).contains("no folder"));
    assert!(refused(folder.path()).contains("`oci-layout` is missing"));
    let marker = folder.path().join("oci-layout");
    fs::write(&marker, r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    assert!(refused(folder.path()).contains("version is `2.0.0`"));
    fs::write(&marker, r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    assert!(refused(folder.path()).contains("`index.json` is missing"));
    fs::write(folder.path().join("index.json"), "{").unwrap();
    assert!(matches!(Layout::open(folder.path()), Err(ImageError::Json { .. })));
}

#[test]
fn a_layout_without_images_is_an_error_and_not_an_empty_answer() {
    let folder = TempDir::new().unwrap();
    write_images(folder.path(), &[]).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    assert!(matches!(layout.image(&Selection::only()), Err(ImageError::NoImage { others: 0 })));
}

#[test]
fn nested_indexes_are_listed_with_the_name_of_the_outer() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("inner", "x")).unwrap();
    let index = folder.path().join("index.json");
    let inner =
        fs::read_to_string(&index).unwrap().replace("org.opencontainers.image.ref.name", "n");
    nest(folder.path(), &inner, "outer");
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!(layout.images()[0].reference.as_deref(), Some("outer"));
    assert_eq!(text_of(&layout, &Selection::reference("outer")).unwrap(), "x");
}

#[test]
fn indexes_nested_too_deep_are_refused() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("inner", "x")).unwrap();
    for _ in 0..8 {
        let inner = fs::read_to_string(folder.path().join("index.json")).unwrap();
        nest(folder.path(), &inner, "outer");
    }
    let refused = Layout::open(folder.path());
    assert!(matches!(refused, Err(ImageError::IndexTooLarge { .. })), "{refused:?}");
    let limits = Limits { index_depth: 9, ..Limits::default() };
    assert!(Layout::open_within(folder.path(), limits).is_ok());
}

#[test]
fn too_many_manifests_are_refused() {
    let folder = TempDir::new().unwrap();
    write_images(folder.path(), &[image("a", "x"), image("b", "y")]).unwrap();
    let refused = Layout::open_within(folder.path(), Limits { manifests: 1, ..Limits::default() });
    assert!(matches!(refused, Err(ImageError::IndexTooLarge { .. })), "{refused:?}");
}

/// BuildKit's attestation after a tool that dropped the annotations: it runs nowhere, and its
/// layers are statements. Only both together make it no image.
#[test]
fn statements_that_run_nowhere_are_no_image_without_an_annotation_too() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("a", "x")).unwrap();
    let (config, size) = write_blob(
        folder.path(),
        br#"{"architecture":"unknown","os":"unknown","rootfs":{"type":"layers","diff_ids":[]}}"#,
    )
    .unwrap();
    let config = json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": size });
    let add = |layers: &[&str], platform: &str| {
        let layers: Vec<_> = layers
            .iter()
            .map(|kind| {
                let (digest, size) = write_blob(folder.path(), kind.as_bytes()).unwrap();
                json!({ "mediaType": kind, "digest": digest, "size": size })
            })
            .collect();
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({ "schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers });
        let (digest, size) = write_blob(folder.path(), manifest.to_string().as_bytes()).unwrap();
        let platform = json!({ "os": platform, "architecture": platform });
        json!({ "mediaType": media_type, "digest": digest, "size": size, "platform": platform })
    };
    let path = folder.path().join("index.json");
    let original: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let listed = |added: serde_json::Value| {
        let mut index = original.clone();
        index["manifests"].as_array_mut().unwrap().push(added);
        fs::write(&path, index.to_string()).unwrap();
        let layout = Layout::open(folder.path()).unwrap();
        (layout.images().len(), layout.others().len())
    };
    let (statement, tar) =
        ("application/vnd.in-toto+json", "application/vnd.oci.image.layer.v1.tar+gzip");
    assert_eq!(listed(add(&[statement, statement], "unknown")), (1, 1));
    assert_eq!(listed(add(&[statement, tar], "unknown")), (2, 0));
    assert_eq!(listed(add(&[statement], "linux")), (2, 0));
    assert_eq!(listed(add(&[], "unknown")), (2, 0));
}

#[test]
fn attestations_beside_an_image_are_named_and_not_taken_for_one() {
    let folder = TempDir::new().unwrap();
    write_images(folder.path(), &[image("a", "x"), image("b", "y")]).unwrap();
    let index = folder.path().join("index.json");
    let json = fs::read_to_string(&index).unwrap().replace(
        r#"{"org.opencontainers.image.ref.name":"b"}"#,
        r#"{"vnd.docker.reference.type":"attestation-manifest"}"#,
    );
    fs::write(&index, json).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!((layout.images().len(), layout.others().len()), (1, 1));
    assert!(layout.others()[0].why.contains("attestation-manifest"));
    assert_eq!(text_of(&layout, &Selection::only()).unwrap(), "x");
}

#[test]
fn an_artifact_is_not_an_image() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("a", "x")).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let digest = layout.images()[0].digest.clone();
    let blob = folder.path().join("blobs/sha256").join(digest.hex());
    let manifest = fs::read_to_string(&blob).unwrap();
    let artifact = manifest.replace("application/vnd.oci.image.config.v1+json", "text/x-other");
    let (new, size) = write_blob(folder.path(), artifact.as_bytes()).unwrap();
    let index = json!({ "schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": new, "size": size,
    }]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    let refused = Layout::open(folder.path()).unwrap().image(&Selection::only());
    assert!(matches!(refused, Err(ImageError::NotAnImage { .. })), "{refused:?}");
}

#[test]
fn a_digest_that_is_a_path_is_refused() {
    let folder = layout_of(vec![]);
    let index = folder.path().join("image/index.json");
    let json = fs::read_to_string(&index).unwrap();
    let at = json.find("sha256:").unwrap();
    let tricked = format!("{}../../../../etc/passwd{}", &json[..at], &json[at + 71..]);
    fs::write(&index, tricked).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::Json { .. })), "{refused:?}");
}

#[test]
fn a_digest_that_cannot_be_verified_is_unsupported() {
    let folder = layout_of(vec![]);
    let index = folder.path().join("image/index.json");
    let json = fs::read_to_string(&index).unwrap();
    let at = json.find("sha256:").unwrap();
    let other = format!("{}sha512:{}{}", &json[..at], "0".repeat(128), &json[at + 71..]);
    fs::write(&index, other).unwrap();
    let refused = read(folder.path());
    assert!(matches!(refused, Err(ImageError::Unsupported { .. })), "{refused:?}");
}

#[test]
fn layers_that_the_config_does_not_name_are_refused() {
    let folder = TempDir::new().unwrap();
    write_layout(folder.path(), &image("a", "x")).unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let blob = folder.path().join("blobs/sha256").join(layout.images()[0].digest.hex());
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(&blob).unwrap()).unwrap();
    let layer = manifest["layers"][0].clone();
    manifest["layers"].as_array_mut().unwrap().push(layer);
    let (new, size) = write_blob(folder.path(), manifest.to_string().as_bytes()).unwrap();
    let index = json!({ "schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": new, "size": size,
    }]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    let refused = Layout::open(folder.path()).unwrap().image(&Selection::only());
    assert!(matches!(refused, Err(ImageError::LayersDiffer { layers: 2, diff_ids: 1 })));
}

/// Moves an index into a blob and lets `index.json` list that.
fn nest(folder: &Path, inner: &str, reference: &str) {
    let (digest, size) = write_blob(folder, inner.as_bytes()).unwrap();
    let outer = json!({ "schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": digest,
        "size": size,
        "annotations": { "org.opencontainers.image.ref.name": reference },
    }]});
    fs::write(folder.join("index.json"), outer.to_string()).unwrap();
}
