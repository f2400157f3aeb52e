#!/usr/bin/env bash
# chardet 7.7.0 names another, incompatible encoding for a Russian text when it is asked for supersets.
# `prefer_superset=True` is meant for decoding: ASCII becomes Windows-1252, ISO 8859-1 too. But ISO 8859-5 becomes
# Windows-1251, which is none of it: the letters stand elsewhere, and every word that is decoded by that name is other
# letters.
# Guess: a superset decodes whatever the encoding itself decodes. Seen: ISO8859-5 without it, Windows-1251 with it,
# and the text decoded by that is not the text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'chardet==7.7.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import chardet

said = "Пожалуйста, введите новый пароль дважды"
data = said.encode("iso8859-5")
plain, superset = chardet.detect(data), chardet.detect(data, prefer_superset=True)
print(plain["encoding"], superset["encoding"], data.decode(superset["encoding"]))
assert data.decode(plain["encoding"]) == said
assert superset["encoding"].lower() == "windows-1251", superset
assert data.decode(superset["encoding"]) != said
PYTHON
