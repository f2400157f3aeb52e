"""Markup as the Bot API's documentation describes it: what it becomes, and how what is wrong is refused."""

import pytest

from bot.standins.telegram.errors import ApiError
from bot.standins.telegram.parse_modes import parsed

# The mode, the markup, its text, and each entity's type, words and what else there is of it.
READ = [
    ("HTML", "a <b>b <i>c</i></b> &lt;d&gt; &amp;&#33;", "a b c <d> &!", ["italic c", "bold b c"]),
    ("HTML", '<pre><code class="language-python">x = 1</code></pre>', "x = 1", ["code x = 1", "pre x = 1 python"]),
    ("HTML", '<a href="http://x.org/?a=1&amp;b=2">here</a>', "here", ["text_link here http://x.org/?a=1&b=2"]),
    ("HTML", "<blockquote expandable>👍 q</blockquote>.", "👍 q.", ["expandable_blockquote 👍 q"]),
    ("HTML", '<tg-spoiler>s</tg-spoiler><span class="tg-spoiler">t</span>', "st", ["spoiler s", "spoiler t"]),
    ("MarkdownV2", r"*b _i_ __u__* ~s~ ||p|| 1\.", "b i u s p 1.",
     ["italic i", "underline u", "bold b i u", "strikethrough s", "spoiler p"]),
    ("MarkdownV2", "```py\nx = \\`1\\`\n``` `a*b`", "x = `1`\n a*b", ["pre x = `1`\n py", "code a*b"]),
    ("MarkdownV2", "[here](http://x.org/\\))", "here", ["text_link here http://x.org/)"]),
    ("MarkdownV2", ">q\n>r\nend", "q\nr\nend", ["blockquote q\nr"]),
    ("MarkdownV2", "```py\nx = 1\n```", "x = 1\n", ["pre x = 1\n py"]),
    ("Markdown", "*b* _i_ [l](http://x.org) `c` 1. \\_", "b i l c 1. _",
     ["bold b", "italic i", "text_link l http://x.org", "code c"]),
    ("None", "<b>", "<b>", []),
]  # fmt: skip

REFUSED = [
    ("HTML", "a < b", 'Unsupported start tag "" at byte offset 2'),
    ("HTML", "é<List>", 'Unsupported start tag "list" at byte offset 2'),
    ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
    ("HTML", "<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("MarkdownV2", "One.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
    ("MarkdownV2", "3 * 4", "Can't find end of Bold entity at byte offset 2"),
    ("MarkdownV2", "é `x", "Can't find end of Code entity at byte offset 3"),
    ("MarkdownV2", "[x](http://x.org", "Can't find end of a URL at byte offset 3"),
    ("Markdown", "snake_case", "Can't find end of Italic entity at byte offset 5"),
]


def words(text: str, offset: int, length: int) -> str:
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


@pytest.mark.parametrize(("mode", "markup", "text", "entities"), READ)
def test_markup_becomes_text_and_entities(mode: str, markup: str, text: str, entities: list[str]) -> None:
    got, found = parsed(markup, mode)
    assert got == text
    told = [
        " ".join(filter(None, (
            each["type"], words(got, each["offset"], each["length"]), each.get("url", ""), each.get("language", "")
        )))
        for each in found
    ]  # fmt: skip
    assert told == entities


@pytest.mark.parametrize(("mode", "markup", "said"), REFUSED)
def test_what_does_not_parse_is_refused_as_a_whole(mode: str, markup: str, said: str) -> None:
    with pytest.raises(ApiError) as refused:
        parsed(markup, mode)
    assert refused.value.description == f"Bad Request: can't parse entities: {said}"
