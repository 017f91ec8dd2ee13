#!/usr/bin/env bash
# Expected: '+' in a purl's qualifier is a plus, as in RFC 3986; a library reads vcs_url=git+https://…
# and gives back git+https://….
# Seen: packageurl-js reads qualifiers as an HTML form does, where '+' is a space. Its vcs_url is
# "git https://…", and what it writes says %20: the wrong value lives on in every later document.
# The Python library reads the same text as a plus. Neither complains.
# Matters: git+https URLs stand in real SBOMs; escape '+' as %2B when writing, whoever reads.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo 'packageurl-js 2.0.1, packageurl-python 0.17.6'
export PURL='pkg:generic/tool@1?vcs_url=git+https://example.org/tool.git'

python3 -m venv venv && venv/bin/pip install -q packageurl-python==0.17.6
npm install --silent --no-audit --no-fund packageurl-js@2.0.1 >/dev/null

echo "guess: vcs_url of $PURL is git+https://example.org/tool.git for both"
python=$(venv/bin/python -c 'import os; from packageurl import PackageURL as P; print(P.from_string(os.environ["PURL"]).qualifiers["vcs_url"])')
js=$(node -e 'console.log(require("packageurl-js").PackageURL.fromString(process.env.PURL).qualifiers.vcs_url)')
escaped=$(PURL=${PURL/+/%2B} node -e 'console.log(require("packageurl-js").PackageURL.fromString(process.env.PURL).qualifiers.vcs_url)')
printf 'seen:  Python %s\n       JS     %s\n       JS, with %%2B: %s\n' "$python" "$js" "$escaped"
test "$python" = 'git+https://example.org/tool.git'
test "$js" = 'git https://example.org/tool.git'
test "$escaped" = 'git+https://example.org/tool.git'
