"""Slides, beside python-pptx's idea of their shapes, notes and tables; each slide is a page."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects.independent import pages_by

_READ = """
import json, sys, pptx
def words(shapes):
    for shape in shapes:
        if shape.has_text_frame:
            yield shape.text_frame.text
        if getattr(shape, "has_table", False) and shape.has_table:
            yield from (cell.text for row in shape.table.rows for cell in row.cells)
        if hasattr(shape, "shapes"):
            yield from words(shape.shapes)
pages = []
for slide in pptx.Presentation(sys.argv[1]).slides:
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    pages.append("\\n".join([*words(slide.shapes), notes.text if notes is not None else ""]))
print(json.dumps(pages))
"""


SUBJECT = Subject(
    name="pptx",
    kinds=(FileKind.PPTX,),
    endings=(".pptx", ".pptm", ".potx"),
    packages=(
        Package("pypi", "python-pptx", "1.0.2"),
        Package("npm", "officeparser", "7.8.0"),
        Package("npm", "pptx2json", "0.0.10"),
        Package("npm", "docxtemplater", "3.71.0"),
        Package("debian", "pandoc", "2.17.1.1-2~deb12u1"),
    ),
    reference=partial(pages_by, _READ, package="python-pptx==1.0.2"),
    beside="python-pptx 1.0",
    paged=True,
)
