"""What may be chosen of what vendors list: patterns, bad days, and what is kept between them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import Provider
from bot.domain.provider_errors import Overloaded
from bot.llm.catalogue import Catalogue, lets_through
from providers.offline import Offline
from tests.support.clock import FakeClock

WANTED = {"openai": ("gpt-*", "!*-mini"), "groq": ("*",)}


class Listing(Offline):
    """A vendor that lists what it is told to."""

    def __init__(self, *names: str) -> None:
        super().__init__(FakeClock())
        self.names: Sequence[str] | Exception = names

    async def models(self) -> list[str]:
        if isinstance(self.names, Exception):
            raise self.names
        return list(self.names)


class Listened(FakeClock):
    """Tells when somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await super().sleep(seconds)


class Vendors(dict[str, Provider]):
    def catalogue(self, directory: Path) -> Catalogue:
        return Catalogue(WANTED, self.__getitem__, _all, directory / "models.json", FakeClock())


async def _all(_vendor: str, names: Sequence[str]) -> Sequence[str]:
    return names


async def test_each_vendors_models_are_offered_in_order(tmp_path: Path) -> None:
    vendors = Vendors(openai=Listing("gpt-6", "gpt-6-mini", "o9"), groq=Listing("maker/m"), mistral=Listing("m"))
    catalogue = vendors.catalogue(tmp_path)
    assert list(catalogue) == []
    assert "openai/gpt-of-last-year" in catalogue, "Nobody knows yet that it is gone."
    assert await catalogue.refresh()
    assert list(catalogue) == ["openai/gpt-6", "groq/maker/m"]
    assert len(catalogue) == 2
    for model in ("openai/gpt-of-last-year", "openai/gpt-6-mini", "openai/o9", "mistral/m", "gpt-6", 7):
        assert model not in catalogue


@pytest.mark.parametrize("trouble", [Overloaded("Busy."), ValueError("a bug"), ()])
async def test_on_a_bad_day_what_was_there_before_counts(trouble: Exception | tuple[str, ...], tmp_path: Path) -> None:
    openai, groq = Listing("gpt-6"), Listing("m")
    catalogue = Vendors(openai=openai, groq=groq).catalogue(tmp_path)
    await catalogue.refresh()
    openai.names, groq.names = trouble, ("n",)
    assert await catalogue.refresh() is not isinstance(trouble, Exception)
    assert list(catalogue) == ["openai/gpt-6", "groq/n"]


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"openai": 7}', b'{"openai": [7, "gpt-6"], "gone": ["x"]}', b"\xff"])
async def test_what_was_kept_is_read_however_broken_it_is(kept: bytes, tmp_path: Path) -> None:
    (tmp_path / "models.json").write_bytes(kept)
    down = Listing()
    down.names = Overloaded("Busy.")
    clock = Listened()
    catalogue = Catalogue(WANTED, {"openai": down, "groq": down}.__getitem__, _all, tmp_path / "models.json", clock)
    hearing = asyncio.create_task(catalogue.keep())
    await clock.asleep.wait()
    hearing.cancel()
    assert list(catalogue) == (["openai/gpt-6"] if b"gpt-6" in kept else [])


async def test_an_endpoint_without_a_list_offers_none(tmp_path: Path) -> None:
    catalogue = Vendors(openai=Offline(FakeClock()), groq=Listing("m")).catalogue(tmp_path)
    assert await catalogue.refresh()
    assert list(catalogue) == ["groq/m"]


@given(st.lists(st.text("aB1-*", max_size=4), max_size=4), st.text("aB1-", min_size=1, max_size=6))
def test_an_exception_counts_at_any_place(patterns: list[str], name: str) -> None:
    assert lets_through(["*", *patterns], name)
    assert lets_through([name.upper(), *patterns], name.lower())
    assert not lets_through([*patterns, f"!{name}"], name)
    assert not lets_through([f"!{name}", *patterns, "*"], name)
    assert not lets_through([], name)
    assert lets_through(["!other"], name)
