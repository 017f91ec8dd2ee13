#!/usr/bin/env bash
# Expected: whether a purl is valid does not depend on the library that reads it.
# Seen: pkg:cran/Rcpp is refused by the JavaScript library (it demands a version), pkg:julia/AWS@1.92.0
# by Go's (it demands the uuid), and pkg:swift/Alamofire@5.4.3 by both (a namespace); Python's takes
# all three. The type definitions changed over time, and each library follows another state.
# Matters: one strict reader in a chain drops the component, or the whole SBOM. Keep a purl that you
# cannot interpret as text, and count it as seen and not examined.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo 'packageurl-python 0.17.6, packageurl-js 2.0.1, packageurl-go 0.1.7'
purls=(pkg:cran/Rcpp pkg:julia/AWS@1.92.0 pkg:swift/Alamofire@5.4.3)

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
	for _, text := range os.Args[1:] {
		_, err := packageurl.FromString(text)
		fmt.Print(err == nil, " ")
	}
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/package-url/packageurl-go@v0.1.7) >/dev/null 2>&1

echo "guess: all take, or all refuse, each of ${purls[*]}"
python=$(venv/bin/python - "${purls[@]}" <<'E'
import sys
from packageurl import PackageURL
def takes(text):
    try:
        return bool(PackageURL.from_string(text))
    except ValueError:
        return False
print(*[str(takes(text)).lower() for text in sys.argv[1:]])
E
)
js=$(node -e '
const takes = (text) => { try { require("packageurl-js").PackageURL.fromString(text); return true } catch { return false } };
console.log(process.argv.slice(1).map(takes).join(" "))' -- "${purls[@]}")
go=$(cd go && go run . "${purls[@]}")
printf 'seen:  Python %s\n       JS     %s\n       Go     %s\n' "$python" "$js" "$go"
test "$python" = 'true true true'
test "$js" = 'false true false'
test "$go" = 'true false false '
