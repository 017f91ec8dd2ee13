#!/usr/bin/env bash
# Expected: if one of the folders to back up is not there, the backup ends with an error, as it does if
# none is; restic's documents give 3 for a source that could not be read.
# Seen: `restic backup data missing` (Debian 12's version) prints "does not exist, skipping" and ends
# with 0; only if every source is missing it ends with 1. The snapshot names data alone, so nothing in
# the repository tells that there should have been more.
# Matters: an unmounted disk is a good backup by its exit code. Compare the snapshot's paths with what
# was to be saved.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -q restic=0.14.0-1+b5 >/dev/null 2>&1 && dpkg -x restic_*.deb program
export RESTIC_PASSWORD=x RESTIC_REPOSITORY=$dir/repository RESTIC_CACHE_DIR=$dir/cache
restic=$dir/program/usr/bin/restic; "$restic" version
"$restic" init -q; mkdir data; echo a > data/a; echo b > data/b

echo 'guess: not 0 both times'
code() { local code=0; "$@" 2>>messages || code=$?; echo "$code"; }
one=$(code "$restic" backup -q data missing); all=$(code "$restic" backup -q missing)
paths=$("$restic" snapshots --json | python3 -c 'import json, os, sys; print(*[os.path.basename(p) for s in json.load(sys.stdin) for p in s["paths"]])')
echo "seen:  one of two missing $one, all missing $all; paths: $paths; $(head -n 1 messages)"
test "$one $all" = '0 1'
test "$paths" = data
