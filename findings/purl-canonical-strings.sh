#!/usr/bin/env bash
# Expected: a purl has one canonical string, so that three maintained libraries of the purl project
# write the same bytes for one purl, and purls can be compared or used as keys as they stand.
# Seen: for a URL in a qualifier the Python library keeps ':' and '/', Go's escapes '/', and
# JavaScript's escapes both; '+' in a version is escaped by Python and Go and not by JavaScript.
# Matters: a join of two SBOMs, or of an SBOM and a VEX document, by the purl's text loses packages.
# Compare parsed purls, and serialise both sides with the same library.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo 'packageurl-python 0.17.6, packageurl-js 2.0.1, packageurl-go 0.1.7'
export PURL='pkg:generic/zlib@1.3+p1?download_url=https://example.org/zlib.tar.gz'

python3 -m venv venv && venv/bin/pip install -q packageurl-python==0.17.6
npm install --silent --no-audit --no-fund packageurl-js@2.0.1 >/dev/null
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"
	"os"

	"github.com/package-url/packageurl-go"
)

func main() {
	p, err := packageurl.FromString(os.Getenv("PURL"))
	if err != nil {
		panic(err)
	}
	fmt.Println(p.ToString())
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/package-url/packageurl-go@v0.1.7) >/dev/null 2>&1

echo "guess: three times the same string for $PURL"
python=$(venv/bin/python -c 'import os; from packageurl import PackageURL as P; print(P.from_string(os.environ["PURL"]))')
js=$(node -e 'console.log(require("packageurl-js").PackageURL.fromString(process.env.PURL).toString())')
go=$(cd go && go run .)
printf 'seen:  Python %s\n       JS     %s\n       Go     %s\n' "$python" "$js" "$go"
test "$python" = 'pkg:generic/zlib@1.3%2Bp1?download_url=https://example.org/zlib.tar.gz'
test "$js" = 'pkg:generic/zlib@1.3+p1?download_url=https%3A%2F%2Fexample.org%2Fzlib.tar.gz'
test "$go" = 'pkg:generic/zlib@1.3%2Bp1?download_url=https:%2F%2Fexample.org%2Fzlib.tar.gz'
