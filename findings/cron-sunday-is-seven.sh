#!/usr/bin/env bash
# Expected: "0 0 * * 7" means Sunday, as in the usual cron programs, and "1-7" the whole week.
# Seen: croniter, croner and cron-parser take both; robfig/cron, on which Kubernetes' CronJobs and many
# Go programs stand, refuses both: 6 is its last day.
# Matters: a schedule that is tested here and written into a manifest there is refused at deployment,
# or never runs; write SUN, or 0, which all four read alike.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
python3 -m venv venv && venv/bin/pip install -q croniter==7.0.0
npm install --silent --no-audit --no-fund croner@11.0.1 cron-parser@5.10.6 >/dev/null
mkdir go && cat > go/main.go <<'E'
package main

import (
	"fmt"
	"os"

	"github.com/robfig/cron/v3"
)

func main() {
	for _, pattern := range os.Args[1:] {
		_, err := cron.ParseStandard(pattern)
		fmt.Println(pattern, err)
	}
}
E
export GOFLAGS=-modcacherw
(cd go && go mod init finding && go get github.com/robfig/cron/v3@v3.0.1) >/dev/null 2>&1
echo 'croniter 7.0.0, croner 11.0.1, cron-parser 5.10.6, robfig/cron 3.0.1'

echo 'guess: the next run after 1 December 2026 is on the 6th, from all'
python=$(venv/bin/python -c '
from croniter import croniter; from datetime import datetime
print(croniter("0 0 * * 7", datetime(2026, 12, 1)).get_next(datetime).date(), croniter.is_valid("0 0 * * 1-7"))')
js=$(node -e '
const start = new Date("2026-12-01T00:00:00Z"), {Cron} = require("croner"), {CronExpressionParser: P} = require("cron-parser");
const day = (d) => d.toISOString().slice(0, 10);
new Cron("0 0 * * 1-7", {paused: true}); P.parse("0 0 * * 1-7");
console.log(day(new Cron("0 0 * * 7", {timezone: "UTC", paused: true}).nextRun(start)),
  day(P.parse("0 0 * * 7", {currentDate: start, tz: "UTC"}).next().toDate()));')
go=$(cd go && go run . '0 0 * * 7' '0 0 * * 1-7' '0 0 * * SUN' '0 0 * * 0')
printf 'seen:  croniter %s; croner, cron-parser %s; robfig/cron:\n%s\n' "$python" "$js" "$go"
test "$python" = '2026-12-06 True'
test "$js" = '2026-12-06 2026-12-06'
test "$go" = '0 0 * * 7 end of range (7) above maximum (6): 7
0 0 * * 1-7 end of range (7) above maximum (6): 1-7
0 0 * * SUN <nil>
0 0 * * 0 <nil>'
