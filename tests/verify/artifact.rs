//! `beleg verify artifact`: files by the signatures beside them, made by the tools that people
//! sign files with.

use super::world::{Judged, Sigstore, Workshop};
use crate::command::Beleg;
use crate::company::text;
use std::fs;
use std::path::Path;

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";
const CONTENT: &str = "content of the release\n";

/// A folder with the file `app`.
fn workshop() -> Workshop {
    let workshop = Workshop::new();
    workshop.write("app", CONTENT);
    workshop
}

/// Makes an OpenPGP key and exports it to `NAME.gpg`.
fn gpg_key(workshop: &Workshop, name: &str, address: &str) {
    let key = ["--passphrase", "", "--quick-generate-key", address, "ed25519", "sign", "0"];
    workshop.tool_with("gpg", &key, b"");
    workshop.tool("gpg", &format!("--export --output {name}.gpg {address}"));
}

/// Makes an SSH key, which `allowed` lets sign as Ann.
fn ssh_key(workshop: &Workshop) {
    workshop.tool_with("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "ann"], b"");
    let public = String::from_utf8(workshop.read("ann.pub")).unwrap();
    workshop.write("allowed", format!("{ANN} {public}"));
}

/// Makes an authority `ca.pem` and Ann's certificate `ann.crt` for `ann.pem`.
fn certificate(workshop: &Workshop, authority: &str) {
    workshop.write("leaf.cnf", format!("subjectAltName=email:{ANN}\nkeyUsage=digitalSignature\nextendedKeyUsage=emailProtection,codeSigning\n"));
    workshop.openssl_key(authority, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let subject = format!("/CN={authority}");
    let own =
        format!("req -x509 -key {authority}.pem -subj {subject} -days 30 -out {authority}.crt");
    workshop.tool("openssl", &own);
    if authority != "authority" {
        return;
    }
    workshop.openssl_key("ann", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    workshop.tool("openssl", "req -new -key ann.pem -subj /CN=Ann -out ann.csr");
    workshop.tool(
        "openssl",
        "x509 -req -in ann.csr -CA authority.crt -CAkey authority.pem -days 20 -extfile leaf.cnf -out ann.crt",
    );
}

/// Verifies `app` as it is, which has to pass, and changed, which has to fail for this reason.
#[track_caller]
fn passes_until_changed(workshop: &Workshop, words: &str, reason: &str) -> Judged {
    workshop.write("app", CONTENT);
    let judged = workshop.judged(words, 0);
    assert_eq!(judged.reason(), "all-examined", "{words}");
    workshop.write("app", "content of another release\n");
    let changed = workshop.judged(words, 1);
    assert_eq!(changed.reason(), reason, "{words}: {:#}", changed.0);
    workshop.write("app", CONTENT);
    judged
}

/// Returns the first signature of the first file.
fn signature(judged: &Judged) -> &serde_json::Value {
    &judged.0["artifacts"][0]["signatures"][0]
}

#[test]
fn minisign_and_signify_are_trusted_by_their_public_keys() {
    let workshop = workshop();
    for name in ["ann", "bob"] {
        workshop.tool("minisign", &format!("-G -W -p {name}.mini.pub -s {name}.mini"));
        workshop.tool("signify-openbsd", &format!("-G -n -p {name}.pub -s {name}.sec"));
    }
    workshop.tool("minisign", "-S -s ann.mini -m app");
    let judged =
        passes_until_changed(&workshop, "artifact app --key ann.mini.pub", "bad-signature");
    assert_eq!(signature(&judged)["signature"], "minisign");
    assert_eq!(signature(&judged)["signer"]["identity"], "ann.mini.pub");
    let judged = workshop.judged("artifact app --key bob.mini.pub", 1);
    assert_eq!(judged.reason(), "unknown-key");
    fs::remove_file(workshop.path("app.minisig")).unwrap();
    workshop.tool("signify-openbsd", "-S -s ann.sec -m app -x app.sig");
    let judged = passes_until_changed(&workshop, "artifact app --key ann.pub", "bad-signature");
    assert_eq!(signature(&judged)["signature"], "signify");
    assert_eq!(workshop.judged("artifact app --key bob.pub", 1).reason(), "unknown-key");
}

#[test]
fn openpgp_signatures_are_trusted_by_the_keyring_whatever_gpg_itself_trusts() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    gpg_key(&workshop, "bob", BOB);
    for command in ["--armor --output app.asc", "--output app.sig"] {
        workshop.tool("gpg", &format!("-u {ANN} {command} --detach-sign app"));
        let words = "artifact app --keyring ann.gpg";
        let judged = passes_until_changed(&workshop, words, "bad-signature");
        assert_eq!(signature(&judged)["signature"], "openpgp");
        assert_eq!(signature(&judged)["signer"]["identity"], ANN);
        // gpg knows both keys; the keyring counts.
        assert_eq!(workshop.judged("artifact app --keyring bob.gpg", 1).reason(), "unknown-key");
        fs::remove_file(workshop.path(command.rsplit(' ').next().unwrap())).unwrap();
    }
}

#[test]
fn a_revoked_key_beside_a_good_one_fails_in_one_file_as_it_does_in_two() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    gpg_key(&workshop, "bob", BOB);
    for (name, address) in [("ann", ANN), ("bob", BOB)] {
        workshop
            .tool("gpg", &format!("-u {address} --armor --output {name}.asc --detach-sign app"));
    }
    let revocations = workshop.path("home/.gnupg/openpgp-revocs.d");
    let bob = fs::read_dir(revocations)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| fs::read_to_string(path).unwrap().contains(BOB));
    let revocation = fs::read_to_string(bob.unwrap()).unwrap().replace(":-----", "-----");
    workshop.tool_with("gpg", &["--import"], revocation.as_bytes());
    workshop.tool("gpg", "--export --output both.gpg");
    let words = "artifact app --keyring both.gpg";
    workshop.write("app.asc", workshop.read("ann.asc"));
    workshop.judged(words, 0);
    workshop.write("app.sign", workshop.read("bob.asc"));
    assert_eq!(workshop.judged(words, 1).reason(), "key-revoked");
    fs::remove_file(workshop.path("app.sign")).unwrap();
    workshop.write("app.asc", [workshop.read("ann.asc"), workshop.read("bob.asc")].concat());
    assert_eq!(workshop.judged(words, 1).reason(), "key-revoked");
}

#[test]
fn ssh_signatures_are_trusted_by_the_allowed_signers_for_files_alone() {
    let workshop = workshop();
    ssh_key(&workshop);
    workshop.tool("ssh-keygen", "-q -Y sign -f ann -n file app");
    let words = "artifact app --allowed-signers allowed";
    let judged = passes_until_changed(&workshop, words, "bad-signature");
    assert_eq!(signature(&judged)["signature"], "ssh");
    assert_eq!(signature(&judged)["signer"]["identity"], ANN);
    workshop.write("nobody", "# nobody\n");
    let judged = workshop.judged("artifact app --allowed-signers nobody", 1);
    assert_eq!(judged.reason(), "unknown-key");
    let revoked = format!("{words} --revoked-keys ann.pub");
    assert_eq!(workshop.judged(&revoked, 1).reason(), "key-revoked");
    fs::remove_file(workshop.path("app.sig")).unwrap();
    workshop.tool("ssh-keygen", "-q -Y sign -f ann -n git app");
    assert_eq!(workshop.judged(words, 1).reason(), "wrong-namespace");
}

#[test]
fn cms_signatures_are_trusted_by_their_authority() {
    let workshop = workshop();
    certificate(&workshop, "authority");
    certificate(&workshop, "stranger");
    let sign = "cms -sign -binary -in app -signer ann.crt -inkey ann.pem -outform";
    workshop.tool("openssl", &format!("{sign} DER -out app.p7s"));
    let words = "artifact app --authorities authority.crt";
    let judged = passes_until_changed(&workshop, words, "digest-mismatch");
    assert_eq!(signature(&judged)["signature"], "x509");
    assert_eq!(signature(&judged)["signer"]["identity"], ANN);
    let judged = workshop.judged("artifact app --authorities stranger.crt", 1);
    assert_eq!(judged.reason(), "certificate-untrusted");
    workshop.tool("openssl", &format!("{sign} PEM -out app.pem.p7s"));
    let words = format!("{words} --signature app.pem.p7s");
    assert_eq!(workshop.judged(&words, 0).reason(), "all-examined");
}

#[test]
fn a_revoked_certificate_fails_and_a_revocation_list_in_another_form_is_not_ignored() {
    let workshop = workshop();
    certificate(&workshop, "authority");
    let sign = "cms -sign -binary -in app -signer ann.crt -inkey ann.pem -outform DER -out app.p7s";
    workshop.tool("openssl", sign);
    workshop.write("index.txt", "");
    workshop.write("crlnumber", "01\n");
    let section = "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=crlnumber\n\
                   default_md=sha256\ndefault_crl_days=9\n";
    workshop.write("ca.cnf", section);
    let authority = "ca -config ca.cnf -keyfile authority.pem -cert authority.crt";
    let list = |name: &str| {
        workshop.tool("openssl", &format!("{authority} -gencrl -out {name}.crl"));
        workshop.tool("openssl", &format!("crl -in {name}.crl -outform DER -out {name}.der"));
    };
    list("before");
    workshop.tool("openssl", &format!("{authority} -revoke ann.crt"));
    list("after");
    let by = |lists: &str, code: i32| {
        let words = format!("artifact app --authorities authority.crt --revocation-lists {lists}");
        workshop.judged(&words, code).reason()
    };
    assert_eq!(by("before.crl", 0), "all-examined");
    assert_eq!(by("after.crl", 1), "certificate-revoked");
    // What else is good does not make up for it.
    workshop.tool("minisign", "-G -W -p ann.mini.pub -s ann.mini");
    workshop.tool("minisign", "-S -s ann.mini -m app");
    assert_eq!(by("after.crl --key ann.mini.pub", 1), "certificate-revoked");
    let der =
        workshop.verify("artifact app --authorities authority.crt --revocation-lists after.der");
    let code = der.run().status.code();
    assert_ne!(code, Some(0), "the list in DER was ignored, and the revoked certificate passed");
}

#[test]
fn a_bare_signature_of_openssl_is_trusted_by_its_public_key() {
    let workshop = workshop();
    workshop.openssl_key("ann", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    workshop.openssl_key("bob", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    workshop.tool("openssl", "dgst -sha256 -sign ann.pem -out app.sig app");
    let judged = passes_until_changed(&workshop, "artifact app --key ann.pub", "bad-signature");
    assert_eq!(signature(&judged)["signature"], "raw");
    assert_eq!(workshop.judged("artifact app --key bob.pub", 1).reason(), "bad-signature");
}

#[test]
fn signed_lists_of_digests_cover_the_files_that_they_name() {
    let workshop = workshop();
    workshop.write("stray", "not listed\n");
    gpg_key(&workshop, "ann", ANN);
    let list = workshop.tool("sha256sum", "app");
    workshop.write("SHA256SUMS", &list);
    workshop.tool("gpg", &format!("-u {ANN} --output SHA256SUMS.txt --clearsign SHA256SUMS"));
    let words = "artifact app --keyring ann.gpg --signature SHA256SUMS.txt";
    let judged = passes_until_changed(&workshop, words, "digest-mismatch");
    assert_eq!(signature(&judged)["signature"], "checksums");
    let judged = workshop.judged(&words.replace("app", "stray"), 1);
    assert_eq!(judged.reason(), "subject-not-covered");
    workshop.tool("signify-openbsd", "-G -n -p ann.pub -s ann.sec");
    workshop.write("SHA256", workshop.tool("sha256sum", "--tag app"));
    workshop.tool("signify-openbsd", "-S -e -s ann.sec -m SHA256 -x SHA256.sig");
    let words = "artifact app --key ann.pub --signature SHA256.sig";
    passes_until_changed(&workshop, words, "digest-mismatch");
}

#[test]
fn a_list_is_worth_what_the_signature_beside_it_is() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    workshop.write("SHA256SUMS", workshop.tool("sha256sum", "app"));
    workshop
        .tool("gpg", &format!("-u {ANN} --armor --output SHA256SUMS.asc --detach-sign SHA256SUMS"));
    let trust = "--keyring ann.gpg";
    // The list itself is a signed file.
    assert_eq!(
        workshop.judged(&format!("artifact SHA256SUMS {trust}"), 0).reason(),
        "all-examined"
    );
    let words = format!("artifact app {trust} --signature SHA256SUMS");
    // What is signed beside it covers the files that it names, and no others.
    passes_until_changed(&workshop, &words, "digest-mismatch");
    workshop.write("stray", CONTENT);
    let stray = workshop.judged(&words.replace("app", "stray"), 1);
    assert_eq!(stray.reason(), "subject-not-covered");
    let list = workshop.read("SHA256SUMS");
    workshop.write("SHA256SUMS", [list.as_slice(), b"# changed\n"].concat());
    assert_eq!(workshop.judged(&words, 1).reason(), "bad-signature");
    workshop.write("SHA256SUMS", list);
    let nobody = workshop.judged("artifact app --signature SHA256SUMS", 3);
    assert_eq!(nobody.reason(), "no-trust-material");
    let judged = workshop.judged(&format!("artifact app {trust} --signature SHA256SUMS.asc"), 1);
    assert_eq!(judged.reason(), "bad-signature");
    fs::remove_file(workshop.path("SHA256SUMS.asc")).unwrap();
    assert_eq!(workshop.judged(&words, 1).reason(), "unsigned");
}

/// As `sha256sum -c` in the list's folder: a name leads from the list to the file.
#[test]
fn a_lists_names_are_relative_to_the_list() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    let sign = || {
        fs::remove_file(workshop.path("SHA256SUMS.asc")).ok();
        let words = format!("-u {ANN} --armor --output SHA256SUMS.asc --detach-sign SHA256SUMS");
        workshop.tool("gpg", &words);
    };
    workshop.write("d/sub/f", "content");
    workshop.write("f", "content");
    workshop.write("SHA256SUMS", workshop.tool("sha256sum", "f"));
    sign();
    let verify = |file: &str, code: i32| {
        let words = format!("artifact {file} --keyring ann.gpg --signature SHA256SUMS");
        workshop.judged(&words, code).reason()
    };
    assert_eq!(verify("f", 0), "all-examined");
    assert_eq!(verify("d/../f", 0), "all-examined");
    assert_eq!(verify("d/sub/f", 1), "subject-not-covered");
    workshop.write("SHA256SUMS", workshop.tool("sha256sum", "d/sub/f"));
    sign();
    assert_eq!(verify("f", 1), "subject-not-covered");
    assert_eq!(verify("d/sub/f", 0), "all-examined");
    // A list elsewhere knows nothing of a file that is not below it.
    workshop.write("other/SHA256SUMS", workshop.read("SHA256SUMS"));
    workshop.write("other/SHA256SUMS.asc", workshop.read("SHA256SUMS.asc"));
    let words = "artifact d/sub/f --keyring ann.gpg --signature other/SHA256SUMS";
    assert_eq!(workshop.judged(words, 1).reason(), "subject-not-covered");
    let words = "artifact d/sub/f --keyring ann.gpg --signature ./d/../SHA256SUMS";
    assert_eq!(workshop.judged(words, 0).reason(), "all-examined");
}

/// Ubuntu and Mint publish `SHA256SUMS` and `SHA256SUMS.gpg`; gpg calls what it encrypts the same.
#[test]
fn a_signature_named_gpg_is_found_and_an_encrypted_file_is_none() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    workshop.write("SHA256SUMS", workshop.tool("sha256sum", "-b app"));
    let words = format!("-u {ANN} --armor --output SHA256SUMS.gpg --detach-sign SHA256SUMS");
    workshop.tool("gpg", &words);
    let words = "artifact app --keyring ann.gpg --signature SHA256SUMS";
    assert_eq!(workshop.judged(words, 0).reason(), "all-examined");
    workshop.tool("gpg", &format!("-u {ANN} --output app.gpg --detach-sign app"));
    assert_eq!(workshop.judged("artifact app --keyring ann.gpg", 0).reason(), "all-examined");
    for armor in ["", "--armor"] {
        fs::remove_file(workshop.path("app.gpg")).unwrap();
        let words = format!("{armor} --passphrase x --output app.gpg --symmetric app");
        workshop.tool("gpg", &words);
        assert_eq!(workshop.judged("artifact app --keyring ann.gpg", 1).reason(), "unsigned");
    }
}

/// Tools that keep keys in variables lose the line ends.
#[test]
fn a_public_key_in_one_line_is_read_as_openssl_reads_it() {
    let workshop = workshop();
    workshop.openssl_key("release", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    workshop.tool("openssl", "dgst -sha256 -sign release.pem -out app.sig app");
    let pem = String::from_utf8(workshop.read("release.pub")).unwrap();
    let lines: Vec<&str> = pem.lines().collect();
    let [begin, body @ .., end] = lines.as_slice() else { panic!("{pem}") };
    for (text, code) in [
        (format!("{begin}\n{}\n{end}\n", body.concat()), 0),
        (format!("{begin}\r\n{}\r\n{end}\r\n", body.join("\r\n")), 0),
        (format!("{begin}\n{}!\n{end}\n", body.concat()), 3),
        (format!("{begin}\n{}\n-----END PRIVATE KEY-----\n", body.concat()), 3),
        (body.concat(), 3),
    ] {
        workshop.write("key.pub", &text);
        let output = workshop.verify("artifact app --key key.pub").run();
        assert_eq!(output.status.code(), Some(code), "{text}: {output:?}");
        if code == 0 {
            workshop.tool("openssl", "dgst -sha256 -verify key.pub -signature app.sig app");
        }
    }
}

/// DSSE 1.0: payload and signature in either base64, and members that are not known say nothing.
#[test]
fn envelopes_as_other_tools_write_them_are_read() {
    let workshop = workshop();
    let encoded = |alphabet: &str, bytes: &[u8]| {
        let text = workshop.tool_with("basenc", &[alphabet, "--wrap=0"], bytes);
        String::from_utf8(text).unwrap()
    };
    workshop.openssl_key("release", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let digest = String::from_utf8(workshop.tool("sha256sum", "app")).unwrap();
    let digest = digest.split(' ').next().unwrap();
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "app", "digest": { "sha256": digest } }],
        "predicateType": "https://slsa.dev/provenance/v9",
        "predicate": { "text": "?>~?>~?>~" },
    });
    let (kind, payload) = ("application/vnd.in-toto+json", statement.to_string());
    let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    workshop.write("signed", signed);
    workshop.tool("openssl", "dgst -sha256 -sign release.pem -out sig signed");
    let signature = workshop.read("sig");
    let (standard, url) = ("--base64", "--base64url");
    for (first, second) in [(url, standard), (standard, url), (url, url)] {
        let payload = encoded(first, payload.as_bytes());
        let signature = encoded(second, &signature);
        let signature = signature.trim_end_matches('=');
        let envelope = serde_json::json!({
            "payload": payload, "payloadType": kind, "extension": {},
            "signatures": [{ "sig": signature, "cert": "x" }],
        });
        workshop.write("app.dsse.json", envelope.to_string());
        workshop.judged("artifact app --key release.pub", 0);
        // Under identities alone nothing says that it does not fit.
        let (root, issuer) =
            (Sigstore::shared().root(), "--certificate-oidc-issuer https://id.test");
        let words =
            format!("artifact app --trusted-root {root} --certificate-identity a@b {issuer}");
        let judged = workshop.judged(&words, 1);
        assert_eq!(judged.reason(), "unknown-key");
        let shadowed = envelope.to_string().replacen('{', r#"{"Payload":"","#, 1);
        workshop.write("app.dsse.json", shadowed);
        assert_eq!(
            workshop.judged("artifact app --key release.pub", 1).reason(),
            "malformed-signature"
        );
    }
}

/// What was cut may be what speaks against the file.
#[test]
fn broken_json_is_named_as_such_and_outweighed_by_nothing() {
    let workshop = workshop();
    gpg_key(&workshop, "ann", ANN);
    workshop.tool("gpg", &format!("-u {ANN} --armor --output app.asc --detach-sign app"));
    let words = format!("artifact app --keyring ann.gpg {}", Sigstore::shared().trusting_alice());
    workshop.judged(&words, 0);
    workshop.write("app.sigstore.json", r#"{"mediaType":"application/vnd.dev.sigstore"#);
    let judged = workshop.judged(&words, 1);
    assert_eq!(judged.reason(), "malformed-signature");
    let text = judged.0.to_string();
    assert!(text.contains("it is broken JSON: EOF while parsing"), "{text}");
}

/// What `npm audit signatures` looks at: the registry's signature over the version, its publish
/// attestation, and the provenance. One that does not fit outweighs the others.
#[test]
fn what_npm_s_registry_signs_is_one_verdict() {
    let (workshop, world) = (workshop(), Sigstore::shared());
    let tarball = workshop.write("p.tgz", "a package\n");
    let (attestations, dist) = (workshop.path("p.tgz.attestations.json"), workshop.path("dist"));
    let (purl, path) = ("pkg:npm/%40world/project@1.2.3", |path: &Path| path.display().to_string());
    world.run(
        "npm",
        &[
            "--artifact",
            &path(&tarball),
            "--out",
            &path(&attestations),
            "--purl",
            purl,
            "--dist-out",
            &path(&dist),
        ],
    );
    let dist: serde_json::Value = serde_json::from_slice(&workshop.read("dist")).unwrap();
    let version = serde_json::json!({ "name": "@world/project", "version": "1.2.3", "dist": dist });
    workshop.write("p.tgz.npm.json", version.to_string());
    let (root, keys) = (world.root(), world.path("npm-keys.json"));
    let anyone = "--certificate-identity-pattern ** --certificate-oidc-issuer \
                  https://token.actions.githubusercontent.com";
    let words = format!("artifact p.tgz --trusted-root {root} --key {} {anyone}", keys.display());
    let judged = workshop.judged(&words, 0);
    let reasons = |judged: &Judged| -> Vec<String> {
        let signatures = judged.0["artifacts"][0]["signatures"].as_array().unwrap();
        signatures.iter().map(|signature| text(&signature["reason"])).collect()
    };
    assert_eq!(reasons(&judged), ["trusted"; 3], "{:#}", judged.0);
    let genuine = String::from_utf8(workshop.read("p.tgz.attestations.json")).unwrap();
    for hint in ["SHA256:nobody", ""] {
        let mut forged: serde_json::Value = serde_json::from_str(&genuine).unwrap();
        let signature =
            text(&forged["attestations"][1]["bundle"]["dsseEnvelope"]["signatures"][0]["sig"]);
        let bundle = &mut forged["attestations"][0]["bundle"];
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = signature.into();
        bundle["verificationMaterial"]["publicKey"]["hint"] = hint.into();
        workshop.write("p.tgz.attestations.json", forged.to_string());
        let judged = workshop.judged(&words, 1);
        assert_eq!(reasons(&judged)[0], "bad-signature", "{:#}", judged.0);
    }
    workshop.write("p.tgz.attestations.json", &genuine);
    for (from, to, reason) in
        [("1.2.3", "1.2.4", "bad-signature"), ("sha512-", "sha512-AAAA", "digest-mismatch")]
    {
        workshop.write("p.tgz.npm.json", version.to_string().replacen(from, to, 1));
        let judged = workshop.judged(&words, 1);
        assert_eq!(judged.reason(), reason, "{:#}", judged.0);
    }
    workshop.write("p.tgz.npm.json", version.to_string());
    workshop.write("p.tgz", "another package\n");
    workshop.judged(&words, 1);
    // It is in no log, which a bundle would have to be.
    workshop.write("p.tgz", "a package\n");
    let words = words.replacen("artifact p.tgz", "bundle --bundle p.tgz.npm.json p.tgz", 1);
    assert_eq!(workshop.judged(&words, 3).reason(), "unsupported-format");
}

#[test]
fn attestations_of_python_packages_are_trusted_by_their_publisher() {
    let workshop = Workshop::new();
    let name = "project-1.0-py3-none-any.whl";
    let wheel = workshop.write(name, "a wheel\n");
    let world = Sigstore::shared();
    world.sign("pep740", &wheel, ".publish.attestation", "--single");
    world.sign("pep740", &wheel, ".provenance", "");
    let publisher = "https://github.com/world/project/.github/workflows/release.yml@**";
    let by = |identity: &str| {
        format!(
            "artifact {name} --trusted-root {} --certificate-identity-pattern {identity} \
             --certificate-oidc-issuer https://token.actions.githubusercontent.com",
            world.root()
        )
    };
    let judged = workshop.judged(&by(publisher), 0);
    let signatures = judged.0["artifacts"][0]["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2, "{:#}", judged.0);
    for signature in signatures {
        assert_eq!(signature["reason"], "trusted");
        assert_eq!(signature["predicate_type"], "https://docs.pypi.org/attestations/publish/v1");
    }
    let other = publisher.replace("world/project", "mallory/project");
    assert_eq!(workshop.judged(&by(&other), 1).reason(), "identity-mismatch");
    workshop.write(name, "another wheel\n");
    workshop.judged(&by(publisher), 1);
}

#[test]
fn a_bundle_beside_the_file_needs_no_naming_and_its_issuer_must_be_named() {
    let workshop = workshop();
    Sigstore::shared().sign("sign", &workshop.path("app"), ".sigstore.json", "");
    let trust = Sigstore::shared().trusting_alice();
    passes_until_changed(&workshop, &format!("artifact app {trust}"), "digest-mismatch");
    let (half, _) = trust.split_once(" --certificate-oidc-issuer").unwrap();
    let output = workshop.verify(&format!("artifact app {half}")).run().expect(2);
    assert!(output.stderr.contains("--certificate-oidc-issuer"), "{}", output.stderr);
}

#[test]
fn an_unsigned_file_fails_and_a_signed_one_without_trust_material_is_unknown() {
    let workshop = workshop();
    workshop.tool("minisign", "-G -W -p ann.pub -s ann");
    let unsigned = workshop.judged("artifact app --key ann.pub", 1);
    assert_eq!(unsigned.reason(), "unsigned");
    workshop.tool("minisign", "-S -s ann -m app");
    let signed = workshop.judged("artifact app", 3);
    assert_eq!(signed.reason(), "no-trust-material");
    assert_eq!(signed.0["population"]["examined"], 0);
    gpg_key(&workshop, "ann", ANN);
    workshop.tool("gpg", &format!("-u {ANN} --armor --detach-sign app"));
    let both = workshop.judged("artifact app", 3);
    assert_eq!(both.reason(), "no-trust-material");
    // Of two signatures one that is trusted suffices, and one that does not fit outweighs it.
    workshop.judged("artifact app --key ann.pub", 0);
    workshop.write("other", "other\n");
    workshop.tool("gpg", &format!("-u {ANN} --armor --output app.asc --detach-sign other"));
    let judged = workshop.judged("artifact app --key ann.pub --keyring ann.gpg", 1);
    assert_eq!(judged.reason(), "bad-signature");
    let remedy = text(&unsigned.finding("unsigned")["remedy"]);
    assert!(!remedy.contains("commit"), "a file's remedy speaks of files: {remedy}");
}

#[test]
fn trust_material_that_cannot_be_read_is_unknown_and_names_the_file() {
    let workshop = workshop();
    workshop.tool("minisign", "-G -W -p ann.pub -s ann");
    workshop.tool("minisign", "-S -s ann -m app");
    workshop.write("garbage", "garbage\n");
    let mut passed = Vec::new();
    for option in [
        "--key",
        "--keyring",
        "--allowed-signers",
        "--revoked-keys",
        "--authorities",
        "--revocation-lists",
        "--trusted-root",
    ] {
        for file in ["absent", "garbage"] {
            let words = format!("artifact app --key ann.pub {option} {file}");
            if workshop.verify(&words).run().status.code() == Some(0) {
                passed.push(format!("{option} {file}"));
                continue;
            }
            let judged = workshop.judged(&words, 3);
            assert_eq!(judged.reason(), "trust-material-unreadable", "{words}");
            let finding = judged.finding("trust-material-unreadable");
            assert!(text(&finding["remedy"]).len() > 10, "{finding:#}");
        }
    }
    assert_eq!(passed, Vec::<String>::new(), "these were ignored");
    let output = workshop.verify("artifact").run().expect(2);
    assert!(output.stderr.contains("<FILES>"), "{}", output.stderr);
}

#[test]
fn a_pipe_or_a_folder_in_a_files_place_is_unknown_and_is_not_waited_for() {
    let workshop = workshop();
    workshop.tool("minisign", "-G -W -p ann.pub -s ann");
    workshop.tool("mkfifo", "pipe");
    fs::create_dir(workshop.path("folder")).unwrap();
    for file in ["pipe", "folder"] {
        let beleg = Beleg::under("timeout", &["--signal=KILL", "5"]);
        let words = format!("verify artifact {file} --key ann.pub");
        let judged = Judged::of(beleg.current_dir(workshop.folder()).args(&words), 3);
        assert_eq!(judged.reason(), "artifact-unreadable", "{file}");
        // Who reads the list alone misses nothing.
        assert_eq!(judged.entry("artifacts", "name", file)["verdict"], "unknown");
    }
}

/// Nobody can say that it would not have spoken against the file.
#[test]
fn a_signature_that_cannot_be_read_is_unknown_whatever_else_is_good() {
    let workshop = workshop();
    workshop.tool("minisign", "-G -W -p ann.pub -s ann");
    workshop.tool("minisign", "-S -s ann -m app");
    // A folder is no signature.
    fs::create_dir(workshop.path("app.bundle")).unwrap();
    workshop.judged("artifact app --key ann.pub", 0);
    workshop.tool("ln", "-s nowhere app.asc");
    workshop.tool("mkfifo", "pipe.sig");
    workshop.write("pipe", CONTENT);
    for file in ["app", "pipe"] {
        let beleg = Beleg::under("timeout", &["--signal=KILL", "5"]);
        let words = format!("verify artifact {file} --key ann.pub");
        let judged = Judged::of(beleg.current_dir(workshop.folder()).args(&words), 3);
        assert_eq!(judged.reason(), "signature-unreadable", "{file}");
    }
    // No signature fits beside it, and none is missed.
    let longest = "a".repeat(255);
    workshop.write(&longest, CONTENT);
    let judged = workshop.judged(&format!("artifact {longest} --key ann.pub"), 1);
    assert_eq!(judged.reason(), "unsigned");
}

#[test]
fn an_sbom_that_is_signed_within_itself_is_not_called_unsigned() {
    let workshop = workshop();
    for name in ["ann", "bob"] {
        workshop.openssl_key(name, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    }
    workshop.tool("minisign", "-G -W -p ann.mini.pub -s ann.mini");
    let sbom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1}"#;
    let document = workshop.write("unsigned", sbom);
    let out = workshop.path("bom.json");
    Sigstore::jsf(&document, &workshop.path("ann.pem"), &out);
    let judged = workshop.judged("artifact bom.json --key ann.pub", 0);
    assert_eq!(signature(&judged)["signature"], "jsf");
    assert_eq!(workshop.judged("artifact bom.json --key bob.pub", 1).reason(), "unknown-key");
    let text = String::from_utf8(workshop.read("bom.json")).unwrap();
    workshop.write("bom.json", text.replace("\"version\": 1", "\"version\": 2"));
    workshop.tool("minisign", "-S -s ann.mini -m bom.json");
    // What lies beside it does not make up for what is changed within.
    let words = "artifact bom.json --key ann.pub --key ann.mini.pub";
    assert_eq!(workshop.judged(words, 1).reason(), "bad-signature");
    // Other documents have a member of that name too.
    workshop.write("other.json", r#"{"signature":"of a function"}"#);
    workshop.tool("minisign", "-S -s ann.mini -m other.json");
    workshop.judged("artifact other.json --key ann.mini.pub", 0);
}

/// Lines of attestations are what `.intoto.jsonl` holds, each about something else.
#[test]
fn attestations_line_by_line_are_judged_one_by_one() {
    let workshop = workshop();
    let other = workshop.write("other", "another file\n");
    workshop.openssl_key("release", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let options = format!("--key {} --rekor none --dsse", workshop.path("release.pem").display());
    let line = |file: &Path| {
        Sigstore::shared().sign("sign-key", file, ".made", &options);
        let made = fs::read(format!("{}.made", file.display())).unwrap();
        let bundle: serde_json::Value = serde_json::from_slice(&made).unwrap();
        format!("{}\n", bundle["dsseEnvelope"])
    };
    let (app, other) = (line(&workshop.path("app")), line(&other));
    let words = "artifact app --key release.pub";
    for lines in [[&app, &other], [&other, &app]] {
        workshop.write("app.intoto.jsonl", lines.map(String::as_str).concat());
        let judged = passes_until_changed(&workshop, words, "digest-mismatch");
        let signatures = judged.0["artifacts"][0]["signatures"].as_array().unwrap();
        assert_eq!(signatures.len(), 2, "{:#}", judged.0);
    }
    workshop.write("app.intoto.jsonl", other.repeat(2));
    assert_eq!(workshop.judged(words, 1).reason(), "subject-not-covered");
    workshop.write("app.intoto.jsonl", format!("{app}{app}x"));
    assert_eq!(workshop.judged(words, 1).reason(), "malformed-signature");
}

/// `InRelease`, `.dsc` and `.changes` are texts that carry their signature, in whatever encoding;
/// nothing beside the signed text is taken for signed.
#[test]
fn a_clear_signed_file_is_verified_by_itself() {
    let workshop = Workshop::new();
    for name in ["a@example.org", "b@example.org"] {
        let words = ["--passphrase", "", "--quick-gen-key", name, "ed25519", "sign", "0"];
        workshop.tool_with("gpg", &words, b"");
    }
    let keyring = workshop.tool("gpg", "--export a@example.org");
    workshop.write("keyring", keyring);
    let text = b"Origin: Debian\nMaintainer: J\xf6rg \t\n- dash\n-----BEGIN x-----\n\nFrom: x\n\n"
        .to_vec();
    let words = ["--clear-sign", "-u", "a@example.org", "-u", "b@example.org"];
    let signed = workshop.tool_with("gpg", &words, &text);
    workshop.tool("gpgconf", "--kill all");
    let judged = |bytes: &[u8], code: i32| {
        workshop.write("InRelease", bytes);
        workshop.judged("artifact InRelease --keyring keyring", code)
    };
    let good = judged(&signed, 0);
    let signature = &good.0["artifacts"][0]["signatures"][0];
    assert_eq!(
        (&signature["signature"], &signature["reason"]),
        (&"openpgp".into(), &"trusted".into())
    );
    judged(&[b"unsigned\n", signed.as_slice()].concat(), 1);
    let behind = judged(&[signed.as_slice(), b"unsigned\n"].concat(), 1);
    assert_eq!(behind.reason(), "malformed-signature");
    judged(&[signed.as_slice(), &signed].concat(), 1);
    let at = signed.windows(6).position(|part| part == b"Debian").unwrap();
    let mut changed = signed.clone();
    changed[at] = b'd';
    assert_eq!(judged(&changed, 1).reason(), "bad-signature");
    let header = String::from_utf8_lossy(&signed).find("Hash:").unwrap();
    let slipped = [&signed[..header], b"Note: unsigned\n", &signed[header..]].concat();
    assert_eq!(judged(&slipped, 1).reason(), "malformed-signature");
}
