"""The page on which a login at a server of tools ends, and what says to such servers who we are.

The page does nothing: it shows what is to be brought back into the chat, see `bot.tools.own_servers`.
"""

from html import escape

from aiohttp import web

from bot.contracts.logins import DOCUMENT, NAME, PATH
from bot.texts import language_of, say_in

_LONGEST = 4_000
"""Of what a server gives back."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Parley</title><h1>{head}</h1><p>{lead}</p><textarea readonly rows="6" cols="40">{given}</textarea><p>{care}</p>
</html>
"""


def login_routes(root: str) -> list[web.RouteDef]:
    """What is served below `root`, where people reach the gateway."""

    async def show(request: web.Request) -> web.Response:
        language = language_of(request.headers.get("Accept-Language", "").partition(",")[0])
        say = say_in(language)
        told = {
            "head": say("One more step"),
            "lead": say("Copy this, and give it to the bot in the chat in which you began to log in:"),
            "care": say("Did somebody else send you the link? Then close this page: they would use your account."),
            "given": request.rel_url.raw_query_string[:_LONGEST],
        }
        text = _PAGE.format(language=language, **{name: escape(words) for name, words in told.items()})
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    async def say_who(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "client_id": f"{root.rstrip('/')}{DOCUMENT}",
                "client_name": NAME,
                "redirect_uris": [f"{root.rstrip('/')}{PATH}"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            }
        )

    return [web.get(PATH, show), web.get(DOCUMENT, say_who)]
