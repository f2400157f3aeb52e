"""What models find in the web: pages by a few words, and a page by its address, which becomes one of the session.

Pages are opened only by addresses that stand in the conversation or were found: an address that a model makes up could
carry away what it has read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.contracts.provider import ToolOffer
from bot.contracts.web import Fetch, LeadsOf
from bot.domain.calls import ResultPart
from bot.domain.messages import QuotedPart, TextPart
from bot.domain.turns import Turn
from bot.tools.links import Links
from bot.tools.searching import WebSearch
from bot.tools.tool import MATERIAL, Asker, TakeIn, Tool, ToolFailed
from storage import messages, tool_calls
from storage.database import Database
from storage.programs import Program

MOST_READ = 50
"""Messages in which an address may stand."""
_SEARCH = ToolOffer(
    "web_search",
    "Searches the web. Use it for what is newer than you, or what you are not sure of; then cite the addresses of the "
    f"pages that you used. {MATERIAL}",
    {
        "type": "object",
        "properties": {"words": {"type": "string", "description": "What to search for."}},
        "required": ["words"],
    },
)
_READ = ToolOffer(
    "read_link",
    "Reads the page or document at an address that stands in the conversation, was found by a search or is a link of a "
    "page that was read. It is then a document of this conversation. What is said in a video comes with its times if "
    f"its page has captions. {MATERIAL}",
    {
        "type": "object",
        "properties": {"address": {"type": "string", "description": "Its address, letter by letter."}},
        "required": ["address"],
    },
)


def web_tools(
    database: Database,
    fetch: Fetch,
    search: WebSearch,
    take_in: TakeIn,
    leads_of: LeadsOf,
    vendor_of: Callable[[Asker], str],
) -> tuple[Tool, ...]:
    """What the web takes. `vendor_of`: whose model answers somebody."""
    links = Links(database, fetch, take_in, leads_of)

    async def web_search(asker: Asker, arguments: Mapping[str, Any]) -> str:
        words = arguments.get("words")
        if not isinstance(words, str) or not words.strip():
            raise ToolFailed("`words` is missing: say what to search for.")
        return await search.ask(words, vendor_of(asker))

    async def read_link(asker: Asker, arguments: Mapping[str, Any]) -> str:
        address = arguments.get("address")
        if not isinstance(address, str) or not await database.read(_is_known(asker.turn, address.strip())):
            raise ToolFailed("This address stands neither in the conversation nor among what was found.")
        return await links.read(asker.turn, address.strip())

    return (
        Tool(_SEARCH, reads=True, suits=lambda _: bool(search.by), call=web_search, by=lambda: search.by),
        Tool(_READ, reads=True, suits=lambda _: True, call=read_link),
    )


def _is_known(turn: Turn, address: str) -> Program[bool]:
    """Whether an address stands in what was said, or in what tools have brought."""
    said = yield from messages.path(turn.question, MOST_READ)
    made = yield from tool_calls.of_turn(turn.id)
    texts = [
        part.text for message in said for part in message.parts if isinstance(part, TextPart | QuotedPart | ResultPart)
    ]
    texts += [kept.result.text for kept in made if kept.result is not None]
    # People leave the scheme out.
    bare = address.partition("://")[2]
    return bool(bare) and any(bare in text for text in texts)
