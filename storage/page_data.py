"""Pages as JSON, for the outbox."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.blocks import Block, BlockKind, Button, OutFile, Page, Span, SpanKind, Voice


def page_to_data(page: Page) -> dict[str, Any]:
    """The page as JSON can hold it; fields at their default are left out, so that a plain page stays small."""
    data: dict[str, Any] = {"blocks": [_block_to_data(block) for block in page.blocks]}
    if page.buttons:
        data["buttons"] = [[_button_to_data(button) for button in row] for row in page.buttons]
    if page.file is not None:
        data["file"] = _file_to_data(page.file)
    if page.rich:
        data["rich"] = True
    if page.silent:
        data["silent"] = True
    if page.only_there:
        data["only_there"] = True
    return data


def page_from_data(data: Mapping[str, Any]) -> Page:
    """The reverse of `page_to_data`."""
    return Page(
        blocks=tuple(_block_from_data(block) for block in data["blocks"]),
        buttons=tuple(
            tuple(Button(label, command, tuple(args), *rest) for label, command, args, *rest in row)
            for row in data.get("buttons", ())
        ),
        file=_file_from_data(data["file"]) if "file" in data else None,
        rich=data.get("rich", False),
        silent=data.get("silent", False),
        only_there=data.get("only_there", False),
    )


def _button_to_data(button: Button) -> list[Any]:
    plain = [button.label, button.command, list(button.args), button.style, button.url]
    return [*plain, True] if button.in_app else plain


def _file_to_data(file: OutFile) -> list[Any]:
    voice = [file.words, file.voice.seconds, b64encode(file.voice.wave).decode()] if file.voice is not None else []
    words = [file.words] if file.words else []
    return [file.name, file.media_type, b64encode(file.data).decode(), *(voice or words)]


def _file_from_data(data: Sequence[Any]) -> OutFile:
    # Pages that an earlier version has put here have no words.
    name, media_type, encoded, *further = data
    words, *voice = further or [""]
    return OutFile(name, media_type, b64decode(encoded), words, Voice(voice[0], b64decode(voice[1])) if voice else None)


_PLAIN = ("level", "quote", "indent", "marker", "info", "aligns", "continued", "tight")


def _block_to_data(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": block.kind.value, "text": block.text}
    if block.spans:
        data["spans"] = [[s.start, s.end, s.kind.value, s.data] for s in block.spans]
    if block.rows:
        data["rows"] = [list(row) for row in block.rows]
    for name in _PLAIN:
        if value := getattr(block, name):
            data[name] = value
    return data


def _block_from_data(data: Mapping[str, Any]) -> Block:
    return Block(
        kind=BlockKind(data["kind"]),
        text=data["text"],
        spans=tuple(Span(start, end, SpanKind(kind), extra) for start, end, kind, extra in data.get("spans", ())),
        rows=tuple(tuple(row) for row in data.get("rows", ())),
        **{name: data[name] for name in _PLAIN if name in data},
    )
