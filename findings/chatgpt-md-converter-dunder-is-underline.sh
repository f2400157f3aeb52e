#!/usr/bin/env bash
# chatgpt_md_converter 0.3.12 takes the underscores of a name within a word for formatting.
# "Edit __init__.py" becomes "Edit <u>init</u>.py": another name, underlined. In CommonMark that is bold; that the
# converter's two underscores underline is its documented choice, that no rule looks at what stands around them is
# not.
# Guess: a name directly followed by ".py" keeps its underscores, as in `snake_case`, which it does keep. Seen: 'Edit
# <u>init</u>.py'.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'chatgpt_md_converter==0.3.12'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
from chatgpt_md_converter import telegram_format
seen = telegram_format("Edit __init__.py and snake_case.py")
print(seen)
assert seen == "Edit <u>init</u>.py and snake_case.py", seen
PYTHON
