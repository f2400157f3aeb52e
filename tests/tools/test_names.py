"""Every tool of every server is offered, under a name of its own that every vendor takes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import ToolOffer
from bot.tools.names import OURS, NamedTools, names_of
from bot.tools.tool import Asker, Tool

SOURCES = Path(__file__).parents[2] / "bot"
# Few beginnings and ends, so that names meet.
SERVERS = st.sampled_from(("git", "git_é", "web"))
ENDS = st.sampled_from(("log", "search", "é", "ü", "é_2", "é" * 60, "é" * 70)) | st.text(max_size=3)
SERVED = st.tuples(SERVERS, st.builds(lambda begin, end: begin + end, st.sampled_from(("", "git_", "git-é_")), ENDS))


def tool(server: str, name: str) -> Tool:
    async def call(_: Asker, __: Mapping[str, Any]) -> str:
        raise NotImplementedError

    # Its description tells which one it is.
    short, whole = names_of(server, name) if server else (name, "")
    return Tool(ToolOffer(short, f"{server} {name}", {}), reads=True, suits=lambda _: True, call=call, whole_name=whole)


@given(st.lists(SERVED, unique=True, max_size=10), st.sets(st.sampled_from(("web_search", "draw"))))
def test_each_tool_has_a_name_of_its_own_that_vendors_take(served: list[tuple[str, str]], ours: set[str]) -> None:
    tools = [tool("", name) for name in sorted(ours)] + [tool(*each) for each in served]
    named = NamedTools(tools)
    assert [each.offer.description for each in named.by_name.values()] == [each.offer.description for each in tools]
    for name, each in named.by_name.items():
        assert (each.offer.name, named.get(name), named.name(name)) == (name, each, name)
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", name)
        assert (name in OURS) == (not each.offer.description.partition(" ")[0])
        # What has no name of its own goes by none that another was allowed under.
        assert all(named.get(allowed) is each for allowed, _ in each.consents)
    # Which of them is asked for first names none of them otherwise, but for what is numbered.
    again = NamedTools(tools[::-1])
    unnumbered = {name for name, each in named.by_name.items() if each.whole_name}
    other = {name for name, each in again.by_name.items() if each.whole_name}
    assert unnumbered == other


@pytest.mark.parametrize(
    ("served", "names"),
    [
        ([("git", "git_log")], ["git_log"]),
        ([("git", "git-log")], ["git-log"]),
        ([("git", "log")], ["git_log"]),
        ([("git", "github")], ["git_github"]),
        ([("git", "git")], ["git_git"]),
        ([("git", "git_log"), ("git", "log")], ["git_git_log", "git_log"]),
        ([("web", "search"), ("web", "web_search")], ["web_search_2", "web_web_search"]),
        ([("draw", "draw")], ["draw_draw"]),
        ([("git", "ü"), ("git", "é")], ["git__", "git___2"]),
        ([("git", "x" * 80), ("git", "x" * 90)], [f"git_{'x' * 60}", f"git_{'x' * 58}_2"]),
    ],
)
def test_a_tool_goes_by_its_own_name_where_that_says_whose_it_is(
    served: list[tuple[str, str]], names: list[str]
) -> None:
    assert list(NamedTools([tool(*each) for each in served]).by_name) == names


def test_no_tool_of_ours_is_left_out() -> None:
    """Their names mean something elsewhere: what remembers or draws is not asked about, what searches is cited."""
    sources = (path.read_text() for path in sorted(SOURCES.rglob("*.py")) if "standins" not in path.parts)
    offered = {name for source in sources for name in re.findall(r'ToolOffer\(\s*"(\w+)"', source)}
    assert offered == OURS
