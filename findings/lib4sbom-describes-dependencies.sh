#!/usr/bin/env bash
# Expected: turning CycloneDX into SPDX keeps the main component: SPDX has a package for the product,
# the document DESCRIBES it, and it DEPENDS_ON its two dependencies.
# Seen: lib4sbom has no package for the product; the document DESCRIBES the two direct dependencies,
# that is, it claims to be the SBOM of them. A licence of CycloneDX without `acknowledgement` also
# turns into licenseConcluded, although nobody concluded anything.
# Matters: a check "is this the SBOM of product X" fails or, worse, accepts it for a dependency.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q lib4sbom==0.10.4
echo 'lib4sbom 0.10.4'
cat > sbom.cdx.json <<'E'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "metadata": {"component": {"type": "application", "bom-ref": "product", "name": "product", "version": "1.0"}},
 "components": [
  {"type": "library", "bom-ref": "left", "name": "left", "version": "1", "purl": "pkg:npm/left@1",
   "licenses": [{"license": {"id": "MIT"}}]},
  {"type": "library", "bom-ref": "right", "name": "right", "version": "1", "purl": "pkg:npm/right@1"}],
 "dependencies": [{"ref": "product", "dependsOn": ["left", "right"]}]}
E

echo 'guess: DESCRIBES product; product DEPENDS_ON left, right; left: declared MIT, concluded NOASSERTION or nothing'
venv/bin/python - <<'E' >/dev/null
from lib4sbom.generator import SBOMGenerator
from lib4sbom.parser import SBOMParser
parser = SBOMParser()
parser.parse_file("sbom.cdx.json")
SBOMGenerator(sbom_type="spdx", format="json", application="finding", version="1").generate(
    "product", parser.get_sbom(), filename="sbom.spdx.json")
E
seen=$(venv/bin/python - <<'E'
import json
document = json.load(open("sbom.spdx.json"))
for package in document["packages"]:
    print("package", package["name"], package.get("licenseDeclared"), package.get("licenseConcluded"))
for relation in document["relationships"]:
    print(relation["spdxElementId"], relation["relationshipType"], relation["relatedSpdxElement"])
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'package left MIT MIT
package right None None
SPDXRef-DOCUMENT DESCRIBES SPDXRef-1-left
SPDXRef-DOCUMENT DESCRIBES SPDXRef-2-right'
