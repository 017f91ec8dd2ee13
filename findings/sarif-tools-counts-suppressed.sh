#!/usr/bin/env bash
# Expected: `sarif --check error` fails only for errors that stand: SARIF has `suppressions` for what
# was accepted, and baselineState "absent" for what was there in the baseline and is there no more.
# Seen: sarif-tools counts both as errors and ends with 2, their number; results of kind "pass" are counted too,
# under "none".
# Matters: a run in which everything is mended or accepted fails the build, and numbers taken from
# this summary disagree with every viewer's. Filter before counting.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q sarif-tools==3.0.5
echo 'sarif-tools 3.0.5'
cat > run.sarif <<'E'
{"version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [{
  "tool": {"driver": {"name": "t", "rules": [{"id": "R1"}]}},
  "results": [
    {"ruleId": "R1", "level": "error", "message": {"text": "accepted"},
     "suppressions": [{"kind": "external", "status": "accepted"}]},
    {"ruleId": "R1", "level": "error", "message": {"text": "mended"}, "baselineState": "absent"},
    {"ruleId": "R1", "kind": "pass", "message": {"text": "looked at, and well"}}]}]}
E

echo 'guess: no error, exit code 0'
code=0; venv/bin/sarif --check error summary run.sarif > summary.txt 2> errors.txt || code=$?
printf 'seen:  exit code %s\n' "$code"; grep -E '^(error|none):' summary.txt
test "$code" = 2
grep -qx 'error: 2' summary.txt
grep -qx 'none: 1' summary.txt
