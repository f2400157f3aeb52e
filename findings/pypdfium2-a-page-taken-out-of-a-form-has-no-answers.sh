#!/usr/bin/env bash
# A page that is copied out of a filled form with `import_pages` of pypdfium2 5.15.2 looks filled and has no form.
# The fields come along as they are drawn; the form that they belong to stays behind, so the new document has none,
# and asking PDFium's form functions for what was filled in finds nothing. Printing a page of a form "to PDF", or
# sending only the page that was signed, makes such files.
# Guess: a form with that page's fields. Seen: no form.
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
canvas.drawString(72, 700, "Name")
canvas.acroForm.textfield(name="name", value="Ann Example", x=120, y=690, width=200, height=20)
canvas.save()
whole = pypdfium2.PdfDocument(file.getvalue())
part = pypdfium2.PdfDocument.new()
part.import_pages(whole, [0])
copied = io.BytesIO()
part.save(copied)
part = pypdfium2.PdfDocument(copied.getvalue())
for document in (whole, part):
    document.init_forms()
print(whole.get_formtype(), part.get_formtype(), whole.formenv, part.formenv)
assert whole.formenv is not None and whole.get_formtype() != 0
assert part.formenv is None and part.get_formtype() == 0
PYTHON
