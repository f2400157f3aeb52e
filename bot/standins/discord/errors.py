"""Discord's error answers: the HTTP status, `code`, `message`, and for forms what is wrong with which field."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

# code: (HTTP status, message)
KNOWN: Mapping[int, tuple[int, str]] = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (403, "This interaction has reached the maximum number of follow-up messages that can be sent"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50034: (400, "You can only bulk delete messages that are under 14 days old."),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50159: (400, "Voice messages do not support additional content."),
    50160: (400, "Voice messages must have a single audio attachment."),
    50161: (400, "Voice messages must have supporting metadata."),
    50173: (400, "You cannot send voice messages in this channel."),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (400, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
}


class ApiError(Exception):
    """What Discord answers instead of doing as asked. `code` is one of `KNOWN`."""

    def __init__(self, code: int, errors: Json | None = None) -> None:
        self.status, message = KNOWN[code]
        super().__init__(f"{code}: {message}")
        self.body: Json = {"message": message, "code": code}
        if errors is not None:
            self.body["errors"] = errors


class Unauthorized(ApiError):
    """The token is wrong. Discord gives this one no code."""

    def __init__(self) -> None:
        Exception.__init__(self, "401: Unauthorized")
        self.status = 401
        self.body = {"message": "401: Unauthorized", "code": 0}


class NotFound(ApiError):
    """There is no such address."""

    def __init__(self) -> None:
        Exception.__init__(self, "404: Not Found")
        self.status = 404
        self.body = {"message": "404: Not Found", "code": 0}


class Form:
    """Collects what is wrong with a form, as Discord does: everything at once, each at its path."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def wrong(self, path: str, code: str, message: str) -> None:
        """Note a fault at `path`, dotted: "components.0.custom_id"."""
        place = self._errors
        for key in path.split("."):
            place = place.setdefault(key, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def longest(self, path: str, value: object, most: int) -> None:
        """A text or list of at most `most`."""
        if isinstance(value, str | list) and len(value) > most:
            self.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def between(self, path: str, value: object, least: int, most: int) -> None:
        """A text or list that must be there, `least` to `most` long."""
        if value is None:
            self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not isinstance(value, str | list) or not least <= len(value) <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def one_of(self, path: str, value: object, allowed: tuple[object, ...]) -> None:
        """One of a closed set."""
        if value not in allowed:
            listed = ", ".join(str(item) for item in allowed)
            self.wrong(path, "BASE_TYPE_CHOICES", f"Value must be one of ({listed}).")

    def check(self) -> None:
        """Raise `ApiError` 50035 if anything was wrong."""
        if self._errors:
            raise ApiError(50035, self._errors)


class CannotDo(Exception):
    """A person's app does not offer this: the button, command, channel or permission is missing."""
