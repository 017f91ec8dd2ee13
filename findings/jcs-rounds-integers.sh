#!/usr/bin/env bash
# Expected: two Python libraries for RFC 8785 agree, or one refuses: Python's integers are exact, and
# the RFC knows only what a double can hold.
# Seen: for 9007199254740993 `jcs` silently writes 9007199254740992, `rfc8785` refuses it, and
# securesystemslib's canonical JSON writes it exactly.
# Matters: two documents that differ (sizes, ids, nanosecond times beyond 2^53) get one canonical form,
# one digest and one signature. Write such numbers as strings, and refuse them when signing.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q jcs==0.2.1 rfc8785==0.1.4 securesystemslib==1.6.0
echo 'jcs 0.2.1, rfc8785 0.1.4, securesystemslib 1.6.0'

echo 'guess: refused by both libraries of RFC 8785'
seen=$(venv/bin/python - <<'E'
import jcs, rfc8785
from securesystemslib.formats import encode_canonical
size = {"size": 2**53 + 1}
print("jcs", jcs.canonicalize(size).decode(), jcs.canonicalize(size) == jcs.canonicalize({"size": 2**53}))
try:
    print("rfc8785", rfc8785.dumps(size).decode())
except rfc8785.IntegerDomainError:
    print("rfc8785 refuses")
print("securesystemslib", encode_canonical(size))
E
)
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'jcs {"size":9007199254740992} True
rfc8785 refuses
securesystemslib {"size":9007199254740993}'
