"""Word documents, beside pandoc."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects import pandoc

SUBJECT = Subject(
    name="docx",
    kinds=(FileKind.DOCX,),
    endings=(".docx", ".docm", ".dotx"),
    packages=(
        Package("pypi", "python-docx", "1.2.0"),
        Package("pypi", "docxcompose", "2.2.0"),
        Package("npm", "mammoth", "1.13.0"),
        Package("npm", "docx-preview", "0.4.1"),
        Package("npm", "docxtemplater", "3.71.0"),
        Package("npm", "officeparser", "7.8.0"),
        Package("debian", "pandoc", "2.17.1.1-2~deb12u1"),
    ),
    reference=partial(pandoc.plain, form="docx"),
    beside="pandoc 2.17",
    program="pandoc",
)
