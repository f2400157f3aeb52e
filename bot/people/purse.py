"""What people read about their tokens: what an answer costs, what their balance is worth, how to get more."""

from collections.abc import Sequence

from bot.domain.ids import UnixMs
from bot.domain.people import Person, Role, has_role
from bot.domain.policy import Policy
from bot.texts import Say, moments, said_later
from storage.ledger import EntryKind, Movement

Sentence = tuple[str, dict[str, object]]
"""A sentence with its values."""


def reserve(person: Person, policy: Policy) -> int:
    """What is held for a request of somebody's."""
    return 0 if policy.admins_free and has_role(person, Role.ADMIN) else policy.reserve


def reserve_for_picture(person: Person, policy: Policy) -> int:
    """What is held for a picture of somebody's."""
    return policy.tokens_per_picture if reserve(person, policy) and not policy.metered else reserve(person, policy)


def is_free(person: Person, policy: Policy) -> bool:
    """Whether answers cost somebody nothing: then tokens are never mentioned to them."""
    return reserve(person, policy) == 0


def price(say: Say, person: Person, policy: Policy) -> str:
    """What an answer costs somebody."""
    if policy.is_free:
        return say("Answers are free here.")
    if is_free(person, policy):
        return say("You are an admin: answers cost you nothing.")
    if policy.metered:
        return say("An answer costs what the model reads and writes; a failed one costs nothing.")
    return say("An answer costs {price}; a failed one costs nothing.", price=policy.tokens_per_request)


def cost_of(policy: Policy, moved: Sequence[Movement]) -> int:
    """What an answer costs somebody: the price, or what their last ones did on average."""
    if not policy.metered:
        return policy.tokens_per_request
    paid = [-one.amount for one in moved if one.kind is EntryKind.SETTLE and one.amount < 0]
    return sum(paid) // len(paid) if paid else 0


def worth(say: Say, balance: int, cost: int) -> str:
    """How many answers that buys; "" if the price is unknown, or it does not buy one."""
    count = balance // cost if cost > 0 else 0
    if count == 1:
        return say("That is ≈ 1 answer.")
    return say("That is ≈ {count} answers.", count=count) if count else ""


def more(say: Say, person: Person, policy: Policy, now: UnixMs) -> str:
    """How to get more tokens."""
    if has_role(person, Role.ADMIN):
        return say(
            "You are an admin: to give yourself more, send `/admin` and choose “People”, then your name; "
            "`ADMINS_FREE=true` makes answers free for admins."
        )
    if policy.refill:
        moment = moments.shown(policy.refill.next_start(now), moments.zone_of(person.time_zone))
        return say("You get new tokens from {moment}; an admin can give you some earlier.", moment=moment)
    return say("Ask an admin for more tokens.")


def dry(person: Person, policy: Policy, balance: int, price: int, now: UnixMs) -> Sentence:
    """Why someone with too low a balance is not answered, and what to do about it."""
    values: dict[str, object] = {"balance": balance, "price": price}
    if has_role(person, Role.ADMIN):
        return _DRY_ADMIN, values
    if policy.refill:
        values["moment"] = moments.shown(policy.refill.next_start(now), moments.zone_of(person.time_zone))
        return _DRY_REFILLED, values
    return _DRY[policy.metered], values


_DRY = {
    False: said_later(
        "You have {balance} tokens left and a request costs {price}. Nothing was charged. "
        "Ask an admin for more tokens; `/tokens` shows where yours went."
    ),
    True: said_later(
        "You have {balance} tokens left, and each request reserves {price}. Nothing was charged. Ask an admin for "
        "more tokens; `/tokens` shows where yours went."
    ),
}
_DRY_REFILLED = said_later(
    "You have {balance} tokens left, and a request needs {price}. Nothing was charged. You get new tokens from "
    "{moment}; an admin can give you some earlier."
)
_DRY_ADMIN = said_later(
    "You have {balance} tokens left, and a request needs {price}. Nothing was charged. You are an admin: to give "
    "yourself more, send `/admin` and choose “People”, then your name; `ADMINS_FREE=true` makes answers free for "
    "admins."
)
