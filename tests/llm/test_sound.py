"""How long a recording is at most is read from what each kind of file says of itself."""

import struct

from bot.llm.sound import FEWEST_BYTES_PER_S, seconds_in


def ogg(seconds: int) -> bytes:
    first = b"OggS" + bytes(24) + b"OpusHead" + bytes(20)
    return first + bytes(4000 * seconds) + b"OggS\0\4" + struct.pack("<q", 48_000 * seconds) + bytes(14)


def test_voice_messages_say_how_long_they_are() -> None:
    assert seconds_in(ogg(7)) == 7


def test_wave_says_how_many_bytes_a_second_has() -> None:
    sound = b"RIFF" + bytes(4) + b"WAVEfmt " + bytes(12) + struct.pack("<I", 32_000) + bytes(32_000 * 3 - 32)
    assert seconds_in(sound) == 3


def test_mp4_says_how_long_its_movie_is() -> None:
    begin = bytes(4) + b"ftypM4A " + bytes(90_000) + b"mvhd"
    assert seconds_in(begin + bytes(12) + struct.pack(">II", 1000, 9500)) == 9.5
    assert seconds_in(begin + b"\1" + bytes(19) + struct.pack(">IQ", 1000, 9500)) == 9.5


def test_what_says_nothing_or_too_little_is_as_long_as_it_can_be() -> None:
    for sound in (b"ID3", b"OggS", b"RIFF    WAVEfmt ", b"    ftyp", ogg(0)[:-22] + struct.pack("<q", -1) + bytes(14)):
        assert seconds_in(sound) == len(sound) / FEWEST_BYTES_PER_S
    lie = bytearray(ogg(60))
    lie[-22:-14] = struct.pack("<q", 1)
    assert seconds_in(bytes(lie)) > 0.3
