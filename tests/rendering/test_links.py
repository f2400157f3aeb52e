"""A bare address leads where it was meant to, whatever sentence stands around it, on both platforms."""

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.markup import parse
from handlers.discord.render import render as discord
from handlers.telegram.render import render as telegram
from tests.support.discord_markdown import shown

_NAMES = st.text("ab1_-", min_size=1, max_size=4).filter(lambda name: name[-1].isalnum())
_PARTS = st.recursive(
    _NAMES, lambda part: st.lists(part, min_size=1, max_size=2).map(lambda p: f"({''.join(p)})"), max_leaves=3
)
_PATHS = st.lists(_PARTS, min_size=1, max_size=3).map("/".join)
_TAILS = st.sampled_from(["", "?a=b_c&d=(e)", "#a_b_(c)", "?q=a*b", "/%28a%29", "/ä_ö", "/~a_b", "/a.b,c:d;e!f"])
ADDRESSES = st.tuples(_PATHS, _TAILS).map(lambda made: f"https://e.com/{made[0]}{made[1]}")
AROUND = st.sampled_from(
    [
        ("", ""), ("see ", "."), ("(see ", ")"), ("(", ")."), ("(", "),"), ("", ", and"), ("", ": so"), ("is it ", "?"),
        ("", "!"), ("**", "**"), ("*", "*."), ("- ", "."), ("> ", ""), ("“", "”"), ("„", "“."), ("«", "»,"),
        ("a\n", "\nb"), ("||", "||"),
        ("~~", "~~"), ("1. (", ")"), ("# ", ""), ("[", "]"), ('"', '".'),
    ]
)  # fmt: skip

_TRAILING = ".:;,('?!`\""


def linked_by_telegram(text: str) -> list[str]:
    """What Telegram makes of addresses in a text (td's `find_urls` and `fix_url`): brackets that are not open and signs
    of a sentence are not a part of it."""
    found = []
    for match in re.finditer(r"https://[^\s<>\"«»“”|\[\]]+", text):
        address, depth = match[0], 0
        for at, sign in enumerate(address):
            depth += (sign == "(") - (sign == ")")
            if depth < 0:
                address = address[:at]
                break
        found.append(address.rstrip(_TRAILING))
    return found


@given(address=ADDRESSES, around=AROUND)
def test_a_bare_address_leads_where_it_was_meant_to(address: str, around: tuple[str, str]) -> None:
    blocks = parse(f"{around[0]}{address}{around[1]}")
    assert "".join(sign.char for sign in shown(discord(blocks)) if sign.link == address) == address
    assert not [sign for sign in shown(discord(blocks)) if sign.link not in ("", address)]
    assert linked_by_telegram(telegram(blocks)[0]) == [address]


@given(address=ADDRESSES, around=AROUND, words=st.sampled_from(["Tea", "Tea (drink)", "a_b", None]))
def test_a_link_leads_where_it_was_meant_to(address: str, around: tuple[str, str], words: str | None) -> None:
    blocks = parse(f"x {around[0]}[{words or address}]({address}){around[1]}")
    urls = {entity.url or "" for entity in telegram(blocks)[1] if entity.type == "text_link"}
    links = {sign.link for sign in shown(discord(blocks))} - {""}
    assert {unquote(url) for url in urls} == {unquote(url) for url in links} == {unquote(address)}
