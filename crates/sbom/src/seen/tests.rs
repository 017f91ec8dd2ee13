#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::FORMATS;

const KNOWN: [(&str, &str); 35] = [
    ("build/rootfs/var/lib/rpm/rpmdb.sqlite", "rpm packages of a root folder within"),
    ("build/rootfs/lib/apk/db/installed", "apk packages of a root folder within"),
    ("var/lib/pacman/local/acl-2.3.2-1/desc", "pacman packages"),
    ("var/lib/snapd/snaps/core_1.snap", "snap packages"),
    ("bun.lockb", "npm packages"),
    ("ivy.xml", "Java packages"),
    ("usr/lib/ruby/gems/3.1.0/specifications/older/rack-2.2.gemspec", "Ruby gems"),
    ("go.sum", "Go modules without their `go.mod`"),
    ("opt/conda/conda-meta/numpy-1.0.json", "conda packages"),
    ("requirements.pip", "Python packages of another lockfile format"),
    ("Pylock.toml", "Python packages of another lockfile format"),
    ("chroot/var/lib/dpkg/status", "dpkg packages of a root folder within"),
    ("dist/a-1.0-py3-none-any.whl", "Python packages in archives"),
    ("requirements.lock", "Python packages of another lockfile format"),
    ("PYLOCK.dev.toml", "Python packages of another lockfile format"),
    ("requirements.TXT", "Python packages of another lockfile format"),
    ("requirements/base.in", "Python packages without a lockfile"),
    ("cargo.lock", "Rust crates"),
    ("Package-Lock.JSON", "npm packages"),
    ("paket.lock", "NuGet packages"),
    ("obj/project.assets.json", "NuGet packages"),
    ("Chart.lock", "Helm charts"),
    (".terraform.lock.hcl", "Terraform providers"),
    ("MODULE.bazel.lock", "Bazel modules"),
    ("vendor/modules.txt", "Go modules without their `go.mod`"),
    ("Gopkg.lock", "Go modules"),
    ("a.deb", "dpkg packages in archives"),
    ("a.rpm", "rpm packages in archives"),
    ("app.pyz", "Python packages in archives"),
    ("app.pex", "Python packages in archives"),
    ("serde-1.0.0.crate", "Rust crates"),
    ("Newtonsoft.Json.13.0.1.nupkg", "NuGet packages"),
    ("bom.json", "packages in SBOMs"),
    ("out/app.cdx.json", "packages in SBOMs"),
    ("app.spdx.json", "packages in SBOMs"),
];

#[test]
fn what_nothing_reads_is_recognised_by_name() {
    for (path, what) in KNOWN {
        assert_eq!(seen_at(path).map(|seen| seen.what), Some(what), "{path}");
    }
}

#[test]
fn ordinary_files_are_not_recognised() {
    for path in [
        "",
        "/",
        "var/lib/rpm/.rpm.lock",
        "etc/passwd",
        "a/installed.json",
        "my_node_modules/a/packages.json",
        "desc",
        "notes/composer.txt",
    ] {
        assert!(seen_at(path).is_none(), "{path}");
    }
}

#[test]
fn what_a_format_reads_is_another_than_what_nothing_reads() {
    for path in ["Cargo.lock", "uv.lock", "requirements.txt"] {
        assert!(FORMATS.iter().any(|format| format.wants(path)), "{path}");
    }
    for (path, _) in KNOWN {
        assert!(FORMATS.iter().all(|format| !format.wants(path)), "{path}");
    }
}

/// Speaks for a manifest with these files around it.
fn locked(path: &str, manifest: &str, around: &[(&str, &str)]) -> bool {
    let find = |path: &str| around.iter().find(|(it, _)| *it == path);
    let is_there = |path: &str| find(path).is_some();
    let text = |path: &str| find(path).map_or_else(String::new, |(_, text)| (*text).to_owned());
    let around = Neighbours { is_there: &is_there, text: &text };
    let seen = seen_at(path).filter(|seen| seen.is_manifest()).unwrap();
    seen.is_locked(path, manifest.as_bytes(), &around)
}

#[test]
fn a_lockfile_speaks_for_the_manifest_beside_it_and_for_its_members() {
    let lock = "version = 4\n\n[[package]]\nname = \"inner\"\nversion = \"1.0.0\"\n\n\
                [[package]]\nname = \"syn\"\nversion = \"2.0.0\"\nsource = \"registry+x\"\n";
    let named = |name: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\na = \"1\"\n");
    let around = [("a/Cargo.lock", lock)];
    assert!(locked("a/Cargo.toml", "[workspace]\nmembers = []\n", &around));
    assert!(locked("a/crates/x/Cargo.toml", &named("inner"), &around));
    assert!(!locked("a/crates/x/Cargo.toml", &named("outer"), &around));
    assert!(!locked("a/crates/x/Cargo.toml", &named("syn"), &around));
    assert!(!locked("Cargo.toml", &named("inner"), &around));
    assert!(!locked("ab/Cargo.toml", &named("inner"), &around));
    let uv = "[[package]]\nname = \"my-app\"\nsource = { editable = \"app\" }\n";
    let project = "[project]\nname = \"My_App\"\ndependencies = [\"a\"]\n";
    assert!(locked("app/pyproject.toml", project, &[("uv.lock", uv)]));
    assert!(!locked("b/pyproject.toml", "[project]\nname = \"b\"\n", &[("uv.lock", uv)]));
}

#[test]
fn requirements_speak_for_what_they_list_or_were_made_of() {
    let asks = "[project]\ndependencies = [\"Demo_Web>=3\"]\n";
    let group = "[dependency-groups]\ndev = [\"jinja2==2.10\"]\n";
    let pins = [("requirements.txt", "demo-web==3.2.1\n")];
    assert!(locked("pyproject.toml", asks, &pins));
    assert!(!locked("pyproject.toml", group, &pins));
    assert!(!locked("pyproject.toml", "[tool.poetry.dependencies]\na = \"1\"\n", &pins));
    assert!(!locked("sub/pyproject.toml", asks, &pins));
    for path in ["setup.py", "Pipfile", "environment.yml"] {
        assert!(!locked(path, "install_requires=[\"jinja2\"]", &pins), "{path}");
    }
    assert!(locked("setup.py", "open(\"requirements.txt\")", &pins));
    let made = [("requirements/base.txt", "#    pip-compile requirements/base.in\na==1\n")];
    assert!(locked("requirements/base.in", "a\n", &made));
    assert!(!locked("requirements/other.in", "a\n", &made));
}

#[test]
fn a_manifest_that_asks_for_nothing_is_no_gap() {
    let asks = |path: &str, text: &str| seen_at(path).map(|it| it.concerns(text.as_bytes()));
    assert_eq!(asks("pyproject.toml", "[tool.ruff]\nline-length = 100\n"), Some(false));
    assert_eq!(asks("pyproject.toml", "[project]\ndependencies = [\"a\"]\n"), Some(true));
    assert_eq!(asks("package.json", "{\"type\": \"module\"}"), Some(false));
    assert_eq!(asks("package.json", "{\"devDependencies\": {}}"), Some(true));
}

#[test]
fn a_lockfile_of_npms_registry_speaks_for_the_members_of_its_workspace_alone() {
    let root = "{\"workspaces\": [\"packages/*\"], \"dependencies\": {}}";
    let asks = "{\"dependencies\": {\"a\": \"1\"}}";
    for (name, lockfile) in [
        ("package-lock.json", "{\"packages\": {\n  \"packages/own\": {}"),
        ("yarn.lock", "# yarn lockfile v1\n"),
        ("yarn.lock", "\"own@workspace:packages/own\":\n"),
        ("pnpm-lock.yaml", "importers:\n  packages/own:\n    dependencies:\n"),
    ] {
        let files = [("web/package.json", root), (&*format!("web/{name}"), lockfile)];
        for (path, is_locked) in [
            ("web/package.json", true),
            ("web/packages/own/package.json", true),
            ("web/packages/own/deeper/package.json", false),
            ("web/tools/package.json", false),
            ("package.json", false),
            ("web/node_modules/a/test/package.json", true),
        ] {
            assert_eq!(locked(path, asks, &files), is_locked, "{name} {path}");
        }
    }
}
