"""Telegram's form of pages: what its server would refuse or silently change must never be sent."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from aiogram.types import MessageEntity
from hypothesis import example, given, settings

from bot.domain.blocks import Block, BlockKind, Span, SpanKind, paragraph
from bot.rendering.markup import parse
from bot.standins.telegram.text import checked
from handlers.telegram.render import TEXT_LIMIT, Entity, measure, render
from tests.handlers.discord.test_render import HOSTILE
from tests.rendering.forms import FORMS, SAMPLES, sample_text, utf16_units
from tests.rendering.test_pages import MARKDOWN

ALONE = ("code", "pre")
QUOTES = ("blockquote", "expandable_blockquote")


def covered(text: str, entity: Entity) -> str:
    units = text.encode("utf-16-le")
    return units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le")


def check_message(blocks: Sequence[Block]) -> None:
    text, entities = render(blocks)
    assert text.rstrip() == text
    assert text
    assert len(entities) <= 100
    if text.lstrip() != text:
        assert (entities[0].offset, entities[0].type) == (0, "pre")
    for entity in entities:
        assert entity.length > 0
        assert entity.offset >= 0
        assert entity.offset + entity.length <= utf16_units(text)
        assert covered(text, entity).strip()
        assert (entity.url is not None) == (entity.type == "text_link")
    # The server takes them, and changes nothing of them.
    sent = [entity.to_data() for entity in entities]
    same, kept = checked(text, sent)
    assert same == text
    assert all(entity in kept for entity in sent)
    for index, outer in enumerate(entities):
        for inner in entities[index + 1 :]:
            if inner.offset >= outer.offset + outer.length:
                continue
            # They share characters: one holds the other, and code shares them with quotes only.
            assert inner.offset + inner.length <= outer.offset + outer.length
            assert inner.type not in QUOTES
            assert outer.type not in ALONE
            assert inner.type not in ALONE or outer.type in QUOTES
            assert (inner.type, outer.type) != ("text_link", "text_link")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_make_messages_that_the_server_takes(path: Path) -> None:
    for form in FORMS[:2]:
        for page in form.pages(parse(sample_text(path))):
            check_message(page)


@settings(deadline=None, max_examples=300)
@given(markdown=HOSTILE | MARKDOWN)
@example(markdown="\\`` `date` ``")
def test_anything_makes_messages_that_the_server_takes(markdown: str) -> None:
    for page in FORMS[0].pages(parse(markdown)):
        check_message(page)


def shown(markdown: str) -> tuple[str, list[tuple[str, str]]]:
    text, entities = render(parse(markdown))
    return text, [(entity.type, covered(text, entity)) for entity in entities]


def test_spans_become_entities() -> None:
    assert shown("**b** *i* ~~s~~ ||p|| `c` [l](https://e.com)") == (
        "b i s p c l",
        [("bold", "b"), ("italic", "i"), ("strikethrough", "s"), ("spoiler", "p"), ("code", "c"), ("text_link", "l")],
    )


def test_offsets_count_utf16_units() -> None:
    assert shown("👨‍👩‍👧 **fett** 👍🏽 `x`") == ("👨‍👩‍👧 fett 👍🏽 x", [("bold", "fett"), ("code", "x")])


def test_bold_around_code_is_split() -> None:
    assert shown("**use `x` now**") == ("use x now", [("bold", "use "), ("code", "x"), ("bold", " now")])


def test_code_in_a_link_is_only_a_link() -> None:
    assert shown("[`x`](https://e.com)") == ("x", [("text_link", "x")])


def test_headings_are_bold() -> None:
    assert shown("## A *b*") == ("A b", [("bold", "A b"), ("italic", "b")])


def test_lists_keep_numbers_and_depth() -> None:
    assert shown("3. c\n   - d\n   - [x] e\n4. f")[0] == "3. c\n   • d\n   ☑ e\n4. f"


def test_second_lines_of_items_stand_below_the_first() -> None:
    assert shown("- a\n  **b**") == ("• a\n   b", [("bold", "b")])


def test_fences_carry_their_language() -> None:
    _, entities = render(parse("```python\nx = 1\n```"))
    assert [(entity.type, entity.language) for entity in entities] == [("pre", "python")]


def test_quotes_are_one_entity_and_long_ones_fold() -> None:
    assert shown("> a\n>\n> b\n\nc") == ("a\n\nb\n\nc", [("blockquote", "a\n\nb")])
    assert [kind for kind, _ in shown("> " + "word " * 300)[1]] == ["expandable_blockquote"]


def test_a_quote_holds_what_covers_all_of_it() -> None:
    assert shown("\n> **a**")[1] == [("blockquote", "a"), ("bold", "a")]


def test_small_tables_stand_in_columns() -> None:
    text, entities = shown("| a | 名前 |\n|---|---|\n| long | 猫 |\n| x | y |")
    assert text == "a    │ 名前\n─────┼─────\nlong │ 猫\nx    │ y"
    assert entities == [("pre", text)]


def test_wide_tables_become_lines() -> None:
    wide = "w" * 60
    text, entities = shown(f"| a | b |\n|---|---|\n| 1 | {wide} |\n| 2 | x |")
    assert text == f"a: 1\nb: {wide}\n\na: 2\nb: x"
    assert entities == []


def test_simple_maths_is_readable_and_the_rest_is_code() -> None:
    assert shown(r"$\frac{a}{b} \leq x^2$ and $\hat{y}$") == (r"a/b ≤ x² and \hat{y}", [("code", r"\hat{y}")])


def test_a_page_with_nothing_to_see_is_not_empty() -> None:
    assert render(()) == ("…", [])
    assert render((paragraph("\u200b \u2060"),)) == ("…", [])


def test_code_keeps_the_indentation_of_its_first_line() -> None:
    text, entities = render((Block(BlockKind.CODE, "    x\n  y", continued=True),))
    assert text == "    x\n  y"
    assert [(entity.offset, entity.length) for entity in entities] == [(0, 9)]


def test_white_space_at_the_edges_moves_no_entity() -> None:
    text, entities = render((Block(BlockKind.PARAGRAPH, "  ab ", (Span(2, 5, SpanKind.BOLD),)),))
    assert (text, entities[0].offset, entities[0].length) == ("ab", 0, 2)


def test_many_entities_count_more_than_their_letters() -> None:
    blocks = parse("`x` " * 300)
    assert measure(blocks[0]) > TEXT_LIMIT


def test_entities_are_what_the_library_would_have_made() -> None:
    _, entities = render(parse("**b** [l](https://e.com) `c`\n\n```py\nx\n```"))
    for entity in entities:
        assert MessageEntity.model_validate(entity.to_data()).model_dump(exclude_none=True) == entity.to_data()
