"""Which setting helps, by name: `parley doctor` never tells someone to set what is set already.

Each sentence depends on the settings as they are: it says to change what is set, and to set what is not.
"""

from collections.abc import Iterable

from bot.domain.model_names import OFFLINE, ModelName
from bot.settings.models import chain_entry
from bot.settings.settings import Settings

_LOCAL = ("ollama", "vllm", "lmstudio")
_KEYED = ("mistral", "gemini", "openai", "anthropic", "deepseek", "groq", "openrouter")
_HEARING = ("gemini", "groq", "openai", "mistral")
_NAMED = {
    "MISTRAL_MODEL": "mistral",
    "GEMINI_TEXT_MODEL": "gemini",
    "GEMINI_FILE_MODEL": "gemini",
    "OPENAI_MODEL": "openai",
    "ANTHROPIC_MODEL": "anthropic",
    "DEEPSEEK_MODEL": "deepseek",
    "GROQ_MODEL": "groq",
    "OPENROUTER_MODEL": "openrouter",
    "UNCENSORED_MODEL": "openrouter",
    "OLLAMA_MODEL": "ollama",
    "VLLM_MODEL": "vllm",
    "LMSTUDIO_MODEL": "lmstudio",
}
"""The settings that name a model, and whose."""


class Advice:
    """Fixes for what can be wrong with models, naming these settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = settings.endpoints().keys() - {OFFLINE}

    def key(self, endpoint: str) -> str:
        """The endpoint rejects its key, or needs one."""
        if table := self._settings.endpoint_tables.get(endpoint):
            where = table.api_key_env or f"`api_key` of [endpoints.{endpoint}] in parley.toml"
            return f"Put {'another' if table.api_key else 'its'} key into {where}."
        if endpoint in _LOCAL:
            return f"It needs a login: write NAME:PASSWORD@ before the host in {endpoint.upper()}_BASE_URL."
        return f"Make a new key with {endpoint} and put it into {self._key(endpoint)}."

    def address(self, endpoint: str) -> str:
        """Nothing answers at the endpoint's address."""
        return f"Correct {self._address(endpoint)}."

    def model(self, model: str) -> str:
        """The endpoint has no such model."""
        named = [name for name in _NAMED if self._value(name) and chain_entry(_NAMED[name], self._value(name)) == model]
        where = " or ".join((*named, *map(self.chain, self._chains_with(model))))
        return f"Choose one that it has: change {where or 'the chain in parley.toml'}."

    def chain(self, mode: str) -> str:
        """Where the models of a mode are named, or can be."""
        if f"modes.{mode}.chain" in self._settings.origin.changed:
            return f"the models of {mode} on the admin page"
        return f"`chain` of [modes.{mode}] in parley.toml"

    def listed(self, endpoint: str) -> str:
        """Where it is said which of the models that the endpoint lists are offered."""
        if endpoint in self._settings.endpoint_tables:
            return f"`models` of [endpoints.{endpoint}]"
        return f"{endpoint.upper()}_MODELS"

    def proxy(self) -> str:
        """A vendor does not serve this country or network."""
        how = "change where PROXY leads" if self._settings.proxy else "set PROXY"
        return f"Choose a vendor that serves this country and network, or {how}."

    def no_model(self, mode: str) -> str:
        """No model of the mode can be asked: there is no key for any of them."""
        for vendor in _LOCAL:
            if vendor in self._open and not self._value(f"{vendor.upper()}_MODEL") and not self._is_written(mode):
                return f"Set {vendor.upper()}_MODEL to one that it has."
        wanted = [vendor for vendor in self._vendors(mode) if vendor not in self._open]
        names = [self._opening(vendor) for vendor in dict.fromkeys(wanted)]
        other = f", or {self.chain(mode)} to models of {min(self._open)}" if self._open else ""
        if not names:
            return f"Name models in {self.chain(mode)}."
        return f"Set {_either(names[:3])}{other}."

    def sight(self) -> str:
        """No model describes pictures."""
        if self._settings.vision_model:
            return self._other_use("VISION_MODEL", self._settings.vision_model, "`sees_images = true`")
        ways = ["VISION_MODEL", *self._unset_keys("gemini")]
        return f"Set {_either(ways)}, or write `sees_images = true` for an endpoint whose models do."

    def hearing(self) -> str:
        """No model transcribes voice messages."""
        if self._settings.transcription_model:
            return self._other_use("TRANSCRIPTION_MODEL", self._settings.transcription_model[0], "")
        return (
            f"Set {_either(self._unset_keys(*_HEARING))}, or TRANSCRIPTION_MODEL to a model of an endpoint of yours, "
            "or for English to offline/whisper (`make speech`)."
        )

    def scans(self) -> str:
        """Nothing reads scans."""
        return f"Install the local engine with `make ocr`, or set {_either(self._unset_keys('gemini'))}."

    def prices(self) -> str:
        """A model's price is unknown."""
        how = "add them to PRICES" if self._settings.prices else "put them into PRICES"
        return f"Look the prices up with the vendor and {how}; provider/model=0/0 declares one free."

    def _other_use(self, setting: str, model: str, told: str) -> str:
        vendor = ModelName(model).provider
        if vendor not in self._open:
            return f"{setting} names {model}: set {self._opening(vendor)}, or name a model of another vendor there."
        also = f", or write {told} for its endpoint" if told and vendor in self._settings.endpoint_tables else ""
        return f"Name another model in {setting}, which is {model}{also}."

    def _opening(self, vendor: str) -> str:
        """What must be set before a vendor can be asked."""
        return f"{vendor.upper()}_BASE_URL" if vendor in _LOCAL else self._key(vendor)

    def _key(self, vendor: str) -> str:
        google = vendor == "gemini" and self._settings.google_api_key and not self._settings.gemini_api_key
        return "GOOGLE_API_KEY" if google else f"{vendor.upper()}_API_KEY"

    def _address(self, endpoint: str) -> str:
        written = endpoint in self._settings.endpoint_tables
        return f"`base_url` of [endpoints.{endpoint}] in parley.toml" if written else f"{endpoint.upper()}_BASE_URL"

    def _unset_keys(self, *vendors: str) -> list[str]:
        return [self._key(vendor) for vendor in vendors if vendor not in self._open]

    def _value(self, setting: str) -> str:
        return getattr(self._settings, setting.lower()) or ""

    def _is_written(self, mode: str) -> bool:
        table = self._settings.mode_tables.get(mode)
        return table is not None and table.chain is not None

    def _vendors(self, mode: str) -> Iterable[str]:
        chain = self._settings.named_chains().get(mode, ())
        return [vendor for entry in chain if (vendor := ModelName(entry).provider) != OFFLINE] or _KEYED

    def _chains_with(self, model: str) -> Iterable[str]:
        return [
            mode for mode, chain in self._settings.named_chains().items() if self._is_written(mode) and model in chain
        ]


def _either(names: Iterable[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} or {last}" if before else last
