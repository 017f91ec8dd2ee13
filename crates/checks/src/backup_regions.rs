use beleg_store::Options;
use serde::Deserialize;

/// What of a `restore-test` job whoever makes the backups needs. The job's own reader judges the
/// rest.
#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    backup: Vec<Backup>,
}

#[derive(Deserialize)]
struct Backup {
    name: String,
    #[serde(default)]
    region: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    url: String,
    #[serde(default)]
    options: Options,
}

/// Reads from a job's file where the backup of this name must be, with the options of each region.
///
/// # Errors
/// A sentence that says what is wrong with the file, or that it does not name the backup.
pub fn backup_regions(text: &str, name: &str) -> Result<Vec<(String, Options)>, String> {
    let job: Job = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let named = job.backup.into_iter().filter(|backup| backup.name == name);
    let regions: Vec<_> =
        named.flat_map(|backup| backup.region).map(|region| (region.url, region.options)).collect();
    if regions.is_empty() {
        return Err(format!("it names no region of a backup `{name}`"));
    }
    match regions.iter().find_map(|(_, options)| secret(options)) {
        Some(key) => Err(format!("the option `{key}` holds a secret; write `env:VARIABLE`")),
        None => Ok(regions),
    }
}

/// Returns the name of an option that holds a secret instead of naming one.
pub(crate) fn secret(options: &Options) -> Option<&str> {
    let is_secret =
        |key: &str| ["secret", "token", "password", "account_key"].iter().any(|s| key.contains(s));
    let found = options.iter().find(|(key, value)| is_secret(key) && !value.starts_with("env:"));
    found.map(|(key, _)| key.as_str())
}
