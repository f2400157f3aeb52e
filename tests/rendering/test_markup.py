"""Markdown as models really write it, as both platforms show it."""

import pytest

from bot.rendering.markup import parse
from handlers.discord.render import render as discord
from handlers.telegram.render import render as telegram


def entities(markdown: str) -> list[str]:
    return [entity.type for entity in telegram(parse(markdown))[1]]


@pytest.mark.parametrize(
    ("markdown", "on_telegram", "on_discord"),
    [
        ("H<sub>2</sub>O is x<sup>2</sup>", "H₂O is x²", "H₂O is x²"),
        ("v<sub>max value!</sub>", "v_(max value!)", "v\\_(max value!)"),
        ("<b>a</b> <u>b</u> <s>c</s> <kbd>d</kbd>", "a b c d", "**a** __b__ ~~c~~ `d`"),
        ("List<String> x<y and y>z", "List<String> x<y and y>z", "List<String> x<y and y>z"),
        ("<b>never closed", "<b>never closed", "<b>never closed"),
        ("it is so[^1].\n\n[^1]: See there.", "it is so¹.\n\n¹ See there.", "it is so¹.\n\n¹ See there."),
        ("so[^note]", "so[note]", "so\\[note\\]"),
        ("$E=mc^2$ and $a_1 \\leq b$", "E=mc² and a₁ ≤ b", "E=mc² and a₁ ≤ b"),
        ("$$\\frac{a}{b}$$", "a/b", "a/b"),
        ("**so $x^2$ is**", "so x² is", "**so x² is**"),
        ("<details><summary>M</summary>\n\nhid\n</details>\n\nz", "M\n\nhid\n\nz", "**M**\n> hid\n\nz"),
        ("```\n<details>x</details>\n```", "<details>x</details>", "```\n<details>x</details>\n```"),
        ("<details>half", "<details>half", "<details>half"),
        ("![a cat](https://e.com/c.png)", "a cat", "[a cat](<https://e.com/c.png>)"),
        ("[w](https://e.com/a_(b)_c)", "w", "[w](<https://e.com/a_(b)_c>)"),
        ("- [ ] a\n- [x] b\n  - c", "☐ a\n☑ b\n   • c", "☐ a\n☑ b\n  - c"),
        ("> [!WARNING]\n> Hot.", "WARNING\nHot.", "> **WARNING**\n> Hot."),
        ("[!NOTE]\nis one", "[!NOTE]\nis one", "\\[!NOTE\\]\nis one"),
        ("a\u2028b\x0bc\x0cd", "a\nb\nc\nd", "a\nb\nc\nd"),
        ("שלום **עולם** hello", "שלום עולם hello", "שלום **עולם** hello"),
    ],
)
def test_what_models_write_is_what_people_read(markdown: str, on_telegram: str, on_discord: str) -> None:
    assert telegram(parse(markdown))[0] == on_telegram
    assert discord(parse(markdown)) == on_discord


def test_what_is_folded_away_is_a_quote() -> None:
    assert entities("<details><summary>M</summary>x</details>") == ["bold", "blockquote"]
    assert entities("<details><summary>M</summary>\n" + "word " * 300 + "</details>") == [
        "bold",
        "expandable_blockquote",
    ]


def test_half_written_details_are_a_quote_already() -> None:
    text, marks = telegram(parse("<details><summary>More</summary>\nhidd", growing=True))
    assert text == "More\n\nhidd"
    assert [mark.type for mark in marks] == ["bold", "blockquote"]


@pytest.mark.parametrize("piece", ["<details>", "<sub>", "[^1]", "<b>x", "<details></details>", "$x$ ", "</details>"])
def test_the_work_grows_with_the_length_and_not_with_its_square(piece: str) -> None:
    """A hundred thousand characters of anything; quadratic work would run into the suite's time limit."""
    assert parse("x" + piece * (100_000 // len(piece)))
