"""What of their facts a model is told, and what a message asks to have remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import ModelProfile, PromptMessage
from bot.domain.facts import Fact, asked_for, clean
from bot.domain.ids import FactId
from bot.domain.messages import Author, NotesPart, TextPart
from bot.domain.provider_errors import ContextTooLong
from bot.llm.fitting import budget_of, fit, halved, size_of
from bot.llm.tokens import tokens_in
from bot.turns.memory import HEAD, most_tokens, notes, told

lists = st.lists(st.text(min_size=1, max_size=300).map(clean).filter(bool), max_size=30).map(
    lambda texts: tuple(Fact(FactId(len(texts) - at), text) for at, text in enumerate(texts))
)


@given(lists, st.integers(0, 900))
def test_a_model_is_told_as_many_as_fit_in_the_order_of_the_list_each_on_its_line(
    facts: tuple[Fact, ...], most: int
) -> None:
    known = told(facts, most)
    assert known == facts[: len(known)]
    part = notes(known)
    if part is None:
        assert not known
        return
    assert tokens_in(part.text) <= most
    lines = part.text.removeprefix(HEAD + "\n").split("\n")
    assert lines == [f"- {fact.text}" for fact in reversed(known)], "the newest last: what was told before stays first"


@pytest.mark.parametrize(("window", "most"), [(0, 400), (4_000, 400), (1_200, 300)])
def test_of_a_small_window_a_quarter_at_most_is_for_notes(window: int, most: int) -> None:
    assert most_tokens(400, window) == most


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20), st.integers(100, 3_000))
def test_notes_stay_wherever_a_conversation_is_shortened(lengths: list[int], window: int) -> None:
    noted = NotesPart("- I live in Bonn")
    spoken = [
        PromptMessage(Author.USER if number % 2 == 0 else Author.ASSISTANT, (TextPart("word " * length),))
        for number, length in enumerate([*lengths, 1] if len(lengths) % 2 else [*lengths, 1, 1])
    ]
    if spoken[-1].author is not Author.USER:
        spoken.pop()
    first = PromptMessage(Author.USER, (noted, *spoken[0].parts))
    whole = (PromptMessage(Author.SYSTEM, (TextPart("Be kind."),)), first, *spoken[1:])
    budget = budget_of(ModelProfile(context_tokens=window))
    shortened = [halved(whole) or whole]
    try:
        shortened.append(fit(whole, budget))
        assert sum(map(size_of, shortened[-1])) <= budget
    except ContextTooLong:
        pass
    for fewer in shortened:
        told = [part for message in fewer for part in message.parts if part == noted]
        # Where they hardly fit beside the newest message, they are what goes.
        assert told == ([noted] if fewer[1].parts[0] == noted else [])
        assert (
            told or fewer == (whole[0], spoken[-1]) or size_of(fewer[-1]) + size_of(first) > budget - size_of(whole[0])
        )


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("Remember that I live in Bonn", "I live in Bonn"),
        ("please remember: my sister is called Ann", "my sister is called Ann"),
        ("Please, keep in mind that I’m vegetarian.", "I’m vegetarian."),
        ("Don't forget that Momo\nis a cat", "Momo is a cat"),
        ("Merk dir, dass ich Tee mag", "ich Tee mag"),
        ("Bitte merke dir: ich mag Tee", "ich mag Tee"),
        ("Recuerda que vivo en Lima", "vivo en Lima"),
        ("Запомни, что я живу в Риге", "я живу в Риге"),
        ("Запам'ятай, що я живу у Львові", "я живу у Львові"),
        ("Будь ласка, запам’ятай: я люблю чай", "я люблю чай"),
        ("请记住我住在上海", "我住在上海"),
        ("记住：我喜欢茶", "我喜欢茶"),
        ("remember the Alamo", ""),
        ("Do you remember that film?", ""),
        ("I remember that day", ""),
        ("Remember that film with the bear?", ""),
        ("记住：你还记得吗？", ""),
        ("remember that", ""),
        ("Remember thatcher", ""),
        ("Forwarded: remember that I live in Bonn", ""),
        ("", ""),
    ],
)
def test_what_a_message_asks_to_have_remembered(said: str, fact: str) -> None:
    assert asked_for(said) == fact
