"""Inline keyboards: what the server refuses, and the form in which it gives them back."""

from typing import Any

from bot.standins.telegram.errors import bad_request

MAX_BUTTONS = 100
MAX_DATA_BYTES = 64
ACTIONS = (
    "callback_data",
    "url",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)
STYLES = ("danger", "success", "primary")


def checked_keyboard(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]] | None:
    """The rows of an inline keyboard, None if there is none (also for reply keyboards, which are not kept).

    Raises ApiError in the server's words.
    """
    if not markup or "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse reply keyboard markup JSON object")
    kept = [[_checked_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > MAX_BUTTONS:
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    return kept or None


def _checked_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    given = {key: value for key, value in button.items() if value is not None}
    if not given.get("text"):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be non-empty')
    actions = [name for name in ACTIONS if name in given]
    if not actions:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in given and not 1 <= len(str(given["callback_data"]).encode()) <= MAX_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in given and ":" not in given["url"] and "." not in given["url"]:
        raise bad_request("BUTTON_URL_INVALID")
    if "copy_text" in given and not 1 <= len(given["copy_text"].get("text", "")) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if given.get("style") not in (None, *STYLES):
        raise bad_request("can't parse inline keyboard button: Invalid button style specified")
    return given
