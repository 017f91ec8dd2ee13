#!/usr/bin/env bash
# Expected: text_string_to_metric_families of prometheus_client reads the text format: the sample of
# `# TYPE backups counter` / `backups 3` is named "backups", and written again it is the same line.
# Seen: the sample is named backups_total, and so it is written. The text format (0.0.4) has no rule
# about that suffix: it is OpenMetrics' rule. A gauge of any name stays as it is.
# Matters: an alert on `backups` (the textfile of a backup script, passed on by a Python exporter) finds
# no series, without an error. A check of exported metrics must read the text itself.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q prometheus-client==0.26.0
echo 'prometheus-client 0.26.0'

echo 'guess: backups and age, as in the text'
seen=$(venv/bin/python - <<'P'
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families as parse
text = "# TYPE backups counter\nbackups 3\n# TYPE age gauge\nage 1\n"
class Passed:
    def collect(self):
        return parse(text)
print(*(sample.name for family in parse(text) for sample in family.samples))
print(*(line for line in generate_latest(Passed()).decode().splitlines() if line[0] != "#"), sep="; ")
P
)
printf 'seen:  %s\n' "$seen"
test "$seen" = 'backups_total age
backups_total 3.0; age 1.0'
