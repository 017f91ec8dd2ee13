#!/usr/bin/env bash
# Expected: `sha256sum -c` takes each line by itself: a list with both "HASH  name" and "HASH name" (one
# space, as some tools write) gives the same result in either order.
# Seen: the first line sets the form for the whole list. Two spaces first: the line with one is
# "improperly formatted", a warning only, and its file is not looked at though the exit code is 0. One
# space first: the second line means a file whose name begins with a space, and the check fails.
# Matters: lists joined from two makers. Count the files that were checked, pass --strict, and never sort
# or join checksum lists without parsing them.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
sha256sum --version | head -n 1
echo a > a; echo b > b
a=$(sha256sum < a | cut -d' ' -f1); b=$(sha256sum < b | cut -d' ' -f1)
printf '%s  a\n%s b\n' "$a" "$b" > two-first
printf '%s b\n%s  a\n' "$b" "$a" > one-first

echo 'guess: "a: OK, b: OK" for both lists, or the same complaint about both'
seen=''
for list in two-first one-first; do
  code=0; LC_ALL=C sha256sum -c "$list" > out 2> err || code=$?
  seen+="$list: $(paste -sd, out), exit $code; "
done
printf 'seen:  %s\n' "$seen"
test "$seen" = 'two-first: a: OK, exit 0; one-first: b: OK, a: FAILED open or read, exit 1; '
