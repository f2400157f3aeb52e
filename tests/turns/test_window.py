"""Requests begin as the one before them on their branch did, so that vendors need not read the same again."""

from collections.abc import Sequence

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from bot.contracts.provider import Prompt, PromptMessage
from bot.domain.facts import Fact
from bot.domain.ids import FactId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import Author, Message, PassagePart, PdfPart, QuotedPart, TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Person, Role
from bot.domain.sessions import Mode, Session, TitleBy
from bot.domain.summaries import Mark
from bot.files.material import Material
from bot.llm.fitting import size_of
from bot.turns import context, memory, summary_prompt, window
from bot.turns.briefing import Read
from providers.chat import chat_messages

ALICE = Person(PersonId(1), Role.MEMBER, "Alice")
MODE = Mode("regular", "", (ModelName("x/y"),), "Be kind to {name}. It is {time} on {weekday}, {date}.")
PLAIN = Mode("regular", "", (ModelName("x/y"),), "")
EVER = UnixMs(0)
SESSION = Session(
    SessionId(1), ALICE.id, "x", TitleBy.WORDS, "regular", None, None, None, None, None, None, ALICE.id, EVER, EVER
)

does = st.tuples(
    st.sampled_from(("ask", "ask", "ask", "ask", "edit", "again", "fork", "compact", "remember")),
    st.sampled_from(("words", "words", "words", "quotation", "document")),
    st.integers(0, 99),
)


class Talk:
    """A tree of messages that grows, and what was asked of the model for each answer."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.nodes: dict[int, Message] = {}
        self.documents: dict[MessageId, tuple[PassagePart, ...]] = {}
        self.pdfs: dict[MessageId, tuple[PdfPart, ...]] = {}
        """Of these documents, those that go along themselves."""
        self.facts: tuple[Fact, ...] = ()
        self.requests: dict[int, tuple[tuple[PromptMessage, ...], MessageId, set[MessageId], tuple[Fact, ...]]] = {}
        """By the answer: what was sent, with which message it began, which documents there were, and which facts."""
        self.summaries: dict[int, bool] = {}
        """By the messages that they hang at: whether they were asked for."""
        self.read_with: dict[int, int | None] = {}
        """By the answer: at which message the summary hangs that was read for it."""

    def remember(self) -> None:
        self.facts = (Fact(FactId(len(self.facts) + 1), f"fact {len(self.facts)}"), *self.facts)

    def add(self, parent: int | None, author: Author, what: str = "words", read_from: MessageId | None = None) -> int:
        number = MessageId(len(self.nodes) + 1)
        text = TextPart(f"{author.value} {number}")
        parts = (QuotedPart("Forwarded from Eve", "Look here."), text) if what == "quotation" else (text,)
        if what == "document":
            self.documents[number] = (PassagePart(f"plan-{number}.pdf", 0, "The berth is free."),)
            if number % 2:
                self.pdfs[number] = (PdfPart(f"plan-{number}.pdf", b"%PDF-", str(number), 1, 9),)
        kept = MessageId(parent) if parent is not None else None
        self.nodes[number] = Message(number, SESSION.id, kept, author, parts, "", "", UnixMs(number), read_from)
        return number

    def whole(self, tip: int | None) -> list[Message]:
        return [*self.whole(self.nodes[tip].parent), self.nodes[tip]] if tip is not None else []

    def path(self, tip: int) -> list[Message]:
        found: list[Message] = []
        at: int | None = tip
        while at is not None and len(found) < self.most:
            found.append(self.nodes[at])
            at = self.nodes[at].parent
        return found[::-1]

    def above(self, path: Sequence[Message]) -> int | None:
        """At which message the nearest summary before a path hangs."""
        at = path[0].parent
        while at is not None and at not in self.summaries:
            at = self.nodes[at].parent
        return at

    def answer(self, question: int, *, sums_up: bool = True) -> int:
        whole = self.path(question)
        marks = [Mark(MessageId(at), asked) for at, asked in self.summaries.items()]
        path = window.from_its_beginning(whole, self.most, marks)
        material = Material(whole=self.documents, pdfs=self.pdfs)
        now = UnixMs(question * 3_600_000)
        above = self.above(path)
        before = summary_prompt.framed(f"Up to {above}.") if above is not None else ""
        notes = memory.notes(memory.told(self.facts, 200))
        told = context.prompt_messages(path, MODE, SESSION, ALICE, now, material, summary=before, notes=notes)
        answer = self.add(question, Author.ASSISTANT, read_from=path[0].id)
        self.requests[answer] = (told, path[0].id, set(self.documents), self.facts)
        self.read_with[answer] = above
        read = Read(path, told, None, self.most)
        if sums_up and (up_to := read.leaves(self.nodes[answer])) is not None:
            self.summaries.setdefault(up_to, False)
        return answer


def as_sent(messages: tuple[PromptMessage, ...]) -> list[bytes]:
    return [orjson.dumps(message) for message in chat_messages(Prompt("x", messages))]


@given(st.lists(does, min_size=1, max_size=60), st.integers(1, 9), st.booleans())
def test_all_but_the_last_message_of_a_request_begins_the_next_one(
    doings: list[tuple[str, str, int]], most: int, sums_up: bool
) -> None:
    talk = Talk(most)
    tip = talk.answer(talk.add(None, Author.USER), sums_up=sums_up)
    asked = False
    for what, kind, number in doings:
        answers = list(talk.requests)
        if what == "compact":
            if (up_to := window.foldable(talk.path(tip), most)) is not None:
                talk.summaries[up_to] = asked = True
            continue
        if what == "remember":
            talk.remember()
            continue
        if what == "again":
            question = talk.nodes[tip].parent or 0
        elif what == "edit":
            question = talk.add(talk.nodes[talk.nodes[tip].parent or 0].parent, Author.USER, kind)
        else:
            question = talk.add(answers[number % len(answers)] if what == "fork" else tip, Author.USER, kind)
        tip = talk.answer(question, sums_up=sums_up)
        above = talk.nodes[question].parent
        told, begun, documents, facts = talk.requests[tip]
        assert told[-1].author is Author.USER
        assert len([message for message in told if message.author is not Author.SYSTEM]) <= most
        if above is None:
            continue
        earlier, earlier_begun, earlier_documents, earlier_facts = talk.requests[above]
        same = earlier_begun == begun and talk.read_with[above] == talk.read_with[tip]
        if same and documents - earlier_documents <= {question} and facts == earlier_facts:
            sent = as_sent(earlier)[:-1]
            assert as_sent(told)[: len(sent)] == sent
        # It begins elsewhere only where the old beginning is out of what may be read, or somebody has asked for that.
        assert asked or (earlier_begun == begun) == (earlier_begun in {message.id for message in talk.path(question)})


@given(st.lists(does, min_size=1, max_size=60), st.integers(1, 9))
def test_what_is_not_read_stands_in_the_summary_of_its_own_branch(
    doings: list[tuple[str, str, int]], most: int
) -> None:
    talk = Talk(most)
    tip = talk.answer(talk.add(None, Author.USER))
    for what, kind, number in doings:
        answers = list(talk.requests)
        at = answers[number % len(answers)] if what == "fork" else tip
        was_foreseen = what != "fork"
        tip = talk.answer(talk.add(at, Author.USER, kind))
        begun = talk.nodes[talk.requests[tip][1]]
        if talk.read_with[tip] is not None:
            assert talk.read_with[tip] in {message.id for message in talk.whole(tip)}
        if was_foreseen:
            assert talk.read_with[tip] == begun.parent, "It was there when the window moved, or was made up for."


def test_a_window_moves_behind_what_a_person_has_had_summed_up_and_stays_there() -> None:
    talk = Talk(36)
    tip = talk.answer(talk.add(None, Author.USER))
    for _ in range(9):
        tip = talk.answer(talk.add(tip, Author.USER))
    up_to = window.foldable(talk.path(tip), 36)
    assert up_to is not None
    talk.summaries[up_to] = True
    for _ in range(8):
        tip = talk.answer(talk.add(tip, Author.USER))
        assert talk.nodes[talk.requests[tip][1]].parent == talk.read_with[tip] == up_to
    assert window.foldable(talk.path(1), 36) is None, "There is nothing to sum up in a first question."


@given(st.integers(1, 20), st.integers(1, 60))
def test_a_window_moves_once_in_as_many_questions_as_it_holds(most: int, turns: int) -> None:
    talk = Talk(most)
    tip: int | None = None
    begun = set()
    for _ in range(turns):
        tip = talk.answer(talk.add(tip, Author.USER))
        begun.add(talk.requests[tip][1])
    grows_for = max(1, (most - window.kept_of(most)) // 2)
    assert len(begun) <= 1 + turns // grows_for


def test_documents_stay_where_they_came_even_when_that_is_out_of_sight() -> None:
    talk = Talk(7)
    tip = talk.answer(talk.add(None, Author.USER, "document"))
    for _ in range(9):
        tip = talk.answer(talk.add(tip, Author.USER))
        told, *_ = talk.requests[tip]
        holding = [
            number
            for number, message in enumerate(told)
            if any(isinstance(part, PassagePart) for part in message.parts)
        ]
        assert holding == [1], "with the message it came with, and later with the first that is read"


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(40, 2_000))
def test_what_is_too_much_in_tokens_moves_at_once_by_more_than_half(lengths: list[int], most_tokens: int) -> None:
    path = [
        Message(MessageId(n), SESSION.id, None, author, (TextPart("x" * length),), "", "", UnixMs(n))
        for n, length in enumerate(lengths)
        for author in (Author.USER if (len(lengths) - n) % 2 else Author.ASSISTANT,)
    ]
    told = context.prompt_messages(path, PLAIN, SESSION, ALICE, UnixMs(0))
    fewer = window.fewer(path, told, most_tokens)
    assert fewer[-1] is path[-1]
    assert fewer[0].author is Author.USER
    kept = context.prompt_messages(fewer, PLAIN, SESSION, ALICE, UnixMs(0))
    assert len(fewer) == 1 or sum(map(size_of, kept)) <= window.kept_of(most_tokens)


@given(st.lists(st.integers(0, 400), min_size=4, max_size=40), st.integers(400, 4_000))
@example([171, 184, 1, 99], 400)
def test_what_is_about_to_be_too_much_in_tokens_moves_behind_the_summary_made_for_that(
    lengths: list[int], most_tokens: int
) -> None:
    def said(number: int, length: int) -> Message:
        author = Author.ASSISTANT if number % 2 else Author.USER
        parent = MessageId(number - 1) if number else None
        return Message(MessageId(number), SESSION.id, parent, author, (TextPart("x" * length),), "", "", UnixMs(0))

    whole = [said(number, length) for number, length in enumerate(lengths[: len(lengths) // 2 * 2])]
    told = context.prompt_messages(whole[:-1], PLAIN, SESSION, ALICE, UnixMs(0))
    free = most_tokens - sum(map(size_of, told))
    up_to = window.leaves_soon(whole, free, most_tokens)
    if free < 0 or up_to is None:
        return
    path = [*whole, said(len(whole), 20)]
    told = context.prompt_messages(path, PLAIN, SESSION, ALICE, UnixMs(0))
    if sum(map(size_of, told)) > most_tokens:
        assert window.fewer(path, told, most_tokens, [Mark(up_to, False)])[0].parent == up_to
