#!/usr/bin/env bash
# APScheduler 3.11.3: with both a day of the month and a weekday, from_crontab fires only where both fit.
# In crontab(5) either is enough: "0 9 1 * 0" (in APScheduler's count: Monday) is "on the 1st, and on every Monday".
# APScheduler waits for a 1st that is a Monday: half a year to the first one here, where cron fires nine times in the
# first two months.
# Guess: as cron reads it. Seen: 2027-02-01 and 2027-03-01 are the first two times after 28 November 2026.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'APScheduler==3.11.3' 'tzlocal==5.3.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
from apscheduler.triggers.cron import CronTrigger
trigger = CronTrigger.from_crontab("0 9 1 * 0", timezone="UTC")
first = trigger.get_next_fire_time(None, datetime.datetime(2026, 11, 28, tzinfo=datetime.timezone.utc))
second = trigger.get_next_fire_time(first, first)
print(first, second)
assert [f"{moment:%Y-%m-%d %a}" for moment in (first, second)] == ["2027-02-01 Mon", "2027-03-01 Mon"]
PYTHON
