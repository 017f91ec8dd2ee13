#!/usr/bin/env bash
# Expected: a restore of a path that no snapshot holds is an error: the test asked for it.
# Seen: `restic restore --include PATH` (Debian 12's version) ends with 0, says nothing and does not
# even make the target folder; so do `ls` and `find`. `dump` of the same path ends with an error.
# Matters: a nightly restore test whose path was renamed passes for ever without restoring a byte.
# Count what was restored, or use `dump`.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -q restic=0.14.0-1+b5 >/dev/null 2>&1 && dpkg -x restic_*.deb program
export RESTIC_PASSWORD=x RESTIC_REPOSITORY=$dir/repository RESTIC_CACHE_DIR=$dir/cache
restic=$dir/program/usr/bin/restic; "$restic" version
"$restic" init -q; mkdir data; echo a > data/a; echo b > data/b
"$restic" backup -q data

echo 'guess: not 0'
code() { local code=0; "$@" >/dev/null 2>&1 || code=$?; echo "$code"; }
restore=$(code "$restic" restore -q latest --target target --include /renamed)
find=$(code "$restic" find renamed); ls=$(code "$restic" ls latest /renamed); dump=$(code "$restic" dump latest /renamed)
echo "seen:  restore $restore, find $find, ls $ls, dump $dump; target: $(ls target 2>/dev/null || echo none)"
test "$restore $find $ls" = '0 0 0'
test "$dump" != 0
test ! -e target
