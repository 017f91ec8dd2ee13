#!/usr/bin/env bash
# Expected: for any two Debian versions one of a < b, a = b, a > b holds; dpkg compares runs of
# digits as numbers, so 2.6.09-1 equals 2.6.9-1.
# Seen: to univers 32.0.1 they are neither smaller, nor greater, nor equal, but both <= and >=:
# ordering follows dpkg, equality compares the text. A range holds the version, a single affected
# version written with the other spelling does not.
# Matters: `if a < b … elif a > b … else equal` and `a == b` disagree, and an advisory that lists
# versions one by one misses the package. Derive equality from the order, never from the text.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q univers==32.0.1
echo "univers 32.0.1, $(dpkg --version | head -n 1)"

echo 'guess: equal to both programs, and in both ranges'
dpkg --compare-versions 2.6.09-1 eq 2.6.9-1 && dpkg=equal
univers=$(venv/bin/python - <<'E'
from univers.version_range import VersionRange
from univers.versions import DebianVersion
a, b = DebianVersion("2.6.09-1"), DebianVersion("2.6.9-1")
print("<", a < b, "==", a == b, ">", a > b, "<=", a <= b, ">=", a >= b)
for text in "vers:deb/<=2.6.9-1", "vers:deb/2.6.9-1":
    print(text, a in VersionRange.from_string(text))
E
)
printf 'seen:  dpkg: %s; univers:\n%s\n' "${dpkg:-unequal}" "$univers"
test "${dpkg:-unequal}" = equal
test "$univers" = '< False == False > False <= True >= True
vers:deb/<=2.6.9-1 True
vers:deb/2.6.9-1 False'
