"""RTF, beside pandoc."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects import pandoc

SUBJECT = Subject(
    name="rtf",
    kinds=(FileKind.RTF,),
    endings=(".rtf",),
    packages=(
        Package("debian", "pandoc", "2.17.1.1-2~deb12u1"),
        Package("debian", "unrtf", "0.21.10-clean-1"),
        Package("debian", "abiword", "3.0.5~dfsg-3.2"),
    ),
    reference=partial(pandoc.plain, form="rtf"),
    beside="pandoc 2.17",
    program="pandoc",
    excused=(
        ("cp1251-russian-alphabet.rtf", "pandoc knows no code page but 1252"),
        ("unrtf-0.21.10/tests/body.rtf", "pandoc knows no code page but 1252"),
        ("wp/bugs/836.rtf", "pandoc knows no code page but 1252"),
        ("test/rtf/image.rtf", "it holds a picture alone, for which pandoc writes the word image"),
    ),
)
