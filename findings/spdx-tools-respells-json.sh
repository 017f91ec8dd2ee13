#!/usr/bin/env bash
# Expected: pyspdxtools from SPDX 2.3 JSON to SPDX 2.3 JSON keeps what there is, in the same words.
# Seen: a purl's category PACKAGE-MANAGER is written as PACKAGE_MANAGER (both are in the schema), and
# documentDescribes is gone: the root is named by a DESCRIBES relationship at the end instead.
# Matters: a reader that knows one spelling finds no purl, so no advisory, and one that knows one of the
# two ways finds no root, in the *same* SBOM after an official tool has passed it on. Take both of both.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q spdx-tools==0.8.5 click==8.1.8
echo 'spdx-tools 0.8.5'
cat > in.spdx.json <<'J'
{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "n",
 "documentNamespace": "https://example.com/n", "documentDescribes": ["SPDXRef-P"],
 "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]},
 "packages": [{"SPDXID": "SPDXRef-P", "name": "p", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
   "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
     "referenceLocator": "pkg:npm/p@1"}]}]}
J

echo 'guess: PACKAGE-MANAGER, documentDescribes, no relationship'
venv/bin/pyspdxtools -i in.spdx.json -o out.spdx.json > log 2>&1 || { tail -n 3 log; exit 1; }
seen=$(python3 - <<'P'
import json
document = json.load(open("out.spdx.json"))
print(document["packages"][0]["externalRefs"][0]["referenceCategory"], document.get("documentDescribes"),
      *(r["relationshipType"] for r in document.get("relationships", [])))
P
)
echo "seen:  $seen"
test "$seen" = 'PACKAGE_MANAGER None DESCRIBES'
