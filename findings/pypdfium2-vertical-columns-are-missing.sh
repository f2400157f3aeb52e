#!/usr/bin/env bash
# Of vertical Japanese, pypdfium2 5.15.2 returns the last column only, without an error.
# A letter set in columns from top to bottom is drawn as it should be; of its text all but one column is missing, from
# `get_text_range` and from `get_text_bounded`, as if it were not there. What is there looks like a text, so nothing
# tells a reader that three quarters are gone.
# Guess: all columns, perhaps in another order. Seen: one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pypdfium2==5.15.2' 'reportlab==5.1.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import io
import pypdfium2
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

font = UnicodeCIDFont("HeiseiMin-W3", isVertical=True)
pdfmetrics.registerFont(font)
file = io.BytesIO()
canvas = Canvas(file)
canvas.setFont(font.fontName, 14)
columns = ("東京都港区", "大阪市北区", "名古屋市中")
for number, column in enumerate(columns):
    canvas.drawString(500 - 40 * number, 700, column)
canvas.save()
page = pypdfium2.PdfDocument(file.getvalue())[0].get_textpage()
text = page.get_text_range()
print(repr(text), repr(page.get_text_bounded()))
assert columns[-1] in text
assert columns[0] not in text and columns[1] not in text
PYTHON
