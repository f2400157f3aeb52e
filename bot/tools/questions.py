"""The questions that are read from a server's form, and what answers each.

What is secret is never asked for in a chat: whoever could read along would have it, and a server that asks for it may
be lying about what it is for. Which words mean a secret is a guess that rather refuses.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from bot.domain.errors import PersonError
from bot.texts import said_later

Value = str | int | float | bool | list[str]

MOST_QUESTIONS = 20
"""Of one form."""
MOST_OPTIONS = 100
LONGEST_ANSWER = 4_000
LONGEST_LINK = 1_500
LONGEST_LABEL = 60
"""Characters of a question's title, and of what can be chosen."""


class Kind(StrEnum):
    """What answers a question."""

    TEXT = "text"
    EMAIL = "email"
    URI = "uri"
    DATE = "date"
    DATE_TIME = "date-time"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    """One of `options`."""
    CHOICES = "choices"
    """Any of `options`."""
    PAGE = "page"
    """That somebody has been to the page at `link`."""

    @property
    def is_pressed(self) -> bool:
        """Whether it is answered by a button."""
        return self in (Kind.BOOLEAN, Kind.CHOICE, Kind.PAGE)


class CannotBeAsked(Exception):
    """A form is none that is shown here; `reason` is our sentence for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


SECRET = said_later("It asks for something secret. I never ask for that in a chat, so it gets no answer.")
TOO_MUCH = said_later("It asks for something that cannot be asked in a chat, so it gets no answer.")
_NO_PAGE = said_later("It wants to send you to an address that is not safe to open, so it gets no answer.")

_NOT_LEFT_OUT = said_later("This cannot be left out.")
_WRONG: Mapping[Kind, str] = {
    Kind.EMAIL: said_later("That is not an e-mail address. Write it like name@example.com."),
    Kind.URI: said_later("That is not a web address. Write it like https://example.com."),
    Kind.DATE: said_later("That is not a date. Write it like 2026-11-30."),
    Kind.DATE_TIME: said_later("That is not a date and time. Write it like 2026-11-30T18:00:00+01:00."),
    Kind.NUMBER: said_later("That is not a number. Write it like 3 or 2.5."),
    Kind.INTEGER: said_later("That is not a whole number. Write it like 3."),
    Kind.CHOICE: said_later("That is not one of these: {options}."),
    Kind.CHOICES: said_later("Write one or more of these, with commas between them: {options}."),
}
_TOO_SMALL = said_later("That is too small. It has to be {limit} or more.")
_TOO_LARGE = said_later("That is too large. It has to be {limit} or less.")
_TOO_SHORT = said_later("That is too short. It needs {limit} or more characters.")
_TOO_LONG = said_later("That is too long. It may have {limit} or fewer characters.")
_TOO_FEW = said_later("Those are too few. Choose {limit} or more.")
_TOO_MANY = said_later("Those are too many. Choose {limit} or fewer.")

# Words of fields, as the catalogues' languages have them. A code that was sent to somebody is as good as a password.
_SECRET_FIELD = re.compile(
    r"\b(pass ?(word|phrase|code|wd)?|pwd|pin|secret|token|otp|totp|mfa|2fa|cvv|cvc|ssn|credentials?|"
    r"(api|access|private|secret|encryption|recovery|security|license) ?(key|code)|(seed|recovery) ?(phrase|words)|"
    r"mnemonic|(credit|debit|bank)? ?card ?(number|no)|iban|account number|social security( number)?|"
    r"(one ?time|verification|confirmation|login|auth\w*) ?(code|password)|"
    r"passwort|kennwort|geheim\w*|kreditkarte\w*|contrase\w+|clave|secreto|tarjeta|пароль|пароля|секрет\w*|пин|"
    r"код доступа|номер карты|номер картки)\b|密码|口令|密钥|验证码|银行卡",
    re.IGNORECASE,
)  # fmt: skip
_SECRET_MESSAGE = re.compile(
    r"\b(pass ?(word|phrase|code)s?|api ?keys?|access ?tokens?|private ?keys?|secret ?keys?|seed ?phrase|cvv|cvc|"
    r"(credit|debit) ?card|one ?time ?(code|password)|verification ?code|login ?code|credentials|social security|"
    r"passwort|kennwort|kreditkarte|contrase\w+|пароль|пароля)\b|密码|口令|密钥|验证码",
    re.IGNORECASE,
)  # fmt: skip
_PARTS_OF_A_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.\s]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form."""

    request: str
    """The server's name of the form."""
    name: str
    """The server's name of the field; "" for a page."""
    title: str
    words: str
    """What the server says about it."""
    kind: Kind
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    """What can be chosen: each value, and what it is called."""
    least: float | None = None
    most: float | None = None
    """Of a number; of the characters of a text; of how many are chosen."""
    default: Value | None = None
    """What it is if it is left out."""
    link: str = ""

    def read(self, text: str) -> Value | None:
        """What somebody means who writes this; None for leaving it out.

        Raises:
            PersonError: it does not answer the question; says what would.
        """
        text = text.strip()[:LONGEST_ANSWER]
        if not text:
            return self.left_out()
        try:
            value = self._meant(text)
        except ValueError:
            labels = ", ".join(label for _, label in self.options)
            raise PersonError(_WRONG[self.kind], options=labels) from None
        self._must_fit(value)
        return value

    def left_out(self) -> Value | None:
        """What it is without an answer. Raises PersonError if it needs one."""
        if self.required and self.default is None:
            raise PersonError(_NOT_LEFT_OUT)
        return self.default

    def pressed(self, number: int) -> Value | None:
        """What the button of that number means. Raises PersonError if there is none."""
        if not 0 <= number < len(self.options):
            raise PersonError(_NOT_LEFT_OUT)
        value = self.options[number][0]
        return value == "true" if self.kind is Kind.BOOLEAN else value

    def _meant(self, text: str) -> Value:
        match self.kind:
            case Kind.EMAIL if not _EMAIL.fullmatch(text):
                raise ValueError
            case Kind.URI if not _is_address(text):
                raise ValueError
            case Kind.DATE:
                return date.fromisoformat(text).isoformat()
            case Kind.DATE_TIME:
                if datetime.fromisoformat(text).tzinfo is None:
                    raise ValueError
            case Kind.INTEGER:
                return int(text)
            case Kind.NUMBER:
                return _finite(float(text.replace(",", ".")))
            case Kind.CHOICE | Kind.BOOLEAN | Kind.PAGE:
                return self._chosen(text)
            case Kind.CHOICES:
                return list(dict.fromkeys(self._chosen(each) for each in text.split(",") if each.strip()))
        return text

    def _chosen(self, text: str) -> str:
        words = text.strip().casefold()
        for value, label in self.options:
            if words in (value.casefold(), label.casefold()):
                return value
        raise ValueError

    def _must_fit(self, value: Value) -> None:
        measured, small, large = (
            (len(value), _TOO_SHORT, _TOO_LONG)
            if isinstance(value, str)
            else (len(value), _TOO_FEW, _TOO_MANY)
            if isinstance(value, list)
            else (value, _TOO_SMALL, _TOO_LARGE)
        )
        if self.least is not None and measured < self.least:
            raise PersonError(small, limit=f"{self.least:g}")
        if self.most is not None and measured > self.most:
            raise PersonError(large, limit=f"{self.most:g}")


def questions_of(request: str, params: Mapping[str, Any]) -> Iterator[Question]:
    """The questions of one `elicitation/create`, which the server calls by this name.

    Raises:
        CannotBeAsked: it is none that is shown to anybody.
    """
    if params.get("mode") == "url":
        link = str(params.get("url") or "")
        if not _is_safe(link):
            raise CannotBeAsked(_NO_PAGE)
        yield Question(request, "", host_of(link), "", Kind.PAGE, options=(("yes", "yes"),), link=link)
        return
    schema = params.get("requestedSchema")
    fields = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(schema, Mapping) or not isinstance(fields, Mapping) or len(fields) > MOST_QUESTIONS:
        raise CannotBeAsked(TOO_MUCH)
    if _SECRET_MESSAGE.search(str(params.get("message") or "")):
        raise CannotBeAsked(SECRET)
    required = schema.get("required")
    for name, field in fields.items():
        if not isinstance(field, Mapping):
            raise CannotBeAsked(TOO_MUCH)
        yield _question(request, name, field, required=isinstance(required, list) and name in required)


def _question(request: str, name: str, field: Mapping[str, Any], *, required: bool) -> Question:
    title, words = (str(field.get(key) or "").strip() for key in ("title", "description"))
    said = " ".join(" ".join(_PARTS_OF_A_NAME.split(each)) for each in (name, title, words, str(field.get("format"))))
    if _SECRET_FIELD.search(said):
        raise CannotBeAsked(SECRET)
    kind, options = _kind_of(field), _options_of(field)
    if kind in (Kind.CHOICE, Kind.CHOICES) and not 0 < len(options) <= MOST_OPTIONS:
        raise CannotBeAsked(TOO_MUCH)
    least, most = {
        Kind.TEXT: ("minLength", "maxLength"),
        Kind.CHOICES: ("minItems", "maxItems"),
    }.get(kind, ("minimum", "maximum"))
    return Question(
        request,
        name,
        (title or name)[:LONGEST_LABEL],
        words,
        kind,
        required,
        options,
        _limit(field.get(least)),
        _limit(field.get(most)),
        _default(field.get("default")),
    )


def _kind_of(field: Mapping[str, Any]) -> Kind:
    match field.get("type"):
        case "string" if "enum" in field or "oneOf" in field:
            return Kind.CHOICE
        case "string":
            wanted = field.get("format")
            formats = (Kind.EMAIL, Kind.URI, Kind.DATE, Kind.DATE_TIME)
            return next((kind for kind in formats if kind.value == wanted), Kind.TEXT)
        case "number":
            return Kind.NUMBER
        case "integer":
            return Kind.INTEGER
        case "boolean":
            return Kind.BOOLEAN
        case "array":
            return Kind.CHOICES
        case _:
            raise CannotBeAsked(TOO_MUCH)


def _options_of(field: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What can be chosen: plain, or each with a title, in one of the three ways in which that is written."""
    if field.get("type") == "boolean":
        return (("true", "true"), ("false", "false"))
    items = field.get("items")
    among = items if isinstance(items, Mapping) else field
    titled = among.get("oneOf") or among.get("anyOf")
    if isinstance(titled, list):
        pairs = [(each.get("const"), each.get("title")) for each in titled if isinstance(each, Mapping)]
    else:
        values = among.get("enum")
        values = values if isinstance(values, list) else []
        names = among.get("enumNames")
        pairs = list(
            zip(values, names if isinstance(names, list) and len(names) == len(values) else values, strict=True)
        )
    return tuple((value, str(label or value)[:LONGEST_LABEL]) for value, label in pairs if isinstance(value, str))


def _limit(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _default(value: object) -> Value | None:
    if isinstance(value, list):
        return value if all(isinstance(each, str) for each in value) else None
    return value if isinstance(value, str | int | float | bool) else None


def _finite(number: float) -> float:
    if number - number != 0:
        raise ValueError
    return number


def _is_address(text: str) -> bool:
    return bool(urlsplit(text).scheme and urlsplit(text).netloc)


def host_of(link: str) -> str:
    """The host that a link leads to, as the browser goes there."""
    return (urlsplit(link).hostname or "")[:LONGEST_LABEL]


def _is_safe(link: str) -> bool:
    """Whether a link leads where it seems to lead: encrypted, to the host that it shows, and to nothing but a page."""
    if not _PRINTABLE.fullmatch(link) or len(link) > LONGEST_LINK or any(sign in link for sign in "<>\"'`\\"):
        return False
    try:
        parts = urlsplit(link)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
