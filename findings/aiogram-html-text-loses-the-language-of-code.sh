#!/usr/bin/env bash
# `Message.html_text` of aiogram 3.31.0 writes the language of a code block into an attribute that Telegram does not
# read.
# Telegram takes the language from class="language-python"; what comes out has language="language-python" in its
# place. Sent again, as a quotation, a correction or a copy, the block has lost its colours and its label. `md_text`
# keeps it.
# Guess: the HTML that Telegram documents. Seen: <code language="language-python">.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'aiogram==3.31.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import datetime
from aiogram.types import Chat, Message, MessageEntity

code = MessageEntity(type="pre", offset=0, length=8, language="python")
said = Message(
    message_id=1, date=datetime.datetime.now(), chat=Chat(id=1, type="private"), text="print(1)", entities=[code]
)
print(said.html_text, said.md_text, sep="\n")
assert '<code language="language-python">' in said.html_text
assert 'class="language-python"' not in said.html_text
assert said.md_text.startswith("```python")
PYTHON
