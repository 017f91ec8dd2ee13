#!/usr/bin/env bash
# Expected: a requirements file includes another by `-r` or `--requirement`, in full; `--requirem` is
# an error.
# Seen: pip 25.3 takes the beginning of a long option for the option, and installs what base.txt names.
# pip-requirements-parser, made of pip's own reader, calls the same word ambiguous (it has one more
# option of that beginning) and keeps it as an invalid line; uv refuses the file.
# Matters: a file that pip takes is not always one that its readers can read. An option that a reader
# does not know may stand for an included file: report the line as not understood, do not pass it over.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv
venv/bin/pip install -q pip==25.3 uv==0.9.15 pip-requirements-parser==32.0.1
venv/bin/pip --version | cut -d' ' -f1,2; venv/bin/uv --version
echo 'pip-requirements-parser 32.0.1'
mkdir project; echo '--requirem base.txt' > project/requirements.txt; echo 'idna==3.4' > project/base.txt

echo 'guess: all three refuse the line or all three find idna'
by_uv=taken; venv/bin/uv pip compile -q --no-cache --no-deps project/requirements.txt > uv.out 2>&1 || by_uv=refused
venv/bin/pip install --dry-run --no-deps --ignore-installed -r project/requirements.txt > output 2>&1
seen="pip: $(grep '^Would install' output)
uv: $by_uv
pip-requirements-parser: $(venv/bin/python - <<'P'
from pip_requirements_parser import RequirementsFile
read = RequirementsFile.from_file("project/requirements.txt", include_nested=True)
print(len(read.requirements), "requirements,", *("ambiguous" if "ambiguous option" in i.dumps() else i for i in read.invalid_lines))
P
)"
printf 'seen:\n%s\n' "$seen"
test "$seen" = 'pip: Would install idna-3.4
uv: refused
pip-requirements-parser: 0 requirements, ambiguous'
