#!/usr/bin/env bash
# Expected: the array `components` of an SBOM made by cyclonedx-npm lists what package-lock.json lists.
# Seen: a package that npm put into another one's node_modules stands in *that component's* own
# `components`, as a part of it: of two is-number here only one is at the top. CycloneDX allows it,
# and nesting there means "is assembled from", not "was unpacked into".
# Matters: `.components[]` (and many a counter or checker) misses packages, and says nothing; the
# nested one is what a vulnerable old version often is. Walk recursively, or pass --flatten-components.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir tool project
(cd tool && npm install --silent --no-audit --no-fund --omit=optional @cyclonedx/cyclonedx-npm@6.0.1 >/dev/null)
echo 'cyclonedx-npm 6.0.1, npm' "$(npm --version)"
echo '{"name": "product", "version": "1.0.0", "dependencies": {"is-number": "7.0.0", "is-odd": "0.1.2"}}' > project/package.json
cd project
npm install --silent --no-audit --no-fund --package-lock-only

echo 'guess: both is-number, 7.0.0 and 3.0.0, at the top'
sbom() { ../tool/node_modules/.bin/cyclonedx-npm --package-lock-only -o sbom.json "$@" 2>/dev/null
  node -p 'require("./sbom.json").components.filter((c) => c.name == "is-number").map((c) => c.version).sort().join(" ")'; }
locked=$(node -p 'Object.keys(require("./package-lock.json").packages).filter((k) => k.endsWith("is-number")).join(" ")')
plain=$(sbom); flat=$(sbom --flatten-components)
printf 'seen:  lockfile: %s\n       SBOM, top: %s; with --flatten-components: %s\n' "$locked" "$plain" "$flat"
test "$(wc -w <<<"$locked")" = 2
test "$plain" = 7.0.0
test "$flat" = '3.0.0 7.0.0'
