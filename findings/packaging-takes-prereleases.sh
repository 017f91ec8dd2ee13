#!/usr/bin/env bash
# Expected: SpecifierSet(">=1.0").contains("1.1a1") is False: a specifier admits prereleases only where
# it names one. So it was in packaging 25.0, and so says @renovatebot/pep440.
# Seen: packaging 26.4 says True, also for "==1.*", unless prereleases=False is passed. Nothing
# in the calling code has changed: the default None used to mean "as the specifier says".
# Matters: the same policy ("is the installed version in the affected range?") changes its answer with
# an upgrade of the library that pip, pip-audit and others vendor. Say prereleases=… each time.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
for version in 25.0 26.4; do
  python3 -m venv "venv-$version" && "venv-$version/bin/pip" install -q "packaging==$version"
done
npm install --silent --no-audit --no-fund @renovatebot/pep440@4.2.4 >/dev/null
echo 'packaging 25.0 and 26.4, @renovatebot/pep440 4.2.4'

echo 'guess: False everywhere for 1.1a1 in >=1.0 and in ==1.*'
in_python() { "venv-$1/bin/python" -c '
from packaging.specifiers import SpecifierSet as S
print(S(">=1.0").contains("1.1a1"), S("==1.*").contains("1.1a1"), S(">=1.0").contains("1.1a1", prereleases=False))'; }
old=$(in_python 25.0); new=$(in_python 26.4)
js=$(node -p '["\u003e=1.0", "==1.*"].map((s) => require("@renovatebot/pep440").satisfies("1.1a1", s)).join(" ")')
printf 'seen:  packaging 25.0 %s; 26.4 %s (third: prereleases=False); pep440 %s\n' "$old" "$new" "$js"
test "$old" = 'False False False'
test "$new" = 'True True False'
test "$js" = 'false false'
