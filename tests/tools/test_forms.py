"""What a server asks for: what answers each question, what is asked of nobody, and where no link leads."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import PersonError
from bot.tools.forms import Answers, Wanted, Way
from bot.tools.questions import MOST_QUESTIONS, SECRET, TOO_MUCH, CannotBeAsked, Question


def wanted(message: str = "Please.", /, **fields: Any) -> Wanted:
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return Wanted(Way.ROUNDS, {"form": {"mode": "form", "message": message, "requestedSchema": schema}})


def question(**field: Any) -> Question:
    (asked,) = wanted(it=field).questions
    return asked


TEXT = {"type": "string"}
CHOICE = {"type": "string", "enum": ["s", "m"], "enumNames": ["Small", "Medium"]}
SEVERAL = {"type": "array", "items": {"anyOf": [{"const": "a", "title": "Ann"}, {"const": "b", "title": "Bob"}]}}

ANSWERS: list[tuple[dict[str, Any], str, object]] = [
    (TEXT, " Eve ", "Eve"),
    ({**TEXT, "minLength": 3}, "Eve", "Eve"),
    ({**TEXT, "maxLength": 3}, "Eve", "Eve"),
    ({**TEXT, "format": "email"}, "eve@example.com", "eve@example.com"),
    ({**TEXT, "format": "uri"}, "https://example.com/a", "https://example.com/a"),
    ({**TEXT, "format": "date"}, "2026-11-30", "2026-11-30"),
    ({**TEXT, "format": "date-time"}, "2026-11-30T18:00:00+01:00", "2026-11-30T18:00:00+01:00"),
    ({"type": "integer", "minimum": 1, "maximum": 3}, "3", 3),
    ({"type": "number"}, "2,5", 2.5),
    (CHOICE, "medium", "m"),
    (SEVERAL, "bob, a", ["b", "a"]),
    ({**SEVERAL, "minItems": 1, "maxItems": 2}, "Ann", ["a"]),
]

WRONG: list[tuple[dict[str, Any], str, str]] = [
    (TEXT, " ", "cannot be left out"),
    ({**TEXT, "minLength": 4}, "Eve", "4 or more"),
    ({**TEXT, "maxLength": 2}, "Eve", "2 or fewer"),
    ({**TEXT, "format": "email"}, "eve at example", "not an e-mail address"),
    ({**TEXT, "format": "uri"}, "example", "not a web address"),
    ({**TEXT, "format": "date"}, "30.11.2026", "not a date"),
    ({**TEXT, "format": "date-time"}, "2026-11-30T18:00:00", "not a date and time"),
    ({"type": "integer"}, "2.5", "not a whole number"),
    ({"type": "integer", "minimum": 1}, "0", "1 or more"),
    ({"type": "integer", "maximum": 3}, "4", "3 or less"),
    ({"type": "number"}, "nan", "not a number"),
    (CHOICE, "large", "Small, Medium"),
    (SEVERAL, "Ann, Eve", "Ann, Bob"),
    ({**SEVERAL, "maxItems": 1}, "Ann, Bob", "1 or fewer"),
]


@pytest.mark.parametrize(("field", "text", "value"), ANSWERS, ids=str)
def test_what_answers_a_question_is_taken_as_its_server_wants_it(
    field: dict[str, Any], text: str, value: object
) -> None:
    assert question(**field).read(text) == value


@pytest.mark.parametrize(("field", "text", "sentence"), WRONG, ids=str)
def test_what_does_not_answer_it_is_told_what_would(field: dict[str, Any], text: str, sentence: str) -> None:
    with pytest.raises(PersonError) as refused:
        question(**field).read(text)
    assert sentence in refused.value.tell.format(**refused.value.values)


SECRETS = [
    "password", "userPassword", "user_password", "pwd", "passphrase", "PIN", "pin_code", "api_key", "apiKey", "API-Key",
    "accessToken", "client_secret", "private key", "seedPhrase", "recovery code", "one-time code", "otp", "cvv", "cvc",
    "card_number", "creditCardNumber", "IBAN", "social security number", "verification code", "login code",
    "credentials", "Kennwort", "Passwort", "contraseña", "пароль", "密码", "验证码",
]  # fmt: skip
PLAIN = [
    "name", "title", "spinning", "pinned message", "secretary", "compass", "passenger", "passport country", "tokenizer",
    "postcode", "room", "date", "key signature", "country code", "email", "opinion", "keyboard", "Passau",
]  # fmt: skip


@pytest.mark.parametrize("words", SECRETS)
def test_what_is_secret_is_asked_of_nobody_however_it_is_called(words: str) -> None:
    for field in ({words: TEXT}, {"it": {**TEXT, "title": words}}, {"it": {**TEXT, "description": f"Your {words}."}}):
        with pytest.raises(CannotBeAsked, match=SECRET):
            _ = wanted(**field).questions


@pytest.mark.parametrize("words", PLAIN)
def test_what_only_looks_like_a_secret_is_asked(words: str) -> None:
    assert wanted(**{words: {**TEXT, "title": words}}).questions


def test_a_field_of_the_kind_for_passwords_is_asked_of_nobody() -> None:
    with pytest.raises(CannotBeAsked, match=SECRET):
        question(**TEXT, format="password")
    with pytest.raises(CannotBeAsked, match=SECRET):
        _ = wanted("Type your password below.", it=TEXT).questions


STRANGE: list[Any] = [
    {}, {"type": "object"}, {"type": "array"}, {"type": "string", "enum": []}, {"type": "string", "enum": [1, None]},
    {"type": "string", "enum": "abc"}, {"type": "array", "items": [1]}, {"type": ["string", "null"]}, None, [], "text",
    {"type": "string", "oneOf": [{"const": 1}]}, {"type": "string", "enum": [str(each) for each in range(101)]},
]  # fmt: skip


@pytest.mark.parametrize("field", STRANGE, ids=str)
def test_what_is_no_plain_question_is_asked_of_nobody(field: Any) -> None:
    with pytest.raises(CannotBeAsked, match=TOO_MUCH):
        _ = wanted(it=field).questions


def test_a_form_without_end_is_asked_of_nobody() -> None:
    fields = {f"field {number}": TEXT for number in range(MOST_QUESTIONS + 1)}
    for form in (wanted(**fields), wanted(), Wanted(Way.ROUNDS, {})):
        with pytest.raises(CannotBeAsked, match=TOO_MUCH):
            _ = form.questions
    del fields["field 0"]
    assert len(wanted(**fields).questions) == MOST_QUESTIONS


LINKS = [
    ("https://pay.example.com/at?a=(1)&b=%20", True),
    ("http://pay.example.com/", False),
    ("https://bank.example.com@evil.example.com/", False),
    ("https://bank.example.com:pay@evil.example.com/", False),
    ("https://ехample.com/", False),
    ("https://example.com/a b", False),
    ("https://example.com/\u202egpj", False),
    ("https://example.com/<b>", False),
    ("https://example.com\\@evil.example.com/", False),
    ("javascript:alert(1)", False),
    ("https:///nothing", False),
    ("https://example.com:99999/", False),
    ("https://[::1", False),
    (f"https://example.com/{'a' * 2_000}", False),
]


@pytest.mark.parametrize(("link", "is_shown"), LINKS)
def test_a_link_leads_where_it_seems_to_lead_or_is_not_shown(link: str, is_shown: bool) -> None:
    page = Wanted(Way.AGAIN, {"0": {"mode": "url", "message": "Pay.", "url": link}})
    if is_shown:
        (asked,) = page.questions
        assert (asked.title, asked.link) == ("pay.example.com", link)
        return
    with pytest.raises(CannotBeAsked, match="address that is not safe"):
        _ = page.questions


VALUES = st.none() | st.text() | st.integers(-9, 9) | st.booleans() | st.lists(st.text())


@given(st.lists(VALUES), st.booleans(), st.dictionaries(st.text(), st.dictionaries(st.text(), st.text())), st.text())
def test_forms_and_answers_are_kept_as_they_are(values: Any, declined: bool, requests: Any, state: str) -> None:
    answers, form = Answers(tuple(values), declined), Wanted(Way.WAITS, requests, state, "parked", 3)
    assert (Answers.of(answers.kept), Wanted.of(form.kept)) == (answers, form)


def test_what_a_server_hears_is_what_was_answered() -> None:
    form = wanted(name=TEXT, size=CHOICE)
    assert Answers(("Eve", None)).to(form) == {"form": {"action": "accept", "content": {"name": "Eve"}}}
    assert Answers((), declined=True).to(form) == {"form": {"action": "decline"}}
