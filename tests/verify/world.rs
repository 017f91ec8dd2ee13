//! What these tests share: a folder in which the real tools sign, a private Sigstore deployment,
//! and the reading of verdicts.

use crate::command::{Beleg, Output};
use crate::company::{empty_folder, text};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Who signs in the private Sigstore deployment, unless a test says otherwise.
pub(crate) const ALICE: &str = "alice@world.test";
/// Who vouches for Alice there.
pub(crate) const ISSUER: &str = "https://identity.world.test";

/// A folder with files and keys, in which tools run apart from the user's configuration.
pub(crate) struct Workshop(TempDir);

/// A private Sigstore deployment, made by `tests/worlds` with fresh keys.
pub(crate) struct Sigstore(TempDir);

/// What `beleg verify … --format json` said.
#[derive(Debug)]
pub(crate) struct Judged(pub(crate) Value);

impl Workshop {
    pub(crate) fn new() -> Self {
        let workshop = Self(empty_folder());
        let home = workshop.write("home/.gnupg/gpg.conf", "batch\nyes\npinentry-mode loopback\n");
        fs::set_permissions(home.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        workshop
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes a file, with its folders, and returns its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs a tool with words that are split at spaces, and returns what it said.
    #[track_caller]
    pub(crate) fn tool(&self, program: &str, words: &str) -> Vec<u8> {
        self.tool_with(program, &words.split_whitespace().collect::<Vec<_>>(), b"")
    }

    /// Runs a tool, which must succeed.
    #[track_caller]
    pub(crate) fn tool_with(&self, program: &str, words: &[&str], stdin: &[u8]) -> Vec<u8> {
        let output = self.tried(program, words, stdin);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {words:?}: {errors}");
        output.stdout
    }

    /// Runs a tool, which may fail.
    #[track_caller]
    pub(crate) fn tried(
        &self,
        program: &str,
        words: &[&str],
        stdin: &[u8],
    ) -> std::process::Output {
        let mut child = tool(program)
            .args(words)
            .current_dir(self.folder())
            .env("HOME", self.path("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`{program}` must be installed: {error}"));
        let mut pipe = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            // A tool that does not read its input is no fault of the test.
            scope.spawn(move || pipe.write_all(stdin));
            child.wait_with_output().unwrap()
        })
    }

    /// Begins `beleg verify …` in this folder.
    pub(crate) fn verify(&self, words: &str) -> Beleg {
        let temporary = self.path("tmp");
        fs::create_dir_all(&temporary).unwrap();
        Beleg::anywhere()
            .env("HOME", self.path("home"))
            .env("TMPDIR", temporary)
            .current_dir(self.folder())
            .arg("verify")
            .args(words)
    }

    /// Verifies, with this exit code in the end.
    #[track_caller]
    pub(crate) fn judged(&self, words: &str, code: i32) -> Judged {
        Judged::of(self.verify(words), code)
    }

    /// Makes a key pair with openssl, `NAME.pem` and `NAME.pub`.
    pub(crate) fn openssl_key(&self, name: &str, options: &str) {
        self.tool("openssl", &format!("genpkey -quiet -out {name}.pem {options}"));
        self.tool("openssl", &format!("pkey -in {name}.pem -pubout -out {name}.pub"));
    }
}

impl Sigstore {
    /// One world for all tests: its logs grow, its keys stay. Nothing ends it but the end of the
    /// process, so that its folder is removed by the next run.
    pub(crate) fn shared() -> &'static Self {
        static WORLD: OnceLock<Sigstore> = OnceLock::new();
        WORLD.get_or_init(|| {
            let world = Self::new();
            let parent = world.0.path().parent().unwrap();
            let note = |process: u32| parent.join(format!("beleg-world-{process}"));
            for entry in fs::read_dir(parent).unwrap().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let process = name.strip_prefix("beleg-world-").and_then(|p| p.parse().ok());
                let ended = process.filter(|p: &u32| !Path::new(&format!("/proc/{p}")).exists());
                if let Some(process) = ended {
                    let folder = fs::read_to_string(note(process)).unwrap_or_default();
                    if folder.starts_with(".tmp") && !folder.contains('/') {
                        let _ = fs::remove_dir_all(parent.join(folder));
                    }
                    let _ = fs::remove_file(note(process));
                }
            }
            let name = world.0.path().file_name().unwrap().to_str().unwrap();
            fs::write(note(std::process::id()), name).unwrap();
            world
        })
    }

    /// A world of strangers.
    pub(crate) fn new() -> Self {
        let world = Self(empty_folder());
        world.run("new", &[]);
        world
    }

    /// Returns a file of the world, such as `tsa.pem`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("world").join(name)
    }

    /// Returns the trusted root's path, to be put on a command line.
    pub(crate) fn root(&self) -> String {
        self.path("trusted_root.json").to_str().unwrap().to_owned()
    }

    /// Returns the options that let Alice sign.
    pub(crate) fn trusting_alice(&self) -> String {
        format!(
            "--trusted-root {} --certificate-identity {ALICE} --certificate-oidc-issuer {ISSUER}",
            self.root()
        )
    }

    /// Runs a command of the world.
    #[track_caller]
    pub(crate) fn run(&self, command: &str, options: &[&str]) {
        let output = python()
            .args(["-m", "worlds.sigstore_world", command])
            .arg(self.path(""))
            .args(options)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap_or_else(|error| panic!("python3 must be installed: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command} {options:?}: {errors}");
    }

    /// Signs an SBOM within itself, with the key that it then carries.
    #[track_caller]
    pub(crate) fn jsf(document: &Path, key: &Path, out: &Path) {
        let output = python()
            .args(["-m", "worlds.jsf", "--embed-key", "--document"])
            .arg(document)
            .arg("--key")
            .arg(key)
            .arg("--out")
            .arg(out)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap_or_else(|error| panic!("python3 must be installed: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Signs a file with `sign`, `sign-key`, `pep740` or another command that takes one, options
    /// split at spaces, and returns the path of what was written: `FILE` and `ending`.
    #[track_caller]
    pub(crate) fn sign(
        &self,
        command: &str,
        artifact: &Path,
        ending: &str,
        options: &str,
    ) -> PathBuf {
        let out = PathBuf::from(format!("{}{ending}", artifact.display()));
        let mut all = vec!["--artifact", artifact.to_str().unwrap()];
        all.extend(["--out", out.to_str().unwrap()]);
        all.extend(options.split_whitespace());
        self.run(command, &all);
        out
    }
}

impl Judged {
    /// Runs a verification, which must end with this code, and reads its answer. Verdict and exit
    /// code have to agree.
    #[track_caller]
    pub(crate) fn of(beleg: Beleg, code: i32) -> Self {
        let output: Output = beleg.args("--format json").run().expect(code);
        let judged = Self(output.json());
        assert_eq!(judged.0["schema"], 1, "{output:?}");
        let verdict = match code {
            0 => "pass",
            1 => "fail",
            _ => "unknown",
        };
        assert_eq!(judged.0["verdict"], verdict, "{:#}", judged.0);
        judged
    }

    /// Returns the reason of the whole verdict.
    #[track_caller]
    pub(crate) fn reason(&self) -> String {
        text(&self.0["reason"])
    }

    /// Returns the rule of every finding that nobody has decided to live with, in order.
    #[track_caller]
    pub(crate) fn rules(&self) -> Vec<String> {
        let findings = self.0["findings"].as_array().unwrap().iter();
        let open = findings.filter(|finding| finding["waived"].is_null());
        open.map(|finding| text(&finding["rule"])).collect()
    }

    /// Returns the finding of a rule.
    #[track_caller]
    pub(crate) fn finding(&self, rule: &str) -> &Value {
        let mut findings = self.0["findings"].as_array().unwrap().iter();
        let found = findings.find(|finding| finding["rule"] == rule);
        found.unwrap_or_else(|| panic!("there is no `{rule}` in {:#}", self.0))
    }

    /// Returns the entry of a list, such as `artifacts`, in which `field` is `value`.
    #[track_caller]
    pub(crate) fn entry(&self, list: &str, field: &str, value: &str) -> &Value {
        let mut entries = self.0[list].as_array().unwrap().iter();
        let found = entries.find(|entry| entry[field] == value);
        found.unwrap_or_else(|| panic!("no {field} is `{value}` in {:#}", self.0[list]))
    }
}

/// Begins the command line of a tool, from the tools' folder if it is there.
fn tool(program: &str) -> Command {
    let tools = std::env::var_os("BELEG_TOOLS").map(|tools| PathBuf::from(tools).join("venv/bin"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::join_paths(tools.into_iter().chain(std::env::split_paths(&paths)));
    let path = all.unwrap();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = folders.iter().map(|folder| folder.join(program)).find(|file| file.is_file());
    let mut command = Command::new(found.unwrap_or_else(|| program.into()));
    command.env_clear().env("PATH", path).env("LC_ALL", "C").env("TZ", "UTC");
    command
}

fn python() -> Command {
    tool("python3")
}
