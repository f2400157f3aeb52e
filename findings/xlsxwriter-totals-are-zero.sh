#!/usr/bin/env bash
# A workbook written by XlsxWriter 3.3.1 holds 0 as the result of each formula, not nothing.
# The library cannot calculate; it notes 0 and asks the program that opens the file to calculate anew. What reads
# values only (openpyxl with data_only, calamine) cannot tell such a 0 from a result: of a report made by a script,
# whose total is 42 on the screen, a model reads that the total is 0. A formula written by openpyxl has no result,
# which can be seen.
# Guess: no value until something has calculated. Seen: 0.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'XlsxWriter==3.3.1' 'openpyxl==3.1.5' 'python-calamine==0.9.1'
cd "$dir"
"$dir/venv/bin/python" -W ignore - <<'PYTHON'
import io
import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

written = io.BytesIO()
book = xlsxwriter.Workbook(written)
sheet = book.add_worksheet()
sheet.write_row(0, 0, [20, 22])
sheet.write_formula(1, 0, "=SUM(A1:B1)")
book.close()

other = io.BytesIO()
book = openpyxl.Workbook()
book.active.append([20, 22])
book.active["A2"] = "=SUM(A1:B1)"
book.save(other)


def totals(file):
    file.seek(0)
    first = openpyxl.load_workbook(file, data_only=True).active["A2"].value
    file.seek(0)
    rows = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    return first, rows[1][0] if len(rows) > 1 else None


print(totals(written), totals(other))
assert totals(written) == (0, 0)
assert totals(other) == (None, None)
PYTHON
