#!/usr/bin/env bash
# Expected: object_store's LocalFileSystem lists every file below its root, or says which it cannot.
# Seen: `report#2` is left out without an error (files whose name ends in `#` and digits are its own
# unfinished uploads), while `report#draft` is listed; head and get of `report#2` do say that such names
# are not supported.
# Matters: a backup check over a folder ("what is there, how old, how much?") misses files that any other
# program put there. Walk the folder itself where the listing has to be complete.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir -p reader/src data
echo a > data/report; echo b > 'data/report#2'; echo c > 'data/report#draft'
cat > reader/Cargo.toml <<'T'
[package]
name = "reader"
version = "0.0.0"
edition = "2021"
[dependencies]
futures = "=0.3.31"
object_store = { version = "=0.14.2", default-features = false, features = ["fs"] }
tokio = { version = "1", features = ["rt", "macros"] }
T
cat > reader/src/main.rs <<'R'
use futures::TryStreamExt;
use object_store::{local::LocalFileSystem, path::Path, ObjectStore, ObjectStoreExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = LocalFileSystem::new_with_prefix("data")?;
    let mut names: Vec<String> =
        store.list(None).map_ok(|object| object.location.to_string()).try_collect().await?;
    names.sort();
    let head = store.head(&Path::parse("report#2")?).await;
    println!("{}; head: {}", names.join(" "), if head.is_ok() { "found" } else { "error" });
    Ok(())
}
R
cargo build -q --manifest-path reader/Cargo.toml --target-dir target
echo 'object_store 0.14.2'

echo 'guess: report report#2 report#draft, or an error'
seen=$(target/debug/reader)
echo "seen:  $seen"
test "$seen" = 'report report#draft; head: error'
