"""The words of Discord's messages: names in the place of numbers, and what stands in cards, polls and layouts."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import discord

Names = Callable[[str, int], str]
"""What somebody or something is called, by its sign ("@", "&", "#") and number; "" if unknown."""

_TOKEN = re.compile(
    r"```.*?```|``.*?``|`[^`\n]+`"  # What stands in code is shown as it is.
    r"|<(?P<sign>@&|@!?|\#)(?P<number>\d{1,20})>"
    r"|<a?(?P<emoji>:\w{1,32}:)\d{1,20}>"
    r"|<(?P<command>/[^<>:\n]{1,100}):\d{1,20}>"
    r"|<t:(?P<moment>-?\d{1,13})(?::[tTdDfFRsS])?>"
    r"|<id:(?P<page>browse|customize|guide|home|linked-roles)(?::\d+)?>",
    re.DOTALL,
)
_UNKNOWN: Mapping[str, str] = {"@": "@unknown-user", "&": "@unknown-role", "#": "#unknown"}
"""As Discord's own apps call them."""


def readable(text: str, names: Names) -> str:
    """The text with names where Discord writes numbers, as its apps show it."""
    return _TOKEN.sub(lambda found: _shown(found, names), text) if "<" in text else text


def _shown(found: "re.Match[str]", names: Names) -> str:
    if sign := found["sign"]:
        kind = "&" if sign == "@&" else sign[0]
        name = names(kind, int(found["number"]))
        return f"{'#' if kind == '#' else '@'}{name}" if name else _UNKNOWN[kind]
    if moment := found["moment"]:
        return _moment(int(moment)) or found[0]
    return found["emoji"] or found["command"] or found["page"] or found[0]


def _moment(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return ""


def embed_words(embed: discord.Embed) -> str:
    """What a card says."""
    title = f"[{embed.title}]({embed.url})" if embed.title and embed.url else embed.title or embed.url
    fields = (f"{field.name}: {field.value}" for field in embed.fields)
    lines = (embed.author.name, title, embed.description, *fields, embed.footer.text)
    return "\n".join(line for line in lines if line)


def poll_words(poll: discord.Poll) -> str:
    """The question and its answers, with the votes where there are any."""
    answers = (f"- {answer.text}{_votes(answer.vote_count)}" for answer in poll.answers)
    return "\n".join((poll.question or "", *answers))


def _votes(count: int) -> str:
    return f" ({count} votes)" if count else ""


def layout_words(components: Iterable[object]) -> Iterator[str]:
    """The texts of a layout, in reading order."""
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        yield from layout_words(getattr(component, "children", ()))
