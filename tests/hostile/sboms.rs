use super::{doubled, half, refused};
use crate::company::Company;
use std::fs::File;

const SBOM: &str = "sbom/service.cdx.json";

#[track_caller]
fn malformed(bytes: &[u8]) {
    let company = Company::healthy();
    company.write(SBOM, bytes);
    refused(&company, "sbom", 1, "sbom-malformed");
}

#[test]
fn an_sbom_that_is_no_json_fails() {
    malformed(b"<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>");
    malformed(b"\xff\xfe\0");
    malformed(b"");
}

#[test]
fn a_truncated_or_doubled_sbom_fails() {
    let whole = Company::healthy().read(SBOM);
    malformed(half(&whole));
    malformed(&doubled(&whole));
}

#[test]
fn a_deeply_nested_sbom_fails_and_does_not_overflow() {
    malformed("[".repeat(500_000).as_bytes());
    let components = "{\"components\":[".repeat(100_000);
    malformed(format!("{{\"bomFormat\":\"CycloneDX\",\"x\":{components}").as_bytes());
}

#[test]
fn json_that_is_no_cyclonedx_fails() {
    malformed(b"{}");
    malformed(b"[]");
    malformed(b"null");
    malformed(b"{\"spdxVersion\":\"SPDX-2.3\"}");
}

#[test]
fn an_sbom_of_nothing_is_no_pass() {
    let company = Company::healthy();
    company.write(SBOM, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}");
    let output = company.beleg("run sbom").run();
    assert!([1, 3].contains(&output.status.code().unwrap()), "{output:?}");
}

#[test]
fn a_gigantic_sbom_is_unknown_and_not_read() {
    let company = Company::healthy();
    File::create(company.path(SBOM)).unwrap().set_len(8 << 30).unwrap();
    refused(&company, "sbom", 3, "sbom-unreadable");
}

#[test]
fn an_absent_sbom_is_unknown() {
    let company = Company::healthy();
    company.remove(SBOM);
    refused(&company, "sbom", 3, "sbom-unreadable");
}

#[test]
fn an_sbom_that_is_compared_with_a_broken_lockfile_is_unknown() {
    let company = Company::healthy();
    company.write("service/Cargo.lock", "no lockfile");
    refused(&company, "sbom", 3, "lockfile-unreadable");
}

#[test]
fn an_sbom_of_another_lockfile_fails() {
    let (healthy, faulty) = (Company::healthy(), Company::faulty());
    healthy.write(SBOM, faulty.read(SBOM));
    refused(&healthy, "sbom", 1, "sbom-missing-component");
}

#[test]
fn an_sbom_that_beleg_makes_passes_its_own_check() {
    let company = Company::healthy();
    company.remove(SBOM);
    let lock = company.path("service/Cargo.lock");
    let words = "sbom create --name demo-service --as-version 1.0.0 --supplier Demo --output";
    let made = || company.beleg(words).arg(company.path(SBOM)).arg(&lock).run();
    made().expect(0);
    company.run("sbom", 0);
    company.write("service/Cargo.lock", "no lockfile");
    made().expect(2);
}
