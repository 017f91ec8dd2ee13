#!/usr/bin/env bash
# Expected: the lockfiles of two tools for one manifest with one optional package, which itself depends
# on nothing, list that one package; or differ in what the tools resolved differently.
# Seen: npm lists it alone. Yarn 4 lists node-gyp as its dependency, and all that node-gyp needs: more
# than ten packages that no manifest asks for, in versions of the day, because the package has a script
# that may compile. On the machine that locks them they are never installed.
# Matters: whoever scans a yarn.lock or makes an SBOM of it reports a build tool and its advisories for a
# project that does not have them; whoever compares the lists of two tools finds packages "missing".
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir tool with-npm with-yarn
(cd tool && npm install --silent --no-audit --no-fund @yarnpkg/cli-dist@4.5.0 >/dev/null)
manifest='{"name": "app", "version": "1.0.0", "private": true, "optionalDependencies": {"fsevents": "2.3.3"}}'
echo "$manifest" > with-npm/package.json
echo "$manifest" > with-yarn/package.json
touch with-yarn/yarn.lock
(cd with-npm && npm install --silent --no-audit --no-fund --package-lock-only)
(cd with-yarn && YARN_ENABLE_TELEMETRY=0 ../tool/node_modules/.bin/yarn install --mode=update-lockfile >/dev/null)
echo "Yarn 4.5.0, npm $(npm --version)"

echo 'guess: fsevents alone in both'
npm_lists=$(node -p 'Object.keys(require("./with-npm/package-lock.json").packages).filter(Boolean).length')
yarn_lists=$(grep -c '^  resolution: ".*@npm:' with-yarn/yarn.lock)
echo "seen:  npm lists $npm_lists, Yarn $yarn_lists packages of the registry"
grep -A4 '^"fsevents@npm:2.3.3"' with-yarn/yarn.lock | grep -q 'node-gyp: "npm:latest"'
test "$npm_lists" = 1
test "$yarn_lists" -gt 10
