"""PowerPoint: slides in the order in which they are shown, each with its notes and comments."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from bot.files.reader.archive import Archive, local, opened
from bot.files.reader.drawing import drawn, drawn_words
from bot.files.reader.pages import row, tidy

MAIN = "ppt/presentation.xml"
_MARGINS = frozenset(("sldNum", "dt", "hdr", "ftr", "sldImg"))
"""What a page of notes repeats on each page."""


def read_pptx(path: Path) -> Iterator[str]:
    """The slides, by what the presentation points to: the numbers of files tell nothing."""
    archive = opened(path, MAIN)
    main = archive.main_part(MAIN)
    relations = archive.relations(main)
    for node in archive.xml(main).iter():
        # Their ids: a number of their own, and what the relation is called by, which has a namespace.
        if local(node) == "sldId":
            called = next((value for key, value in node.items() if key.endswith("}id")), "")
            if called in relations:
                yield _slide(archive, relations[called].target)


def _slide(archive: Archive, part: str) -> str:
    root = archive.optional(part)
    pieces = [] if root is None else list(_words(archive, part, root))
    for notes in archive.related(part, "notesSlide"):
        page = archive.optional(notes)
        if page is not None:
            text = tidy("".join(_words(archive, notes, page, notes=True)))
            pieces.append(f"\n\n{text}" if text else "")
    for relation in archive.relations(part).values():
        if relation.kind.lower() in ("comments", "comment"):
            comments = archive.optional(relation.target)
            pieces.extend(_comments(comments) if comments is not None else ())
    return tidy("".join(pieces))


def _words(archive: Archive, part: str, node: Element, *, notes: bool = False) -> Iterator[str]:
    for child in node:
        name = local(child)
        if name == "p":
            yield drawn_words(child) + "\n"
        elif name == "tr":
            cells = ["".join(_words(archive, part, cell, notes=notes)) for cell in child if local(cell) == "tc"]
            yield row(cells) if len(cells) > 1 else "".join(cells)
        elif name in ("chart", "chartEx", "relIds"):
            yield drawn(archive, part, child)
        elif name == "AlternateContent":
            yield from _chosen(archive, part, child, notes=notes)
        elif name == "t":
            yield child.text or ""
        elif name == "cNvPr":
            # What a picture shows, for those who do not see it.
            yield f"[{child.get('descr')}]\n" if child.get("descr") else ""
        elif not (notes and name == "sp" and _is_margin(child)):
            yield from _words(archive, part, child, notes=notes)


def _chosen(archive: Archive, part: str, node: Element, *, notes: bool) -> Iterator[str]:
    """Of several ways to show the same, the first that says something."""
    for way in node:
        words = "".join(_words(archive, part, way, notes=notes))
        if words.strip():
            yield words
            return


def _is_margin(shape: Element) -> bool:
    return any(local(node) == "ph" and node.get("type") in _MARGINS for node in shape.iter())


def _comments(root: Element) -> Iterator[str]:
    """Both forms of comments: one text each, or paragraphs and answers."""
    for node in root.iter():
        if local(node) in ("cm", "reply"):
            lines = [text for child in node for text in _said(child)]
            if any(lines):
                yield f"\n\n[Comment: {' '.join(filter(None, lines))}]"


def _said(node: Element) -> Iterator[str]:
    name = local(node)
    if name == "text":
        yield node.text or ""
    elif name == "txBody":
        for child in node:
            if local(child) == "p":
                yield drawn_words(child)
