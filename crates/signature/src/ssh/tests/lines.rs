use super::{ANN, Bench, Case, NOW};
use crate::MAX_ALLOWED_SIGNERS_LINES;
use crate::ssh::AllowedSigners;
use beleg_trust::Reason;

/// What beleg makes of a line, beside what ssh-keygen makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// Both allow the signer.
    Allows,
    /// Both do not.
    Refuses,
    /// ssh-keygen allows the signer; beleg says that it cannot read the line, or refuses.
    Stricter,
    /// beleg allows the signer, whose address differs from the line's in the case of letters alone.
    AnyCase,
}
use Said::{Allows, AnyCase, Refuses, Stricter};

/// Lines in which `KEY` is the signer's key and `OTHER` is another; the signer is ann@example.org.
const LINES: [(&str, Said); 82] = [
    // Plain lines, blanks and comments.
    ("ann@example.org KEY", Allows),
    ("ann@example.org KEY a comment", Allows),
    ("ann@example.org KEY # a comment", Allows),
    ("ann@example.org\tKEY\tann", Allows),
    ("  \t ann@example.org   KEY  ", Allows),
    ("ann@example.org KEY\r", Allows),
    ("# ann@example.org KEY", Refuses),
    ("  # ann@example.org KEY", Refuses),
    ("#ann@example.org KEY", Refuses),
    ("", Refuses),
    ("   ", Refuses),
    ("KEY", Refuses),
    ("ann@example.org", Refuses),
    ("ann@example.org OTHER", Refuses),
    ("ann@example.org OTHER KEY", Refuses),
    ("ann@example.org OTHER # KEY", Refuses),
    ("ann@example.org # KEY", Refuses),
    // Principals.
    ("\"ann@example.org\" KEY", Allows),
    ("\"ann@example.org\"KEY", Allows),
    ("\"bob@example.org,ann@example.org\" KEY", Allows),
    ("\"bob x@example.org,ann@example.org\" KEY", Allows),
    ("\"ann@example.org KEY", Refuses),
    ("\"ann@example.org\" \"KEY\"", Refuses),
    ("\" ann@example.org\" KEY", Refuses),
    ("\"ann@example.org \" KEY", Refuses),
    ("ANN@example.org KEY", AnyCase),
    ("ann@EXAMPLE.ORG KEY", AnyCase),
    ("ann@example.or KEY", Refuses),
    ("ann@example.org. KEY", Refuses),
    ("example.org KEY", Refuses),
    ("* KEY", Allows),
    ("** KEY", Allows),
    ("**@** KEY", Allows),
    ("*@example.org KEY", Allows),
    ("ann@* KEY", Allows),
    ("???@example.org KEY", Allows),
    ("????@example.org KEY", Refuses),
    ("*? KEY", Allows),
    ("[a]nn@example.org KEY", Refuses),
    ("\\ann@example.org KEY", Refuses),
    ("*,!ann@example.org KEY", Refuses),
    ("!ann@example.org,* KEY", Refuses),
    ("*,!*@example.org KEY", Refuses),
    ("*,!bob@example.org KEY", Allows),
    ("!bob@example.org KEY", Refuses),
    ("!!ann@example.org KEY", Refuses),
    ("*,!!ann@example.org KEY", Allows),
    ("bob@example.org, ann@example.org KEY", Refuses),
    // A quote within the principals: ssh-keygen takes it out and reads on to the next.
    ("an\"n@example.org\" KEY", Stricter),
    ("!bob@example.org,\"ann@example.org\" KEY", Stricter),
    ("!ann\"@example.org\",* KEY", Refuses),
    ("*,!ann@\"example.org\" KEY", Refuses),
    ("a\"b c\",* KEY", Refuses),
    // Empty patterns: ssh-keygen reads over them.
    ("ann@example.org, KEY", Stricter),
    (",ann@example.org KEY", Stricter),
    ("bob@example.org,,ann@example.org KEY", Stricter),
    ("\"\" KEY", Refuses),
    // Options.
    ("ann@example.org namespaces=\"file\" KEY", Allows),
    ("ann@example.org NameSpaces=\"file\" KEY", Allows),
    ("ann@example.org namespaces=\"FILE\" KEY", Refuses),
    ("ann@example.org namespaces=\"git,f*\" KEY", Allows),
    ("ann@example.org namespaces=\"*,!file\" KEY", Refuses),
    ("ann@example.org namespaces=\"git\" KEY", Refuses),
    ("ann@example.org namespaces=\"file KEY", Refuses),
    ("ann@example.org namespaces=file KEY", Refuses),
    ("ann@example.org namespaces=\"a b,file\" KEY", Allows),
    ("ann@example.org namespaces=\"file\",namespaces=\"file\" KEY", Refuses),
    ("ann@example.org namespaces=\"\\\"\",valid-before=\"20300101Z\" KEY", Refuses),
    ("ann@example.org namespaces=\"a\\\" b,file\" KEY", Allows),
    ("ann@example.org namespaces=\"file\\\\\" KEY", Refuses),
    ("ann@example.org cert-authority KEY", Refuses),
    ("ann@example.org no-touch-required KEY", Refuses),
    ("ann@example.org verify-required KEY", Refuses),
    ("ann@example.org cert-authorities KEY", Refuses),
    ("ann@example.org namespaces=\"file\", KEY", Refuses),
    ("ann@example.org namespaces=\"file\" , KEY", Refuses),
    ("ann@example.org ,namespaces=\"file\" KEY", Stricter),
    ("ann@example.org namespaces=\"file\",,valid-before=\"20300101Z\" KEY", Stricter),
    ("ann@example.org namespaces=\"file\" valid-before=\"20200101Z\" KEY", Refuses),
    // Two forms in which ssh-keygen stops reading or reads on.
    ("ann@example.org\u{b}KEY", Refuses),
    ("ann@example.org\u{a0}KEY", Refuses),
    ("\u{feff}ann@example.org KEY", Refuses),
];

/// Times of `valid-before` and `valid-after` around 2026-01-01.
const TIMES: [(&str, Said); 26] = [
    ("valid-before=\"20260102\"", Allows),
    ("valid-before=\"20260102Z\"", Allows),
    ("valid-before=\"20251231\"", Refuses),
    ("valid-before=\"20260101\"", Allows),
    ("valid-before=\"202512312359\"", Refuses),
    ("valid-before=\"202601010000\"", Allows),
    ("valid-before=\"20251231235959Z\"", Refuses),
    ("valid-before=\"20260101000000z\"", Allows),
    ("valid-before=\"20260101UTC\"", Allows),
    ("valid-after=\"20260101Z\"", Allows),
    ("valid-after=\"20260101000001Z\"", Refuses),
    ("VALID-AFTER=\"20250101\",Valid-Before=\"20270101\"", Allows),
    ("valid-after=\"20270101\",valid-before=\"20250101\"", Refuses),
    ("valid-after=\"20250101\",valid-before=\"20250101\"", Refuses),
    ("valid-before=\"\"", Refuses),
    ("valid-before=\"Z\"", Refuses),
    ("valid-before=\"soon\"", Refuses),
    ("valid-before=\"2030\"", Refuses),
    ("valid-before=\"203001\"", Refuses),
    ("valid-before=\"2030010112\"", Refuses),
    ("valid-before=\"20301301\"", Refuses),
    ("valid-before=\"203001012460\"", Refuses),
    ("valid-before=\"20300101ZZ\"", Refuses),
    ("valid-after=\"19700101Z\"", Refuses),
    ("valid-before=20300101", Refuses),
    // There was no such day: ssh-keygen counts on into March.
    ("valid-before=\"20300230\"", Stricter),
];

#[test]
fn every_line_is_read_as_ssh_keygen_reads_it_or_more_strictly() {
    let bench = Bench::new();
    let (key, other) = (bench.ed25519("ann"), bench.ed25519("other"));
    let armor = bench.sign("ann");
    let lines = LINES.iter().map(|(line, said)| ((*line).to_owned(), *said));
    let times = TIMES.iter().map(|(options, said)| (format!("{ANN} {options} KEY"), *said));
    let mut wrong = Vec::new();
    for (template, said) in lines.chain(times) {
        let line = template.replace("KEY", &key).replace("OTHER", &other);
        let case = Case::new(&armor, &line).by(ANN).at(NOW);
        let allows = case.judge().reason == Reason::Trusted;
        let actual = match (allows, bench.accepts(&case)) {
            (true, true) => Some(Allows),
            (false, false) => Some(Refuses),
            (false, true) => Some(Stricter),
            (true, false) if line.to_lowercase().contains(ANN) => Some(AnyCase),
            (true, false) => None,
        };
        if actual != Some(said) {
            wrong.push((template, said, actual));
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn a_line_with_a_nul_is_a_problem_though_ssh_keygen_reads_up_to_it() {
    let bench = Bench::new();
    let key = bench.ed25519("ann");
    let armor = bench.sign("ann");
    for line in [format!("{ANN} {key}\0 x"), format!("{ANN}\0,!{ANN} {key}")] {
        let case = Case::new(&armor, &line).by(ANN);
        assert_eq!(case.trust().problems().len(), 1);
        assert_eq!(case.judge().reason, Reason::UnknownKey);
    }
}

/// Without a zone, ssh-keygen takes the machine's. Here it is UTC, wherever beleg runs.
#[test]
fn a_time_without_a_zone_is_utc() {
    let bench = Bench::new();
    let key = bench.ed25519("ann");
    let armor = bench.sign("ann");
    let allowed = format!("{ANN} valid-before=\"20260101\" {key}");
    let case = Case::new(&armor, &allowed);
    assert_eq!(case.at("2026-01-01T00:00:00Z").judge().reason, Reason::Trusted);
    assert_eq!(case.at("2026-01-01T00:00:01Z").judge().reason, Reason::OutsideValidity);
}

/// A certificate in the place of a key: ssh-keygen takes it, whatever its validity and authority.
#[test]
fn a_certificate_in_the_place_of_a_key_is_a_problem() {
    let bench = Bench::new();
    bench.ed25519("ca");
    bench.ed25519("ann");
    bench.certify("ca", "ann", &["-n", "eve@example.org", "-V", "20200101:20200102"]);
    let armor = bench.sign("ann-cert.pub");
    let allowed = format!("{ANN} {}", bench.public("ann-cert"));
    let case = Case::new(&armor, &allowed).by(ANN);
    assert!(bench.accepts(&case));
    assert_eq!(case.judge().reason, Reason::CertificateUntrusted);
    let problems = case.trust().problems().to_vec();
    assert_eq!(problems[0].message, "a certificate stands where a key belongs");
}

#[test]
fn an_option_that_allows_signatures_without_touch_does_not_exist_and_is_a_problem() {
    let bench = Bench::new();
    let allowed = format!("{ANN} no-touch-required {}", bench.ed25519("ann"));
    let armor = bench.sign("ann");
    let problems = Case::new(&armor, &allowed).trust().problems().to_vec();
    assert_eq!(problems[0].message, "the option `no-touch-required` is unknown");
}

/// As many lines as a file may have: a signature meets those of its own key alone.
#[test]
fn a_huge_file_is_looked_up_by_key_and_not_line_by_line() {
    let bench = Bench::new();
    let (key, other) = (bench.ed25519("ann"), bench.ed25519("other"));
    let mut text = format!("*@example.org {other}\n").repeat(MAX_ALLOWED_SIGNERS_LINES - 1);
    text.push_str(&format!("{ANN} {key}\n"));
    let armor = bench.sign("ann");
    let mut problems = Vec::new();
    let signers = AllowedSigners::parse(text.as_bytes(), &mut problems);
    assert_eq!((signers.len(), problems.len()), (MAX_ALLOWED_SIGNERS_LINES, 0));
    let parsed = super::super::signature::parse(&armor).unwrap();
    assert_eq!(signers.entries_of(&parsed.key).count(), 1);
    assert_eq!(Case::new(&armor, &text).by(ANN).judge().reason, Reason::Trusted);
}
