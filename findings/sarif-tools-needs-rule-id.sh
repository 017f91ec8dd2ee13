#!/usr/bin/env bash
# Expected: a SARIF result may name its rule by `ruleIndex` alone, and take its text from the rule by
# message.id; the standard says so (3.27.5 and 3.11.8), and readers look both up.
# Seen: sarif-tools reads such a file (`sarif ls` lists it), and ends summary and csv with KeyError: 'ruleId'.
# Matters: what a standard leaves optional is required by its most used reader. A writer should give
# ruleId and message.text in every result; a reader must look them up.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q sarif-tools==3.0.5
echo 'sarif-tools 3.0.5'
cat > run.sarif <<'E'
{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [{
  "tool": {"driver": {"name": "t", "rules": [
    {"id": "R1", "messageStrings": {"found": {"text": "found something"}}}]}},
  "results": [{"ruleIndex": 0, "level": "error", "message": {"id": "found"}}]}]}
E

echo 'guess: one error, R1 found something'
venv/bin/sarif ls run.sarif | grep run.sarif
code=0; venv/bin/sarif summary run.sarif > summary.txt 2> errors.txt || code=$?
printf 'seen:  exit code %s, %s\n' "$code" "$(tail -n 1 errors.txt)"
test "$code" = 1
test "$(tail -n 1 errors.txt)" = "KeyError: 'ruleId'"
