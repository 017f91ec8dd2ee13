#!/usr/bin/env bash
# Expected: license-expression's SPDX mode takes every identifier of SPDX's list, and gives it back.
# Seen: of the four below, all on the list, none comes through: Apache-2.0+ is an "unknown license
# key" (a '+' is known only where the list once had an entry for it), eCos-2.0 and
# GPL-2.0-with-classpath-exception are taken for exceptions that must stand after WITH, and Net-SNMP
# is valid and rendered as LicenseRef-scancode-net-snmp, which is no SPDX identifier.
# Matters: the library validates licences in many SBOM writers and checkers; its "invalid" is not the
# standard's, and what it normalises no longer compares equal with the licence in the source.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q license-expression==30.4.4
npm install --silent --no-audit --no-fund spdx-expression-parse@5.0.0 >/dev/null
echo 'license-expression 30.4.4, spdx-expression-parse 5.0.0 (for comparison)'

ids=(Apache-2.0+ eCos-2.0 GPL-2.0-with-classpath-exception Net-SNMP)
echo "guess: valid, and unchanged: ${ids[*]}"
python=$(venv/bin/python - "${ids[@]}" <<'E'
import sys
from license_expression import get_spdx_licensing
spdx = get_spdx_licensing()
for id in sys.argv[1:]:
    print(id, "refused" if spdx.validate(id).errors else f"valid, {spdx.parse(id)}")
E
)
js=$(node -e 'for (const id of process.argv.slice(1)) { require("spdx-expression-parse")(id); console.log(id, "valid") }' -- "${ids[@]}")
printf 'seen:\n%s\nspdx-expression-parse:\n%s\n' "$python" "$js"
test "$python" = 'Apache-2.0+ refused
eCos-2.0 refused
GPL-2.0-with-classpath-exception refused
Net-SNMP valid, LicenseRef-scancode-net-snmp'
test "$js" = 'Apache-2.0+ valid
eCos-2.0 valid
GPL-2.0-with-classpath-exception valid
Net-SNMP valid'
