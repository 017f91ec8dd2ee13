//! in-toto statements, what they say, and layouts.
#![no_main]

use beleg_attestation::layout::{LayoutPolicy, verify_layout};
use beleg_attestation::provenance::{Provenance, Statement, VerificationSummary, summarise};
use beleg_trust::Reason;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(statement) = Statement::parse(bytes) {
        let _ = Provenance::read(&statement);
        let _ = VerificationSummary::read(&statement);
        let _ = summarise(&statement);
    }
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let policy =
        LayoutPolicy { keys: Vec::new(), threshold: None, skip_inspections_unsafe: false, now };
    let links = BTreeMap::from([("a.12345678.link".to_owned(), bytes.to_vec())]);
    assert_ne!(verify_layout(bytes, &links, None, &policy).reason, Reason::Trusted);
});
