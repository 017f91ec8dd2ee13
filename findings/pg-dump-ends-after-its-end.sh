#!/usr/bin/env bash
# Expected: the last line of a plain dump with text in it is pg_dump's mark "PostgreSQL database dump
# complete", so that looking at the end of the file tells a whole dump from one that was cut off.
# Seen: pg_dump 15.18 writes `\unrestrict` and a word that is new in every dump behind the mark. pg_dumpall ends
# with its own mark, and holds the mark of each single database before it.
# Matters: a test "the last line is the mark" calls every good dump cut off; a search for the mark
# anywhere calls a pg_dumpall whole that ends after its first database. Two dumps of an unchanged
# database differ, too.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
version=15.18-0+deb12u1
apt-get download -q "postgresql-15=$version" "postgresql-client-15=$version" "libpq5=$version" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" program; done
bin=$dir/program/usr/lib/postgresql/15/bin
export LD_LIBRARY_PATH=$dir/program/usr/lib/x86_64-linux-gnu PGHOST=$dir/server PGUSER=owner PGDATABASE=postgres
"$bin/pg_dump" --version
mkdir server
as() { "$@"; }   # the server does not run as root
if [ "$(id -u)" = 0 ]; then chmod 711 .; chown nobody server; as() { setpriv --reuid=nobody --clear-groups "$@"; }; fi
as "$bin/initdb" -D "$dir/server/data" -U owner -A trust -E UTF8 --no-locale >/dev/null 2>&1
as "$bin/pg_ctl" -D "$dir/server/data" -o "-c listen_addresses='' -k $dir/server" -l "$dir/server/log" -w start >/dev/null
trap 'as "$bin/pg_ctl" -D "$dir/server/data" -m immediate stop >/dev/null; rm -rf "$dir"' EXIT
"$bin/psql" -qc 'CREATE TABLE t(x int)'
"$bin/pg_dump" > one; "$bin/pg_dump" > two; "$bin/pg_dumpall" > all

echo 'guess: the mark is the last text of each, once; the two dumps are equal'
last() { grep -v '^\(--\)\?$' "$1" | tail -n 1 | sed -E 's/^(\\unrestrict) .*/\1 WORD/'; }
seen="pg_dump ends with: $(last one)
pg_dumpall ends with: $(last all)
marks of single databases in pg_dumpall: $(grep -c '^-- PostgreSQL database dump complete$' all)
two dumps of one database: $(cmp -s one two && echo equal || echo different)
without \\restrict and \\unrestrict: $(cmp -s <(grep -v '^\\' one) <(grep -v '^\\' two) && echo equal || echo different)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pg_dump ends with: \unrestrict WORD
pg_dumpall ends with: -- PostgreSQL database cluster dump complete
marks of single databases in pg_dumpall: 2
two dumps of one database: different
without \restrict and \unrestrict: equal'
