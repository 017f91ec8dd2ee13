//! Trusted roots from a copy of a TUF repository.

use super::world::PrivateWorld;
use beleg_signature::sigstore::{KnownRoot, RootError, TrustedRoot, TufError, TufMirror};
use beleg_signature::{TrustFiles, TrustMaterial, TrustSource};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// The files of a mirror, by name.
#[derive(Clone)]
struct Files(BTreeMap<String, Vec<u8>>);

impl TufMirror for Files {
    fn read(&self, name: &str, _max: u64) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(name).cloned())
    }
}

impl Files {
    fn new() -> Self {
        let mut files = BTreeMap::new();
        collect(&PrivateWorld::shared().path("tuf"), "", &mut files);
        Self(files)
    }

    fn pinned(&self) -> Vec<u8> {
        self.0["1.root.json"].clone()
    }

    fn fetch(self, now: Timestamp) -> Result<TrustedRoot, RootError> {
        let pinned = self.pinned();
        TrustedRoot::from_tuf(self, &pinned, now)
    }

    /// Changes one file, found by the end of its name.
    fn edit(&mut self, end: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let (_, bytes) = self.0.iter_mut().find(|(name, _)| name.ends_with(end)).unwrap();
        edit(bytes);
    }

    fn expires(&self) -> Timestamp {
        let root: serde_json::Value = serde_json::from_slice(&self.pinned()).unwrap();
        root["signed"]["expires"].as_str().unwrap().parse().unwrap()
    }

    fn before_expiry(&self) -> Timestamp {
        self.expires().checked_sub(jiff::SignedDuration::from_secs(60)).unwrap()
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for item in fs::read_dir(folder).unwrap() {
        let item = item.unwrap();
        let name = format!("{prefix}{}", item.file_name().to_str().unwrap());
        if item.file_type().unwrap().is_dir() {
            collect(&item.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, fs::read(item.path()).unwrap());
        }
    }
}

#[test]
fn a_mirror_delivers_the_trusted_root() {
    let files = Files::new();
    let now = files.before_expiry();
    let root = files.fetch(now).unwrap();
    assert_eq!(root.digest(), PrivateWorld::shared().root().digest());
}

#[test]
fn an_expired_mirror_is_told_apart_from_a_forged_one() {
    let files = Files::new();
    let expired = files.expires().checked_add(jiff::SignedDuration::from_secs(60)).unwrap();
    assert!(matches!(files.fetch(expired), Err(RootError::Tuf(TufError::Expired(_)))));
}

#[test]
fn forged_swapped_and_missing_files_are_refused() {
    let unverified = |files: Files, now| {
        matches!(files.fetch(now), Err(RootError::Tuf(TufError::Unverified(_))))
    };
    let now = Files::new().before_expiry();
    for end in ["trusted_root.json", "1.snapshot.json", "timestamp.json", "1.targets.json"] {
        let mut files = Files::new();
        files.edit(end, |bytes| {
            let last = bytes.len().saturating_sub(3);
            bytes.insert(last, b' ');
            bytes.push(b' ');
        });
        if end == "timestamp.json" {
            files.edit(end, |bytes| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                *bytes = text.replace("\"version\":1", "\"version\":2").into_bytes();
            });
        }
        assert!(unverified(files, now), "{end}");
        let mut files = Files::new();
        files.0.retain(|name, _| !name.ends_with(end));
        assert!(unverified(files, now), "{end} is missing");
    }
    let mut files = Files::new();
    files.0.insert("2.root.json".to_owned(), b"{}".to_vec());
    assert!(unverified(files, now));
}

#[test]
fn a_pinned_root_that_is_not_its_own_is_refused() {
    let files = Files::new();
    let now = files.before_expiry();
    let pinned = String::from_utf8(files.pinned()).unwrap();
    for pinned in
        [pinned.replace("\"version\":1", "\"version\":9"), String::new(), "x".repeat(600_000)]
    {
        let result = TrustedRoot::from_tuf(files.clone(), pinned.as_bytes(), now);
        assert!(matches!(result, Err(RootError::Tuf(TufError::PinnedRoot(_)))), "{result:?}");
    }
}

#[test]
fn a_mirror_that_ignores_the_limit_is_refused() {
    let mut files = Files::new();
    let now = files.before_expiry();
    files.edit("timestamp.json", |bytes| bytes.resize(10_000_000, b' '));
    assert!(matches!(files.fetch(now), Err(RootError::Tuf(TufError::Unverified(_)))));
}

#[test]
fn the_known_roots_can_be_used() {
    for name in ["production", "staging", "github"] {
        TrustedRoot::known(name.parse::<KnownRoot>().unwrap()).unwrap();
    }
    assert!(matches!("other".parse::<KnownRoot>(), Err(RootError::UnknownName(_))));
}

#[test]
fn files_that_are_no_trusted_root_are_refused() {
    let bundle = super::test_data("bundles/conda-attestation.sigstore.json");
    assert!(matches!(TrustedRoot::from_json(&bundle), Err(RootError::MediaType(_))));
    assert!(matches!(TrustedRoot::from_json(b"{"), Err(RootError::Json(_))));
    let root = fs::read_to_string(PrivateWorld::shared().path("trusted_root.json")).unwrap();
    let doubled = root.replacen('{', "{\"tlogs\":[],", 1);
    assert!(matches!(TrustedRoot::from_json(doubled.as_bytes()), Err(RootError::Json(_))));
    let mut broken: serde_json::Value = serde_json::from_str(&root).unwrap();
    broken["tlogs"][0]["publicKey"]["rawBytes"] = "AAAA".into();
    let broken = TrustedRoot::from_json(broken.to_string().as_bytes());
    assert!(matches!(broken, Err(RootError::Material(_))));
}

#[test]
fn an_unusable_trusted_root_is_a_problem_of_the_trust_material() {
    let json = fs::read(PrivateWorld::shared().path("trusted_root.json")).unwrap();
    let files = TrustFiles { trusted_root: Some(&json), ..TrustFiles::default() };
    let material = TrustMaterial::parse(&files).unwrap();
    assert!(material.trusted_root().is_some() && material.problems().is_empty());
    let files = TrustFiles { trusted_root: Some(b"{}"), ..TrustFiles::default() };
    let material = TrustMaterial::parse(&files).unwrap();
    assert!(material.trusted_root().is_none());
    let problems: Vec<_> = material.problems().iter().map(|problem| problem.source).collect();
    assert_eq!(problems, [TrustSource::TrustedRoot]);
}
