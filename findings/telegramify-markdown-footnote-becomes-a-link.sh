#!/usr/bin/env bash
# telegramify-markdown 1.4.1 makes a footnote's words the address of a link, and shows them nowhere.
# "Boil it[^1]." with "[^1]: ten" below becomes "Boil it^1." whose "^1" is a text_link to the address "ten". The note
# itself cannot be read any more.
# Guess: the note stands below, or the source is left as it is. Seen: text 'Boil it^1.' with a text_link to 'ten'.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'telegramify-markdown==1.4.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import telegramify_markdown
text, entities = telegramify_markdown.convert("Boil it[^1].\n\n[^1]: ten")
links = [(entity.type, entity.url) for entity in entities]
print(repr(text), links)
assert text.strip() == "Boil it^1." and links == [("text_link", "ten")]
PYTHON
