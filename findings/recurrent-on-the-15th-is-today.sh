#!/usr/bin/env bash
# recurrent 0.4.1 drops the day of "on the 15th at 10" and gives ten o'clock of the present day, which is over.
# Said at three in the afternoon of the 28th it gives the 28th at ten: in the past, so that whatever is planned by it
# is due at once.
# Guess: the next 15th, or None. Seen: 2026-11-28 10:00:00.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'recurrent==0.4.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
from recurrent import RecurringEvent
seen = RecurringEvent(now_date=datetime.datetime(2026, 11, 28, 15, 0)).parse("on the 15th at 10")
print(seen)
assert str(seen) == "2026-11-28 10:00:00", seen
PYTHON
