#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use super::*;
use crate::testing::run;
use proptest::prelude::*;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Reads a whole archive: each entry with its content.
fn read(bytes: &[u8]) -> io::Result<Vec<(Member, Vec<u8>)>> {
    let mut archive = TarArchive::new(bytes);
    let mut members = Vec::new();
    while let Some(member) = archive.next_entry()? {
        let mut content = Vec::new();
        archive.read_to_end(&mut content)?;
        members.push((member, content));
    }
    Ok(members)
}

fn refusal(bytes: &[u8]) -> FormatError {
    read(bytes).unwrap_err().downcast::<FormatError>().unwrap()
}

fn header(kind: EntryType, path: &[u8], size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_mtime(1);
    header.set_size(size);
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    header.set_cksum();
    header
}

/// Appends a header with content and padding, and no end.
fn append(archive: &mut Vec<u8>, header: &Header, content: &[u8]) {
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

fn one_file() -> Vec<u8> {
    let mut archive = Vec::new();
    append(&mut archive, &header(EntryType::Regular, b"f", 5), b"hello");
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

fn pax(records: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    append(&mut archive, &header(EntryType::XHeader, b"x", records.len() as u64), records);
    append(&mut archive, &header(EntryType::Regular, b"f", 5), b"hello");
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

#[test]
fn every_form_that_gnu_tar_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{0}/{0}/ü{0}", "n".repeat(90));
    for format in ["v7", "ustar", "gnu", "posix"] {
        let tree = folder.path().join(format);
        std::fs::create_dir(&tree).unwrap();
        let name = if matches!(format, "gnu" | "posix") { long.as_str() } else { "dir/file" };
        std::fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
        std::fs::write(tree.join(name), b"content").unwrap();
        std::os::unix::fs::symlink("file", tree.join("link")).unwrap();
        let top = name.split('/').next().unwrap();
        let option = format!("--format={format}");
        let bytes = run("tar", &["-cf", "-", &option, "--sort=name", top, "link"], &tree);
        let members = read(&bytes).unwrap();
        let file = members.iter().find(|(member, _)| member.kind == MemberKind::File).unwrap();
        assert_eq!(String::from_utf8_lossy(&file.0.path), name, "{format}");
        assert_eq!(file.1, b"content", "{format}");
        assert!(members.iter().any(|(member, _)| member.kind == MemberKind::Directory));
        let link = MemberKind::Symlink(b"file".to_vec());
        assert!(members.iter().any(|(member, _)| member.kind == link), "{format}");
        assert!(members.iter().all(|(member, _)| member.modified > 1_600_000_000), "{format}");
    }
}

#[test]
fn sparse_files_of_gnu_tar_are_named_and_the_next_entry_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let sparse = File::create(folder.path().join("a")).unwrap();
    for extent in 0..60 {
        sparse.write_all_at(b"data", extent * 100_000).unwrap();
    }
    drop(sparse);
    std::fs::write(folder.path().join("b"), b"after").unwrap();
    for options in [
        &["--format=posix"][..],
        &["--format=posix", "--sparse-version=0.0"],
        &["--format=posix", "--sparse-version=0.1"],
        &["--format=gnu"],
    ] {
        let all = [&["-cSf", "-"], options, &["a", "b"]].concat();
        let members = read(&run("tar", &all, folder.path())).unwrap();
        assert_eq!(members.len(), 2, "{options:?}");
        assert_eq!(members[0].0.kind, MemberKind::Sparse, "{options:?}");
        assert_eq!(members[1].1, b"after", "{options:?}");
    }
}

#[test]
fn hard_links_fifos_and_devices_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), b"x").unwrap();
    std::fs::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
    run("mkfifo", &["c"], folder.path());
    let bytes = run("tar", &["-cf", "-", "a", "b", "c", "-P", "/dev/null"], folder.path());
    let kinds: Vec<MemberKind> =
        read(&bytes).unwrap().into_iter().map(|(member, _)| member.kind).collect();
    assert_eq!(
        kinds,
        [
            MemberKind::File,
            MemberKind::HardLink(b"a".to_vec()),
            MemberKind::Fifo,
            MemberKind::Device
        ]
    );
}

#[test]
fn a_cut_anywhere_is_truncated() {
    let whole = one_file();
    assert_eq!(read(&whole).unwrap()[0].1, b"hello");
    for cut in 0..whole.len() {
        assert_eq!(refusal(&whole[..cut]), FormatError::Truncated, "cut at {cut}");
    }
}

#[test]
fn a_changed_header_has_a_wrong_checksum() {
    let mut bytes = one_file();
    bytes[0] = b'g';
    assert_eq!(refusal(&bytes), FormatError::Checksum { entry: 1 });
    assert_eq!(refusal(&[b'A'; 4096]), FormatError::Checksum { entry: 1 });
}

#[test]
fn something_after_the_end_is_refused() {
    for tail in [&b"garbage"[..], &one_file()] {
        let mut bytes = one_file();
        bytes.extend_from_slice(tail);
        assert_eq!(refusal(&bytes), FormatError::TrailingBytes);
    }
    let mut lone_zero_block = one_file();
    lone_zero_block.truncate(3 * BLOCK);
    lone_zero_block.extend_from_slice(&one_file());
    assert_eq!(refusal(&lone_zero_block), FormatError::TrailingBytes);
    let mut padded = one_file();
    padded.resize(padded.len() + 10_240, 0);
    assert!(read(&padded).is_ok());
}

#[test]
fn a_long_extended_header_is_refused_before_it_is_held() {
    for kind in [EntryType::XHeader, EntryType::GNULongName, EntryType::XGlobalHeader] {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(header(kind, b"x", u64::MAX >> 1).as_bytes());
        assert_eq!(refusal(&bytes), FormatError::ExtendedTooLong { entry: 1 });
        bytes.clear();
        // A size within the limit is not believed either: nothing is held before it comes.
        bytes.extend_from_slice(header(kind, b"x", MAX_EXTENDED_HEADER).as_bytes());
        assert_eq!(refusal(&bytes), FormatError::Truncated);
    }
}

#[test]
fn pax_records_count_and_malformed_ones_are_refused() {
    let (member, content) =
        read(&pax(b"10 path=g\n10 size=3\n16 mtime=-1.500\n")).unwrap().swap_remove(0);
    assert_eq!((member.path, member.size, member.modified), (b"g".to_vec(), 3, -2));
    assert_eq!(content, b"hel");
    for records in [
        &b"99 path=g\n"[..],
        b"0 path=g\n",
        b"10 path=gg",
        b"9 path g\n",
        b"x path=g\n",
        b"+10 path=g\n",
        b"99999999999999999999999 path=g\n",
        b"11 size=-1\n",
        b"13 mtime=abc\n",
        b"\0",
    ] {
        let wanted = FormatError::Header { entry: 1, field: "extended header" };
        assert_eq!(refusal(&pax(records)), wanted, "{}", String::from_utf8_lossy(records));
    }
}

#[test]
fn a_global_header_may_comment_and_nothing_else() {
    let global = |records: &[u8]| {
        let mut bytes = Vec::new();
        let header = header(EntryType::XGlobalHeader, b"g", records.len() as u64);
        append(&mut bytes, &header, records);
        bytes.extend_from_slice(&one_file());
        bytes
    };
    assert_eq!(read(&global(b"16 comment=abcd\n")).unwrap().len(), 1);
    let wanted = FormatError::Header { entry: 1, field: "global extended header" };
    assert_eq!(refusal(&global(b"10 path=g\n")), wanted);
}

#[test]
fn a_folder_or_link_with_content_is_refused() {
    for kind in [EntryType::Directory, EntryType::Symlink, EntryType::Link, EntryType::Fifo] {
        let mut bytes = Vec::new();
        append(&mut bytes, &header(kind, b"d", 5), b"hello");
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        assert_eq!(refusal(&bytes), FormatError::UnexpectedContent { entry: 1 });
    }
}

#[test]
fn an_extended_header_without_an_entry_is_truncated() {
    let mut bytes = Vec::new();
    append(&mut bytes, &header(EntryType::XHeader, b"x", 10), b"10 path=g\n");
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    assert_eq!(refusal(&bytes), FormatError::Truncated);
}

#[test]
fn unknown_types_are_named_and_their_content_skipped() {
    let mut bytes = Vec::new();
    append(&mut bytes, &header(EntryType::new(b'Q'), b"q", 5), b"hello");
    bytes.extend_from_slice(&one_file());
    let kinds: Vec<MemberKind> =
        read(&bytes).unwrap().into_iter().map(|(member, _)| member.kind).collect();
    assert_eq!(kinds, [MemberKind::Unknown(b'Q'), MemberKind::File]);
}

#[test]
fn an_error_of_the_source_comes_up_as_it_was() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::TimedOut.into())
        }
    }
    let error = TarArchive::new(Broken).next_entry().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _ = read(&bytes);
    }

    #[test]
    fn mutated_archives_never_panic(
        changes in proptest::collection::vec((0usize..3072, any::<u8>()), 1..8),
        mend in any::<bool>(),
    ) {
        let mut bytes = pax(b"10 path=g\n10 size=3\n");
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if mend {
            // With checksums mended, the change reaches the fields behind them.
            for start in [0, 2 * BLOCK] {
                let mut header = Header::new_old();
                header.as_mut_bytes().copy_from_slice(&bytes[start..start + BLOCK]);
                header.set_cksum();
                bytes[start..start + BLOCK].copy_from_slice(header.as_bytes());
            }
        }
        let _ = read(&bytes);
    }
}

/// An incremental archive holds times where others hold the path's first part, and lists folders in
/// entries of a type of their own.
#[test]
fn times_in_an_incremental_archive_are_no_part_of_a_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("d")).unwrap();
    std::fs::write(folder.path().join("d/f"), "hello").unwrap();
    let beside = tempfile::tempdir().unwrap();
    let snapshot = format!("--listed-incremental={}", beside.path().join("snapshot").display());
    for format in ["gnu", "oldgnu"] {
        let arguments = ["-c", "--format", format, "--level=0", &snapshot, "d"];
        let archive = run("tar", &arguments, folder.path());
        let times: Vec<_> =
            archive.chunks(BLOCK).filter(|it| it[257..265] == *b"ustar  \0").collect();
        assert!(times.iter().any(|header| header[345] != 0), "{format}");
        let members = read(&archive).unwrap();
        let paths: Vec<_> = members.iter().map(|(it, _)| (it.path.as_slice(), &it.kind)).collect();
        assert_eq!(
            paths,
            [(&b"d/"[..], &MemberKind::Unknown(b'D')), (&b"d/f"[..], &MemberKind::File)]
        );
    }
}
