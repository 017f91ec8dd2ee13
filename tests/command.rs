//! Runs the `beleg` binary as a shell would, with an environment that nothing outside decides.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long a command may take before it counts as hanging.
const DEADLINE: Duration = Duration::from_secs(120);

/// A command line to be.
pub(crate) struct Beleg(Command, Stdio);

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that is under way. It is killed when dropped.
pub(crate) struct Running(Child);

impl Beleg {
    /// Begins a command line for the project in `folder`.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self::within(Command::new(binary())).arg("-C").arg(folder)
    }

    /// Begins a command line without a project.
    pub(crate) fn anywhere() -> Self {
        Self::within(Command::new(binary()))
    }

    /// Begins a command line that another program, such as `unshare`, runs.
    pub(crate) fn under(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).arg(binary());
        Self::within(command)
    }

    fn within(mut command: Command) -> Self {
        let led_by = |name: &str| {
            ["BELEG_", "AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix))
                || ["NO_COLOR", "COLUMNS"].contains(&name)
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(led_by) {
                command.env_remove(name);
            }
        }
        Self(command, Stdio::null())
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    /// Adds words, split at spaces.
    pub(crate) fn args(mut self, words: &str) -> Self {
        self.0.args(words.split_whitespace());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Gives it a text to read from standard input.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        self.1 = Stdio::from(file);
        self
    }

    /// Sets the folder it runs in, as against the project's.
    pub(crate) fn current_dir(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Output {
        self.start().wait()
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let piped = self.0.stdin(self.1).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running(piped.unwrap())
    }
}

impl Running {
    /// Waits for its end. A command that hangs, or panics anywhere, fails the test.
    pub(crate) fn wait(mut self) -> Output {
        let (sender, receiver) = channel();
        let mut stdout = self.0.stdout.take().unwrap();
        let mut stderr = self.0.stderr.take().unwrap();
        let reader = |pipe: &mut dyn std::io::Read| {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let errors = std::thread::spawn(move || reader(&mut stderr));
        std::thread::spawn(move || {
            let stdout = reader(&mut stdout);
            sender.send((stdout, errors.join().unwrap())).unwrap();
        });
        // Both pipes end when the command does.
        let Ok((stdout, stderr)) = receiver.recv_timeout(DEADLINE) else {
            panic!("the command did not end within {DEADLINE:?}")
        };
        let status = self.0.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert!(!stdout.contains("panicked"), "{stdout}");
        Output { status, stdout, stderr }
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Kills it, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has usually ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Output {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        let Self { status, stdout, stderr } = &self;
        assert_eq!(status.code(), Some(code), "\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Returns the binary: `BELEG_BIN`, or what Cargo built beside these tests.
/// Says whether the kernel lets us run commands under `program`; containers often may not. What is
/// skipped is said past the capture of a test's output, so that `ci/test` sees it.
pub(crate) fn may_run(program: &str, arguments: &[&str]) -> bool {
    let ended = Command::new(program).args(arguments).arg("true").output().unwrap();
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        writeln!(std::io::stderr(), "SKIPPED: `{program}` may not run here: {said}").unwrap();
    }
    ended.status.success()
}

fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("BELEG_BIN") {
        return std::path::absolute(named).unwrap();
    }
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(Path::parent).unwrap().join("beleg");
    assert!(built.is_file(), "there is no `{}`: cargo build -p beleg-cli", built.display());
    built
}
