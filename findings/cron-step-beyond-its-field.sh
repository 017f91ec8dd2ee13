#!/usr/bin/env bash
# Expected: "*/90 * * * *" is an error everywhere, or runs every 90 minutes, as both cronstrue and
# cron_descriptor put it in words.
# Seen: it runs every *hour* in croniter, cron-parser and robfig/cron (what Kubernetes' CronJobs use):
# a step starts anew with each hour, so only minute 0 is left. Only croner refuses it.
# Matters: the sentence that a person approves is not what runs; the number of runs that a check of
# completeness expects (16 a day) is wrong by half. Refuse steps greater than the field.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q croniter==7.0.0 cron-descriptor==2.2.1
npm install --silent --no-audit --no-fund croner@11.0.1 cron-parser@5.10.6 cronstrue@3.39.0 >/dev/null
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/robfig/cron/v3"
)

func main() {
	schedule, err := cron.ParseStandard(os.Getenv("PATTERN"))
	if err != nil {
		panic(err)
	}
	first := schedule.Next(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(first.Format("15:04"), schedule.Next(first).Format("15:04"))
}
E
export GOFLAGS=-modcacherw PATTERN='*/90 * * * *'
(cd go && go mod init finding && go get github.com/robfig/cron/v3@v3.0.1) >/dev/null 2>&1
echo 'croniter 7.0.0, cron-descriptor 2.2.1, croner 11.0.1, cron-parser 5.10.6, cronstrue 3.39.0, robfig/cron 3.0.1'

echo "guess: $PATTERN is refused, or runs at 01:30 and 03:00"
python=$(venv/bin/python -c '
import os; from croniter import croniter; from datetime import datetime; from cron_descriptor import get_description
runs = croniter(os.environ["PATTERN"], datetime(2026, 12, 1))
print(get_description(os.environ["PATTERN"])); print(*[runs.get_next(datetime).strftime("%H:%M") for _ in range(2)])')
js=$(node -e '
const start = new Date("2026-12-01T00:00:00Z"), text = (d) => d.toISOString().slice(11, 16);
console.log(require("cronstrue").toString(process.env.PATTERN));
const runs = require("cron-parser").CronExpressionParser.parse(process.env.PATTERN, {currentDate: start, tz: "UTC"});
console.log([1, 2].map(() => text(runs.next().toDate())).join(" "));
try { new (require("croner").Cron)(process.env.PATTERN, {paused: true}); console.log("croner takes it") } catch { console.log("croner refuses it") }')
go=$(cd go && go run .)
printf 'seen:  Python: %s\nJS: %s\nGo: %s\n' "$python" "$js" "$go"
test "$python" = 'Every 90 minutes
01:00 02:00'
test "$js" = 'Every 90 minutes
01:00 02:00
croner refuses it'
test "$go" = '01:00 02:00'
