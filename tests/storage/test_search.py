"""The full-text index: any language, one's own words only, nothing left of what is erased."""

from pathlib import Path

import pytest

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.sessions import Reach, TitleBy
from bot.domain.turns import FinishReason
from bot.rendering import markup
from handlers.commands.search import highlighted
from storage import erasing, messages, people, places, search, sessions, tree
from storage.database import Database
from storage.programs import Program
from tests.support.new_data import open_new

NOW = UnixMs(1_795_176_000_000)
LATER = UnixMs(NOW + 1)


def someone(name: str) -> Program[PersonId]:
    return (yield from people.add(Identity("p", name, name), Role.MEMBER, NOW)).id


def session_of(person: PersonId, title: str) -> Program[SessionId]:
    place, _ = yield from places.open_place(Place("p", "b", f"chat of {person}"), "")
    return (yield from sessions.add(person, place, "regular", title, TitleBy.WORDS, person, NOW)).id


def says(session: SessionId, *texts: str) -> Program[MessageId]:
    """A chain of messages; gives the last."""
    last = None
    for text in texts:
        number = yield from messages.add_question(session, (TextPart(text),), "", NOW)
        yield from messages.attach(number, last)
        last = number
    assert last is not None
    yield from sessions.set_tip(session, last, NOW)
    return last


def with_texts(*texts: str) -> Program[PersonId]:
    person = yield from someone("Alice")
    session = yield from session_of(person, "a title")
    yield from says(session, *texts)
    return person


def found(person: PersonId, words: str) -> Program[list[str]]:
    while (yield from search.index_pending()):
        continue
    hits = yield from search.find(Reach(owner=person), words, 50)
    return [hit.text for hit in hits]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The quick brown fox", "QUICK fox"),
        ("The quick brown fox", "bro"),
        ("Die Straße nach Köln ist schön", "strasse koln"),
        ("Die Haustür klemmt", "haustur"),
        ("Die Haustür klemmt", "Haus"),
        ("我们明天去北京看长城", "北京"),
        ("我们明天去北京看长城", "长城 明天"),
        ("東京タワーに行きました", "タワー"),
        ("Съешь ещё этих мягких булок", "еще булок"),
        ("مرحبا بالعالم الكبير", "بالعالم"),
        ("Party on Friday 🎉 with cake 🍰", "🍰"),
        ("สวัสดีครับ", "สวัสดี"),
        ("café au lait", "cafe"),
        ("snake_case_name", "case"),
        ("C++ and 3.14", "3.14"),
        ("안녕하세요 세계", "안녕"),
    ],
)
async def test_words_are_found_in_any_language(database: Database, text: str, words: str) -> None:
    person = await database.write(with_texts("something else", text, "and more"))
    assert await database.write(found(person, words)) == [text]


@pytest.mark.parametrize(
    "words", ["", "   ", '"', "*", "AND", "NEAR(", "a OR b", "words:x", "-", "p1x", "'; DROP", "^zz", "\x00"]
)
async def test_whatever_is_typed_is_only_words(database: Database, words: str) -> None:
    person = await database.write(with_texts("nothing of that kind"))
    assert await database.write(found(person, words)) == []


async def test_the_characters_of_a_phrase_must_be_adjacent(database: Database) -> None:
    person = await database.write(with_texts("京北", "北京"))
    assert await database.write(found(person, "北京")) == ["北京"]


async def test_titles_come_first_and_much_in_little_before_little_in_much(database: Database) -> None:
    def fill() -> Program[PersonId]:
        person = yield from someone("Alice")
        yield from says((yield from session_of(person, "other")), "tides " + "and much else " * 30, "tides, tides")
        yield from session_of(person, "All about tides")
        return person

    person = await database.write(fill())
    await database.write(found(person, "tides"))
    hits = await database.read(search.find(Reach(owner=person), "tides", 10))
    assert [hit.message is None for hit in hits] == [True, False, False]
    assert hits[1].text == "tides, tides"


async def test_nobody_finds_what_others_said(database: Database) -> None:
    def fill() -> Program[tuple[PersonId, PersonId]]:
        alice, bob = (yield from someone("Alice")), (yield from someone("Bob"))
        yield from says((yield from session_of(alice, "x")), "a secret")
        yield from says((yield from session_of(bob, "x")), "no secret")
        return alice, bob

    alice, bob = await database.write(fill())
    assert await database.write(found(alice, "secret")) == ["a secret"]
    assert await database.write(found(bob, "secret")) == ["no secret"]


async def test_what_is_changed_deleted_or_forgotten_is_not_found(database: Database) -> None:
    def fill() -> Program[tuple[PersonId, SessionId, MessageId]]:
        person = yield from someone("Alice")
        session = yield from session_of(person, "old name")
        return person, session, (yield from says(session, "kept", "first words"))

    person, session, last = await database.write(fill())
    await database.write(sessions.set_title(session, "new name", TitleBy.PERSON))
    reach = Reach(owner=person)
    await database.write(found(person, ""))
    assert not await database.read(search.find(reach, "old", 9))
    assert await database.read(search.find(reach, "new", 9))

    await database.write(messages.replace_parts(last, (TextPart("other words"),)))
    assert not await database.write(found(person, "first"))
    assert await database.write(found(person, "other")) == ["other words"]
    await database.write(tree.forget(session, last, PersonId(1), NOW))
    assert not await database.write(found(person, "other"))
    await database.write(tree.remember(session, PersonId(1), NOW))
    assert await database.write(found(person, "other")) == ["other words"]
    await database.write(sessions.delete(session, PersonId(1), NOW))
    assert not await database.write(found(person, "kept"))


async def erased(database: Database, before: UnixMs) -> None:
    """What housekeeping does."""
    while await database.write(erasing.messages_forgotten(before)):
        continue
    while await database.write(erasing.sessions_deleted(before)):
        continue
    while await database.write(search.merge()):
        continue
    await database.wipe_free()


def written_in(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_of_a_long_erased_session_no_word_is_left_in_any_file(tmp_path: Path) -> None:
    async with await open_new(tmp_path) as database:

        def fill() -> Program[SessionId]:
            person = yield from someone("Alice")
            kept = yield from session_of(person, "kept")
            yield from says(kept, "these words stay: harmless")
            session = yield from session_of(person, "xyzzytitle")
            yield from says(session, *(f"number {n} xyzzyword " + "filler " * 50 for n in range(3_000)))
            return session

        session = await database.write(fill())
        while await database.write(search.index_pending()):
            continue
        await database.write(sessions.delete(session, PersonId(1), NOW))
        await erased(database, LATER)
        assert b"xyzzy" not in written_in(tmp_path)
        assert b"harmless" in written_in(tmp_path)


async def test_of_forgotten_words_none_is_left_in_any_file(tmp_path: Path) -> None:
    async with await open_new(tmp_path) as database:

        def fill() -> Program[None]:
            person = yield from someone("Alice")
            session = yield from session_of(person, "kept")
            last = yield from says(session, "stays", "xyzzy one")
            answer = yield from messages.get(last)
            assert answer is not None
            yield from messages.add_answer(answer, (TextPart("xyzzy two"),), "m", FinishReason.COMPLETE, NOW)
            yield from tree.forget(session, last, PersonId(1), NOW)

        await database.write(fill())
        await database.write(search.index_pending())
        await erased(database, LATER)
        assert b"xyzzy" not in written_in(tmp_path)


def test_an_excerpt_shows_the_words_that_were_found() -> None:
    text = (
        "Before that, "
        + "much was said about nothing. " * 9
        + "Then the *tides* came, TIDES and ebb. "
        + "After. " * 40
    )
    shown = highlighted(text, "tides")
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert "**tides**" in shown
    assert "**TIDES**" in shown
    assert highlighted("我们去北京", "北京") == "我们去**北京**"


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("The **moon** pulls, *gently*.", "The moon pulls, gently."),
        ("# The moon\n\n- it `turns`\n- it [pulls](https://example.org/)", "The moon it turns it pulls"),
        ("| Planet | Moons |\n|:--|--:|\n| Mars | 2 |", "Planet Moons Mars 2"),
        ("A moon has the area $4 \\pi r^2$, and\n\n$$m = \\frac{a}{b}$$", "A moon has the area 4 π r², and m = a/b"),
    ],
)
def test_an_excerpt_of_an_answer_is_what_one_read(answer: str, shown: str) -> None:
    (block,) = markup.parse(highlighted(answer, "moon", as_read=True))
    assert block.text == shown
    assert {block.text[span.start : span.end].lower() for span in block.spans} <= {"moon", "moons"}
