#!/usr/bin/env bash
# chatgpt_md_converter 0.3.12 reads a code block between lines of tildes as crossed-out text.
# "~~~" is Markdown's other fence; models use it when the code itself holds backticks. The code comes out struck
# through, between two single tildes, and formatting signs within it are read as formatting.
# Guess: a <pre> block, as for backticks. Seen: '<s>~\nrm -r build\n~</s>'.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'chatgpt_md_converter==0.3.12'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
from chatgpt_md_converter import telegram_format
seen = telegram_format("~~~\nrm -r build\n~~~")
print(repr(seen))
assert seen == "<s>~\nrm -r build\n~</s>", seen
PYTHON
