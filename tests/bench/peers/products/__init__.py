"""The peers, each in a file: how it is configured for one bot on Telegram and one model in OpenAI's format."""

from tests.bench.peers.products.astrbot import ASTRBOT
from tests.bench.peers.products.langbot import LANGBOT
from tests.bench.peers.products.nanobot import NANOBOT
from tests.bench.peers.products.openclaw import OPENCLAW
from tests.bench.peers.products.parley import PARLEY

PEERS = {peer.name: peer for peer in (PARLEY, OPENCLAW, NANOBOT, ASTRBOT, LANGBOT)}
"""By their names, in the order of the table."""
