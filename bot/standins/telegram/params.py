"""The parameters of one call, however they came: query string, form, multipart or JSON."""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from bot.standins.telegram.errors import ApiError, bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    media_type: str
    data: bytes


class Params:
    """Typed reading of what a client sent. A value is a string (form) or what JSON made of it."""

    __slots__ = ("files", "values")

    def __init__(self, values: Mapping[str, Any], files: Mapping[str, Upload]) -> None:
        self.values = values
        self.files = files

    def text(self, name: str) -> str:
        """The value as text; "" where it is missing."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else orjson.dumps(value).decode()

    def integer(self, name: str) -> int | None:
        """The value as a whole number; None if it is missing or not one, as the real server reads it."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """The value as a truth."""
        return str(self.values.get(name, "")).strip().lower() in ("true", "1", "yes", "y", "t")

    def json(self, name: str) -> Any:
        """The value as JSON; None if it is missing.

        Raises ApiError if it does not parse.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError as wrong:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from wrong

    def listing(self, name: str) -> list[Any] | None:
        """The value as a JSON array; None if it is missing."""
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON array")
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        """The value as a JSON object; None if it is missing."""
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object")
        return value


async def read_params(request: web.Request) -> Params:
    """Read the call's body and query.

    Raises ApiError if the body is not what its type says, or too large.
    """
    values: dict[str, Any] = dict(request.query) if request.query_string else {}
    files: dict[str, Upload] = {}
    try:
        match request.content_type:
            case "application/x-www-form-urlencoded":
                body = await request.read()
                values.update(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
            case "multipart/form-data":
                await _read_multipart(request, values, files)
            case "application/json":
                body = await request.read()
                values.update(orjson.loads(body) if body else {})
    except web.HTTPRequestEntityTooLarge as wrong:
        raise ApiError(413, "Request Entity Too Large") from wrong
    except (ValueError, TypeError) as wrong:
        raise bad_request("object expected as parameters") from wrong
    return Params(values, files)


async def _read_multipart(request: web.Request, values: dict[str, Any], files: dict[str, Upload]) -> None:
    for name, field in (await request.post()).items():
        if isinstance(field, web.FileField):
            with field.file as file:
                files[name] = Upload(field.filename, _media_type(field), file.read())
        elif isinstance(field, str):
            values[name] = field
        else:
            values[name] = bytes(field).decode()


def _media_type(field: web.FileField) -> str:
    """The server believes the name of a file, not what the client says it is."""
    return mimetypes.guess_type(field.filename)[0] or field.content_type
