#!/usr/bin/env bash
# Expected: uv's export of its lockfile to pylock.toml (PEP 751) keeps what that can say and uv.lock says:
# which package depends on which (`dependencies`), and that a package is only of a dependency group
# (`dependency-groups` and a marker).
# Seen: neither. Packages of the group `dev`, which is exported by default, stand there like all others,
# without a marker, and no entry has dependencies.
# Matters: what is made of such a file has no graph, and takes what only tests need for what is deployed;
# an installer that reads it installs both.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv tool
tool/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
tool/bin/uv --version
cat > pyproject.toml <<'TOML'
[project]
name = "app"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["python-dateutil==2.9.0.post0"]
[dependency-groups]
dev = ["iniconfig==2.0.0"]
TOML
tool/bin/uv lock --quiet
tool/bin/uv export --quiet --format pylock.toml -o pylock.toml

echo 'guess: python-dateutil depends on six, and iniconfig has the marker of a group'
seen=$(python3 - <<'PYTHON'
import tomllib
lock = tomllib.load(open("pylock.toml", "rb"))
by_name = {package["name"]: package for package in lock["packages"]}
print(
    sorted(by_name), "groups" if "dependency-groups" in lock else "no groups",
    "dependencies" if any("dependencies" in it for it in lock["packages"]) else "no dependencies",
    by_name["iniconfig"].get("marker", "no marker"), sep="; ")
PYTHON
)
echo "seen:  $seen"
grep -q '{ name = "six" }' uv.lock
test "$seen" = "['iniconfig', 'python-dateutil', 'six']; no groups; no dependencies; no marker"
