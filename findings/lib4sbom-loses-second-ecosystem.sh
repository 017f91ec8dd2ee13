#!/usr/bin/env bash
# Expected: an SBOM with requests 2.0 from npm and requests 2.0 from PyPI has two packages; they have
# their own bom-ref and purl.
# Seen: lib4sbom keys packages by name and version, so the first one is gone, with its purl, after
# parsing; nothing is reported. Whatever is built on it (converters, checkers, diffs) never sees it.
# Matters: whole systems hold equal names in several ecosystems; compare the number of components
# before and after every conversion, and key packages by bom-ref or purl.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q lib4sbom==0.10.4
echo 'lib4sbom 0.10.4'
cat > sbom.cdx.json <<'E'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [
  {"type": "library", "bom-ref": "n", "name": "requests", "version": "2.0", "purl": "pkg:npm/requests@2.0"},
  {"type": "library", "bom-ref": "p", "name": "requests", "version": "2.0", "purl": "pkg:pypi/requests@2.0"},
  {"type": "library", "bom-ref": "q", "name": "requests", "version": "2.1", "purl": "pkg:pypi/requests@2.1"}
]}
E

echo 'guess: 3 packages'
seen=$(venv/bin/python - <<'E'
from lib4sbom.parser import SBOMParser
parser = SBOMParser()
parser.parse_file("sbom.cdx.json")
for package in parser.get_packages():
    print(*[reference[2] for reference in package["externalreference"]])
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pkg:pypi/requests@2.0
pkg:pypi/requests@2.1'
