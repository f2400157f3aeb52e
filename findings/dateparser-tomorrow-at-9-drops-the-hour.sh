#!/usr/bin/env bash
# dateparser 1.5.0 reads "tomorrow at 9" as tomorrow at the present time of day.
# "tomorrow 9:00" is right and "tomorrow at 9" is not refused: at three in the afternoon it gives three in the
# afternoon, as do "morgen um 9", "mañana a las 9" and "завтра в 9". A reminder made of it comes six hours late, and
# nothing says so.
# Guess: 9:00, or None. Seen: 2026-11-29 15:00:00 for all four.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'dateparser==1.5.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
import dateparser
settings = {"RELATIVE_BASE": datetime.datetime(2026, 11, 28, 15, 0), "PREFER_DATES_FROM": "future"}
seen = {words: str(dateparser.parse(words, settings=settings)) for words in
        ("tomorrow 9:00", "tomorrow at 9", "morgen um 9", "mañana a las 9", "завтра в 9")}
print(seen)
assert seen.pop("tomorrow 9:00") == "2026-11-29 09:00:00"
assert set(seen.values()) == {"2026-11-29 15:00:00"}, seen
PYTHON
