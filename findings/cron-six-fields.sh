#!/usr/bin/env bash
# Expected: a cron pattern of six fields begins with the seconds: "0 5 2 * * *" runs once a day, at
# 02:05:00.
# Seen: so it does in croner and cron-parser (npm), and cron_descriptor words it "At 02:05 AM"; but
# croniter, Python's usual library, takes the *sixth* field for the seconds. It reads minute 0, hour
# 5, day of the month 2, every second: 60 runs in a row, once a month. Neither refuses the pattern.
# Matters: a backup's schedule that moves between the two has days without a run and then 60 of them;
# a check for missed runs must know which program's reading holds. Write five fields.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q croniter==7.0.0 cron-descriptor==2.2.1
npm install --silent --no-audit --no-fund croner@11.0.1 cron-parser@5.10.6 >/dev/null
echo 'croniter 7.0.0, cron-descriptor 2.2.1, croner 11.0.1, cron-parser 5.10.6'
export PATTERN='0 5 2 * * *'

echo "guess: $PATTERN after 1 December 2026 runs on the 1st and the 2nd at 02:05:00"
python=$(venv/bin/python -c '
import os; from croniter import croniter; from datetime import datetime; from cron_descriptor import get_description
runs = croniter(os.environ["PATTERN"], datetime(2026, 12, 1))
print(*[runs.get_next(datetime).isoformat() for _ in range(2)]); print(get_description(os.environ["PATTERN"]))')
js=$(node -e '
const start = new Date("2026-12-01T00:00:00Z"), text = (d) => d.toISOString().slice(0, 19);
console.log(new (require("croner").Cron)(process.env.PATTERN, {timezone: "UTC"}).nextRuns(2, start).map(text).join(" "));
const runs = require("cron-parser").CronExpressionParser.parse(process.env.PATTERN, {currentDate: start, tz: "UTC"});
console.log([1, 2].map(() => text(runs.next().toDate())).join(" "));')
printf 'seen:  croniter, cron_descriptor:\n%s\ncroner, cron-parser:\n%s\n' "$python" "$js"
test "$python" = '2026-12-02T05:00:00 2026-12-02T05:00:01
At 02:05 AM'
test "$js" = '2026-12-01T02:05:00 2026-12-02T02:05:00
2026-12-01T02:05:00 2026-12-02T02:05:00'
