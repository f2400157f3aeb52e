"""What the pages and `.env.example` say about commands and settings is what the code says."""

from pathlib import Path

import pytest

from bot.operations import manual
from bot.settings.manual import env_example


@pytest.mark.parametrize("page", manual.pages(), ids=[page.stem for page in manual.pages()])
def test_the_page_is_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == manual.with_parts(text), "Run `make docs`."


def test_every_part_is_in_one_page() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in manual.pages())
    for name in manual.PARTS:
        assert text.count(f"<!-- {name} -->\n") == text.count(f"\n<!-- /{name} -->") == 1, name


def test_the_example_of_the_environment_is_up_to_date() -> None:
    assert (manual.ROOT / ".env.example").read_text(encoding="utf-8") == env_example(), "Run `make docs`."
