"""Modes and prices on the page: a change is looked at, kept for the next start, undone; what is wrong is refused."""

import re
from html import unescape
from pathlib import Path

import pytest

from bot.settings import load_settings
from bot.settings.changes import FILE, Changes, read_changes
from bot.settings.differences import fields_of
from storage import acts
from storage.acts import ActKind
from tests.page.conftest import Browser, Pages

FORM = {"chain": "mistral/big\r\ngemini/flash", "system_prompt": "Be <b>brief</b>.\r\nAlways.", "temperature": "0.5"}
WHO = {"role": "admin", "allow": "telegram:user:4711"}


@pytest.fixture
async def ada(pages: Pages) -> Browser:
    return await pages.browser("Ada")


async def kept(browser: Browser, preview: str) -> tuple[int, str]:
    """Press the button below a preview."""
    texts = dict(re.findall(r'name="(proposal|seen)" value="([^"]*)"', preview))
    return await browser.sends("/changes", **{name: unescape(text) for name, text in texts.items()})


async def test_a_mode_is_changed_looked_at_kept_and_undone(pages: Pages, ada: Browser, tmp_path: Path) -> None:
    status, preview = await ada.sends("/modes/regular", **FORM, **WHO)
    assert status == 200
    assert "<ins>mistral/big\ngemini/flash</ins>" in preview
    assert "<ins>Be &lt;b&gt;brief&lt;/b&gt;.\nAlways.</ins>" in preview
    assert "<del>—</del>" in preview
    assert "<del>member</del>" in preview
    assert not (tmp_path / "data" / FILE).exists()
    _, page = await kept(ada, preview)
    assert page.index("Waits for the next start") < page.index("<ins>0.5</ins>") < page.index("<h2>Modes</h2>")
    mode = load_settings({}, tmp_path).modes_as_named()["regular"]
    assert (mode.chain, mode.temperature) == (("mistral/big", "gemini/flash"), 0.5)
    assert (mode.system_prompt, mode.role, mode.allow) == (
        "Be <b>brief</b>.\nAlways.",
        "admin",
        frozenset({"telegram:user:4711"}),
    )
    (act,) = await pages.database.read(acts.latest(1))
    told = "regular chain, regular system_prompt, regular temperature, regular role, regular allow"
    assert (act.kind, act.admin_name, act.note) == (ActKind.CHANGE_SETTINGS, "Ada", told)
    # Of the form, only what differs from the operator's own files is kept.
    plain = fields_of(load_settings({}, tmp_path, changes=Changes()).modes_as_named()["regular"])
    await kept(ada, (await ada.sends("/modes/regular", **{**plain, "temperature": "0.5"}))[1])
    assert read_changes(tmp_path / "data").modes == {"regular": {"temperature": 0.5}}
    _, form = await ada.get("/modes/regular")
    assert "own) · changed" in form
    _, preview = await ada.sends("/modes/regular/undo")
    assert "<del>0.5</del>" in preview
    await kept(ada, preview)
    assert load_settings({}, tmp_path) == load_settings({}, tmp_path / "elsewhere").model_copy(
        update={"data_dir": tmp_path / "data"}
    )


async def test_what_is_wrong_stands_at_its_field_and_what_was_written_stays(ada: Browser, tmp_path: Path) -> None:
    wrong = {"chain": "nowhere/big", "system_prompt": "Mine.", "temperature": "warm", "role": "admin", "allow": "Bob"}
    _, page = await ada.sends("/modes/regular", **wrong)
    assert re.search(r'id="temperature-wrong">modes\.regular\.temperature is &#39;warm&#39;', page)
    assert re.search(r'id="allow-wrong">modes\.regular\.allow holds &#39;Bob&#39;', page)
    assert ">Mine.</textarea>" in page
    _, page = await ada.sends("/modes/regular", **{**wrong, "temperature": "", "allow": ""})
    assert re.search(r'id="chain-wrong">modes\.regular\.chain holds &#39;nowhere/big&#39;', page)
    _, page = await ada.sends("/changes/price", model="a/b", price="cheap")
    assert "PRICES holds &#39;a/b=cheap&#39;, which is not a price." in page
    # Nobody gets around the form: what is sent to be kept is read like any other.
    _, page = await ada.sends("/changes", proposal="default_mode = 'gone'", seen="")
    assert "which is not a mode" in page
    assert not (tmp_path / "data" / FILE).exists()
    assert [(await ada.sends(f"/modes/{name}", **FORM, **WHO))[0] for name in ("gone", "GONE")] == [404, 404]


async def test_prices_and_the_default_mode_are_changed_and_all_is_undone(ada: Browser, tmp_path: Path) -> None:
    for path, sent in (
        ("/changes/price", {"model": "a/b", "price": "2/8"}),
        ("/changes/price", {"model": "a/c", "price": "1/1+cached=0.5"}),
        ("/changes/default", {"mode": "documents"}),
        ("/changes/price", {"model": "a/b", "price": ""}),
    ):
        await kept(ada, (await ada.sends(path, **sent))[1])
    read = load_settings({}, tmp_path)
    assert ([one.models for one in read.prices], read.default_mode) == (["a/c"], "documents")
    _, preview = await ada.sends("/changes/undo")
    assert "<del>1/1+cached=0.5</del>" in preview
    _, page = await kept(ada, preview)
    assert "Waits for the next start" not in page


async def test_who_has_seen_something_older_keeps_nothing(pages: Pages, ada: Browser, tmp_path: Path) -> None:
    grace = await pages.browser("Grace")
    _, hers = await grace.sends("/changes/default", mode="uncensored")
    await kept(ada, (await ada.sends("/changes/default", mode="documents"))[1])
    status, page = await kept(grace, hers)
    assert (status, "changed meanwhile" in page) == (422, True)
    assert load_settings({}, tmp_path).default_mode == "documents"


async def test_what_no_longer_fits_is_said_and_can_be_undone(ada: Browser, tmp_path: Path) -> None:
    (tmp_path / "data" / FILE).write_text("[modes.regular]\nchain = ['lab/gone']\n")
    _, page = await ada.get("/modes")
    assert "The next start would fail:" in page
    assert "there is no provider &#39;lab&#39;" in page
    assert "The next start would fail:" in (await ada.get("/modes/regular"))[1]
    await kept(ada, (await ada.sends("/changes/undo"))[1])
    assert load_settings({}, tmp_path).default_mode == "regular"
    (tmp_path / "parley.toml").write_text("=")
    assert "Nothing can be changed here now:" in (await ada.get("/modes"))[1]
