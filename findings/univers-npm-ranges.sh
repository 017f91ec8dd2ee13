#!/usr/bin/env bash
# Expected: univers, made to read each ecosystem's own ranges, reads npm's as npm does.
# Seen: a partial version is filled up with zeros, so ">1" admits 1.5.0 and "<=1" leaves it out,
# where npm reads ">=2.0.0" and "<2.0.0-0"; "1.2" means 1.2.0 alone and not every 1.2.x; and "^1.2.3"
# holds 2.0.0-alpha, for npm bounds it with <2.0.0-0 and takes prereleases only when asked for.
# Matters: of these four everyday ranges not one means the same; an advisory or a policy that is
# translated to `vers` in this way says "not affected" of affected versions.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q univers==32.0.1
npm install --silent --no-audit --no-fund semver@7.8.6 >/dev/null
echo 'univers 32.0.1, node-semver 7.8.6'

cases=('>1 1.5.0' '<=1 1.5.0' '1.2 1.2.5' '^1.2.3 2.0.0-alpha')
echo 'guess: the same answers from both'
univers=$(venv/bin/python - "${cases[@]}" <<'E'
import sys
from univers.version_range import NpmVersionRange
from univers.versions import SemverVersion
for case in sys.argv[1:]:
    range_, version = case.split()
    print(case, str(SemverVersion(version) in NpmVersionRange.from_native(range_)).lower())
E
)
npm=$(node -e 'for (const c of process.argv.slice(1)) console.log(c, require("semver").satisfies(c.split(" ")[1], c.split(" ")[0]))' -- "${cases[@]}")
printf 'seen:  univers:\n%s\nnpm:\n%s\n' "$univers" "$npm"
test "$univers" = '>1 1.5.0 true
<=1 1.5.0 false
1.2 1.2.5 false
^1.2.3 2.0.0-alpha true'
test "$npm" = '>1 1.5.0 false
<=1 1.5.0 true
1.2 1.2.5 true
^1.2.3 2.0.0-alpha false'
