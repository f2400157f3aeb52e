"""See the package: one job, one process; `bot.warm` keeps what they import."""

import importlib
import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.files.reader.trouble import Trouble

ENDS_WITH_INPUT = False
"""See `bot.warm.zygote.Program`."""
FILES = 256
"""What a process may hold open: an archive's members are open one at a time."""

_READERS: Mapping[str, str] = {
    "docx": "word.read_docx",
    "pptx": "slides.read_pptx",
    "xlsx": "sheets.read_xlsx",
    "odt": "opendocument.read_odf",
    "doc": "old_office.read_doc",
    "ppt": "old_slides.read_ppt",
    "xls": "old_sheets.read_xls",
    "rtf": "rtf.read_rtf",
    "epub": "book.read_epub",
}
"""Module and function, by `FileKind`: what a kind needs is imported when the first of that kind comes."""

_WRITTEN: Mapping[str, str] = {
    "text": "plain.read_text",
    "html": "plain.read_html",
    "mail": "mail.read_mail",
}
"""The same for what may be in any encoding: its sender's language decides where nothing else does."""

_PICTURED: Mapping[str, str] = {
    "pdf": "pdf.read",
    "image": "pictures.pages",
}
"""The same for what has pages that may have to be read by somebody who sees."""


def prepare(arguments: Sequence[str]) -> None:
    """Import what a job of `main` will need, without a look at its file."""
    _, _, _, _, job, *rest = arguments
    match job:
        case "read":
            _reader(rest[0])
        case "unpack":
            importlib.import_module("bot.files.reader.members")
        case "shrink":
            importlib.import_module("bot.files.reader.pictures")
        case "leads":
            importlib.import_module("bot.files.reader.leads")


def main(arguments: Sequence[str]) -> int:
    """Do one job within the limits that `--memory MB` and `--cpu SECONDS` set."""
    _, memory_mb, _, cpu_s, job, *rest = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory_mb) << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    try:
        for told in _JOBS[job](*rest):
            _tell(told)
    except Trouble as trouble:
        _tell({"problem": trouble.name, **trouble.values})
    except MemoryError:
        _tell({"problem": "memory"})
    except RecursionError:
        _tell({"problem": "broken"})
    return 0


def _tell(what: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _read(
    kind: str, path: str, directory: str, first: str, most: str, language: str = "en"
) -> Iterator[Mapping[str, object]]:
    if kind in _PICTURED:
        yield from _reader(kind)(Path(path), Path(directory), int(first), int(most))
        return
    pages = list(_reader(kind)(Path(path), language) if kind in _WRITTEN else _reader(kind)(Path(path)))
    yield {"pages": len(pages)}
    for number in range(int(first), min(int(most), len(pages)) + 1):
        yield {"page": number, "text": pages[number - 1]}


def _reader(kind: str) -> Callable[..., Iterator[Any]]:
    module, _, function = {**_READERS, **_WRITTEN, **_PICTURED}[kind].partition(".")
    reader: Callable[..., Iterator[Any]] = getattr(importlib.import_module(f"bot.files.reader.{module}"), function)
    return reader


def _unpack(kind: str, path: str, directory: str, most: str, largest: str) -> Iterator[Mapping[str, object]]:
    from bot.files.reader.members import members

    yield from members(kind, Path(path), Path(directory), int(most), int(largest))


def _shrink(path: str, target: str) -> Iterator[Mapping[str, object]]:
    from bot.files.reader.pictures import shrink

    width, height, frames = shrink(Path(path), Path(target))
    yield {"width": width, "height": height, "frames": frames}


def _leads(path: str, address: str) -> Iterator[Mapping[str, object]]:
    from bot.files.reader.encodings import decoded
    from bot.files.reader.leads import leads_of

    leads = leads_of(decoded(Path(path).read_bytes(), "en"), address)
    yield {"frames": leads.frames, "links": leads.links, "more": leads.more}


def _local() -> Iterator[Mapping[str, object]]:
    from bot.files.reader.local import Engine

    engine = Engine()
    for line in sys.stdin:
        try:
            text, confidence = engine.read(Path(line.rstrip("\n")))
        except Trouble as trouble:
            yield {"problem": trouble.name, **trouble.values}
        else:
            yield {"text": text, "confidence": round(confidence, 3)}


_JOBS: Mapping[str, Callable[..., Iterator[Mapping[str, object]]]] = {
    "read": _read,
    "unpack": _unpack,
    "shrink": _shrink,
    "leads": _leads,
    "local": _local,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
