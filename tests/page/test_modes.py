"""Modes and prices on the page: a change is looked at, put in force, undone; what is wrong is refused."""

import re
from html import unescape
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from bot.settings.changes import Changes, over
from bot.settings.differences import modes_of
from storage import acts, bots, changed
from storage.acts import ActKind
from tests.page.conftest import Browser, Pages

FORM = {
    "description": "Everyday questions",
    "chain": "mistral/big\r\ngemini/flash",
    "system_prompt": "Be <b>brief</b>.\r\nAlways.",
    "temperature": "0.5",
    "effort": "low",
    "max_output_tokens": "400",
    "role": "admin",
    "allow": "telegram:user:4711",
    "enabled": "true",
}


@pytest.fixture
async def ada(pages: Pages) -> Browser:
    return await pages.browser("Ada")


async def kept(browser: Browser, preview: str) -> tuple[int, str]:
    """Press the button below a preview."""
    texts = dict(re.findall(r'name="(proposal|seen)" value="([^"]*)"', preview))
    return await browser.sends("/changes", **{name: unescape(text) for name, text in texts.items()})


async def changes(pages: Pages) -> Changes:
    return Changes.parse(await pages.database.read(changed.content()))


async def as_changed(pages: Pages, tmp_path: Path) -> Settings:
    """What the next start reads."""
    return over(load_settings({}, tmp_path), await changes(pages))


async def test_a_mode_is_changed_looked_at_kept_and_undone(pages: Pages, ada: Browser, tmp_path: Path) -> None:
    status, preview = await ada.sends("/modes/regular", **FORM)
    assert status == 200
    assert "<ins>mistral/big\ngemini/flash</ins>" in preview
    assert "<ins>Be &lt;b&gt;brief&lt;/b&gt;.\nAlways.</ins>" in preview
    assert "<del>—</del>" in preview
    assert "<del>member</del>" in preview
    assert "<del>as its models see fit</del>" in preview
    assert await changes(pages) == Changes()
    _, page = await kept(ada, preview)
    assert "Waits for the next start" not in page
    mode = (await as_changed(pages, tmp_path)).modes_as_named()["regular"]
    assert pages.in_force.settings.modes_as_named()["regular"] == mode
    # No key of these is set, so that the built-in model answers.
    assert pages.in_force.modes["regular"].chain == ("offline/offline",)
    assert (mode.chain, mode.temperature) == (("mistral/big", "gemini/flash"), 0.5)
    assert (mode.effort, mode.max_output_tokens) == ("low", 400)
    assert (mode.system_prompt, mode.role, mode.allow) == (
        "Be <b>brief</b>.\nAlways.",
        "admin",
        frozenset({"telegram:user:4711"}),
    )
    (act,) = await pages.database.read(acts.latest(1))
    names = ("chain", "system_prompt", "temperature", "effort", "max_output_tokens", "role", "allow")
    told = ", ".join(f"regular {name}" for name in names)
    assert (act.kind, act.admin_name, act.note) == (ActKind.CHANGE_SETTINGS, "Ada", told)
    # Of the form, only what differs from the operator's own files is kept.
    plain = modes_of(load_settings({}, tmp_path))["regular"]
    await kept(ada, (await ada.sends("/modes/regular", **{**plain, "temperature": "0.5"}))[1])
    assert (await changes(pages)).modes == {"regular": {"temperature": 0.5}}
    _, form = await ada.get("/modes/regular")
    assert "own) · changed" in form
    _, preview = await ada.sends("/modes/regular/undo")
    assert "<del>0.5</del>" in preview
    await kept(ada, preview)
    assert await changes(pages) == Changes()
    assert pages.in_force.settings == load_settings({}, tmp_path)


async def test_what_is_wrong_stands_at_its_field_and_what_was_written_stays(pages: Pages, ada: Browser) -> None:
    wrong = {**FORM, "chain": "nowhere/big", "system_prompt": "Mine.", "temperature": "warm", "allow": "Bob"}
    wrong["max_output_tokens"] = "few"
    _, page = await ada.sends("/modes/regular", **wrong)
    assert re.search(r'id="temperature-wrong">modes\.regular\.temperature is &#39;warm&#39;', page)
    assert re.search(r'id="max_output_tokens-wrong">modes\.regular\.max_output_tokens is &#39;few&#39;', page)
    assert re.search(r'id="allow-wrong">modes\.regular\.allow holds &#39;Bob&#39;', page)
    assert ">Mine.</textarea>" in page
    _, page = await ada.sends("/modes/regular", **{**wrong, "temperature": "", "max_output_tokens": "", "allow": ""})
    assert re.search(r'id="chain-wrong">modes\.regular\.chain holds &#39;nowhere/big&#39;', page)
    _, page = await ada.sends("/changes/price", model="a/b", price="cheap")
    assert "PRICES holds &#39;a/b=cheap&#39;, which is not a price." in page
    # Nobody gets around the form: what is sent to be kept is read like any other.
    _, page = await ada.sends("/changes", proposal="default_mode = 'gone'", seen="")
    assert "which is not a mode" in page
    assert await changes(pages) == Changes()
    assert (await ada.get("/modes/gone"))[0] == 404
    assert "modes.GONE " in (await ada.sends("/modes/GONE", **FORM))[1]


async def test_a_mode_of_the_admins_own_is_made_closed_and_removed(pages: Pages, ada: Browser) -> None:
    assert "modes.No " in (await ada.sends("/changes/mode", mode="No"))[1]
    _, form = await ada.sends("/changes/mode", mode="poet")
    assert 'action="/admin/modes/poet"' in form
    assert ">You are a helpful assistant" not in form
    assert await changes(pages) == Changes()
    poet = {**FORM, "description": "In verse", "system_prompt": "Rhyme.", "role": "member", "allow": ""}
    _, page = await kept(ada, (await ada.sends("/modes/poet", **poet))[1])
    assert 'href="/admin/modes/poet"' in page
    mode = pages.in_force.modes["poet"]
    assert (mode.description, mode.system_prompt, mode.max_output_tokens) == ("In verse", "Rhyme.", 400)
    assert (await ada.sends("/changes/mode", mode="poet"))[1].count("Remove this mode") == 1
    await kept(ada, (await ada.sends("/changes/default", mode="poet"))[1])
    # What sessions begin with can be neither closed nor removed.
    assert "DEFAULT_MODE is &#39;poet&#39;" in (await ada.sends("/modes/poet", **{**poet, "enabled": ""}))[1]
    assert "DEFAULT_MODE is &#39;poet&#39;" in (await ada.sends("/modes/poet/undo"))[1]
    await kept(ada, (await ada.sends("/changes/default", mode="regular"))[1])
    _, page = await kept(ada, (await ada.sends("/modes/poet", **{**poet, "enabled": ""}))[1])
    assert "nobody: closed" in page
    assert "poet" not in pages.in_force.modes
    _, preview = await ada.sends("/modes/poet/undo")
    assert "<del>Rhyme.</del>" in preview
    _, page = await kept(ada, preview)
    assert "poet" not in page


async def test_a_mode_that_a_bot_offers_by_its_own_rules_stays(pages: Pages, ada: Browser) -> None:
    await pages.database.write(bots.add("telegram", "7", "@tutor_bot", "sealed"))
    await pages.database.write(bots.rule("telegram", "7", 'modes = ["documents"]'))
    documents = modes_of(pages.in_force.settings)["documents"]
    _, page = await ada.sends("/modes/documents", **{**documents, "enabled": ""})
    assert "@tutor_bot: modes names &#39;documents&#39;" in page


async def test_prices_and_the_default_mode_are_changed_and_all_is_undone(pages: Pages, ada: Browser) -> None:
    for path, sent in (
        ("/changes/price", {"model": "a/b", "price": "2/8"}),
        ("/changes/price", {"model": "a/c", "price": "1/1+cached=0.5"}),
        ("/changes/default", {"mode": "documents"}),
        ("/changes/price", {"model": "a/b", "price": ""}),
    ):
        await kept(ada, (await ada.sends(path, **sent))[1])
    assert ([one.models for one in pages.in_force.prices], pages.in_force.modes.usual) == (["a/c"], "documents")
    _, preview = await ada.sends("/changes/undo")
    assert "<del>1/1+cached=0.5</del>" in preview
    await kept(ada, preview)
    assert (pages.in_force.prices, pages.in_force.modes.usual) == ([], "regular")


async def test_who_has_seen_something_older_keeps_nothing(pages: Pages, ada: Browser) -> None:
    grace = await pages.browser("Grace")
    _, hers = await grace.sends("/changes/default", mode="uncensored")
    await kept(ada, (await ada.sends("/changes/default", mode="documents"))[1])
    status, page = await kept(grace, hers)
    assert (status, "changed meanwhile" in page) == (422, True)
    assert pages.in_force.modes.usual == "documents"


async def test_what_an_operator_changes_meanwhile_waits_and_what_no_longer_fits_is_said(
    pages: Pages, ada: Browser, tmp_path: Path
) -> None:
    lab = '[endpoints.lab]\nbase_url = "http://127.0.0.1:1"\n[modes.regular]\ntemperature = 0.5\n'
    (tmp_path / "parley.toml").write_text(lab)
    plain = modes_of(load_settings({}, tmp_path))["regular"]
    _, page = await kept(ada, (await ada.sends("/modes/regular", **{**plain, "chain": "lab/big"}))[1])
    # It takes an endpoint that this process does not know.
    assert page.index("Waits for the next start") < page.index("<ins>lab/big</ins>") < page.index("<h2>Modes</h2>")
    assert pages.in_force.settings == load_settings({}, tmp_path / "elsewhere").model_copy(
        update={"data_dir": tmp_path / "data"}
    )
    (tmp_path / "parley.toml").unlink()
    _, page = await ada.get("/modes")
    assert "The next start would fail:" in page
    assert "there is no provider &#39;lab&#39;" in page
    assert "The next start would fail:" in (await ada.get("/modes/regular"))[1]
    await kept(ada, (await ada.sends("/changes/undo"))[1])
    assert await changes(pages) == Changes()
    (tmp_path / "parley.toml").write_text("=")
    assert "Nothing can be changed here now:" in (await ada.get("/modes"))[1]
