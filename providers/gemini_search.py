"""Searching the web by Google's way: an answer that is grounded in Google Search.

Facts that shape this module (https://ai.google.dev/gemini-api/docs/google-search, November 2026): the model decides how
often it searches, and each of its queries is billed; a page is named by its site, at an address of Google's that leads
to it. Who shows such an answer has to show the queries with it, each leading to Google's own results
(https://ai.google.dev/gemini-api/docs/google-search#suggestions): what it brings to be shown for that is HTML.
"""

from urllib.parse import urlencode

from google.genai import types

from bot.contracts.web import Hit, Suggestion
from providers.own_search import LONGEST_FINDINGS

CONFIG = types.GenerateContentConfig(
    max_output_tokens=LONGEST_FINDINGS,
    tools=[types.Tool(google_search=types.GoogleSearch())],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)

_RESULTS = "https://www.google.com/search"


class Grounds:
    """What an answer is grounded in, as its chunks tell it."""

    def __init__(self) -> None:
        self.pages: list[Hit] = []
        self._queries: dict[str, None] = {}

    def take(self, chunk: types.GenerateContentResponse) -> None:
        """Note what a chunk says of it."""
        told = chunk.candidates[0].grounding_metadata if chunk.candidates else None
        if told is None:
            return
        self._queries |= dict.fromkeys(query for query in told.web_search_queries or () if query)
        webs = [ground.web for ground in told.grounding_chunks or () if ground.web is not None]
        self.pages += [Hit(web.title or "", web.uri or "", "") for web in webs]

    @property
    def suggested(self) -> tuple[Suggestion, ...]:
        """What Google wants to be offered with it."""
        return tuple(Suggestion(query, f"{_RESULTS}?{urlencode({'q': query})}") for query in self._queries)

    @property
    def searches(self) -> int:
        """How many searches are billed: one where it names pages and no queries."""
        return len(self._queries) or min(1, len(self.pages))
