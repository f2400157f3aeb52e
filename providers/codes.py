"""What any log may hold of a vendor's refusal: codes made of known words, and the number of the request.

Fields for codes are filled by strangers too, and a word of a person is a word like any other. So what is taken is what
consists of the words that vendors make their codes of.
"""

import re
from collections.abc import Mapping
from typing import Any

_FIELDS = ("code", "type", "status", "param", "reason")
_NUMBERS = ("x-request-id", "request-id", "cf-ray", "mistral-correlation-id", "apim-request-id")
_NUMBER = re.compile(r"(?:req_)?[0-9a-fA-F-]{8,64}(?:-[A-Z]{3})?|req_[0-9A-Za-z]{16,32}")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_VOCABULARY = """
    access account already api argument authentication authorization bad balance billing blocked budget busy calls
    capacity closed content context credit credits day deadline denied disabled engine error exceeded exhausted
    expired failed filter forbidden found gateway hard image input insufficient internal invalid key large length
    limit limited limits long max maximum media message messages method minute missing model moderation not
    organization output overloaded parameter params payload payment per permission policy precondition prompt quota
    rate reached refused region request requests required resource resources role rpm safety schema server service
    size stream support supported system temperature terms timeout token tokens tool tools tpm type unauthenticated
    unauthorized unavailable unprocessable unsupported url usage user validation value verified violation
"""
_WORDS = frozenset(_VOCABULARY.split())


def codes_in(data: Any, headers: Mapping[str, str]) -> str:
    """The codes and the number of a refusal, each after a blank."""
    body = data.get("error", data) if isinstance(data, dict) else {}
    found = [f"{name}={body[name]}" for name in _FIELDS if isinstance(body, dict) and _is_code(body.get(name))]
    found += [f"{name}={value}" for name, value in numbers_in(headers).items()]
    return "".join(f" {one}" for one in found)


def numbers_in(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by which the vendor finds a request again."""
    named = ((name.lower(), value) for name, value in headers.items())
    return {name: value for name, value in named if name in _NUMBERS and _NUMBER.fullmatch(value)}


def _is_code(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -1_000_000 < value < 1_000_000
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_]{2,60}", value):
        return False
    parts = _PARTS.findall(value)
    return bool(parts) and all(part.lower() in _WORDS or (part.isdigit() and len(part) < 7) for part in parts)
