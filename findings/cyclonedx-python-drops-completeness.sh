#!/usr/bin/env bash
# Expected: the CycloneDX project's Python library, writing version 1.6, keeps what version 1.6 has:
# `compositions` (is the list of dependencies complete?), `provides` (which component implements an
# algorithm) and `formulation`; or at least it says what it leaves out.
# Seen: all three are gone after reading and writing, without a warning.
# Matters: BSI TR-03183-2 demands that completeness is stated, and CBOMs stand on `provides`; a tool
# that merges or signs SBOMs with this library destroys what it was to protect. Sign the bytes that
# the first writer made.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q 'cyclonedx-python-lib[json-validation]==11.12.0'
echo 'cyclonedx-python-lib 11.12.0'
cat > sbom.cdx.json <<'E'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "components": [{"type": "library", "bom-ref": "tls", "name": "tls"},
                {"type": "cryptographic-asset", "bom-ref": "aes", "name": "AES",
                 "cryptoProperties": {"assetType": "algorithm"}}],
 "dependencies": [{"ref": "tls", "provides": ["aes"]}],
 "compositions": [{"aggregate": "complete", "assemblies": ["tls"]}],
 "formulation": [{"bom-ref": "build", "components": [{"type": "application", "name": "cc", "version": "14"}]}]}
E

echo 'guess: valid, and all three are still there'
seen=$(venv/bin/python - <<'E'
import json, warnings
warnings.simplefilter("error")
from cyclonedx.model.bom import Bom
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = open("sbom.cdx.json").read()
print("valid:", JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None)
written = json.loads(JsonV1Dot6(Bom.from_json(json.loads(text))).output_as_string())
for key in "compositions", "formulation":
    print(key, key in written)
print("provides", any("provides" in entry for entry in written["dependencies"]))
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'valid: True
compositions False
formulation False
provides False'
