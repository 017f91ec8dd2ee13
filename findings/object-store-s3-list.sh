#!/usr/bin/env bash
# Expected: object_store lists every key of an S3 bucket, and a bucket that is not there is
# Error::NotFound, as an object that is not there is.
# Seen: one key with an empty segment (`eu//x`, which S3 allows) ends the whole listing with InvalidPath,
# so its neighbours cannot be listed either; a missing bucket is Error::Generic.
# Matters: one odd key of any other program leaves a backup check without its list: report that key and go
# on by another client. And telling "no bucket" from "no network" needs the code in the error's text.
set -euo pipefail
dir=$(mktemp -d); server=
trap 'test -z "$server" || kill "$server"; rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q 'moto[server]==5.2.5'
mkdir -p reader/src
cat > reader/Cargo.toml <<'T'
[package]
name = "reader"
version = "0.0.0"
edition = "2021"
[dependencies]
futures = "=0.3.31"
object_store = { version = "=0.14.2", default-features = false, features = ["aws"] }
tokio = { version = "1", features = ["rt", "macros"] }
T
cat > reader/src/main.rs <<'R'
use futures::TryStreamExt;
use object_store::{aws::AmazonS3Builder, path::Path, Error, ObjectStore, ObjectStoreExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kind = |error: Error| match error {
        Error::NotFound { .. } => "NotFound",
        Error::Generic { .. } => "Generic",
        Error::InvalidPath { .. } => "InvalidPath",
        _ => "another error",
    };
    for bucket in ["plain", "empty-segment", "missing"] {
        let store = AmazonS3Builder::new()
            .with_endpoint(std::env::args().nth(1).ok_or("endpoint?")?)
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_access_key_id("x")
            .with_secret_access_key("x")
            .with_bucket_name(bucket)
            .build()?;
        let listed: Result<Vec<String>, Error> =
            store.list(None).map_ok(|object| object.location.to_string()).try_collect().await;
        let got = store.get(&Path::from("nothing")).await.map(|_| "found").unwrap_or_else(kind);
        match listed {
            Ok(names) => println!("{bucket}: {}; get {got}", names.join(" ")),
            Err(error) => println!("{bucket}: {}; get {got}", kind(error)),
        }
    }
    Ok(())
}
R
cargo build -q --manifest-path reader/Cargo.toml --target-dir target
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/moto_server -H 127.0.0.1 -p "$port" > log 2>&1 & server=$!
for _ in $(seq 60); do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.5; done
AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x venv/bin/python - "http://127.0.0.1:$port" <<'P'
import boto3, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
for bucket, keys in (("plain", ["eu/x"]), ("empty-segment", ["eu/x", "eu//x"])):
    s3.create_bucket(Bucket=bucket)
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
P
echo 'object_store 0.14.2, moto 5.2.5'

echo 'guess: eu/x; both keys; NotFound for all that is not there'
seen=$(target/debug/reader "http://127.0.0.1:$port")
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'plain: eu/x; get NotFound
empty-segment: InvalidPath; get NotFound
missing: Generic; get NotFound'
