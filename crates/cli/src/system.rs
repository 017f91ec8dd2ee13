//! What the system provides: time, variables, randomness and signals.

use crate::arguments::Global;
use crate::exit::UsageError;
use anyhow::Context as _;
use beleg_backup::Account;
use beleg_engine::Cancel;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};

/// Returns the present instant, to the millisecond: more would only look exact.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Makes the folder that `-C` names the one that all paths begin in, as `git -C` and `make -C` do:
/// so one rule holds for every path of a command.
pub(crate) fn begin_in(global: &mut Global) -> anyhow::Result<()> {
    if global.directory == Path::new(".") {
        return Ok(());
    }
    let folder = std::mem::replace(&mut global.directory, PathBuf::from("."));
    std::env::set_current_dir(&folder)
        .map_err(|error| UsageError(format!("`{}` is no folder: {error}", folder.display())).into())
}

/// Returns a clock that never goes back.
pub(crate) fn monotonic() -> Arc<dyn Fn() -> Duration + Send + Sync> {
    let begin = Instant::now();
    Arc::new(move || begin.elapsed())
}

/// Returns the environment; variables that are not UTF-8 are left out.
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Returns the name of a user or group of this machine, from wherever it keeps them.
pub(crate) fn account_name(account: Account) -> Option<String> {
    use nix::unistd::{Gid, Group, Uid, User};
    match account {
        Account::User(id) => User::from_uid(Uid::from_raw(id)).ok()?.map(|user| user.name),
        Account::Group(id) => Group::from_gid(Gid::from_raw(id)).ok()?.map(|group| group.name),
    }
}

/// Fills a slice with the operating system's randomness.
pub(crate) fn randomness() -> beleg_ledger::Randomness {
    Box::new(|bytes| {
        // Without randomness the salts would be guessable; there is nothing to fall back to.
        assert!(getrandom::fill(bytes).is_ok(), "the operating system gave no randomness");
    })
}

/// Returns 16 random hex digits: enough that nobody else has the same ones.
pub(crate) fn nonce() -> String {
    let mut bytes = [0; 8];
    randomness()(&mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// The runtime that stores use. It is never shut down; the process ends with it. A thread of its
/// own may be stuck in a file that never answers, such as a named pipe, and a check that was left
/// behind may be waiting in it, which would panic.
pub(crate) struct StoreRuntime(ManuallyDrop<Runtime>);

impl StoreRuntime {
    /// Starts it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()
            .map(|runtime| Self(ManuallyDrop::new(runtime)))
            .context("the runtime could not be started")
    }

    /// Returns what stores reach it by.
    pub(crate) fn handle(&self) -> Handle {
        self.0.handle().clone()
    }
}

/// Sets `cancel` at the first SIGINT, SIGTERM or SIGHUP, which a terminal or connection that is
/// closed sends. The second one ends the program at once. Whoever starts it under `nohup` wants it
/// to go on.
pub(crate) fn heed_signals(runtime: &Handle, cancel: &Cancel) {
    use tokio::signal::unix::{SignalKind, signal};
    let cancel = cancel.clone();
    runtime.spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        let mut hang_up = if ignores_hang_up() { None } else { signal(SignalKind::hangup()).ok() };
        loop {
            let hung_up = async {
                match &mut hang_up {
                    Some(hang_up) => drop(hang_up.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = hung_up => {}
            }
            if cancel.is_cancelled() {
                crate::output::end_at_once();
            }
            cancel.cancel();
        }
    });
}

/// Says whether the program was started so that it ignores SIGHUP (proc(5), `SigIgn`: a mask of
/// which the lowest bit is signal 1).
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}
