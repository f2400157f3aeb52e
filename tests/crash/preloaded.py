"""What every gateway of these tests needs, loaded once in the server that they are forked from.

The catalogues and the public certificates are read too, and what reads Telegram's updates is built. The garbage
collector leaves all of it alone: else each gateway would go through everything that was ever loaded, and copy its
memory by that, before it says its first word.
"""

import gc
from importlib import import_module

from bot.platforms import PLATFORMS
from bot.texts import LANGUAGES, say_in
from handlers.telegram.library import build
from tests.support.certificates import read_once

for _module in (
    "bot.app",
    "concurrent.futures.thread",
    "providers.openai_compatible",
    "tests.crash.victim",
):
    import_module(_module)
for _platform in PLATFORMS:
    _platform.load()
build(import_module("aiogram.types").Update)
read_once()
for _language in LANGUAGES:
    say_in(_language)
gc.collect()
gc.freeze()
