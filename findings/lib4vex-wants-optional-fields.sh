#!/usr/bin/env bash
# Expected: lib4vex reads any OpenVEX 0.2.0 document that go-vex reads; role is optional there, and a
# statement without a timestamp has the document's.
# Seen: lib4vex 0.2.3 raises KeyError for a document without role, and for a statement without timestamp,
# though both documents are whole by the specification.
# Matters: a reader tested with files of one writer only takes that writer's choice for the format. Test
# with the specification's smallest document, and inherit the timestamp.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q lib4vex==0.2.3
mkdir go && cat > go/main.go <<'G'
package main

import (
	"fmt"
	"os"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	for _, name := range os.Args[1:] {
		text, _ := os.ReadFile(name)
		document, err := vex.Parse(text)
		if err != nil {
			fmt.Print("error ")
			continue
		}
		found := document.EffectiveStatement("pkg:npm/app@1", "CVE-2026-1")
		fmt.Print(found.Status, " ")
	}
}
G
document() { # file, member of the document, member of the statement
  cat > "$1" <<J
{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/v", "author": "a", $2
 "timestamp": "2026-01-01T00:00:00Z", "version": 1,
 "statements": [{"vulnerability": {"name": "CVE-2026-1"}, "products": [{"@id": "pkg:npm/app@1"}], $3
   "status": "fixed"}]}
J
}
document full.json '"role": "r",' '"timestamp": "2026-01-01T00:00:00Z",'
document no-role.json '' '"timestamp": "2026-01-01T00:00:00Z",'
document inherited.json '"role": "r",' ''
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/openvex/go-vex@v0.2.9 && go mod tidy) > log 2>&1 || { tail -n 3 log; exit 1; }
echo 'lib4vex 0.2.3, go-vex 0.2.9'

echo 'guess: all three are read by both'
files=("$dir/full.json" "$dir/no-role.json" "$dir/inherited.json")
go=$(cd go && go run . "${files[@]}")
python=$(venv/bin/python - "${files[@]}" <<'P'
import sys
from lib4vex.parser import VEXParser
for name in sys.argv[1:]:
    try:
        parser = VEXParser(vex_type="openvex")
        parser.parse(name)
        print(len(parser.get_vulnerabilities()), end=" ")
    except KeyError as error:
        print(repr(error), end=" ")
P
)
printf 'seen:  go-vex %s\nlib4vex %s\n' "$go" "$python"
test "$go" = 'fixed fixed fixed '
test "$python" = "1 KeyError('role') KeyError('timestamp') "
