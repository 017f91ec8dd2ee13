#!/usr/bin/env bash
# Expected: `@weekly` of cron and `weekly` of a systemd timer are the same moment; and "Mon *-*-1" picks
# the same days as "0 0 1 * 1".
# Seen: cron's week begins on Sunday, systemd's on Monday. And systemd wants both the day of the week and
# the day of the month, cron either: the next times lie months apart.
# Matters: a schedule moved from cron to a timer ("is the backup late?") needs translation, not renaming:
# with the wrong day every check in between is a day off, and "and" for "or" leaves about two of sixty runs a year.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q croniter==7.0.0 cronsim==2.7
systemd-analyze --version | head -n 1; echo 'croniter 7.0.0, cronsim 2.7'
start='2026-12-01 12:00:00'

echo 'guess: the same next time from each'
cron=$(venv/bin/python - "$start" <<'P'
import sys
from datetime import datetime
from croniter import croniter
from cronsim import CronSim
start = datetime.fromisoformat(sys.argv[1])
for croniters, cronsims in (("@weekly", "0 0 * * 0"), ("0 0 1 * 1", "0 0 1 * 1")):
    a, b = croniter(croniters, start).get_next(datetime), next(CronSim(cronsims, start))
    print(a.strftime("%a %Y-%m-%d") if a == b else "differ")
P
)
systemd=$(for spec in weekly 'Mon *-*-1'; do
  TZ=UTC LC_ALL=C systemd-analyze calendar --base-time="$start UTC" "$spec" | sed -n 's/^ *Next elapse: \([A-Z][a-z]* [-0-9]*\).*/\1/p'
done)
printf 'seen:  cron\n%s\nsystemd\n%s\n' "$cron" "$systemd"
test "$cron" = 'Sun 2026-12-06
Mon 2026-12-07'
test "$systemd" = 'Mon 2026-12-07
Mon 2027-02-01'
