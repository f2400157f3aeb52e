"""The keys that people's own keys are encrypted with."""

import secrets

from bot.incoming.reception import SEALED_FOR
from bot.operations.opening import open_kept
from bot.settings import Settings
from bot.vault import FILE as VAULT_FILE
from bot.vault import Vault, keys_of, write_keys
from storage import bots, endpoints, own_servers, waiting


def vault_keys(settings: Settings) -> list[bytes]:
    """The keys that encrypt people's keys, the present one first."""
    set_ = [key.get_secret_value() for key in (settings.secret_key, settings.secret_key_old) if key is not None]
    return keys_of(settings.data_dir, set_)


async def rotate_key(settings: Settings) -> int:
    """Re-encrypt people's keys with a new secret; returns how many. A crash in between leaves all of them readable.

    Raises DataDirError as `open_kept`.
    """
    async with await open_kept(settings, "rotate-key", "there is nothing to re-encrypt.") as database:
        old = vault_keys(settings)
        in_file = settings.secret_key is None
        keys = [secrets.token_bytes(32), *old] if in_file else old
        if in_file:
            write_keys(settings.data_dir / VAULT_FILE, keys)
        vault = Vault(keys)

        def reseal(sealed: str, bound_to: str) -> str:
            return vault.seal(vault.open(sealed, bound_to), bound_to)

        count = await database.write(
            endpoints.reencrypt(lambda endpoint: reseal(endpoint.sealed_key, endpoint.bound_to))
        )
        count += await database.write(own_servers.reencrypt(reseal))
        count += await database.write(bots.reencrypt(reseal))
        await database.write(waiting.reencrypt(lambda sealed: reseal(sealed, SEALED_FOR)))
        if in_file:
            write_keys(settings.data_dir / VAULT_FILE, keys[:1])
    return count
