#!/usr/bin/env bash
# APScheduler 3.11.3: CronTrigger.from_crontab("0 8 * * 1-5") fires from Tuesday to Saturday.
# In crontab(5) Sunday is 0 and 7. from_crontab reads the five fields in crontab's order but counts weekdays from
# Monday = 0, so that "every weekday" copied from any crontab or cron page is a day late, "0" is Monday, and "7" is
# refused.
# Guess: a function of that name reads what crontab reads. Seen: Sat, Tue, Wed, Thu, Fri, Sat from a Friday noon on.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'APScheduler==3.11.3' 'tzlocal==5.3.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
from apscheduler.triggers.cron import CronTrigger
trigger, moment, seen = CronTrigger.from_crontab("0 8 * * 1-5", timezone="UTC"), None, []
now = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.timezone.utc)
for _ in range(6):
    moment = trigger.get_next_fire_time(moment, now)
    now = moment
    seen.append(f"{moment:%a}")
print(seen)
assert seen == ["Sat", "Tue", "Wed", "Thu", "Fri", "Sat"], seen
PYTHON
