#!/usr/bin/env bash
# Expected: a zstd file may hold several frames, as `zstd`, `pzstd` and `cat a.zst b.zst` make; a
# one-shot decompress gives all of it, as the program and the npm package fzstd do, or an error.
# Seen: python-zstandard's decompress() and decompressobj() give the first frame and say nothing of
# the rest; a skippable frame in front (which the seekable formats use) gives an error or nothing.
# Its stream_reader and open(), in the same version, read on.
# Matters: image layers (zstd:chunked) and backups consist of thousands of frames: a digest or a scan
# over the one-shot result is one over the first few kilobytes. Compare the size with what is expected.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q zstandard==0.25.0
npm install --silent --no-audit --no-fund fzstd@0.1.1 >/dev/null
echo "zstandard (Python) 0.25.0, fzstd 0.1.1, $(zstd --version | grep -o 'v[0-9.]*')"
printf 'one' | zstd -q > two.zst; printf 'two' | zstd -q >> two.zst

echo 'guess: "onetwo" from all'
program=$(zstd -dc two.zst)
js=$(node -p 'Buffer.from(require("fzstd").decompress(require("fs").readFileSync("two.zst"))).toString()')
python=$(venv/bin/python - <<'E'
import zstandard
data = open("two.zst", "rb").read()
reader = zstandard.ZstdDecompressor()
skippable = bytes.fromhex("502a4d1804000000") + b"skip"
print("one-shot", reader.decompressobj().decompress(data).decode(), reader.decompress(zstandard.compress(b"one") + data).decode())
print("stream", zstandard.open("two.zst").read().decode())
print("behind a skippable frame", repr(reader.decompressobj().decompress(skippable + data).decode()))
E
)
printf 'seen:  zstd %s, fzstd %s; Python:\n%s\n' "$program" "$js" "$python"
test "$program $js" = 'onetwo onetwo'
test "$python" = "one-shot one one
stream onetwo
behind a skippable frame ''"
