"""A voice for the stand-in: OpenAI's recordings, in Opus and Ogg, that any player plays, and that hold silence; and
Gemini's, which are plain samples of a tone.

They last as long as somebody would take to say the words, and spend more bytes on a word than on the pause behind it.
"""

import math
import re
import struct
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

_PER_S = 48_000
_FRAME = 960
"""Ticks of 20 ms."""
_FRAMES_A_WORD = 15
"""300 ms, the last fifth of it a pause."""
_SKIPPED = 312
"""What an encoder looks ahead: 6.5 ms, which are in the clock and not heard."""
_SILENCE = b"\xff\xfe"
_SERIAL = 7
_MOST_PACKETS = 50
"""On a page: a second."""


LONGEST = 4_096
"""Characters that OpenAI reads at once."""


def wrong_with_speech(body: Mapping[str, Any]) -> str | None:
    """Why OpenAI refuses to read something aloud; None if it does not."""
    if body.get("response_format") != "opus":
        return "The stand-in reads in Opus alone."
    if not body.get("model") or not body.get("voice"):
        return "you must provide a model and a voice parameter"
    if not 1 <= len(str(body.get("input") or "")) <= LONGEST:
        return f"String should have at least 1 and at most {LONGEST} characters"
    return None


GEMINIS_VOICES = frozenset(
    (
        *("Zephyr", "Puck", "Charon", "Kore", "Fenrir", "Leda", "Orus", "Aoede", "Callirrhoe", "Autonoe", "Enceladus"),
        *("Iapetus", "Umbriel", "Algieba", "Despina", "Erinome", "Algenib", "Rasalgethi", "Laomedeia", "Achernar"),
        *("Alnilam", "Schedar", "Gacrux", "Pulcherrima", "Achird", "Zubenelgenubi", "Vindemiatrix", "Sadachbia"),
        *("Sadaltager", "Sulafat"),
    )
)
"""https://ai.google.dev/gemini-api/docs/speech-generation, November 2026."""
SAMPLES_PER_S = 24_000
_TONE_HZ = 220
_LOUD = 8_000


def wants_speech(body: Mapping[str, Any]) -> bool:
    """Whether Gemini is asked to read aloud."""
    return "AUDIO" in ((body.get("generationConfig") or {}).get("responseModalities") or ())


def wrong_with_geminis_speech(model: str, body: Mapping[str, Any]) -> str | None:
    """Why Gemini refuses to read something aloud; None if it does not."""
    if "tts" not in model:
        return f"The requested combination of response modalities (AUDIO) is not supported by the model. models/{model}"
    voice = body["generationConfig"].get("speechConfig", {}).get("voiceConfig", {}).get("prebuiltVoiceConfig", {})
    if voice.get("voiceName") not in GEMINIS_VOICES:
        return f"Voice name {voice.get('voiceName')} is not supported. Allowed voice names are: {GEMINIS_VOICES}"
    if len(body["contents"]) != 1:
        return "Multiturn chat is not enabled for this model."
    return None


def sounded(model: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Gemini's answer: what stands behind the order to read it, as samples."""
    order, _, text = body["contents"][0]["parts"][0]["text"].partition("\n\n")
    samples = b64encode(_samples(text or order)).decode()
    part = {"inlineData": {"mimeType": f"audio/L16;codec=pcm;rate={SAMPLES_PER_S}", "data": samples}}
    counted = {"promptTokenCount": len(text.split()), "candidatesTokenCount": math.ceil(25 * seconds(text))}
    return {
        "candidates": [{"content": {"parts": [part], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": counted | {"totalTokenCount": sum(counted.values())},
        "modelVersion": model,
    }


def _samples(text: str) -> bytes:
    """A tone for each word, and a pause behind it."""
    frame = SAMPLES_PER_S // 50
    wave = [round(_LOUD * math.sin(2 * math.pi * _TONE_HZ * tick / SAMPLES_PER_S)) for tick in range(12 * frame)]
    word = array("h", wave + [0] * (_FRAMES_A_WORD - 12) * frame).tobytes()
    return word * len(_words(text))


def spoken(text: str) -> bytes:
    """A text, as if it was read aloud."""
    packets = list(_packets(text))
    head = b"OpusHead" + struct.pack("<BBHIHB", 1, 1, _SKIPPED, _PER_S, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 6) + b"Parley" + struct.pack("<I", 0)
    pages = [_page([head], 0, 0, kind=2), _page([tags], 0, 1)]
    for begin in range(0, len(packets), _MOST_PACKETS):
        part = packets[begin : begin + _MOST_PACKETS]
        is_last = begin + len(part) == len(packets)
        clock = _FRAME * (begin + len(part))
        pages.append(_page(part, clock, len(pages), kind=4 if is_last else 0))
    return b"".join(pages)


def seconds(text: str) -> float:
    """How long that lasts."""
    return (len(list(_packets(text))) * _FRAME - _SKIPPED) / _PER_S


def _packets(text: str) -> Iterator[bytes]:
    for word in _words(text):
        for number in range(_FRAMES_A_WORD):
            loud = 2 + 8 * len(word) % 120 if number < _FRAMES_A_WORD * 4 // 5 else 2
            # One frame with padding (RFC 6716, 3.2.5), of a band and length that need no state: CELT, 20 ms, mono.
            yield bytes((0xFB, 0x41, loud)) + _SILENCE + bytes(loud)


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text) or ["…"]


def _page(packets: list[bytes], clock: int, number: int, *, kind: int = 0) -> bytes:
    sizes = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, kind, clock, _SERIAL, number, 0) + bytes((len(sizes),)) + sizes
    whole = head + b"".join(packets)
    return whole[:22] + struct.pack("<I", _checked(whole)) + whole[26:]


def _checked(data: bytes) -> int:
    """Ogg's sum (RFC 3533, 6)."""
    found = 0
    for byte in data:
        found ^= byte << 24
        for _ in range(8):
            found = ((found << 1) ^ 0x04C11DB7 if found & 0x80000000 else found << 1) & 0xFFFFFFFF
    return found
