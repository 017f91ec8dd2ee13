#!/usr/bin/env bash
# Expected: a DSSE envelope whose signatures have no keyid is read: the specification calls keyid an
# optional hint, that may be missing, and that two signatures may share.
# Seen: securesystemslib (Python, under in-toto) cannot read such an envelope: without keyid KeyError,
# with one keyid twice "Multiple signatures found". go-securesystemslib reads all of them.
# Matters: cosign and many signers of their own write no keyid; what Go made and verified is unreadable
# in Python. A writer should give a distinct keyid, a reader must try every key on every signature.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q securesystemslib==1.6.0
mkdir go && cat > go/main.go <<'E'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

func main() {
	for _, text := range os.Args[1:] {
		var envelope dsse.Envelope
		err := json.Unmarshal([]byte(text), &envelope)
		_, err2 := envelope.DecodeB64Payload()
		fmt.Println(len(envelope.Signatures), err, err2)
	}
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/secure-systems-lab/go-securesystemslib/dsse@v0.11.1) >/dev/null 2>&1
echo 'securesystemslib 1.6.0, go-securesystemslib 0.11.1'
envelopes=('{"payload": "e30=", "payloadType": "text/plain", "signatures": [{"sig": "AAAA"}]}'
  '{"payload": "e30=", "payloadType": "text/plain", "signatures": [{"keyid": "a", "sig": "AAAA"}, {"keyid": "a", "sig": "BBBB"}]}')

echo 'guess: both are read by both, with one and two signatures'
python=$(venv/bin/python - "${envelopes[@]}" <<'E'
import json, sys
from securesystemslib.dsse import Envelope
for text in sys.argv[1:]:
    try:
        print(len(Envelope.from_dict(json.loads(text)).signatures))
    except (KeyError, ValueError) as error:
        print(type(error).__name__, error)
E
)
go=$(cd go && go run . "${envelopes[@]}")
printf 'seen:  Python:\n%s\nGo:\n%s\n' "$python" "$go"
test "$python" = "KeyError 'keyid'
ValueError Multiple signatures found for keyid a"
test "$go" = '1 <nil> <nil>
2 <nil> <nil>'
