"""Notebooks, beside pandoc."""

from functools import partial

from bot.domain.messages import FileKind
from tests.files.accuracy.samples import Package
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects import pandoc

SUBJECT = Subject(
    name="ipynb",
    kinds=(FileKind.TEXT,),
    endings=(".ipynb",),
    packages=(
        Package("pypi", "nbconvert", "7.17.2"),
        Package("pypi", "nbformat", "5.11.1"),
        Package("pypi", "nbclient", "0.11.0"),
        Package("pypi", "agate", "1.14.2"),
    ),
    reference=partial(pandoc.plain, form="ipynb"),
    beside="pandoc 2.17",
    program="pandoc",
    excused=tuple(
        (name, "pandoc writes out the numbers of an interactive part, of which nobody sees any")
        for name in ("Widget_List.ipynb", "JupyterWidgets.ipynb", "tests/files/Output.ipynb")
    ),
)
