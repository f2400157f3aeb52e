"""Telegram: its updates become inbound messages, and blocks become its text with entities."""
