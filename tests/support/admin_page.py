"""The admin page in a browser without a screen."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

from aiohttp import ClientSession, CookieJar

from tests.support.world import Someone


@dataclass(frozen=True, slots=True)
class AdminPage:
    """The page of one process, where an admin is logged in."""

    root: str
    browser: ClientSession

    async def get(self, path: str) -> str:
        """A page that is shown."""
        async with self.browser.get(self.root + path) as answer:
            assert answer.status == 200, path
            return await answer.text()

    async def change_mode(self, mode: str, **fields: str) -> str:
        """Fill in these fields of a mode's form and keep what it proposes; returns the page after that."""
        form = await self.get(f"/modes/{mode}")
        preview = await self._post(f"/modes/{mode}", {"token": _hidden(form)["token"], **_filled(form), **fields})
        return await self._post("/changes", _hidden(preview))

    async def _post(self, path: str, sent: dict[str, str]) -> str:
        async with self.browser.post(self.root + path, data=sent) as answer:
            assert answer.status == 200, path
            return await answer.text()


@asynccontextmanager
async def logged_in(admin: Someone) -> AsyncIterator[AdminPage]:
    """The page for an admin who has used the link from their chat."""
    await admin.commands("admin", "page")
    told = await admin.sees("This link logs you in")
    link = re.search(r"(http://127\.0\.0\.1:\d+/admin)/login/[\w-]+", told.text)
    assert link is not None
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.post(link[0]) as answer:
            assert (answer.status, answer.url.path) == (200, "/admin")
        yield AdminPage(link[1], browser)


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(token|proposal|seen)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def _filled(form: str) -> dict[str, str]:
    """The fields of a mode's form as it is shown."""
    texts = re.findall(r'<textarea name="(\w+)"[^>]*>([^<]*)</textarea>', form)
    lines = re.findall(r'<input name="(\w+)" value="([^"]*)"', form)
    choices = re.findall(r'<select name="(\w+)">.*?value="(\w*)" selected', form, re.DOTALL)
    return {name: unescape(value) for name, value in (*texts, *lines, *choices)}
