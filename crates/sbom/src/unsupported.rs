/// Names what the file at `path` lists, if it is a database or manifest of packages that nothing
/// here reads: `rpm packages`, `npm packages`. A scan that meets one must say so, because those
/// packages were present and not looked at.
///
/// `path` is relative to the root of the image or repository. The contents are not needed. What
/// cannot be known by name, such as Go and Rust binaries, is not recognised.
#[must_use]
pub fn unsupported_database(path: &str) -> Option<&'static str> {
    let path = path.trim_start_matches("./").trim_start_matches('/');
    system_database(path).or_else(|| language_manifest(path))
}

fn system_database(path: &str) -> Option<&'static str> {
    const RPM_FOLDERS: [&str; 3] = ["var/lib/rpm/", "usr/lib/sysimage/rpm/", "usr/share/rpm/"];
    const RPM_FILES: [&str; 3] = ["Packages", "Packages.db", "rpmdb.sqlite"];
    let is_rpm = RPM_FOLDERS
        .iter()
        .any(|folder| path.strip_prefix(folder).is_some_and(|file| RPM_FILES.contains(&file)));
    if is_rpm {
        return Some("rpm packages");
    }
    match path {
        "lib/apk/db/installed" | "usr/lib/apk/db/installed" => Some("apk packages"),
        "usr/lib/opkg/status" | "var/lib/opkg/status" => Some("opkg packages"),
        _ if path.starts_with("var/lib/pacman/local/") && path.ends_with("/desc") => {
            Some("pacman packages")
        }
        _ if path.starts_with("var/db/pkg/") && path.ends_with("/CONTENTS") => {
            Some("Portage packages")
        }
        _ if path.starts_with("var/lib/snapd/snaps/") && path.ends_with(".snap") => {
            Some("snap packages")
        }
        _ => None,
    }
}

fn language_manifest(path: &str) -> Option<&'static str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "package.json" if has_folder(folder, "node_modules") => Some("npm packages"),
        "package-lock.json"
        | "npm-shrinkwrap.json"
        | "yarn.lock"
        | "pnpm-lock.yaml"
        | "bun.lock" => Some("npm packages"),
        "go.mod" | "go.sum" => Some("Go modules"),
        "Gemfile.lock" => Some("Ruby gems"),
        "composer.lock" => Some("Composer packages"),
        "installed.json" if folder.ends_with("vendor/composer") => Some("Composer packages"),
        "poetry.lock" | "Pipfile.lock" | "pdm.lock" | "pylock.toml" => {
            Some("Python packages of another lockfile format")
        }
        "gradle.lockfile" => Some("Java packages"),
        "packages.lock.json" => Some("NuGet packages"),
        "mix.lock" => Some("Hex packages"),
        "pubspec.lock" => Some("Dart packages"),
        _ if name.ends_with(".gemspec") && folder.split('/').any(|f| f == "specifications") => {
            Some("Ruby gems")
        }
        _ if [".jar", ".war", ".ear"].iter().any(|end| name.ends_with(end)) => {
            Some("Java packages")
        }
        _ if name.ends_with(".deps.json") => Some("NuGet packages"),
        _ if name.ends_with(".json") && has_folder(folder, "conda-meta") => Some("conda packages"),
        _ => None,
    }
}

fn has_folder(path: &str, name: &str) -> bool {
    path.split('/').any(|folder| folder == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FORMATS;

    const KNOWN: [(&str, &str); 15] = [
        ("var/lib/rpm/Packages", "rpm packages"),
        ("var/lib/rpm/rpmdb.sqlite", "rpm packages"),
        ("/usr/lib/sysimage/rpm/Packages.db", "rpm packages"),
        ("./lib/apk/db/installed", "apk packages"),
        ("var/lib/pacman/local/acl-2.3.2-1/desc", "pacman packages"),
        ("var/lib/snapd/snaps/core_1.snap", "snap packages"),
        ("srv/app/node_modules/@scope/left-pad/package.json", "npm packages"),
        ("package-lock.json", "npm packages"),
        ("opt/app/lib/log4j-core-2.14.1.jar", "Java packages"),
        ("usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.gemspec", "Ruby gems"),
        ("usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.gemspec", "Ruby gems"),
        ("srv/vendor/composer/installed.json", "Composer packages"),
        ("go.sum", "Go modules"),
        ("opt/conda/conda-meta/numpy-1.0.json", "conda packages"),
        ("poetry.lock", "Python packages of another lockfile format"),
    ];

    #[test]
    fn databases_nothing_reads_are_recognised_by_name() {
        for (path, what) in KNOWN {
            assert_eq!(unsupported_database(path), Some(what), "{path}");
        }
    }

    #[test]
    fn ordinary_files_are_not_taken_for_databases() {
        for path in
            ["", "/", "package.json", "var/lib/rpm/.rpm.lock", "etc/passwd", "a/installed.json"]
        {
            assert_eq!(unsupported_database(path), None, "{path}");
        }
    }

    #[test]
    fn what_a_format_reads_is_not_called_unsupported() {
        for path in ["Cargo.lock", "uv.lock", "requirements.txt", "var/lib/dpkg/status"] {
            assert!(FORMATS.iter().any(|format| format.wants(path).is_some()), "{path}");
            assert_eq!(unsupported_database(path), None, "{path}");
        }
        for (path, _) in KNOWN {
            assert!(FORMATS.iter().all(|format| format.wants(path).is_none()), "{path}");
        }
    }
}
