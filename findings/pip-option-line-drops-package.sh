#!/usr/bin/env bash
# Expected: the line `--pre idna==3.4` of a requirements file, written as one would on pip's command
# line, installs idna 3.4, or is an error.
# Seen: a line that begins with an option is options alone. pip 25.3 and uv drop the package without a
# word and end with 0. Of the readers, pip-requirements-parser keeps it as an invalid line;
# requirements-parser warns that `--pre` is skipped and says nothing of the package.
# Matters: "pip took the file" does not mean that every package named in it was installed, and a lister
# that finds NAME==VERSION by a pattern reports one that is not there.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv
venv/bin/pip install -q pip==25.3 uv==0.9.15 pip-requirements-parser==32.0.1 requirements-parser==0.13.1
venv/bin/pip --version | cut -d' ' -f1,2; venv/bin/uv --version
echo 'pip-requirements-parser 32.0.1, requirements-parser 0.13.1'
printf '%s\n' '--pre idna==3.4' 'toml==0.10.2' > requirements.txt

echo 'guess: idna and toml, or an error'
venv/bin/pip install --dry-run --no-deps --ignore-installed -r requirements.txt > output 2>&1
venv/bin/uv pip compile --no-cache --no-deps --no-header --no-annotate requirements.txt > uv.txt 2> uv.err
seen="pip: $(grep '^Would install' output), idna in $(grep -c idna output || true) lines of its output
uv: $(paste -sd' ' uv.txt), idna in $(grep -c idna uv.err || true) lines of its messages
$(venv/bin/python - <<'P'
import warnings, pip_requirements_parser, requirements
read = pip_requirements_parser.RequirementsFile.from_file("requirements.txt")
print("pip-requirements-parser:", *(r.name for r in read.requirements), "and invalid lines:", len(read.invalid_lines))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always", UserWarning)
    names = [r.name for r in requirements.parse(open("requirements.txt"))]
print("requirements-parser:", *names, *(w.message for w in said if w.category is UserWarning))
P
)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pip: Would install toml-0.10.2, idna in 0 lines of its output
uv: toml==0.10.2, idna in 0 lines of its messages
pip-requirements-parser: toml and invalid lines: 1
requirements-parser: toml Unused option --pre. Skipping'
