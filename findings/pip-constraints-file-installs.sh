#!/usr/bin/env bash
# Expected: a constraints file (`-c`) never adds a package; it only limits the versions of those that
# are installed for another reason. So a line `-r base.txt` in it adds constraints, or is refused.
# Seen: pip 25.3 installs what base.txt names: `-r` in a constraints file opens a requirements file
# again. The same pin written into the constraints file itself installs nothing. uv resolves to the
# one package that was asked for.
# Matters: a tool that lists what a project installs and leaves constraints files out misses packages,
# and pip and uv install different sets from the same two files.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q pip==25.3 uv==0.9.15
venv/bin/pip --version | cut -d' ' -f1,2; venv/bin/uv --version
echo 'toml==0.10.2' > requirements.txt
echo 'idna==3.4' > base.txt
echo 'idna==3.4' > pinned.txt
echo '-r base.txt' > naming.txt
by_pip() {
  venv/bin/pip install -q --dry-run --no-deps --ignore-installed --report - -r requirements.txt -c "$1" |
    python3 -c 'import json, sys; print(*sorted(i["metadata"]["name"] for i in json.load(sys.stdin)["install"]))'
}
by_uv() { venv/bin/uv pip compile -q --no-cache --no-deps --no-header --no-annotate requirements.txt -c "$1" | sed 's/==.*//' | paste -sd' '; }

echo 'guess: toml alone, four times'
seen="pip, pin in the constraints file: $(by_pip pinned.txt)
pip, -r in the constraints file: $(by_pip naming.txt)
uv, pin in the constraints file: $(by_uv pinned.txt)
uv, -r in the constraints file: $(by_uv naming.txt)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pip, pin in the constraints file: toml
pip, -r in the constraints file: idna toml
uv, pin in the constraints file: toml
uv, -r in the constraints file: toml'
