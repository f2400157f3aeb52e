"""What people read about their tokens: the price, what a balance is worth, and where more come from."""

from dataclasses import replace

import pytest

from bot.domain.ids import PersonId, UnixMs
from bot.domain.people import Person, Role
from bot.domain.policy import Policy
from bot.domain.refill import NO_REFILL, Refill
from bot.domain.sessions import Modes
from bot.people.purse import cost_of, dry, is_free, more, price, reserve, reserve_for_picture, worth
from bot.texts import say_in
from storage.ledger import EntryKind, Movement

NOW = UnixMs(1_795_176_000_000)
SAY = say_in("en")
WEEKLY = Refill("weekly", 500)


def policy(*, metered: bool = False, refill: Refill = NO_REFILL) -> Policy:
    return Policy(modes=Modes({}, "regular"), metered=metered, refill=refill)


def person(role: Role) -> Person:
    return Person(PersonId(1), role, "Alice")


def test_what_an_answer_costs_is_said() -> None:
    member = person(Role.MEMBER)
    assert price(SAY, member, policy()) == "An answer costs 100; a failed one costs nothing."
    assert "what the model reads and writes" in price(SAY, member, policy(metered=True))


@pytest.mark.parametrize("metered", [True, False])
def test_admins_are_free_where_the_operator_says_so_and_nobody_else_is(metered: bool) -> None:
    rules = replace(policy(metered=metered), admins_free=True)
    for role in Role:
        free = role is Role.ADMIN
        assert is_free(person(role), rules) is free
        assert (reserve(person(role), rules) == 0) is free
        assert not is_free(person(role), policy(metered=metered))
    assert price(SAY, person(Role.ADMIN), rules) == "You are an admin: answers cost you nothing."


def test_a_metered_answer_costs_what_the_last_ones_did() -> None:
    moved = [
        Movement(EntryKind.SETTLE, -30, "answered", NOW),
        Movement(EntryKind.SETTLE, -10, "answered", NOW),
        Movement(EntryKind.SETTLE, 0, "answered", NOW),
        Movement(EntryKind.SETTLE, 5, "answered", NOW),
        Movement(EntryKind.GRANT, -90, "gift", NOW),
    ]
    assert cost_of(policy(metered=True), moved) == 20
    assert cost_of(policy(metered=True), []) == 0
    assert cost_of(policy(), moved) == 100


@pytest.mark.parametrize(
    ("balance", "cost", "said"),
    [
        (99, 100, ""),
        (100, 100, "That is ≈ 1 answer."),
        (299, 100, "That is ≈ 2 answers."),
        (3, 1, "That is ≈ 3 answers."),
        (100, 0, ""),
    ],
)
def test_a_balance_is_worth_whole_answers(balance: int, cost: int, said: str) -> None:
    assert worth(SAY, balance, cost) == said


def test_how_to_get_more_depends_on_who_asks_and_on_refills() -> None:
    assert more(SAY, person(Role.ADMIN), policy(refill=WEEKLY), NOW).startswith("You are an admin")
    assert more(SAY, person(Role.MEMBER), policy(refill=WEEKLY), NOW).startswith("You get new tokens from")
    assert more(SAY, person(Role.MEMBER), policy(), NOW) == "Ask an admin for more tokens."


def test_why_nothing_is_answered_says_what_to_do() -> None:
    def said(role: Role, rules: Policy) -> str:
        sentence, values = dry(person(role), rules, 7, rules.reserve, NOW)
        return SAY(sentence, **values)

    assert "You are an admin" in said(Role.ADMIN, policy(refill=WEEKLY))
    assert "You get new tokens from" in said(Role.MEMBER, policy(refill=WEEKLY))
    assert "a request costs 100" in said(Role.MEMBER, policy())
    assert "each request reserves 1,000" in said(Role.MEMBER, policy(metered=True))


@pytest.mark.parametrize(
    ("role", "metered", "held"),
    [(Role.MEMBER, False, 700), (Role.MEMBER, True, 90), (Role.ADMIN, False, 0), (Role.ADMIN, True, 0)],
)
def test_a_picture_has_its_own_price_where_answers_have_one(role: Role, metered: bool, held: int) -> None:
    rules = replace(policy(metered=metered), tokens_per_picture=700, tokens_held=90, admins_free=True)
    assert reserve_for_picture(person(role), rules) == held
