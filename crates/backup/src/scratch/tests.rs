#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

const CHILD: &str = "scratch::tests::child_that_waits_to_be_killed";
const PARENT: &str = "BELEG_TEST_SCRATCH_PARENT";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn scratch_is_private_unique_and_gone_after_a_wipe() {
    let parent = tempfile::tempdir().unwrap();
    let one = Scratch::create(parent.path()).unwrap();
    let other = Scratch::create(parent.path()).unwrap();
    assert_ne!(one.folder(), other.folder());
    assert_eq!(mode(one.folder()), 0o700);
    assert_eq!(mode(one.folder().parent().unwrap()), 0o700);
    fs::create_dir(one.folder().join("d")).unwrap();
    fs::write(one.folder().join("d/f"), b"secret").unwrap();
    fs::create_dir(one.probe_folder().unwrap().join("left")).unwrap();
    let wiped = one.wipe().unwrap();
    assert_eq!((wiped.files, wiped.bytes), (1, 6));
    assert_eq!(other.wipe().unwrap().files, 0);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn a_wipe_follows_no_link() {
    let parent = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("kept"), b"kept").unwrap();
    let scratch = Scratch::create(parent.path()).unwrap();
    symlink(outside.path(), scratch.folder().join("link")).unwrap();
    assert_eq!(scratch.wipe().unwrap().files, 1);
    assert!(outside.path().join("kept").exists());
}

#[test]
fn scratch_that_is_dropped_is_wiped_too() {
    let parent = tempfile::tempdir().unwrap();
    let scratch = Scratch::create(parent.path()).unwrap();
    fs::write(scratch.folder().join("f"), b"secret").unwrap();
    drop(scratch);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_made_or_found_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    assert!(matches!(Scratch::create(&missing), Err(ScratchError::Create { .. })));
    assert!(Scratch::sweep(&missing).unwrap().wiped.is_empty());
    fs::write(&missing, b"").unwrap();
    assert!(matches!(Scratch::sweep(&missing), Err(ScratchError::Sweep { .. })));
}

#[test]
fn a_wipe_that_finds_nothing_to_wipe_is_an_error() {
    let parent = tempfile::tempdir().unwrap();
    let scratch = Scratch::create(parent.path()).unwrap();
    fs::remove_dir_all(scratch.folder().parent().unwrap()).unwrap();
    assert!(matches!(scratch.wipe(), Err(ScratchError::Wipe { .. })));
}

#[test]
fn a_sweep_leaves_alone_what_has_no_marker_or_another_name() {
    let parent = tempfile::tempdir().unwrap();
    for name in ["beleg-scratch-mine", "other"] {
        fs::create_dir(parent.path().join(name)).unwrap();
        fs::write(parent.path().join(name).join("f"), b"kept").unwrap();
    }
    fs::write(parent.path().join("other").join(MARKER), b"").unwrap();
    symlink(parent.path().join("other"), parent.path().join("beleg-scratch-link")).unwrap();
    let swept = Scratch::sweep(parent.path()).unwrap();
    assert_eq!(swept.unmarked, [parent.path().join("beleg-scratch-mine")]);
    assert!(swept.wiped.is_empty() && swept.failed.is_empty());
    assert!(parent.path().join("other/f").exists());
}

#[test]
fn scratch_of_a_killed_process_is_swept_and_of_a_running_one_is_not() {
    let parent = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--ignored", "--nocapture"])
        .env(PARENT, parent.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map(Result::unwrap).any(|line| line.contains("ready")));

    let swept = Scratch::sweep(parent.path()).unwrap();
    assert_eq!((swept.in_use.len(), swept.wiped.len()), (1, 0));
    child.kill().unwrap();
    child.wait().unwrap();
    let swept = Scratch::sweep(parent.path()).unwrap();
    assert_eq!((swept.in_use.len(), swept.wiped.len()), (0, 1));
    let (_, wiped) = swept.wiped.first().unwrap();
    assert_eq!((wiped.files, wiped.bytes), (1, 6));
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
#[ignore = "the test above runs it in a process of its own"]
fn child_that_waits_to_be_killed() {
    let Some(parent) = std::env::var_os(PARENT) else { return };
    let scratch = Scratch::create(Path::new(&parent)).unwrap();
    fs::write(scratch.folder().join("f"), b"secret").unwrap();
    eprintln!("waiting");
    io::stdout().write_all(b"ready\n").unwrap();
    io::stdin().lines().for_each(drop);
}

#[test]
fn a_wipe_that_was_killed_can_be_finished() {
    let parent = tempfile::tempdir().unwrap();
    let scratch = Scratch::create(parent.path()).unwrap();
    let root = scratch.root.clone();
    fs::remove_dir_all(scratch.folder()).unwrap();
    // As after a kill: the lock is gone, the marker is not.
    let mut scratch = scratch;
    scratch.marker = None;
    drop(scratch);
    assert!(root.join(MARKER).exists());
    assert_eq!(Scratch::sweep(parent.path()).unwrap().wiped.len(), 1);
    assert!(!root.exists());
}
