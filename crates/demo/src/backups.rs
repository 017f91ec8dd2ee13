//! Three days of encrypted backups in two regions; with faults one copy is damaged.

#![expect(clippy::arithmetic_side_effects, reason = "the numbers are small and our own")]

use crate::{DemoError, Planted, files};
use beleg_backup::{Source, Watch, backup, keys};
use beleg_dsse::Signer;
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::path::Path;

/// How many days of backups there are.
pub(crate) const DAYS: i64 = 3;
/// The regions that hold them.
pub(crate) const REGIONS: [&str; 2] = ["eu-central", "eu-west"];
const NAME: &str = "customers";

/// Writes the data, the keys and the backups; returns what the damaged copy must be found as.
pub(crate) fn write(
    folder: &Path,
    faulty: bool,
    now: Timestamp,
) -> Result<Option<Planted>, DemoError> {
    let (identity, recipient) = keys::generate();
    let recipients = keys::recipients(&recipient).map_err(failed)?;
    let signer = Signer::generate("demo-backup").map_err(failed)?;
    files::write_secret(&folder.join("keys/restore.key"), format!("{identity}\n").as_bytes())?;
    files::write(&folder.join("keys/backup.pub"), format!("{}\n", signer.verifier()).as_bytes())?;

    let data = folder.join("data");
    let mut planted = None;
    for age in (0..DAYS).rev() {
        // The newest backup is half an hour old, as after a nightly run.
        let made = SignedDuration::from_mins(30) + SignedDuration::from_hours(24 * age);
        let made = now.checked_sub(made).map_err(failed)?;
        write_data(&data, DAYS - age)?;
        let source = Source {
            folder: &data,
            name: NAME,
            now: made,
            recipients: &recipients,
            compression: Some(3),
            exclude: &[],
            one_file_system: false,
            allow_empty: false,
            account_name: &|_| None,
        };
        let (mut bytes, mut entries) = (Vec::new(), Vec::new());
        let created = backup(&source, &signer, &mut bytes, &mut entries, &Watch::idle());
        let created = created.map_err(failed)?;
        let manifest = [created.manifest.as_slice(), &entries].concat();
        for (number, region) in REGIONS.iter().enumerate() {
            let object = created.name.object();
            let path = folder.join("backups").join(region).join(&object);
            files::write(&path.with_file_name(created.name.manifest_object()), &manifest)?;
            let is_damaged = faulty && age == 0 && number == 1;
            if is_damaged {
                planted = Some(Planted {
                    job: "restore",
                    rule: "backup-tampered".to_owned(),
                    place: object.clone(),
                });
                files::write(&path, &damaged(bytes.clone()))?;
            } else {
                files::write(&path, &bytes)?;
            }
        }
    }
    Ok(planted)
}

/// Flips one bit in the middle, as a failing disk would.
fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() * 2 / 3;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes
}

/// Writes the customer database and a few files, one more each day.
fn write_data(folder: &Path, day: i64) -> Result<(), DemoError> {
    files::write(&folder.join("uploads/readme.txt"), b"Uploads of the demo service.\n")?;
    let upload: Vec<u8> = (0..40_000_i64).map(|n| (n * day * 31 % 251).to_le_bytes()[0]).collect();
    files::write(&folder.join(format!("uploads/day-{day}.bin")), &upload)?;
    let database = Connection::open(folder.join("customers.sqlite")).map_err(failed)?;
    database
        .execute_batch("CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT)")
        .map_err(failed)?;
    for number in 0..50 {
        let name = format!("Customer {day}-{number}");
        database.execute("INSERT INTO customers (name) VALUES (?1)", [name]).map_err(failed)?;
    }
    Ok(())
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> DemoError {
    DemoError::made("the backups", error)
}
