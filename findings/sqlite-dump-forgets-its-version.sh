#!/usr/bin/env bash
# Expected: a database restored from `.dump` (or Python's iterdump) is the same to the program that owns
# it, as one restored from .backup or VACUUM INTO is.
# Seen: user_version and application_id are 0 after it. Programs keep their schema's number there, so the
# restored one looks new or of the wrong program (migrations run again; `file` no longer knows it).
# sqldiff between the two prints nothing: it does not compare them either.
# Matters: a restore test of rows (or sqldiff) says "equal" of a database that its program will not take.
# Compare both pragmas too.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -q sqlite3 sqlite3-tools libtcl8.6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" program; done
export LD_LIBRARY_PATH=$dir/program/usr/lib/x86_64-linux-gnu
sqlite3=program/usr/bin/sqlite3 sqldiff=program/usr/bin/sqldiff
"$sqlite3" --version | cut -d' ' -f1
"$sqlite3" db 'PRAGMA user_version=7; PRAGMA application_id=99; CREATE TABLE t(x INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)'
"$sqlite3" db .dump | "$sqlite3" dumped
"$sqlite3" db '.backup saved'
"$sqlite3" db "VACUUM INTO 'vacuumed'"

echo 'guess: 7 and 99 in all, or else a difference in sqldiff'
seen=''
for file in dumped saved vacuumed; do
  seen+="$file $("$sqlite3" "$file" 'PRAGMA user_version; PRAGMA application_id' | paste -sd' '); "
done
seen+="sqldiff '$("$sqldiff" db dumped)'"
echo "seen:  $seen"
test "$seen" = "dumped 0 0; saved 7 99; vacuumed 7 99; sqldiff ''"
