#!/usr/bin/env bash
# Expected: reading a purl and writing it again names the same package.
# Seen: packageurl-python and packageurl-js lower the name of every npm package, although npm holds
# old packages with capitals beside others that differ only in case: JSONStream and jsonstream are
# two packages. Python lowers the name and keeps the scope's capitals, JavaScript lowers both.
# packageurl-go keeps npm names as they are.
# Matters: a scanner that normalises purls in this way looks up advisories of the wrong package.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo 'packageurl-python 0.17.6, packageurl-js 2.0.1, npm' "$(npm --version)"
python3 -m venv venv && venv/bin/pip install -q packageurl-python==0.17.6
npm install --silent --no-audit --no-fund packageurl-js@2.0.1 JSONStream@1.3.5 >/dev/null

in_python() { venv/bin/python -c 'import sys; from packageurl import PackageURL as P; print(P.from_string(sys.argv[1]))' "$1"; }
in_js() { node -e 'console.log(require("packageurl-js").PackageURL.fromString(process.argv[1]).toString())' "$1"; }

echo 'guess: pkg:npm/JSONStream@1.3.5 stays as it is: that is the name in its package.json'
installed=$(node -p 'require("./node_modules/JSONStream/package.json").name')
python=$(in_python pkg:npm/JSONStream@1.3.5)
js=$(in_js pkg:npm/JSONStream@1.3.5)
scoped_python=$(in_python pkg:npm/%40Scope/Name@1.0.0)
scoped_js=$(in_js pkg:npm/%40Scope/Name@1.0.0)
printf 'seen:  package.json %s\n       Python %s, %s\n       JS     %s, %s\n' \
  "$installed" "$python" "$scoped_python" "$js" "$scoped_js"
test "$installed" = JSONStream
test "$python" = pkg:npm/jsonstream@1.3.5
test "$js" = pkg:npm/jsonstream@1.3.5
test "$scoped_python" = pkg:npm/%40Scope/name@1.0.0
test "$scoped_js" = pkg:npm/%40scope/name@1.0.0
