#!/usr/bin/env bash
# pypdfium2 5.15.2 writes a hyphen at the end of a line as U+0002 or U+FFFE, by the call that is used.
# The two halves of the word are joined with that character between them, so the word is found neither as one nor as
# two, and what stands for the hyphen of "well-known" looks the same as that of a word that was broken for the line.
# `get_text_bounded` gives U+0002, `get_text_range` U+FFFE; neither is a hyphen.
# Guess: "detec-", a line's end, "tion". Seen: one line, a control character in mid-word.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pypdfium2==5.15.2' 'reportlab==5.1.0'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import io
import pypdfium2
from reportlab.pdfgen.canvas import Canvas

file = io.BytesIO()
canvas = Canvas(file)
text = canvas.beginText(72, 700)
for line in ("The early detec-", "tion of a well-", "known fault"):
    text.textLine(line)
canvas.drawText(text)
canvas.save()
page = pypdfium2.PdfDocument(file.getvalue())[0].get_textpage()
bounded, ranged = page.get_text_bounded(), page.get_text_range()
print(ascii(bounded), ascii(ranged))
assert "detec\x02tion" in bounded and "well\x02known" in bounded
assert "detec\ufffetion" in ranged
assert "-" not in bounded + ranged
PYTHON
