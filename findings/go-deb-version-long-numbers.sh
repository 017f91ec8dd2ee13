#!/usr/bin/env bash
# Expected: a Debian version may hold a number of any length (a date, time and counter in one), and a
# library that scanners use for Debian orders two of them as dpkg does.
# Seen: go-deb-version keeps numbers in 64 bits: two versions whose last part has 20 digits and
# more are *equal* to it, whatever they are; dpkg has one older than the other. go-rpm-version, by the
# same author, compares digits and is right.
# Matters: "fixed in" versions with long snapshot numbers never count as newer, or always as fixed.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"
	"os"

	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
)

func main() {
	a, err := deb.NewVersion(os.Args[1])
	b, err2 := deb.NewVersion(os.Args[2])
	fmt.Println(a.Compare(b), rpm.NewVersion(os.Args[1]).Compare(rpm.NewVersion(os.Args[2])), err, err2)
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/knqyf263/go-deb-version@v0.0.0-20241115132648-6f4aee6ccd23 \
  github.com/knqyf263/go-rpm-version@v0.0.0-20260811110310-1815e1f1b790) >/dev/null 2>&1
echo "go-deb-version of 2024-11-15, go-rpm-version of 2026-08-11, $(dpkg --version | head -n 1)"
older=1.0+20261201120000000001-1 newer=1.0+20261201120000000002-1

echo "guess: $older is older to all"
dpkg --compare-versions $older lt $newer && dpkg=older
go=$(cd go && go run . $older $newer)
printf 'seen:  dpkg: %s; go-deb-version, go-rpm-version: %s\n' "${dpkg:-not older}" "$go"
test "${dpkg:-}" = older
test "$go" = '0 -1 <nil> <nil>'
