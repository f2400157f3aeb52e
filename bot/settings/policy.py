"""The settings that the engine needs."""

import importlib
import importlib.util

from bot.domain.people import RichUse
from bot.domain.policy import FileRules, Policy, ToolRules
from bot.domain.sessions import Modes
from bot.settings import Settings
from bot.texts import zones


def policy_of(settings: Settings) -> Policy:
    """The engine's policy from the settings."""
    return Policy(
        modes=Modes(settings.modes(), settings.default_mode),
        time_zone=settings.timezone if settings.timezone is not None else zones.of_this_machine(),
        access=settings.access,
        allowlist=frozenset(str(entry) for entry in settings.allowlist),
        admins=frozenset(str(entry) for entry in settings.admins),
        tokens_start=settings.tokens_start,
        tokens_per_request=settings.tokens_per_request,
        tokens_per_picture=settings.tokens_per_picture,
        metered=settings.billing == "metered",
        tokens_held=settings.tokens_held,
        admins_free=settings.admins_free,
        refill=settings.refill,
        tokens_per_day=settings.tokens_per_day,
        usd_per_day=settings.usd_per_day,
        quiet_hours=settings.quiet_hours,
        rate_limit_per_minute=settings.rate_limit_per_minute,
        chat_rate_limit_per_minute=settings.chat_rate_limit_per_minute,
        at_once_per_person=settings.at_once_per_person,
        at_once_per_chat=settings.at_once_per_chat,
        context_messages=settings.context_messages,
        context_tokens=settings.context_tokens,
        summaries=settings.summaries,
        memory_tokens=settings.memory_tokens,
        tools=tool_rules_of(settings),
        most_schedules=settings.schedules_per_person,
        schedule_tokens_per_day=settings.schedule_tokens_per_day,
        titles=settings.titles,
        here=settings.here,
        greets=settings.greeting,
        here_answer_all=settings.here_answer_all,
        listen=settings.listen,
        undo_minutes=settings.undo_minutes,
        show_reasoning=settings.show_reasoning,
        show_model=settings.show_model,
        previews=settings.previews,
        rich=RichUse(settings.rich_messages),
        speaking=settings.speaking(),
        voice=settings.speech_voice,
        files=file_rules_of(settings),
        endpoints=frozenset(settings.endpoints()),
    )


def tool_rules_of(settings: Settings) -> ToolRules:
    """What models may have done."""
    return ToolRules(
        reading=settings.tools != "off",
        most_calls=settings.tool_calls,
        most_seconds=settings.tool_seconds,
        most_tokens=settings.tool_tokens,
        most_usd=settings.tool_usd,
        approvers=frozenset(str(entry) for entry in settings.tool_approvers),
        approval_days=settings.tool_approval_days,
        servers=settings.servers(),
    )


def file_rules_of(settings: Settings) -> FileRules:
    """Which files are accepted, and what reads them."""
    return FileRules(
        largest_bytes=settings.max_file_mb * 1_000_000,
        most_pages=settings.max_pages,
        most_scans=settings.max_scans,
        quota_bytes=settings.file_quota_mb * 1_000_000,
        days=settings.file_days,
        seeing=settings.seeing(),
        reading=settings.reading(),
        hearing=settings.hearing(),
        drawing=settings.drawing(),
        pdfs=settings.pdfs,
        local_engine=importlib.util.find_spec("rapidocr") is not None,
    )
