"""What admins have changed on the page is read over the operator's own settings, and never makes a start impossible."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contracts.findings import Verdict
from bot.domain.errors import SettingsError
from bot.operations.doctor import examine_changes
from bot.settings import load_settings
from bot.settings.advice import Advice
from bot.settings.changes import FILE, Changes, keep_changes, read_changes
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
    (tmp_path / "data").mkdir()
    changes = Changes(
        "pirate",
        {"pirate": {"temperature": "", "allow": []}, "regular": {"chain": ["mistral/big"]}},
        {"mistral/big": "2/8+cached=0.2"},
    )
    assert keep_changes(tmp_path / "data", changes, Changes())
    environ = {"DEFAULT_MODE": "documents"}
    read = load_settings(environ, tmp_path)
    modes = read.modes_as_named()
    assert (read.default_mode, read.origin.files[-1].name) == ("pirate", FILE)
    assert (modes["pirate"].description, modes["pirate"].temperature, modes["pirate"].allow) == (
        "Arr",
        None,
        frozenset(),
    )
    assert modes["regular"].chain == modes["pirate"].chain == ("mistral/big",)
    assert [f"{one.models}={written(one)}" for one in read.prices] == [
        "mistral/big=2/8+cached=0.2",
        "mistral/*=1/1",
    ]
    assert "[modes.regular] in parley.admin.toml" in Advice(read).model("mistral/big")
    assert "[modes.pirate] in parley.toml" in Advice(read).model("mistral/big")
    plain = read.origin.again(Changes())
    assert (plain.default_mode, plain.modes_as_named()["pirate"].temperature) == ("documents", 1.1)
    assert plain == load_settings(environ, tmp_path, changes=Changes())


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
        ("[modes.regular]\nenabled = false", "'modes.regular.enabled'"),
        ("[modes]\nregular = 1", "'modes.regular'"),
        ("[prices]\n'a/b' = 2", "'prices.a/b'"),
        ("default_mode = ", "could not be parsed"),
        ("default_mode = 'gone'", "DEFAULT_MODE is 'gone', which is not a mode."),
        ("[modes.regular]\nchain = ['nowhere/x']", "there is no provider 'nowhere'"),
    ],
)
def test_a_file_that_does_not_fit_stops_the_start_in_a_sentence(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE).write_text(content)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path / "data" / FILE) in str(caught.value)


def test_who_has_not_seen_the_newest_writes_nothing(tmp_path: Path) -> None:
    first, second = Changes("documents"), Changes("uncensored")
    assert keep_changes(tmp_path, first, Changes())
    assert not keep_changes(tmp_path, second, Changes())
    assert read_changes(tmp_path) == first
    assert keep_changes(tmp_path, Changes(), first)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_the_doctor_names_what_is_changed(tmp_path: Path) -> None:
    assert list(examine_changes(tmp_path)) == []
    keep_changes(tmp_path, Changes("documents", {"regular": {"chain": []}}, {"a/b": "1/2"}), Changes())
    (finding,) = examine_changes(tmp_path)
    assert finding.what.endswith(": default_mode, modes.regular.chain, prices.a/b.")
    (tmp_path / FILE).write_text("=")
    (finding,) = examine_changes(tmp_path)
    assert finding.verdict is Verdict.BAD


def test_where_it_cannot_be_written_a_sentence_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        keep_changes(tmp_path / "gone", Changes("documents"), Changes())
