"""What sites send: pages in their own letters, packed or not, and else a sentence that says why there is none."""

import gzip
import tracemalloc
import zlib

import pytest

from bot.contracts.web import WebFailed
from providers.sent import in_utf_8, unpacked, why_no_page

PACKED = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data)[2:-4],
    "identity": bytes,
}


@pytest.mark.parametrize("packing", PACKED)
def test_what_comes_packed_is_unpacked_and_no_further_than_it_may_be(packing: str) -> None:
    data = b"tides " * 50_000
    packed = PACKED[packing](data)
    assert unpacked(packed, packing, len(data)) == data
    if packing == "identity":
        return
    with pytest.raises(WebFailed, match="larger than"):
        unpacked(packed, packing, len(data) - 1)
    with pytest.raises(WebFailed, match="damaged"):
        unpacked(b"\0" + packed, packing, len(data))


def test_unpacking_takes_no_more_memory_than_may_be_read() -> None:
    packed = gzip.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(WebFailed, match="larger"):
            unpacked(packed, "gzip", 10_000)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_what_nobody_here_unpacks_is_refused() -> None:
    with pytest.raises(WebFailed, match="packed"):
        unpacked(b"", "br", 1)


@pytest.mark.parametrize(
    ("words", "sent_in", "said", "is_told"),
    [
        ("Łódź", "cp1250", "windows-1250", True),
        ("“Käse”", "cp1252", "ISO-8859-1", True),
        ("Приливы", "utf-8", "iso-8859-1", False),
        ("Приливы", "utf-16", "windows-1251", False),
        ("潮", "shift_jis", "Shift_JIS", True),
        ("Łódź", "cp1250", "punycode", False),
        ("Łódź", "cp1250", "rot13", False),
        ("Łódź", "cp1250", "no such", False),
        ("Łódź", "cp1250", "euc-jp", False),
    ],
)
def test_letters_are_those_that_the_site_means(words: str, sent_in: str, said: str, is_told: bool) -> None:
    sent = words.encode(sent_in)
    assert in_utf_8(sent, said) == (words.encode() if is_told else sent)


@pytest.mark.parametrize("status", [204, 206, 300, 304, 401, 403, 404, 418, 429, 500, 503])
def test_what_is_no_page_is_a_sentence_that_says_why(status: int) -> None:
    why = why_no_page(status, {"Retry-After": "120"})
    assert (why == "") is (status == 206)
    assert str(status) in why or not why
    assert ("Try again in 120 s." in why) is (status >= 400)
    for odd in ("Wed, 21 Oct 2026 07:28:00 GMT", "-1", "9" * 20, "²"):
        assert "Try again" not in why_no_page(status, {"Retry-After": odd})
