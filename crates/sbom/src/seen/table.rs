//! Every kind of file that is recognised and not read.

use super::manifest::{Lockfile, Manifest, gem_lists, npm_lists, pnpm_lists, yarn_lists};
use super::{Names, Seen};
use Lockfile::{Beside, OfFolders, OfMembers, Requirements, Unread, Within};

const PYTHON: Manifest = Manifest {
    lockfiles: &[
        OfMembers("uv.lock"),
        Beside("poetry.lock"),
        Beside("pdm.lock"),
        Beside("pylock.toml"),
        Unread("pixi.lock"),
        Requirements,
    ],
    // Many a `pyproject.toml` only configures tools.
    marks: &["dependenc", "requires", "packages"],
};
const REQUIREMENTS: Manifest =
    Manifest { lockfiles: &[OfMembers("uv.lock"), Requirements], marks: &[] };
const PIPFILE: Manifest = Manifest { lockfiles: &[Beside("Pipfile.lock")], marks: &["packages"] };
const CONDA: Manifest = Manifest {
    lockfiles: &[Unread("conda-lock.yml"), Unread("pixi.lock")],
    marks: &["dependencies"],
};
const NODE: Manifest = Manifest {
    lockfiles: &[
        Within("node_modules"),
        OfFolders("package-lock.json", npm_lists),
        OfFolders("npm-shrinkwrap.json", npm_lists),
        OfFolders("yarn.lock", yarn_lists),
        OfFolders("pnpm-lock.yaml", pnpm_lists),
        OfFolders("bun.lock", npm_lists),
        Unread("bun.lockb"),
    ],
    marks: &["ependencies\""],
};
const DENO: Manifest = Manifest {
    lockfiles: &[OfFolders("deno.lock", npm_lists)],
    marks: &["\"imports\"", "npm:", "jsr:"],
};
const NUGET: Manifest = Manifest {
    lockfiles: &[Beside("packages.lock.json"), Unread("project.assets.json")],
    marks: &["PackageReference", "PackageVersion", "PackageDownload"],
};

/// Every kind there is; the first that fits holds.
pub(super) const SEEN: &[Seen] = &[
    // Of operating systems.
    // The formats read databases at the root alone, where their release is known.
    seen(
        "rpm packages of a root folder within",
        Names::Path(&[
            "var/lib/rpm/Packages",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/Packages",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            "usr/share/rpm/Packages",
            "usr/share/rpm/Packages.db",
            "usr/share/rpm/rpmdb.sqlite",
        ]),
    ),
    // What the builders of Azure Linux's distroless images leave of it.
    seen("rpm packages", Names::Path(&["var/lib/rpmmanifest/container-manifest-2"])),
    seen("rpm packages in archives", Names::Ending(&[".rpm"])),
    seen("apk packages of a root folder within", Names::Path(&["lib/apk/db/installed"])),
    seen("apk packages in archives", Names::Ending(&[".apk"])),
    seen("opkg packages", Names::Path(&["usr/lib/opkg/status", "var/lib/opkg/status"])),
    seen("opkg packages", Names::Ending(&[".ipk", ".opk"])),
    seen("dpkg packages of a root folder within", Names::Path(&["var/lib/dpkg/status"])),
    seen("dpkg packages of a root folder within", Names::Below("var/lib/dpkg/status.d", &[""])),
    seen("dpkg packages in archives", Names::Ending(&[".deb", ".udeb"])),
    seen("pacman packages", Names::Below("var/lib/pacman/local", &["desc"])),
    seen(
        "pacman packages",
        Names::Ending(&[".pkg.tar.zst", ".pkg.tar.xz", ".pkg.tar.gz", ".pkg.tar"]),
    ),
    seen("Portage packages", Names::Below("var/db/pkg", &["CONTENTS"])),
    seen("snap packages", Names::Below("var/lib/snapd/snaps", &[".snap"])),
    seen("Flatpak packages", Names::Ending(&[".flatpak"])),
    seen("programs with all that they need in an image", Names::Ending(&[".AppImage"])),
    seen("Nix packages", Names::Path(&["nix/var/nix/db/db.sqlite"])),
    seen("Nix packages", Names::File(&["flake.lock"])),
    seen("Nix packages", Names::Path(&["npins/sources.json"])),
    seen("Homebrew packages", Names::File(&["Brewfile.lock.json", "INSTALL_RECEIPT.json"])),
    // Of languages: what is installed, locked or packed.
    seen(
        "npm packages",
        Names::File(&[
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
            ".pnp.cjs",
            "bower.json",
        ]),
    ),
    seen(
        "Go modules",
        Names::File(&["go.mod", "go.work", "go.work.sum", "Gopkg.lock", "glide.lock"]),
    ),
    seen("Ruby gems", Names::File(&["Gemfile.lock", "gems.locked"])),
    seen("Ruby gems", Names::Below("specifications", &[".gemspec"])),
    seen("Ruby gems", Names::Ending(&[".gem"])),
    seen("Composer packages", Names::File(&["composer.lock"])),
    seen("Composer packages", Names::Path(&["vendor/composer/installed.json"])),
    seen("PHP packages in archives", Names::Ending(&[".phar"])),
    seen(
        "Python packages of another lockfile format",
        Names::File(&["poetry.lock", "Pipfile.lock", "pdm.lock"]),
    ),
    // PEP 751: `pylock.toml` and `pylock.NAME.toml`.
    seen("Python packages of another lockfile format", Names::Pylock),
    // pip reads whatever it is told to; the format reads names in lower case.
    seen(
        "Python packages of another lockfile format",
        Names::Requirements(&[".lock", ".txt", ".pip"]),
    ),
    seen("Python packages of another lockfile format", Names::File(&["uv.lock"])),
    seen("Python packages in archives", Names::Ending(&[".whl", ".egg", ".pyz", ".pex"])),
    seen("conda packages", Names::Below("conda-meta", &[".json"])),
    seen("conda packages", Names::File(&["pixi.lock", "conda-lock.yml", "conda-lock.yaml"])),
    seen("conda packages", Names::Ending(&[".conda"])),
    seen(
        "Java packages",
        Names::File(&[
            "gradle.lockfile",
            "buildscript-gradle.lockfile",
            "maven_install.json",
            "ivy.xml",
        ]),
    ),
    seen(
        "NuGet packages",
        Names::File(&[
            "packages.lock.json",
            "packages.config",
            "project.assets.json",
            "paket.lock",
            "paket.dependencies",
        ]),
    ),
    seen("NuGet packages", Names::Ending(&[".deps.json", ".nupkg"])),
    seen("Rust crates", Names::File(&["cargo.lock"])),
    seen("Rust crates", Names::Ending(&[".crate"])),
    seen("Hex packages", Names::File(&["mix.lock", "rebar.lock"])),
    seen("Dart packages", Names::File(&["pubspec.lock"])),
    seen("Swift packages", Names::File(&["Package.resolved", "Cartfile.resolved"])),
    seen("CocoaPods packages", Names::File(&["Podfile.lock"])),
    seen("Conan packages", Names::File(&["conan.lock"])),
    seen("C and C++ packages", Names::Path(&["vcpkg/status"])),
    seen("R packages", Names::File(&["renv.lock", "packrat.lock"])),
    seen("Haskell packages", Names::File(&["stack.yaml.lock", "cabal.project.freeze"])),
    seen("Julia packages", Names::File(&["Manifest.toml", "JuliaManifest.toml"])),
    seen("Perl packages", Names::File(&["cpanfile.snapshot"])),
    seen("Lua packages", Names::File(&["luarocks.lock"])),
    seen("Elm packages", Names::File(&["elm.json", "elm-package.json"])),
    seen("OCaml packages", Names::Ending(&[".opam.locked"])),
    seen("Zig packages", Names::File(&["build.zig.zon"])),
    seen("Bazel modules", Names::File(&["MODULE.bazel", "MODULE.bazel.lock"])),
    seen("Terraform providers", Names::File(&[".terraform.lock.hcl"])),
    seen("Helm charts", Names::File(&["Chart.lock"])),
    seen("Visual Studio Code extensions", Names::Ending(&[".vsix"])),
    // In a folder, those in CycloneDX JSON are read where they can be.
    seen(
        "packages in SBOMs",
        Names::Ending(&[
            "bom.json",
            "bom.xml",
            ".cdx.json",
            ".cdx.xml",
            ".spdx.json",
            ".spdx.yaml",
            ".spdx.yml",
            ".spdx.rdf",
            ".spdx.xml",
            ".spdx",
            ".syft.json",
        ]),
    ),
    // What people write.
    manifest(
        "Rust crates without a lockfile",
        &["Cargo.toml"],
        &Manifest { lockfiles: &[OfMembers("Cargo.lock")], marks: &["dependencies"] },
    ),
    manifest(
        "Python packages without a lockfile",
        &["pyproject.toml", "setup.py", "setup.cfg"],
        &PYTHON,
    ),
    manifest("Python packages without a lockfile", &["Pipfile"], &PIPFILE),
    Seen {
        what: "Python packages without a lockfile",
        names: Names::Requirements(&[".in"]),
        manifest: Some(&REQUIREMENTS),
    },
    manifest(
        "conda packages without a lockfile",
        &["environment.yml", "environment.yaml", "pixi.toml"],
        &CONDA,
    ),
    manifest("npm packages without a lockfile", &["package.json"], &NODE),
    manifest("npm packages without a lockfile", &["deno.json", "deno.jsonc"], &DENO),
    manifest(
        "Go modules without their `go.mod`",
        &["go.sum"],
        &Manifest { lockfiles: &[Beside("go.mod")], marks: &[] },
    ),
    Seen {
        what: "Go modules without their `go.mod`",
        names: Names::Path(&["vendor/modules.txt"]),
        manifest: Some(&Manifest {
            lockfiles: &[OfFolders("go.mod", |_, _, folder| folder == "vendor")],
            marks: &[],
        }),
    },
    manifest(
        "Ruby gems without a lockfile",
        &["Gemfile", "gems.rb"],
        &Manifest { lockfiles: &[Beside("Gemfile.lock"), Beside("gems.locked")], marks: &[] },
    ),
    Seen {
        what: "Ruby gems without a lockfile",
        names: Names::Ending(&[".gemspec"]),
        manifest: Some(&Manifest {
            lockfiles: &[OfFolders("Gemfile.lock", gem_lists), OfFolders("gems.locked", gem_lists)],
            marks: &["_dependency"],
        }),
    },
    manifest(
        "Composer packages without a lockfile",
        &["composer.json"],
        &Manifest { lockfiles: &[Beside("composer.lock")], marks: &["\"require"] },
    ),
    manifest(
        "Java packages without a lockfile",
        &["build.gradle", "build.gradle.kts", "libs.versions.toml"],
        &Manifest {
            lockfiles: &[OfFolders("gradle.lockfile", |_, _, folder| folder == "gradle")],
            marks: &["ependenc", "[libraries]"],
        },
    ),
    manifest(
        "Java packages without a lockfile",
        &["build.sbt", "build.sc", "project.clj", "deps.edn"],
        &Manifest {
            lockfiles: &[],
            marks: &["ibraryDependencies", "ivyDeps", ":dependencies", ":deps"],
        },
    ),
    Seen {
        what: "NuGet packages without a lockfile",
        names: Names::Ending(&[".csproj", ".fsproj", ".vbproj", ".vcxproj", ".props", ".targets"]),
        manifest: Some(&NUGET),
    },
    manifest(
        "Hex packages without a lockfile",
        &["mix.exs", "rebar.config"],
        &Manifest { lockfiles: &[Unread("mix.lock"), Unread("rebar.lock")], marks: &["deps"] },
    ),
    manifest(
        "Dart packages without a lockfile",
        &["pubspec.yaml"],
        &Manifest { lockfiles: &[Beside("pubspec.lock")], marks: &["dependencies"] },
    ),
    manifest(
        "Swift packages without a lockfile",
        &["Package.swift"],
        &Manifest { lockfiles: &[Beside("Package.resolved")], marks: &[".package("] },
    ),
    manifest(
        "Swift packages without a lockfile",
        &["Podfile", "Cartfile"],
        &Manifest {
            lockfiles: &[Unread("Podfile.lock"), Unread("Cartfile.resolved")],
            marks: &["pod ", "git"],
        },
    ),
    manifest(
        "C and C++ packages without a lockfile",
        &["vcpkg.json", "conanfile.txt", "conanfile.py"],
        &Manifest { lockfiles: &[Beside("conan.lock")], marks: &["dependencies", "require"] },
    ),
    manifest(
        "Haskell packages without a lockfile",
        &["stack.yaml"],
        &Manifest {
            lockfiles: &[Unread("stack.yaml.lock")],
            marks: &["extra-deps", "resolver", "snapshot"],
        },
    ),
    Seen {
        what: "Haskell packages without a lockfile",
        names: Names::Ending(&[".cabal"]),
        manifest: Some(&Manifest {
            lockfiles: &[Unread("stack.yaml.lock"), Unread("cabal.project.freeze")],
            marks: &["build-depends"],
        }),
    },
    manifest(
        "Perl packages without a lockfile",
        &["cpanfile"],
        &Manifest { lockfiles: &[Unread("cpanfile.snapshot")], marks: &["requires"] },
    ),
    manifest(
        "R packages without a lockfile",
        &["DESCRIPTION"],
        &Manifest { lockfiles: &[Unread("renv.lock")], marks: &["Imports:", "Depends:"] },
    ),
    manifest(
        "Helm charts without a lockfile",
        &["Chart.yaml"],
        &Manifest { lockfiles: &[Unread("Chart.lock")], marks: &["dependencies:"] },
    ),
];

const fn seen(what: &'static str, names: Names) -> Seen {
    Seen { what, names, manifest: None }
}

const fn manifest(
    what: &'static str,
    names: &'static [&'static str],
    manifest: &'static Manifest,
) -> Seen {
    Seen { what, names: Names::File(names), manifest: Some(manifest) }
}
