//! `beleg verify layout`, on what in-toto's own tools recorded and signed.

use super::world::{Judged, Workshop};
use crate::company::text;
use serde_json::{Value, json};
use std::fs;

/// Makes key pairs, and signs a layout in which functionaries are given by name.
const TOOL: &str = r#"
import json, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from in_toto.models._signer import load_crypto_signer_from_pkcs8_file, load_public_key_from_file
from in_toto.models.layout import Layout
from in_toto.models.metadata import Envelope, Metablock

KINDS = {"ed25519": ed25519.Ed25519PrivateKey.generate,
         "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1())}

def make(kind, *names):
    for name in names:
        key = KINDS[kind]()
        private = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
        public = key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        open(name, "wb").write(private)
        open(name + ".pub", "wb").write(public)

def sign(form, owner, text):
    content = json.loads(text)
    keys = {name: load_public_key_from_file(name + ".pub") for name in ("ann", "bob")}
    for step in content["steps"]:
        step["pubkeys"] = [keys[name]["keyid"] for name in step["pubkeys"]]
    listed = {key["keyid"]: key for key in keys.values()}
    layout = Layout.read({"_type": "layout", "readme": "", "keys": listed, **content})
    metadata = Envelope.from_signable(layout) if form == "dsse" else Metablock(signed=layout)
    metadata.create_signature(load_crypto_signer_from_pkcs8_file(owner))
    metadata.dump("root.layout")

{"make": make, "sign": sign}[sys.argv[1]](*sys.argv[2:])
"#;

const WORDS: &str = "layout app --layout root.layout --key owner.pub";

/// Has `ann` write `app.c` and `bob` build `app` of it, under a layout that `owner` signs.
fn chain(kind: &str, form: &str) -> Workshop {
    let workshop = Workshop::new();
    let make = ["-c", TOOL, "make", kind, "owner", "ann", "bob", "eve"];
    workshop.tool_with("python3", &make, b"");
    step(&workshop, form, "write", "ann", "-p app.c", "printf source > app.c");
    step(&workshop, form, "build", "bob", "-m app.c -p app", "cp app.c app");
    sign(&workshop, form, &layout());
    workshop
}

/// Carries a step out with `in-toto-run`.
fn step(workshop: &Workshop, form: &str, name: &str, who: &str, files: &str, command: &str) {
    let form = if form == "dsse" { "--use-dsse" } else { "" };
    let words = format!("-n {name} --signing-key {who} {form} {files} -- sh -c");
    let words: Vec<&str> = words.split_whitespace().chain([command]).collect();
    workshop.tool_with("in-toto-run", &words, b"");
}

fn sign(workshop: &Workshop, form: &str, layout: &Value) {
    let layout = layout.to_string();
    workshop.tool_with("python3", &["-c", TOOL, "sign", form, "owner", &layout], b"");
}

fn layout() -> Value {
    json!({
        "expires": "2099-01-01T00:00:00Z",
        "inspect": [],
        "steps": [
            {
                "name": "write", "pubkeys": ["ann"], "threshold": 1, "expected_command": [],
                "expected_materials": [],
                "expected_products": [["CREATE", "app.c"], ["DISALLOW", "*"]],
            },
            {
                "name": "build", "pubkeys": ["bob"], "threshold": 1, "expected_command": [],
                "expected_materials": [
                    ["MATCH", "*", "WITH", "PRODUCTS", "FROM", "write"], ["DISALLOW", "*"],
                ],
                "expected_products": [["CREATE", "app"], ["DISALLOW", "*"]],
            },
        ],
    })
}

/// Returns the paths of the links of a step.
fn links(workshop: &Workshop, step: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(workshop.folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_link = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(&format!("{step}.")) && name.ends_with(".link")
    };
    entries.filter(is_link).collect()
}

#[track_caller]
fn refused(workshop: &Workshop, words: &str, reason: &str) -> Judged {
    let judged = workshop.judged(words, 1);
    assert_eq!(judged.reason(), reason, "{:#}", judged.0);
    assert!(text(&judged.finding(reason)["remedy"]).len() > 10);
    judged
}

#[test]
fn the_product_of_a_complete_chain_is_trusted_in_both_forms() {
    for (kind, form) in [("ed25519", "metablock"), ("ecdsa", "dsse")] {
        let workshop = chain(kind, form);
        let judged = workshop.judged(WORDS, 0);
        assert_eq!(judged.reason(), "all-examined", "{kind} {form}");
        let app = judged.entry("artifacts", "name", "app");
        assert_eq!(app["assessment"]["reason"], "trusted");
        let sum = String::from_utf8(workshop.tool("sha256sum", "app")).unwrap();
        let digest = format!("sha256:{}", sum.split_whitespace().next().unwrap());
        assert_eq!(app["digests"][0], digest);
        // The digest stands for the file.
        workshop.judged(&WORDS.replace(" app ", &format!(" {digest} ")), 0);
        let verify = ["--layout", "root.layout", "--verification-keys", "owner.pub"];
        workshop.tool_with("in-toto-verify", &verify, b"");
        let text = workshop.verify(WORDS).run().expect(0).stdout;
        assert!(text.starts_with("PASS  app\n  layout       trusted\n"), "{text}");
        assert!(text.contains("1 of 1 files examined"), "{text}");
    }
}

#[test]
fn links_in_another_folder_are_found_where_they_are_named() {
    let workshop = chain("ed25519", "metablock");
    fs::create_dir(workshop.path("links")).unwrap();
    for link in [links(&workshop, "write"), links(&workshop, "build")].concat() {
        fs::rename(&link, workshop.path("links").join(link.file_name().unwrap())).unwrap();
    }
    workshop.judged(&format!("{WORDS} --links links"), 0);
    fs::create_dir(workshop.path("none")).unwrap();
    refused(&workshop, &format!("{WORDS} --links none"), "step-missing");
    let judged = workshop.judged(&format!("{WORDS} --links absent"), 3);
    assert_eq!(judged.reason(), "links-unreadable");
}

#[test]
fn another_file_or_a_changed_one_is_not_what_the_steps_made() {
    let workshop = chain("ed25519", "metablock");
    workshop.write("stray", "stray\n");
    let both = workshop.judged(&WORDS.replace(" app ", " app stray "), 1);
    assert_eq!(both.reason(), "subject-not-covered");
    assert_eq!(both.rules(), ["subject-not-covered"]);
    let app = both.entry("artifacts", "name", "app");
    assert_eq!(app["assessment"]["reason"], "trusted");
    workshop.write("app", "source with a door");
    let changed = refused(&workshop, WORDS, "digest-mismatch");
    assert!(
        changed.0.to_string().contains("gave out `app` with another digest"),
        "{:#}",
        changed.0
    );
}

#[test]
fn a_layout_of_other_owners_or_a_changed_one_is_refused() {
    let workshop = chain("ed25519", "metablock");
    refused(&workshop, &WORDS.replace("owner.pub", "eve.pub"), "unknown-key");
    refused(&workshop, &format!("{WORDS} --key eve.pub"), "threshold-not-met");
    let text = String::from_utf8(workshop.read("root.layout")).unwrap();
    workshop.write("root.layout", text.replace("2099", "2098"));
    refused(&workshop, WORDS, "bad-signature");
    let mut expired = layout();
    expired["expires"] = "2020-01-01T00:00:00Z".into();
    sign(&workshop, "metablock", &expired);
    refused(&workshop, WORDS, "layout-expired");
}

#[test]
fn a_missing_link_and_a_changed_one_and_one_of_a_stranger_are_refused() {
    let workshop = chain("ed25519", "metablock");
    let link = links(&workshop, "build").remove(0);
    let genuine = fs::read_to_string(&link).unwrap();
    fs::remove_file(&link).unwrap();
    refused(&workshop, WORDS, "step-missing");
    fs::write(&link, genuine.replace("\"app\"", "\"app2\"")).unwrap();
    refused(&workshop, WORDS, "threshold-not-met");
    fs::remove_file(&link).unwrap();
    fs::remove_file(workshop.path("app")).unwrap();
    step(&workshop, "metablock", "build", "eve", "-m app.c -p app", "cp app.c app");
    refused(&workshop, WORDS, "threshold-not-met");
    fs::write(&link, genuine).unwrap();
    workshop.judged(WORDS, 0);
}

#[test]
fn what_changed_between_two_steps_breaks_a_rule_and_the_answer_names_file_and_rule() {
    let workshop = chain("ed25519", "dsse");
    workshop.write("app.c", "evil");
    fs::remove_file(workshop.path("app")).unwrap();
    step(&workshop, "dsse", "build", "bob", "-m app.c -p app", "cp app.c app");
    let judged = refused(&workshop, WORDS, "step-rule-broken");
    let message = text(&judged.finding("step-rule-broken")["message"]);
    for word in ["app.c", "DISALLOW", "build"] {
        assert!(message.contains(word), "`{word}` is not in {message}");
    }
    assert!(!message.contains("..") && !message.contains(". ."), "{message}");
}

#[test]
fn an_inspection_is_never_run_and_leaves_the_file_unknown() {
    let workshop = chain("ed25519", "metablock");
    let mut inspecting = layout();
    inspecting["inspect"] = json!([{
        "_type": "inspection", "name": "touch", "run": ["touch", "ran"],
        "expected_materials": [], "expected_products": [],
    }]);
    sign(&workshop, "metablock", &inspecting);
    let judged = workshop.judged(WORDS, 3);
    assert_eq!(judged.reason(), "unsupported-format");
    assert!(text(&judged.finding("unsupported-format")["message"]).contains("touch"));
    assert!(!workshop.path("ran").exists());
}

#[test]
fn what_cannot_be_read_is_unknown_and_a_missing_key_is_a_usage_error() {
    let workshop = chain("ed25519", "metablock");
    workshop.write("garbage", "garbage\n");
    for (words, rule) in [
        (WORDS.replace("root.layout", "absent"), "layout-unreadable"),
        (WORDS.replace("owner.pub", "absent"), "trust-material-unreadable"),
        (WORDS.replace("owner.pub", "garbage"), "trust-material-unreadable"),
        (WORDS.replace(" app ", " absent "), "artifact-unreadable"),
    ] {
        let judged = workshop.judged(&words, 3);
        assert_eq!(judged.reason(), rule, "{words}");
        assert!(text(&judged.finding(rule)["remedy"]).len() > 10);
    }
    let garbage = workshop.verify(&WORDS.replace("root.layout", "garbage")).run();
    assert!([Some(1), Some(3)].contains(&garbage.status.code()), "{garbage:?}");
    for (words, option) in
        [("layout app --layout root.layout", "--key"), ("layout app --key owner.pub", "--layout")]
    {
        let output = workshop.verify(words).run().expect(2);
        assert!(output.stderr.contains(option), "{}", output.stderr);
    }
}
