#!/usr/bin/env bash
# dateparser 1.5.0 reads "at 8" as August.
# The bare number is taken for a month: said on 28 November 2026, it gives 28 August 2027. "8pm" is read as a time, so
# that people who try it with that trust the other as well.
# Guess: eight o'clock, or None. Seen: 2027-08-28 00:00:00.
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
seen = [str(dateparser.parse(words, settings=settings)) for words in ("at 8", "8pm")]
print(seen)
assert seen == ["2027-08-28 00:00:00", "2026-11-28 20:00:00"], seen
PYTHON
