//! Debian's `docker-registry` (2.8, without the referrers API), filled by skopeo.

use super::adapter::Searched;
use super::{LIMIT, MANIFEST, open, runtime, settings, sha256};
use crate::registry::OCI_INDEX;
use crate::{Credentials, ReferrerPages, RegistryError};
use beleg_image::write::{NewEntry, NewImage, NewLayer, write_blob, write_layout};
use beleg_image::{
    AttachmentKind, AttachmentLimits, Attachments, Compression, Layout, Watch, attachments, pin,
};
use beleg_model::Digest;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

struct DebianRegistry {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl DebianRegistry {
    fn start(htpasswd: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("data");
        let mut config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n",
            root.display()
        );
        if let Some(line) = htpasswd {
            let path = folder.path().join("htpasswd");
            fs::write(&path, line).unwrap();
            let auth =
                format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", path.display());
            config.push_str(&auth);
        }
        let path = folder.path().join("config.yml");
        fs::write(&path, config).unwrap();
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("docker-registry is needed: {error}"));
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mark = "listening on ";
        let address = loop {
            let line = lines.next().expect("docker-registry ended").unwrap();
            if let Some((_, rest)) = line.split_once(mark) {
                break rest.split(['"', ' ']).next().unwrap().to_owned();
            }
        };
        // Its log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address, _folder: folder }
    }

    fn locator(&self, end: &str) -> String {
        format!("oci://{}/team/app{end}", self.address)
    }

    fn skopeo_name(&self, tag: &str) -> String {
        format!("docker://{}/team/app:{tag}", self.address)
    }

    /// Pushes what a layout has under a name.
    fn push(&self, layout: &Path, tag: &str, more: &[&str]) {
        let source = format!("oci:{}:{tag}", layout.display());
        let target = self.skopeo_name(tag);
        let fixed = [
            "copy",
            "-q",
            "--all",
            "--preserve-digests",
            "--dest-tls-verify=false",
            "--insecure-policy",
        ];
        let arguments = [&fixed, more, &[&source, &target]].concat();
        run("skopeo", &arguments);
    }
}

impl Drop for DebianRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    output.stdout
}

/// A layout with an image `1`, a cosign 3 bundle under the referrers tag, and tags of cosign 2.
fn signed_layout() -> (TempDir, Digest) {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let entries = vec![NewEntry::file("a.txt", "a")];
    let layer = NewLayer::new(entries, Compression::Gzip).unwrap();
    let image = write_layout(path, &NewImage::new("1", vec![layer])).unwrap();
    let blob = |media_type: &str, bytes: &[u8]| {
        let (digest, size) = write_blob(path, bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    };
    let size = fs::metadata(path.join("blobs/sha256").join(image.hex())).unwrap().len();
    let subject = json!({ "mediaType": MANIFEST, "digest": image, "size": size });
    let bundle = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE,
        "config": blob("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [blob(BUNDLE, b"bundle")],
        "subject": subject,
    });
    let bundle = blob(MANIFEST, bundle.to_string().as_bytes());
    let referrers = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [bundle] });
    let referrers = blob(OCI_INDEX, referrers.to_string().as_bytes());
    list(path, referrers, &format!("sha256-{}", image.hex()));
    for suffix in ["sig", "att", "sbom"] {
        let mut layer = blob("application/vnd.dev.cosign.simplesigning.v1+json", suffix.as_bytes());
        layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": "MEUC" });
        let config = json!({
            "architecture": "", "os": "", "config": {}, "history": [{}],
            "rootfs": { "type": "layers", "diff_ids": [layer["digest"]] },
        });
        let config =
            blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer],
        });
        let manifest = blob(MANIFEST, manifest.to_string().as_bytes());
        list(path, manifest, &format!("sha256-{}.{suffix}", image.hex()));
    }
    (folder, image)
}

fn list(layout: &Path, mut descriptor: Value, name: &str) {
    let path = layout.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    index["manifests"].as_array_mut().unwrap().push(descriptor);
    fs::write(path, index.to_string()).unwrap();
}

/// Shows attachments with their bytes, for comparison.
fn shown(found: &Attachments) -> Vec<(AttachmentKind, Digest, Vec<Vec<u8>>)> {
    assert!(found.is_complete(), "{:?}", found.problems);
    let show = |found: &beleg_image::Attachment| {
        let bytes = found.layers.iter().map(|layer| layer.bytes.as_ref().unwrap().clone());
        (found.kind, found.digest.clone(), bytes.collect())
    };
    found.found.iter().map(show).collect()
}

#[test]
fn an_image_and_what_hangs_on_it_is_the_same_in_registry_and_layout() {
    let (layout, image) = signed_layout();
    let registry = DebianRegistry::start(None);
    registry.push(layout.path(), "1", &[]);
    for suffix in ["", ".sig", ".att", ".sbom"] {
        registry.push(layout.path(), &format!("sha256-{}{suffix}", image.hex()), &[]);
    }
    let runtime = runtime();
    let searched = Searched(open(&runtime, &registry.locator(":1"), settings(None)));
    let limits = AttachmentLimits::default();
    let pinned = pin(&searched, Some("1"), None, &limits).unwrap();
    assert_eq!(pinned.digest, image);
    let name = registry.skopeo_name("1");
    let raw = run("skopeo", &["inspect", "--raw", "--tls-verify=false", &name]);
    assert_eq!(sha256(&raw), pinned.digest, "skopeo sees the same bytes");

    let remote = shown(&attachments(&searched, &image, &limits, &Watch::default()));
    let local = shown(&attachments(
        &Layout::open(layout.path()).unwrap(),
        &image,
        &limits,
        &Watch::default(),
    ));
    assert_eq!(remote, local);
    let kinds: Vec<_> = remote.iter().map(|(kind, ..)| kind.word()).collect();
    assert_eq!(kinds, ["referrer", "sig-tag", "att-tag", "sbom-tag"]);

    let registry = searched.0;
    let pages = registry.referrers(&image, None).unwrap();
    assert!(matches!(pages, ReferrerPages::Unsupported), "{pages:?}");
    assert!(registry.tagged("absent", LIMIT).unwrap_err().is_not_found());
    assert!(registry.manifest(&sha256(b"absent"), LIMIT).unwrap_err().is_not_found());
    assert!(registry.blob(&sha256(b"absent"), LIMIT).unwrap_err().is_not_found());
    let bundle = registry.blob(&sha256(b"bundle"), LIMIT).unwrap();
    assert_eq!(bundle, b"bundle");
    let refused = registry.blob(&sha256(b"bundle"), 5);
    assert!(matches!(refused, Err(RegistryError::TooLarge { .. })), "{refused:?}");
}

#[test]
fn a_registry_with_a_password_is_read_with_that_password_only() {
    let (layout, image) = signed_layout();
    let htpasswd = run("htpasswd", &["-Bbn", "user", "secret"]);
    let registry = DebianRegistry::start(Some(&String::from_utf8(htpasswd).unwrap()));
    registry.push(layout.path(), "1", &["--dest-creds=user:secret"]);
    let runtime = runtime();
    let ask = |credentials: Option<Credentials>| {
        let locator = registry.locator(&format!("@{image}"));
        open(&runtime, &locator, settings(credentials)).manifest(&image, LIMIT)
    };
    let right = ask(Some(Credentials::new("user", "secret"))).unwrap();
    assert_eq!((right.digest, right.media_type.as_str()), (image.clone(), MANIFEST));
    for wrong in [None, Some(Credentials::new("user", "wrong"))] {
        let refused = ask(wrong);
        assert!(matches!(refused, Err(RegistryError::Denied { status: 401, .. })), "{refused:?}");
    }
}
