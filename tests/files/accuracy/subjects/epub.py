"""Books, beside pandoc."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects import pandoc

SUBJECT = Subject(
    name="epub",
    kinds=(FileKind.EPUB,),
    endings=(".epub",),
    packages=(Package("debian", "pandoc", "2.17.1.1-2~deb12u1"), Package("npm", "epubjs", "0.3.93")),
    reference=partial(pandoc.plain, form="epub"),
    beside="pandoc 2.17",
    program="pandoc",
    excused=(("features.epub", "pandoc writes its formulas as LaTeX"),),
)
