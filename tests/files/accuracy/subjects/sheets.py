"""Sheets, beside python-calamine: the words in cells, as how numbers are shown is no part of what it tells."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects.independent import pages_by

_READ = """
import json, re, sys, python_calamine
def is_word(cell):
    # Spans of time come as in the file, PT27H17M54S, which nobody sees.
    return isinstance(cell, str) and not re.fullmatch(r"PT\\d+H\\d+M[\\d.]+S", cell)
book = python_calamine.CalamineWorkbook.from_path(sys.argv[1])
pages = []
for name in book.sheet_names:
    rows = book.get_sheet_by_name(name).to_python()
    pages.append("\\n".join([name, *(" ".join(cell for cell in row if is_word(cell)) for row in rows)]))
print(json.dumps(pages))
"""

_PACKAGES = (
    Package("pypi", "pyexcel-xls", "0.7.1"),
    Package("pypi", "pyexcel-xlsx", "0.6.1"),
    Package("pypi", "pyexcel-ods3", "0.6.1"),
    Package("pypi", "odfpy", "1.4.1"),
    Package("npm", "xlsx-populate", "1.21.0"),
    Package("npm", "docx4js", "3.3.0"),
    Package("npm", "officeparser", "7.8.0"),
    Package("pypi", "python-pptx", "1.0.2"),
)


def _subject(kind: FileKind, ending: str) -> Subject:
    return Subject(
        name=ending.lstrip("."),
        kinds=(kind,),
        endings=(ending,),
        packages=_PACKAGES,
        reference=partial(pages_by, _READ, package="python-calamine==0.9.1"),
        beside="python-calamine 0.9",
        paged=True,
    )


XLSX, XLS, ODS = _subject(FileKind.XLSX, ".xlsx"), _subject(FileKind.XLS, ".xls"), _subject(FileKind.ODT, ".ods")
