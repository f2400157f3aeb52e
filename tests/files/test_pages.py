"""Web pages keep every letter that a browser shows, however they are written; notebooks keep their cells."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import FileKind
from bot.files.kinds import kind_of
from bot.files.reader.html import page_of_html, words_of_html
from bot.files.reader.notebook import words_of_notebook

WORDS = st.text("abc äж字&", min_size=1, max_size=8).map(str.strip).filter(bool)
UNSEEN = st.sampled_from(("<script>no()</script>", "<style>p{}</style>", "<!-- no -->", "<template>no</template>"))
ELEMENTS = (
    "div",
    "p",
    "b",
    "h2",
    "li",
    "ul",
    "ol",
    "blockquote",
    "pre",
    "section",
    "span",
    "em",
    "table",
    "td",
    "tr",
    "th",
)
PIECES = st.recursive(
    WORDS.map(lambda words: (words.replace("&", "&amp;"), words)) | UNSEEN.map(lambda source: (source, "")),
    lambda inner: st.tuples(
        st.sampled_from((*ELEMENTS, "details")),
        st.lists(inner, max_size=4),
        st.booleans(),
    ).map(
        lambda made: (
            f"<{made[0]}>" + "".join(piece[0] for piece in made[1]) + (f"</{made[0]}>" if made[2] else ""),
            "".join(piece[1] for piece in made[1]),
        )
    ),
    max_leaves=12,
)
BEGINNINGS = st.sampled_from(
    (
        "<!DOCTYPE html><html><head><title>T</title></head><body>",
        "<html><head><title>T</title><body>",
        '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>',
        "<!-- saved -->\n<!-- twice --><HTML><body>",
        "<head><meta charset=utf-8><title>T</title>",
        "<body>",
        "<div>",
        "\n<p>",
    )
)


def letters(text: str) -> str:
    return "".join(sorted(sign for sign in text if sign.isalpha() or sign == "&"))


@given(BEGINNINGS, PIECES)
def test_a_page_keeps_its_letters_whatever_is_missing_or_misplaced(beginning: str, piece: tuple[str, str]) -> None:
    source, shown = piece
    # A parser moves what stands in a table, but not in a cell, before it: the letters stay, their order may not.
    assert letters(words_of_html(beginning + source)) == letters(shown)
    assert kind_of((beginning + source).encode()) is FileKind.HTML


def test_a_page_is_laid_out_as_a_person_reads_it() -> None:
    page = (
        "<html><head><title>Prices</title><script>var x = 1</script><body><h1>Berths</h1><p>ninety\n <b>crowns</b>,"
        "<br>tax&nbsp;included<ul><li><p>water</p><li>light<ol><li>day<li>night</ol></ul>"
        "<table><tr><th>Berth<th><p>a day</p><p>a week</p><tr><td>A<td>90<tr><td><td>95</table>"
        "<pre>x\n  y\n\nz</pre>end"
    )
    assert words_of_html(page) == (
        "# Berths\n\nninety crowns,\ntax\u00a0included\n\n- water\n- light\n  1. day\n  2. night\n\n"
        "Berth\ta day a week\nA\t90\n\t95\n\nx\n  y\n\nz\n\nend"
    )
    assert page_of_html(page).startswith("Prices\n\n# Berths")


def test_what_stands_in_for_pictures_is_read() -> None:
    page = (
        "<p>See <img alt='A cat\n on a mat'>, <a href=x><img alt=Home>Home</a> hi<img alt=\U0001f600>! <img alt=''>"
        "<img alt=IMG_1.JPG><img src=x><h1><img alt='The harbour'></h1><pre>a\nb<img alt=c></pre>"
        "<table><tr><td><img alt=yes><td>2</table><input type=image alt=Search>now<input alt=no><p hidden><img alt=no>"
    )
    assert words_of_html(page) == (
        "See [A cat on a mat], [Home] Home hi\U0001f600!\n\n# [The harbour]\n\na\nb[c]\n\n[yes]\t2\n\n[Search] now"
    )


def test_what_a_component_shows_of_itself_is_read_and_other_templates_are_not() -> None:
    """As servers write out what Lit and Stencil draw: declarative shadow roots, with what stands in their slots."""
    page = (
        '<body><tide-card><template shadowroot="open" shadowrootmode="open"><style>p{}</style><h2>Tides</h2>'
        "<template><p>No row</p></template><p>The Moon pulls.</p><slot></slot></template><p>Twice a day.</p>"
        "</tide-card><template><p>Not drawn</p></template></body>"
    )
    assert page_of_html(page).split("\n\n") == ["## Tides", "The Moon pulls.", "Twice a day."]


def test_empty_elements_of_xhtml_hide_nothing() -> None:
    page = (
        '<?xml version="1.0"?><html xmlns="x"><head><title/><script src="a"/></head><body><a id="p1"/><p>All</p></body>'
    )
    assert words_of_html(page) == "All"


def test_a_drawing_gives_its_words() -> None:
    drawing = (
        '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg xmlns="x">'
        "<style>.a{}</style><rect/><text><tspan>Tide</tspan> table</text><text>June</text></svg>"
    )
    assert kind_of(drawing.encode()) is FileKind.HTML
    assert words_of_html(drawing) == "Tide table\nJune"


@pytest.mark.parametrize(
    "text",
    [
        '<h1 align="center">Parley</h1>\n\n- one\n- two\n',
        "<template><p>x</p></template>\n<script setup>let a = 1</script>\n",
        '<?xml version="1.0"?>\n<feed><entry>x</entry></feed>',
        "<T> a generic </T>",
        "<!-- only a comment -->" * 900,
        "a < b",
    ],
)
def test_markdown_programs_and_other_xml_stay_text(text: str) -> None:
    assert kind_of(text.encode()) is FileKind.TEXT


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp1251"])
def test_a_page_is_one_in_any_encoding(encoding: str) -> None:
    assert kind_of("<html><body><p>Причал свободен</p></body></html>".encode(encoding)) is FileKind.HTML


def test_no_depth_of_nesting_is_too_deep() -> None:
    assert words_of_html("<div>" * 20_000 + "deep").strip() == "deep"


def test_a_notebook_gives_its_cells_and_what_they_wrote() -> None:
    notebook = {
        "nbformat": 4,
        "metadata": {"kernelspec": {"name": "python3"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Tides\n", "of June"]},
            {
                "cell_type": "code",
                "source": "print(1)\n2",
                "outputs": [
                    {"output_type": "stream", "text": ["1\n"]},
                    {"output_type": "execute_result", "data": {"text/plain": "2", "image/png": "iVBORw0KGgo="}},
                    {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}},
                ],
            },
            {"cell_type": "code", "source": [], "outputs": []},
        ],
    }
    words = words_of_notebook(json.dumps(notebook))
    assert words == "# Tides\nof June\n\n```\nprint(1)\n2\n```\n\n```\n1\n```\n\n```\n2\n```"
    assert words_of_notebook('{"nbformat": "mine", "cells": []}') is None
    assert words_of_notebook('{"nbformat": 4, "cells": [') is None


ARTICLE = (
    '<script type="application/ld+json">[{"@graph": [{"@type": "NewsArticle", "headline": "Tides", "articleBody": '
    '"High at nine. Low at three."}, 3]}]</script>'
    '<script type="application/ld+json">{"text": </script>'
    '<meta property="og:description" content="High at nine."><meta name="description">'
)
EMPTY = '<div id="root"></div><script>run()</script>'
WANTS = "<noscript>Please <b>enable</b> JavaScript.</noscript>"


@pytest.mark.parametrize(
    ("head", "body", "shown"),
    [
        (ARTICLE, EMPTY, "Tides\n\nHigh at nine. Low at three."),
        (ARTICLE, EMPTY + WANTS, "Please enable JavaScript.\n\nTides\n\nHigh at nine. Low at three."),
        (
            ARTICLE,
            WANTS + "<p>Berths.</p>" + WANTS,
            "Please enable JavaScript.\n\nBerths.\n\nPlease enable JavaScript.",
        ),
        ('<meta name="Description" content=" Low. ">', EMPTY, "Low."),
        ("", EMPTY + WANTS, "Please enable JavaScript."),
        ("", EMPTY, ""),
        ("", "<frameset><frame src=a><noframes><body>No frames.</body></noframes></frameset>", ""),
    ],
)
def test_what_a_page_says_of_itself_is_read_where_it_shows_nothing(head: str, body: str, shown: str) -> None:
    assert page_of_html(f"<html><head>{head}</head>{body}</html>") == shown


def test_a_page_of_xml_without_a_title_has_none() -> None:
    page = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><p>Hi</p></body></html>'
    assert page_of_html(page) == "Hi"


def test_what_nests_for_ever_says_nothing_of_itself() -> None:
    deep = '{"a":' * 100 + '{"text": "deep"}' + "}" * 100
    for told in (deep, "[" * 100_000, '[{"text": 3}]', "null"):
        assert page_of_html(f'<script type="application/ld+json">{told}</script>') == ""
