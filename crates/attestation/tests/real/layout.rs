#![expect(clippy::unwrap_used, reason = "a test may panic")]

use beleg_attestation::layout::{LayoutKey, LayoutPolicy, Released, verify_layout};
use beleg_attestation::provenance::Assessment;
use beleg_model::Digest;
use beleg_trust::Reason;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Makes key pairs, and signs layouts whose keys and functionaries are given by name.
const TOOL: &str = r#"
import json, sys
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives import serialization as s
from in_toto.models._signer import load_crypto_signer_from_pkcs8_file, load_public_key_from_file
from in_toto.models.layout import Layout
from in_toto.models.metadata import Envelope, Metablock

def make(kind, *names):
    for name in names:
        make_one(kind, name)

def make_one(kind, name):
    key = {"ed25519": lambda: ed25519.Ed25519PrivateKey.generate(),
           "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
           "rsa": lambda: rsa.generate_private_key(65537, 2048)}[kind]()
    open(name, "wb").write(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    open(name + ".pub", "wb").write(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))
    print(load_public_key_from_file(name + ".pub")["keyid"])

def sign(path, form, owners, layout):
    layout = json.loads(layout)
    keys = {name: load_public_key_from_file(name + ".pub") for name in layout.pop("names")}
    for step in layout["steps"]:
        step["pubkeys"] = [keys[name]["keyid"] for name in step["pubkeys"]]
    layout = Layout.read({"_type": "layout", "readme": "Ä\n\"\\", "keys": {k["keyid"]: k for k in keys.values()}, **layout})
    metadata = Envelope.from_signable(layout) if form == "dsse" else Metablock(signed=layout)
    for owner in owners.split(","):
        metadata.create_signature(load_crypto_signer_from_pkcs8_file(owner))
    metadata.dump(path)

{"make": make, "sign": sign}[sys.argv[1]](*sys.argv[2:])
"#;

/// A folder with keys, a layout and links, all made by in-toto's own tools.
struct Chain {
    dir: TempDir,
    ids: BTreeMap<String, String>,
    form: &'static str,
}

impl Chain {
    /// Has `ann` write `app.c` and `bob` build `app` of it, under a layout that `owner` signs.
    fn new(kind: &str, form: &'static str) -> Self {
        let dir = tempfile::Builder::new().prefix("beleg").tempdir_in("/tmp").unwrap();
        let mut chain = Self { dir, ids: BTreeMap::new(), form };
        let names = ["owner", "ann", "bob", "eve"];
        let ids = chain.tool(&[&["make", kind][..], &names].concat());
        for (name, id) in names.into_iter().zip(ids.lines()) {
            chain.ids.insert(name.to_owned(), id.to_owned());
        }
        chain.step("write", "ann", &["-p", "app.c", "--"], "printf source > app.c");
        chain.step("build", "bob", &["-m", "app.c", "-p", "app", "--"], "cp app.c app");
        chain.sign("owner", &layout());
        chain
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn output(&self, program: &str, args: &[&str]) -> Output {
        let tools =
            std::env::var_os("BELEG_TOOLS").map(|tools| PathBuf::from(tools).join("venv/bin"));
        let paths = std::env::var_os("PATH").unwrap();
        let paths = tools.into_iter().chain(std::env::split_paths(&paths));
        let path = std::env::join_paths(paths).unwrap();
        let name = which(program, &path).unwrap_or_else(|| panic!("`{program}` must be installed"));
        let mut command = Command::new(name);
        command.args(args).current_dir(self.dir.path()).env_clear().env("PATH", &path);
        command.env("HOME", self.dir.path()).output().unwrap()
    }

    fn run(&self, program: &str, args: &[&str]) -> String {
        let output = self.output(program, args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {args:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn tool(&self, args: &[&str]) -> String {
        self.run("python3", &[&["-c", TOOL], args].concat())
    }

    /// Carries a step out with `in-toto-run`.
    fn step(&self, name: &str, who: &str, args: &[&str], command: &str) {
        let form: &[&str] = if self.form == "dsse" { &["--use-dsse"] } else { &[] };
        let start = ["-n", name, "--signing-key", who];
        self.run("in-toto-run", &[&start, form, args, &["sh", "-c", command]].concat());
    }

    fn sign(&self, owners: &str, layout: &Value) {
        self.tool(&["sign", "root.layout", self.form, owners, &layout.to_string()]);
    }

    fn link(&self, step: &str, who: &str) -> PathBuf {
        self.path(&format!("{step}.{}.link", self.ids.get(who).unwrap().get(..8).unwrap()))
    }

    fn key(&self, name: &str) -> LayoutKey {
        LayoutKey::from_pem(&fs::read_to_string(self.path(&format!("{name}.pub"))).unwrap())
            .unwrap()
    }

    fn policy(&self, owners: &[&str]) -> LayoutPolicy {
        LayoutPolicy {
            keys: owners.iter().map(|name| self.key(name)).collect(),
            threshold: None,
            skip_inspections_unsafe: false,
            now: jiff::Timestamp::now(),
        }
    }

    fn judge_with(&self, policy: &LayoutPolicy, artifact: Option<&[Digest]>) -> Assessment {
        let mut links = BTreeMap::new();
        read_links(self.dir.path(), "", &mut links);
        let released = artifact.map(|digests| Released { name: "elsewhere/other", digests });
        self.judge_released(policy, &links, released)
    }

    fn judge_released(
        &self,
        policy: &LayoutPolicy,
        links: &BTreeMap<String, Vec<u8>>,
        released: Option<Released<'_>>,
    ) -> Assessment {
        let layout = fs::read(self.path("root.layout")).unwrap();
        verify_layout(&layout, links, released.as_ref(), policy)
    }

    /// Judges, and compares with what `in-toto-verify` says.
    fn judge(&self) -> Assessment {
        let ours = self.judge_with(&self.policy(&["owner"]), None);
        assert_eq!(self.in_toto_passes(), ours.reason == Reason::Trusted, "{ours:?}");
        ours
    }

    fn in_toto_passes(&self) -> bool {
        let args = ["-l", "root.layout", "--verification-keys", "owner.pub"];
        self.output("in-toto-verify", &args).status.success()
    }

    fn app(&self) -> Vec<Digest> {
        vec![Digest::sha256(Sha256::digest(fs::read(self.path("app")).unwrap()).into())]
    }
}

fn which(program: &str, path: &std::ffi::OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(program)).find(|file| file.exists())
}

fn read_links(folder: &Path, prefix: &str, to: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read_links(&entry.path(), &format!("{name}/"), to);
        } else if name.ends_with(".link") {
            to.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

fn layout() -> Value {
    json!({
        "names": ["ann", "bob"],
        "expires": "2099-01-01T00:00:00Z",
        "inspect": [],
        "steps": [
            {
                "name": "write", "pubkeys": ["ann"], "threshold": 1, "expected_command": [],
                "expected_materials": [], "expected_products": [["CREATE", "app.c"], ["DISALLOW", "*"]],
            },
            {
                "name": "build", "pubkeys": ["bob"], "threshold": 1, "expected_command": [],
                "expected_materials": [["MATCH", "*", "WITH", "PRODUCTS", "FROM", "write"], ["DISALLOW", "*"]],
                "expected_products": [["create", "app"], ["DISALLOW", "*"]],
            },
        ],
    })
}

/// The layout with one value changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut layout = layout();
    *layout.pointer_mut(pointer).unwrap() = value;
    layout
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_layout_and_links_of_every_kind_of_key_and_both_forms_are_trusted_as_by_in_toto() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        for form in ["metablock", "dsse"] {
            let chain = Chain::new(kind, form);
            let assessment = chain.judge();
            assert_eq!(assessment.reason, Reason::Trusted, "{kind} {form} {assessment:?}");
            let policy = chain.policy(&["owner"]);
            let app = chain.app();
            assert_eq!(chain.judge_with(&policy, Some(&app)).reason, Reason::Trusted);
            let other = [Digest::sha256([0; 32])];
            let assessment = chain.judge_with(&policy, Some(&other));
            assert_eq!(assessment.reason, Reason::SubjectNotCovered);
            // What the step gave out under this name, and was changed.
            let mut links = BTreeMap::new();
            read_links(chain.dir.path(), "", &mut links);
            let changed = Released { name: "dist/app", digests: &other };
            let assessment = chain.judge_released(&policy, &links, Some(changed));
            assert_eq!(assessment.reason, Reason::DigestMismatch);
            let sha512: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
            assert_eq!(chain.judge_with(&policy, Some(&[sha512])).reason, Reason::ContentNeeded);
        }
    }
}

#[test]
fn a_layout_that_its_owner_did_not_sign_is_refused() {
    let chain = Chain::new("ed25519", "metablock");
    let judge = |owners: &[&str]| chain.judge_with(&chain.policy(owners), None).reason;
    assert_eq!(judge(&["owner"]), Reason::Trusted);
    assert_eq!(judge(&["eve"]), Reason::UnknownKey);
    assert_eq!(judge(&["owner", "eve"]), Reason::ThresholdNotMet);
    assert_eq!(judge(&["owner", "owner"]), Reason::Trusted);
    assert_eq!(judge(&[]), Reason::NoTrustMaterial);
    let one = LayoutPolicy { threshold: NonZeroUsize::new(1), ..chain.policy(&["owner", "eve"]) };
    assert_eq!(chain.judge_with(&one, None).reason, Reason::Trusted);
    let two = LayoutPolicy { threshold: NonZeroUsize::new(2), ..chain.policy(&["owner", "owner"]) };
    assert_eq!(chain.judge_with(&two, None).reason, Reason::ThresholdNotMet);
    replace(&chain.path("root.layout"), "2099", "2098");
    assert_eq!(chain.judge().reason, Reason::BadSignature);
    let mut unsigned: Value =
        serde_json::from_slice(&fs::read(chain.path("root.layout")).unwrap()).unwrap();
    *unsigned.pointer_mut("/signatures").unwrap() = json!([]);
    fs::write(chain.path("root.layout"), unsigned.to_string()).unwrap();
    assert_eq!(chain.judge().reason, Reason::Unsigned);
}

#[test]
fn the_owner_of_every_kind_of_key_is_recognised_by_the_id_of_in_toto() {
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let chain = Chain::new(kind, "metablock");
        replace(&chain.path("root.layout"), "2099", "2098");
        assert_eq!(chain.judge().reason, Reason::BadSignature, "{kind}");
    }
}

#[test]
fn an_expired_layout_is_refused() {
    let chain = Chain::new("ed25519", "dsse");
    chain.sign("owner", &with("/expires", json!("2020-01-01T00:00:00Z")));
    assert_eq!(chain.judge().reason, Reason::LayoutExpired);
}

#[test]
fn a_step_without_its_link_and_with_a_link_of_others_is_refused() {
    for form in ["metablock", "dsse"] {
        let chain = Chain::new("ed25519", form);
        let link = chain.link("build", "bob");
        let genuine = fs::read(&link).unwrap();
        fs::remove_file(&link).unwrap();
        assert_eq!(chain.judge().reason, Reason::StepMissing);
        // Eve's own link, under her and then under Bob's name.
        chain.step("build", "eve", &["-m", "app.c", "-p", "app", "--"], "cp app.c app");
        let assessment = chain.judge();
        assert!(matches!(assessment.reason, Reason::ThresholdNotMet), "{assessment:?}");
        assert!(assessment.notes.iter().any(|note| note.contains("signed by nobody")));
        fs::rename(chain.link("build", "eve"), &link).unwrap();
        assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
        let forged = fs::read_to_string(&link)
            .unwrap()
            .replace(chain.ids.get("eve").unwrap(), chain.ids.get("bob").unwrap());
        fs::write(&link, forged).unwrap();
        assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
        fs::write(&link, &genuine).unwrap();
        assert_eq!(chain.judge().reason, Reason::Trusted);
    }
}

#[test]
fn a_changed_link_does_not_count() {
    let chain = Chain::new("ed25519", "metablock");
    let digest = chain.app().first().unwrap().hex().to_owned();
    replace(&chain.link("build", "bob"), &digest, &"0".repeat(64));
    assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
    fs::write(chain.link("build", "bob"), "{").unwrap();
    assert_eq!(chain.judge().reason, Reason::StepMissing);
}

#[test]
fn what_changed_between_two_steps_breaks_the_rule() {
    let chain = Chain::new("ed25519", "metablock");
    fs::write(chain.path("app.c"), "evil").unwrap();
    chain.step("build", "bob", &["-m", "app.c", "-p", "app", "--"], "cp app.c app");
    let assessment = chain.judge();
    assert_eq!(assessment.reason, Reason::StepRuleBroken);
    let note = &assessment.mismatches.first().unwrap().note;
    assert!(note.contains("app.c") && note.contains("DISALLOW *"), "{note}");
}

#[test]
fn a_threshold_counts_functionaries_who_agree_and_a_key_only_once() {
    let chain = Chain::new("ed25519", "metablock");
    let two = |pubkeys: Value| {
        let mut layout = with("/steps/1/pubkeys", pubkeys);
        *layout.pointer_mut("/steps/1/threshold").unwrap() = json!(2);
        *layout.pointer_mut("/names").unwrap() = json!(["ann", "bob", "eve"]);
        layout
    };
    chain.sign("owner", &two(json!(["bob", "eve"])));
    assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
    chain.sign("owner", &two(json!(["bob", "bob"])));
    assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
    chain.sign("owner", &two(json!(["bob", "eve"])));
    fs::remove_file(chain.path("app")).unwrap();
    chain.step("build", "eve", &["-m", "app.c", "-p", "app", "--"], "cp app.c app");
    assert_eq!(chain.judge().reason, Reason::Trusted);
    fs::remove_file(chain.path("app")).unwrap();
    chain.step("build", "eve", &["-m", "app.c", "-p", "app", "--"], "printf evil > app");
    assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
}

#[test]
fn one_key_under_two_ids_is_one_functionary() {
    let chain = Chain::new("ed25519", "metablock");
    let path = chain.path("alias.py");
    // in-toto's own tools name a key by its content; a layout may be written otherwise.
    fs::write(
        &path,
        r#"
import json, sys
from in_toto.models.metadata import Metadata, Metablock
from in_toto.models._signer import load_crypto_signer_from_pkcs8_file
bob = sys.argv[1]
layout = Metadata.load("root.layout").get_payload()
alias = dict(layout.keys[bob], keyid="ab" * 32)
layout.keys["ab" * 32] = alias
layout.steps[1].pubkeys.append("ab" * 32)
layout.steps[1].threshold = 2
metadata = Metablock(signed=layout)
metadata.create_signature(load_crypto_signer_from_pkcs8_file("owner"))
metadata.dump("root.layout")
link = json.load(open(sys.argv[2]))
link["signatures"].append(dict(link["signatures"][0], keyid="ab" * 32))
json.dump(link, open("build.abababab.link", "w"))
"#,
    )
    .unwrap();
    let link = chain.link("build", "bob").display().to_string();
    chain.run("python3", &["alias.py", chain.ids.get("bob").unwrap(), &link]);
    let ours = chain.judge_with(&chain.policy(&["owner"]), None);
    assert_eq!(ours.reason, Reason::ThresholdNotMet, "{ours:?}");
    // in-toto says itself that it relies on the layout there.
    assert!(chain.in_toto_passes());
}

#[test]
fn rules_mean_what_they_mean_to_in_toto() {
    let chain = Chain::new("ed25519", "metablock");
    fs::create_dir_all(chain.path("out/lib")).unwrap();
    chain.step("write", "ann", &["-m", "app.c", "-p", "app.c", "--"], "printf changed > app.c");
    let command = "cp app.c out/app.c; cp app.c out/lib/x.so; rm app.c";
    chain.step("build", "bob", &["-m", "app.c", "-p", "app.c", "out", "--"], command);
    let cases = [
        ("/steps/1/expected_products", json!([["CREATE", "out/*"], ["DISALLOW", "*"]]), true),
        ("/steps/1/expected_products", json!([["CREATE", "out/?pp.c"], ["DISALLOW", "*"]]), false),
        (
            "/steps/1/expected_products",
            json!([["CREATE", "out/[a-b]pp.c"], ["ALLOW", "*.so"], ["DISALLOW", "*"]]),
            true,
        ),
        (
            "/steps/1/expected_products",
            json!([["CREATE", "out/[!a]pp.c"], ["ALLOW", "*.so"], ["DISALLOW", "*"]]),
            false,
        ),
        (
            "/steps/1/expected_products",
            json!([["ALLOW", "out/[a"], ["DISALLOW", "out/app.c"]]),
            false,
        ),
        ("/steps/1/expected_products", json!([["MODIFY", "*"], ["DISALLOW", "*"]]), false),
        ("/steps/1/expected_products", json!([["REQUIRE", "out/app.c"]]), true),
        ("/steps/1/expected_products", json!([["ALLOW", "*"], ["REQUIRE", "out/app.c"]]), false),
        ("/steps/1/expected_products", json!([["REQUIRE", "out/*"]]), false),
        (
            "/steps/1/expected_products",
            json!([
                ["MATCH", "app.c", "IN", "out", "WITH", "PRODUCTS", "FROM", "write"],
                ["DISALLOW", "*.c"]
            ]),
            true,
        ),
        (
            "/steps/1/expected_products",
            json!([
                ["MATCH", "app.c", "IN", "out/", "WITH", "MATERIALS", "FROM", "write"],
                ["DISALLOW", "*.c"]
            ]),
            false,
        ),
        (
            "/steps/1/expected_products",
            json!([
                ["MATCH", "*", "IN", "ou", "WITH", "PRODUCTS", "FROM", "write"],
                ["DISALLOW", "*.c"]
            ]),
            false,
        ),
        (
            "/steps/1/expected_products",
            json!([["MATCH", "*", "WITH", "PRODUCTS", "FROM", "nobody"], ["DISALLOW", "*"]]),
            false,
        ),
        ("/steps/1/expected_materials", json!([["DELETE", "*"], ["DISALLOW", "*"]]), true),
        (
            "/steps/1/expected_materials",
            json!([
                ["MATCH", "*", "WITH", "PRODUCTS", "IN", "out", "FROM", "build"],
                ["DISALLOW", "*"]
            ]),
            true,
        ),
        ("/steps/0/expected_products", json!([["MODIFY", "app.c"], ["DISALLOW", "*"]]), true),
        ("/steps/0/expected_products", json!([["CREATE", "app.c"], ["DISALLOW", "*"]]), false),
        ("/steps/0/expected_materials", json!([["DISALLOW", "app.[!c]"]]), true),
    ];
    for (pointer, rules, passes) in cases {
        let mut layout = layout();
        for list in [
            "/steps/0/expected_products",
            "/steps/0/expected_materials",
            "/steps/1/expected_products",
            "/steps/1/expected_materials",
        ] {
            *layout.pointer_mut(list).unwrap() = json!([]);
        }
        *layout.pointer_mut(pointer).unwrap() = rules.clone();
        chain.sign("owner", &layout);
        let reason = chain.judge().reason;
        let expected = if passes { Reason::Trusted } else { Reason::StepRuleBroken };
        assert_eq!(reason, expected, "{rules}");
    }
}

#[test]
fn a_layout_in_a_layout_is_verified_with_its_functionary_as_owner() {
    let chain = Chain::new("ed25519", "metablock");
    // Bob hands his step on to Eve by a layout of his own.
    fs::remove_file(chain.link("build", "bob")).unwrap();
    fs::remove_file(chain.path("app")).unwrap();
    chain.step("compile", "eve", &["-m", "app.c", "-p", "app", "--"], "cp app.c app");
    let folder = chain.link("build", "bob").with_extension("");
    fs::create_dir(&folder).unwrap();
    let inner = folder.join(chain.link("compile", "eve").file_name().unwrap());
    fs::rename(chain.link("compile", "eve"), &inner).unwrap();
    let sublayout = json!({
        "names": ["eve"], "expires": "2099-01-01T00:00:00Z", "inspect": [],
        "steps": [{
            "name": "compile", "pubkeys": ["eve"], "threshold": 1, "expected_command": [],
            "expected_materials": [], "expected_products": [],
        }],
    });
    let link = chain.link("build", "bob").display().to_string();
    let sign = |who: &str| chain.tool(&["sign", &link, "metablock", who, &sublayout.to_string()]);
    sign("bob");
    assert_eq!(chain.judge().reason, Reason::Trusted);
    let app = chain.app();
    assert_eq!(chain.judge_with(&chain.policy(&["owner"]), Some(&app)).reason, Reason::Trusted);
    sign("eve");
    assert_eq!(chain.judge().reason, Reason::ThresholdNotMet);
    sign("bob");
    fs::remove_file(&inner).unwrap();
    assert_eq!(chain.judge().reason, Reason::StepMissing);
}

#[test]
fn inspections_are_never_run_and_leave_the_layout_unknown() {
    let chain = Chain::new("ed25519", "metablock");
    let inspection = json!([{
        "name": "touch", "run": ["touch", "ran"], "expected_materials": [], "expected_products": [],
    }]);
    chain.sign("owner", &with("/inspect", inspection));
    let policy = chain.policy(&["owner"]);
    let assessment = chain.judge_with(&policy, None);
    assert_eq!(assessment.reason, Reason::UnsupportedFormat);
    assert!(assessment.mismatches.first().unwrap().note.contains("touch"));
    let lenient = LayoutPolicy { skip_inspections_unsafe: true, ..policy };
    let assessment = chain.judge_with(&lenient, None);
    assert_eq!(assessment.reason, Reason::Trusted);
    assert!(assessment.notes.iter().any(|note| note.contains("never run")));
    assert!(!chain.path("ran").exists());
}

#[test]
fn a_layout_that_demands_nothing_is_refused_where_in_toto_passes() {
    let chain = Chain::new("ed25519", "metablock");
    chain.sign("owner", &with("/steps", json!([])));
    let assessment = chain.judge_with(&chain.policy(&["owner"]), None);
    assert_eq!(assessment.reason, Reason::MalformedStatement);
    assert!(chain.in_toto_passes());
}
