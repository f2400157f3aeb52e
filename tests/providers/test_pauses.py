"""Of a long answer several tokens are read at a time, and none is lost for that."""

import pytest

from bot.domain.events import TextDelta
from bot.domain.provider_errors import StreamBroken
from bot.standins.model import Fault, ModelServer, Pace
from tests.providers.asking import ANTHROPIC, OPENAI, Open, Vendor, prompt_of

WORDS = 50
SENT = WORDS - 2


@pytest.mark.parametrize("vendor", [OPENAI, ANTHROPIC], ids=lambda vendor: vendor.kind)
async def test_tokens_are_read_several_at_a_time_up_to_where_the_connection_breaks(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    server.pace = Pace(token_s=0.004)
    server.reply = "word " * WORDS
    server.fail(Fault("cut", after_tokens=SENT))
    pieces = []
    with pytest.raises(StreamBroken):
        async for event in open_(vendor).stream(prompt_of()):
            match event:
                case TextDelta(text):
                    pieces.append(text)
    assert "".join(pieces) == "word " * SENT
    # A machine that is busy reads even more of them at a time.
    assert len(pieces) < SENT * 2 / 3
