"""What the bot itself says, in the person's language."""

from bot.texts.say import LANGUAGES, Say, language_of, said_later, say_in

__all__ = ["LANGUAGES", "Say", "language_of", "said_later", "say_in"]
