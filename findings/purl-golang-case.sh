#!/usr/bin/env bash
# Expected: Go's own purl library keeps a module path as it is: to Go, github.com/Azure/go-autorest
# and github.com/azure/go-autorest are two modules, and the module proxy escapes capitals as !a.
# Seen: packageurl-go lowers namespace and name when it parses (as the purl type says), so what it
# hands on is no module path any more; the Python and JavaScript libraries keep the capitals.
# Matters: a Go program's SBOM, read with the Go library, no longer matches an advisory's module
# path byte for byte, nor the same SBOM read in Python. Fold both sides before comparing, and keep
# the module path apart from the purl where the module is to be fetched.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo 'packageurl-go 0.1.7, packageurl-python 0.17.6, packageurl-js 2.0.1'
export PURL='pkg:golang/github.com/Azure/go-autorest@v14.2.0'

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
	fmt.Println(p.Namespace + "/" + p.Name)
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/package-url/packageurl-go@v0.1.7) >/dev/null 2>&1

echo 'guess: github.com/Azure/go-autorest from all three'
go=$(cd go && go run .)
python=$(venv/bin/python -c 'import os; from packageurl import PackageURL as P; p = P.from_string(os.environ["PURL"]); print(f"{p.namespace}/{p.name}")')
js=$(node -e 'const p = require("packageurl-js").PackageURL.fromString(process.env.PURL); console.log(p.namespace + "/" + p.name)')
printf 'seen:  Go     %s\n       Python %s\n       JS     %s\n' "$go" "$python" "$js"
test "$go" = github.com/azure/go-autorest
test "$python" = github.com/Azure/go-autorest
test "$js" = github.com/Azure/go-autorest
