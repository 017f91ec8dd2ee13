#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::files::{artifact, by_keys, no_trust};
use crate::world::{World, policy};
use beleg_signature::{PublicKey, SignatureFile, verify_artifact, verify_jsf};
use beleg_trust::{Format, Judgement, Reason};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Signs as JSF 0.82 says, independently of the code under test: Python's `cryptography` and its
/// own JSON writer, whose sorted compact form is the canonical one for these documents.
const SIGN: &str = r#"
import base64, json, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

u = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
def number(n, size): return u(n.to_bytes(size, "big"))
HASH = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVE = {"256": (ec.SECP256R1(), 32, "P-256"), "384": (ec.SECP384R1(), 48, "P-384"),
         "512": (ec.SECP521R1(), 66, "P-521")}
RSA = None

def key(alg):
    global RSA
    if alg == "Ed25519": return ed25519.Ed25519PrivateKey.generate()
    if alg.startswith("ES"): return ec.generate_private_key(CURVE[alg[2:]][0])
    RSA = RSA or rsa.generate_private_key(65537, 2048)
    return RSA

def jwk(alg, k):
    p = k.public_key()
    if alg == "Ed25519":
        raw = p.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": u(raw)}
    n = p.public_numbers()
    if alg.startswith("ES"):
        _, size, name = CURVE[alg[2:]]
        return {"kty": "EC", "crv": name, "x": number(n.x, size), "y": number(n.y, size)}
    return {"kty": "RSA", "n": number(n.n, 256), "e": number(n.e, 3)}

def sign(alg, k, message):
    if alg == "Ed25519": return k.sign(message)
    h = HASH[alg[2:]]
    if alg.startswith("ES"):
        r, s = utils.decode_dss_signature(k.sign(message, ec.ECDSA(h)))
        size = CURVE[alg[2:]][1]
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    if alg.startswith("RS"): return k.sign(message, padding.PKCS1v15(), h)
    return k.sign(message, padding.PSS(padding.MGF1(h), h.digest_size), h)

def canonical(d):
    return json.dumps(d, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def one(document, wrap, core, alg, k):
    document["signature"] = wrap(core)
    core["value"] = u(sign(alg, k, canonical(document)))

request = json.load(sys.stdin)
document, algs, kind = request["document"], request["algorithms"], request["kind"]
keys = [key(a) for a in algs]
cores = []
for a, k in zip(algs, keys):
    core = {"algorithm": a}
    if request["embed"]: core["publicKey"] = jwk(a, k)
    wrap = {"single": lambda c: c, "signers": lambda c: {"signers": [c]},
            "chain": lambda c: {"chain": cores + [c]}}[kind]
    one(document, wrap, core, a, k)
    cores.append(core)
if kind != "single": document["signature"] = {kind: cores}
pem = lambda k: k.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
json.dump({"document": document, "keys": [pem(k) for k in keys]}, sys.stdout)
"#;

fn python() -> String {
    let tools = std::env::var_os("BELEG_TOOLS").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/beleg/tools")
    });
    tools.join("venv/bin/python3").display().to_string()
}

fn bom() -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [{ "name": "größe\u{1f600}", "signature": { "inner": true } }],
        "vulnerabilities": [{ "ratings": [{ "score": 9.8 }] }],
        "~after": null,
    })
}

/// Makes a signed document and the public keys, named `key0` and so on.
fn signed(kind: &str, algorithms: &[&str], embed: bool) -> (Value, Vec<PublicKey>) {
    let request =
        json!({ "document": bom(), "algorithms": algorithms, "kind": kind, "embed": embed });
    let output = World::new().run(&python(), &["-c", SIGN], request.to_string().as_bytes());
    let answer: Value = serde_json::from_slice(&output).unwrap();
    let keys = answer["keys"].as_array().unwrap().iter().enumerate();
    let keys = keys.map(|(index, pem)| {
        PublicKey::parse(&format!("key{index}"), pem.as_str().unwrap().as_bytes()).unwrap()
    });
    (answer["document"].clone(), keys.collect())
}

fn verify(document: &Value, keys: &[PublicKey], threshold: usize) -> Judgement {
    let bytes = serde_json::to_vec_pretty(document).unwrap();
    verify_jsf(&bytes, keys, NonZeroUsize::new(threshold).unwrap(), &policy())
}

fn reason(document: &Value, keys: &[PublicKey]) -> Reason {
    verify(document, keys, 1).reason
}

#[test]
fn every_algorithm_is_trusted_by_its_key_alone_and_no_change_is() {
    let all = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
    ];
    let (_, others) = signed("single", &["ES256"], true);
    for algorithm in all {
        for embed in [true, false] {
            let (document, keys) = signed("single", &[algorithm], embed);
            let judgement = verify(&document, &keys, 1);
            assert_eq!(judgement.reason, Reason::Trusted, "{algorithm}: {judgement:?}");
            assert_eq!(judgement.signer.unwrap().identity.as_deref(), Some("key0"));
            let stranger = if embed { Reason::UnknownKey } else { Reason::BadSignature };
            assert_eq!(reason(&document, &others), stranger, "{algorithm}");
            let mut changed = document.clone();
            changed["components"][0]["name"] = json!("other");
            assert_eq!(reason(&changed, &keys), Reason::BadSignature, "{algorithm}");
            let mut added = document.clone();
            added["more"] = json!(1);
            assert_eq!(reason(&added, &keys), Reason::BadSignature);
            let mut relabelled = document;
            relabelled["signature"]["keyId"] = json!("x");
            assert_eq!(reason(&relabelled, &keys), Reason::BadSignature);
        }
    }
}

#[test]
fn the_document_is_its_own_artifact() {
    let (document, keys) = signed("single", &["ES256"], true);
    let bytes = serde_json::to_vec(&document).unwrap();
    assert_eq!(SignatureFile::detect("bom.json", &bytes), Format::Jsf);
    assert_eq!(by_keys(&bytes, &bytes, &keys).reason, Reason::Trusted);
    assert_eq!(by_keys(b"another file", &bytes, &keys).reason, Reason::SubjectNotCovered);
    assert_eq!(by_keys(&bytes, &bytes, &[]).reason, Reason::NoTrustMaterial);
    let digest = artifact("bom.json", &bytes).sha256().unwrap();
    let by_digest = beleg_signature::Artifact::of_digest("bom.json", &digest).unwrap();
    let judgement = verify_artifact(&by_digest, &bytes, "bom.json", &keys, &no_trust(), &policy());
    assert_eq!(judgement.reason, Reason::Trusted);
}

#[test]
fn several_signers_and_chains_count_towards_a_threshold() {
    for kind in ["signers", "chain"] {
        let (document, keys) = signed(kind, &["ES256", "Ed25519"], true);
        let judgement = verify(&document, &keys, 2);
        assert_eq!(judgement.reason, Reason::Trusted, "{kind}: {judgement:?}");
        let one = verify(&document, &keys[..1], 2);
        assert_eq!(one.reason, Reason::ThresholdNotMet, "{kind}");
        assert_eq!(verify(&document, &keys[..1], 1).reason, Reason::Trusted);
        let mut forged = document.clone();
        let value = document["signature"][kind][0]["value"].clone();
        forged["signature"][kind][1]["value"] = value;
        assert_eq!(verify(&forged, &keys, 1).reason, Reason::BadSignature, "{kind}");
        let mut many = document.clone();
        let one = document["signature"][kind][0].clone();
        many["signature"][kind] = json!(vec![one.clone(); 65]);
        assert_eq!(verify(&many, &keys, 1).reason, Reason::TooManySignatures);
        let mut twice = document;
        twice["signature"]["signers"] = json!([one, one]);
        twice["signature"].as_object_mut().unwrap().remove("chain");
        if kind == "signers" {
            assert_eq!(verify(&twice, &keys, 2).reason, Reason::ThresholdNotMet);
        }
    }
    // A chain's second signature covers the first: on its own it is another one.
    let (document, keys) = signed("chain", &["ES256", "Ed25519"], true);
    let mut cut = document.clone();
    cut["signature"]["chain"] = json!([document["signature"]["chain"][1]]);
    assert_eq!(reason(&cut, &keys), Reason::BadSignature);
}

#[test]
fn a_forged_signature_object_is_refused_by_name() {
    let (document, keys) = signed("single", &["ES256"], true);
    let (other, _) = signed("single", &["ES256"], true);
    let with = |name: &str, value: Value| {
        let mut document = document.clone();
        document["signature"][name] = value;
        document
    };
    let jwk = |name: &str, value: Value| {
        let mut jwk = document["signature"]["publicKey"].clone();
        jwk[name] = value;
        with("publicKey", jwk)
    };
    for (forged, expected) in [
        (with("excludes", json!(["components"])), Reason::ContentExcluded),
        (with("excludes", json!([])), Reason::ContentExcluded),
        (with("extensions", json!(["x"])), Reason::UnsupportedSignature),
        (with("more", json!(1)), Reason::MalformedSignature),
        (with("signers", json!([])), Reason::MalformedSignature),
        (with("value", json!("%")), Reason::MalformedSignature),
        (with("value", json!("")), Reason::BadSignature),
        (with("algorithm", json!("HS256")), Reason::WeakAlgorithm),
        (with("algorithm", json!("none")), Reason::UnsupportedSignature),
        (with("algorithm", json!("Ed448")), Reason::UnsupportedSignature),
        (with("algorithm", json!("RS256")), Reason::BadSignature),
        (with("algorithm", json!("ES384")), Reason::BadSignature),
        (with("publicKey", other["signature"]["publicKey"].clone()), Reason::UnknownKey),
        (with("publicKey", json!("x")), Reason::MalformedSignature),
        (jwk("crv", json!("P-384")), Reason::MalformedSignature),
        (jwk("d", json!("AA")), Reason::MalformedSignature),
        (jwk("kty", json!("oct")), Reason::MalformedSignature),
        (with("certificatePath", json!(["AA"])), Reason::MalformedSignature),
        (bom(), Reason::Unsigned),
        (json!([]), Reason::MalformedStatement),
        (json!({ "signature": [] }), Reason::MalformedSignature),
    ] {
        assert_eq!(reason(&forged, &keys), expected, "{forged}");
    }
    // The first of two members is what some readers see, the second what others do.
    let text = document.to_string();
    let twice = text.replacen('{', "{\"version\":1,", 1);
    assert_ne!(twice, text);
    let judgement = verify_jsf(twice.as_bytes(), &keys, NonZeroUsize::MIN, &policy());
    assert_eq!(judgement.reason, Reason::MalformedStatement);
    let deep = format!("{{\"signature\":{}", "[".repeat(100_000));
    let judgement = verify_jsf(deep.as_bytes(), &keys, NonZeroUsize::MIN, &policy());
    assert_eq!(judgement.reason, Reason::MalformedStatement);
}

#[test]
fn a_certificate_path_only_says_which_key_signed() {
    let world = World::new();
    let request = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", "k", "-out", "c"];
    world.run("openssl", &[&request[..], &["-subj", "/CN=ann"]].concat(), b"");
    let key = world.run("openssl", &["pkey", "-in", "k", "-pubout"], b"");
    let key = PublicKey::parse("ann", &key).unwrap();
    let der = world.run("openssl", &["x509", "-in", "c", "-outform", "DER"], b"");
    let url_safe = |bytes: &[u8]| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
    };
    let mut document = json!({
        "a": 1, "signature": { "algorithm": "Ed25519", "certificatePath": [url_safe(&der)] }
    });
    world.put("m", document.to_string().as_bytes());
    let sign = ["pkeyutl", "-sign", "-rawin", "-inkey", "k", "-in", "m", "-out", "s"];
    world.run("openssl", &sign, b"");
    document["signature"]["value"] = json!(url_safe(&world.get("s")));
    assert_eq!(reason(&document, std::slice::from_ref(&key)), Reason::Trusted);
    let (other, others) = signed("single", &["ES256"], true);
    assert_eq!(reason(&document, &others), Reason::UnknownKey);
    document["signature"]["publicKey"] = other["signature"]["publicKey"].clone();
    assert_eq!(reason(&document, &[key]), Reason::KeyHintMismatch);
}
