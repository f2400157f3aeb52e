"""What a starting gateway logs: which files it has read, what is enabled, and what to do if no bot is."""

from collections.abc import Iterator, Mapping

from bot.settings import Settings
from bot.settings.secrets import readable_secrets


def why_no_bot(settings: Settings) -> str:
    """Why there is no bot to run, and how to connect one."""
    names = " nor ".join(one.token_setting for one in settings.platforms)
    lines = [
        f"No bot's token is set: neither {names} ({_where(settings)}).",
        *settings.origin.doubts,
        f"To connect a bot, put its token there: {', or '.join(one.token_from for one in settings.platforms)}.",
    ]
    return "\n".join(lines)


def what_is_on(settings: Settings) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The lines for the log: an event and its fields each."""
    yield (
        "settings_read",
        {"files": ",".join(map(str, settings.origin.files)), "looked_in": str(settings.origin.home or "")},
    )
    yield (
        "gateway_on",
        {
            "bots": ",".join(bot.name or bot.platform for bot in settings.bots()),
            "access": settings.access.value,
            "data_dir": str(settings.data_dir),
        },
    )
    for mode in settings.modes().values():
        models = [model for model in mode.chain if not model.is_offline]
        if models:
            yield "mode_on", {"mode": mode.name, "models": ",".join(models)}
        else:
            yield (
                "mode_without_model",
                {"mode": mode.name, "cure": "Give one of its models a key: see docs/connecting.md."},
            )


def what_is_doubted(settings: Settings) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The warnings for the log, likewise: each says what to look at."""
    for doubt in settings.origin.doubts:
        yield "setting_doubted", {"cure": doubt}
    for path in readable_secrets(settings):
        yield "secrets_readable", {"cure": f"chmod 600 {path}: others can read the tokens or keys in it."}


def _where(settings: Settings) -> str:
    home, files = settings.origin.home, settings.origin.files
    if files:
        return f"in the environment and {', '.join(map(str, files))}"
    return f"in the environment; {home} holds neither .env nor parley.toml" if home else "in the settings"
