"""Work that grows with the square of its text, once for each way in which code comes to that; and some done well."""

import re
from collections.abc import Callable

_PAIR = re.compile(r"a[^b]*b")


def rounds(text: str) -> None:
    for _ in text:
        for _ in text:
            pass


def comprehension(text: str) -> None:
    sum(1 for _ in text for _ in text)


def while_loop(text: str) -> None:
    left = len(text) ** 2
    while left:
        left -= 1


def slices(text: str) -> None:
    while text:
        text = text[1:]


def copies(text: str) -> None:
    for at in range(len(text)):
        text[:at].rstrip()


def sums(text: str) -> None:
    said = ""
    for sign in text:
        said = sign + said


def formatted(text: str) -> None:
    said = ""
    for sign in text:
        said = f"{said}{sign}"


def joined(text: str) -> None:
    said: list[str] = []
    for sign in text:
        said.append(sign)
        "".join(said)


def found_in_vain(text: str) -> None:
    for at in range(len(text)):
        text.find("b", at)


def held_in_vain(text: str) -> None:
    for _ in text:
        assert "b" not in text


def counted(text: str) -> None:
    for _ in text:
        text.count("b")


def list_from_its_front(text: str) -> None:
    signs = [*text]
    while signs:
        signs.pop(0)


def matched_in_vain(text: str) -> None:
    for at in range(len(text)):
        _PAIR.match(text, at)


def searched_in_vain(text: str) -> None:
    _PAIR.search(text)


def replaced_in_vain(text: str) -> None:
    re.sub(r"a+b", "", text)


SQUARES: tuple[Callable[[str], None], ...] = (
    rounds,
    comprehension,
    while_loop,
    slices,
    copies,
    sums,
    formatted,
    joined,
    found_in_vain,
    held_in_vain,
    counted,
    list_from_its_front,
    matched_in_vain,
    searched_in_vain,
    replaced_in_vain,
)


def done_well(text: str) -> None:
    said: list[str] = []
    at = 0
    while at < len(text):
        at = text.find("a", at) + 1
        said.append(text[at - 1 : at])
    assert "".join(said).startswith("a")
    assert not _PAIR.match(text) and len(re.findall(r"a(?!b)", text)) == len(text)
    assert [*map(str.upper, said)] and "a" in set(said)
