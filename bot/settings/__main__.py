"""`python -m bot.settings > .env.example`."""

import sys

from bot.settings.manual import env_example

sys.stdout.write(env_example())
