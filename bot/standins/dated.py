"""Responses dated by the stand-in's own clock, as a platform's are by its own."""

from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from bot.domain.clock import Clock


def tell_time(app: web.Application, clock: Clock) -> None:
    """Give every response of `app` a `Date`."""

    async def date(_request: web.Request, response: web.StreamResponse) -> None:
        moment = datetime.fromtimestamp(clock.now() / 1000, UTC)
        response.headers["Date"] = format_datetime(moment, usegmt=True)

    app.on_response_prepare.append(date)
