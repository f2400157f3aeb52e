"""A stand-in for the vendors of models: one local server that speaks the wire formats of OpenAI, Gemini and Anthropic.

It answers with what the last user message said, or with what it is told to; at a pace, and with faults on demand. It
is told in the process (`ModelServer`), or from another one over HTTP: `POST /control` with a JSON object whose keys
`reply` (a text, an object with the fields of `Reply`, or a list of them), `pace` (the fields of `Pace`) and `faults`
(a list of objects with the fields of `Fault`) are all optional; `GET /control` returns what it was asked.

    python -m bot.standins.model --port 0
"""

from bot.standins.model.server import MODELS, ModelServer
from bot.standins.model.values import Answering, Fault, Hold, Pace, Received, Reply

__all__ = ["MODELS", "Answering", "Fault", "Hold", "ModelServer", "Pace", "Received", "Reply"]
