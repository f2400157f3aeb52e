#!/usr/bin/env bash
# recurrent 0.4.1 puts small hours into the evening, and only for some wordings.
# "every day at 7" becomes BYHOUR=19, while "every weekday at 8" becomes BYHOUR=8. The medicine at seven in the
# morning is told at seven in the evening.
# Guess: 7, or a question back. Seen: BYHOUR=19 and BYHOUR=8.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'recurrent==0.4.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime, re
from recurrent import RecurringEvent
now = datetime.datetime(2026, 11, 28, 15, 0)
seen = [re.search(r"BYHOUR=(\d+)", RecurringEvent(now_date=now).parse(words))[1] for words in
        ("every day at 7", "every weekday at 8")]
print(seen)
assert seen == ["19", "8"], seen
PYTHON
