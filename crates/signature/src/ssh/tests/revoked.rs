use super::{ANN, Bench, Case};
use crate::ssh::wire::put_string;
use beleg_trust::{Check, KeyState, MissingEvidence, Reason};

/// Makes a revocation list with ssh-keygen: of public key files, or of a specification.
fn krl(bench: &Bench, args: &[&str], specification: &str) -> Vec<u8> {
    let specification = bench.write("specification", specification.as_bytes());
    bench.run(&[&["-q", "-k", "-f", "krl"], args, &[&specification]].concat(), b"");
    bench.read("krl")
}

/// Says whether `ssh-keygen -Q` finds the key file revoked.
fn queried(bench: &Bench, krl: &[u8], file: &str) -> bool {
    let krl = bench.write("queried", krl);
    !bench.output(&["-Q", "-f", &krl, file], b"").status.success()
}

/// Judges, and demands that both `ssh-keygen -Y verify -r` and `-Q` come to the same.
fn agreed(bench: &Bench, case: &Case<'_>, file: &str) -> Reason {
    let judgement = case.judge();
    let trusted = judgement.reason == Reason::Trusted;
    assert_eq!(trusted, bench.accepts(case), "{judgement:?}");
    let revoked = matches!(judgement.reason, Reason::KeyRevoked | Reason::CertificateRevoked);
    assert_eq!(revoked, queried(bench, case.revoked.unwrap(), file), "{judgement:?}");
    if revoked {
        let key = judgement.key.unwrap();
        assert_eq!((key.then, key.now), (KeyState::RevokedHard, KeyState::RevokedHard));
        assert_eq!((judgement.crypto, judgement.trust), (Check::Good, Check::Bad));
    }
    judgement.reason
}

#[test]
fn a_key_is_revoked_by_itself_and_by_either_fingerprint() {
    let bench = Bench::new();
    let (ann, eve) = (bench.ed25519("ann"), bench.key("eve", &["-t", "rsa", "-b", "2048"]));
    let (anns, eves) = (bench.sign("ann"), bench.sign("eve"));
    let allowed = format!("ann@x {ann}\neve@x {eve}\n");
    let listed = String::from_utf8(bench.run(&["-l", "-f", "eve.pub"], b"")).unwrap();
    let fingerprint = listed.split(' ').nth(1).unwrap();
    for specification in [
        format!("key: {eve}"),
        format!("sha1: {eve}"),
        format!("sha256: {eve}"),
        format!("hash: {fingerprint}"),
    ] {
        let krl = krl(&bench, &[], &format!("{specification}\n"));
        let eves = Case::new(&eves, &allowed).revoking(&krl);
        assert_eq!(agreed(&bench, &eves, "eve.pub"), Reason::KeyRevoked, "{specification}");
        let anns = Case::new(&anns, &allowed).revoking(&krl);
        assert_eq!(agreed(&bench, &anns, "ann.pub"), Reason::Trusted, "{specification}");
    }
    let lines = format!("# gone\n\n{eve} eve's key\n");
    let case = Case::new(&eves, &allowed).revoking(lines.as_bytes());
    assert_eq!(agreed(&bench, &case, "eve.pub"), Reason::KeyRevoked);
    let case = Case::new(&anns, &allowed).revoking(lines.as_bytes());
    assert_eq!((case.judge().reason, bench.accepts(&case)), (Reason::Trusted, true));
}

#[test]
fn a_revoked_key_that_nobody_allowed_is_revoked_and_a_bad_signature_by_it_is_bad() {
    let bench = Bench::new();
    let eve = bench.ed25519("eve");
    let armor = bench.sign("eve");
    let case = Case::new(&armor, "").revoking(eve.as_bytes());
    assert_eq!(case.judge().reason, Reason::KeyRevoked);
    let other = Case { content: b"another\n", ..case };
    assert_eq!(other.judge().reason, Reason::BadSignature);
}

/// Serial numbers alone, in ranges and in a bitmap's worth, for one authority.
#[test]
fn certificates_are_revoked_by_serial_number_in_every_form() {
    let bench = Bench::new();
    let ca = bench.ed25519("ca");
    let other = bench.ed25519("other-ca");
    bench.ed25519("ann");
    let allowed = format!("* cert-authority {ca}\n* cert-authority {other}\n");
    // Far apart: a list. Neighbours: a range. Near each other: a bitmap.
    let mut text =
        "serial: 3\nserial: 7-9\nserial: 50000-90000\nserial: 9000000000000000001\n".to_owned();
    (1000..1400).step_by(3).for_each(|serial| text.push_str(&format!("serial: {serial}\n")));
    let krl = krl(&bench, &["-s", "ca.pub"], &text);
    let mut kinds: Vec<u8> = Vec::new();
    for kind in 0x20..=0x22 {
        if krl.contains(&kind) {
            kinds.push(kind);
        }
    }
    assert_eq!(kinds, [0x20, 0x21, 0x22], "ssh-keygen writes every form");
    let big = 9_000_000_000_000_000_001u64;
    for serial in [
        1,
        2,
        3,
        4,
        6,
        7,
        8,
        9,
        10,
        999,
        1000,
        1001,
        1003,
        1399,
        1402,
        49999,
        50000,
        90000,
        90001,
        big,
        big + 1,
    ] {
        bench.certify("ca", "ann", &["-n", ANN, "-z", &serial.to_string()]);
        let armor = bench.sign("ann-cert.pub");
        let revoked = [3, 7, 8, 9, big].contains(&serial)
            || (50_000..=90_000).contains(&serial)
            || (1000..1400).contains(&serial) && serial % 3 == 1;
        let case = Case::new(&armor, &allowed).revoking(&krl);
        let reason = agreed(&bench, &case, "ann-cert.pub");
        let expected = if revoked { Reason::CertificateRevoked } else { Reason::Trusted };
        assert_eq!(reason, expected, "{serial}");
    }
    // Another authority's number 3 is another certificate.
    bench.certify("other-ca", "ann", &["-n", ANN, "-z", "3"]);
    let armor = bench.sign("ann-cert.pub");
    let case = Case::new(&armor, &allowed).revoking(&krl);
    assert_eq!(agreed(&bench, &case, "ann-cert.pub"), Reason::Trusted);
}

#[test]
fn certificates_are_revoked_by_key_id() {
    let bench = Bench::new();
    let ca = bench.ed25519("ca");
    bench.ed25519("ann");
    let allowed = format!("* cert-authority {ca}\n");
    bench.certify("ca", "ann", &["-n", ANN]);
    let armor = bench.sign("ann-cert.pub");
    for (id, reason) in [
        ("an id", Reason::CertificateRevoked),
        ("an i", Reason::Trusted),
        ("an id2", Reason::Trusted),
        ("*", Reason::Trusted),
    ] {
        let krl = krl(&bench, &["-s", "ca.pub"], &format!("id: {id}\n"));
        let case = Case::new(&armor, &allowed).revoking(&krl);
        assert_eq!(agreed(&bench, &case, "ann-cert.pub"), reason, "{id}");
    }
}

#[test]
fn a_list_for_every_authority_holds_for_every_authority() {
    let bench = Bench::new();
    let ca = bench.ed25519("ca");
    bench.ed25519("ann");
    let allowed = format!("* cert-authority {ca}\n");
    bench.certify("ca", "ann", &["-n", ANN, "-z", "5"]);
    let armor = bench.sign("ann-cert.pub");
    let krl = krl(&bench, &["-s", "NONE"], "serial: 5\n");
    let case = Case::new(&armor, &allowed).revoking(&krl);
    assert_eq!(agreed(&bench, &case, "ann-cert.pub"), Reason::CertificateRevoked);
}

#[test]
fn a_revoked_key_takes_its_certificates_along_and_a_revoked_authority_all_of_its_own() {
    let bench = Bench::new();
    let ca = bench.ed25519("ca");
    let ann = bench.ed25519("ann");
    let allowed = format!("* cert-authority {ca}\n");
    bench.certify("ca", "ann", &["-n", ANN]);
    let armor = bench.sign("ann-cert.pub");
    for (text, reason) in [
        (&ann, Reason::KeyRevoked),
        (&bench.public("ann-cert"), Reason::KeyRevoked),
        (&ca, Reason::CertificateRevoked),
    ] {
        let case = Case::new(&armor, &allowed).revoking(text.as_bytes());
        assert_eq!(case.judge().reason, reason);
        assert!(!bench.accepts(&case));
        for directive in ["key", "sha256", "sha1"] {
            let krl = krl(&bench, &[], &format!("{directive}: {text}\n"));
            let case = Case::new(&armor, &allowed).revoking(&krl);
            assert_eq!(agreed(&bench, &case, "ann-cert.pub"), reason, "{directive}");
        }
    }
}

fn header() -> Vec<u8> {
    let mut krl = b"SSHKRL\n\0\0\0\0\x01".to_vec();
    krl.extend([0; 24]);
    put_string(&mut krl, b"");
    put_string(&mut krl, b"a comment");
    krl
}

fn section(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut section = vec![kind];
    put_string(&mut section, content);
    section
}

fn strings(strings: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    strings.iter().for_each(|string| put_string(&mut bytes, string));
    bytes
}

fn extension(critical: u8) -> Vec<u8> {
    [strings(&[b"new@example.org"]), vec![critical], strings(&[b"content"])].concat()
}

/// Every way in which a list cannot be understood: trust is taken back, never given.
#[test]
fn a_list_that_cannot_be_understood_makes_trust_unknown_and_is_a_problem() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}\n", bench.ed25519("ann"));
    let armor = bench.sign("ann");
    let certificates =
        |content: &[u8]| section(1, &[strings(&[b"", b""]), content.to_vec()].concat());
    let zero = 0u64.to_be_bytes();
    let range = |first: u64, last: u64| [first.to_be_bytes(), last.to_be_bytes()].concat();
    let bitmap = |offset: u64, bits: &[u8]| [&offset.to_be_bytes()[..], &strings(&[bits])].concat();
    let mut other_version = header();
    other_version[11] = 2;
    for (what, krl, expected) in [
        ("truncated header", header()[..20].to_vec(), "ends within a field"),
        ("version", other_version, "unknown version 2"),
        ("truncated section", [header(), vec![2, 0, 0]].concat(), "ends within a field"),
        ("long section", [header(), b"\x02\xff\xff\xff\xff".to_vec()].concat(), "ends within"),
        ("section", [header(), section(9, b"")].concat(), "unknown type 9"),
        (
            "critical",
            [header(), section(255, &extension(1))].concat(),
            "extension `new@example.org`",
        ),
        ("half an extension", [header(), section(255, b"\0\0")].concat(), "ends within a field"),
        ("signature", [header(), section(4, b"key"), strings(&[b"x"])].concat(), "is signed"),
        ("sha1", [header(), section(3, &strings(&[&[1; 21]]))].concat(), "wrong length"),
        ("sha256", [header(), section(5, &strings(&[&[1; 20]]))].concat(), "wrong length"),
        ("authority", [header(), section(1, &strings(&[b"x", b""]))].concat(), "authority's key"),
        ("sub", [header(), certificates(&section(0x24, b""))].concat(), "unknown type 0x24"),
        (
            "sub critical",
            [header(), certificates(&section(0x39, &extension(1)))].concat(),
            "critical",
        ),
        ("serial 0", [header(), certificates(&section(0x20, &zero))].concat(), "begins with zero"),
        ("half a serial", [header(), certificates(&section(0x20, b"\0"))].concat(), "ends within"),
        (
            "empty range",
            [header(), certificates(&section(0x21, &range(5, 4)))].concat(),
            "is empty",
        ),
        ("range 0", [header(), certificates(&section(0x21, &range(0, 4)))].concat(), "zero"),
        (
            "bitmap 0",
            [header(), certificates(&section(0x22, &bitmap(0, b"\x01")))].concat(),
            "zero",
        ),
        (
            "bitmap over the end",
            [header(), certificates(&section(0x22, &bitmap(u64::MAX, b"\x02")))].concat(),
            "range of serial numbers",
        ),
        (
            "negative bitmap",
            [header(), certificates(&section(0x22, &bitmap(1, b"\x80")))].concat(),
            "range of serial numbers",
        ),
        (
            "key id",
            [header(), certificates(&section(0x23, &strings(&[b"a\0b"])))].concat(),
            "a NUL",
        ),
        ("text", b"no key at all\n".to_vec(), "the key cannot be read"),
    ] {
        let case = Case::new(&armor, &allowed).revoking(&krl);
        let problems = case.trust().problems().to_vec();
        assert_eq!(problems.len(), 1, "{what}");
        assert!(problems[0].message.contains(expected), "{what}: {}", problems[0].message);
        let judgement = case.judge();
        assert_eq!(
            (judgement.reason, judgement.crypto, judgement.trust),
            (Reason::RevocationUnknown, Check::Good, Check::Unknown),
            "{what}"
        );
        assert_eq!(judgement.missing, [MissingEvidence::RevocationList]);
        assert!(!bench.accepts(&case), "{what}");
    }
}

/// OpenSSH 9.2 knows no extensions; later ones read over those that are not critical, as
/// PROTOCOL.krl says.
#[test]
fn an_unknown_extension_that_is_not_critical_is_read_over() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}\n", bench.ed25519("ann"));
    let armor = bench.sign("ann");
    let inner = section(1, &[strings(&[b"", b""]), section(0x39, &extension(0))].concat());
    let krl = [header(), section(255, &extension(0)), inner].concat();
    let case = Case::new(&armor, &allowed).revoking(&krl);
    assert_eq!(case.trust().problems(), []);
    assert_eq!(case.judge().reason, Reason::Trusted);
}

#[test]
fn what_stands_before_and_after_an_unknown_section_counts() {
    let bench = Bench::new();
    let (ann, eve) = (bench.ed25519("ann"), bench.ed25519("eve"));
    let allowed = format!("{ANN} {ann}\n{ANN} {eve}\n");
    let raw = |line: &str| crate::ssh::key::Key::parse("ssh-ed25519", &line[12..]).unwrap();
    let key = |line: &str| section(2, &strings(&[raw(line).blob()]));
    let krl = [header(), key(&ann), section(9, b""), key(&eve)].concat();
    for name in ["ann", "eve"] {
        let armor = bench.sign(name);
        let case = Case::new(&armor, &allowed).revoking(&krl);
        assert_eq!(case.judge().reason, Reason::KeyRevoked, "{name}");
    }
}

#[test]
fn a_list_without_keys_revokes_nobody_and_an_empty_file_may_have_been_cut_off() {
    let bench = Bench::new();
    let allowed = format!("{ANN} {}\n", bench.ed25519("ann"));
    let armor = bench.sign("ann");
    for (list, reason) in [
        (&b"# none\n"[..], Reason::Trusted),
        (&header(), Reason::Trusted),
        // OpenSSH takes it for a list of nobody.
        (b"", Reason::RevocationUnknown),
        (b"\n", Reason::RevocationUnknown),
    ] {
        let case = Case::new(&armor, &allowed).revoking(list);
        assert_eq!(case.judge().reason, reason);
        assert!(bench.accepts(&case));
    }
}
