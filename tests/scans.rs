//! What a scan of a folder sees: everything that lists packages is read, or counted and named.

use crate::company::{Company, Report};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// The record about `demo-web`, which 3.2.1 mends.
const PYTHON_RECORD: &str = "DEMO-2026-0002";
const AFFECTED: &str = "demo-web==3.2.0\n";
const MENDED: &str = "demo-web==3.2.1\n";

/// A healthy company with a job `scan` over `app`, which holds these files.
fn company(files: &[(&str, &str)]) -> Company {
    let company = Company::healthy();
    company.write("jobs/scan.toml", "kind = \"advisory-scan\"\nsubjects = [\"app\"]\n");
    for (path, text) in files {
        company.write(&format!("app/{path}"), text);
    }
    company
}

/// Returns the files below `app` in which a rule was found, sorted.
fn places(report: &Report, rule: &str) -> Vec<String> {
    let findings = report.0["checks"][0]["findings"].as_array().unwrap().iter();
    let file = |location: &str| {
        let (path, line) = location.rsplit_once(':').unwrap_or((location, "0"));
        let path = if line.parse::<u32>().is_ok() { path } else { location };
        path.strip_prefix("app/").unwrap_or(path).to_owned()
    };
    let of_rule = findings.filter(|finding| finding["rule"] == rule);
    let mut places: Vec<String> =
        of_rule.map(|finding| file(finding["location"].as_str().unwrap())).collect();
    places.sort();
    places
}

fn metadata(version: &str) -> String {
    format!("Metadata-Version: 2.1\nName: demo-web\nVersion: {version}\n\n")
}

#[test]
fn lockfiles_of_other_formats_are_counted_and_named() {
    let company = company(&[
        ("requirements.txt", MENDED),
        ("mix.lock", "%{}\n"),
        ("web/bun.lockb", "{}"),
        ("web/package.json", "{\"dependencies\": {\"a\": \"1\"}}"),
        ("lib/old.whl", "PK"),
        ("rootfs/var/lib/rpm/rpmdb.sqlite", "SQLite"),
        ("tools/Cargo.toml", "[dependencies]\na = \"1\"\n"),
        ("tools/pyproject.toml", "[tool.ruff]\n"),
    ]);
    let report = company.run("scan", 3);
    assert_eq!(
        places(&report, "packages-not-read"),
        [
            "lib/old.whl",
            "mix.lock",
            "rootfs/var/lib/rpm/rpmdb.sqlite",
            "tools/Cargo.toml",
            "web/bun.lockb",
        ]
    );
    assert_eq!(report.finding("packages-not-read")["verdict"], "unknown");
}

/// Programs of Go and Rust list what they are built of in sections of these names. Nothing in a
/// program's name tells that.
#[test]
fn programs_are_judged_by_what_they_say_they_are_built_of() {
    let company = company(&[("requirements.txt", MENDED)]);
    company.write("app/main.c", "int main(void) { return 0; }\n");
    company.write("list", vec![b'x'; 100_000]);
    let run = |program: &str, words: &[&str]| {
        let done = Command::new(program).args(words).current_dir(company.folder()).status();
        assert!(done.unwrap().success(), "{program} {words:?}");
    };
    run("cc", &["-o", "app/plain", "app/main.c"]);
    run("objcopy", &["--add-section", ".other=list", "app/plain", "app/other"]);
    company.run("scan", 0);
    // As the real tools leave them, in the testdata of the formats.
    let formats = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let formats = formats.join("crates/sbom/src/formats");
    let go = formats.join("go_program/testdata/replaced/app.go-program");
    let rust = formats.join("auditable_program/testdata/app/app.auditable-program");
    for (section, list, name) in
        [(".go.buildinfo", &go, "app/server"), (".dep-v0", &rust, "app/tool")]
    {
        let section = format!("{section}={}", list.display());
        run("objcopy", &["--add-section", &section, "app/other", name]);
    }
    let java = formats.join("java_archive/testdata/web/app.war.java-archive");
    company.write("app/lib/web.war", fs::read(java).unwrap());
    let report = company.run("scan", 3);
    let packages = &report.0["checks"][0]["details"]["packages"];
    let counts = [&packages["Go"], &packages["crates.io"], &packages["Maven"]];
    assert_eq!(counts, [4, 2, 1], "{packages}");
    assert_eq!(places(&report, "entry-not-read"), ["lib/web.war!/WEB-INF/lib/old.jar"]);
    assert_eq!(places(&report, "packages-not-read"), [""; 0]);
    let job = "kind = \"advisory-scan\"\nsubjects = [\"app/tool\"]\n";
    company.write("jobs/tool.toml", job);
    let alone = company.run("tool", 0);
    assert_eq!(alone.0["checks"][0]["details"]["packages"]["crates.io"], 2);
    for (section, name) in [(".go.buildinfo", "app/server"), (".dep-v0", "app/tool")] {
        let section = format!("{section}=list");
        run("objcopy", &["--add-section", &section, "app/plain", name]);
    }
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "lockfile-unreadable"), ["server", "tool"]);
}

/// Of each: a list or a manifest beside one that is read and that does not speak for it.
#[test]
fn what_lists_packages_beside_a_list_that_is_read_is_named() {
    let named = [
        ("Chart.lock", "dependencies: []\n"),
        ("Directory.Packages.props", "<PackageVersion Include=\"a\" />"),
        ("Pipfile", "[packages]\njinja2 = \"==2.10\"\n"),
        ("bom.json", "{\"bomFormat\": \"CycloneDX\"}"),
        ("build.sbt", "libraryDependencies += \"a\""),
        ("cargo.lock", "version = 4\n"),
        ("conanfile.txt", "[requires]\na/1\n"),
        ("environment.yml", "dependencies:\n  - jinja2=2.10\n"),
        ("project.clj", "(defproject a \"1\" :dependencies [[b \"1\"]])"),
        ("pyproject.toml", "[dependency-groups]\ndev = [\"jinja2==2.10\"]\n"),
        ("requirements.TXT", "jinja2==2.10\n"),
        ("requirements.lock", "jinja2==2.10\n"),
        ("requirements/base.in", "jinja2==2.10\n"),
        ("setup.py", "setup(install_requires=[\"jinja2==2.10\"])"),
        ("sub/pyproject.toml", "[project]\ndependencies = [\"jinja2==2.10\"]\n"),
        ("vcpkg.json", "{\"dependencies\": [\"fmt\"]}"),
        ("vendor/modules.txt", "# a v1.0.0\n"),
        ("x.csproj", "<PackageReference Include=\"a\" Version=\"1\" />"),
    ];
    let company = company(&[("requirements.txt", MENDED)]);
    for (path, text) in named {
        company.write(&format!("app/{path}"), text);
        let report = company.run("scan", 3);
        assert_eq!(places(&report, "packages-not-read"), [path]);
        fs::remove_file(company.path(&format!("app/{path}"))).unwrap();
    }
    company.run("scan", 0);
}

/// What Maven's file lists is judged, and what that needs in turn is not known; of what a workflow uses
/// nobody knows anything where no source speaks of actions.
#[test]
fn what_is_asked_for_without_what_that_needs_is_named() {
    let company = company(&[("requirements.txt", MENDED)]);
    let asked = "<groupId>a</groupId><artifactId>b</artifactId><version>1</version>";
    let project = format!(
        "<project><modelVersion>4.0.0</modelVersion>{asked}<dependencies><dependency>{asked}\
         <scope>test</scope></dependency></dependencies></project>"
    );
    let (not_read, not_covered) = ("entry-not-read", "packages-not-covered");
    let used = "{steps: [{uses: actions/checkout@v4.1.1}]}";
    for (path, text, rule) in [
        ("pom.xml", project, not_read),
        (".github/workflows/ci.yml", format!("jobs: {{a: {used}}}\n"), not_covered),
        ("action.yml", format!("runs: {used}\n"), not_covered),
        (".github/workflows/a.yml", format!("jobs: {{a: {used}}}\n").replace(".1.1", ""), not_read),
    ] {
        company.write(&format!("app/{path}"), text);
        let report = company.run("scan", 3);
        let place = if rule == not_read { path } else { "GitHub Actions" };
        assert_eq!(places(&report, rule), [place]);
        fs::remove_file(company.path(&format!("app/{path}"))).unwrap();
    }
    company.run("scan", 0);
}

/// Python's own modules make the archives.
#[test]
fn archives_are_named_where_lists_of_packages_lie_within() {
    let company = company(&[
        ("requirements.txt", MENDED),
        ("jinja2-2.10/setup.py", "setup(name=\"jinja2\")"),
        ("package/package.json", "{\"name\": \"lodash\"}"),
        ("site/x-1.dist-info/METADATA", "Name: x\nVersion: 1\n"),
        ("figures/a.csv", "1,2\n"),
    ]);
    let pack = |name: &str, form: &str, folder: &str| {
        let code = "import shutil, sys; shutil.make_archive(*sys.argv[1:3], 'app', sys.argv[3])";
        let done = Command::new("python3")
            .args(["-c", code, &format!("app/{name}"), form, folder])
            .current_dir(company.folder())
            .status();
        assert!(done.unwrap().success(), "{name}");
    };
    pack("sdist", "gztar", "jinja2-2.10");
    pack("lodash", "tar", "package");
    pack("app", "zip", "site");
    pack("figures", "zip", "figures");
    pack("numbers", "gztar", "figures");
    pack("closed", "xztar", "figures");
    for folder in ["jinja2-2.10", "package", "site"] {
        fs::remove_dir_all(company.path(&format!("app/{folder}"))).unwrap();
    }
    let bytes = fs::read(company.path("app/numbers.tar.gz")).unwrap();
    company.write("app/cut.tar.gz", &bytes[..bytes.len() / 2]);
    let report = company.run("scan", 3);
    let left_out = report.0["checks"][0]["findings"].to_string();
    for name in ["sdist.tar.gz", "lodash.tar", "app.zip", "closed.tar.xz", "cut.tar.gz"] {
        assert!(left_out.contains(&format!("`app/{name}`")), "{name}: {left_out}");
    }
    for name in ["figures.zip", "numbers.tar.gz"] {
        assert!(!left_out.contains(name), "{name}: {left_out}");
    }
}

#[test]
fn a_folder_of_nothing_but_what_is_read_passes() {
    company(&[
        ("requirements.txt", MENDED),
        ("pyproject.toml", "[project]\ndependencies = [\"demo-web\"]\n"),
    ])
    .run("scan", 0);
}

#[test]
fn linked_files_within_the_folder_are_read_under_their_own_and_the_links_name() {
    let company = company(&[("shared/pins.txt", AFFECTED), ("store/one", &metadata("3.2.0"))]);
    fs::create_dir_all(company.path("app/web")).unwrap();
    fs::create_dir_all(company.path("app/lib/demo_web-3.2.0.dist-info")).unwrap();
    symlink("../shared/pins.txt", company.path("app/web/requirements.txt")).unwrap();
    let installed = company.path("app/lib/demo_web-3.2.0.dist-info/METADATA");
    symlink("../../store/one", installed).unwrap();
    let report = company.run("scan", 1);
    assert_eq!(
        places(&report, PYTHON_RECORD),
        ["lib/demo_web-3.2.0.dist-info/METADATA", "web/requirements.txt"]
    );
}

#[test]
fn a_linked_folder_is_read_under_the_links_name_and_nothing_twice() {
    let company = company(&[("pins/prod.txt", AFFECTED), ("other/requirements.txt", AFFECTED)]);
    symlink("pins", company.path("app/requirements")).unwrap();
    symlink("other", company.path("app/again")).unwrap();
    symlink("..", company.path("app/other/loop")).unwrap();
    let report = company.run("scan", 1);
    assert_eq!(places(&report, PYTHON_RECORD), ["other/requirements.txt", "requirements/prod.txt"]);
}

/// uv with `--link-mode symlink` installs links into its cache, which lies elsewhere.
#[test]
fn what_uv_linked_into_its_cache_is_read() {
    let company = company(&[]);
    let cached = "cache/archive-v0/x/demo_web-3.2.0.dist-info/METADATA";
    company.write(cached, metadata("3.2.0"));
    let folder = company.path("app/site-packages/demo_web-3.2.0.dist-info");
    fs::create_dir_all(&folder).unwrap();
    symlink(company.path(cached), folder.join("METADATA")).unwrap();
    let report = company.run("scan", 1);
    assert_eq!(places(&report, PYTHON_RECORD), ["site-packages/demo_web-3.2.0.dist-info/METADATA"]);
}

#[test]
fn other_links_out_of_the_folder_are_named_and_show_nothing() {
    let company = company(&[("requirements.txt", MENDED)]);
    company.write("secrets", "pa55word\n").write("elsewhere/requirements.txt", AFFECTED);
    fs::create_dir(company.path("app/web")).unwrap();
    symlink(company.path("secrets"), company.path("app/web/requirements.txt")).unwrap();
    symlink(company.path("elsewhere"), company.path("app/vendor")).unwrap();
    symlink("nowhere", company.path("app/uv.lock")).unwrap();
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "link-not-followed"), ["vendor", "web/requirements.txt"]);
    assert_eq!(places(&report, "folder-unreadable"), ["uv.lock"]);
    assert!(!report.0.to_string().contains("pa55word"));
}

#[test]
fn a_pipe_in_a_lockfiles_place_is_named() {
    let company = company(&[("requirements.txt", MENDED)]);
    let pipe = company.path("app/uv.lock");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(places(&company.run("scan", 3), "folder-unreadable"), ["uv.lock"]);
}

#[test]
fn included_requirements_are_read_in_the_same_check() {
    let company = company(&[
        ("requirements.txt", "-r pins/base\n--requirement=./requirements/more.txt\n"),
        ("pins/base", MENDED),
        ("requirements/more.txt", "demo-orm==5.0.1\n-r ../requirements.txt\n"),
    ]);
    let report = company.run("scan", 0);
    assert_eq!(report.0["checks"][0]["population"]["examined"], 2, "{:#}", report.0);
    company.write("app/pins/base", AFFECTED);
    assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), ["pins/base"]);
    company.write(
        "jobs/scan.toml",
        "kind = \"advisory-scan\"\nsubjects = [\"app/requirements.txt\"]\n",
    );
    assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), ["pins/base"]);
}

#[test]
fn an_index_holds_for_all_files_that_are_read_together() {
    let index = "--index-url https://pypi.shop.example/simple\n";
    for (outer, inner) in [(index, ""), ("", index)] {
        let company = company(&[
            ("requirements.txt", &format!("{outer}-r pins/base\ndemo-orm==5.0.1\n")),
            ("pins/base", &format!("{inner}-r requirements-more.txt\n")),
            ("pins/requirements-more.txt", MENDED),
            ("other/requirements.txt", MENDED),
        ]);
        for (subject, examined) in [("app", 1), ("app/requirements.txt", 0)] {
            let job = format!("kind = \"advisory-scan\"\nsubjects = [\"{subject}\"]\n");
            company.write("jobs/scan.toml", job);
            let report = company.run("scan", 3);
            assert_eq!(
                places(&report, "package-from-elsewhere"),
                ["pins/requirements-more.txt", "requirements.txt"],
                "{subject} {outer}"
            );
            assert_eq!(report.0["checks"][0]["population"]["examined"], examined, "{subject}");
        }
    }
}

/// Lists what pip reads in the requirements file at `path`, without what only constrains.
fn read_by_pip(path: &Path) -> String {
    const SCRIPT: &str = "import sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
print([it.requirement for it in parse_requirements(sys.argv[1], PipSession()) if not it.constraint])";
    let output = Command::new("python3").args(["-c", SCRIPT]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn whatever_pip_finds_in_a_requirements_file_is_looked_up() {
    let pinned = "demo-web==3.2.0";
    let files: [(&[u8], &str); 8] = [
        (b"# a note\rdemo-web==3.2.0\n", ""),
        (b"# section\x0cdemo-web==3.2.0\n", ""),
        (b"demo-app==1 # x\xe2\x80\xa8demo-web==3.2.0\n", ""),
        (b"# -*- coding: latin-1 -*-\ndemo-app==1\n# \x85demo-web==3.2.0\n", ""),
        (b"--pre -r base.txt\n", pinned),
        (b"-c constraints.txt -r base.txt\n", pinned),
        (b"-c base.txt\n", "-r more.txt\n"),
        (b"--requirem 'base.txt'\n", pinned),
    ];
    for (text, base) in files {
        let company = company(&[("constraints.txt", "# none\n"), ("base.txt", base)]);
        company.write("app/more.txt", AFFECTED).write("app/requirements.txt", text);
        let pip = read_by_pip(&company.path("app/requirements.txt"));
        assert!(pip.contains(pinned), "{pip}");
        assert!(!places(&company.run("scan", 1), PYTHON_RECORD).is_empty(), "{text:?}");
    }
}

#[test]
fn constraints_say_where_packages_come_from() {
    for (requirements, constraints, rule) in [
        (
            "demo-web==3.2.1\n-c c.txt\n",
            "-i https://pypi.corp.example/simple\n",
            "package-from-elsewhere",
        ),
        (
            "demo-web==3.2.1\n-c c.txt\n",
            "demo-web @ https://evil.example/a.whl\n",
            "entry-not-read",
        ),
        ("demo-web==3.2.1\n-c c.txt\n", "-c d.txt\n", "entry-not-read"),
        ("demo-web==3.2.1\n-c absent.txt\n", "", "entry-not-read"),
        (
            "--trusted-host h --index-url https://h/simple\ndemo-web==3.2.1\n",
            "",
            "package-from-elsewhere",
        ),
        ("demo-web==3.2.1\n--no-binary :all: -e git+https://h/a.git#egg=a\n", "", "entry-not-read"),
        ("demo-web==3.2.1;other==1\n", "", "entry-not-read"),
    ] {
        let company = company(&[("requirements.txt", requirements), ("c.txt", constraints)]);
        let report = company.run("scan", 3);
        assert_eq!(places(&report, rule).len(), 1, "{requirements} {:#}", report.0);
    }
    // What only limits versions, however often it is named, is as good as nothing.
    let again = "-c c.txt\n-c c.txt\ndemo-web==3.2.1\n";
    let bounds = "demo-web<4\nother>=1 ; python_version < '3'\n-c c.txt\n";
    company(&[("requirements.txt", again), ("c.txt", bounds)]).run("scan", 0);
}

#[test]
fn a_clone_that_pip_installed_for_development_is_from_elsewhere() {
    let company = company(&[
        (".venv/src/demo/setup.py", ""),
        (".venv/src/demo/demo_web.egg-info/PKG-INFO", &metadata("3.2.1")),
    ]);
    let clone = company.path("app/.venv/src/demo");
    assert!(Command::new("git").args(["init", "-q"]).arg(&clone).status().unwrap().success());
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "package-from-elsewhere").len(), 1);
}

#[test]
fn a_projects_own_metadata_is_no_package_of_the_index() {
    let affected = metadata("3.2.0");
    let company = company(&[
        ("requirements.txt", MENDED),
        ("pyproject.toml", "[project]\nname = \"demo-web\"\n"),
        ("src/demo_web.egg-info/PKG-INFO", &affected),
    ]);
    let report = company.run("scan", 3);
    assert_eq!(report.0["checks"][0]["population"]["examined"], 1, "{:#}", report.0);
    assert_eq!(report.finding(PYTHON_RECORD)["verdict"], "unknown", "it may be that package");
    assert_eq!(places(&report, "own-packages"), ["src/demo_web.egg-info/PKG-INFO"]);
    company.write("app/src/demo_web.egg-info/PKG-INFO", metadata("3.2.1"));
    let report = company.run("scan", 0);
    assert_eq!(places(&report, "own-packages").len(), 1);
    // An unpacked release of the index, and what pip has installed, are not the project's own.
    company.write("app/third/demo/setup.py", "").write("app/third/demo/PKG-INFO", &affected);
    company.write("app/third/demo/demo_web.egg-info/PKG-INFO", &affected);
    company.write("app/lib/site-packages/demo_web.egg-info/PKG-INFO", &affected);
    company.write("app/src/demo_web.egg-info/PKG-INFO", metadata("3.2.1"));
    assert_eq!(
        places(&company.run("scan", 1), PYTHON_RECORD),
        ["lib/site-packages/demo_web.egg-info/PKG-INFO", "third/demo/demo_web.egg-info/PKG-INFO"]
    );
}

#[test]
fn what_cannot_be_included_is_unknown_and_not_shown() {
    let company = company(&[
        (
            "requirements.txt",
            "-r absent.txt\n-r ../secrets\n-r /etc/passwd\n-r https://h/a.txt\n-r link\n",
        ),
        ("uv.txt", ""),
    ]);
    company.write("secrets", "pa55word\n");
    symlink("../secrets", company.path("app/link")).unwrap();
    for subject in ["app", "app/requirements.txt"] {
        let job = format!("kind = \"advisory-scan\"\nsubjects = [\"{subject}\"]\n");
        company.write("jobs/scan.toml", job);
        let report = company.run("scan", 3);
        assert_eq!(places(&report, "entry-not-read").len(), 5, "{subject}");
        assert!(!report.0.to_string().contains("pa55word"));
    }
}

#[test]
fn requirements_in_utf_16_and_32_are_read_as_pip_does() {
    for encoding in ["utf-16", "utf-16-be", "utf-32"] {
        let company = company(&[]);
        let script = "import codecs, sys\n\
            mark = codecs.BOM_UTF16_BE if sys.argv[2] == 'utf-16-be' else b''\n\
            open(sys.argv[1], 'wb').write(mark + 'demo-web==3.2.0\\r\\n'.encode(sys.argv[2]))";
        fs::create_dir(company.path("app")).unwrap();
        let path = company.path("app/requirements.txt");
        let made = Command::new("python3").args(["-c", script]).arg(path).arg(encoding).status();
        assert!(made.unwrap().success());
        assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), ["requirements.txt"]);
    }
}

const STATUS: &str = "Package: python3-demo-web\nStatus: install ok installed\nArchitecture: all\n\
    Source: demo-web\nVersion: 3.2.0-1+deb13u4\n\n";

#[test]
fn the_root_folder_of_a_system_without_its_database_is_unknown() {
    let release = "ID=debian\nVERSION_ID=\"13\"\n";
    let python = "usr/lib/python3/dist-packages/demo_web-3.2.0.egg-info/PKG-INFO";
    let company = company(&[
        ("etc/os-release", release),
        ("requirements.txt", MENDED),
        ("var/lib/dpkg/status", ""),
        ("opt/v/a-1.dist-info/RECORD", ""),
    ]);
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "packages-not-read"), ["opt/v/a-1.dist-info/RECORD"]);
    fs::remove_dir_all(company.path("app/opt")).unwrap();
    assert_eq!(places(&company.run("scan", 3), "package-database-missing").len(), 1);
    // A list of files proves whose a file is; the package's name does where there are no lists.
    let text = metadata("3.2.0");
    company.write("app/var/lib/dpkg/status", STATUS).write(&format!("app/{python}"), text);
    company.run("scan", 0);
    let list = company.path("app/var/lib/dpkg/info/python3-demo-web.list");
    company.write("app/var/lib/dpkg/info/python3-demo-web.list", "/.\n/usr\n");
    assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), [python]);
    fs::write(&list, format!("/.\n/{python}\n")).unwrap();
    company.run("scan", 0);
    company.write("app/var/lib/dpkg/info/openssl.list", "/usr/bin/openssl\n");
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "package-database-cut"), ["var/lib/dpkg/info/openssl.list"]);
}

#[test]
fn a_lockfile_speaks_for_its_own_manifest_and_its_members_alone() {
    let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n\n\
        [[package]]\nname = \"member\"\nversion = \"0.1.0\"\n";
    let manifest =
        |name: &str| format!("[package]\nname = \"{name}\"\n[dependencies]\na = \"1\"\n");
    let company = company(&[
        ("requirements.txt", MENDED),
        ("Cargo.lock", lock),
        ("Cargo.toml", &manifest("app")),
        ("crates/member/Cargo.toml", &manifest("member")),
        ("tools/gen/Cargo.toml", &manifest("gen")),
        ("pyproject.toml", "[project]\nname = \"web\"\ndependencies = [\"demo-web\"]\n"),
        ("services/api/pyproject.toml", "[project]\nname = \"api\"\ndependencies = [\"a\"]\n"),
    ]);
    let report = company.run("scan", 3);
    assert_eq!(
        places(&report, "packages-not-read"),
        ["services/api/pyproject.toml", "tools/gen/Cargo.toml"]
    );
}

#[test]
fn the_root_folder_of_a_system_is_judged_with_its_distribution() {
    let python = "usr/lib/python3/dist-packages/demo_web-3.2.0.egg-info/PKG-INFO";
    let release = "ID=debian\nVERSION_ID=\"13\"\n";
    let text = metadata("3.2.0");
    let company = company(&[
        ("usr/lib/os-release", release),
        ("var/lib/dpkg/status", STATUS),
        (python, &text),
    ]);
    fs::create_dir(company.path("app/etc")).unwrap();
    symlink("/usr/lib/os-release", company.path("app/etc/os-release")).unwrap();
    let report = company.run("scan", 0);
    assert_eq!(report.finding("python-of-dpkg")["verdict"], "pass");
    let affected = "Package: libdemo-tls3\nStatus: install ok installed\nSource: demo-tls\n\
        Architecture: amd64\nVersion: 3.0.2-1\n\n";
    company.write("app/var/lib/dpkg/status", format!("{STATUS}{affected}"));
    assert_eq!(places(&company.run("scan", 1), "DEMO-2026-0003"), ["var/lib/dpkg/status"]);
    company.remove("app/var/lib/dpkg/status");
    assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), [python]);
}

#[test]
fn what_a_system_names_as_its_own_is_judged_as_the_distributions() {
    let python = "usr/lib/python3.12/site-packages/demo_web-3.2.0.dist-info";
    let record = format!("{python}/METADATA");
    // The database is a file of a package, too.
    let apk = "P:py3-demo-web\nV:3.2.0-r1\nA:x86_64\nF:lib/apk/db\nR:installed\n";
    let text = metadata("3.2.0");
    let company = company(&[
        ("etc/os-release", "ID=alpine\nVERSION_ID=3.22.1\n"),
        ("lib/apk/db/installed", &format!("{apk}F:{python}\nR:METADATA\n\n")),
        (&record, &text),
    ]);
    // No source of the demo speaks of Alpine.
    let report = company.run("scan", 3);
    assert_eq!(report.finding("packages-of-system")["verdict"], "pass");
    assert_eq!(report.0["checks"][0]["details"]["packages"]["Alpine:v3.22"], 1);
    assert_eq!(places(&report, PYTHON_RECORD), [""; 0]);
    company.write("app/lib/apk/db/installed", format!("{apk}\n"));
    assert_eq!(places(&company.run("scan", 1), PYTHON_RECORD), [record]);
    // A database that says no more than half is no whole one.
    company.remove(&format!("app/{python}/METADATA"));
    company.write("app/lib/apk/db/installed", apk);
    assert_eq!(company.run("scan", 3).finding("entry-not-read")["verdict"], "unknown");
}

/// Debian's `/lib` is a link to `/usr/lib`: what was found by the one name is not missed by the other.
#[test]
fn what_a_linked_folder_shows_again_is_told_of_once() {
    let record = "usr/lib/v/demo_web-3.2.1.dist-info";
    let text = metadata("3.2.1");
    let company =
        company(&[(&format!("{record}/METADATA"), &text), (&format!("{record}/RECORD"), "x\n")]);
    symlink("usr/lib", company.path("app/lib")).unwrap();
    company.run("scan", 0);
}

/// A project of pip's own kind that needs no network and no build tool.
fn project(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let project =
        "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
    fs::write(folder.join("pyproject.toml"), project).unwrap();
    let backend = r#"
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "demo_web-3.2.0.dist-info/"
    with zipfile.ZipFile(f"{folder}/demo_web-3.2.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: demo-web\nVersion: 3.2.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return "demo_web-3.2.0-py3-none-any.whl"
build_editable = build_wheel
"#;
    fs::write(folder.join("backend.py"), backend).unwrap();
}

/// Installs with pip into `to`.
fn pip(arguments: &[&str], to: &Path) {
    const ALWAYS: [&str; 9] = [
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "--no-cache-dir",
    ];
    let mut command = Command::new("python3");
    let output = command.args(ALWAYS).arg("--prefix").arg(to).args(arguments).output();
    let worked = output.as_ref().is_ok_and(|output| output.status.success());
    assert!(worked, "there must be a python3 with a pip that installs: {output:?}");
}

#[test]
fn what_pip_installed_from_a_folder_is_the_projects_own() {
    for arguments in [&["-e"][..], &[]] {
        let company = company(&[]);
        project(&company.path("own"));
        let own = company.path("own");
        let arguments = [arguments, &[own.to_str().unwrap()]].concat();
        pip(&arguments, &company.path("app"));
        let report = company.run("scan", 3);
        assert_eq!(places(&report, "own-packages").len(), 1);
        assert_eq!(places(&report, "package-from-elsewhere").len(), 0);
        let found = report.finding(PYTHON_RECORD);
        assert_eq!(found["verdict"], "unknown", "it may be a copy of PyPI's package");
    }
}

#[test]
fn what_pip_installed_from_a_wheel_at_hand_is_from_elsewhere() {
    let company = company(&[]);
    project(&company.path("own"));
    let script = "import backend; backend.build_wheel('.')";
    let made =
        Command::new("python3").args(["-c", script]).current_dir(company.path("own")).status();
    assert!(made.unwrap().success());
    let wheel = company.path("own/demo_web-3.2.0-py3-none-any.whl");
    pip(&[wheel.to_str().unwrap()], &company.path("app"));
    let report = company.run("scan", 3);
    assert_eq!(places(&report, "package-from-elsewhere").len(), 1);
    assert_eq!(report.finding(PYTHON_RECORD)["verdict"], "unknown");
}
