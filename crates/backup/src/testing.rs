//! What the tests of this crate share: keys, backups of small folders, hostile archives.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::formats::Compression;
use crate::keys::{self, Identity, Recipient};
use crate::manifest::EntryWriter;
use crate::{
    Created, Limits, Manifest, Measure, RestoreError, Restored, Scratch, Source, Watch, backup,
    restore,
};
use beleg_dsse::Signer;
use jiff::Timestamp;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

pub(crate) struct Kit {
    pub(crate) signer: Signer,
    pub(crate) identities: Vec<Identity>,
    pub(crate) recipients: Vec<Recipient>,
}

/// A finished restore with the scratch folder that it went to.
pub(crate) struct Trial {
    pub(crate) result: Result<Restored, RestoreError>,
    pub(crate) scratch: Scratch,
    /// The folder that scratch is in; nothing else may appear there.
    pub(crate) parent: TempDir,
}

impl Kit {
    pub(crate) fn new() -> Self {
        let (secret, public) = keys::generate();
        Self {
            signer: Signer::generate("backup.example").unwrap(),
            identities: keys::identities(&secret).unwrap(),
            recipients: keys::recipients(&public).unwrap(),
        }
    }

    pub(crate) fn source<'a>(&'a self, folder: &'a Path, compression: Option<i32>) -> Source<'a> {
        Source {
            folder,
            name: "orders",
            now: now(),
            recipients: &self.recipients,
            compression,
            exclude: &[],
            one_file_system: false,
            allow_empty: false,
            account_name: &|_| None,
        }
    }

    pub(crate) fn backup(&self, folder: &Path, compression: Option<i32>) -> (Vec<u8>, Created) {
        let mut out = Vec::new();
        let created = self.backup_of(&self.source(folder, compression), &mut out);
        (out, created)
    }

    /// Makes a backup whose manifest is whole in memory.
    pub(crate) fn backup_of(&self, source: &Source<'_>, out: &mut Vec<u8>) -> Created {
        let mut entries = Vec::new();
        let mut created = backup(source, &self.signer, out, &mut entries, &Watch::idle()).unwrap();
        created.manifest.extend(entries);
        created
    }

    pub(crate) fn open(&self, created: &Created) -> Manifest {
        let trusted = [self.signer.verifier().clone()];
        Manifest::read(created.manifest.as_slice(), &trusted, tempfile::tempfile).unwrap()
    }

    pub(crate) fn encrypt(&self, plaintext: &[u8]) -> Vec<u8> {
        let recipients = self.recipients.iter().map(Recipient::as_age);
        let mut out = Vec::new();
        let mut writer =
            age::Encryptor::with_recipients(recipients).unwrap().wrap_output(&mut out).unwrap();
        writer.write_all(plaintext).unwrap();
        writer.finish().unwrap();
        out
    }

    /// Encrypts an archive and lets `manifest` promise exactly these bytes, so that a test sees
    /// what its entries give and nothing else.
    pub(crate) fn pose(&self, archive: &[u8], manifest: &Manifest) -> (Vec<u8>, Manifest) {
        let packed = match manifest.facts.name.compression() {
            Compression::None => archive.to_vec(),
            Compression::Zstd => zstd::stream::encode_all(archive, 3).unwrap(),
        };
        let ciphertext = self.encrypt(&packed);
        let mut manifest = manifest.clone();
        manifest.facts.archive = Measure::of(archive);
        manifest.facts.ciphertext = Measure::of(&ciphertext);
        manifest.facts.entries = manifest.entries.len() as u64;
        let mut writer = EntryWriter::new(std::io::sink());
        for entry in manifest.entries.iter() {
            assert!(writer.add(&entry.unwrap()).is_ok());
        }
        manifest.facts.root = writer.finish().unwrap().lines.digest;
        (ciphertext, manifest)
    }

    pub(crate) fn restore(&self, ciphertext: &[u8], manifest: &Manifest) -> Trial {
        self.restore_from(ciphertext, manifest, &Limits::promised_by(manifest), &Watch::idle())
    }

    pub(crate) fn restore_from(
        &self,
        source: impl Read + Send,
        manifest: &Manifest,
        limits: &Limits,
        watch: &Watch<'_>,
    ) -> Trial {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(parent.path()).unwrap();
        let result = restore(Box::new(source), &self.identities, manifest, &scratch, limits, watch);
        Trial { result, scratch, parent }
    }
}

impl Trial {
    /// Returns the restored file's content.
    pub(crate) fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.scratch.folder().join(path)).unwrap()
    }

    /// Says whether anything but the scratch folder lies where it was made.
    pub(crate) fn is_contained(&self) -> bool {
        std::fs::read_dir(self.parent.path()).unwrap().count() == 1
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-11-21T02:00:00Z".parse().unwrap()
}

/// Makes a folder with two files, one inside a folder.
pub(crate) fn small_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    std::fs::write(folder.path().join("a/one"), b"one").unwrap();
    std::fs::write(folder.path().join("two"), b"two two").unwrap();
    folder
}

/// Runs a program that must succeed and returns what it printed.
pub(crate) fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output.stdout
}
