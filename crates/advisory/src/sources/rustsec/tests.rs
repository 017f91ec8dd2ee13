#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use super::place::Collection;
use super::{Span, read_archive, read_folder, record};
use crate::sources::{Limits, Source, SourceError};
use crate::tests::{rustsec_record, tar_of};
use beleg_model::ByteCount;
use proptest::prelude::*;
use std::fs;
use std::io::Write;
use std::process::Command;

fn good() -> String {
    rustsec_record("demo", "DEMO-2026-0001", "", "patched = [\">= 1.2.0\"]")
}

fn read(bytes: &[u8]) -> Result<Source, SourceError> {
    read_archive("rustsec", bytes, &Limits::default())
}

fn good_tar() -> Vec<u8> {
    tar_of(&[("support.toml", b"x = 1"), ("crates/demo/DEMO-2026-0001.md", good().as_bytes())])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads one good record and this one, and returns why this one was left out.
fn why_left_out(path: &str, text: &[u8]) -> String {
    let tar = tar_of(&[("crates/demo/DEMO-2026-0001.md", good().as_bytes()), (path, text)]);
    let source = read(&tar).unwrap();
    assert_eq!((source.records, source.left_out.len()), (1, 1), "{path}");
    assert_eq!(source.left_out[0].what, path);
    source.left_out[0].why.clone()
}

#[test]
fn archives_are_read_plain_and_compressed() {
    let tar = good_tar();
    let zstd = zstd::encode_all(tar.as_slice(), 3).unwrap();
    for bytes in [tar.clone(), gzip(&tar), zstd] {
        let source = read(&bytes).unwrap();
        assert_eq!((source.records, source.left_out.len()), (1, 0));
        assert_eq!(source.ecosystems, ["crates.io"]);
        assert_eq!(source.newest, "2026-01-02T00:00:00Z".parse().ok());
    }
}

#[test]
fn an_archive_of_the_system_s_tar_with_a_leading_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("demo-{}", "x".repeat(120));
    for (package, id) in [("demo", "DEMO-2026-0001"), (long.as_str(), "DEMO-2026-0002")] {
        let path = folder.path().join("advisory-db/crates").join(package);
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(format!("{id}.md")), rustsec_record(package, id, "", "patched = []"))
            .unwrap();
    }
    for format in ["gnu", "pax"] {
        let archive = folder.path().join("db.tar");
        let status = Command::new("tar")
            .args(["--create", "--format", format, "--file"])
            .args([&archive, std::path::Path::new("-C"), folder.path()])
            .arg("advisory-db")
            .status()
            .unwrap();
        assert!(status.success());
        let source = read(&fs::read(&archive).unwrap()).unwrap();
        assert_eq!((source.records, source.left_out.len()), (2, 0), "{format}");
    }
}

#[test]
fn the_digest_of_a_folder_is_that_of_sha256sum() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("crates/demo/DEMO-2026-0001.md", good()),
        ("rust/std/CVE-2026-1.md", rustsec_record("std", "CVE-2026-1", "", "patched = []")),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let source = read_folder("rustsec", folder.path(), &Limits::default()).unwrap();
    assert_eq!((source.records, source.unaddressed, source.left_out.len()), (2, 1, 0));
    let output = Command::new("sh")
        .args(["-c", "sha256sum crates/*/* rust/*/* | sha256sum"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert_eq!(source.digest.hex(), expected.split(' ').next().unwrap());
}

#[test]
fn links_below_the_folder_are_left_out_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("DEMO-2026-0003.md"), good()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let demo = folder.path().join("crates/demo");
    fs::create_dir_all(&demo).unwrap();
    fs::write(demo.join("DEMO-2026-0001.md"), good()).unwrap();
    std::os::unix::fs::symlink(
        outside.path().join("DEMO-2026-0003.md"),
        demo.join("DEMO-2026-0003.md"),
    )
    .unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("crates/linked")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("rust")).unwrap();
    let source = read_folder("rustsec", folder.path(), &Limits::default()).unwrap();
    let left_out: Vec<&str> = source.left_out.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(left_out, ["crates/demo/DEMO-2026-0003.md", "crates/linked", "rust"]);
    assert_eq!(source.records, 1);
}

#[test]
fn a_missing_or_empty_folder_is_an_error_not_an_empty_source() {
    let folder = tempfile::tempdir().unwrap();
    let missing =
        read_folder("rustsec", &folder.path().join("no"), &Limits::default()).unwrap_err();
    assert_eq!(missing.code(), "source-unreadable");
    let empty = read_folder("rustsec", folder.path(), &Limits::default()).unwrap_err();
    assert_eq!(empty.code(), "empty-source");
}

#[test]
fn an_archive_without_records_is_an_error_not_an_empty_source() {
    for tar in
        [tar_of(&[]), tar_of(&[("README.md", b"hello")]), tar_of(&[("crates/a/X-1.md", b"bad")])]
    {
        assert_eq!(read(&tar).unwrap_err().code(), "empty-source");
    }
    let only_toolchain = tar_of(&[(
        "rust/std/CVE-2026-1.md",
        rustsec_record("std", "CVE-2026-1", "", "patched = []").as_bytes(),
    )]);
    assert_eq!(read(&only_toolchain).unwrap_err().code(), "empty-source");
}

#[test]
fn an_archive_cut_anywhere_is_an_error() {
    let tar = good_tar();
    // Cutting the second half of the end marker loses nothing, so it need not be noticed.
    let content = tar.len().checked_sub(1024).unwrap();
    for end in 0..=content {
        assert!(read(&tar[..end]).is_err(), "cut at {end} of {}", tar.len());
    }
    // Between two entries only the missing end marker tells.
    assert_eq!(read(&tar[..content]).unwrap_err().code(), "source-truncated");
    for whole in [gzip(&tar), zstd::encode_all(tar.as_slice(), 3).unwrap()] {
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut at {end} of {}", whole.len());
        }
    }
}

#[test]
fn data_after_the_end_of_an_archive_is_an_error() {
    let tar = good_tar();
    let twice = [tar.clone(), tar.clone()].concat();
    assert_eq!(read(&twice).unwrap_err().code(), "source-damaged");
    assert_eq!(read(&gzip(&twice)).unwrap_err().code(), "source-damaged");
    let tail = [gzip(&tar), b"tail".to_vec()].concat();
    assert_eq!(read(&tail).unwrap_err().code(), "source-damaged");
}

#[test]
fn a_bomb_stops_at_the_limits() {
    let limits = Limits { total: ByteCount(1 << 20), ..Limits::default() };
    let zeros = vec![0_u8; 8 << 20];
    let bomb =
        tar_of(&[("README.md", &zeros), ("crates/demo/DEMO-2026-0001.md", good().as_bytes())]);
    for bytes in [gzip(&bomb), zstd::encode_all(bomb.as_slice(), 3).unwrap()] {
        let error = read_archive("rustsec", bytes.as_slice(), &limits).unwrap_err();
        assert_eq!(error.code(), "source-too-large");
        assert!(error.to_string().contains("unpacked archive"), "{error}");
    }
    let limits = Limits { archive: ByteCount(100), ..Limits::default() };
    let error = read_archive("rustsec", good_tar().as_slice(), &limits).unwrap_err();
    assert_eq!(error.to_string(), "`archive` has more than the allowed 100 B");
}

#[test]
fn a_long_name_without_end_stops_at_the_limit_between_records() {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    let name = vec![b'a'; 3 << 20];
    header.set_size(u64::try_from(name.len()).unwrap());
    header.set_cksum();
    tar.append(&header, name.as_slice()).unwrap();
    let error = read(&tar.into_inner().unwrap()).unwrap_err();
    assert!(error.to_string().contains("between two records"), "{error}");
}

#[test]
fn too_many_records_or_unreadable_ones_are_an_error() {
    let other = rustsec_record("demo", "DEMO-2026-0002", "", "patched = []");
    let tar = tar_of(&[
        ("crates/demo/DEMO-2026-0001.md", good().as_bytes()),
        ("crates/demo/DEMO-2026-0002.md", other.as_bytes()),
        ("crates/demo/DEMO-2026-0003.md", b"bad"),
        ("crates/demo/DEMO-2026-0004.md", b"bad"),
    ]);
    for limits in
        [Limits { records: 2, ..Limits::default() }, Limits { left_out: 1, ..Limits::default() }]
    {
        let error = read_archive("rustsec", tar.as_slice(), &limits).unwrap_err();
        assert!(matches!(error, SourceError::TooMany { .. }), "{error}");
    }
}

#[test]
fn unreadable_records_are_left_out_with_the_reason() {
    let id = "crates/demo/DEMO-2026-0002.md";
    let record =
        |more: &str, versions: &str| rustsec_record("demo", "DEMO-2026-0002", more, versions);
    let good = record("", "patched = []");
    for (path, text, why) in [
        (id, "é".repeat(11), "begin with a TOML block"),
        (id, "```toml\nid = 1".to_owned(), "does not end"),
        (id, good.replace("# Invented", "Invented"), "no title"),
        (id, good.replace("[versions]", "[verzions]"), "versions"),
        (id, good.replace("patched", "mended"), "patched"),
        (id, record("id = \"twice\"", "patched = []"), "duplicate"),
        (id, record("", "patched = [\"> 1, > 2\"]"), "`> 1, > 2` is not a version requirement"),
        (id, "[".repeat(100_000), "begin with a TOML block"),
        (id, format!("```toml\nx = {}\n```\n# T\n", "[".repeat(100_000)), "recursion depth"),
        ("crates/demo/DEMO-2026-0009.md", good.clone(), "calls itself `DEMO-2026-0002`"),
        ("crates/other/DEMO-2026-0002.md", good.clone(), "about the package `demo`"),
        ("crates/demo/b/DEMO-2026-0002.md", good.clone(), "not where a record belongs"),
        ("crates/demo/DEMO-2026-0002.txt", good.clone(), "not a Markdown file"),
        ("crates/../DEMO-2026-0002.md", good.clone(), "leads out of the archive"),
        ("x/crates/demo/DEMO-2026-0001.md", self::good(), "identifier of an earlier record"),
    ] {
        let found = why_left_out(path, text.as_bytes());
        assert!(found.contains(why), "{path}: {found} instead of {why}");
    }
    assert!(why_left_out(id, b"```toml\xff\n```\n# T\n").contains("not UTF-8"));
    let large = good.replace("More text.", &"x".repeat(5 << 20));
    assert!(why_left_out(id, large.as_bytes()).contains("more than the allowed 4.0 MiB"));
}

#[test]
fn links_in_an_archive_are_left_out() {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(u64::try_from(good().len()).unwrap());
    tar.append_data(&mut header, "crates/demo/DEMO-2026-0001.md", good().as_bytes()).unwrap();
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        tar.append_link(&mut header, "crates/demo/DEMO-2026-0002.md", "/etc/passwd").unwrap();
    }
    let source = read(&tar.into_inner().unwrap()).unwrap();
    assert_eq!((source.records, source.left_out.len()), (1, 3));
    assert!(source.left_out.iter().all(|it| it.why.contains("link or a special file")));
}

#[test]
fn an_identifier_unfit_for_a_report_is_left_out() {
    let text = rustsec_record("demo", "DEMO 2026", "", "patched = []");
    assert!(why_left_out("crates/demo/DEMO 2026.md", text.as_bytes()).contains("identifier"));
}

/// Requirements of which no two touch, in the order of their versions: each has a major version of
/// its own with a free one behind it. Only such does the reference take without complaint.
fn apart() -> impl Strategy<Value = Vec<String>> {
    let pre = prop_oneof![Just(""), Just("-rc.1"), Just("-0")];
    let shape = (0_u8..5, 0_u64..3, 1_u64..3, pre);
    prop::collection::vec(shape, 1..5).prop_map(|shapes| {
        let last = shapes.len().saturating_sub(1);
        shapes
            .into_iter()
            .enumerate()
            .map(|(at, (shape, minor, patch, pre))| {
                let major = u64::try_from(at).unwrap().saturating_mul(3).saturating_add(1);
                let version = format!("{major}.{minor}.{patch}{pre}");
                match shape {
                    0 => format!("^{version}"),
                    1 => format!("~{version}"),
                    2 if at == last => format!(">{version}"),
                    3 if at == last => format!(">={version}"),
                    3 if at == 0 => format!("<{version}"),
                    4 if at == 0 => format!("<={version}"),
                    _ => format!("={version}"),
                }
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn requirements_mean_what_the_rustsec_crate_takes_them_for(
        requirements in apart(),
        patched in any::<prop::sample::Index>(),
    ) {
        let (unaffected, patched) = requirements.split_at(patched.index(requirements.len()));
        let read = |texts: &[String]| -> Vec<semver::VersionReq> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let (patched_reqs, unaffected_reqs) = (read(patched), read(unaffected));
        let near = crate::tests::versions_near(&patched_reqs, &unaffected_reqs);
        let reference = ::rustsec::advisory::Versions::new(patched_reqs, unaffected_reqs);
        prop_assert!(reference.is_ok(), "{:?}", reference);
        let reference = reference.unwrap();
        let spans: Vec<Span> =
            requirements.iter().map(|text| Span::read(text).unwrap()).collect();
        for version in near {
            let precedence = crate::versions::Order::SEMVER.parse(&version.to_string()).unwrap();
            let ours = !spans.iter().any(|span| span.contains(&precedence));
            prop_assert_eq!(ours, reference.is_vulnerable(&version), "{}", version);
        }
    }

    #[test]
    fn no_record_makes_the_reader_panic(text in "(```toml)?[\\PC\n]{0,200}(\n```)?[\\PC\n]{0,40}") {
        let _ = record::parse(Collection::Crates, "demo", "DEMO-2026-0001", text.as_bytes());
    }

    #[test]
    fn no_change_of_a_record_makes_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = good().into_bytes();
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = record::parse(Collection::Crates, "demo", "DEMO-2026-0001", &bytes);
    }

    #[test]
    fn no_bytes_make_the_archive_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn no_change_of_an_archive_makes_the_reader_panic(
        format in 0..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = match format {
            0 => good_tar(),
            1 => gzip(&good_tar()),
            _ => zstd::encode_all(good_tar().as_slice(), 3).unwrap(),
        };
        for (position, byte) in changes {
            let position = position.index(bytes.len());
            bytes[position] = byte;
        }
        let _ = read(&bytes);
    }
}
