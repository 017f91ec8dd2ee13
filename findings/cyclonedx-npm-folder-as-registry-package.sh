#!/usr/bin/env bash
# Expected: a dependency on a local folder, which was never published, is told from the registry's
# package of that name: no purl, or one that says where it comes from.
# Seen: cyclonedx-npm writes pkg:npm/NAME@VERSION for it, and for a root that is marked private, as it
# does for packages of the registry. (uv's export leaves the purl out in the same case.)
# Matters: pkg:npm without repository_url means the public registry; advisories, licences and downloads
# of a stranger's package are then joined to the company's own folder.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir tool project project/loc
(cd tool && npm install --silent --no-audit --no-fund --omit=optional @cyclonedx/cyclonedx-npm@6.0.1 >/dev/null)
echo 'cyclonedx-npm 6.0.1, npm' "$(npm --version)"
cd project
echo '{"name": "product", "version": "1.0.0", "private": true, "dependencies": {"internal-tool": "file:loc"}}' > package.json
echo '{"name": "internal-tool", "version": "0.1.0", "private": true}' > loc/package.json
npm install --silent --no-audit --no-fund --package-lock-only

echo 'guess: no purl for internal-tool and product'
../tool/node_modules/.bin/cyclonedx-npm --package-lock-only -o sbom.json 2>/dev/null
seen=$(node -p 'const s = require("./sbom.json"); [s.metadata.component, ...s.components].map((c) => c.purl).join(" ")')
echo "seen:  $seen"
test "$seen" = 'pkg:npm/product@1.0.0 pkg:npm/internal-tool@0.1.0'
