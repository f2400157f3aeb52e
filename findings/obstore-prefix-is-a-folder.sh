#!/usr/bin/env bash
# Listing with a prefix in obstore 0.12.1 finds whole folders only.
# S3 itself compares the beginnings of names: with the prefix "blobs/ab" it lists blobs/ab12. Here a prefix is a path
# of whole parts, so the same call finds nothing, without an error: whoever looks for all files of a shard, a day or a
# person by the beginning of their names, to count or to erase them, is told that there are none.
# Guess: two names. Seen: none.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'obstore==0.12.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import obstore
from obstore.store import MemoryStore

store = MemoryStore()
for name in ("blobs/ab12", "blobs/ab34", "blobs/cd56"):
    obstore.put(store, name, b"x")


def names(prefix):
    return [found["path"] for page in obstore.list(store, prefix=prefix) for found in page]


print(names("blobs/ab"), names("blobs"))
assert names("blobs/ab") == []
assert len(names("blobs")) == 3
PYTHON
