"""What every page has: its frame, its headers, the words in the visitor's language."""

import secrets
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.domain.clock import Clock
from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.page.links import PageLinks
from bot.page.visitors import Visitor
from bot.people.administering import ROLES
from bot.rendering.pages import filled, notice
from bot.texts import Say, language_of, moments, said_later, say_in

_HERE = Path(__file__).parent
STYLE = _HERE / "page.css"
SCRIPT = _HERE / "app.js"
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing of another address is ever loaded, nothing is run, and no other page can show ours inside itself.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # Addresses hold numbers of people, and for ten minutes a key.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}

RUNS_OURS: Mapping[str, str] = {
    **HEADERS,
    "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; script-src 'self'",
}
"""The headers of the one page that runs something: a script of ours."""

NAVIGATION = (
    ("", said_later("Overview")),
    ("people", said_later("People")),
    ("invites", said_later("Invitations")),
    ("broadcasts", said_later("Broadcasts")),
    ("modes", said_later("Modes")),
    ("spending", said_later("Usage")),
    ("checks", said_later("Checks")),
    ("log", said_later("Log")),
)
"""The pages by their paths."""


def templates() -> Environment:
    """The templates. Everything that is set into one is escaped, and what is missing is an error."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Frame:
    """Makes pages of templates."""

    def __init__(self, links: PageLinks, clock: Clock) -> None:
        self._templates = templates()
        self._links = links
        self._clock = clock

    def page(
        self,
        template: str,
        visitor: Visitor,
        *,
        told: str = "",
        wrong: PersonError | None = None,
        status: int = 200,
        **values: object,
    ) -> web.Response:
        """A page for an admin. `told`: what has been done; `wrong`: what could not be, with the status 422."""
        person = visitor.person
        say, zone = say_in(person.language), moments.zone_of(person.time_zone)
        shared = {
            "navigation": NAVIGATION,
            "visitor": person,
            "token": visitor.token,
            "once": secrets.token_urlsafe(12),
            "told": told,
            "wrong": notice(filled(say, wrong.tell, wrong.values)).text if wrong is not None else "",
            "number": say.number,
            "moment": lambda moment: moments.shown(moment, zone),
            "ago": partial(_ago, say, self._clock.now()),
            "roles": ROLES,
        }
        return self._made(template, say, status if wrong is None else 422, shared | values)

    def outside(
        self, template: str, request: web.Request, status: int, language: str = "", **values: object
    ) -> web.Response:
        """A page for somebody who is not logged in."""
        asked = language or request.headers.get("Accept-Language", "").partition(",")[0]
        return self._made(template, say_in(language_of(asked)), status, values)

    def app(self, request: web.Request) -> web.Response:
        """The page that a platform's app opens: it hands on who the app says is looking."""
        answer = self.outside("app", request, 200)
        answer.headers.update(RUNS_OURS)
        return answer

    def _made(self, template: str, say: Say, status: int, values: Mapping[str, object]) -> web.Response:
        made = self._templates.get_template(f"{template}.html")
        text = made.render({"say": say, "root": self._links.path, **values})
        return web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)


def _ago(say: Say, now: UnixMs, moment: UnixMs) -> str:
    minutes = max(0, now - moment) // 60_000
    return say("{count} min", count=minutes) if minutes < 120 else say("{count} h", count=minutes // 60)
