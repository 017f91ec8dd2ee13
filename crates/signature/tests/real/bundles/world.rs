//! A private Sigstore deployment, made by `tests/worlds` with fresh keys.

use beleg_signature::sigstore::TrustedRoot;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Who signs, unless a test says otherwise.
pub(super) const ALICE: &str = "alice@world.test";
pub(super) const ISSUER: &str = "https://identity.world.test";

/// One world for all tests: its logs grow, its keys stay.
pub(super) struct PrivateWorld {
    folder: TempDir,
    root: TrustedRoot,
    files: AtomicU32,
}

impl PrivateWorld {
    pub(super) fn shared() -> &'static Self {
        static WORLD: OnceLock<PrivateWorld> = OnceLock::new();
        WORLD.get_or_init(|| {
            let folder = tempfile::Builder::new().prefix("beleg").tempdir_in("/tmp").unwrap();
            let world = folder.path().join("world");
            python(&["worlds.sigstore_world", "new", world.to_str().unwrap()], b"");
            let root = fs::read(world.join("trusted_root.json")).unwrap();
            let root = TrustedRoot::from_json(&root).unwrap();
            Self { folder, root, files: AtomicU32::new(0) }
        })
    }

    pub(super) fn root(&self) -> &TrustedRoot {
        &self.root
    }

    /// A file of the world: `trusted_root.json`, `npm-keys.json`, `tuf/1.root.json`.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("world").join(name)
    }

    /// A path that no other test uses.
    pub(super) fn new_path(&self, name: &str) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.path().join(format!("files-{number}"));
        fs::create_dir(&folder).unwrap();
        folder.join(name)
    }

    /// Runs a command of the world about `content`, and returns what it wrote.
    pub(super) fn made(
        &self,
        command: &str,
        name: &str,
        content: &[u8],
        options: &[&str],
    ) -> Value {
        serde_json::from_slice(&fs::read(self.file(command, name, content, options)).unwrap())
            .unwrap()
    }

    /// As [`PrivateWorld::made`], with a path; the content is beside it.
    pub(super) fn file(
        &self,
        command: &str,
        name: &str,
        content: &[u8],
        options: &[&str],
    ) -> PathBuf {
        let artifact = self.new_path(name);
        fs::write(&artifact, content).unwrap();
        let out = artifact.with_file_name("out.json");
        let mut all = vec!["--artifact", artifact.to_str().unwrap()];
        all.extend(["--out", out.to_str().unwrap()]);
        all.extend(options);
        self.run(command, &all);
        out
    }

    pub(super) fn run(&self, command: &str, options: &[&str]) {
        let folder = self.path("");
        let mut all = vec!["worlds.sigstore_world", command, folder.to_str().unwrap()];
        all.extend(options);
        python(&all, b"");
    }

    /// What Python's sigstore says about bundles and their artifacts, by anyone.
    pub(super) fn oracle(&self, cases: &[(PathBuf, PathBuf)]) -> Vec<Value> {
        let cases: Vec<_> = cases
            .iter()
            .map(|(bundle, artifact)| serde_json::json!({ "bundle": bundle, "artifact": artifact }))
            .collect();
        let configuration = self.path("trust_config.json");
        let args = ["worlds.oracle", "--trust-config", configuration.to_str().unwrap()];
        let answer = python(&args, serde_json::to_string(&cases).unwrap().as_bytes());
        serde_json::from_slice(&answer).unwrap()
    }

    /// A new P-256 key as PKCS #8 in a file, and its public half as PEM.
    pub(super) fn new_key(&self) -> (PathBuf, String) {
        let path = self.new_path("key.pem");
        let out = path.to_str().unwrap();
        openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            out,
        ]);
        let public = openssl(&["pkey", "-in", out, "-pubout"]);
        (path, String::from_utf8(public).unwrap())
    }
}

fn openssl(args: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs a module of `tests/` with the Python that has sigstore's packages.
fn python(args: &[&str], stdin: &[u8]) -> Vec<u8> {
    run_python(&[&["-m"], args].concat(), stdin)
}

/// Runs that Python within `tests/`.
pub(super) fn run_python(args: &[&str], stdin: &[u8]) -> Vec<u8> {
    let tools = std::env::var_os("BELEG_TOOLS").map_or_else(
        || {
            let home = std::env::var_os("HOME").unwrap_or_else(|| "/root".into());
            PathBuf::from(home).join(".cache/beleg/tools")
        },
        PathBuf::from,
    );
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let program = tools.join("venv/bin/python");
    let mut child = Command::new(&program)
        .args(args)
        .current_dir(tests)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("`{}` must be installed: {error}", program.display()));
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "python {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}
