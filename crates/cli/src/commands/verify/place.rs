//! Where a release's summary is written: never into the release, and over nothing but a summary.

use crate::exit::UsageError;
use beleg_checks::verify::is_summary;
use std::fs;
use std::path::{Path, PathBuf};

/// The largest file that is looked at before it is replaced, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// Returns the place of the summary of the release in `folder`: the one that is `wanted`, or
/// beside the folder.
pub(super) fn of_summary(folder: &Path, wanted: Option<PathBuf>) -> Result<PathBuf, UsageError> {
    let place = match wanted {
        Some(place) => place,
        None => beside(folder)?,
    };
    stay_out(folder, &place)?;
    if fs::metadata(&place).is_ok_and(|it| it.is_file()) && !is_replaceable(&place) {
        return Err(UsageError(format!(
            "`{}` is there already and is no verification summary: name another file with \
             `--summary`",
            place.display()
        )));
    }
    Ok(place)
}

/// Refuses a file within the release, which would change what was verified.
pub(super) fn stay_out(folder: &Path, file: &Path) -> Result<(), UsageError> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let resolved =
        fs::canonicalize(file).or_else(|_| fs::canonicalize(parent.unwrap_or(Path::new("."))));
    // What is not there is reported by whoever reads or writes it.
    let within = fs::canonicalize(folder).ok().zip(resolved.ok());
    if within.is_some_and(|(folder, file)| file.starts_with(folder)) {
        return Err(UsageError(format!(
            "`{}` lies in the release, and would go out with it unverified: name a file elsewhere",
            file.display()
        )));
    }
    Ok(())
}

fn beside(folder: &Path) -> Result<PathBuf, UsageError> {
    // `..` has no name, but the folder that it leads to has.
    let named = if folder.file_name().is_some() {
        folder.to_owned()
    } else {
        fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
    };
    let Some(name) = named.file_name() else {
        let text = "the release's folder has no name that a summary could lie beside: name a \
                    file with `--summary`";
        return Err(UsageError(text.to_owned()));
    };
    let mut name = name.to_owned();
    name.push(".vsa.json");
    Ok(named.with_file_name(name))
}

fn is_replaceable(place: &Path) -> bool {
    let small = fs::metadata(place).is_ok_and(|it| it.len() <= MOST_BYTES);
    small && fs::read(place).is_ok_and(|bytes| is_summary(&bytes))
}
