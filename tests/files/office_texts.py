"""What the tests of office documents share: reading one from its bytes, and letters that are followed through it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from tests.support.material import relations, zipped

LETTERS = st.text(st.characters(categories=("Ll", "Lu", "Nd")), min_size=1, max_size=6)
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MORE = f'{W} xmlns:mc="mc" xmlns:v="v" xmlns:m="m" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
BREAK, MARK = '<w:r><w:br w:type="page"/></w:r>', "<w:r><w:lastRenderedPageBreak/></w:r>"


def pages(read: Callable[[Path], Iterator[str]], data: bytes, tmp_path: Path) -> list[str]:
    """What a reader makes of these bytes."""
    path = tmp_path / "file"
    path.write_bytes(data)
    return list(read(path))


def words(text: str) -> str:
    """A text without what parts its words."""
    return " ".join(text.split())


def nested(leaf: st.SearchStrategy[str], wraps: list[str]) -> st.SearchStrategy[str]:
    """Elements in elements, of these templates, with leaves in between."""

    def inside(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.builds(
            lambda wrap, several: wrap.format("".join(several)), st.sampled_from(wraps), st.lists(children, max_size=3)
        )

    return st.lists(st.recursive(leaf, inside, max_leaves=12), max_size=4).map("".join)


def letters_of(source: str, mark: str) -> str:
    """What is marked as words in a source, as a sorted bag: order is not what nesting may change."""
    return "".join(sorted("".join(piece.partition("<")[0] for piece in source.split(mark)[1:])))


def word(body: str, parts: dict[str, str] | None = None, **related: str) -> bytes:
    """A Word document. `related`: a kind of relation and the body of that part; `parts`: others by name."""
    files: dict[str, bytes | str] = {
        "word/document.xml": f"<w:document {MORE}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(
            {name: (name.rstrip("0123456789"), f"{name}.xml") for name in related}
        ),
        **{f"word/{name}.xml": f"<w:root {MORE}>{content}</w:root>" for name, content in related.items()},
        **(parts or {}),
    }
    return zipped(files)


def p(*runs: str, properties: str = "") -> str:
    """A paragraph; a run that is no element is words."""
    inner = "".join(run if run.startswith("<") else f"<w:r><w:t>{escape(run)}</w:t></w:r>" for run in runs)
    return f"<w:p>{properties and f'<w:pPr>{properties}</w:pPr>'}{inner}</w:p>"
