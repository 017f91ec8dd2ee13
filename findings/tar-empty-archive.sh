#!/usr/bin/env bash
# Expected: an archive without members, two or more blocks of zeros, is a valid tar file to every
# reader: GNU tar writes it, POSIX describes it, and the empty layer of container images is one.
# Seen: Python and GNU tar read it as empty; node's `tar` warns TAR_BAD_ARCHIVE "Unrecognized archive
# format", and in strict mode refuses it.
# Matters: a check that takes node-tar's warning for damage fails on healthy images and on incremental
# backups of a day without changes.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund tar@7.5.23 >/dev/null
echo "tar (npm) 7.5.23, $(tar --version | head -n 1), $(python3 --version)"
tar -cf empty.tar -T /dev/null

echo 'guess: no member and no complaint from all'
gnu=$(tar -tf empty.tar | wc -l)
python=$(python3 -c 'import tarfile; print(tarfile.open("empty.tar").getnames())')
node=$(node -e '
const tar = require("tar"), warnings = [];
(async () => {
  await tar.list({file: "empty.tar", onwarn: (code) => warnings.push(code)});
  console.log(warnings.join(" "), await tar.list({file: "empty.tar", strict: true}).then(() => "taken", () => "refused"));
})()')
printf 'seen:  GNU tar %s members, Python %s, node %s\n' "$gnu" "$python" "$node"
test "$gnu" = 0
test "$python" = '[]'
test "$node" = 'TAR_BAD_ARCHIVE refused'
