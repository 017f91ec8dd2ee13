//! Keeps private keys and working files out of git, where one `git add -A` would publish them.

use beleg_engine::Project;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// What git must not take up of `.beleg/`. The ledger is left to whoever wants to keep it there.
const IGNORED: &str = "# Made by beleg: private keys and working files are not for a repository.
/keys/
/scratch/
/reports/
/cache/
/run.lock
/refused-runs.log*
/.gitignore
";

/// Writes `.beleg/.gitignore` where there is none, and warns where the ledger's key is in git all
/// the same.
pub(crate) fn protect(project: &Project) {
    let folder = project.root.join(".beleg");
    let file = folder.join(".gitignore");
    let made = std::fs::create_dir_all(&folder)
        .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&file))
        .and_then(|mut file| file.write_all(IGNORED.as_bytes()));
    if let Err(error) = made
        && error.kind() != ErrorKind::AlreadyExists
    {
        tracing::warn!("`{}` cannot be written: {error}", file.display());
    }
    warn_if_exposed(&project.key_file);
}

/// Warns when others than its owner may read a private key.
pub(crate) fn warn_if_open(key: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let Ok(found) = std::fs::metadata(key) else { return };
    if found.is_file() && found.permissions().mode() & 0o077 != 0 {
        let shown = key.display();
        crate::output::warning(&format!(
            "others than its owner may read or write the private key `{shown}`: chmod 600 '{shown}'"
        ));
    }
}

/// Warns when git holds a private key, or would take it up with the next `git add -A`.
pub(crate) fn warn_if_exposed(key: &Path) {
    let shown = key.display();
    match exposure(key) {
        Some(Exposure::Tracked) => tracing::warn!(
            "the private key `{shown}` is tracked by git: whoever has the repository can sign with \
             it or open what is encrypted to it; make a new one, and remove this one from the history"
        ),
        Some(Exposure::NotIgnored) => tracing::warn!(
            "the private key `{shown}` lies in a git repository that does not ignore it: add it to \
             `.gitignore`, or keep it elsewhere"
        ),
        None => {}
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exposure {
    Tracked,
    NotIgnored,
}

/// Asks git; without git, or outside of a repository, nothing is exposed that way.
fn exposure(key: &Path) -> Option<Exposure> {
    let folder = key.parent().filter(|_| key.exists())?;
    let name = key.file_name()?;
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        // What the repository's own settings would start is not started.
        command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C"]);
        command.arg(folder).args(arguments).arg(name).stdin(Stdio::null());
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.ok().and_then(|status| status.code())
    };
    if git(&["ls-files", "--error-unmatch", "--"]) == Some(0) {
        return Some(Exposure::Tracked);
    }
    // 0: ignored; 1: not ignored; 128: no repository.
    (git(&["check-ignore", "--quiet", "--"]) == Some(1)).then_some(Exposure::NotIgnored)
}
