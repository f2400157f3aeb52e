#!/usr/bin/env bash
# With the vocabulary for Claude that litellm 1.110.2 ships, a text has more tokens than bytes.
# Byte-pair vocabularies fall back to bytes, so that the number of bytes is often taken as an upper bound, for a
# budget or for what a request may cost. This one is preceded by a normaliser (NFKC), which writes one letter of
# Arabic texts, a greeting of three bytes, out as a phrase of eighteen letters.
# Guess: at most one token for each byte. Seen: 3 bytes, 15 tokens.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'litellm==1.110.2' 'tokenizers==0.23.3'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import importlib.util, pathlib
from tokenizers import Tokenizer

root = pathlib.Path(importlib.util.find_spec("litellm").origin).parent
file = next(root.rglob("anthropic_tokenizer.json"))
said = "\ufdfa"
tokens = Tokenizer.from_str(file.read_text(encoding="utf-8")).encode(said).tokens
print(len(said.encode()), len(tokens))
assert len(tokens) == 15, tokens
assert len(tokens) > len(said.encode())
PYTHON
