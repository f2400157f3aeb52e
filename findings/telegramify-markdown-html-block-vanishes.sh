#!/usr/bin/env bash
# telegramify-markdown 1.4.1 drops a whole HTML block, words included.
# Models fold long parts away in <details>. convert() gives an empty text for such a block: the person sees nothing of
# it, and where it is the whole answer, Telegram refuses the empty message.
# Guess: the tags go, the words stay (as they do for inline tags: "<b>bold</b> x" keeps "bold x"). Seen: ''.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'telegramify-markdown==1.4.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import telegramify_markdown
folded, _ = telegramify_markdown.convert("<details><summary>Steps</summary>Open the valve.</details>")
inline, _ = telegramify_markdown.convert("<b>bold</b> x")
print(repr(folded), repr(inline))
assert folded == "" and inline == "bold x"
PYTHON
