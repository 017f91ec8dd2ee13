#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::files::{CONTENT, artifact, by_all, no_trust};
use crate::world::{World, policy};
use beleg_signature::{
    ChecksumList, ChecksumListError, PublicKey, SignatureFile, SignedList, TrustFiles,
    TrustMaterial,
};
use beleg_trust::{Check, Format, Reason};

const ANN: &str = "ann@example.org";
const BOB: &str = "bob@example.org";

fn reasons(list: &SignedList, files: &[(&str, &[u8])]) -> Vec<Reason> {
    files.iter().map(|(name, content)| list.judge(&artifact(name, content)).reason).collect()
}

fn detached(list: &[u8], signature: &[u8], keys: &[PublicKey]) -> SignedList {
    SignedList::verify(list, signature, "SHA256SUMS.sig", keys, &no_trust(), &policy())
}

fn inline(bytes: &[u8], keys: &[PublicKey], trust: &TrustMaterial) -> SignedList {
    SignedList::verify_inline(bytes, keys, trust, &policy())
}

#[test]
fn signed_lists_in_every_form_of_coreutils_cover_exactly_their_files() {
    let world = World::new();
    let keys = [world.minisign_key("ann")];
    world.put("a b", CONTENT);
    world.put("back\\slash", b"2");
    for (tool, options) in [
        ("sha256sum", &[][..]),
        ("sha256sum", &["--binary"]),
        ("sha256sum", &["--tag"]),
        ("sha512sum", &[]),
        ("sha512sum", &["--tag"]),
    ] {
        let list = world.run(tool, &[options, &["a b", "back\\slash"]].concat(), b"");
        world.put("SUMS", &list);
        assert!(world.succeeds(tool, &["--strict", "-c", "SUMS"]));
        let signed = detached(&list, &world.minisign("ann", "SUMS", &[]), &keys);
        assert_eq!(signed.signature().reason, Reason::Trusted);
        let found = reasons(
            &signed,
            &[("a b", CONTENT), ("./back\\slash", b"2"), ("a b", b"x"), ("c", CONTENT)],
        );
        assert_eq!(
            found,
            [Reason::Trusted, Reason::Trusted, Reason::DigestMismatch, Reason::SubjectNotCovered],
            "{tool} {options:?}"
        );
        let moved = signed.judge(&artifact("c", CONTENT));
        assert_eq!(moved.notes, ["its digest is listed for `a b`"]);
        assert_eq!(moved.signer.unwrap().identity.as_deref(), Some("ann"));
    }
}

#[test]
fn an_unsigned_or_wrongly_signed_list_covers_nothing() {
    let world = World::new();
    let (key, other) = (world.minisign_key("ann"), world.minisign_key("bob"));
    world.put("a", CONTENT);
    let list = world.run("sha256sum", &["a"], b"");
    world.put("SUMS", &list);
    let signature = world.minisign("ann", "SUMS", &[]);
    let files: &[(&str, &[u8])] = &[("a", CONTENT)];
    let changed = [&list[..], b"# more\n"].concat();
    let keys = std::slice::from_ref(&key);
    assert_eq!(reasons(&detached(&changed, &signature, keys), files), [Reason::BadSignature]);
    assert_eq!(reasons(&detached(&list, &signature, &[other]), files), [Reason::UnknownKey]);
    assert_eq!(reasons(&inline(&list, keys, &no_trust()), files), [Reason::Unsigned]);
    assert_eq!(by_all(CONTENT, &list, keys, &no_trust()).reason, Reason::Unsigned);
}

#[test]
fn a_signed_list_that_leaves_a_doubt_covers_nothing() {
    let world = World::new();
    let keys = [world.minisign_key("ann")];
    world.put("a", CONTENT);
    let line = String::from_utf8(world.run("sha256sum", &["a"], b"")).unwrap();
    let tagged = String::from_utf8(world.run("sha256sum", &["--tag", "a"], b"")).unwrap();
    let weak = String::from_utf8(world.run("sha1sum", &["a"], b"")).unwrap();
    let other = String::from_utf8(world.run("sha224sum", &["a"], b"")).unwrap();
    let wrong = line.replace(line.get(..8).unwrap(), "00000000");
    for (list, reason) in [
        (format!("{line}{line}"), Reason::MalformedStatement),
        (format!("{line}{tagged}"), Reason::MalformedStatement),
        (line.replace("  a", "  ../a"), Reason::MalformedStatement),
        (line.replace("  a", "  /a"), Reason::MalformedStatement),
        (format!("{weak}{wrong}"), Reason::DigestMismatch),
        (format!("{line}?\n"), Reason::MalformedStatement),
        (weak, Reason::WeakAlgorithm),
        (other, Reason::UnsupportedFormat),
    ] {
        world.put("SUMS", list.as_bytes());
        let signed = detached(list.as_bytes(), &world.minisign("ann", "SUMS", &[]), &keys);
        assert_eq!(signed.signature().reason, Reason::Trusted);
        assert_eq!(reasons(&signed, &[("a", CONTENT)]), [reason], "{list}");
    }
}

/// Each is how somebody publishes lists, and `sha256sum -c` finds the file good.
#[test]
fn lists_as_others_write_them_cover_their_files() {
    let world = World::new();
    let keys = [world.minisign_key("ann")];
    world.put("a", CONTENT);
    world.put("my app", b"2");
    let sums = |tool: &str, options: &[&str]| {
        String::from_utf8(world.run(tool, &[options, &["a", "my app"]].concat(), b"")).unwrap()
    };
    let (sha256, tagged) = (sums("sha256sum", &[]), sums("sha256sum", &["--tag"]));
    let all =
        [sums("sha1sum", &[]), sha256.clone(), sums("sha384sum", &[]), sums("sha512sum", &[])];
    let mut lists = vec![
        sha256.replace('\n', "\r\n"),
        tagged.replace('\n', "\r\n"),
        sha256.replace("  ", " "),
        format!("\n{sha256}\n"),
        format!("# SHA-1\n\n{}\n# SHA-256\n{sha256}", all.first().unwrap()),
        all.concat(),
        all.iter().rev().map(String::as_str).collect(),
    ];
    for list in lists.drain(..) {
        world.put("SUMS", list.as_bytes());
        assert!(world.succeeds("sha256sum", &["--ignore-missing", "-c", "SUMS"]), "{list}");
        let signed = detached(list.as_bytes(), &world.minisign("ann", "SUMS", &[]), &keys);
        let files: &[(&str, &[u8])] = &[("a", CONTENT), ("my app", b"2"), ("a", b"x")];
        let found = reasons(&signed, files);
        assert_eq!(found, [Reason::Trusted, Reason::Trusted, Reason::DigestMismatch], "{list}");
    }
    // The strongest has to fit, whatever the others do.
    let sha512 = sums("sha512sum", &[]);
    let wrong = sha512.replace(sha512.get(..8).unwrap(), "00000000");
    for list in [format!("{sha256}{wrong}"), format!("{wrong}{sha256}")] {
        let world_list = list.as_bytes();
        world.put("SUMS", world_list);
        let signed = detached(world_list, &world.minisign("ann", "SUMS", &[]), &keys);
        assert_eq!(reasons(&signed, &[("a", CONTENT)]), [Reason::DigestMismatch], "{list}");
    }
}

#[test]
fn a_list_embedded_by_signify_is_judged_as_signify_does() {
    let world = World::new();
    let keys = [world.signify_key("ann")];
    world.put("a", CONTENT);
    let list = world.run("sha256sum", &["--tag", "a"], b"");
    world.put("SHA256", &list);
    let embedded = world.signify("ann", "SHA256", &["-e"]);
    assert_eq!(SignatureFile::detect("SHA256.sig", &embedded), Format::Checksums);
    let check = ["-C", "-q", "-p", "ann.pub", "-x", "out.sig", "a"];
    assert!(world.succeeds("signify-openbsd", &check));
    let signed = inline(&embedded, &keys, &no_trust());
    let files: &[(&str, &[u8])] = &[("a", CONTENT), ("a", b"x"), ("b", CONTENT)];
    assert_eq!(
        reasons(&signed, files),
        [Reason::Trusted, Reason::DigestMismatch, Reason::SubjectNotCovered]
    );
    let changed = [&embedded[..], b"# more\n"].concat();
    let files: &[(&str, &[u8])] = &[("a", CONTENT)];
    assert_eq!(reasons(&inline(&changed, &keys, &no_trust()), files), [Reason::BadSignature]);
}

#[test]
fn a_clear_signed_list_is_judged_as_gpg_does() {
    let world = World::new();
    world.gpg_user(ANN);
    world.gpg_user(BOB);
    let (ann, bob) = (world.gpg_trust(&[ANN]), world.gpg_trust(&[BOB]));
    world.put("a", CONTENT);
    world.put("- b", b"2");
    let list = world.run("sha256sum", &["--", "a", "- b"], b"");
    // A dash at a line's beginning is escaped by whoever signs.
    let list = [b"# -\n", &list[..]].concat();
    world.put("SUMS", &list);
    world.gpg_at(&["-u", ANN, "--clearsign", "SUMS"]);
    let signed = world.get("SUMS.asc");
    assert_eq!(SignatureFile::detect("SUMS.asc", &signed), Format::Checksums);
    assert!(world.succeeds("gpg", &["--batch", "--verify", "SUMS.asc"]));
    let files: &[(&str, &[u8])] = &[("a", CONTENT), ("- b", b"2"), ("a", b"x"), ("SUMS", CONTENT)];
    let trusted = inline(&signed, &[], &ann);
    assert_eq!(trusted.list().unwrap(), &ChecksumList::parse(&list).unwrap());
    assert_eq!(
        reasons(&trusted, files),
        [Reason::Trusted, Reason::Trusted, Reason::DigestMismatch, Reason::SubjectNotCovered]
    );
    assert_eq!(by_all(CONTENT, &signed, &[], &ann).reason, Reason::Trusted);
    let files: &[(&str, &[u8])] = &[("a", CONTENT)];
    assert_eq!(reasons(&inline(&signed, &[], &bob), files), [Reason::UnknownKey]);
    let none = inline(&signed, &[], &no_trust());
    assert_eq!(reasons(&none, files), [Reason::NoTrustMaterial]);

    let text = String::from_utf8(signed).unwrap();
    for (forged, reason, gpg) in [
        (text.replace("  a\n", "  b\n"), Reason::BadSignature, false),
        (text.replace("  a\n", "  a\nx\n"), Reason::BadSignature, false),
        // gpg says good here, about a text between others that it did not check.
        (format!("x\n{text}"), Reason::Unsigned, true),
        (format!("{text}x\n"), Reason::MalformedSignature, true),
        (text.replace("\nHash: ", "\nX: y\nHash: "), Reason::MalformedSignature, false),
    ] {
        world.put("forged.asc", forged.as_bytes());
        let good = world.succeeds("gpg", &["--batch", "--verify", "forged.asc"]);
        assert_eq!(good, gpg, "{forged}");
        assert_eq!(reasons(&inline(forged.as_bytes(), &[], &ann), files), [reason], "{forged}");
    }
    // White space at a line's end is not signed, so that it does not reach the list either.
    let spaced = text.replace("  a\n", "  a \t\n");
    assert_eq!(reasons(&inline(spaced.as_bytes(), &[], &ann), files), [Reason::Trusted]);
}

#[test]
fn detached_openpgp_signatures_alone_and_together_are_judged_as_gpg_does() {
    let world = World::new();
    world.gpg_user(ANN);
    world.gpg_user(BOB);
    let ann = world.gpg_trust(&[ANN]);
    let nobody = TrustMaterial::parse(&TrustFiles {
        allowed_signers: Some(b"# nobody\n"),
        ..TrustFiles::default()
    })
    .unwrap();
    world.put("a", CONTENT);
    let by = |user: &str, armor: &[&str]| {
        world.gpg_at(&[armor, &["-u", user, "-o", "s", "--detach-sign", "a"]].concat());
        assert!(world.succeeds("gpg", &["--batch", "--verify", "s", "a"]));
        world.get("s")
    };
    for armor in [&["--armor"][..], &[]] {
        let (first, second) = (by(ANN, armor), by(BOB, armor));
        assert_eq!(SignatureFile::detect("a.sig", &first), Format::Openpgp);
        let judgement = by_all(CONTENT, &first, &[], &ann);
        assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
        assert_eq!(by_all(b"x", &first, &[], &ann).reason, Reason::BadSignature);
        assert_eq!(by_all(CONTENT, &second, &[], &ann).reason, Reason::UnknownKey);
        assert_eq!(by_all(CONTENT, &first, &[], &nobody).reason, Reason::UnknownKey);
        assert_eq!(by_all(CONTENT, &first, &[], &no_trust()).reason, Reason::NoTrustMaterial);
        for both in [[&first[..], &second].concat(), [&second[..], &first].concat()] {
            let judgement = by_all(CONTENT, &both, &[], &ann);
            assert_eq!(judgement.reason, Reason::Trusted, "{judgement:?}");
        }
        let many = first.repeat(65);
        assert_eq!(by_all(CONTENT, &many, &[], &ann).reason, Reason::TooManySignatures);
    }
    world.put("other", b"other");
    let arguments = ["-u", ANN, "--armor", "-o", "bad", "--detach-sign", "other"];
    world.gpg_at(&arguments);
    // gpg, too, fails when one of several signatures is bad.
    let mixed = [by(ANN, &["--armor"]), world.get("bad")].concat();
    assert_eq!(by_all(CONTENT, &mixed, &[], &ann).reason, Reason::BadSignature);
    world.put("mixed", &mixed);
    assert!(!world.succeeds("gpg", &["--batch", "--verify", "mixed", "a"]));
}

#[test]
fn ssh_signatures_over_files_are_judged_as_ssh_keygen_does() {
    let world = World::new();
    let key = world.ssh_key("ann", &["-t", "ed25519"]);
    let allowed = format!("{ANN} {}\n", world.public(&key));
    world.put("allowed", allowed.as_bytes());
    let trust = crate::world::ssh_trust(&allowed);
    for (namespace, reason) in [("file", Reason::Trusted), ("git", Reason::WrongNamespace)] {
        let signature =
            world.run("ssh-keygen", &["-q", "-Y", "sign", "-f", &key, "-n", namespace], CONTENT);
        assert_eq!(SignatureFile::detect("a.sig", &signature), Format::Ssh);
        world.put("a.sig", &signature);
        let verify = ["-Y", "verify", "-f", "allowed", "-I", ANN, "-n", "file", "-s", "a.sig"];
        let good = world.output("ssh-keygen", &verify, CONTENT).status.success();
        assert_eq!(good, reason == Reason::Trusted);
        let judgement = by_all(CONTENT, &signature, &[], &trust);
        assert_eq!(judgement.reason, reason, "{judgement:?}");
        assert_ne!(by_all(b"x", &signature, &[], &trust).trust, Check::Good);
    }
}

#[test]
fn a_gigantic_list_is_refused() {
    let list = vec![b'#'; beleg_signature::MAX_CHECKSUMS_BYTES.saturating_add(1)];
    assert_eq!(ChecksumList::parse(&list), Err(ChecksumListError::TooLarge));
}
