"""Character cards: a persona with its first words, as SillyTavern, RisuAI, Chub and others hand them on.

    V1    {"name", "description", "personality", "scenario", "first_mes", "mes_example"}
    V2    {"spec": "chara_card_v2", "data": V1 + {"system_prompt", "post_history_instructions", "alternate_greetings",
           "character_book", "creator_notes", …}}
    V3    {"spec": "chara_card_v3", "data": V2 + {"nickname", "assets", "group_only_greetings", …}}

They come as JSON, in a PNG (base64 in the text chunk `ccv3`, else `chara`; see `bot.archive.pngs`), or as `card.json`
in a .zip called CHARX. As the specifications say: malfoyslastname/character-card-spec-v2, kwaroran/character-card-
spec-v3.

The person that the card speaks to is `{{user}}`, the character `{{char}}`. Everything else in a card (lorebooks,
scripts, variables) is left out and counted.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.archive.fields import line, mapping, moment, objects, sequence, words
from bot.archive.losses import ASSETS, EXAMPLES, GREETINGS, LOREBOOK, MAKER, PERSONA, Losses
from bot.archive.values import ArchivedMessage, ArchivedSession, ImportFault
from bot.domain.messages import Author
from bot.domain.sessions import PROMPT_LIMIT

_V1 = ("name", "description", "first_mes")
_BASE = "Write the next words of {{char}} in a conversation with {{user}}. Stay in character."
_MOST_GREETINGS = 100
_MACRO = re.compile(r"\{\{([^{}]{1,2000})\}\}|<(user|char|bot)>", re.IGNORECASE)
_GONE = ("original", "trim", "noop")
"""Macros that have no meaning here."""
_STARTS = re.compile(r"^<START>\s*$", re.IGNORECASE | re.MULTILINE)


def is_card(data: Any) -> bool:
    """Whether a document is a card."""
    given = mapping(data)
    return words(given.get("spec")).startswith("chara_card") or all(isinstance(given.get(key), str) for key in _V1)


def session_of(data: Any, user: str, losses: Losses) -> ArchivedSession:
    """A session in which the character speaks first, to `user`. Raises ImportFault if the character has no name."""
    given = mapping(data)
    card = mapping(given.get("data")) or given
    name = line(card.get("nickname"), 100) or line(card.get("name"), 100)
    if not name:
        raise ImportFault("The character has no name.")
    resolve = _Macros(name, user, losses)
    greetings = [card.get("first_mes"), *losses.list_in(card.get("alternate_greetings"))[:_MOST_GREETINGS]]
    firsts = [found for each in greetings if (found := resolve.text(losses.text_in(each)).strip())]
    prompt = _prompt(card, resolve, losses)
    _count(card, losses)
    made = moment(card.get("creation_date"))
    return ArchivedSession(
        title=line(card.get("name"), 100) or name,
        messages=tuple(
            ArchivedMessage(f"greeting {number}", None, Author.ASSISTANT, text, created_at=made)
            for number, text in enumerate(firsts)
        ),
        tip="greeting 0" if firsts else None,
        system_prompt=prompt,
        created_at=made,
        updated_at=made,
        origin=hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:32],
    )


def _prompt(card: Mapping[str, Any], resolve: "_Macros", losses: Losses) -> str:
    """The system prompt: in full if it fits, otherwise without the examples, then cut at its end."""
    about, examples, at_end = _parts(card, losses)
    whole = [resolve.text(part) for part in (*about, *examples, *at_end)]
    if (text := "\n\n".join(whole)) and len(text) <= PROMPT_LIMIT:
        return text
    losses.add(EXAMPLES, len(examples))
    text = "\n\n".join(resolve.text(part) for part in (*about, *at_end))
    if len(text) <= PROMPT_LIMIT:
        return text
    losses.add(PERSONA)
    head = text[:PROMPT_LIMIT]
    return head[: max(head.rfind("\n"), head.rfind(". ") + 1, PROMPT_LIMIT // 2)].strip()


def _parts(card: Mapping[str, Any], losses: Losses) -> tuple[list[str], list[str], list[str]]:
    told = {key: losses.text_in(card.get(key)).strip() for key in _TOLD}
    about = [
        told["system_prompt"].replace("{{original}}", _BASE) or _BASE,
        told["description"],
        f"Personality of {{{{char}}}}: {told['personality']}" if told["personality"] else "",
        f"Scenario: {told['scenario']}" if told["scenario"] else "",
    ]
    example = _STARTS.sub("", told["mes_example"]).strip()
    examples = [f"How {{{{char}}}} talks, for example:\n{example}"] if example else []
    return list(filter(None, about)), examples, list(filter(None, [told["post_history_instructions"]]))


_TOLD = ("system_prompt", "description", "personality", "scenario", "mes_example", "post_history_instructions")


def _count(card: Mapping[str, Any], losses: Losses) -> None:
    losses.add(LOREBOOK, len(sequence(mapping(card.get("character_book")).get("entries"))))
    losses.add(ASSETS, sum(words(each.get("uri")) != "ccdefault:" for each in objects(card.get("assets"))))
    losses.add(GREETINGS, len(sequence(card.get("group_only_greetings"))))
    losses.add(MAKER, int(bool(words(card.get("creator_notes")).strip())))


class _Macros:
    """Fills in the names in a card."""

    def __init__(self, character: str, user: str, losses: Losses) -> None:
        self._names = {"char": character, "bot": character, "user": user}
        self._losses = losses

    def text(self, text: str) -> str:
        """The text with every macro resolved or removed."""
        return _MACRO.sub(self._resolved, text)

    def _resolved(self, found: re.Match[str]) -> str:
        inner = (found[1] or found[2]).strip()
        kind, _, rest = inner.partition(":")
        name = kind.strip().lower()
        if name in self._names:
            return self._names[name]
        if name == "newline":
            return "\n"
        if name in ("random", "pick"):
            return next(iter(_options(rest)), "")
        if name == "reverse":
            return rest[::-1]
        if not (inner.startswith("//") or name in _GONE or name in ("comment", "hidden_key")):
            self._losses.add_unknown(f"{{{{{name}}}}}")
        return ""


def _options(rest: str) -> Iterator[str]:
    return (each.strip() for each in re.split(r"::|(?<!\\),", rest) if each.strip())
