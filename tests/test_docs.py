"""Every setting, option and command of `parley` that the pages in docs/ name is there."""

import re
from pathlib import Path

import pytest

from bot import manual
from bot.__main__ import _parser
from bot.settings import Settings

PAGES = sorted((manual.ROOT / "docs").glob("*.md"))
SETTINGS = {name.upper() for name in Settings.model_fields}
PLACEHOLDERS = {"ARCHIVE", "FILE"}


def helps() -> str:
    """What `parley --help` and each command's say."""
    parser = _parser()
    (commands,) = (action.choices for action in parser._actions if action.dest == "command")
    assert isinstance(commands, dict)
    return " ".join([parser.format_help(), *(each.format_help() for each in commands.values())])


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = helps()
    spans = "\n".join(re.findall(r"`([^`\n]+)`", text))
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b", spans)) - PLACEHOLDERS
    assert named <= SETTINGS
    for command in re.findall(r"\bparley ([a-z][a-z-]+)\b", spans):
        assert command == "parley" or re.search(rf"^ +{command} ", known, re.MULTILINE), command
    for option in re.findall(r"`(--[a-z-]+)", text):
        assert option in known, option
