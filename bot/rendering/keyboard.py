"""Buttons below a page, as many and as long as a place takes."""

from dataclasses import replace

import structlog

from bot.contracts.command import call_to_data
from bot.contracts.platform import Capabilities
from bot.domain.blocks import Button, ButtonRows
from bot.rendering.layout.places import Graphemes

log = structlog.get_logger(__name__)


def fitted(rows: ButtonRows, at: Capabilities) -> ButtonRows:
    """The buttons in rows that the place takes: no answer is held back, and none refused, for its buttons.

    A row that is too long goes on in the next one, and more rows than there may be are packed. What still does not fit
    and what carries too much is left out and logged; labels end in "…" where they are cut.
    """
    if not at.button_rows:
        return ()
    kept = [[_labelled(button, at) for button in row if _is_carried(button, at)] for row in rows]
    cut = [tuple(part) for row in kept for part in _parts(row, at.buttons_per_row)]
    if len(cut) > at.button_rows:
        cut = [tuple(part) for part in _parts([button for row in cut for button in row], at.buttons_per_row)]
    for row in cut[at.button_rows :]:
        log.error("buttons_left_out", commands=[button.command for button in row])
    return tuple(cut[: at.button_rows])


def _parts(row: list[Button], size: int) -> list[list[Button]]:
    return [row[start : start + size] for start in range(0, len(row), size)]


def _labelled(button: Button, at: Capabilities) -> Button:
    label, limit = button.label, at.button_label_limit
    if len(label) <= limit:
        return button
    end = Graphemes(label).last(0, limit - 1) or limit - 1
    return replace(button, label=label[:end].rstrip() + "…")


def _is_carried(button: Button, at: Capabilities) -> bool:
    size = 0 if button.url else len(call_to_data(button.command, button.args).encode())
    if size > at.button_data_bytes:
        log.error("button_left_out", command=button.command, size=size, limit=at.button_data_bytes)
    return size <= at.button_data_bytes
