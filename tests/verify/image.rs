//! `beleg verify image`, on layouts and on a registry, signed as cosign 2 and cosign 3 do.

use super::world::{ALICE, ISSUER, Judged, Sigstore, Workshop};
use crate::company::text;
use beleg_image::Compression;
use beleg_image::write::{NewEntry, NewImage, NewLayer, write_blob, write_layout};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// The predicate type of what `cosign sign` of version 3 states.
const COSIGN_SIGN: &str = "https://sigstore.dev/cosign/sign/v1";

/// The layout `image` with one image, tagged `1`, on which things hang.
struct Signed {
    workshop: Workshop,
    /// The image's digest, without its algorithm.
    hex: String,
}

impl Signed {
    fn nothing() -> Self {
        Self::with_content("content")
    }

    fn with_content(content: &str) -> Self {
        let workshop = Workshop::new();
        let entries = vec![NewEntry::file("a.txt", content)];
        let layer = NewLayer::new(entries, Compression::Gzip).unwrap();
        let image = NewImage::new("1", vec![layer]);
        let digest = write_layout(&workshop.path("image"), &image).unwrap();
        Self { workshop, hex: digest.hex().to_owned() }
    }

    fn digest(&self) -> String {
        format!("sha256:{}", self.hex)
    }

    /// Signs the image's manifest with a command of the world, and returns the bundle.
    fn bundle(&self, command: &str, options: &str) -> Vec<u8> {
        let manifest = self.workshop.path(&format!("image/blobs/sha256/{}", self.hex));
        let copy = self.workshop.path("manifest");
        fs::copy(manifest, &copy).unwrap();
        Sigstore::shared().sign(command, &copy, ".bundle", options);
        self.workshop.read("manifest.bundle")
    }

    /// Makes payload and annotations of cosign 2, and returns the layer's descriptor.
    fn cosign_layer(&self, command: &str, media_type: &str, digest: &str, options: &str) -> Value {
        let out = self.workshop.path("cosign");
        let mut all = vec!["--image-digest", digest, "--out", out.to_str().unwrap()];
        all.extend(options.split_whitespace());
        Sigstore::shared().run(command, &all);
        let mut layer = self.blob(media_type, &self.workshop.read("cosign/payload.json"));
        let annotations = self.workshop.read("cosign/annotations.json");
        layer["annotations"] = serde_json::from_slice(&annotations).unwrap();
        layer
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let (digest, size) = write_blob(&self.workshop.path("image"), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": size })
    }

    fn list(&self, mut descriptor: Value, name: Option<&str>) {
        let mut index: Value =
            serde_json::from_slice(&self.workshop.read("image/index.json")).unwrap();
        if let Some(name) = name {
            descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
        }
        index["manifests"].as_array_mut().unwrap().push(descriptor);
        self.workshop.write("image/index.json", index.to_string());
    }

    /// Hangs something on the image as cosign 3 does, and returns its manifest's descriptor.
    fn refer(&self, media_type: &str, content: &[u8]) -> Value {
        let path = format!("image/blobs/sha256/{}", self.hex);
        let subject = json!({
            "mediaType": MANIFEST, "digest": self.digest(), "size": self.workshop.read(&path).len(),
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": media_type,
            "config": self.blob("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [self.blob(media_type, content)],
            "subject": subject,
        });
        let mut descriptor = self.blob(MANIFEST, manifest.to_string().as_bytes());
        descriptor["artifactType"] = media_type.into();
        self.list(descriptor.clone(), None);
        descriptor
    }

    /// Hangs a layer on the image as cosign 2 does, by a tag such as `….sig`.
    fn tag(&self, ending: &str, layer: &Value) {
        self.tag_all(ending, &[layer]);
    }

    fn tag_all(&self, ending: &str, layers: &[&Value]) {
        let digests: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
        let config = json!({
            "architecture": "", "os": "", "config": {}, "history": [{}],
            "rootfs": { "type": "layers", "diff_ids": digests },
        });
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers,
        });
        let descriptor = self.blob(MANIFEST, manifest.to_string().as_bytes());
        self.list(descriptor, Some(&format!("sha256-{}{ending}", self.hex)));
    }

    /// Returns the hex digest of the image's `config` or of its `layer`.
    fn part(&self, part: &str) -> String {
        let path = format!("image/blobs/sha256/{}", self.hex);
        let manifest: Value = serde_json::from_slice(&self.workshop.read(&path)).unwrap();
        let part = if part == "config" { &manifest["config"] } else { &manifest["layers"][0] };
        text(&part["digest"]).strip_prefix("sha256:").unwrap().to_owned()
    }

    /// Makes a part of the image something else than the manifest says.
    fn spoil(&self, part: &str, what: &str) {
        let path = format!("image/blobs/sha256/{}", self.part(part));
        let mut bytes = self.workshop.read(&path);
        match what {
            "overwritten" => bytes.reverse(),
            "longer" => bytes.push(b' '),
            _ => fs::remove_file(self.workshop.path(&path)).unwrap(),
        }
        match what {
            "deleted" => {}
            "a link" => std::os::unix::fs::symlink("/dev/null", self.workshop.path(&path)).unwrap(),
            _ => drop(self.workshop.write(&path, bytes)),
        }
    }

    /// Verifies the layout by what Alice may sign, with more options.
    #[track_caller]
    fn by_alice(&self, options: &str, code: i32) -> Judged {
        let alice = Sigstore::shared().trusting_alice();
        self.workshop.judged(&format!("image image {alice} {options}"), code)
    }
}

#[test]
fn an_image_with_a_bundle_of_cosign_3_is_trusted() {
    let image = Signed::nothing();
    let options = format!("--dsse --predicate-type {COSIGN_SIGN}");
    image.refer(BUNDLE, &image.bundle("sign", &options));
    let judged = image.by_alice("", 0);
    assert_eq!(judged.reason(), "all-examined");
    assert_eq!(judged.0["digest"], image.digest());
    assert_eq!(judged.0["population"], json!({ "unit": "images", "expected": 1, "examined": 1 }));
    let signature = &judged.0["signatures"][0];
    assert_eq!(signature["reason"], "trusted");
    assert_eq!(signature["predicate_type"], COSIGN_SIGN);
    assert_eq!(signature["signer"]["identity"], ALICE);
    let digest = image.digest();
    image.by_alice(&format!("--reference 1 --digest {digest}"), 0);
    let words = format!("image image {}", Sigstore::shared().trusting_alice());
    let text = image.workshop.verify(&words).run().expect(0).stdout;
    for word in ["PASS  image", &digest, ALICE, "1 of 1 images examined"] {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
}

#[test]
fn a_layout_in_an_archive_is_verified_as_its_folder_is() {
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    image.workshop.tool("tar", "-cf image.tar -C image .");
    let alice = Sigstore::shared().trusting_alice();
    let judged = image.workshop.judged(&format!("image image.tar {alice}"), 0);
    assert_eq!(judged.0["digest"], image.digest());
}

#[test]
fn signatures_of_cosign_2_hold_a_promise_and_no_proof_which_must_be_allowed() {
    let image = Signed::nothing();
    let layer = image.cosign_layer("cosign", SIMPLE_SIGNING, &image.digest(), "");
    image.tag(".sig", &layer);
    assert_eq!(image.by_alice("", 1).reason(), "proof-missing");
    assert_eq!(image.by_alice("--promise-suffices-unsafe", 0).reason(), "all-examined");
    let root = Sigstore::shared().root();
    let mallory = format!(
        "image image --promise-suffices-unsafe --trusted-root {root} --certificate-identity \
         mallory@world.test --certificate-oidc-issuer {ISSUER}"
    );
    assert_eq!(image.workshop.judged(&mallory, 1).reason(), "identity-mismatch");
}

#[test]
fn attestations_of_cosign_2_are_told_apart_by_their_predicate() {
    let image = Signed::nothing();
    let predicate = "--predicate-type https://cyclonedx.org/bom";
    let layer = image.cosign_layer("cosign-attest", ENVELOPE, &image.digest(), predicate);
    image.tag(".att", &layer);
    assert_eq!(image.by_alice("", 1).reason(), "proof-missing");
    let judged = image.by_alice("--promise-suffices-unsafe", 0);
    assert_eq!(judged.0["signatures"][0]["predicate_type"], "https://cyclonedx.org/bom");
}

#[test]
fn a_signature_that_was_copied_from_another_image_fails() {
    let other = Signed::with_content("other");
    let image = Signed::nothing();
    image.refer(BUNDLE, &other.bundle("sign", "--dsse"));
    assert_eq!(image.by_alice("", 1).reason(), "subject-not-covered");
    let image = Signed::nothing();
    image.refer(BUNDLE, &other.bundle("sign", ""));
    assert_eq!(image.by_alice("", 1).reason(), "digest-mismatch");
    let image = Signed::nothing();
    let layer = image.cosign_layer("cosign", SIMPLE_SIGNING, &other.digest(), "");
    image.tag(".sig", &layer);
    assert_eq!(image.by_alice("--promise-suffices-unsafe", 1).reason(), "digest-mismatch");
    // Nor does a right one beside it make that good.
    let image = Signed::nothing();
    let right = image.cosign_layer("cosign", SIMPLE_SIGNING, &image.digest(), "");
    let wrong = image.cosign_layer("cosign", SIMPLE_SIGNING, &other.digest(), "");
    image.tag_all(".sig", &[&right, &wrong]);
    assert_eq!(image.by_alice("--promise-suffices-unsafe", 1).reason(), "digest-mismatch");
    let image = Signed::nothing();
    let right = image.cosign_layer("cosign", SIMPLE_SIGNING, &image.digest(), "");
    image.tag_all(".sig", &[&right]);
    image.by_alice("--promise-suffices-unsafe", 0);
}

#[test]
fn plain_keys_sign_images_with_a_log_and_without_one_only_if_allowed() {
    let key = |image: &Signed| {
        let words = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
        image.workshop.openssl_key("release", words);
        format!("--key {}", image.workshop.path("release.pem").display())
    };
    let by_key = |image: &Signed, options: &str, code: i32| {
        let root = Sigstore::shared().root();
        let words = format!("image image --key release.pub --trusted-root {root} {options}");
        image.workshop.judged(&words, code).reason()
    };
    let image = Signed::nothing();
    let options = key(&image);
    image.refer(BUNDLE, &image.bundle("sign-key", &format!("{options} --dsse")));
    assert_eq!(by_key(&image, "", 0), "all-examined");
    // A key of another kind is somebody, and not who signed.
    image.workshop.tool("minisign", "-G -W -p mini.pub -s mini.key");
    let words = format!("image image --key mini.pub --trusted-root {}", Sigstore::shared().root());
    assert_eq!(image.workshop.judged(&words, 1).reason(), "unknown-key");
    let image = Signed::nothing();
    let options = key(&image);
    let layer = image.cosign_layer(
        "cosign",
        SIMPLE_SIGNING,
        &image.digest(),
        &format!("{options} --no-log"),
    );
    image.tag(".sig", &layer);
    assert_eq!(by_key(&image, "", 1), "proof-missing");
    assert_eq!(by_key(&image, "--without-log-unsafe", 0), "all-examined");
}

#[test]
fn a_signature_taken_out_of_its_bundle_does_not_do_without_the_log() {
    let image = Signed::nothing();
    let words = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    image.workshop.openssl_key("release", words);
    let options = format!("--key {}", image.workshop.path("release.pem").display());
    let bundle = image.bundle("sign-key", &format!("{options} --dsse --rekor none"));
    let bundle: Value = serde_json::from_slice(&bundle).unwrap();
    image.refer(ENVELOPE, bundle["dsseEnvelope"].to_string().as_bytes());
    let root = Sigstore::shared().root();
    let words = format!("image image --key release.pub --trusted-root {root}");
    let output = image.workshop.verify(&words).run();
    assert_ne!(output.status.code(), Some(0), "a signature passed without a log: {output:?}");
}

#[test]
fn an_unsigned_image_fails_and_one_whose_signature_is_lost_is_unknown() {
    let image = Signed::nothing();
    assert_eq!(image.by_alice("", 1).reason(), "unsigned");
    let image = Signed::nothing();
    let descriptor = image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    let digest = text(&descriptor["digest"]);
    let blob = format!("image/blobs/sha256/{}", digest.strip_prefix("sha256:").unwrap());
    fs::remove_file(image.workshop.path(&blob)).unwrap();
    let judged = image.by_alice("", 3);
    assert_eq!(judged.reason(), "attachment-unreadable", "{:#}", judged.0);
    let place = text(&judged.finding("attachment-unreadable")["location"]["path"]);
    assert!(place.contains(&digest), "{place}");
    let judged = image.by_alice("--reference 9", 3);
    let unreadable = judged.finding("image-unreadable");
    assert!(text(&unreadable["remedy"]).contains("`index.json`"), "{unreadable:#}");
}

/// The layer may be what says that the image failed a test.
#[test]
fn an_attestation_that_is_lost_leaves_a_signed_image_unknown() {
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    image.by_alice("", 0);
    let lost = image.blob(BUNDLE, b"{}");
    image.refer(BUNDLE, b"{}");
    let digest = text(&lost["digest"]);
    let blob = format!("image/blobs/sha256/{}", digest.strip_prefix("sha256:").unwrap());
    fs::remove_file(image.workshop.path(&blob)).unwrap();
    let judged = image.by_alice("", 3);
    assert_eq!(judged.reason(), "attachment-unreadable", "{:#}", judged.0);
    assert_eq!(judged.finding("attachment-unreadable")["location"]["path"], digest);
    let alice = Sigstore::shared().trusting_alice();
    let shown = image.workshop.verify(&format!("image image {alice}")).run().expect(3).stdout;
    assert!(shown.starts_with("UNKNOWN  image\n"), "{shown}");
}

#[test]
fn what_is_too_large_for_a_bundle_matters_only_if_it_is_said_to_be_one() {
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    let large = vec![b' '; (16 << 20) + 1];
    image.refer("application/spdx+json", &large);
    image.by_alice("", 0);
    image.refer(BUNDLE, &large);
    assert_eq!(image.by_alice("", 3).reason(), "attachment-unreadable");
}

#[test]
fn junk_in_a_bundles_place_is_listed_and_not_taken_for_nothing() {
    let image = Signed::nothing();
    image.refer(BUNDLE, b"junk");
    let judged = image.by_alice("", 3);
    assert_eq!(judged.reason(), "unsupported-format", "{:#}", judged.0);
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    assert_eq!(image.by_alice("", 0).0["signatures"].as_array().unwrap().len(), 2);
}

#[test]
fn an_sbom_on_an_unsigned_image_is_no_signature_of_it() {
    let image = Signed::nothing();
    image.refer("application/spdx+json", br#"{"spdxVersion":"SPDX-2.3"}"#);
    assert_eq!(image.by_alice("", 1).reason(), "unsigned");
    let bundle = image.bundle("sign", "--dsse");
    image.refer(BUNDLE, &bundle);
    assert_eq!(image.by_alice("", 0).reason(), "all-examined");
}

#[test]
fn another_digest_than_the_images_and_changed_bytes_never_pass() {
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    let absent = format!("sha256:{}", "0".repeat(64));
    let judged = image.by_alice(&format!("--digest {absent}"), 3);
    assert_eq!(judged.reason(), "image-unreadable");
    assert!(text(&judged.finding("image-unreadable")["message"]).contains(&absent));
    let alice = Sigstore::shared().trusting_alice();
    let malformed = format!("image image {alice} --digest sha256:00");
    let output = image.workshop.verify(&malformed).run().expect(2);
    assert!(output.stderr.contains("digest"), "{}", output.stderr);
    let manifest = format!("image/blobs/sha256/{}", image.hex);
    let bytes = String::from_utf8(image.workshop.read(&manifest)).unwrap();
    image.workshop.write(&manifest, bytes.replace("\"schemaVersion\":2", "\"schemaVersion\": 2"));
    let output = image.workshop.verify(&format!("image image {alice}")).run();
    assert!([Some(1), Some(3)].contains(&output.status.code()), "{output:?}");
    assert!(output.stdout.contains("Remedy: "), "{}", output.stdout);
}

#[test]
fn nobody_may_sign_an_image_unless_named_with_an_issuer() {
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    let root = Sigstore::shared().root();
    for who in ["--certificate-identity alice@world.test", "--certificate-identity-pattern **"] {
        let words = format!("image image --trusted-root {root} {who}");
        let output = image.workshop.verify(&words).run().expect(2);
        assert!(output.stderr.contains("--certificate-oidc-issuer"), "{}", output.stderr);
    }
    let judged = image.workshop.judged(&format!("image image --trusted-root {root}"), 3);
    assert_eq!(judged.reason(), "no-trust-material");
    // Who signed is told all the same.
    assert_eq!(judged.0["signatures"][0]["signer"]["identity"], ALICE);
}

#[test]
fn an_image_in_a_registry_is_verified_by_tag_and_digest() {
    let image = Signed::nothing();
    let mut listed = image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    // skopeo would not push an index with this member.
    listed.as_object_mut().unwrap().remove("artifactType");
    // The registry has no list of referrers: there is an index under a tag instead.
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [listed] });
    let index = image.blob(INDEX, index.to_string().as_bytes());
    image.list(index, Some(&format!("sha256-{}", image.hex)));
    let registry = Registry::start(&image.workshop);
    let (address, name) = (&registry.address, "team/app");
    let push = |tag: &str| {
        let options = "copy -q --all --preserve-digests --insecure-policy --dest-tls-verify=false";
        let words = format!("{options} oci:image:{tag} docker://{address}/{name}:{tag}");
        image.workshop.tool("skopeo", &words);
    };
    push("1");
    let alice = Sigstore::shared().trusting_alice();
    let verify = |end: &str, code: i32| {
        image.workshop.judged(&format!("image oci://{address}/{name}{end} {alice}"), code)
    };
    assert_eq!(verify(":1", 1).reason(), "unsigned");
    push(&format!("sha256-{}", image.hex));
    let judged = verify(":1", 0);
    assert_eq!(judged.0["digest"], image.digest());
    assert_eq!(judged.0["signatures"][0]["signer"]["identity"], ALICE);
    verify(&format!("@{}", image.digest()), 0);
    let absent = verify(":2", 3);
    assert_eq!(absent.reason(), "image-unreadable");
    let wrong = format!(":1 --digest sha256:{}", "0".repeat(64));
    assert_eq!(verify(&wrong, 3).reason(), "image-unreadable");
    let offline =
        image.workshop.verify(&format!("--offline image oci://{address}/{name}:1 {alice}"));
    let offline = Judged::of(offline, 3);
    assert!(text(&offline.finding("image-unreadable")["message"]).contains("offline"));
    let gone = format!("image oci://{address}/{name}:1 {alice}");
    drop(registry);
    assert_eq!(image.workshop.judged(&gone, 3).reason(), "image-unreadable");
}

/// The signature covers the manifest's digest alone; what it names has to be hashed.
#[test]
fn contents_that_are_not_what_the_signed_manifest_says_never_pass() {
    for part in ["config", "layer"] {
        for (what, code, reason) in [
            ("overwritten", 1, "digest-mismatch"),
            ("longer", 1, "digest-mismatch"),
            ("deleted", 3, "contents-unhashed"),
            ("a link", 3, "contents-unhashed"),
        ] {
            let image = Signed::nothing();
            image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
            image.spoil(part, what);
            let judged = image.by_alice("", code);
            assert_eq!(judged.reason(), reason, "{part} {what}: {:#}", judged.0);
            assert_eq!(judged.0["signatures"][0]["reason"], "trusted", "{part} {what}");
            let list = if code == 1 { "different" } else { "not_hashed" };
            assert_eq!(judged.0["contents"][list][0]["what"], part);
            assert_eq!(judged.0["contents"]["hashed"], 2);
            image.by_alice("--manifest-only-unsafe", 0);
        }
    }
    let image = Signed::nothing();
    image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
    let contents = image.by_alice("", 0).0["contents"].clone();
    assert_eq!((&contents["hashed"], &contents["not_hashed"]), (&json!(3), &json!([])));
    let unasked = image.by_alice("--manifest-only-unsafe", 0);
    assert_eq!(unasked.0["contents"], Value::Null);
    assert!(text(&unasked.finding("contents-unhashed")["message"]).contains("as was asked for"));
}

#[test]
fn every_platform_of_a_signed_index_is_hashed() {
    let signed = |keep: bool| {
        let image = Signed::nothing();
        let other = Signed::with_content("for another machine");
        let manifest = other.workshop.read(&format!("image/blobs/sha256/{}", other.hex));
        for blob in fs::read_dir(other.workshop.path("image/blobs/sha256")).unwrap() {
            let bytes = fs::read(blob.unwrap().path()).unwrap();
            if keep || bytes == manifest {
                image.blob(MANIFEST, &bytes);
            }
        }
        let mut first: Value =
            serde_json::from_slice(&image.workshop.read("image/index.json")).unwrap();
        let mut second = json!({
            "mediaType": MANIFEST, "digest": other.digest(), "size": manifest.len(),
        });
        first["manifests"][0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        second["platform"] = json!({ "os": "linux", "architecture": "arm64" });
        first["manifests"][0].as_object_mut().unwrap().remove("annotations");
        let manifests = [first["manifests"][0].clone(), second];
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        let index = image.blob(INDEX, index.to_string().as_bytes());
        let hex = text(&index["digest"]).strip_prefix("sha256:").unwrap().to_owned();
        let empty = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
        image.workshop.write("image/index.json", empty.to_string());
        image.list(index, Some("1"));
        let image = Signed { hex, ..image };
        image.refer(BUNDLE, &image.bundle("sign", "--dsse"));
        image
    };
    let whole = signed(true).by_alice("--reference 1", 0);
    assert_eq!(whole.0["contents"]["hashed"], 7, "{:#}", whole.0);
    let part = signed(false).by_alice("--reference 1", 3);
    assert_eq!(part.reason(), "contents-unhashed", "{:#}", part.0);
    assert_eq!(part.0["contents"]["not_hashed"].as_array().unwrap().len(), 2);
}

#[test]
fn the_layers_of_an_image_in_a_registry_are_fetched_and_hashed() {
    let image = Signed::nothing();
    let layer = image.cosign_layer("cosign", SIMPLE_SIGNING, &image.digest(), "");
    image.tag(".sig", &layer);
    let registry = Registry::start(&image.workshop);
    let (address, name) = (&registry.address, "team/app");
    for tag in ["1".to_owned(), format!("sha256-{}.sig", image.hex)] {
        let options = "copy -q --preserve-digests --insecure-policy --dest-tls-verify=false";
        let words = format!("{options} oci:image:{tag} docker://{address}/{name}:{tag}");
        image.workshop.tool("skopeo", &words);
    }
    let alice = Sigstore::shared().trusting_alice();
    let words = format!("image oci://{address}/{name}:1 {alice} --promise-suffices-unsafe");
    assert_eq!(image.workshop.judged(&words, 0).0["contents"]["hashed"], 3);
    let hex = image.part("layer");
    let start = hex.get(..2).unwrap();
    let data = format!("registry/docker/registry/v2/blobs/sha256/{start}/{hex}/data");
    let mut bytes = image.workshop.read(&data);
    *bytes.last_mut().unwrap() ^= 1;
    image.workshop.write(&data, bytes);
    let judged = image.workshop.judged(&words, 1);
    assert_eq!(judged.reason(), "digest-mismatch", "{:#}", judged.0);
    fs::remove_file(image.workshop.path(&data)).unwrap();
    assert_eq!(image.workshop.judged(&words, 3).reason(), "contents-unhashed");
}

/// A registry on loopback, ended when dropped.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    fn start(workshop: &Workshop) -> Self {
        let data = workshop.path("registry");
        let configuration = json!({
            "version": "0.1",
            "log": { "level": "info" },
            "storage": { "filesystem": { "rootdirectory": data } },
            "http": { "addr": "127.0.0.1:0" },
        });
        let file = workshop.write("registry.yml", configuration.to_string());
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`docker-registry` must be installed: {error}"));
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("docker-registry ended").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(['"', ' ']).next().unwrap().to_owned();
            }
        };
        // Its log must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
