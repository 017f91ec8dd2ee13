#!/usr/bin/env bash
# Expected: an archive of GNU tar --listed-incremental is read like any other: directory d/, file d/f.
# Seen: Python's tarfile gives `15303416362/d/f`: in the old GNU header the access time stands where
# POSIX has the prefix of the name, and tarfile takes those octal digits for a folder (another one each
# second). The directories (type D) are neither directory nor file to it, and extractall makes a *file*
# of each, then fails on what lies inside. node-tar has the right names.
# Matters: a backup's list of paths made with tarfile agrees with nothing; look at the magic ("ustar",
# two spaces, NUL) before joining the prefix, and test a tar reader on incremental archives.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund tar@7.5.2 >/dev/null
tar --version | head -n 1; python3 --version; echo 'node-tar 7.5.2'
mkdir -p data/d && echo hi > data/d/f
tar -C data --listed-incremental=state -cf incremental.tar d

echo 'guess: d/ and d/f for both; tarfile extracts them'
python=$(python3 - <<'P'
import re, tarfile
with tarfile.open("incremental.tar") as archive:
    for member in archive:
        print(re.sub("^[0-7]{11}/", "DIGITS/", member.name), "directory" if member.isdir() else "file" if member.isreg() else "neither")
    try:
        archive.extractall("out")
        print("extracted")
    except OSError as error:
        print(type(error).__name__)
P
)
node=$(node -e 'require("tar").t({ file: "incremental.tar", sync: true, onReadEntry: (e) => console.log(e.path, e.type) })')
printf 'seen:  tarfile\n%s\nnode-tar\n%s\n' "$python" "$node"
test "$python" = 'DIGITS/d/ neither
DIGITS/d/f file
NotADirectoryError'
test "$node" = 'd/ GNUDumpDir
d/f File'
