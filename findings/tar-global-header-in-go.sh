#!/usr/bin/env bash
# Expected: a value in a global PAX header holds for all members that follow, as POSIX says; the time
# of f below is that of the global header.
# Seen: GNU tar, Python and node's `tar` say 2001; Go's archive/tar gives the global header as an entry
# of its own (type g) and leaves the members as they are: 1970. That is documented, and hardly known.
# Matters: image tools are written in Go, and scripts for reproducible archives set the time by
# --pax-option=mtime=…: two correct readers record two different trees. An entry count is one too high.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund tar@7.5.23 >/dev/null
echo "$(tar --version | head -n 1), $(python3 --version), tar (npm) 7.5.23, $(go version)"
echo hi > f; touch -d @5 f
tar --format=pax --pax-option=mtime=1000000000 -cf f.tar f
mkdir go && cat > go/main.go <<'E'
package main

import (
	"archive/tar"
	"fmt"
	"os"
)

func main() {
	for reader := tar.NewReader(os.Stdin); ; {
		header, err := reader.Next()
		if err != nil {
			break
		}
		fmt.Printf("%c %d\n", header.Typeflag, max(0, header.ModTime.Unix()))
	}
}
E
(cd go && go mod init finding) 2>/dev/null

echo 'guess: one entry of the time 1000000000 from all'
gnu=$(TZ=UTC tar -tvf f.tar --full-time)
python=$(python3 -c 'import tarfile; print(*[int(member.mtime) for member in tarfile.open("f.tar")])')
node=$(node -e 'require("tar").list({file: "f.tar", sync: true, onReadEntry: (e) => console.log(e.mtime / 1000)})')
go=$(cd go && go run . < ../f.tar)
printf 'seen:  GNU tar %s\n       Python %s, node %s\n       Go (type and time):\n%s\n' "$gnu" "$python" "$node" "$go"
[[ $gnu == *'2001-09-09 01:46:40 f' ]]
test "$python" = 1000000000
test "$node" = 1000000000
test "$go" = 'g 0
0 5'
