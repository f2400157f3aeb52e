"""Whatever people wrote stands in our own sentences as they wrote it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rendering.markup import parse
from bot.rendering.pages import escaped, filled
from bot.texts import said_later, say_in
from handlers.discord.render import render as discord
from handlers.telegram.render import render as telegram
from tests.support.discord_markdown import shown

HOSTILE = (
    "a[1] = b[2]",
    "$x$ and $$y$$",
    "\\(x\\) \\[y^2\\]",
    "`code` ``more``",
    "**bold** _it_ __u__ ~~s~~ ||sp||",
    "# head",
    "> quote",
    "- item",
    "1. one",
    "[label](https://e.com)",
    "<https://e.com/a_b>",
    "https://e.com/a_b",
    "<b>bold</b> <br> <details>",
    "<@1> @everyone <t:0> :smile:",
    "a | b",
    "|-|-|",
    "[^1]",
    "[1]: https://e.com",
    "\\",
    "```",
    "&amp; &copy;",
    "a\tb",
    "{name} {0}",
    "***",
    "---",
)
SENTENCES = (
    said_later("**{title}** is open in its own thread."),
    said_later("“{name}” is removed from this session."),
    said_later("**{title}** now uses `{model}` first."),
    said_later("🎤 {text}"),
)


def seen_on_discord(markdown: str) -> str:
    return "".join(sign.char for sign in shown(discord(parse(markdown)))).replace("\u200b", "")


@pytest.mark.parametrize("sentence", SENTENCES)
@settings(deadline=None, max_examples=60)
@given(words=st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
def test_a_sentence_shows_the_words_it_is_filled_with(sentence: str, words: str) -> None:
    names = {name: words for name in ("title", "name", "model", "text") if f"{{{name}}}" in sentence}
    wanted = sentence.replace("**", "").replace("`", "").format(**names)
    made = filled(say_in("en"), sentence, names)
    assert telegram(parse(made))[0] == wanted
    if "``" not in words:  # what no code of Discord's can hold is text there
        assert seen_on_discord(made) == wanted
    bold = [entity for entity in telegram(parse(made))[1] if entity.type == "bold"]
    assert len(bold) == sentence.count("**") // 2


@pytest.mark.parametrize("words", HOSTILE)
def test_words_at_the_start_of_a_line_are_words(words: str) -> None:
    assert telegram(parse(f"{escaped(words)}\n\n{escaped(words)}"))[0] == f"{words}\n\n{words}"
    assert seen_on_discord(escaped(words)) == words
