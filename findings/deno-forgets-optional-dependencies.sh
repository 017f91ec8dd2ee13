#!/usr/bin/env bash
# Expected: `deno install` in the folder of a package.json installs and locks what npm does: the
# dependencies, those for development, and the optional ones that fit the machine.
# Seen: the project's own optionalDependencies are neither installed nor locked, without a word and with
# exit code 0.
# Matters: a deno.lock beside a package.json does not speak for it. Whoever makes an SBOM of the lockfile
# misses packages that npm, or the next developer, installs; a native part that is loaded if it is there
# is silently absent from what was tested.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
export DENO_DIR=$dir/cache DENO_NO_UPDATE_CHECK=1
mkdir tool with-npm with-deno
(cd tool && npm install --silent --no-audit --no-fund deno@2.9.6 >/dev/null)
cat > with-npm/package.json <<'EOF'
{"name": "app", "version": "1.0.0", "private": true,
 "dependencies": {"is-odd": "3.0.1"},
 "optionalDependencies": {"is-even": "1.0.0"},
 "devDependencies": {"left-pad": "1.3.0"}}
EOF
cp with-npm/package.json with-deno/
(cd with-npm && npm install --silent --no-audit --no-fund >/dev/null)
(cd with-deno && ../tool/node_modules/.bin/deno install --quiet)
echo "Deno 2.9.6, npm $(npm --version)"

echo 'guess: both install and lock is-odd, is-even and left-pad'
locks() { node -p 'Object.keys(JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]).filter(it => /is-odd|is-even|left-pad/.test(it)).join(", ")' "$1" "$2"; }
npm_locks=$(locks with-npm/package-lock.json packages)
deno_locks=$(locks with-deno/deno.lock npm)
echo "seen:  npm locks $npm_locks"
echo "       Deno locks $deno_locks"
test -d with-npm/node_modules/is-even
test ! -e with-deno/node_modules/is-even
test "$deno_locks" = 'is-odd@3.0.1, left-pad@1.3.0'
grep -q is-even with-npm/package-lock.json
