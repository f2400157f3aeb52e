"""Leading a peer without a setting for it to the stand-in: a module that its Python loads at the start."""

from pathlib import Path

_DIRECTORY = Path(__file__).with_name("redirect")


def led_to(telegram: str) -> dict[str, str]:
    """What the peer has to find in its environment."""
    return {"PYTHONPATH": str(_DIRECTORY), "TELEGRAM_STAND_IN": telegram}
