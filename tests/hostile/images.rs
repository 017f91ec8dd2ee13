use super::{doubled, flipped, half, refused};
use crate::company::Company;
use crate::listing::files;
use beleg_image::Compression;
use beleg_image::write::{NewImage, NewLayer, write_layout};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

const OS_RELEASE: &[u8] = b"ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n";
const STATUS: &[u8] = b"Package: demo-base\nStatus: install ok installed\nArchitecture: amd64\nVersion: 13.1\nMaintainer: Demo <demo@demo.invalid>\nDescription: invented\n\n";

/// Makes an entry as it stands in a tar archive, with whatever path and link target.
fn entry(kind: u8, path: &[u8], target: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(u64::try_from(bytes.len()).unwrap());
    header.set_entry_type(tar::EntryType::new(kind));
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target);
    header.set_cksum();
    let padding = vec![0; bytes.len().next_multiple_of(512) - bytes.len()];
    [header.as_bytes(), bytes, &padding].concat()
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 1024]].concat()
}

fn base() -> NewLayer {
    let entries = [
        entry(b'0', b"etc/os-release", b"", OS_RELEASE),
        entry(b'0', b"var/lib/dpkg/status", b"", STATUS),
    ];
    NewLayer { tar: archive(&entries), compression: Compression::Gzip }
}

/// A healthy company whose image is this layer on a base that is in order.
fn company_with(layer: NewLayer) -> Company {
    let company = Company::healthy();
    company.remove("image");
    let image = NewImage::new("demo-service:1.0.0", vec![base(), layer]);
    write_layout(&company.path("image"), &image).unwrap();
    company
}

fn company_with_entries(entries: &[Vec<u8>]) -> Company {
    company_with(NewLayer { tar: archive(entries), compression: Compression::Zstd })
}

/// Returns the largest blob of the image, which is its last layer or its only one.
fn layer_blob(company: &Company) -> PathBuf {
    let blobs = files(&company.path("image/blobs/sha256")).into_iter();
    let is_gzip = |path: &PathBuf| fs::read(path).unwrap().starts_with(b"\x1f\x8b");
    blobs.filter(is_gzip).max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
}

#[test]
fn an_image_of_the_base_alone_passes() {
    company_with_entries(&[entry(b'0', b"srv/ok", b"", b"ok")]).run("image", 0);
}

/// A database that was deleted, emptied or cut is no proof that there is nothing; what stands beside
/// it tells.
#[test]
fn packages_whose_records_were_taken_away_are_not_taken_for_absent() {
    let file = |path: &str, bytes: &str| entry(b'0', path.as_bytes(), b"", bytes.as_bytes());
    let web = || {
        let text = "Metadata-Version: 2.1\nName: demo-web\nVersion: 3.2.1\n";
        file("usr/local/lib/python3.13/site-packages/demo_web-3.2.1.dist-info/METADATA", text)
    };
    let stanza = "Package: demo-tls\nStatus: install ok installed\nVersion: 9.0-1\n\n";
    for (entries, rule) in [
        (vec![web(), file("var/lib/dpkg/.wh.status", "")], "package-database-missing"),
        (vec![web(), file("var/lib/dpkg/.wh..wh..opq", "")], "package-database-missing"),
        (vec![web(), file("var/lib/dpkg/status", "")], "package-database-missing"),
        (vec![file("var/lib/dpkg/info/demo-tls:amd64.list", "/.\n")], "package-database-cut"),
        (vec![file("var/lib/dpkg/updates/0001", stanza)], "entry-not-read"),
        (vec![file("opt/v/a-1.dist-info/RECORD", "")], "packages-not-read"),
        (
            vec![entry(b'2', b"opt/v/a-1.dist-info/METADATA", b"/data/METADATA", b"")],
            "image-file-unread",
        ),
        (vec![file("srv/root/var/lib/dpkg/status.d/demo-tls", stanza)], "packages-not-read"),
    ] {
        refused(&company_with_entries(&entries), "image", 3, rule);
    }
    let known = [web(), file("var/lib/dpkg/info/demo-base.list", "/.\n")];
    company_with_entries(&known).run("image", 0);
}

#[test]
fn entries_that_leave_the_image_fail_and_are_not_written() {
    for path in
        [&b"../outside"[..], b"srv/../../outside", b"/../outside", b"../../../../tmp/outside"]
    {
        let company = company_with_entries(&[entry(b'0', path, b"", b"out")]);
        refused(&company, "image", 1, "image-hostile-entry");
    }
}

#[test]
fn an_absolute_path_stays_within_the_image() {
    let company = company_with_entries(&[entry(b'0', b"/tmp/beleg-absolute", b"", b"out")]);
    company.run("image", 0);
    assert!(!std::path::Path::new("/tmp/beleg-absolute").exists());
    // It counts as the file it would be for a runtime.
    let vulnerable = String::from_utf8(STATUS.to_vec()).unwrap();
    let vulnerable = vulnerable.replace("demo-base", "demo-tls").replace("13.1", "3.0.2-1");
    let company =
        company_with_entries(&[entry(b'0', b"/var/lib/dpkg/status", b"", vulnerable.as_bytes())]);
    refused(&company, "image", 1, "DEMO-2026-0003");
}

/// Debian mends its Python packages without changing PyPI's version; whether a package is mended,
/// only dpkg's database tells. Where somebody took that out, nothing may be taken for mended.
#[test]
fn debians_python_packages_are_looked_up_where_dpkgs_database_was_removed() {
    let web = entry(
        b'0',
        b"usr/lib/python3/dist-packages/demo_web-3.2.0.egg-info",
        b"",
        b"Metadata-Version: 2.1\nName: demo-web\nVersion: 3.2.0\n",
    );
    let list: &[u8] = b"/usr/lib/python3/dist-packages/demo_web-3.2.0.egg-info\n";
    let list = entry(b'0', b"var/lib/dpkg/info/demo-base.list", b"", list);
    let report = company_with_entries(&[web.clone(), list]).run("image", 0);
    assert_eq!(report.finding("python-of-dpkg")["verdict"], "pass");
    // What dpkg does not know of was put there by somebody else.
    refused(&company_with_entries(std::slice::from_ref(&web)), "image", 1, "DEMO-2026-0002");
    let removed = entry(b'0', b"var/lib/dpkg/.wh.status", b"", b"");
    refused(&company_with_entries(&[web, removed]), "image", 1, "DEMO-2026-0002");
}

#[test]
fn links_out_of_the_image_are_not_followed() {
    let host = b"/etc/os-release";
    for target in [&b"../../../../../../../../etc/os-release"[..], host, b"/proc/self/environ"] {
        let link = entry(b'2', b"var/lib/dpkg/status", target, b"");
        let company = company_with_entries(&[link]);
        let report = company.run("image", company_code(&company));
        assert_ne!(report.0["verdict"], "pass", "{target:?}");
    }
    let link = entry(b'2', b"srv/out", b"../../..", b"");
    let through = entry(b'0', b"srv/out/outside", b"", b"out");
    company_code(&company_with_entries(&[link, through]));
}

/// Runs the job and returns its exit code, which must be one of a run that came to its end.
fn company_code(company: &Company) -> i32 {
    let before = company.surroundings();
    let output = company.beleg("run image").run();
    assert!(before == company.surroundings());
    let code = output.status.code().unwrap();
    assert!([0, 1, 3].contains(&code), "{output:?}");
    code
}

#[test]
fn a_pipe_or_device_in_the_place_of_the_package_database_is_no_pass() {
    for kind in [b'3', b'4', b'6'] {
        let company = company_with_entries(&[entry(kind, b"var/lib/dpkg/status", b"", b"")]);
        assert_ne!(company_code(&company), 0);
    }
}

#[test]
fn pipes_and_devices_elsewhere_are_remarks_and_are_not_made() {
    let company = company_with_entries(&[
        entry(b'3', b"dev/null", b"", b""),
        entry(b'4', b"dev/sda", b"", b""),
        entry(b'6', b"run/initctl", b"", b""),
    ]);
    let report = company.run("image", 0);
    assert_eq!(report.finding("image-odd-entries")["verdict"], "pass");
}

#[test]
fn a_layer_bomb_fails_by_its_ratio() {
    // A zstd frame (RFC 8878) of a tar header and then more than 4 GiB of zeros in RLE blocks.
    const BLOCK: u32 = 128 << 10;
    let mut header = tar::Header::new_gnu();
    header.set_path("srv/zeros").unwrap();
    header.set_size(5 << 30);
    header.set_cksum();
    let block = |kind: u32, size: u32| (kind << 1 | size << 3).to_le_bytes()[..3].to_vec();
    let zeros = [block(1, BLOCK), vec![0]].concat();
    let frame = [
        vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38],
        block(0, 512),
        header.as_bytes().to_vec(),
        zeros.repeat((4 << 30) / (128 << 10) + 64),
    ];
    let company = company_with(NewLayer { tar: frame.concat(), compression: Compression::None });
    let report = refused(&company, "image", 1, "image-corrupt");
    let message = report.finding("image-corrupt")["message"].to_string();
    assert!(message.contains("bomb") || message.contains("times"), "{message}");
}

#[test]
fn a_truncated_changed_or_doubled_layer_fails() {
    for damage in [|b: &[u8]| half(b).to_vec(), flipped, doubled, |_: &[u8]| Vec::new()] {
        let company = Company::healthy();
        let layer = layer_blob(&company);
        fs::write(&layer, damage(&fs::read(&layer).unwrap())).unwrap();
        refused(&company, "image", 1, "image-corrupt");
    }
}

#[test]
fn a_layer_that_is_truncated_within_its_digest_is_no_pass() {
    let whole = archive(&[entry(b'0', b"srv/file", b"", &[7; 5000])]);
    let company =
        company_with(NewLayer { tar: whole[..3000].to_vec(), compression: Compression::Gzip });
    refused(&company, "image", 1, "image-corrupt");
}

#[test]
fn a_missing_layer_is_no_pass() {
    let company = Company::healthy();
    fs::remove_file(layer_blob(&company)).unwrap();
    refused(&company, "image", 3, "image-unreadable");
}

#[test]
fn a_blob_that_is_a_pipe_or_a_link_to_a_device_is_no_pass_and_is_not_waited_for() {
    let company = Company::healthy();
    let layer = layer_blob(&company);
    fs::remove_file(&layer).unwrap();
    assert!(Command::new("mkfifo").arg(&layer).status().unwrap().success());
    assert_ne!(company_code(&company), 0);
    fs::remove_file(&layer).unwrap();
    symlink("/dev/zero", &layer).unwrap();
    assert_ne!(company_code(&company), 0);
}

#[test]
fn another_image_than_the_configured_digest_is_no_pass() {
    let company = Company::healthy();
    let digest = format!("digest = \"sha256:{}\"\n", "0".repeat(64));
    let job = String::from_utf8(company.read("jobs/image.toml")).unwrap();
    company.write("jobs/image.toml", job + &digest);
    assert_ne!(company_code(&company), 0);
    company.replace("jobs/image.toml", "sha256:0", "sha256:x");
    company.beleg("run image").run().expect(2);
}

#[test]
fn an_index_that_is_none_is_no_pass() {
    let nested = "[".repeat(100_000);
    for bytes in [&b"{}"[..], b"[]", b"", b"\xff", nested.as_bytes(), b"{\"manifests\":[]}"] {
        let company = Company::healthy();
        company.write("image/index.json", bytes);
        refused(&company, "image", 3, "image-unreadable");
    }
    let company = Company::healthy();
    File::create(company.path("image/index.json")).unwrap().set_len(8 << 30).unwrap();
    refused(&company, "image", 3, "image-unreadable");
    company.remove("image");
    refused(&company, "image", 3, "image-unreadable");
}

#[test]
fn a_digest_in_the_index_that_is_a_path_leads_nowhere() {
    let company = Company::healthy();
    let text = String::from_utf8(company.read("image/index.json")).unwrap();
    let (before, after) = text.split_once("sha256:").unwrap();
    let outside = format!("{before}sha256:../../../../sentinel{}", &after[64..]);
    company.write("image/index.json", outside);
    refused(&company, "image", 3, "image-unreadable");
}

#[test]
fn an_image_without_packages_or_release_is_no_pass() {
    let company = Company::healthy();
    company.remove("image");
    let layer = NewLayer {
        tar: archive(&[entry(b'0', b"srv/app", b"", b"binary")]),
        compression: Compression::None,
    };
    write_layout(&company.path("image"), &NewImage::new("demo", vec![layer])).unwrap();
    let report = refused(&company, "image", 3, "os-release-missing");
    assert_eq!(report.0["checks"][0]["population"]["examined"], 0);
}

#[test]
fn an_image_of_a_release_without_support_fails() {
    let old = b"ID=debian\nVERSION_ID=\"9\"\nVERSION_CODENAME=stretch\n";
    let company = company_with_entries(&[entry(b'0', b"etc/os-release", b"", old)]);
    refused(&company, "image", 1, "os-release-end-of-life");
}

#[test]
fn a_package_database_that_nobody_reads_is_unknown() {
    let portage = entry(b'0', b"var/db/pkg/sys-apps/a-1/CONTENTS", b"", b"");
    refused(&company_with_entries(&[portage]), "image", 3, "packages-not-read");
    let rpm = entry(b'0', b"var/lib/rpm/rpmdb.sqlite", b"", b"SQLite format 3\0");
    refused(&company_with_entries(&[rpm]), "image", 3, "package-database-unreadable");
}

/// An image built from a project's folder holds what setuptools left in it.
#[test]
fn a_projects_own_metadata_in_an_image_is_no_package_of_the_index() {
    let metadata = b"Metadata-Version: 2.1\nName: demo-web\nVersion: 3.2.0\n\n";
    let own = b"srv/app/src/demo_web.egg-info/PKG-INFO";
    let neighbour = entry(b'0', b"srv/app/setup.py", b"", b"from setuptools import setup\n");
    let project = entry(b'0', own, b"", metadata);
    let report = company_with_entries(&[neighbour.clone(), project.clone()]).run("image", 3);
    assert_eq!(report.finding("own-packages")["verdict"], "pass");
    assert_eq!(report.finding("DEMO-2026-0002")["verdict"], "unknown", "it may be a copy");
    // An unpacked release of the index has its own record, and an old installation a list of files.
    let release = entry(b'0', b"srv/app/PKG-INFO", b"", metadata);
    let list = entry(b'0', b"srv/app/src/demo_web.egg-info/installed-files.txt", b"", b"a.py\n");
    for more in [release, list] {
        company_with_entries(&[neighbour.clone(), project.clone(), more]).run("image", 1);
    }
    company_with_entries(&[project]).run("image", 1);
}

/// A program of the distribution is the distribution's; one that was copied in is judged by itself.
#[test]
fn programs_in_an_image_are_judged_by_what_they_say_they_are_built_of() {
    let list = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let list = list.join("crates/sbom/src/formats/go_program/testdata/replaced/app.go-program");
    let company = company_with_entries(&[]);
    company.write("main.c", "int main(void) { return 0; }\n");
    company.write("filling", vec![b'x'; 100_000]);
    let run = |program: &str, words: &[&str]| {
        let mut command = std::process::Command::new(program);
        assert!(command.args(words).current_dir(company.folder()).status().unwrap().success());
    };
    run("cc", &["-o", "plain", "main.c"]);
    let section = format!(".go.buildinfo={}", list.display());
    let sections = ["--add-section", &section, "--add-section", ".filling=filling"];
    run("objcopy", &[&sections[..], &["plain", "program"]].concat());
    let program = std::fs::read(company.path("program")).unwrap();
    let program = entry(b'0', b"usr/local/bin/server", b"", &program);
    let report = company_with_entries(std::slice::from_ref(&program)).run("image", 3);
    assert_eq!(report.0["checks"][0]["details"]["packages"]["Go"], 4);
    let list = entry(b'0', b"var/lib/dpkg/info/demo-base.list", b"", b"/usr/local/bin/server\n");
    let report = company_with_entries(&[program.clone(), list.clone()]).run("image", 0);
    assert_eq!(report.finding("packages-of-system")["verdict"], "pass");
    let removed = entry(b'0', b"var/lib/dpkg/.wh.status", b"", b"");
    let report = company_with_entries(&[program, list, removed]).run("image", 3);
    assert_eq!(report.0["checks"][0]["details"]["packages"]["Go"], 4);
}
