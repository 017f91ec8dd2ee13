#!/usr/bin/env bash
# Expected: `base_score` is the score of the base metrics, as it is for CVSS 2 and 3 in the same
# library: adding "no exploit is known" (E:U) leaves it alone and lowers the temporal score.
# Seen: for CVSS 4.0, Python's cvss gives under `base_score` the one score over all metrics given:
# 9.3 becomes 8.1, Critical becomes High, and `scores()` has a single element.
# (4.0 calls the first CVSS-B, the second CVSS-BT.)
# Matters: code that reads `base_score` for all versions compares base scores of version 3 with
# threat-adjusted ones of version 4, and a later exploit changes a number that is thought fixed.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q cvss==3.6
echo 'cvss (Python) 3.6'

score() { venv/bin/python -c 'import sys, cvss; v = getattr(cvss, sys.argv[1])(sys.argv[2]); print(v.base_score, *v.scores())' "$@"; }
v3=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
v4=CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N

echo 'guess: E:U changes base_score of neither'
plain3=$(score CVSS3 $v3); unproven3=$(score CVSS3 $v3/E:U)
plain4=$(score CVSS4 $v4); unproven4=$(score CVSS4 $v4/E:U)
printf 'seen:  base_score and scores(): 3.1 %s, with E:U %s; 4.0 %s, with E:U %s\n' \
  "$plain3" "$unproven3" "$plain4" "$unproven4"
test "$plain3" = '9.8 9.8 9.8 9.8'
test "$unproven3" = '9.8 9.8 9.0 9.0'
test "$plain4" = '9.3 9.3'
test "$unproven4" = '8.1 8.1'
