#!/usr/bin/env bash
# croniter 7.0.0 gives a daily 02:30 twice on the night when clocks go back.
# "30 2 * * *" in Europe/Berlin: 25 October 2026 at 02:30+02:00 and again at 02:30+01:00. cronsim 2.8, which has the
# same interface, gives it once, as cron itself does for fixed times.
# Guess: a daily job is daily. Seen: two times on the 25th with croniter, one with cronsim.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'croniter==7.0.0' 'cronsim==2.8' 'tzdata==2026.6'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime, zoneinfo
from croniter import croniter
from cronsim import CronSim
start = datetime.datetime(2026, 10, 24, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
ours, theirs = croniter("30 2 * * *", start), CronSim("30 2 * * *", start)
seen = [[ours.get_next(datetime.datetime).isoformat() for _ in range(3)], [next(theirs).isoformat() for _ in range(3)]]
print(*seen, sep="\n")
on_the_25th = [sum(moment.startswith("2026-10-25") for moment in moments) for moments in seen]
assert on_the_25th == [2, 1], on_the_25th
PYTHON
