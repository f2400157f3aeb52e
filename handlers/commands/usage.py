"""What answers have used: a picture by day and by model, the same in words, and as a table for admins."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from functools import partial
from typing import Annotated

import structlog

from bot.charts.chart import LETTERED, MOST_SERIES, Chart, Series
from bot.charts.drawing import Drawing, NotDrawn
from bot.contracts.command import Choice, Choices, Scope, View, command
from bot.domain.blocks import Button, ButtonRows, OutFile
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.domain.needs import Need
from bot.domain.people import Person, Role
from bot.incoming.call import Call
from bot.people.admission import may
from bot.people.usage import Period, Report, Span, bot_name, days_of, report
from bot.rendering.pages import escaped
from bot.roster import Roster
from bot.texts import Say, said_later, say_in
from handlers.commands.reach import number_of, zone
from storage import people, usage
from storage.programs import Program
from storage.usage import NOTHING_USED, BotKey, PersonsUse, Used

log = structlog.get_logger(__name__)

_PERIODS = {
    Period.DAY: said_later("Today"),
    Period.WEEK: said_later("7 days"),
    Period.MONTH: said_later("30 days"),
    Period.ALL: said_later("All time"),
}
_LABELS = 6
"""Bars of a picture that have their time below them, at most: more would not be readable on a phone."""
_LEADING = 10
"""Of those who have used the most, so many are named."""
_OFFERED, _SHOWN = 200, 25
"""People who are looked through for a name, and who are offered: Discord takes as many."""
_OTHERS = said_later("Others")


async def period_choices(call: Call, typed: str) -> Sequence[Choice]:
    """How far back to look."""
    return [Choice(one.value, call.say(label)) for one, label in _PERIODS.items() if one.startswith(typed.lower())]


async def person_choices(call: Call, typed: str) -> Sequence[Choice]:
    """Whose usage to look at, for admins: whose number it is, and those whose name begins like that."""
    if not may(call.caller, Need(Role.ADMIN)):
        return []
    newest = await call.database.read(people.page(call.policy.roles, 0, _OFFERED))
    named = await call.database.read(people.find_by_id(PersonId(number_of(typed))))
    found = [one for one in newest if one.name.casefold().startswith(typed.casefold())]
    return [Choice(str(one.id), one.name) for one in (*filter(None, (named,)), *found)][:_SHOWN]


@command("usage", "Tokens and cost of your answers, by day and by model", private=True)
async def usage_command(
    call: Call,
    period: Annotated[str, "How far back", Choices(period_choices)] = Period.MONTH.value,
    person: Annotated[str, "Whose, by number (for admins)", Choices(person_choices)] = "",
    *,
    drawing: Drawing,
) -> View:
    looked, whose = _period(call, period), await _whose(call, person.strip())
    its_zone = zone(call)
    made = await call.database.read(report(looked, whose.id, call.now, its_zone))
    other = whose.id != call.caller.person.id
    buttons = _periods(call, "usage", looked, (str(whose.id),) if other else ())
    words = _words(call.say, made, [escaped(whose.name)] if other else [], ())
    return await _view(call, drawing, made, words, buttons)


@command("usage_all", "What everyone's answers have used", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def usage_all(
    call: Call,
    period: Annotated[str, "How far back", Choices(period_choices)] = Period.MONTH.value,
    *,
    drawing: Drawing,
    roster: Roster,
) -> View:
    looked, its_zone = _period(call, period), zone(call)
    made = await call.database.read(report(looked, None, call.now, its_zone))
    leading = await call.database.read(usage.leading(made.spans[0].since, _LEADING))
    table = (Button(call.say("As a table (CSV)"), "usage_table", (looked.value,)),)
    buttons = (*_periods(call, "usage_all", looked, ()), table)
    names = await roster.names()
    bots = [(bot_name(call.say, names, bot), used) for bot, used in made.bots]
    return await _view(call, drawing, made, _words(call.say, made, [call.say("Everyone")], leading, bots), buttons)


@command("usage_table", "The same as a table", role=Role.ADMIN, scope=Scope.PRIVATE, listed=False)
async def usage_table(
    call: Call,
    period: Annotated[str, "How far back", Choices(period_choices)] = Period.MONTH.value,
    *,
    roster: Roster,
) -> View:
    looked, its_zone = _period(call, period), zone(call)
    days = await call.database.read(_by_day(looked, call.now, its_zone))
    written = table(days, partial(bot_name, call.say, await roster.names()))
    return View("", files=(OutFile(f"usage-{looked.value}.csv", "text/csv", written),), replace=False)


def _by_day(looked: Period, now: UnixMs, its_zone: tzinfo) -> Program[list[tuple[str, list[PersonsUse]]]]:
    first = yield from usage.first_of_everyone()
    found: dict[str, list[PersonsUse]] = {}
    for day in days_of(looked, first, now, its_zone):
        found[day.name] = yield from usage.of_each(day.since, day.until)
    return list(found.items())


def table(days: Iterable[tuple[str, Sequence[PersonsUse]]], called: Callable[[BotKey], str]) -> bytes:
    """What everyone has used, a line for each day, person, bot and model, as a spreadsheet takes it. `called`: the
    name of a bot."""
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(
        ("day", "person", "name", "bot", "model", "answers", "input_tokens", "cached_tokens", "output_tokens", "usd",
         "answers_without_price")
    )  # fmt: skip
    for day, uses in days:
        for one in uses:
            used = one.used
            lines.writerow(
                (day, one.person, _text(one.name), _text(called(one.bot)), _text(one.model), used.answers,
                 used.input_tokens, used.cached_tokens, used.output_tokens,
                 f"{used.microusd / 1_000_000:.6f}", used.unpriced)
            )  # fmt: skip
    # Excel takes a file for UTF-8 by its first bytes only.
    return written.getvalue().encode("utf-8-sig")


def _text(words: str) -> str:
    """Words that no spreadsheet takes for a formula: people choose their names themselves."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words


def _period(call: Call, typed: str) -> Period:
    try:
        return Period(typed.strip().lower())
    except ValueError:
        known = ", ".join(f"`{one}`" for one in Period)
        raise PersonError(
            "“{given}” is not a period. Choose one of these: {known}.", given=typed[:20], known=known
        ) from None


async def _whose(call: Call, typed: str) -> Person:
    """Whose usage somebody may look at: their own, an admin that of anybody."""
    if not typed:
        return call.caller.person
    if not may(call.caller, Need(Role.ADMIN)):
        raise PersonError("Only an admin can look at what others have used.")
    found = await call.database.read(people.find_by_id(PersonId(number_of(typed))))
    if found is None:
        raise PersonError("That person cannot be found.")
    return found


def _periods(call: Call, name: str, now: Period, rest: tuple[str, ...]) -> ButtonRows:
    return (
        tuple(Button(call.say(label), name, (one.value, *rest)) for one, label in _PERIODS.items() if one is not now),
    )


async def _view(call: Call, drawing: Drawing, made: Report, words: str, buttons: ButtonRows) -> View:
    """The report in words, and as a picture below them."""
    picture = await _picture(call, drawing, made) if made.models else None
    return View(words, buttons, files=(picture,) if picture is not None else (), replace=False)


def _words(
    say: Say,
    made: Report,
    whose: list[str],
    leading: Sequence[tuple[str, Used]],
    bots: Sequence[tuple[str, Used]] = (),
) -> str:
    head = f"**{' · '.join((*whose, _dates(made)))}**"
    if not made.models:
        return f"{head}\n\n{say('Nothing was used in this period.')}"
    used = made.used
    lines = [head, "", _sums(say, used)]
    if used.cached_tokens:
        lines.append(say("Read from the cache: {percent} %", percent=_cached(used)))
    if used.unpriced:
        lines.append(say("Answers with an unknown price: {count}", count=used.unpriced))
    lines += ["", say("By model:"), *(f"- {escaped(model)} · {_sums(say, each)}" for model, each in made.models)]
    if leading:
        lines += ["", say("By person:"), *(f"- {escaped(name)} · {_sums(say, each)}" for name, each in leading)]
    if len(bots) > 1:
        lines += ["", say("By bot:"), *(f"- {escaped(name)} · {_sums(say, each)}" for name, each in bots)]
    times = [f"- {span.name} · {_sums(say, span.used)}" for span in made.spans if span.models]
    if len(times) > 1:
        lines += ["", f"<details><summary>{say('By time')}</summary>", "", *times, "</details>"]
    return "\n".join(lines)


def _sums(say: Say, used: Used) -> str:
    return say(
        "Answers: {answers} · tokens: {tokens} · ${dollars}",
        answers=used.answers,
        tokens=used.tokens,
        dollars=f"{used.microusd / 1_000_000:,.2f}",
    )


def _dates(made: Report) -> str:
    return str(made.first) if made.first == made.last else f"{made.first} – {made.last}"


def _cached(used: Used) -> int:
    return round(100 * used.cached_tokens / used.input_tokens) if used.input_tokens else 0


async def _picture(call: Call, drawing: Drawing, made: Report) -> OutFile | None:
    language = call.caller.person.language
    say = call.say if call.say.language in LETTERED else say_in("en")
    try:
        data = await drawing.draw(chart(say, made))
    except NotDrawn as error:
        log.warning("usage_not_drawn", error=error, language=language)
        return None
    return OutFile("usage.png", "image/png", data, f"{_dates(made)} · {_sums(call.say, made.used)}")


def chart(say: Say, made: Report) -> Chart:
    """The report as a picture: tokens by time, each model in its colour."""
    shown = made.models if len(made.models) <= MOST_SERIES else made.models[: MOST_SERIES - 1]
    names = [name for name, _ in shown]
    rest = made.models[len(shown) :]
    series = [
        Series(name, tuple(span.models.get(name, NOTHING_USED).tokens for span in made.spans), _total(say, used))
        for name, used in shown
    ]
    if rest:
        others = tuple(_tokens_beside(span, names) for span in made.spans)
        series.append(Series(say(_OTHERS), others, _total(say, sum((used for _, used in rest), NOTHING_USED))))
    every = -(-len(made.spans) // _LABELS)
    labels = tuple("" if number % every else _short(span.name) for number, span in enumerate(made.spans))
    cached = (
        f" · {say('Read from the cache: {percent} %', percent=_cached(made.used))}" if made.used.cached_tokens else ""
    )
    return Chart(_sums(say, made.used), _dates(made) + cached, labels, tuple(series))


def _tokens_beside(span: Span, names: Sequence[str]) -> int:
    return span.used.tokens - sum(span.models.get(name, NOTHING_USED).tokens for name in names)


def _total(say: Say, used: Used) -> str:
    return f"{say.number(used.tokens)} · ${used.microusd / 1_000_000:,.2f}"


def _short(name: str) -> str:
    """Of a day its month and day: the year stands above."""
    return name[5:] if len(name) == len("2026-11-29") else name


COMMANDS = (usage_command, usage_all, usage_table)
