"""What a gateway is made of: where things are kept, whom it speaks to, by which rules."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.contracts.bots import Bots
from bot.contracts.command import Command
from bot.contracts.news import News
from bot.contracts.web import Web
from bot.domain.clock import Clock
from bot.domain.ids import AttachmentId
from bot.domain.policy import Policy
from bot.files.sandbox import Sandbox
from bot.llm.chain import Chain
from bot.llm.own_endpoints import OwnEndpoints
from bot.llm.profiles import Profiles
from bot.llm.searching import ModelSearch
from bot.page.links import PageLinks
from bot.people.mail import Send
from bot.roster import Roster
from bot.telemetry.metrics import Metrics
from bot.tools.connection import Hosts
from bot.tools.own_servers import OwnServers
from bot.watching.alerts import Alerts
from bot.watching.watch import Watch
from bot.web.upload_links import UploadLinks
from storage.blobs import Blobs
from storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All of it, made by `bot.app`."""

    database: Database
    blobs: Blobs
    sandbox: Sandbox
    bots: Bots
    chain: Chain
    own: OwnEndpoints
    own_servers: OwnServers
    hosts: Hosts
    """What speaks with servers of tools."""
    profiles: Profiles
    policy: Policy
    commands: Sequence[Command]
    news: News
    clock: Clock
    rng: random.Random
    metrics: Metrics
    alerts: Alerts
    watch: Watch
    exactly_once: bool
    slots: int
    """How many turns run at once."""
    web: Web | None
    """None where the operator has not opened it."""
    searching: ModelSearch
    send_mail: Send | None
    file_links: Callable[[AttachmentId], str] | None
    """Makes a link to a file that is kept, where the gateway can be reached from outside."""
    page_links: PageLinks
    roster: Roster
    uploads: UploadLinks | None
    """Makes links to pages on which a file can be handed over, where the gateway can be reached from outside."""
