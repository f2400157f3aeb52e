"""How long a recording lasts and how loud it is, from its bytes alone."""

import random

import pytest

from bot.files.opus import MOST_POINTS, voice_of
from bot.standins.speech import seconds, spoken


@pytest.mark.parametrize("words", [1, 9, 200])
def test_it_lasts_as_long_as_is_heard(words: int) -> None:
    text = " ".join(["word"] * words)
    voice = voice_of(spoken(text))
    assert voice.seconds == pytest.approx(seconds(text))
    assert 0 < len(voice.wave) <= MOST_POINTS
    assert max(voice.wave) == 255


def test_a_pause_is_lower_than_a_word() -> None:
    wave = voice_of(spoken("mountain mountain")).wave
    assert wave[5] > 200
    assert wave[14] < 100


def test_what_is_no_recording_in_opus_or_not_whole_is_told() -> None:
    whole = spoken("one two three")
    for broken in (b"", b"RIFF" + whole[4:], whole[:-1], whole[:100], whole.replace(b"OpusHead", b"Opushead")):
        with pytest.raises(ValueError, match="It "):
            voice_of(broken)


def test_whatever_comes_is_read_or_refused() -> None:
    rng, whole = random.Random(1), spoken("one two three four")
    for _ in range(300):
        at = rng.randrange(len(whole))
        try:
            voice_of(whole[:at] + rng.randbytes(rng.randrange(1, 4)) + whole[at + 1 :])
        except ValueError:
            continue
