"""Telegram: its updates become inbound messages, and blocks become its text with entities."""

from handlers.telegram.library import import_aiogram

# Before any module of this package names something of it.
import_aiogram()
