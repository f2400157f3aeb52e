"""Who the bot is, what it declares, how it gets updates, and answering pressed buttons."""

import re
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import ApiError, bad_request
from bot.standins.telegram.model import Json
from bot.standins.telegram.text import units
from bot.standins.telegram.updates import CONFLICT_WITH_WEBHOOK
from bot.standins.telegram.webhook import Webhook

QUERY_LIFE_S = 15 * 60.0
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}


def get_me(context: Context) -> Json:
    """The bot itself."""
    return context.bot.to_me()


def log_out(_: Context) -> bool:
    """Accepted; nothing follows."""
    return True


async def get_updates(context: Context) -> list[Any]:
    """Updates from `offset` on, after forgetting those before it."""
    if context.bot.webhook is not None:
        raise ApiError(409, CONFLICT_WITH_WEBHOOK)
    params = context.params
    context.bot.updates.allow(params.listing("allowed_updates"))
    timeout_s = min(max(params.integer("timeout") or 0, 0), 50)
    return await context.bot.updates.poll(params.integer("offset") or 0, params.integer("limit") or 100, timeout_s)


async def set_webhook(context: Context) -> bool:
    """Push updates to an address from now on; an empty one ends that."""
    params = context.params
    url = params.text("url")
    if not url:
        return await delete_webhook(context)
    parts = urlsplit(url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise bad_request("bad webhook: the stand-in calls loopback addresses only")
    secret = params.text("secret_token")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    await _end_webhook(context)
    context.bot.updates.terminate("Conflict: terminated by setWebhook request")
    context.bot.updates.allow(params.listing("allowed_updates"))
    if params.flag("drop_pending_updates"):
        context.bot.updates.drop_all()
    connections = min(max(params.integer("max_connections") or 40, 1), 100)
    context.bot.webhook = Webhook(url, secret, connections, context.bot.updates, context.world.clock, context.world.rng)
    return True


async def delete_webhook(context: Context) -> bool:
    """Push no more."""
    await _end_webhook(context)
    if context.params.flag("drop_pending_updates"):
        context.bot.updates.drop_all()
    return True


async def _end_webhook(context: Context) -> None:
    if context.bot.webhook is not None:
        await context.bot.webhook.close()
        context.bot.webhook = None


def get_webhook_info(context: Context) -> Json:
    """How the webhook fares."""
    webhook, updates = context.bot.webhook, context.bot.updates
    info: Json = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending),
    }
    if updates.allowed is not None:
        info["allowed_updates"] = sorted(updates.allowed)
    if webhook is not None:
        info["max_connections"] = webhook.max_connections
        info["ip_address"] = "127.0.0.1"
        if webhook.last_error_at is not None:
            info["last_error_date"] = webhook.last_error_at
            info["last_error_message"] = webhook.last_error
    return info


def answer_callback_query(context: Context) -> bool:
    """Tell the person's app that the press was seen, with a line of text or none."""
    query = context.bot.queries.get(context.params.text("callback_query_id"))
    too_old = query is not None and context.world.clock.monotonic() - query.at_s > QUERY_LIFE_S
    if query is None or query.answered or too_old:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = context.params.text("text")
    if units(text) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answered = True
    query.text = text
    query.show_alert = context.params.flag("show_alert")
    query.url = context.params.text("url")
    context.world.changes.ring()
    return True


def set_my_commands(context: Context) -> bool:
    """The list that people see, for one scope and language."""
    commands = context.params.listing("commands")
    if commands is None:
        raise bad_request('parameter "commands" is required')
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    context.bot.commands[_scope(context)] = [_checked_command(command) for command in commands]
    context.world.changes.ring()
    return True


def get_my_commands(context: Context) -> list[Json]:
    """What was set for exactly this scope and language."""
    return context.bot.commands.get(_scope(context), [])


def delete_my_commands(context: Context) -> bool:
    """Forget one scope and language."""
    context.bot.commands.pop(_scope(context), None)
    context.world.changes.ring()
    return True


def _checked_command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name = str(command.get("command", "")).removeprefix("/")
    description = str(command.get("description", ""))
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    kept: Json = {"command": name, "description": description}
    if command.get("is_ephemeral"):
        kept["is_ephemeral"] = True
    return kept


def _scope(context: Context) -> tuple[str, str]:
    scope = context.params.mapping("scope") or {"type": "default"}
    kind = scope.get("type")
    if not isinstance(kind, str) or kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if any(scope.get(name) is None for name in SCOPES[kind]):
        raise bad_request("can't parse BotCommandScope: a required field is missing")
    key: Json = {"type": kind, **{name: scope[name] for name in SCOPES[kind]}}
    return orjson.dumps(key, option=orjson.OPT_SORT_KEYS).decode(), _language(context)


def _language(context: Context) -> str:
    language = context.params.text("language_code")
    if language and not LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language


def _set_text(context: Context, which: str) -> bool:
    text = context.params.text(which)
    if len(text) > TEXT_LIMITS[which]:
        raise bad_request(f"bot {which.replace('_', ' ')} is too long")
    context.bot.texts[which, _language(context)] = text
    return True


def set_my_name(context: Context) -> bool:
    """0 to 64 characters."""
    return _set_text(context, "name")


def set_my_description(context: Context) -> bool:
    """0 to 512 characters."""
    return _set_text(context, "description")


def set_my_short_description(context: Context) -> bool:
    """0 to 120 characters."""
    return _set_text(context, "short_description")


def get_my_name(context: Context) -> Json:
    """As set for this language, else the account's name."""
    return {"name": context.bot.texts.get(("name", _language(context))) or context.bot.first_name}


def get_my_description(context: Context) -> Json:
    """As set for this language."""
    return {"description": context.bot.texts.get(("description", _language(context)), "")}


def get_my_short_description(context: Context) -> Json:
    """As set for this language."""
    return {"short_description": context.bot.texts.get(("short_description", _language(context)), "")}
