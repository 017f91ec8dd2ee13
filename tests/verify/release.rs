//! `beleg verify release`: a release with nothing wrong, and with one thing wrong at a time.

mod made;

use super::world::{ALICE, ISSUER, Judged, Sigstore, Workshop};
use crate::company::text;
use beleg_dsse::{Envelope, Signer};
use made::{POLICY_FILE, REPOSITORY, Release, TAG, TAR, ZIP, advisory, sbom_of, soon};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_release_with_everything_in_order_passes() {
    let release = Release::good();
    let judged = release.judged(0);
    assert_eq!(judged.rules(), Vec::<String>::new());
    assert_eq!(judged.0["population"]["expected"], 2);
    assert_eq!(judged.0["population"]["examined"], 2);
    assert_eq!(judged.0["population"]["left_out"][0]["count"], 1, "{:#}", judged.0["population"]);
    assert_eq!(judged.0["tag"]["reason"], "trusted");
    assert_eq!(judged.0["tag"]["peeled"]["oid"], release.commit());
    let inputs = judged.0["inputs"].as_array().unwrap();
    let advisories = inputs.iter().filter(|input| input["locator"] == "advisories");
    assert_eq!(advisories.count(), 1, "{inputs:#?}");
    for (name, signatures) in [(TAR, 3), (ZIP, 2)] {
        let artifact = judged.entry("artifacts", "name", name);
        assert_eq!(artifact["rule"], "archives");
        let checks = artifact["checks"].as_array().unwrap();
        for what in ["signature", "sbom", "provenance", "advisories", "rebuild"] {
            let mut parts = checks.iter().filter(|part| part["what"] == what);
            assert!(parts.all(|part| part["reason"] == "trusted"), "{artifact:#}");
            assert!(checks.iter().any(|part| part["what"] == what), "{what}: {artifact:#}");
        }
        assert_eq!(artifact["signatures"].as_array().unwrap().len(), signatures, "{artifact:#}");
    }
    let shown = release.0.verify("release dist --policy release.toml").run().expect(0).stdout;
    for part in [TAR, "SHA256SUMS", "PASS  tag v1.2.0", "exempt", "PASS: "] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
}

#[test]
fn every_file_that_nobody_speaks_for_is_reported() {
    let release = Release::good();
    release.0.write("dist/extra.bin", "x");
    release.fails("extra.bin", &["file-uncovered"]);
    // A list of digests alone makes no artifact of it.
    let list = release.0.read("dist/SHA256SUMS");
    let zeros = "0".repeat(64);
    release.0.write("dist/SHA256SUMS", [&list[..], zeros.as_bytes(), b"  extra.bin\n"].concat());
    release.0.tool("minisign", "-S -s minisign.key -m dist/SHA256SUMS");
    release.fails("extra.bin", &["file-uncovered"]);

    let release = Release::good();
    std::os::unix::fs::symlink(TAR, release.0.path("dist/latest.tar.gz")).unwrap();
    let judged = release.fails("latest.tar.gz", &["file-uncovered"]);
    assert!(text(&judged.finding("file-uncovered")["message"]).contains("symbolic link"));

    let release = Release::good();
    release.policy(&soon(), "2020-12-31");
    let judged = release.judged(1);
    assert_eq!(judged.rules(), ["file-uncovered", "exemption-expired"]);
    assert!(text(&judged.finding("file-uncovered")["message"]).contains("2020-12-31"));
}

/// Whatever is named like a signature would go out unseen otherwise.
#[test]
fn junk_that_is_named_like_evidence_is_reported() {
    for name in ["app-1.2.0.tar.gz.sig", "app-1.2.0.zip.asc", "app-1.2.0.zip.sign"] {
        let release = Release::good();
        release.0.write(&format!("dist/{name}"), "#!/bin/sh\nrm -rf /\n");
        let judged = release.judged(1);
        assert!(judged.0["findings"].to_string().contains(name), "{:#}", judged.0["findings"]);
    }
}

#[test]
fn junk_beside_evidence_is_reported() {
    for name in ["other.intoto.jsonl", "other.json", "SHA512SUMS", "CHECKSUMS.sig"] {
        let release = Release::good();
        release.0.write(&format!("dist/{name}"), "#!/bin/sh\nrm -rf /\n");
        release.fails(name, &["file-uncovered"]);
    }
}

/// Anybody can sign: what a stranger puts beside a trusted signature is no evidence, and would go
/// out with a release that passed.
#[test]
fn what_strangers_sign_beside_trusted_evidence_is_reported() {
    let junk = json!({
        "payloadType": "application/x-sh",
        "payload": "cm0gLXJmIC8=",
        "signatures": [{"keyid": "stranger", "sig": "AAAA"}],
    });
    let release = Release::good();
    release.0.write("dist/other.json", junk.to_string());
    release.fails("other.json", &["file-uncovered"]);

    let release = Release::good();
    release.0.tool("minisign", "-G -W -p other.pub -s other.key");
    release.0.tool("minisign", &format!("-S -s other.key -m dist/{ZIP}"));
    let judged = release.fails(&format!("{ZIP}.minisig"), &["file-uncovered"]);
    assert!(text(&judged.finding("file-uncovered")["message"]).contains("unknown-key"));

    // A list that nobody signed may say what it likes.
    let release = Release::good();
    let zeros = "0".repeat(64);
    release.0.write("dist/SHA256SUMS.old", format!("{zeros}  {TAR}\n{zeros}  backdoor\n"));
    release.fails("SHA256SUMS.old", &["file-uncovered"]);
}

#[test]
fn a_changed_file_fails_whatever_else_speaks_for_it() {
    for name in [TAR, ZIP] {
        let release = Release::good();
        release.0.write(&format!("dist/{name}"), "changed");
        let judged = release.judged(1);
        let rules = judged.rules();
        assert!(
            rules.iter().any(|rule| rule == "digest-mismatch" || rule == "bad-signature"),
            "{rules:?}"
        );
        assert!(rules.contains(&"rebuild-differs".to_owned()), "{rules:?}");
        let signature = &judged.entry("artifacts", "name", name)["checks"][0];
        assert_eq!(signature["verdict"], "fail");
    }
    let release = Release::good();
    release.0.write(&format!("second/{ZIP}"), "built elsewhere");
    release.fails(ZIP, &["rebuild-differs"]);
    release.remove(&format!("second/{ZIP}"));
    let judged = release.judged(3);
    assert_eq!(judged.rules(), ["rebuild-missing"]);
}

/// What is compared with itself is always the same.
#[test]
fn the_release_is_no_second_build_of_itself() {
    let release = Release::good();
    fs::remove_dir_all(release.0.path("second")).unwrap();
    std::os::unix::fs::symlink("dist", release.0.path("second")).unwrap();
    let output = release.0.verify("release dist --policy release.toml").run().expect(2);
    assert!(output.stderr.contains("it is the release itself"), "{}", output.stderr);
}

#[test]
fn a_file_without_a_signature_fails() {
    let release = Release::good();
    release.list_without(&[ZIP]);
    release.remove(&format!("dist/{ZIP}.provenance.json"));
    release.fails(ZIP, &["unsigned", "provenance-missing"]);
    let shown = release.0.verify("release dist --policy release.toml").run().expect(1).stdout;
    assert!(shown.contains("signature    unsigned"), "{shown}");

    // An unsigned list is no signature.
    let release = Release::good();
    release.remove("dist/SHA256SUMS.minisig");
    release.remove(&format!("dist/{ZIP}.provenance.json"));
    let judged = release.judged(1);
    let zip = &judged.entry("artifacts", "name", ZIP)["checks"][0];
    assert_eq!((&zip["what"], &zip["reason"]), (&json!("signature"), &json!("unsigned")));

    // Nor is one by a stranger.
    let release = Release::good();
    release.0.tool("minisign", "-G -W -p other.pub -s other.key");
    release.0.tool("minisign", "-S -s other.key -m dist/SHA256SUMS");
    release.remove(&format!("dist/{ZIP}.provenance.json"));
    let judged = release.judged(1);
    let zip = &judged.entry("artifacts", "name", ZIP)["checks"][0];
    assert_eq!(zip["reason"], "unknown-key");
}

/// The policy may let it pass, but nobody may read it as trusted.
#[test]
fn a_file_that_may_be_unsigned_is_said_to_be() {
    let release = Release::good();
    release.policy("signatures = 1", "unsigned-unsafe = true");
    release.list_without(&[ZIP]);
    release.remove(&format!("dist/{ZIP}.provenance.json"));
    let judged = release.judged(1);
    let signature = &judged.entry("artifacts", "name", ZIP)["checks"][0];
    let expected = json!(["signature", "unsigned", "pass"]);
    assert_eq!(json!([signature["what"], signature["reason"], signature["verdict"]]), expected);
    let finding = judged.finding("unsigned");
    assert_eq!(
        (&finding["verdict"], &finding["location"]["path"]),
        (&json!("pass"), &json!(format!("dist/{ZIP}")))
    );
    let shown = release.0.verify("release dist --policy release.toml").run().expect(1).stdout;
    assert!(shown.contains("unsigned: the policy accepts it"), "{shown}");
    // What a trusted signer signed is trusted here too, and what does not fit still fails.
    let tar = &judged.entry("artifacts", "name", TAR)["checks"][0];
    assert_eq!(tar["reason"], "trusted");
    release.0.write(&format!("dist/{TAR}"), "changed");
    let judged = release.judged(1);
    assert_eq!(judged.entry("artifacts", "name", TAR)["checks"][0]["verdict"], "fail");
}

/// Each signature of a workflow has a key of its own, and is by the same signer all the same.
#[test]
fn two_signatures_of_one_identity_are_by_one_signer() {
    let release = Release::good();
    release.policy("signatures = 1", "signatures = 2");
    release.judged(0);
    release.list_without(&[TAR]);
    release.fails(TAR, &["threshold-not-met"]);
}

/// Provenance names its builder itself: whoever may sign files may not speak for each builder.
#[test]
fn provenance_counts_only_from_the_signers_of_its_rule() {
    let release = Release::good();
    release.policy("signers = [\"workflows\"]", "signers = [\"release key\"]");
    assert_eq!(release.judged(1).rules(), ["principal-not-allowed", "principal-not-allowed"]);
    release.policy("signers = [\"workflows\"]", "signers = [\"workflow\"]");
    let output = release.0.verify("release dist --policy release.toml").run().expect(2);
    assert!(output.stderr.contains("the name `workflow`"), "{}", output.stderr);
}

/// One person with a key at work and one on a laptop does not reach a threshold of two alone.
#[test]
fn two_keys_of_one_person_are_one_signer() {
    let workshop = Workshop::new();
    workshop.write("dist/app", "content\n");
    let mut allowed = String::new();
    for (key, person, ending) in
        [("work", "ann", "asc"), ("laptop", "ann", "sig"), ("bob", "bob", "sign")]
    {
        workshop.tool_with("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", key], b"");
        let public = String::from_utf8(workshop.read(&format!("{key}.pub"))).unwrap();
        allowed.push_str(&format!("{person}@example.org {public}"));
        let signature = workshop.tool_with(
            "ssh-keygen",
            &["-q", "-Y", "sign", "-f", key, "-n", "file"],
            b"content\n",
        );
        workshop.write(&format!("signed/app.{ending}"), signature);
    }
    workshop.write("allowed", allowed);
    let policy = "name = \"app\"\nverifier = \"https://example.org/v\"\n[signers]\n\
                  allowed-signers = \"allowed\"\n[[artifact]]\nname = \"all\"\nfiles = [\"app\"]\n\
                  signatures = 2\nsbom = false\n";
    workshop.write("release.toml", policy);
    let words = "release dist --policy release.toml";
    for ending in ["asc", "sig"] {
        workshop
            .write(&format!("dist/app.{ending}"), workshop.read(&format!("signed/app.{ending}")));
    }
    assert_eq!(workshop.judged(words, 1).reason(), "threshold-not-met");
    workshop.write("dist/app.sign", workshop.read("signed/app.sign"));
    workshop.judged(words, 0);
}

#[test]
fn a_summary_of_another_verifier_may_be_demanded() {
    let release = Release::good();
    release.policy(
        "[[exempt]]",
        "[artifact.summary]\nsigners = [\"workflows\"]\nverifiers = [\"https://checks.example/*\"]\n\
         resource = \"https://example.org/app/*\"\n[[exempt]]",
    );
    let zip = |judged: &Judged, reason: &str| {
        let checks = judged.entry("artifacts", "name", ZIP)["checks"].clone();
        let summary = checks.as_array().unwrap().iter().find(|check| check["what"] == "summary");
        assert_eq!(summary.unwrap()["reason"], reason);
    };
    zip(&release.judged(1), "summary-missing");
    let sign = |verifier: &str, result: &str| {
        let predicate = json!({
            "verifier": {"id": verifier},
            "timeVerified": "2026-01-01T00:00:00Z",
            "resourceUri": "https://example.org/app/1.2.0",
            "policy": {"uri": "https://checks.example/policy"},
            "verificationResult": result,
            "verifiedLevels": ["SLSA_BUILD_LEVEL_2"],
        });
        let file = release.0.write("summary.json", predicate.to_string());
        let options = format!(
            "{} --dsse --predicate-type https://slsa.dev/verification_summary/v1 --predicate {}",
            release.run_of(REPOSITORY, TAG),
            file.display()
        );
        let zip = release.0.path(&format!("dist/{ZIP}"));
        Sigstore::shared().sign("sign", &zip, ".attestation", &options);
    };
    sign("https://checks.example/ci", "PASSED");
    zip(&release.judged(1), "trusted");
    sign("https://stranger.example/ci", "PASSED");
    zip(&release.judged(1), "verifier-not-allowed");
    sign("https://checks.example/ci", "FAILED");
    zip(&release.judged(1), "summary-failed");
}

#[test]
fn a_list_of_digests_may_be_signed_with_sigstore_too() {
    let release = Release::good();
    release.remove("dist/SHA256SUMS.minisig");
    release.judged(1);
    let list = release.0.path("dist/SHA256SUMS");
    let run = release.run_of(REPOSITORY, TAG);
    Sigstore::shared().sign("sign", &list, ".sigstore.json", &run);
    release.judged(0);
    let stranger = release.run_of("https://github.com/other/app", TAG);
    Sigstore::shared().sign("sign", &list, ".sigstore.json", &stranger);
    assert!(release.judged(1).rules().contains(&"identity-mismatch".to_owned()));
}

/// `app` in `linux/SHA256SUMS` is `linux/app`, and not the file of that name beside the folder.
#[test]
fn a_list_of_digests_speaks_of_the_files_in_its_folder() {
    let release = Release::good();
    release.policy(
        "[[exempt]]",
        "[[artifact]]\nname = \"builds\"\nfiles = [\"app\", \"*/app\"]\nsbom = false\n[[exempt]]",
    );
    let sign = |list: &str, lines: String| {
        release.0.write(&format!("dist/{list}"), lines);
        release.0.tool("minisign", &format!("-S -s minisign.key -m dist/{list}"));
    };
    let line = |file: &str, name: &str| {
        let sum = release.0.tool("sha256sum", &format!("dist/{file}"));
        format!("{}  {name}\n", &String::from_utf8(sum).unwrap()[..64])
    };
    for folder in ["", "linux/", "mac/"] {
        release.0.write(&format!("dist/{folder}app"), format!("built for {folder}"));
    }
    for folder in ["linux", "mac"] {
        sign(&format!("{folder}/SHA256SUMS"), line(&format!("{folder}/app"), "app"));
    }
    let unsigned = release.fails("app", &["unsigned"]);
    assert_eq!(unsigned.entry("artifacts", "name", "mac/app")["checks"][0]["reason"], "trusted");
    // Nor does a list in a folder of its own: `sha256sum -c` would look for `sums/app`.
    sign("sums/SHA256SUMS", line("app", "app"));
    assert_eq!(release.judged(1).rules(), ["file-uncovered", "file-uncovered", "unsigned"]);
    release.remove("dist/sums/SHA256SUMS");
    release.remove("dist/sums/SHA256SUMS.minisig");
    sign("app.sha256", line("app", "app"));
    release.judged(0);
    // One for another folder's file fits no more than any other.
    sign("linux/SHA256SUMS", line("mac/app", "app"));
    release.fails("linux/app", &["digest-mismatch"]);
}

/// cdxgen writes `bom.json`, syft `sbom.cdx.json`, with the file's digest as its version.
#[test]
fn an_sbom_is_found_under_the_names_that_tools_give_it() {
    for name in ["bom.json", "sbom.cdx.json"] {
        let release = Release::good();
        let digest = release.0.tool("sha256sum", &format!("dist/{ZIP}"));
        let digest = format!("sha256:{}", &String::from_utf8(digest).unwrap()[..64]);
        let as_syft = |version: &str| {
            let version = version.to_owned();
            release.edit_sbom(TAR, name, |sbom| {
                let component = &mut sbom["metadata"]["component"];
                component.as_object_mut().unwrap().remove("hashes");
                component["type"] = "file".into();
                component["name"] = ZIP.into();
                component["version"] = version.into();
            });
        };
        as_syft(&digest);
        release.remove(&format!("dist/{}", sbom_of(ZIP)));
        release.list_of(&[TAR, ZIP, &sbom_of(TAR), name]);
        release.judged(0);
        as_syft(&digest.replace(&digest[7..15], "00000000"));
        release.list_of(&[TAR, ZIP, &sbom_of(TAR), name]);
        // The one that stood here before the file was built anew.
        let judged = release.judged(1);
        let mismatch = judged.finding("sbom-subject-mismatch");
        assert_eq!(mismatch["location"]["path"], format!("dist/{ZIP}"));
        assert!(text(&mismatch["message"]).contains(name), "{mismatch:#}");
        assert!(!judged.rules().contains(&"file-uncovered".to_owned()), "{:?}", judged.rules());
        // One that does not say what it describes is there, and proves nothing.
        as_syft("1.2.0");
        release.list_of(&[TAR, ZIP, &sbom_of(TAR), name]);
        let judged = release.judged(3);
        assert_eq!(judged.rules(), ["sbom-subject-unstated"]);
    }
}

/// A release passes below the severity that fails; what is open there stays in sight.
#[test]
fn an_advisory_that_does_not_fail_is_named() {
    let release = Release::good();
    let record = advisory("1.0.2").replace("C:H/I:H/A:H", "C:L/I:N/A:N");
    release.0.write("advisories/crates/demo-parser/DEMO-2026-0001.md", record);
    let high = "rustsec = \"advisories\"\nfail-from = \"high\"";
    release.policy("rustsec = \"advisories\"", high);
    let judged = release.judged(0);
    let remark = judged.finding("DEMO-2026-0001");
    assert_eq!((&remark["verdict"], &remark["severity"]), (&json!("pass"), &json!("medium")));
    assert!(text(&remark["location"]["path"]).starts_with("dist/"), "{remark:#}");
    let said = judged.0["artifacts"].to_string();
    assert!(said.contains("open without failing: DEMO-2026-0001 (medium)"), "{said}");
    assert!(!said.contains("none open\""), "{said}");
}

#[test]
fn an_exemption_that_has_ended_is_to_be_renewed() {
    let release = Release::good();
    let ended = fs::read_to_string(release.0.path("release.toml")).unwrap();
    release.0.write("release.toml", ended.replace(&soon(), "2026-01-01"));
    let judged = release.judged(1);
    let uncovered = judged.finding("file-uncovered");
    assert!(text(&uncovered["remedy"]).starts_with("Renew the exemption"), "{uncovered:#}");
}

#[test]
fn an_sbom_is_there_describes_the_file_and_is_signed() {
    let release = Release::good();
    release.remove(&format!("dist/{}", sbom_of(ZIP)));
    release.list_without(&[&sbom_of(ZIP)]);
    release.fails(ZIP, &["sbom-missing"]);

    let release = Release::good();
    let other = release.0.write("other", "another artifact");
    release.sbom(ZIP, &other);
    release.list();
    let judged = release.judged(1);
    assert!(judged.rules().contains(&"sbom-subject-mismatch".to_owned()), "{:?}", judged.rules());
    assert_eq!(judged.finding("sbom-subject-mismatch")["location"]["path"], format!("dist/{ZIP}"));

    let release = Release::good();
    release.list_without(&[&sbom_of(ZIP)]);
    let judged = release.judged(1);
    assert_eq!(judged.rules(), ["unsigned"]);
    let finding = judged.finding("unsigned").to_string();
    assert!(finding.contains(&sbom_of(ZIP)), "the SBOM is named: {finding}");

    let release = Release::good();
    let sbom = release.0.path(&format!("dist/{}", sbom_of(ZIP)));
    let text = fs::read_to_string(&sbom).unwrap();
    fs::write(&sbom, text.replace("1.0.1", "1.0.2")).unwrap();
    assert!(release.judged(1).rules().contains(&"digest-mismatch".to_owned()));

    // A signed document that names the file's digest is no SBOM yet.
    let release = Release::good();
    let sbom = release.0.path(&format!("dist/{}", sbom_of(ZIP)));
    let text = fs::read_to_string(&sbom).unwrap();
    fs::write(&sbom, text.replace("specVersion", "specVersions")).unwrap();
    release.list();
    assert!(release.judged(1).rules().contains(&"malformed-statement".to_owned()));
}

/// A policy that asks for two people, whom allowed signers, a keyring and one PEM key tell apart.
const TWO_PEOPLE: &str = "name = \"app\"\n[signers]\nallowed-signers = \"allowed\"\nkeyring = \
                          \"ann.gpg\"\n[[signers.key]]\nname = \"release key\"\nfile = \
                          \"key.pem\"\n[[artifact]]\nname = \"all\"\nfiles = [\"app\"]\n\
                          signatures = 2\nsbom = false\n";

fn sign_with_ssh(workshop: &Workshop, key: &str, environment: &str) {
    let words = [environment, "ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "file"];
    let signature = workshop.tool_with("env", &words, b"content\n");
    workshop.write("dist/app.sign", signature);
}

fn ssh_key(workshop: &Workshop, name: &str, kind: &str) -> String {
    workshop.tool_with("ssh-keygen", &["-q", "-t", kind, "-N", "", "-m", "PEM", "-f", name], b"");
    String::from_utf8(workshop.read(&format!("{name}.pub"))).unwrap()
}

/// Each format has a fingerprint of its own; whoever holds the key is one person all the same.
#[test]
fn one_key_in_two_formats_is_one_signer() {
    let workshop = Workshop::new();
    workshop.write("dist/app", "content\n");
    let (key, laptop) = (ssh_key(&workshop, "key", "rsa"), ssh_key(&workshop, "laptop", "ed25519"));
    let bob = ssh_key(&workshop, "bob", "ed25519");
    workshop.tool("openssl", "rsa -in key -pubout -out key.pem");
    workshop.tool("openssl", "dgst -sha256 -sign key -out dist/app.sig dist/app");
    workshop.write("release.toml", TWO_PEOPLE.replace("keyring = \"ann.gpg\"\n", ""));
    workshop
        .write("allowed", format!("a@example.org {key}a@example.org {laptop}b@example.org {bob}"));
    let judged = |code| workshop.judged("release dist --policy release.toml", code);
    sign_with_ssh(&workshop, "key", "A=B");
    assert_eq!(judged(1).reason(), "threshold-not-met", "the same key");
    // The PEM key is one of Ann's, and so she signed with the other one too.
    sign_with_ssh(&workshop, "laptop", "A=B");
    assert_eq!(judged(1).reason(), "threshold-not-met", "another key of the same person");
    sign_with_ssh(&workshop, "bob", "A=B");
    judged(0);
}

/// gpg's agent lets ssh sign with OpenPGP keys.
#[test]
fn an_openpgp_key_that_signs_for_ssh_too_is_one_signer() {
    let workshop = Workshop::new();
    workshop.write("home/.gnupg/gpg-agent.conf", "enable-ssh-support\n");
    workshop.write("dist/app", "content\n");
    workshop.openssl_key("key", "-algorithm ED25519");
    workshop.tool("cp", "key.pub key.pem");
    let generate =
        ["--passphrase", "", "--quick-generate-key", "Ann <ann@example.org>", "ed25519", "sign"];
    workshop.tool_with("gpg", &generate, b"");
    workshop.tool("gpg", "--export --output ann.gpg ann@example.org");
    workshop.tool("gpg", "--detach-sign --output dist/app.asc dist/app");
    let listed = workshop.tool("gpg", "--with-keygrip --with-colons --list-keys ann@example.org");
    let listed = String::from_utf8(listed).unwrap();
    let grip = listed.lines().find_map(|line| line.strip_prefix("grp:")).unwrap();
    workshop.write("home/.gnupg/sshcontrol", format!("{}\n", grip.trim_matches(':')));
    let fingerprint = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap();
    let export = format!("--export-ssh-key {}!", fingerprint.trim_matches(':'));
    let public = workshop.tool("gpg", &export);
    workshop.write("same.pub", &public);
    // Under another name, so that nothing but the key tells.
    workshop.write("allowed", format!("x@other {}", String::from_utf8(public).unwrap()));
    workshop.write("release.toml", TWO_PEOPLE);
    let socket = workshop.tool("gpgconf", "--list-dirs agent-ssh-socket");
    let socket = String::from_utf8(socket).unwrap();
    sign_with_ssh(&workshop, "same.pub", &format!("SSH_AUTH_SOCK={}", socket.trim()));
    workshop.tool("gpgconf", "--kill gpg-agent");
    let judged = workshop.judged("release dist --policy release.toml", 1);
    assert_eq!(judged.reason(), "threshold-not-met");
    let one = TWO_PEOPLE.replace("signatures = 2", "signatures = 1");
    workshop.write("release.toml", one);
    let judged = workshop.judged("release dist --policy release.toml", 0);
    let signatures = judged.entry("artifacts", "name", "app")["signatures"].clone();
    assert!(signatures.as_array().unwrap().iter().all(|one| one["reason"] == "trusted"));
}

/// A tag of a tree or of a file may be signed like any, and says nothing of the source's history.
#[test]
fn a_release_is_of_a_commit() {
    let release = Release::good();
    for object in ["HEAD^{tree}", "blob"] {
        let file = release.0.write("note", "no commit\n");
        let blob = format!("-C source hash-object -w {}", file.display());
        let blob = String::from_utf8(release.0.tool("git", &blob)).unwrap();
        let object = if object == "blob" { blob.trim() } else { object };
        release.0.tool("git", &format!("-C source tag -f -s -m release v1.2.0 {object}"));
        release.fails("tag v1.2.0", &["tag-not-of-commit"]);
    }
}

/// Links of another name to the files themselves are no second build.
#[test]
fn hard_links_to_the_release_are_no_second_build() {
    let release = Release::good();
    fs::remove_dir_all(release.0.path("second")).unwrap();
    fs::create_dir(release.0.path("second")).unwrap();
    for name in [TAR, ZIP] {
        let (from, to) = (format!("dist/{name}"), format!("second/{name}"));
        fs::hard_link(release.0.path(&from), release.0.path(&to)).unwrap();
    }
    assert_eq!(release.judged(3).rules(), ["rebuild-missing", "rebuild-missing"]);
}

/// Whoever may sign may also say something bad of a file, or something that beleg cannot read.
#[test]
fn a_statement_is_a_signature_only_where_it_says_so() {
    let workshop = Workshop::new();
    let app = workshop.write("app", "the application\n");
    let trust = Sigstore::shared().trusting_alice();
    let judged = |kind: &str, predicate: Value, code| {
        let predicate = workshop.write("predicate.json", predicate.to_string());
        let predicate = predicate.display();
        let options = format!("--dsse --predicate-type {kind} --predicate {predicate}");
        Sigstore::shared().sign("sign", &app, ".sigstore.json", &options);
        workshop.judged(&format!("artifact app {trust}"), code).reason()
    };
    let found = json!({ "scanner": { "uri": "x", "result": [{ "id": "CVE-2026-1" }] } });
    let affected = json!({ "statements": [{ "status": "affected" }] });
    for (kind, predicate) in [
        ("https://in-toto.io/attestation/vulns/v0.2", &found),
        ("https://cosign.sigstore.dev/attestation/vuln/v1", &found),
        ("https://openvex.dev/ns/v0.2.0", &affected),
    ] {
        assert_eq!(judged(kind, predicate.clone(), 1), "not-vouched-for", "{kind}");
    }
    let failed = json!({ "verificationResult": "FAILED", "result": "FAILED" });
    for kind in [
        "https://slsa.dev/verification_summary/v2",
        "https://slsa.dev/verification_summary/v1.1",
        "https://in-toto.io/attestation/test-result/v0.9",
        "https://example.org/anything/v1",
    ] {
        assert_eq!(judged(kind, failed.clone(), 3), "unsupported-statement", "{kind}");
    }
    // Whoever names a file as the signature knows what its type means, of results apart.
    let named = |code| {
        let words = format!("artifact app --signature app.sigstore.json {trust}");
        workshop.judged(&words, code);
    };
    named(0);
    judged("https://slsa.dev/verification_summary/v2", failed.clone(), 3);
    named(3);
    let summary = |time: &str| {
        let passed = json!({
            "verifier": { "id": "https://example.org/v" },
            "timeVerified": time,
            "resourceUri": "https://example.org/app",
            "policy": { "uri": "https://example.org/p" },
            "verificationResult": "PASSED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_2"],
        });
        (passed, "https://slsa.dev/verification_summary/v1")
    };
    let (passed, kind) = summary("2026-01-01T00:00:00Z");
    judged(kind, passed, 0);
    let (to_come, kind) = summary("2136-01-01T00:00:00Z");
    assert_eq!(judged(kind, to_come, 3), "summary-stale");
    // Beside a signature, what a scan found says nothing against the file.
    judged("https://in-toto.io/attestation/vulns/v0.2", found, 1);
    fs::rename(workshop.path("app.sigstore.json"), workshop.path("app.bundle")).unwrap();
    Sigstore::shared().sign("sign", &app, ".sigstore.json", "");
    workshop.judged(&format!("artifact app {trust}"), 0);
}

#[test]
fn provenance_is_of_the_named_repository_and_of_the_tag() {
    let release = Release::good();
    release.provenance(ZIP, "https://github.com/example/fork", TAG, TAG);
    release.fails(ZIP, &["source-mismatch"]);

    let release = Release::good();
    release.provenance(ZIP, REPOSITORY, "refs/heads/main", "refs/heads/main");
    release.fails(ZIP, &["ref-mismatch"]);

    // It says it is of the tag; the certificate knows better.
    let release = Release::good();
    release.provenance(ZIP, REPOSITORY, TAG, "refs/heads/main");
    release.fails(ZIP, &["ref-mismatch"]);

    let release = Release::good();
    release.remove(&format!("dist/{ZIP}.provenance.json"));
    release.fails(ZIP, &["provenance-missing"]);

    // The tag names another commit than the one that was built.
    let release = Release::good();
    release.0.tool("git", "-C source commit -q --allow-empty -m second");
    release.0.tool("git", "-C source tag -f -s -m release v1.2.0");
    assert_eq!(release.judged(1).rules(), ["source-mismatch", "source-mismatch"]);
}

#[test]
fn the_tag_is_there_and_signed() {
    let release = Release::good();
    release.0.tool("git", "-C source tag -f -a -m release v1.2.0");
    release.fails("tag v1.2.0", &["unsigned"]);
    release.0.tool("git", "-C source tag -f v1.2.0");
    release.fails("tag v1.2.0", &["lightweight-tag"]);
    // Nor does another tag do, however the policy's name could be read.
    release.0.tool("git", "-C source tag -s -m old v1.1.0");
    release.0.tool("git", "-C source tag -d v1.2.0");
    release.fails("tag v1.2.0", &["tag-missing"]);
    for name in ["v1.*", "tags/v1.1.0", "V1.1.0", "refs/heads/v1.1.0"] {
        release.policy("name = \"v1.2.0\"", &format!("name = \"{name}\""));
        release.fails(&format!("tag {name}"), &["tag-missing"]);
    }
    // Without the repository nothing about the tag is known.
    fs::remove_dir_all(release.0.path("source")).unwrap();
    assert_eq!(release.judged(3).rules(), ["repository-unreadable"]);
}

/// The tag's signer is one of the release's identities.
#[test]
fn a_tag_signed_with_gitsign_counts() {
    let release = Release::good();
    let workshop = &release.0;
    let payload = format!(
        "object {}\ntype commit\ntag v1.2.0\ntagger Alice <alice@world.test> 1700000000 +0000\n\n\
         release\n",
        release.commit()
    );
    let (unsigned, armor) = (workshop.write("payload", &payload), workshop.path("signature"));
    let files = ["--payload", unsigned.to_str().unwrap(), "--out", armor.to_str().unwrap()];
    Sigstore::shared().run("cms", &[&files[..], &["--embed-log"]].concat());
    let signed = format!("{payload}{}", String::from_utf8(workshop.read("signature")).unwrap());
    let words = ["-C", "source", "hash-object", "-t", "tag", "-w", "--stdin"];
    let oid = String::from_utf8(workshop.tool_with("git", &words, signed.as_bytes())).unwrap();
    workshop.tool("git", &format!("-C source update-ref refs/tags/v1.2.0 {oid}"));
    release.judged(1);
    let alice = format!(
        "[[signers.identity]]\nname = \"alice\"\nidentity = \"{ALICE}\"\nissuer = \"{ISSUER}\"\n\n[tag]"
    );
    release.policy("[tag]", &alice);
    assert_eq!(release.judged(0).0["tag"]["signer"]["identity"], ALICE);
}

/// A `.dsc` or an `InRelease` carries its signature, and nothing beside the signed text counts.
#[test]
fn a_clear_signed_file_counts_as_signed_by_itself() {
    let release = Release::good();
    let workshop = &release.0;
    let words = ["--passphrase", "", "--quick-gen-key", "a@example.org", "ed25519", "sign", "0"];
    workshop.tool_with("gpg", &words, b"");
    let keyring = workshop.tool("gpg", "--export a@example.org");
    workshop.write("keyring", keyring);
    let signed = workshop.tool_with("gpg", &["--clearsign"], b"Format: 3.0 (quilt)\n");
    workshop.tool("gpgconf", "--kill all");
    let policy = String::from_utf8(workshop.read("release.toml")).unwrap();
    let rule = "[[artifact]]\nname = \"sources\"\nfiles = [\"*.dsc\"]\nsignatures = 1\nsbom = false\n\n[[exempt]]";
    let policy = policy.replace("[signers]", "[signers]\nkeyring = \"keyring\"");
    workshop.write("release.toml", policy.replace("[[exempt]]", rule));
    workshop.write("dist/app.dsc", &signed);
    let judged = release.judged(0);
    let artifact = judged.entry("artifacts", "name", "app.dsc");
    assert_eq!(artifact["signatures"][0]["reason"], "trusted", "{artifact:#}");
    let changed = String::from_utf8(signed.clone()).unwrap().replace("quilt", "native");
    workshop.write("dist/app.dsc", changed);
    release.fails("app.dsc", &["bad-signature"]);
    workshop.write("dist/app.dsc", [&signed[..], b"unsigned\n"].concat());
    release.fails("app.dsc", &["malformed-signature"]);
    workshop.write("dist/app.dsc", [b"unsigned\n", &signed[..]].concat());
    release.fails("app.dsc", &["unsigned"]);
}

#[test]
fn one_attestation_may_speak_for_all_files() {
    let release = Release::good();
    let statement = |name: &str| -> Value {
        let bundle = release.0.read(&format!("dist/{name}.provenance.json"));
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let payload = text(&bundle["dsseEnvelope"]["payload"]);
        let decoded = release.0.tool_with("base64", &["-d"], payload.as_bytes());
        serde_json::from_slice(&decoded).unwrap()
    };
    let mut both = statement(TAR);
    let other = statement(ZIP)["subject"][0].clone();
    both["subject"].as_array_mut().unwrap().push(other);
    let file = release.0.write("statement.json", both.to_string());
    let options =
        format!("{} --dsse --statement {}", release.run_of(REPOSITORY, TAG), file.display());
    let out = Sigstore::shared().sign("sign", &file, ".bundle", &options);
    fs::rename(out, release.0.path("dist/all.intoto.jsonl")).unwrap();
    for name in [TAR, ZIP] {
        release.remove(&format!("dist/{name}.provenance.json"));
    }
    release.judged(0);
    release.remove("dist/all.intoto.jsonl");
    assert_eq!(release.judged(1).rules(), ["provenance-missing", "provenance-missing"]);
}

/// It is verified for those that it is about alone, however many files there are.
#[test]
fn a_forged_attestation_speaks_against_what_it_is_about_and_nothing_else() {
    let release = Release::good();
    let digest = |name: &str| {
        let sum = release.0.tool("sha256sum", &format!("dist/{name}"));
        String::from_utf8(sum).unwrap()[..64].to_owned()
    };
    let forge = |digest: &str| {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": digest}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {},
        });
        let payload = release.0.tool_with("base64", &["-w0"], statement.to_string().as_bytes());
        let forged = json!({
            "payloadType": "application/vnd.in-toto+json",
            "payload": String::from_utf8(payload).unwrap(),
            "signatures": [{"sig": "A".repeat(88)}],
        });
        release.0.write("dist/forged.json", forged.to_string());
    };
    forge(&digest(TAR));
    release.fails(TAR, &["bad-signature"]);
    forge(&"0".repeat(64));
    release.fails("forged.json", &["file-uncovered"]);
}

/// Some give one out in each of the two formats.
#[test]
fn a_second_sbom_of_the_same_file_is_evidence_too() {
    let release = Release::good();
    let digest = String::from_utf8(release.0.tool("sha256sum", &format!("dist/{ZIP}"))).unwrap();
    let sbom = json!({
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": "app",
        "packages": [{
            "SPDXID": "SPDXRef-app",
            "name": "app",
            "checksums": [{"algorithm": "SHA256", "checksumValue": &digest[..64]}],
        }],
        "relationships": [{
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-app",
        }],
    });
    let name = format!("{ZIP}.spdx.json");
    release.0.write(&format!("dist/{name}"), sbom.to_string());
    release.judged(1);
    Sigstore::shared().sign(
        "sign",
        &release.0.path(&format!("dist/{name}")),
        ".sigstore.json",
        &release.run_of(REPOSITORY, TAG),
    );
    release.judged(0);
}

/// Whoever leaves the components out of the SBOM leaves no advisory open.
#[test]
fn an_sbom_that_lists_nothing_is_compared_with_nothing() {
    let release = Release::good();
    release.edit_sbom(ZIP, &sbom_of(ZIP), |sbom| sbom["components"] = json!([]));
    release.list();
    let judged = release.judged(3);
    assert_eq!(judged.rules(), ["advisories-unknown"]);
    assert_eq!(judged.finding("advisories-unknown")["location"]["path"], format!("dist/{ZIP}"));
}

/// One that names little would hide what the other one could not compare.
#[test]
fn each_of_several_sboms_is_compared() {
    let release = Release::good();
    let more = format!("{ZIP}.bom.json");
    release.edit_sbom(ZIP, &more, |sbom| {
        let component = json!({"type": "library", "name": "openssl", "version": "1.0.1"});
        sbom["components"].as_array_mut().unwrap().push(component);
    });
    let path = release.0.path(&format!("dist/{more}"));
    let run = release.run_of(REPOSITORY, TAG);
    Sigstore::shared().sign("sign", &path, ".sigstore.json", &run);
    let judged = release.judged(3);
    assert_eq!(judged.rules(), ["advisories-unknown"]);
    let message = text(&judged.finding("advisories-unknown")["message"]);
    assert!(message.contains("openssl"), "{message}");
}

#[test]
fn an_sbom_that_is_compared_is_signed_though_no_sbom_is_demanded_by_itself() {
    let release = Release::good();
    release.policy("advisories = true", "sbom = false\nadvisories = true");
    release.judged(0);
    release.list_without(&[&sbom_of(ZIP)]);
    let judged = release.fails(ZIP, &["unsigned"]);
    let message = text(&judged.finding("unsigned")["message"]);
    assert!(message.starts_with("Its SBOM is not signed"), "{message}");
}

/// The type of an attestation is a label: what is under it has to be an SBOM.
#[test]
fn an_attested_sbom_is_one() {
    let release = Release::good();
    let sbom = fs::read_to_string(release.0.path(&format!("dist/{}", sbom_of(ZIP)))).unwrap();
    release.remove(&format!("dist/{}", sbom_of(ZIP)));
    release.list_without(&[&sbom_of(ZIP)]);
    for (predicate, code, rule) in
        [("{}", 1, "sbom-missing"), (sbom.as_str(), 3, "advisories-unknown")]
    {
        let file = release.0.write("predicate.json", predicate);
        let options = format!(
            "{} --dsse --predicate-type https://cyclonedx.org/bom --predicate {}",
            release.run_of(REPOSITORY, TAG),
            file.display()
        );
        let zip = release.0.path(&format!("dist/{ZIP}"));
        Sigstore::shared().sign("sign", &zip, ".attestation", &options);
        assert_eq!(release.judged(code).rules(), [rule]);
    }
}

#[test]
fn a_rule_that_no_file_matches_is_reported() {
    let release = Release::good();
    release.policy(
        "[[exempt]]",
        "[[artifact]]\nname = \"installers\"\nfiles = [\"*.msi\"]\n[[exempt]]",
    );
    let judged = release.fails(POLICY_FILE, &["rule-unused"]);
    assert!(text(&judged.finding("rule-unused")["message"]).starts_with("`installers` "));
}

#[test]
fn an_exempt_file_is_a_finding_that_somebody_lives_with() {
    let release = Release::good();
    let judged = release.judged(0);
    let finding = judged.finding("file-uncovered");
    let said = json!([finding["location"]["path"], finding["verdict"], finding["severity"]]);
    assert_eq!(said, json!(["dist/README.txt", "pass", "high"]));
    let waived = &finding["waived"];
    let decided = json!([waived["by"], waived["reason"], waived["verdict"], waived["until"]]);
    let expected = json!(["release@example.org", "It is a text for people.", "fail", soon()]);
    assert_eq!(decided, expected);
    let shown = release.0.verify("release dist --policy release.toml").run().expect(0).stdout;
    assert!(shown.contains("by release@example.org: It is a text for people."), "{shown}");
}

/// It would cover whatever is called so one day.
#[test]
fn an_exemption_that_no_file_needs_is_a_fault() {
    let release = Release::good();
    let exempt = |files: &str, until: &str| {
        format!(
            "[[exempt]]\nfiles = [\"{files}\"]\nreason = \"It was built long ago.\"\n\
             by = \"release@example.org\"\nuntil = \"{until}\"\n[[exempt]]"
        )
    };
    release.policy("[[exempt]]", &exempt("*.exe", "2020-01-01"));
    release.fails("release.toml", &["exemption-expired"]);
    release.policy("[[exempt]]", &exempt("*.exe", &soon()));
    let judged = release.fails("release.toml", &["exemption-unused"]);
    assert!(text(&judged.finding("exemption-unused")["message"]).contains("`*.exe`"));
    // The first that matches counts.
    release.policy("[[exempt]]", &exempt("*.txt", &soon()));
    assert!(text(&release.judged(1).finding("exemption-unused")["message"]).contains("README"));
}

#[test]
fn an_exemption_ends_within_its_term_and_names_who_decided() {
    let release = Release::good();
    for (until, why, rule) in [
        ("2020-01-01", "ended on 2020-01-01", "exemption-expired"),
        ("2999-12-31", "does not hold", "exemption-too-long"),
    ] {
        release.policy(&soon(), until);
        let judged = release.judged(1);
        assert_eq!(judged.rules(), ["file-uncovered", rule]);
        let message = text(&judged.finding("file-uncovered")["message"]);
        assert!(message.contains(why), "{message}");
    }
    release.policy("by = \"release@example.org\"\n", "");
    let output = release.0.verify("release dist --policy release.toml").run().expect(2);
    assert!(output.stderr.contains("`exempt[0].by` is missing"), "{output:?}");
}

#[test]
fn open_advisories_fail_and_absent_ones_are_unknown() {
    let release = Release::good();
    let record = "advisories/crates/demo-parser/DEMO-2026-0001.md";
    release.0.write(record, advisory("2.0.0"));
    let judged = release.judged(1);
    assert_eq!(judged.rules(), ["advisory-open", "advisory-open"]);
    let message = text(&judged.finding("advisory-open")["message"]);
    assert!(message.contains("DEMO-2026-0001"), "{message}");
    fs::remove_dir_all(release.0.path("advisories")).unwrap();
    let judged = release.judged(3);
    assert_eq!(judged.rules(), ["advisories-unknown", "advisories-unknown"]);
}

#[test]
fn an_advisory_that_a_policy_ignores_stays_in_sight_and_an_unneeded_decision_is_a_fault() {
    let release = Release::good();
    let ignore = |advisory: &str| {
        format!(
            "rustsec = \"advisories\"\n[[advisories.ignore]]\nadvisory = \"{advisory}\"\n\
             by = \"security@example.org\"\nreason = \"The parser is never reached.\"\n\
             until = \"{}\"\n",
            soon()
        )
    };
    let record = "advisories/crates/demo-parser/DEMO-2026-0001.md";
    release.0.write(record, advisory("2.0.0"));
    release.policy("rustsec = \"advisories\"\n", &ignore("DEMO-2026-0001"));
    let judged = release.judged(0);
    let waived = &judged.finding("DEMO-2026-0001")["waived"];
    let said = json!([waived["by"], waived["verdict"]]);
    assert_eq!(said, json!(["security@example.org", "fail"]));
    release.policy("rustsec = \"advisories\"\n", &ignore("DEMO-2026-0002"));
    let judged = release.judged(1);
    assert_eq!(judged.rules(), ["advisory-open", "advisory-open", "ignore-unused"]);
}

#[test]
fn every_problem_of_a_policy_is_listed_with_its_line() {
    let release = Release::good();
    let broken = r#"verifier = 7
[signers]
keyringg = "x"
[[artifact]]
name = "a"
files = ["["]
signatures = 0
rebuilt = true
advisories = true
[artifact.provenance]
tag = "v*"
min-build-level = 300
[[exempt]]
files = ["x"]
reason = "r"
until = "someday"
[[artifact]]
name = "a"
files = ["*.zip"]
"#;
    release.0.write("release.toml", broken);
    let output = release.0.verify("release dist --policy release.toml").run().expect(2);
    let said = &output.stderr;
    for part in [
        "release.toml:1: `name` is missing",
        "release.toml:1: `verifier` is not a text",
        "release.toml:3: `signers.keyringg` is not known",
        "release.toml:6: ",
        "release.toml:7: `signatures` and",
        "release.toml:10: `source` is absent",
        "release.toml:10: `artifact[0].provenance.signers` is missing",
        "release.toml:12: ",
        "release.toml:16: ",
        "release.toml:18: ",
        "`someday` is no day",
        "`rebuild`",
        "`[advisories]`",
        "remedy: ",
    ] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    release.0.write("release.toml", "[[artifact\n");
    let output = release.0.verify("release dist --policy release.toml").run().expect(2);
    assert!(output.stderr.contains("release.toml:1: "), "{}", output.stderr);
    let output = release.0.verify("release dist --policy absent.toml").run().expect(2);
    assert!(output.stderr.contains("absent.toml"), "{}", output.stderr);
    let release = Release::good();
    let output = release.0.verify("release absent --policy release.toml").run().expect(2);
    assert!(output.stderr.contains("absent"), "{}", output.stderr);
}

#[test]
fn a_signed_summary_says_passed_only_of_a_release_that_passed() {
    let release = Release::good();
    let key = Signer::generate("releases").unwrap();
    release.0.write("release.key", key.to_secret_text());
    let summary = |code: i32| -> Value {
        let words = "release dist --policy release.toml --sign-key release.key";
        release.0.judged(words, code);
        let envelope = Envelope::parse(&release.0.read("dist.vsa.json")).unwrap();
        let payload = envelope.verify("application/vnd.in-toto+json", key.verifier()).unwrap();
        serde_json::from_slice(&payload).unwrap()
    };
    let statement = summary(0);
    assert_eq!(statement["predicateType"], "https://slsa.dev/verification_summary/v1");
    let predicate = &statement["predicate"];
    assert_eq!(predicate["verificationResult"], "PASSED");
    assert_eq!(predicate["verifier"]["id"], "https://example.org/release-checks");
    assert_eq!(predicate["resourceUri"], "https://example.org/app/1.2.0");
    assert_eq!(predicate["policy"]["uri"], "release.toml");
    let tag = &predicate["inputAttestations"][0];
    assert_eq!(tag["name"], "refs/tags/v1.2.0");
    let oid = release.0.tool("git", "-C source rev-parse refs/tags/v1.2.0");
    assert!(oid.starts_with(text(&tag["digest"]["gitTag"]).as_bytes()), "{tag}");
    let policy = release.0.tool("sha256sum", "release.toml");
    let digest = text(&predicate["policy"]["digest"]["sha256"]);
    assert!(policy.starts_with(digest.as_bytes()));
    let names: Vec<&Value> =
        statement["subject"].as_array().unwrap().iter().map(|subject| &subject["name"]).collect();
    assert_eq!(names, [TAR, ZIP]);

    let elsewhere = "release dist --policy release.toml --sign-key release.key --summary my.json";
    release.0.judged(elsewhere, 0);
    assert!(release.0.path("my.json").is_file());

    // Who gets a file checks it by the summary, and one that says `FAILED` lets nothing pass.
    release.0.write("release.pub", key.verifier().to_string());
    let by = format!("artifact dist/{ZIP} --signature dist.vsa.json --key release.pub");
    release.0.judged(&by, 0);
    release.remove(&format!("second/{ZIP}"));
    assert_eq!(summary(3)["predicate"]["verificationResult"], "FAILED");
    assert_eq!(release.0.judged(&by, 1).reason(), "summary-failed");
    release.0.write("dist/extra.bin", "x");
    assert_eq!(summary(1)["predicate"]["verificationResult"], "FAILED");

    release.0.write("public.key", key.verifier().to_string());
    let words = "release dist --policy release.toml --sign-key public.key";
    let output = release.0.verify(words).run().expect(2);
    assert!(output.stderr.contains("public.key"), "{}", output.stderr);
}

/// It would go out with what was verified before it was there.
#[test]
fn a_summary_is_written_neither_into_the_release_nor_over_anything_else() {
    let release = Release::good();
    let key = Signer::generate("releases").unwrap();
    release.0.write("release.key", key.to_secret_text());
    let words = "release dist --policy release.toml --sign-key release.key";
    let refused = |option: &str, place: &str, says: &str| {
        let before = fs::read(release.0.path(place)).ok();
        let named = if option.is_empty() { "" } else { place };
        let output = release.0.verify(&format!("{words} {option} {named}")).run().expect(2);
        assert!(output.stderr.contains(says), "{}", output.stderr);
        assert_eq!(fs::read(release.0.path(place)).ok(), before, "{place}");
    };
    for place in ["dist/new.json", &format!("dist/{ZIP}"), "second/../dist/new.json"] {
        refused("--summary", place, "lies in the release");
        refused("--output", place, "lies in the release");
    }
    for place in ["release.key", "release.toml", &format!("second/{ZIP}")] {
        refused("--summary", place, "no verification summary");
    }
    release.0.write("dist.vsa.json", "mine");
    refused("", "dist.vsa.json", "dist.vsa.json");
    release.remove("dist.vsa.json");
    // However the folder is named, and a second time.
    for folder in ["dist", "dist/.", "second/../dist/", "dist/below/.."] {
        fs::create_dir_all(release.0.path("dist/below")).unwrap();
        release.0.judged(&words.replace(" dist ", &format!(" {folder} ")), 0);
        assert!(release.0.path("dist.vsa.json").is_file(), "{folder}");
    }
}

/// Everything that is named is below the project's folder, so the summary lies there too.
#[test]
fn a_summary_lies_beside_the_folder_wherever_the_command_runs() {
    let release = Release::good();
    let key = Signer::generate("releases").unwrap();
    let key = release.0.write("release.key", key.to_secret_text());
    let elsewhere = Workshop::new();
    let begun = elsewhere.verify("release dist --policy release.toml --sign-key").arg(key);
    Judged::of(begun.arg("-C").arg(release.0.folder()), 0);
    assert!(release.0.path("dist.vsa.json").is_file());
    assert!(!elsewhere.path("dist.vsa.json").exists());
}

#[test]
fn what_hinders_the_verification_is_said_though_no_summary_can_be_signed() {
    let release = Release::good();
    let key = Signer::generate("releases").unwrap();
    release.0.write("release.key", key.to_secret_text());
    release.remove("minisign.pub");
    let words = "release dist --policy release.toml --sign-key release.key";
    let output = release.0.verify(words).run();
    assert_ne!(output.status.code(), Some(0));
    assert!(format!("{output:?}").contains("minisign.pub"), "{output:?}");
}
