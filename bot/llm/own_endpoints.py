"""Asking a person's own endpoints, with their own key, for them alone.

A model of a person's own is written "own/17": number 17 of `own_model`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from bot.contracts.provider import Endpoint, ListsModels, Provider
from bot.domain.errors import PersonError
from bot.domain.ids import PersonId
from bot.domain.model_names import OWN, ModelName
from bot.domain.provider_errors import (
    ModelMissing,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    WrongAddress,
)
from bot.texts import said_later
from bot.vault import Vault
from storage import endpoints
from storage.database import Database
from storage.endpoints import OwnEndpoint, OwnModel

_MOST_OPEN = 100
_NOTHING_THERE = (WrongAddress, ModelMissing)
_LOOK_S = 10.0
"""How long to look for the root of an API."""
_GONE = said_later("Your own model is no longer there. `/model` chooses another one.")


class OwnProvider(Provider, ListsModels, Protocol):
    """A provider that can say which models it has."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A model of a person's own, ready to be asked."""

    provider: OwnProvider
    model: OwnModel


class OwnEndpoints:
    """Opens endpoints of people, and keeps some of them open."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        open_endpoint: Callable[[Endpoint], OwnProvider],
        check: Callable[[str], str],
        *,
        only_public: bool,
    ) -> None:
        """`check` tidies an address, or raises PersonError for one that may not be reached."""
        self.check = check
        self._database = database
        self._vault = vault
        self._open_endpoint = open_endpoint
        self._only_public = only_public
        self._open: dict[tuple[int, str, str], OwnProvider] = {}

    async def look(self, url: str) -> tuple[str, ProviderError | None]:
        """The root of the API at an address, and what is wrong with it as far as it shows without a key.

        Where the address has no path, the root may be below "/v1", as most have it.
        """
        wrong: ProviderError | None = None
        for root in (url,) if urlsplit(url).path else (f"{url}/v1", url):
            wrong = await self._wrong_with(root)
            if wrong is None:
                return root, None
            if not isinstance(wrong, _NOTHING_THERE):
                break
        return url, wrong

    async def _wrong_with(self, root: str) -> ProviderError | None:
        provider = self._open_endpoint(Endpoint(OWN, "openai_compatible", root, guarded=self._only_public))
        try:
            async with asyncio.timeout(_LOOK_S):
                await provider.models()
        except TimeoutError:
            return ProviderTimeout(f"No list of models within {_LOOK_S:g} s.")
        except ProviderError as error:
            # Who wants a key is somebody.
            return error if isinstance(error, (*_NOTHING_THERE, ProviderUnreachable, ProviderTimeout)) else None
        finally:
            await provider.close()
        return None

    def seal(self, key: str, bound_to: str) -> str:
        """A key as it is kept."""
        return self._vault.seal(key, bound_to)

    def open(self, sealed: str, bound_to: str) -> str:
        """The reverse. Raises PersonError if it can no longer be decrypted."""
        return self._vault.open(sealed, bound_to)

    async def model(self, reference: ModelName, person: PersonId) -> Opened:
        """A model by its reference, for its owner.

        Raises:
            ModelMissing: there is none of this person's, or its key cannot be opened.
        """
        number = reference.model
        model = await self._database.read(endpoints.find_model(person, int(number) if number.isdecimal() else 0))
        if model is None:
            raise ModelMissing("The person's own model is gone.", tell=_GONE)
        try:
            return Opened(await self.provider(model.endpoint), model)
        except PersonError as error:
            raise ModelMissing("The person's key cannot be opened.", tell=error.tell) from error

    async def provider(self, endpoint: OwnEndpoint) -> OwnProvider:
        """The provider of an endpoint. Raises PersonError if its key cannot be opened."""
        known = (endpoint.id, endpoint.base_url, endpoint.sealed_key)
        if known not in self._open:
            key = self._vault.open(endpoint.sealed_key, endpoint.bound_to)
            if len(self._open) >= _MOST_OPEN:
                oldest = next(iter(self._open))
                await self._open.pop(oldest).close()
            opened = Endpoint(OWN, "openai_compatible", endpoint.base_url, key, guarded=self._only_public)
            self._open[known] = self._open_endpoint(opened)
        return self._open[known]

    async def close(self) -> None:
        """Release every connection."""
        for provider in self._open.values():
            await provider.close()
