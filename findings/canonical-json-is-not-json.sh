#!/usr/bin/env bash
# Expected: the "canonical JSON" over which in-toto and TUF metadata is signed is JSON: parse it, write
# it canonically again, and the bytes are the same; for a string that holds a line feed it equals
# RFC 8785.
# Seen: securesystemslib (Python) and go-securesystemslib write the line feed as it is, within the
# quotes. No JSON parser takes the bytes that were signed; fractions cannot be written at all, and
# RFC 8785's key order (by UTF-16) differs from this one's.
# Matters: store the signed bytes, not to parse them, and never verify such a signature over RFC 8785.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q securesystemslib==1.6.0 rfc8785==0.1.4
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

func main() {
	written, err := cjson.EncodeCanonical(map[string]any{"a": "x\ny"})
	fmt.Printf("%q %v\n", written, err)
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/secure-systems-lab/go-securesystemslib@v0.11.1) >/dev/null 2>&1
echo 'securesystemslib 1.6.0, go-securesystemslib 0.11.1, rfc8785 0.1.4'

echo 'guess: the line feed is escaped by all, and what is written is JSON'
python=$(venv/bin/python - <<'E'
import json, rfc8785
from securesystemslib.formats import encode_canonical
written = encode_canonical({"a": "x\ny"})
print(repr(written), rfc8785.dumps({"a": "x\ny"}).decode())
try:
    json.loads(written)
    print("JSON")
except json.JSONDecodeError as error:
    print(error.msg)
E
)
go=$(cd go && go run .)
printf 'seen:  Python: %s\nGo: %s\n' "$python" "$go"
test "$python" = "'"'{"a":"x\ny"}'"'"' {"a":"x\ny"}
Invalid control character at'
test "$go" = '"{\"a\":\"x\ny\"}" <nil>'
