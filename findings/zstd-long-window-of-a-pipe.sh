#!/usr/bin/env bash
# Expected: six bytes compressed with `zstd --long=31` can be read by any zstd: no window is needed.
# Seen: true if zstd was given the file by name. From standard input, with the size unknown, the frame
# states the whole window of 2 GiB, and zstd itself refuses six bytes as needing too much memory; so do
# Python's zstandard and backports.zstd, unless they are told a larger limit.
# Matters: `tar | zstd --long=31` passes no restore test with default settings, however small the data;
# the setting that restores it must be stored beside the backup, and a reader must say "window above my
# limit", not "damaged".
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q zstandard==0.25.0 backports.zstd==1.8.0
zstd --version; echo 'zstandard 0.25.0, backports.zstd 1.8.0'
echo hello > data
zstd -q --long=31 data -o named.zst
zstd -q --long=31 < data > piped.zst

echo 'guess: both files are read by all three'
seen=''
for file in named piped; do
  by_zstd=yes; zstd -dc "$file.zst" > out 2> err || by_zstd=no
  seen+="$file: zstd $by_zstd"
  seen+="$(venv/bin/python - "$file.zst" <<'P'
import sys, io, zstandard
from backports import zstd
data = open(sys.argv[1], "rb").read()
for name, read in (("zstandard", lambda: zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()),
                   ("backports.zstd", lambda: zstd.decompress(data))):
    try:
        print(f" {name} {'yes' if read() == b'hello' + bytes([10]) else 'other'}", end="")
    except (zstandard.ZstdError, zstd.ZstdError):
        print(f" {name} no", end="")
P
)"$'\n'
done
zstd -dc --long=31 piped.zst | cmp - data
printf 'seen:\n%s' "$seen"
test "$seen" = 'named: zstd yes zstandard yes backports.zstd yes
piped: zstd no zstandard no backports.zstd no
'
