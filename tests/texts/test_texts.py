"""Every sentence that the code says is in every catalogue, with the same places, and nothing else is."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from jinja2 import nodes

from bot.domain.errors import ParleyError
from bot.page.frame import templates
from bot.rendering.pages import MOVED, NOTE_ROOM, SENT_AGAIN
from bot.settings.models import BUILT_IN_MODES
from bot.texts import LANGUAGES, language_of, say_in
from handlers.commands import COMMANDS

ROOT = Path(__file__).parent.parent.parent
SAYING = {"say", "said_later", "PersonError", "NoLonger", "ImportFault", "Refusal"}
"""What takes a sentence as its first argument."""


def said_in_code() -> Iterator[str]:
    """The sentences that stand in the code as literals."""
    for package in ("bot", "handlers", "providers", "storage"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and name_of(node.func) in SAYING:
                    match node.args[0]:
                        case ast.Constant(value=str() as sentence):
                            yield sentence


def said_in_templates() -> Iterator[str]:
    """The sentences that the admin page's templates say."""
    made = templates()
    for path in sorted((ROOT / "bot" / "page" / "templates").glob("*.html")):
        for call in made.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            match call:
                case nodes.Call(node=nodes.Name(name="say"), args=[nodes.Const(value=str() as sentence), *_]):
                    yield sentence


def name_of(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def said_by_declarations() -> Iterator[str]:
    """What menus, forms and the help show of the commands."""
    for command in COMMANDS:
        if command.listed:
            yield command.description
            if command.on_message:
                yield command.on_message
        for param in command.params:
            if command.listed or param.required:
                yield param.description


def said_by_errors(kind: type[ParleyError] = ParleyError) -> Iterator[str]:
    """What each error tells a person."""
    yield from (value for name, value in vars(kind).items() if name.endswith("tell"))
    for below in kind.__subclasses__():
        yield from said_by_errors(below)


@cache
def sentences() -> dict[str, None]:
    """All of them, in the order of the code."""
    modes = (mode.description for mode in BUILT_IN_MODES)
    found = (*said_by_declarations(), *modes, *said_in_code(), *said_in_templates(), *said_by_errors())
    return dict.fromkeys(sentence for sentence in found if re.search(r"[^\W\d_]", sentence))


def places(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", sentence))


OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_has_every_sentence_and_nothing_else(language: str) -> None:
    file = ROOT / "bot" / "texts" / f"{language}.toml"
    catalogue = tomllib.loads(file.read_text(encoding="utf-8"))
    wanted = sentences()
    missing = [sentence for sentence in wanted if sentence not in catalogue]
    assert not missing, f"{file.name} lacks {len(missing)}:\n" + "\n".join(f'"{sentence}" = ""' for sentence in missing)
    left_over = [sentence for sentence in catalogue if sentence not in wanted]
    assert not left_over, f"{file.name} has what nobody says: {left_over}"
    wrong = [sentence for sentence, said in catalogue.items() if places(sentence) != places(said) or not said.strip()]
    assert not wrong, f"{file.name} has other places in: {wrong}"


@pytest.mark.parametrize("language", OTHERS)
def test_what_menus_show_fits_into_every_menu(language: str) -> None:
    say = say_in(language)
    for command in COMMANDS:
        if command.listed:
            assert len(say(command.description)) <= 100, command.name
            assert len(say(command.on_message)) <= 32, command.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_forms_ask_fits_beside_a_field(language: str) -> None:
    say = say_in(language)
    for command in COMMANDS:
        for param in command.params:
            if param.required and param.choices is None:
                assert len(say(param.description)) <= 45, (command.name, param.name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_room_for_the_notes_above_it(language: str) -> None:
    assert all(len(say_in(language)(note)) <= NOTE_ROOM for note in (SENT_AGAIN, MOVED))


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de-AT", "de"), ("pt-br", "en"), ("", "en"), ("zh-hans", "zh"), ("UK", "uk"), ("es_419", "es"), ("xx", "en")],
)
def test_a_tag_leads_to_its_language_or_to_english(tag: str, language: str) -> None:
    assert language_of(tag) == language


def test_numbers_are_grouped_as_the_language_does_it() -> None:
    shown = [say_in(tag)("{count}", count=1234567) for tag in ("en", "de", "ru")]
    assert shown == ["1,234,567", "1.234.567", "1\u00a0234\u00a0567"]


@pytest.mark.parametrize(
    ("language", "other"),
    [
        ("de", r"\bIhnen\b"),
        ("es", r"\b[Uu]sted(es)?\b"),
        ("ru", r"(?i)\b(ты|теб[яе]|тобой|тво(й|я|ё|и|его|ей|ему|им|их|ю))\b"),
        ("uk", r"(?i)\b(тебе|тобі|тобою|тв(ій|оя|оє|ої|ого|оєї|оєму|оїм|оїх|ою))\b"),
        ("zh", "您"),
    ],
)
def test_a_language_speaks_to_people_in_one_way(language: str, other: str) -> None:
    """As friends in some, politely in others, but the same in every sentence."""
    said = tomllib.loads((ROOT / "bot" / "texts" / f"{language}.toml").read_text("utf-8"))
    assert [text for text in _strings(said) if re.search(other, text)] == []


def _strings(said: object) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict | list):
        for each in said.values() if isinstance(said, dict) else said:
            yield from _strings(each)
