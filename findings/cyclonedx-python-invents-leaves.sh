#!/usr/bin/env bash
# Expected: reading a CycloneDX document and writing it with the project's own Python library keeps
# the dependency graph.
# Seen: the input says of `app` what it needs and nothing of `a` and `b`; the output also has entries
# for these, without `dependsOn`. In CycloneDX a component that is absent from `dependencies` is
# unknown, one that is there with no dependencies has none.
# Matters: "unknown" became "needs nothing". A check of completeness passes after a round trip that
# failed before; ask for the writer's original, or for `compositions`.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q cyclonedx-python-lib==11.12.0
echo 'cyclonedx-python-lib 11.12.0'
cat > sbom.cdx.json <<'E'
{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
 "metadata": {"component": {"type": "application", "bom-ref": "app", "name": "app"}},
 "components": [{"type": "library", "bom-ref": "a", "name": "a"}, {"type": "library", "bom-ref": "b", "name": "b"}],
 "dependencies": [{"ref": "app", "dependsOn": ["a", "b"]}]}
E

echo 'guess: one entry, of app'
seen=$(venv/bin/python - <<'E'
import json
from cyclonedx.model.bom import Bom
from cyclonedx.output.json import JsonV1Dot6
bom = Bom.from_json(json.load(open("sbom.cdx.json")))
for entry in json.loads(JsonV1Dot6(bom).output_as_string())["dependencies"]:
    print(json.dumps(entry))
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = '{"ref": "a"}
{"dependsOn": ["a", "b"], "ref": "app"}
{"ref": "b"}'
