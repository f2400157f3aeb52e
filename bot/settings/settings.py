"""The settings themselves: one frozen class, and what follows from it. Making one reads nothing; `load` does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.contracts.bots import BotPlan
from bot.contracts.platform_kind import PlatformKind
from bot.contracts.provider import Endpoint
from bot.contracts.setting_values import WrongValue, WrongValues, shortened
from bot.domain.model_names import ModelName
from bot.domain.people import Role
from bot.domain.servers import ServerRules
from bot.domain.sessions import Mode
from bot.platforms import PLATFORMS
from bot.settings import models
from bot.settings.bots import BotTable, Bounds, check_bot, check_each_once
from bot.settings.checks import (
    check_bucket_key,
    check_default_mode,
    check_endpoint,
    check_mode_name,
    check_naming_proxy,
)
from bot.settings.gateway_settings import GatewaySettings
from bot.settings.home import Origin
from bot.settings.model_settings import ModelSettings
from bot.settings.models import ModeTable
from bot.settings.servers import ServerTable, check_server
from bot.settings.values import (
    check_listed,
)


class _Settings(ModelSettings, GatewaySettings):
    """Everything an operator can set. A field's name in capitals is its name in the environment and in `.env`."""

    platforms: ClassVar[tuple[PlatformKind[Any], ...]] = ()
    """The platforms whose settings are included."""

    mode_tables: dict[str, ModeTable] = Field(default={}, exclude=True)
    """`[modes.NAME]` of `parley.toml`; only a file can hold them."""

    server_tables: dict[str, ServerTable] = Field(default={}, exclude=True)
    """`[servers.NAME]`, likewise."""

    bot_tables: tuple[BotTable, ...] = Field(default=(), exclude=True)
    """`[[bots]]`, likewise."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the caller passes: settings made in a test depend on nothing around them."""
        return (init_settings,)

    origin: Origin = Field(default=Origin(), exclude=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_whole(cls, value: object, info: ValidationInfo) -> object:
        # Read as 4 otherwise, though whoever writes 4.000 may well mean four thousand.
        field = cls.model_fields[info.field_name or ""]
        if field.annotation is int and isinstance(value, str) and "." in value:
            what = f"is {shortened(value)!r}, which is not a whole number."
            raise WrongValue(what, f"Give a number such as {field.default}.")
        return value

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        wrong: list[WrongValue] = []
        for check, *given in self._checks():
            try:
                check(*given)
            except WrongValue as error:
                wrong.append(error)
        if wrong:
            raise WrongValues(wrong)
        return self

    def _checks(self) -> Iterator[tuple[Callable[..., None], *tuple[object, ...]]]:
        known = models.VENDORS | self.endpoint_tables.keys()
        if self.blobs_url is not None:
            yield check_bucket_key, self.aws_access_key_id, self.aws_secret_access_key
        yield check_naming_proxy, self.admin_page_header, self.admin_page_proxies
        yield check_listed, self.allowlist, self.platforms, "ALLOWLIST"
        yield check_listed, self.admins, self.platforms, "ADMINS"
        for name, endpoint in self.endpoint_tables.items():
            yield check_endpoint, name, endpoint
        for name, mode in self.mode_tables.items():
            yield check_mode_name, name
            yield check_listed, mode.allow or (), self.platforms, f"modes.{name}.allow"
            if mode.chain is not None:
                yield models.check_chain, mode.chain, frozenset(known), f"modes.{name}.chain"
        for name, entry in (
            ("VISION_MODEL", self.vision_model),
            ("SEARCH_MODEL", self.search_model),
            ("IMAGE_MODEL", self.image_model),
        ):
            if entry is not None:
                yield models.check_chain, (entry,), frozenset(known), name
        for name, entries in (("TRANSCRIPTION_MODEL", self.transcription_model), ("SPEECH_MODEL", self.speech_model)):
            if entries:
                yield models.check_chain, entries, frozenset(known), name
        for name, server in self.server_tables.items():
            yield check_server, name, server, tuple(self.modes())
        yield check_default_mode, self.default_mode, tuple(self.modes())
        for bot in self.bot_tables:
            yield check_bot, bot, self.bounds()
        yield check_each_once, tuple(self.bots())

    def bots(self) -> Iterator[BotPlan]:
        """Every configured bot: those of the environment first, then those of `[[bots]]`."""
        for one in self.platforms:
            for token in one.way(self).tokens:
                yield BotPlan(platform=one.name, token=token, token_in=f"`{one.token_setting}`")
        for table in self.bot_tables:
            yield table.plan()

    def bounds(self) -> Bounds:
        """What no bot's own rules go beyond."""
        return Bounds(self.platforms, tuple(self.modes()), self.access)

    def kind_of(self, platform: str) -> PlatformKind[Any]:
        """The platform of this name. Raises LookupError if there is none."""
        found = next((one for one in self.platforms if one.name == platform), None)
        if found is None:
            raise LookupError(platform)
        return found

    def servers(self) -> tuple[ServerRules, ...]:
        """The operator's servers of tools."""
        return tuple(table.rules(name) for name, table in self.server_tables.items())

    def modes(self) -> dict[str, Mode]:
        """The enabled modes, the built-in ones first, each with a chain of models that can be asked."""
        endpoints = self.endpoints()
        return {
            name: replace(
                mode,
                chain=_askable(mode.chain, endpoints),
                system_prompt="\n\n".join(filter(None, (self.system_prompt.strip(), mode.system_prompt))),
            )
            for name, mode in self.modes_as_named().items()
        }

    def named_chains(self) -> dict[str, tuple[ModelName, ...]]:
        """For each enabled mode, the models that it names, whether they can be asked or not."""
        return {name: mode.chain for name, mode in self.modes_as_named().items()}

    def modes_as_named(self) -> dict[str, Mode]:
        """The same, each with the models that it names, whether they can be asked or not, and its own prompt alone."""
        closed = self.closed_modes()
        return {name: mode for name, mode in self.every_mode().items() if name not in closed}

    def closed_modes(self) -> frozenset[str]:
        """Those that are not enabled."""
        return frozenset(name for name, table in self.mode_tables.items() if not table.enabled)

    def every_mode(self) -> dict[str, Mode]:
        """The modes as they are named, enabled or not."""
        chains = self.built_in_chains()
        found = {mode.name: replace(mode, chain=chains[mode.name]) for mode in models.BUILT_IN_MODES}
        for name, table in self.mode_tables.items():
            base = found.get(name) or Mode(name, name, chains[models.REGULAR], "")
            said = table.model_dump(exclude_none=True, exclude={"enabled", "role", "allow", "chain"})
            role = Role(table.role) if table.role is not None else base.role
            allow = frozenset(map(str, table.allow)) if table.allow is not None else base.allow
            chain = tuple(map(ModelName, table.chain)) if table.chain is not None else base.chain
            found[name] = replace(base, **said, chain=chain, role=role, allow=allow)
        return found


def with_platforms(platforms: Sequence[PlatformKind[Any]]) -> "type[Settings]":
    """The settings, those of these platforms first."""
    # Python looks for a field's place in the last base first.
    bases = (_Settings, *(one.settings for one in reversed(platforms)))
    return type(
        "Settings", bases, {"platforms": tuple(platforms), "__doc__": _Settings.__doc__, "__module__": __name__}
    )


if TYPE_CHECKING:
    Settings = _Settings
else:
    Settings = with_platforms(PLATFORMS)


def _askable(chain: tuple[ModelName, ...], endpoints: dict[str, Endpoint]) -> tuple[ModelName, ...]:
    return tuple(entry for entry in chain if entry.provider in endpoints) or models.OFFLINE_CHAIN
