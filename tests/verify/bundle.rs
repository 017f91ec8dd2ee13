//! `beleg verify bundle`, and bundles beside files.

use super::world::{ALICE, ISSUER, Judged, Sigstore, Workshop};
use crate::command::{Beleg, may_run};
use crate::company::text;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A folder with `app`, signed by Alice in `app.sigstore.json`.
fn signed(options: &str) -> Workshop {
    let workshop = Workshop::new();
    let app = workshop.write("app", "the application\n");
    Sigstore::shared().sign("sign", &app, ".sigstore.json", options);
    workshop
}

/// The words that verify `app` by its bundle.
fn words() -> String {
    format!("bundle app --bundle app.sigstore.json {}", Sigstore::shared().trusting_alice())
}

#[test]
fn bundles_of_every_version_with_either_log_and_content_are_trusted() {
    for options in [
        "--format v0.1",
        "--format v0.2",
        "--format v0.3",
        "--format v0.3 --tsa",
        "--format v0.3 --rekor v2 --tsa",
        "--format v0.3 --dsse --predicate-type https://slsa.dev/provenance/v1",
    ] {
        let workshop = signed(options);
        let judged = workshop.judged(&words(), 0);
        assert_eq!(judged.reason(), "all-examined", "{options}");
        let signature = &judged.entry("artifacts", "name", "app")["signatures"][0];
        assert_eq!(signature["reason"], "trusted", "{options}");
        assert_eq!(signature["signer"]["identity"], ALICE);
        assert_eq!(signature["signer"]["issuer"], ISSUER);
        let predicate = options.contains("--dsse").then_some("https://slsa.dev/provenance/v1");
        assert_eq!(signature["predicate_type"].as_str(), predicate);
    }
}

#[test]
fn the_trusted_root_may_come_from_a_copy_of_a_tuf_repository() {
    let workshop = signed("");
    let world = Sigstore::shared();
    let (mirror, pinned) = (world.path("tuf"), world.path("tuf/1.root.json"));
    let root = format!("--trusted-root {}", world.root());
    let by = |mirror: &Path, pinned: &Path, code| {
        let tuf = format!("--tuf-mirror {} --tuf-root {}", mirror.display(), pinned.display());
        workshop.judged(&words().replace(&root, &tuf), code).reason()
    };
    assert_eq!(by(&mirror, &pinned, 0), "all-examined");
    let strangers = Sigstore::new();
    let other = strangers.path("tuf/1.root.json");
    assert_eq!(by(&mirror, &other, 3), "trust-material-unreadable");
    assert_eq!(by(&workshop.path("absent"), &pinned, 3), "trust-material-unreadable");
    let words = words().replace(&root, &format!("--tuf-mirror {}", mirror.display()));
    let output = workshop.verify(&words).run().expect(2);
    assert!(output.stderr.contains("--tuf-root"), "{}", output.stderr);
}

#[test]
fn a_digest_stands_for_the_file() {
    let workshop = signed("");
    let sum = String::from_utf8(workshop.tool("sha256sum", "app")).unwrap();
    let digest = sum.split_whitespace().next().unwrap();
    let words = words();
    let by_digest = words.replace("bundle app ", &format!("bundle sha256:{digest} "));
    assert_eq!(workshop.judged(&by_digest, 0).reason(), "all-examined");
    let another = words.replace("bundle app ", &format!("bundle sha256:{} ", "0".repeat(64)));
    assert_eq!(workshop.judged(&another, 1).reason(), "digest-mismatch");
    let malformed = words.replace("bundle app ", "bundle sha256:0011 ");
    let output = workshop.verify(&malformed).run();
    assert!([Some(2), Some(3)].contains(&output.status.code()), "{output:?}");
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains("digest"), "what was meant as a digest is called one: {said}");
}

#[test]
fn a_changed_file_fails_whether_the_bundle_holds_a_signature_or_a_statement() {
    for (options, reason) in [("", "digest-mismatch"), ("--dsse", "subject-not-covered")] {
        let workshop = signed(options);
        workshop.write("app", "the application, with a door\n");
        let judged = workshop.judged(&words(), 1);
        assert_eq!(judged.reason(), reason, "{:#}", judged.0);
        let finding = judged.finding(&judged.reason());
        assert_eq!(finding["verdict"], "fail");
        assert!(text(&finding["remedy"]).len() > 10, "{finding:#}");
    }
}

/// The digest in capitals is read as the file's by those who verify signatures, and by nobody who
/// reads what is said about it.
#[test]
fn a_failed_summary_is_not_hidden_by_a_digest_in_capitals() {
    let workshop = Workshop::new();
    let app = workshop.write("app", "the application\n");
    let digest = String::from_utf8(workshop.tool("sha256sum", "app")).unwrap();
    let digest = digest.split(' ').next().unwrap();
    let trust = Sigstore::shared().trusting_alice();
    for (digest, reason) in
        [(digest.to_owned(), "summary-failed"), (digest.to_uppercase(), "malformed-statement")]
    {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "app", "digest": { "sha256": digest } }],
            "predicateType": "https://slsa.dev/verification_summary/v1",
            "predicate": {
                "verifier": { "id": "https://example.org/v" },
                "timeVerified": "2026-01-01T00:00:00Z",
                "resourceUri": "https://example.org/app",
                "policy": { "uri": "https://example.org/p", "digest": { "sha256": "0".repeat(64) } },
                "verificationResult": "FAILED",
                "verifiedLevels": [],
            },
        });
        let statement = workshop.write("statement.json", statement.to_string());
        let options = format!("--dsse --statement {}", statement.display());
        Sigstore::shared().sign("sign", &app, ".sigstore.json", &options);
        assert_eq!(workshop.judged(&format!("artifact app {trust}"), 1).reason(), reason);
    }
}

#[test]
fn another_identity_or_another_issuer_or_a_foreign_world_fails() {
    let workshop = signed("");
    let root = Sigstore::shared().root();
    let by = |identity: &str, issuer: &str, code: i32| {
        let words = "bundle app --bundle app.sigstore.json --trusted-root";
        let who = format!("{identity} --certificate-oidc-issuer {issuer}");
        workshop.judged(&format!("{words} {root} {who}"), code).reason()
    };
    let bob = "--certificate-identity bob@world.test";
    assert_eq!(by(bob, ISSUER, 1), "identity-mismatch");
    let alice = format!("--certificate-identity {ALICE}");
    assert_eq!(by(&alice, "https://elsewhere.test", 1), "issuer-mismatch");
    // An exact identity is never a pattern.
    assert_eq!(by("--certificate-identity *@world.test", ISSUER, 1), "identity-mismatch");
    let pattern = "--certificate-identity-pattern *@world.test";
    assert_eq!(by(pattern, ISSUER, 0), "all-examined");
    let strangers = Sigstore::new();
    let foreign = words().replace(&root, &strangers.root());
    let judged = workshop.judged(&foreign, 1);
    assert_eq!(judged.reason(), "log-unknown", "{:#}", judged.0);
}

#[test]
fn evidence_that_is_missing_or_broken_has_a_reason_of_its_own() {
    for (options, reason) in [
        ("--rekor v2", "timestamp-missing"),
        ("--no-sct", "certificate-not-logged"),
        ("--foreign-sct", "certificate-not-logged"),
        ("--two-sans", "identity-ambiguous"),
        ("--no-code-signing", "certificate-not-for-signing"),
        ("--expired-leaf", "log-time-invalid"),
        ("--no-proof", "proof-missing"),
    ] {
        let workshop = signed(options);
        assert_eq!(workshop.judged(&words(), 1).reason(), reason, "{options}");
    }
    let workshop = signed("");
    let bundle = String::from_utf8(workshop.read("app.sigstore.json")).unwrap();
    let mut bundle: Value = serde_json::from_str(&bundle).unwrap();
    let entry = &mut bundle["verificationMaterial"]["tlogEntries"][0];
    let root_hash = &mut entry["inclusionProof"]["rootHash"];
    *root_hash = Value::from("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    workshop.write("app.sigstore.json", bundle.to_string());
    assert_eq!(workshop.judged(&words(), 1).reason(), "log-proof-invalid");
}

/// GitHub's own deployment is such a one. What its root knows no log for cannot be demanded; the
/// time must be proved all the same.
#[test]
fn a_root_without_logs_demands_a_timestamp_instead() {
    let root = fs::read(Sigstore::shared().root()).unwrap();
    let mut root: Value = serde_json::from_slice(&root).unwrap();
    for logs in ["tlogs", "ctlogs"] {
        root[logs] = Value::Array(Vec::new());
    }
    for (options, logged, logless) in [
        ("--rekor none --tsa", "proof-missing", "all-examined"),
        ("--rekor none --tsa --no-sct", "proof-missing", "all-examined"),
        ("--rekor none", "proof-missing", "timestamp-missing"),
        ("--rekor none --tsa --two-sans", "proof-missing", "identity-ambiguous"),
        ("", "all-examined", "log-unknown"),
    ] {
        let workshop = signed(options);
        workshop.write("logless.json", root.to_string());
        let words = words();
        let code = |reason: &str| i32::from(reason != "all-examined");
        assert_eq!(workshop.judged(&words, code(logged)).reason(), logged, "{options}");
        let words = words.replace(&Sigstore::shared().root(), "logless.json");
        assert_eq!(workshop.judged(&words, code(logless)).reason(), logless, "{options}");
    }
}

#[test]
fn a_bundle_of_a_plain_key_needs_the_key_and_a_log_unless_told_otherwise() {
    let workshop = Workshop::new();
    workshop.openssl_key("release", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    workshop.openssl_key("other", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let app = workshop.write("app", "the application\n");
    let world = Sigstore::shared();
    let key = format!("--key {}", workshop.path("release.pem").display());
    world.sign("sign-key", &app, ".logged.json", &key);
    world.sign("sign-key", &app, ".bare.json", &format!("{key} --rekor none"));
    let by = |bundle: &str, options: &str, code: i32| {
        let root = world.root();
        let words = format!("bundle app --bundle {bundle} --trusted-root {root} {options}");
        workshop.judged(&words, code).reason()
    };
    assert_eq!(by("app.logged.json", "--key release.pub", 0), "all-examined");
    assert_eq!(by("app.logged.json", "--key other.pub --key release.pub", 0), "all-examined");
    assert_eq!(by("app.logged.json", "--key other.pub", 1), "key-hint-mismatch");
    assert_eq!(by("app.bare.json", "--key release.pub", 1), "proof-missing");
    let lenient = "--key release.pub --without-log-unsafe";
    assert_eq!(by("app.bare.json", lenient, 0), "all-examined");
}

/// P-384 signs the SHA-384, and Ed25519 the content itself: the file is at hand.
#[test]
fn a_bundle_of_another_key_than_p256_is_verified_with_the_content() {
    for key in ["p384", "ed25519"] {
        let options = format!("--leaf-key {key} --rekor none --tsa");
        let workshop = signed(&options);
        let words = format!("{} --without-log-unsafe", words());
        workshop.judged(&words, 0);
        let digest = String::from_utf8(workshop.tool("sha256sum", "app")).unwrap();
        let digest = format!("sha256:{}", digest.split(' ').next().unwrap());
        let judged =
            workshop.judged(&words.replace("bundle app ", &format!("bundle {digest} ")), 3);
        assert_eq!(judged.reason(), "content-needed", "{options}");
        workshop.write("app", "another application\n");
        assert_eq!(workshop.judged(&words, 1).reason(), "digest-mismatch", "{options}");
    }
}

#[test]
fn a_certificate_without_a_log_needs_a_timestamp_even_where_no_log_is_demanded() {
    let allowed = format!("{} --without-log-unsafe", words());
    let stamped = signed("--rekor none --tsa");
    assert_eq!(stamped.judged(&words(), 1).reason(), "proof-missing");
    stamped.judged(&allowed, 0);
    let bare = signed("--rekor none");
    assert_eq!(bare.judged(&allowed, 1).reason(), "timestamp-missing");
}

#[test]
fn a_log_entry_over_an_unknown_algorithm_is_not_called_a_forgery() {
    for options in [
        "--leaf-key p384",
        "--leaf-key p384 --rekor v2 --tsa",
        "--leaf-key ed25519 --rekor v2 --tsa",
    ] {
        let judged = signed(options).judged(&words(), 3);
        assert_eq!(judged.reason(), "unsupported-signature", "{options}");
    }
}

#[test]
fn what_is_no_bundle_cannot_be_put_in_a_bundles_place_to_do_without_the_log() {
    let workshop = Workshop::new();
    workshop.openssl_key("release", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let app = workshop.write("app", "the application\n");
    let world = Sigstore::shared();
    let key = format!("--key {} --rekor none --dsse", workshop.path("release.pem").display());
    world.sign("sign-key", &app, ".json", &key);
    let bundle: Value = serde_json::from_slice(&workshop.read("app.json")).unwrap();
    workshop.write("envelope.json", bundle["dsseEnvelope"].to_string());
    workshop.tool("openssl", "dgst -sha256 -sign release.pem -out app.sig app");
    for (bundle, code, reason) in [
        ("app.json", 1, "proof-missing"),
        ("envelope.json", 3, "unsupported-format"),
        ("app.sig", 3, "unsupported-format"),
    ] {
        let root = world.root();
        let words = format!("bundle app --bundle {bundle} --key release.pub --trusted-root {root}");
        assert_eq!(workshop.judged(&words, code).reason(), reason, "{bundle}");
    }
}

#[test]
fn what_would_let_anyone_sign_is_a_usage_error_with_a_remedy() {
    let workshop = signed("");
    let root = Sigstore::shared().root();
    for (options, remedy) in [
        ("", "--certificate-identity"),
        ("--certificate-identity alice@world.test", "--certificate-oidc-issuer"),
        ("--certificate-identity-pattern *", "--certificate-oidc-issuer"),
        ("--certificate-oidc-issuer https://identity.world.test", "--certificate-identity"),
    ] {
        let words =
            format!("bundle app --bundle app.sigstore.json --trusted-root {root} {options}");
        let output = workshop.verify(&words).run().expect(2);
        assert!(output.stderr.contains(remedy), "{}", output.stderr);
        assert_eq!(output.stdout, "", "{options}");
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_passes() {
    let workshop = signed("");
    workshop.write("empty.json", "");
    workshop.write("other.json", r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v9+json"}"#);
    for (words, code, rule) in [
        (words().replace("bundle app ", "bundle absent "), 3, "artifact-unreadable"),
        (words().replace("app.sigstore.json", "absent.json"), 3, "signature-unreadable"),
        (words().replace("app.sigstore.json", "other.json"), 3, "unsupported-format"),
        (words().replace("app.sigstore.json", "empty.json"), 3, "unsupported-format"),
        (words().replace("trusted_root.json", "absent.json"), 3, "trust-material-unreadable"),
    ] {
        let judged = workshop.judged(&words, code);
        assert_eq!(judged.reason(), rule, "{words}: {:#}", judged.0);
        assert!(text(&judged.finding(rule)["remedy"]).len() > 10, "{:#}", judged.0);
    }
}

#[test]
fn a_bundle_is_verified_on_a_machine_without_a_network() {
    if !may_run("unshare", &["-rn"]) {
        return;
    }
    let workshop = signed("");
    let alone = || {
        let beleg = Beleg::under("unshare", &["-rn"]).current_dir(workshop.folder());
        beleg.env("HOME", workshop.folder()).arg("verify").args(&words())
    };
    assert_eq!(Judged::of(alone(), 0).reason(), "all-examined");
    workshop.write("app", "changed");
    Judged::of(alone(), 1);
}

#[test]
fn one_bad_bundle_of_fifty_fails_alone() {
    let workshop = Workshop::new();
    let folder = workshop.path("many");
    let world = Sigstore::shared();
    world.run("many", &["--count", "50", "--out", folder.to_str().unwrap()]);
    workshop.write("many/00017.txt", "another artifact\n");
    let verify = || {
        let names = (0..50).map(|number| format!("many/{number:05}.txt"));
        let beleg = workshop.verify("artifact").args(&world.trusting_alice());
        names.fold(beleg, |beleg, name| beleg.arg(name))
    };
    let judged = Judged::of(verify(), 1);
    assert_eq!(judged.0["population"]["expected"], 50);
    assert_eq!(judged.0["population"]["examined"], 50);
    assert_eq!(judged.rules().len(), 1, "{:#}", judged.0["findings"]);
    let artifacts = judged.0["artifacts"].as_array().unwrap();
    let passed = artifacts.iter().filter(|artifact| artifact["reason"] == "trusted");
    assert_eq!(passed.count(), 49);
    let failed = judged.entry("artifacts", "name", "many/00017.txt");
    assert_eq!(failed["verdict"], "fail");
    let text = verify().run().expect(1).stdout;
    assert_eq!(text.matches("PASS  many/").count(), 49, "{text}");
    assert!(text.contains("FAIL  many/00017.txt"), "{text}");
    assert!(text.contains("50 of 50 files examined"), "{text}");
}

#[test]
fn the_text_names_who_signed_and_when() {
    let workshop = signed("");
    let text = workshop.verify(&words()).run().expect(0).stdout;
    assert!(text.starts_with("PASS  app\n"), "{text}");
    for word in [ALICE, ISSUER, "sha256:", "logged 20", "1 of 1 files examined"] {
        assert!(text.contains(word), "`{word}` is not in {text}");
    }
    workshop.write("app", "changed");
    let output = workshop.verify(&words()).run().expect(1);
    assert!(output.stdout.contains("Remedy: "), "{}", output.stdout);
    assert_eq!(output.stderr, "", "the verdict is no error");
}
