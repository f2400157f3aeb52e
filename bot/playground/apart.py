"""A playground shares the models of its operator and nothing else: no data, and no port or address of their gateway."""

from bot.settings import Settings

_THEIRS = (
    "database_url",
    "blobs_url",
    "public_url",
    "http_port",
    "health_port",
    "telegram_own_server",
    "telegram_webhook_url",
    "discord_shards",
)


def apart(settings: Settings) -> Settings:
    """The settings without what belongs to the operator's own gateway, wherever they were written."""
    fields = type(settings).model_fields
    return settings.model_copy(update={name: fields[name].get_default() for name in _THEIRS})
