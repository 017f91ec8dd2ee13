#!/usr/bin/env bash
# Expected: in-toto's own attestation library reads a valid Statement as the specification says
# ("ignore unknown fields"), and what it writes has the predicate's values unchanged.
# Seen: it is protobuf with a google.protobuf.Struct: every number becomes a double, so 3 is written as
# 3.0 and 9007199254740993 as 9007199254740992.0, and one field more on the top level is a ParseError.
# Matters: a Statement that went through it has another digest and perhaps other numbers (run ids, sizes,
# times in ns). Verify and store the payload's bytes; parse with JSON if numbers count.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q in-toto-attestation==0.9.3 protobuf==7.36.2
echo 'in-toto-attestation 0.9.3 (Python), protobuf 7.36.2'

echo 'guess: 3 and 9007199254740993 come back, the unknown field is ignored'
seen=$(venv/bin/python - <<'P'
import json
from google.protobuf import json_format
from in_toto_attestation.v1.statement_pb2 import Statement
statement = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "a", "digest": {"sha256": "00" * 32}}],
    "predicateType": "https://example.com/p",
    "predicate": {"count": 3, "run": 9007199254740993},
}
written = json.loads(json_format.MessageToJson(json_format.ParseDict(statement, Statement())))
print(*(f"{key} {value}" for key, value in sorted(written["predicate"].items())))
try:
    json_format.ParseDict({**statement, "note": "x"}, Statement())
    print("ignored")
except json_format.ParseError as error:
    print(type(error).__name__)
P
)
printf 'seen:  %s\n' "$seen"
test "$seen" = 'count 3.0 run 9007199254740992.0
ParseError'
