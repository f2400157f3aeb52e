#!/usr/bin/env bash
# selectolax 1.0.2 shows no text of an XHTML page whose title is an empty element.
# Chapters of e-books and pages saved by tools are XHTML, where <title/> is a whole element. Both of its parsers
# follow the rules of HTML, where it only begins one: all that follows is read as the title. Nothing is raised, and
# the body is empty.
# Guess: a page that declares itself XHTML in its first line and namespace is read as such. Seen: the text of the body
# is "".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'selectolax==1.0.2'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
from selectolax.lexbor import LexborHTMLParser

page = '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
page += "<body><p>Call me Ishmael.</p></body></html>"
parsed = LexborHTMLParser(page)
body = parsed.body.text() if parsed.body is not None else ""
print(repr(body))
assert body == "", body
PYTHON
