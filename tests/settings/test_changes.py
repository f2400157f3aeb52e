"""What admins have changed on the page lies over the operator's own settings, field by field."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import SettingsError
from bot.operations.doctor import examine_changes
from bot.settings import load_settings
from bot.settings.advice import Advice
from bot.settings.changes import Changes, over
from bot.settings.prices import price, written

TOML = """
prices = ["mistral/*=1/1"]

[modes.pirate]
description = "Arr"
chain = ["mistral/big"]
temperature = 1.1
allow = ["telegram:user:4711"]
"""

texts = st.text(st.characters(codec="utf-8"), max_size=20)
fields = st.fixed_dictionaries(
    {},
    optional={
        "chain": st.lists(texts, max_size=3),
        "system_prompt": texts,
        "temperature": st.floats(0, 2) | st.integers() | st.booleans() | st.just(""),
        "max_output_tokens": st.integers() | st.just(""),
        "enabled": st.booleans(),
        "role": texts,
        "allow": st.lists(texts, max_size=3),
    },
)


@settings(max_examples=20)
@given(st.builds(Changes, texts, st.dictionaries(texts, fields, max_size=3), st.dictionaries(texts, texts, max_size=3)))
def test_what_is_written_is_what_is_read(changes: Changes) -> None:
    assert Changes.parse(changes.written()) == changes


def test_changes_count_before_all_else_field_by_field(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text(TOML)
    changes = Changes(
        "pirate",
        {"pirate": {"temperature": "", "allow": []}, "regular": {"chain": ["mistral/big"]}},
        {"mistral/big": "2/8+cached=0.2"},
    )
    plain = load_settings({"DEFAULT_MODE": "documents"}, tmp_path)
    changed = over(plain, changes)
    modes = changed.modes_as_named()
    assert changed.default_mode == "pirate"
    assert (modes["pirate"].description, modes["pirate"].temperature, modes["pirate"].allow) == (
        "Arr",
        None,
        frozenset(),
    )
    assert modes["regular"].chain == modes["pirate"].chain == ("mistral/big",)
    assert [f"{one.models}={written(one)}" for one in changed.prices] == [
        "mistral/big=2/8+cached=0.2",
        "mistral/*=1/1",
    ]
    assert "the models of regular on the admin page" in Advice(changed).model("mistral/big")
    assert "[modes.pirate] in parley.toml" in Advice(changed).model("mistral/big")
    (finding,) = examine_changes(changed)
    assert finding.what.endswith(
        ": default_mode, modes.pirate.temperature, modes.pirate.allow, modes.regular.chain, prices.mistral/big."
    )
    assert over(changed, Changes()) == changed
    assert list(examine_changes(plain)) == []
    assert (plain.default_mode, plain.modes_as_named()["pirate"].temperature) == ("documents", 1.1)
    assert plain.origin.again is not None
    assert plain.origin.again() == plain


def test_without_changes_settings_of_every_kind_are_the_same(tmp_path: Path) -> None:
    example = Path(__file__).parent.parent.parent
    (tmp_path / "parley.toml").write_text((example / "parley.example.toml").read_text("utf-8"), "utf-8")
    words = {"LAB_KEY": "key", "LIBRARY_TOKEN": "token", "CLASSROOM_TOKEN": "token-of-the-bot"}
    said = {"QUIET_HOURS": "22:00-07:00", "REFILL": "monthly:4", "ALLOWLIST": "telegram:user:1", "PRICES": "a/b=1/2"}
    networks = {"ADMIN_PAGE_HEADER": "X-User", "ADMIN_PAGE_PROXIES": "10.0.0.0/8", "MISTRAL_MODELS": "a*,!b"}
    settings = load_settings(words | said | networks, tmp_path)
    assert over(settings, Changes()) == settings


def test_a_price_is_written_as_it_is_read() -> None:
    for text in (
        "0.1/0.3",
        "2/8+cached=0.2+thought=9+above200000=4/12+cached=0.4+picture=0.000001+request=0.01",
        "0/0",
    ):
        assert written(price(f"a/b={text}")) == text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("tokens_start = 9", "'tokens_start'"),
        ("[modes.regular]\nunfiltered = true", "'modes.regular.unfiltered'"),
        ("[modes]\nregular = 1", "'modes.regular'"),
        ("[prices]\n'a/b' = 2", "'prices.a/b'"),
        ("default_mode = ", "could not be parsed"),
        ("default_mode = 'gone'", "DEFAULT_MODE is 'gone', which is not a mode."),
        ("[modes.regular]\nchain = ['nowhere/x']", "there is no provider 'nowhere'"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        over(load_settings({}, tmp_path), Changes.parse(content))
    assert told in str(caught.value)
