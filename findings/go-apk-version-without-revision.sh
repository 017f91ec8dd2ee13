#!/usr/bin/env bash
# Expected: 1.0_rc1 is older than 1.0 to every library of Alpine's versions; that is what _rc is for.
# Seen: with a revision (1.0_rc1-r0, 1.0-r0) go-apk-version says so; without one it calls 1.0_rc1
# newer. univers says older both times.
# Matters: the revision is optional in the format, and advisories and SBOMs made from upstream versions
# lack it: the release candidate then counts as fixed. Compare only versions that have one.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q univers==32.0.1
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"
	"os"

	apk "github.com/knqyf263/go-apk-version"
)

func main() {
	a, err := apk.NewVersion(os.Args[1])
	b, err2 := apk.NewVersion(os.Args[2])
	fmt.Println(a.Compare(b), err, err2)
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/knqyf263/go-apk-version@v0.0.0-20200609155635-041fdbb8563f) >/dev/null 2>&1
echo 'go-apk-version of 2020-06-09, univers 32.0.1'

echo 'guess: -1 (older) both times'
plain=$(cd go && go run . 1.0_rc1 1.0); revised=$(cd go && go run . 1.0_rc1-r0 1.0-r0)
univers=$(venv/bin/python -c '
from univers.versions import AlpineLinuxVersion as V
print(V("1.0_rc1") < V("1.0"), V("1.0_rc1-r0") < V("1.0-r0"))')
printf 'seen:  go-apk-version: %s without, %s with -r0; univers, older: %s\n' "$plain" "$revised" "$univers"
test "$plain" = '1 <nil> <nil>'
test "$revised" = '-1 <nil> <nil>'
test "$univers" = 'True True'
