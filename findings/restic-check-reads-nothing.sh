#!/usr/bin/env bash
# Expected: `restic check --read-data-subset=1/100` reads about one part in a hundred of the data, and
# at least something: the run's purpose is to read.
# Seen: packs are dealt to the 100 groups by their id, so in a repository of a few packs most groups
# are empty. restic (Debian 12's version) reads 0 packs, says "no errors were found" and ends with 0.
# Matters: the usual rotation (1/30 a day) has days without any reading; "checked" is not "read". Note
# the number of packs read, not the exit code.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -q restic=0.14.0-1+b5 >/dev/null 2>&1 && dpkg -x restic_*.deb program
export RESTIC_PASSWORD=x RESTIC_REPOSITORY=$dir/repository RESTIC_CACHE_DIR=$dir/cache
restic=$dir/program/usr/bin/restic; "$restic" version
"$restic" init -q; mkdir data; echo a > data/a; echo b > data/b
"$restic" backup -q data

echo 'guess: each of the 100 groups reads something'
empty=0
for group in 1 2 3 4 5 6 7 8; do
  "$restic" check "--read-data-subset=$group/100" > output 2>&1
  grep -qx 'no errors were found' output
  if grep -q 'of 0 data packs' output; then empty=$((empty + 1)); fi
done
echo "seen:  $empty of the first 8 groups read no pack, all ended with 0 and \"no errors were found\""
test "$empty" -ge 5
